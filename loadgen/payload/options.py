"""The options that say what is sent, and which of them go together."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from seatrial.loadgen.mistakes import UsageError
from seatrial.loadgen.payload.bodies import from_bodies
from seatrial.loadgen.payload.dataset import from_dataset
from seatrial.loadgen.payload.payloads import Order, Payloads
from seatrial.loadgen.payload.plugin import from_plugin
from seatrial.loadgen.payload.prompts import Api, from_prompts
from seatrial.loadgen.payload.rows import RowsType, from_rows

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable
    from typing import BinaryIO

__all__ = ["add_arguments", "from_arguments"]

SOURCES = ("body", "dataset", "rows", "prompt_tokens", "payload")
COMPANIONS = {
    "content_type": ("body", "dataset"),
    "dataset_order": ("dataset",),
    "features": ("rows",),
    "rows_type": ("rows",),
    "max_tokens": ("prompt_tokens",),
    "api": ("prompt_tokens",),
    "distinct": ("rows", "prompt_tokens", "payload"),
}
"""Options that mean something beside one of these sources only."""
NEEDED = {"rows": "features", "prompt_tokens": "max_tokens"}
DEFAULT_API = Api.INVOCATIONS


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of the payload, in a group of their own."""
    group = parser.add_argument_group(
        "what is sent", "Without any of these, known shapes are tried and the first that is answered with 2xx is used."
    )
    add = group.add_argument
    add("--body", metavar="FILE", action="append", help="the request body, or - for the standard input; "
        "FILE;type=text/csv names its type; given several times, each in turn")  # fmt: skip
    add("--content-type", metavar="TYPE", help="media type of --body and --dataset where they name none themselves")
    add("--dataset", metavar="FILE", type=Path, help='JSON lines, each a body or {"body": …, "content_type", "weight", '
        '"expect", "id", "workload"}')  # fmt: skip
    add("--dataset-order", choices=[str(order) for order in Order], help="default: random where a line has a weight, "
        "else sequential")  # fmt: skip
    add("--rows", metavar="N", type=int, help="rows of numbers in a request, with --features; its workload")
    add("--features", metavar="K", type=int, help="numbers in a row")
    add("--rows-type", choices=[str(kind) for kind in RowsType], help="default: json")
    add("--prompt-tokens", metavar="N", type=int, help="prompts of about that many tokens, with --max-tokens")
    add("--max-tokens", metavar="M", type=int, help="most tokens of an answer; the workload of a request")
    add("--api", choices=[str(api) for api in Api], help=f"shape of the prompts (default: {DEFAULT_API})")
    add("--stream", action="store_true", help="the answers are streams; prompts are sent asking for one")
    add("--model", metavar="NAME", help="the name that the server knows the model by, for prompts")
    add("--prompts", "--distinct", dest="distinct", metavar="COUNT", type=int, help="different bodies that a generator "
        "or a plug-in makes, sent in turn (default: 100, fewer where they are large)")  # fmt: skip
    add("--payload", metavar="MODULE:CLASS", help="a class, in a module or a file.py, with the four methods of "
        "PyWorker's ApiPayload; with --dataset each line goes through its from_json_msg")  # fmt: skip


def from_arguments(
    options: argparse.Namespace,
    *,
    seed: int,
    for_worker: bool = False,
    ask_model: Callable[[], str | None] | None = None,
    stdin: BinaryIO | None = None,
) -> Payloads | None:
    """Make the payloads that the options ask for.

    Args:
        options: parsed by a parser that `add_arguments` was called with.
        seed: of the generators.
        for_worker: whether the requests go through a router to a PyWorker.
        ask_model: asks the server for the name of its model; called where OpenAI's APIs need one and none was given.
        stdin: for `--body -`; None: the process's own.

    Returns:
        None where no option names a source: then the target is probed.

    Raises:
        UsageError: options that do not go together, a wrong number, a file that cannot be read, a plug-in that raises.
    """
    source = _source(options)
    if options.body:
        return from_bodies(options.body, content_type=options.content_type, streams=options.stream, stdin=stdin)
    order = Order(options.dataset_order) if options.dataset_order else None
    if options.payload:
        return from_plugin(
            options.payload, dataset=options.dataset, order=order, count=options.distinct,
            streams=options.stream, for_worker=for_worker,
        )  # fmt: skip
    if options.dataset:
        return from_dataset(
            options.dataset, order=order, content_type=options.content_type, streams=options.stream
        )  # fmt: skip
    if options.rows is not None:
        kind = RowsType(options.rows_type or RowsType.JSON)
        made = from_rows(options.rows, options.features, kind=kind, seed=seed, count=options.distinct)
        return replace(made, streams=options.stream)
    return _prompts(options, seed, ask_model) if source else None


def _prompts(options: argparse.Namespace, seed: int, ask_model: Callable[[], str | None] | None) -> Payloads:
    api = Api(options.api or DEFAULT_API)
    model = options.model
    if model is None and api is not Api.INVOCATIONS and ask_model:
        model = ask_model()
    return from_prompts(
        options.prompt_tokens, options.max_tokens, api=api, seed=seed,
        stream=options.stream, model=model, count=options.distinct,
    )  # fmt: skip


def _source(options: argparse.Namespace) -> str | None:
    """Return the source that was chosen, None for none.

    Raises:
        UsageError: two of them, half of one, or an option that belongs to another.
    """
    given = [name for name in SOURCES if getattr(options, name) is not None]
    if len(given) > 1 and set(given) != {"dataset", "payload"}:
        raise UsageError(f"{_flag(given[0])} and {_flag(given[1])} both say what is sent; give one of them.")
    for name, sources in COMPANIONS.items():
        if getattr(options, name) is not None and not set(sources) & set(given):
            raise UsageError(
                f"{_flag(name)} goes with {' or '.join(map(_flag, sources))}; give that too, or leave it out."
            )
    if {"dataset", "payload"} == set(given):
        for name in ("content_type", "distinct"):
            if getattr(options, name) is not None:
                raise UsageError(f"{_flag(name)} has no meaning where --dataset feeds --payload; leave it out.")
    for name, needed in NEEDED.items():
        if name in given and getattr(options, needed) is None:
            raise UsageError(f"{_flag(name)} needs {_flag(needed)} beside it.")
    if options.model is not None and given and given != ["prompt_tokens"]:
        raise UsageError(f"--model has no meaning beside {_flag(given[0])}; write the model's name into the body.")
    return given[0] if given else None


def _flag(name: str) -> str:
    return f"--{name.replace('_', '-')}"
