"""Each test has a fresh library, a model directory, and variables that point into it."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.customer_site import Site

from seatrial.reference_server.standards import alias, environment, loading, logging_config, registry
from seatrial.reference_server.standards.middleware import decorators, middleware_registry


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fresh: None) -> Site:
    del fresh
    directory = tmp_path / "model"
    directory.mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SAGEMAKER_MODEL_PATH", str(directory))
    return Site(directory, monkeypatch)


@pytest.fixture
def fresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A library in which nothing is registered, under both of its names."""
    for variable in (
        *environment.CODE_VARIABLES,
        "CUSTOM_SCRIPT_FILENAME",
        "SAGEMAKER_CONTAINER_LOG_LEVEL",
        "LOG_LEVEL",
    ):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr(sys, "path", list(sys.path))
    forget()
    alias.install()
    yield
    alias.uninstall()
    forget()


def forget() -> None:
    """Forget what was registered and imported."""
    registry.handler_registry.clear()
    decorators.decorator_loader.clear()
    middleware_registry.clear_middlewares()
    for module in loading.loaded.values():
        sys.modules.pop(module.__name__, None)
    loading.loaded.clear()
    logging_config.get_logger()
