"""The variables of stateful sessions: whether they are on, how long one lives, and where they are kept."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass

from seatrial.reference_server.standards.transforms.refusals import SettingsError

SAGEMAKER_ENV_VAR_PREFIX = "SAGEMAKER_"
ENABLE = "SAGEMAKER_ENABLE_STATEFUL_SESSIONS"
EXPIRATION = "SAGEMAKER_SESSIONS_EXPIRATION"
PATH = "SAGEMAKER_SESSIONS_PATH"
# What a session lives for when nothing is said, in seconds.
TWENTY_MINUTES = 1200
ON = frozenset({"true", "1"})
# More seconds than any calendar has: longer ones are as good.
FOREVER = 10**18
_NUMBER = re.compile(r"\s*0*([1-9][0-9]*)\s*")


@dataclass(frozen=True)
class SageMakerConfig:
    """What the variables say.

    Args:
        enable_stateful_sessions: whether sessions are on.
        sessions_expiration: seconds from the creation of a session to its end.
        sessions_path: where sessions are kept, None for the usual place; empty is no usable place.
    """

    enable_stateful_sessions: bool = False
    sessions_expiration: int = TWENTY_MINUTES
    sessions_path: str | None = None

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> "SageMakerConfig":
        """Read the variables, all of them also where sessions are off.

        Raises:
            SettingsError: the expiration is no whole number of seconds above 0.
        """
        environment = os.environ if environ is None else environ
        return cls(
            environment.get(ENABLE, "").lower() in ON,
            _seconds(environment.get(EXPIRATION, str(TWENTY_MINUTES))),
            environment.get(PATH),
        )


def wanted(environ: Mapping[str, str] | None = None) -> bool:
    """Return whether a variable speaks of sessions at all."""
    environment = os.environ if environ is None else environ
    return any(name in environment for name in (ENABLE, EXPIRATION, PATH))


def _seconds(text: str) -> int:
    number = _NUMBER.fullmatch(text)
    if number is None:
        raise SettingsError(f"{EXPIRATION} is {text[:40]!r}, expected a whole number of seconds above 0")
    return min(int(number[1][:20]), FOREVER)
