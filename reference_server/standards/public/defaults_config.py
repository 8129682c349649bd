"""The values of SAGEMAKER_TRANSFORMS_* by their paths: `common.transforms.defaults_config`."""

import os
from dataclasses import dataclass, field, fields
from typing import Any

from seatrial.reference_server.standards.transforms import defaults
from seatrial.reference_server.standards.transforms.defaults import PREFIX as SAGEMAKER_TRANSFORMS_ENV_VAR_PREFIX

__all__ = ["SAGEMAKER_TRANSFORMS_ENV_VAR_PREFIX", "SageMakerTransformsDefaultsConfig"]


@dataclass
class SageMakerTransformsDefaultsConfig:
    """What is set in requests to engines, for each of them from paths to values; see `from_env`."""

    load_adapter_defaults: dict[str, Any] = field(default_factory=dict)
    unload_adapter_defaults: dict[str, Any] = field(default_factory=dict)
    create_session_defaults: dict[str, Any] = field(default_factory=dict)
    close_session_defaults: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def from_env(cls) -> "SageMakerTransformsDefaultsConfig":
        """Read the variables of this process.

        Raises:
            SettingsError: one of them cannot be used.
        """
        defaults.check(os.environ)
        return cls(**{one.name: _values(one.name) for one in fields(cls)})

    def update_from_env_vars(self) -> None:
        """Read the variables anew."""
        vars(self).update(vars(self.from_env()))


def _values(name: str) -> dict[str, Any]:
    read = defaults.values_of(SAGEMAKER_TRANSFORMS_ENV_VAR_PREFIX + name.upper())
    return {".".join((defaults.BODY, *keys)): value for keys, value in read.items()}
