"""Subjects: an image, a local process, a running endpoint or a saved image, and how each is launched."""
