"""The final table, for a person at a terminal or before a CI log: the verdict first, then why it can be believed.

Reads on 80 columns, with and without colour. Service time and response time stand side by side and are named, since
mixing them up is how load tests lie.
"""

from __future__ import annotations

import io
import os
from typing import TYPE_CHECKING, TextIO

from rich.console import Console
from rich.table import Table
from rich.text import Text

from seatrial.loadgen.render.client import client_facts
from seatrial.loadgen.render.words import (
    EXITS,
    POINTS,
    between,
    cost_told,
    duration,
    gpu_told,
    headline,
    many,
    moment,
    one_line,
    per_second,
    quantity,
    sentence,
    share,
    tokens_told,
)  # fmt: skip
from seatrial.loadgen.result import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rich.console import RenderableType

    from seatrial.loadgen.result import Distribution, Objective, Result, Streams

__all__ = ["print_result", "result_text"]

NARROW, WIDE, LABEL, EXAMPLE = 60, 110, 10, 200
VERDICT_STYLE = {
    Verdict.MET: "bold green",
    Verdict.MISSED: "bold red",
    Verdict.INVALID: "bold magenta",
    Verdict.INTERRUPTED: "bold yellow",
}
PLAIN = str.maketrans({"µ": "u", "…": "..", "·": "-"})
"""For outputs whose encoding has no such characters."""

Row = tuple[str, str | Text]


def print_result(result: Result, out: TextIO) -> None:
    """Print the final table to standard output, in colour where it is a terminal and `NO_COLOR` is not set."""
    terminal = out.isatty() and os.environ.get("TERM") != "dumb"
    colour = (terminal or bool(os.environ.get("FORCE_COLOR"))) and not os.environ.get("NO_COLOR")
    text = result_text(result, width=Console(file=out).width if terminal else 80, colour=colour)
    encoding = out.encoding or "utf-8"
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        text = text.translate(PLAIN).encode(encoding, "replace").decode(encoding)
    out.write(text)
    out.flush()


def result_text(result: Result, *, width: int = 80, colour: bool = False) -> str:
    """Return the final table.

    Args:
        result: the finished run.
        width: columns of the output.
        colour: whether to write escape codes.
    """
    sheet = io.StringIO()
    console = Console(
        file=sheet, width=max(min(width, WIDE), NARROW), force_terminal=colour, no_color=not colour,
        color_system="standard" if colour else None, highlight=False, emoji=False, markup=False,
    )  # fmt: skip
    for part in _parts(result):
        console.print(part)
        console.print()
    code = result.verdict.exit_code
    console.print(Text(f"exit {code}: {EXITS[code]}", "dim"))
    return "\n".join(line.rstrip() for line in sheet.getvalue().splitlines()) + "\n"


def _parts(result: Result) -> Iterator[RenderableType]:
    style = VERDICT_STYLE[result.verdict]
    yield Text.assemble((headline(result).upper(), style), "  ", one_line(sentence(result)))
    if result.complaints or result.warnings:
        yield _facts(_remarks(result))
    yield _facts(_run(result))
    yield Text("\n").join(_latencies(result))
    if result.streams is not None:
        yield Text("\n").join(_streams(result.streams))
    if result.faults:
        yield _facts(_failures(result))
    if result.objectives:
        yield _facts(_objectives(result.objectives))
    yield _facts([*_client(result), *_extras(result)])


def _facts(rows: Iterable[Row]) -> Table:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(style="dim", width=LABEL, no_wrap=True)
    table.add_column(overflow="fold")
    last = ""
    for label, value in rows:
        table.add_row("" if label == last else label, value)
        last = label
    return table


def _remarks(result: Result) -> Iterator[Row]:
    for complaint in result.complaints:
        yield "invalid", Text(f"{one_line(complaint.limit)}: {one_line(complaint.seen)}", "magenta")
        yield "do", Text(one_line(complaint.cure), "bold")
    for warning in result.warnings:
        yield "warning", Text(one_line(warning), "yellow")


def _run(result: Result) -> Iterator[Row]:
    facts, requests, rate = result.facts, result.requests, result.rate
    yield "target", Text(one_line(facts.target), "bold")
    yield "load", one_line(facts.load)
    yield "request", one_line(facts.payload)
    warm = f" after {duration(facts.warmup_s)} of warm-up" if facts.warmup_s else ""
    workers = many(facts.workers, "process", "processes")
    yield "run", f"{duration(facts.window_s)}{warm}, {workers}, seed {facts.seed}, {moment(facts.started)}"
    asked = f"asked {per_second(rate.asked)}   " if rate.asked is not None else ""
    yield "rate", f"{asked}sent {per_second(rate.sent)}   answered {per_second(rate.answered)}"
    failed = f"{requests.failed:,} failed"
    if requests.failed:
        failed += f" ({share(requests.failed / max(requests.due, 1))})"
    if requests.unsent:
        failed += f"   {requests.unsent:,} never sent"
    counts = Text(f"{requests.due:,} due   {requests.succeeded:,} succeeded   ")
    yield "requests", counts + Text(failed, "red" if requests.failed else "")
    good = result.goodput
    yield "goodput", f"{per_second(good.rate)}, {share(good.share)} of those due ({_shares(result)})"
    if result.workload_per_second and result.workload_per_second != rate.answered:
        yield "workload", f"{quantity(result.workload_per_second, 'units')} a second"


def _shares(result: Result) -> str:
    low, high = result.goodput.interval.low, result.goodput.interval.high
    return f"{'?' if low is None else share(low)} … {'?' if high is None else share(high)}"


def _latencies(result: Result) -> Iterator[Text]:
    service, response = result.service, result.response
    if service is None:
        yield Text("No request succeeded, so there is no latency to tell.", "bold red")
        return
    kinds = [("service time", "from the send", service)]
    if response is not None:
        kinds.append(("response time", "from the intended time", response))
    yield Text("latency".ljust(LABEL), "dim") + Text("".join(f"{name:>15}".ljust(33) for name, _, _ in kinds), "bold")
    yield Text(" " * LABEL + "".join(f"   {since}".ljust(33) for _, since, _ in kinds).rstrip(), "dim")
    for name in POINTS:
        yield _latency_row(name, [d for _, _, d in kinds])
    for name, pick in (("max", "high"), ("mean", "mean")):
        yield Text.assemble(
            (name.ljust(LABEL), "dim"), *(f"{quantity(getattr(d, pick), d.unit):>11}".ljust(33) for _, _, d in kinds)
        )
    worth = (f"{d.count:,} worth {d.effective:,.0f}" for _, _, d in kinds)
    yield Text("samples".ljust(LABEL) + "".join(f"   {text}".ljust(33) for text in worth), "dim")


def _latency_row(name: str, distributions: list[Distribution]) -> Text:
    row = Text(name.ljust(LABEL), "dim")
    for distribution in distributions:
        point = distribution.points.get(name)
        value = "-" if point is None else quantity(point.value, distribution.unit)
        row.append(f"{value:>11}", "bold" if name in {"p50", "p99"} else "")
        sure = "" if point is None else between(point.interval, distribution.unit)
        row.append(f"  {sure}".ljust(22), "dim")
    return row


def _streams(streams: Streams) -> Iterator[Text]:
    kinds = (
        ("TTFT", streams.ttft),
        (" from send", streams.ttft_service),
        ("ITL", streams.itl),
        ("TPOT", streams.tpot),
        ("end to end", streams.end_to_end),
    )
    yield Text("streams".ljust(LABEL) + "".join(f"{name:>11}" for name in (*POINTS, "max")), "dim")
    for name, distribution in kinds:
        if distribution is not None:
            values = [distribution.points[p].value if p in distribution.points else None for p in POINTS]
            told = ["-" if v is None else quantity(v, distribution.unit) for v in (*values, distribution.high)]
            yield Text(name.ljust(LABEL), "dim") + Text("".join(f"{value:>11}" for value in told)[len(name) > LABEL :])
    yield Text("tokens".ljust(LABEL), "dim") + Text(
        f"   {streams.tokens:,} in {many(streams.count, 'stream')}, {per_second(streams.tokens_per_second)}"
    )


def _failures(result: Result) -> Iterator[Row]:
    for fault in result.faults:
        said = f"  {one_line(fault.example, EXAMPLE)}" if fault.example else ""
        yield "errors", Text.assemble((f"{fault.count:>7,}  {fault.name}", "red"), (said, "dim"))


def _objectives(objectives: tuple[Objective, ...]) -> Iterator[Row]:
    for objective in objectives:
        word, style = ("met   ", "green") if objective.met else ("missed", "bold red")
        told = objective.note or ("" if objective.shown else "too few samples to show it")
        note = f"  ({one_line(told)})" if told else ""
        yield (
            "objectives",
            Text.assemble(
                (word, style), f"  {one_line(objective.text)}  seen {one_line(objective.seen)}", (note, "dim")
            ),
        )


def _client(result: Result) -> Iterator[Row]:
    for name, told in client_facts(result):
        yield "client", Text.assemble((f"{name:<12}", "dim"), told)


def _extras(result: Result) -> Iterator[Row]:
    if result.output_tokens is not None and result.streams is None:
        yield "tokens", tokens_told(result.output_tokens)
    if result.cost is not None:
        yield "cost", one_line(cost_told(result.cost))
    for gpu in result.gpus:
        yield "GPU", gpu_told(gpu)
