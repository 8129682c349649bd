"""Adapters that came with the model are loaded before the first request."""

import asyncio
from pathlib import Path

import pytest
from support.state_site import Shelf

from seatrial.reference_server.standards.adapters.engine import AdapterError
from seatrial.reference_server.standards.adapters.startup import load_found


def test_each_folder_is_an_adapter_of_its_name(tmp_path: Path):
    for name in ("b", "a", ".hidden"):
        (tmp_path / "adapters" / name).mkdir(parents=True)
    (tmp_path / "adapters" / "file").write_text("")
    shelf = Shelf()
    assert asyncio.run(load_found(shelf, tmp_path)) == ("a", "b")
    assert shelf.loaded() == {name: str(tmp_path / "adapters" / name) for name in ("a", "b")}


def test_without_adapters_nothing_is_loaded(tmp_path: Path):
    assert asyncio.run(load_found(Shelf(), tmp_path)) == ()


def test_an_adapter_that_does_not_load_is_named(tmp_path: Path):
    class Broken(Shelf):
        async def load(self, name: str, src: str, *, preload: bool, pin: bool) -> None:
            del name, src, preload, pin
            raise AdapterError(400, "its weights are damaged")

    (tmp_path / "adapters" / "a").mkdir(parents=True)
    with pytest.raises(AdapterError, match="adapters/a cannot be loaded: its weights are damaged"):
        asyncio.run(load_found(Broken(), tmp_path))
