"""Region, host and credentials through botocore's own chain, and credentials that are fresh when they are needed.

The chain is botocore's: environment, profile, assumed roles, web identity, single sign-on, processes, containers,
instances. Temporary credentials expire in the middle of long runs, and fetching new ones is a network call: a thread
beside the load does it well before they expire, so that no request waits for it.
"""

from __future__ import annotations

import importlib
import os
import threading
import weakref
from typing import TYPE_CHECKING, Any

from seatrial.loadgen.mistakes import UsageError
from seatrial.loadgen.sagemaker.sigv4 import Keys

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["EVERY_S", "KeyKeeper", "find_host", "find_keys", "find_region", "open_session"]

EVERY_S = 30.0
"""Seconds between two looks at the credentials. botocore renews them from 15 minutes before they expire on."""
_SERVICE = "sagemaker-runtime"


class KeyKeeper:
    """Holds the keys that requests are signed with, and renews them beside the load.

    Args:
        source: credentials of botocore.
        every: seconds between two looks.

    Attributes:
        keys: the newest; replaced as a whole, so that reading them needs no lock.
        failure: why the last renewal failed; empty where it did not. The keys before it are used until they expire.
    """

    def __init__(self, source: Any, *, every: float = EVERY_S) -> None:
        self._source = source
        self._every = every
        self._process = 0
        self._renews = hasattr(source, "refresh_needed")
        self.failure = ""
        self.keys = _frozen(source)

    def watch(self) -> None:
        """Have fresh keys now and from here on, by a thread. Keys that do not expire need none; a process needs one.

        A thread does not survive a fork, and what was fresh may have grown old since the keys were found: each process
        that sends calls this before its first request. The thread ends with the keeper.
        """
        if not self._renews or self._process == os.getpid():
            return
        self._process = os.getpid()
        self._renew()
        over = threading.Event()
        weakref.finalize(self, over.set)
        renewing = weakref.WeakMethod(self._renew), over, self._every
        threading.Thread(target=_renew_until, args=renewing, name="aws-credentials", daemon=True).start()

    def _renew(self) -> None:
        try:
            keys = _frozen(self._source)
        except Exception as error:  # noqa: BLE001 - whatever a provider raises, the load goes on with the old keys
            self.failure = _one_line(error)
            return
        self.failure = ""
        if keys != self.keys:
            self.keys = keys


def open_session() -> Any:
    """Return a session of botocore.

    Raises:
        UsageError: botocore is not installed.
    """
    try:
        return importlib.import_module("botocore.session").Session()
    except ImportError:
        raise UsageError(
            "-e sagemaker://… needs botocore, which is not installed: pip install 'seatrial[sagemaker]'"
        ) from None


def find_region(session: Any, asked: str | None) -> str:
    """Return the region: the URL's, else botocore's (AWS_DEFAULT_REGION, profile), else AWS_REGION.

    Raises:
        UsageError: none is set, or the profile does not exist.
    """
    region = asked or _ask(lambda: session.get_config_variable("region")) or os.environ.get("AWS_REGION")
    if not region:
        raise UsageError(
            "-e sagemaker://… needs a region and none is set: add ?region=us-east-1 to it, or set AWS_DEFAULT_REGION"
        )
    return str(region)


def find_host(session: Any, region: str) -> str:
    """Return the base URL of the SageMaker runtime, as botocore would call it.

    AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME, the profile's `endpoint_url`, FIPS and dual-stack settings and
    the domains of other partitions all count.

    Raises:
        UsageError: the region or an endpoint URL cannot be one.
    """
    return str(_ask(lambda: session.create_client(_SERVICE, region_name=region).meta.endpoint_url))


def find_keys(session: Any, *, every: float = EVERY_S) -> KeyKeeper:
    """Return a keeper with the first keys of the chain.

    Raises:
        UsageError: there are no credentials, or the provider that should give them fails.
    """
    source = _ask(session.get_credentials)
    if source is None:
        raise UsageError(
            "-e sagemaker://… needs AWS credentials and none were found: set AWS_PROFILE, or AWS_ACCESS_KEY_ID and "
            "AWS_SECRET_ACCESS_KEY"
        )
    keeper: KeyKeeper = _ask(lambda: KeyKeeper(source, every=every))
    return keeper


def _renew_until(renew: weakref.WeakMethod[Callable[[], None]], over: threading.Event, every: float) -> None:
    while not over.wait(every):
        if living := renew():
            living()
        del living


def _ask(question: Any) -> Any:
    """Put a question to botocore, and tell what it complains of as the user's to mend."""
    errors = importlib.import_module("botocore.exceptions")
    try:
        return question()
    except (errors.BotoCoreError, errors.ClientError, ValueError, OSError) as error:
        raise UsageError(
            f"-e sagemaker://… cannot be set up, as botocore says: {_one_line(error)} (see the AWS settings of the "
            "environment and of ~/.aws)"
        ) from None


def _frozen(source: Any) -> Keys:
    frozen = source.get_frozen_credentials()
    if not all(part.isascii() and part.isprintable() for part in (frozen.access_key, frozen.token or "")):
        # Often a line end of another system at the end of a variable; it must not reach a header.
        raise UsageError("the AWS access key or session token holds a character that no header may hold: set it anew")
    return Keys(frozen.access_key, frozen.secret_key, frozen.token or "")


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
