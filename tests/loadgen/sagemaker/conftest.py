"""An AWS environment that holds nothing of the machine's own, and a runtime on loopback."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from support.sagemaker_runtime import SageMakerRuntime, sagemaker_runtime

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

KEYS = {"AKIDPLAIN": ("secret/of+the=plain", ""), "ASIATEMPORARY": ("temporary", "token/with+signs==")}


@pytest.fixture(autouse=True)
def aws(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No settings but those of the test; the folder holds its files. The instance's metadata is never asked."""
    for name in list(os.environ):
        if name.startswith("AWS_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    return tmp_path


@pytest.fixture
def runtime(monkeypatch: pytest.MonkeyPatch) -> Iterator[SageMakerRuntime]:
    """A runtime that the environment names, as it names credentials and region."""
    with sagemaker_runtime(KEYS) as running:
        monkeypatch.setenv("AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME", running.url)
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDPLAIN")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", KEYS["AKIDPLAIN"][0])
        monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-3")
        yield running
