"""The models that this server can serve, one module each, imported only when a model needs it."""

from seatrial.reference_server.backends.choice import find

__all__ = ["find"]
