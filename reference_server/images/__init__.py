"""The container images of the reference server: a base without a registry, the reference image, variants of it."""
