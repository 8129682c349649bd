"""Where the SageMaker runtime is and whose keys sign for it: asked of botocore once, however many traffics follow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from seatrial.loadgen.sagemaker.credentials import KeyKeeper, find_host, find_keys, find_region, open_session
from seatrial.loadgen.target.parse import parse_authority
from seatrial.loadgen.traffic import Authority

if TYPE_CHECKING:
    from seatrial.loadgen.target.values import SageMakerTarget

__all__ = ["Runtime", "find_runtime"]


@dataclass(frozen=True)
class Runtime:
    """The runtime API of one region, and the right to call it.

    Attributes:
        host: base URL; its path, if any, comes before that of the API.
        authority: the same, to connect to.
        region: that signatures name.
        keeper: credentials.
    """

    host: str
    authority: Authority
    region: str
    keeper: KeyKeeper


def find_runtime(target: SageMakerTarget) -> Runtime:
    """Ask botocore's chain: this may call other services, or ask the user for the code of a second factor.

    Raises:
        UsageError: no botocore, region or credentials, or an endpoint URL that cannot be one.
    """
    session = open_session()
    region = find_region(session, target.region)
    host = find_host(session, region)
    authority = parse_authority("the endpoint URL of the SageMaker runtime", host, insecure=target.insecure)
    return Runtime(host, authority, region, find_keys(session))
