"""The models of one server by name. It keeps them, it does not run them; one lock, so any thread may ask."""

import threading

from seatrial.reference_server.errors import NotFoundError
from seatrial.reference_server.model import Model


class ModelRepository:
    """A set of named models; the first that was added answers where a request names none."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._models: dict[str, Model] = {}

    def add(self, model: Model) -> None:
        """Add a model, which need not be loaded yet.

        Raises:
            ValueError: another model has its name.
        """
        with self._lock:
            if model.name in self._models:
                raise ValueError(f"a model named {model.name!r} is already here: unload it first")
            self._models[model.name] = model

    def get(self, name: str | None = None) -> Model:
        """Return a model by name, or the default one.

        Raises:
            NotFoundError: there is none.
        """
        with self._lock:
            if name is None and self._models:
                return next(iter(self._models.values()))
            if name is None or name not in self._models:
                raise NotFoundError(f"no model is named {name!r}", code="no_such_model")
            return self._models[name]

    def list(self) -> tuple[str, ...]:
        """Return the names in the order in which they were added."""
        with self._lock:
            return tuple(self._models)

    def unload(self, name: str) -> None:
        """Take a model out, then stop it: requests that hold it finish.

        Raises:
            NotFoundError: there is none.
        """
        model = self.get(name)
        with self._lock:
            self._models.pop(name, None)
        model.stop()

    def close(self) -> None:
        """Unload every model."""
        for name in self.list():
            self.unload(name)
