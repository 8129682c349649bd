"""Our payloads and checks for those who stay in Locust: users of its own, in a closed loop of its own.

    locust -f "$(python -m seatrial.loadgen.spread.where users)" -H http://127.0.0.1:8080 --body row.json

or in a locustfile of yours: `from seatrial.loadgen.spread.locustfile_users import PayloadUser`. The options that say
what is sent and what a good answer is are those of `loadgen`; each has an environment variable as well. What Locust
measures stays Locust's: rounded to two digits, and without the time that a request waited for its user.
"""

from __future__ import annotations

import argparse
import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import gevent
from locust import FastHttpUser, events, task
from locust.runners import WorkerRunner

from seatrial.loadgen.answers import options as answer_options
from seatrial.loadgen.mistakes import UsageError
from seatrial.loadgen.payload import options as payload_options
from seatrial.loadgen.spread.requests_in_turn import RequestsInTurn
from seatrial.loadgen.target.headers import api_key
from seatrial.loadgen.target.values import DEFAULT_PATH

if TYPE_CHECKING:
    from locust.argument_parser import LocustArgumentParser
    from locust.env import Environment

__all__ = ["PayloadUser"]


class PayloadUser(FastHttpUser):
    """Sends one payload after another, as fast as the answers come; give it a `wait_time` to slow it down.

    Attributes:
        requests: what is sent, shared by all users of a process; set when a test starts.
    """

    insecure = False
    requests: RequestsInTurn

    @task
    def invoke(self) -> None:
        """Send the next payload, and check the answer."""
        request = self.requests.next()
        with self.client.request(
            "POST",
            self.requests.path,
            data=request.body,  # type: ignore[arg-type]  # it takes bytes as well, and says so
            headers=request.headers,
            catch_response=True,
            allow_redirects=False,
        ) as answer:
            complaint = self.requests.complaint(request, answer.status_code, answer.content or b"")
            if complaint:
                answer.failure(complaint)
            else:
                answer.success()


class _Options:
    """Takes options as our parsers declare them, and gives them to Locust's.

    A file stays a text: Locust sends the values to its workers, and knows no paths.
    """

    def __init__(self, group: argparse._ArgumentGroup) -> None:
        self._group = group

    def add_argument_group(self, *_: Any) -> _Options:
        """All go into one group."""
        return self

    def add_argument(self, *names: str, **given: Any) -> None:
        """Add one, with an environment variable: SEATRIAL_BODY for --body."""
        if given.get("type") is Path:
            given["type"] = str
        variable = "SEATRIAL_" + names[0].lstrip("-").replace("-", "_").upper()
        self._group.add_argument(*names, env_var=variable, **given)


@events.init_command_line_parser.add_listener  # type: ignore[untyped-decorator]  # Locust's
def add_options(parser: LocustArgumentParser, **_: Any) -> None:
    """Add our options to Locust's."""
    options = _Options(parser.add_argument_group("what seatrial sends"))
    payload_options.add_arguments(cast("argparse.ArgumentParser", options))
    answer_options.add_arguments(cast("argparse.ArgumentParser", options))
    options.add_argument("--path", default=DEFAULT_PATH, help=f"path and query (default: {DEFAULT_PATH})")
    options.add_argument("--seed", type=int, default=0, help="of every random draw (default: 0)")


@events.init.add_listener  # type: ignore[untyped-decorator]
def check_options(environment: Environment, runner: object, **_: Any) -> None:
    """Refuse wrong options before the test; a worker has them from its master, and not yet."""
    if isinstance(runner, WorkerRunner):
        return
    try:
        PayloadUser.requests = _requests(environment)
    except UsageError as error:
        raise SystemExit(f"locust: {error}") from None


@events.test_start.add_listener  # type: ignore[untyped-decorator]
def make_requests(environment: Environment, **_: Any) -> None:
    """Make everything that is sent, on each worker from its own files."""
    runner = environment.runner
    if not isinstance(runner, WorkerRunner):
        return
    try:
        PayloadUser.requests = _requests(environment, worker=runner.worker_index)
    except UsageError as error:
        logging.getLogger(__name__).error("%s", error)  # noqa: TRY400  (the sentence says it all)
        environment.process_exit_code = 2
        gevent.spawn(runner.quit)


def _requests(environment: Environment, *, worker: int = 0) -> RequestsInTurn:
    given = environment.parsed_options
    options = argparse.Namespace(**vars(given))
    for name in ("dataset", "expect_body"):
        value = getattr(options, name)
        setattr(options, name, None if value is None else Path(value))
    payloads = payload_options.from_arguments(options, seed=options.seed)
    if payloads is None:
        raise UsageError("say what is sent: --body FILE, --dataset FILE, or another option of `loadgen --help`.")
    checks = answer_options.from_arguments(options, payloads.expected)
    path = payloads.path if payloads.path and options.path == DEFAULT_PATH else options.path
    return RequestsInTurn(payloads, checks, path, seed=options.seed + worker, key=api_key(None, os.environ))
