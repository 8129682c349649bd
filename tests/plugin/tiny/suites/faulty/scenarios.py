"""This profile drives nothing."""
