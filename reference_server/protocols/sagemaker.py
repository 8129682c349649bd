"""The two routes of the hosting contract: `/ping` and `/invocations` (`aws:hosting`), and a small `/metrics`.

Where a language model is served, its own paths stand beside them, see `openai.py`.

Host, User-Agent and unknown headers are ignored; nothing redirects and nothing asks for credentials.
"""

from seatrial.reference_server.errors import UnavailableError, UpgradeRequiredError
from seatrial.reference_server.protocols import openai
from seatrial.reference_server.protocols.bidirectional import PATH, BidirectionalStreams
from seatrial.reference_server.protocols.calls import infer
from seatrial.reference_server.protocols.routing import Answer, Exchange, Handler, Router
from seatrial.reference_server.server import ModelServer


def application(server: ModelServer) -> Router:
    """Return the ASGI application that serves a model server to the platform."""
    routes = SageMakerRoutes(server)
    table: dict[str, dict[str, Handler]] = {
        "/ping": dict.fromkeys(("GET", "HEAD", "POST"), routes.ping),
        "/invocations": {"POST": routes.invocations},
        PATH: {"GET": routes.bidirectional},
        "/metrics": dict.fromkeys(("GET", "HEAD"), routes.metrics),
    }
    spoken = openai.OpenAIRoutes(server)

    def now() -> dict[str, dict[str, Handler]]:
        return {**table, **spoken.table()}

    return Router(
        now,
        answers=server.answers,
        quiet=frozenset({"/ping"}),
        stopping=lambda: server.stopping,
        websockets=BidirectionalStreams(server),
    )


class SageMakerRoutes:
    """The handlers, over one model server."""

    def __init__(self, server: ModelServer) -> None:
        self._server = server

    async def ping(self, exchange: Exchange) -> Answer:
        """Say whether the model answers: 200 with an empty body, or 503 with the reason."""
        del exchange
        if self._server.ready:
            return Answer()
        raise UnavailableError("the model is loading, does not answer its own sample, or is about to stop")

    async def invocations(self, exchange: Exchange) -> Answer:
        """Give the body to the model, and its answer back."""
        return await infer(self._server, exchange)

    async def bidirectional(self, exchange: Exchange) -> Answer:
        """Refuse a request that does not ask for a WebSocket."""
        del exchange
        raise UpgradeRequiredError(f"{PATH} speaks WebSocket only: ask for an upgrade")

    async def metrics(self, exchange: Exchange) -> Answer:
        """Give a few numbers in Prometheus' text format: the platform scrapes them unasked (`aws:observability`)."""
        del exchange
        worker = self._server.others.label
        running, waiting = self._server.calls
        lines = ["# TYPE seatrial_ready gauge", series("seatrial_ready", int(self._server.ready), worker=worker)]
        lines += ["# TYPE seatrial_calls_running gauge", series("seatrial_calls_running", running, worker=worker)]
        lines += ["# TYPE seatrial_calls_waiting gauge", series("seatrial_calls_waiting", waiting, worker=worker)]
        lines += ["# TYPE seatrial_answers_total counter"]
        answers = sorted(self._server.answers.items())
        lines += [series("seatrial_answers_total", n, worker=worker, status=str(status)) for status, n in answers]
        text = "\n".join(lines) + "\n"
        return Answer(200, text.encode(), (("content-type", "text/plain; version=0.0.4; charset=utf-8"),))


def series(name: str, value: int, **labels: str) -> str:
    """Return one line of Prometheus' text format; labels that are empty are left out."""
    told = ",".join(f'{label}="{text}"' for label, text in labels.items() if text)
    return f"{name}{{{told}}} {value}" if told else f"{name} {value}"
