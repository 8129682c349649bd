"""The kinds of target as plain values: what `-e` said, checked, without any socket or credential lookup behind it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar
from urllib.parse import urlencode

from seatrial.loadgen.target.hiding import hide_query, query_secrets
from seatrial.loadgen.traffic import Authority

__all__ = ["DEFAULT_PATH", "HttpTarget", "RoutedTarget", "SageMakerTarget", "Target"]

DEFAULT_PATH = "/invocations"
"""Where a request goes when neither the URL nor `--path` says (aws:hosting#invocations)."""


@dataclass(frozen=True)
class HttpTarget:
    """A server that is reached directly.

    Attributes:
        authority: whom to connect to.
        path: of the request line, with its query.
        authorization: value of a Basic `Authorization` header made of the URL's userinfo; empty where it has none.
        secrets: what no report may show, should a server repeat it.
    """

    authority: Authority
    path: str = DEFAULT_PATH
    authorization: str = field(default="", repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)

    @property
    def display(self) -> str:
        """The URL as reports show it: no userinfo, and no value of a query that looks like a secret."""
        scheme = "https" if self.authority.tls else "http"
        return f"{scheme}://{self.authority.header}{hide_query(self.path)}"


@dataclass(frozen=True)
class SageMakerTarget:
    """An endpoint of Amazon SageMaker, called through its runtime API with signed requests.

    Attributes:
        endpoint: name of the endpoint.
        variant: production variant to call; None leaves the choice to SageMaker, as for all that follows.
        component: inference component.
        model: model of a multi-model endpoint.
        session: id of a stateful session, or `NEW_SESSION`.
        region: where the endpoint lives; None takes it from the environment or the profile.
        stream: whether to call InvokeEndpointWithResponseStream.
        insecure: whether a certificate that does not hold is taken.
    """

    endpoint: str
    variant: str | None = None
    component: str | None = None
    model: str | None = None
    session: str | None = None
    region: str | None = None
    stream: bool = False
    insecure: bool = False

    secrets: ClassVar[tuple[str, ...]] = ()

    @property
    def display(self) -> str:
        """The URL as it was given, in a fixed order."""
        said = {
            "variant": self.variant, "component": self.component, "target-model": self.model,
            "session": self.session, "region": self.region, "stream": "1" if self.stream else None,
        }  # fmt: skip
        query = urlencode({name: value for name, value in said.items() if value is not None})
        return f"sagemaker://{self.endpoint}" + (f"?{query}" if query else "")


@dataclass(frozen=True)
class RoutedTarget:
    """A group of workers behind a router that names one of them for each request.

    Attributes:
        group: name of the endpoint group.
        router: whom to ask for a worker.
        route: path of the route call at the router.
        path: path at the worker, with its query.
    """

    group: str
    router: Authority
    route: str = "/route/"
    path: str = DEFAULT_PATH

    @property
    def secrets(self) -> tuple[str, ...]:
        """What no report may show: secrets of the path's query."""
        return tuple(query_secrets(self.path))

    @property
    def display(self) -> str:
        """Group, path and router."""
        scheme = "https" if self.router.tls else "http"
        return f"{self.group}{hide_query(self.path)}, routed by {scheme}://{self.router.header}"


Target = HttpTarget | SageMakerTarget | RoutedTarget
