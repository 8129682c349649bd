"""How times, rates, counts and verdicts are put into words, the same in every report.

Also the one place that makes a server's own text harmless for a terminal: an error body may hold escape codes and
right-to-left marks. Escaping for HTML or Prometheus belongs to those renderers.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING

from seatrial.loadgen.result import Verdict

if TYPE_CHECKING:
    from seatrial.loadgen.result import Cost, Gpu, Interval, OutputTokens, Result

__all__ = [
    "EXITS", "POINTS", "between", "cost_told", "cut", "duration", "gpu_told", "headline", "many", "moment", "ms",
    "one_line", "per_second", "printable", "quantity", "sentence", "share", "tokens_told",
]  # fmt: skip

POINTS = ("p50", "p90", "p95", "p99", "p99.9")
"""Percentiles in the order in which every table has them."""
EXITS = {
    0: "every objective is met",
    1: "an objective is missed",
    2: "an option or a file is not usable",
    3: "the client was not fit: the figures say nothing about the server",
    130: "interrupted by the user; the figures are partial",
}
"""What each exit code of a load test says."""

UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")


def printable(text: str) -> str:
    """Text with control characters, direction marks and lone surrogates written out; newline and tab stay."""
    return UNSAFE.sub(lambda m: m[0].encode("unicode_escape").decode("ascii"), text.replace("\r\n", "\n"))


def one_line(text: str, width: int = 0) -> str:
    """Printable text on one line, cut to a width where one is given."""
    line = " ".join(printable(text).split())
    return cut(line, width) if width else line


def cut(text: str, width: int) -> str:
    """Text of at most so many characters, an ellipsis at its end where something was left out."""
    return text if len(text) <= width else f"{text[: max(width - 1, 0)].rstrip()}…"


def ms(value: float | None) -> str:
    """A time given in milliseconds, three digits and its unit: `62.4 µs`, `5.08 ms`, `1.91 s`, `2 min 05 s`."""
    if not value:
        return "-" if value is None else "0 µs"
    sign, size = ("-" if value < 0 else ""), abs(value)
    if size < 0.9995:
        return f"{sign}{_three(size * 1000)} µs"
    if size < 999.5:
        return f"{sign}{_three(size)} ms"
    return sign + duration(size / 1000)


def duration(seconds: float) -> str:
    """A time given in seconds, of a run or of a wait: `0.25 s`, `31.2 s`, `33 min 20 s`."""
    if seconds < 119.5:
        return f"{_three(seconds)} s"
    whole = round(seconds)
    if whole < 7200:
        return f"{whole // 60} min {whole % 60:02} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02} min"


def _three(size: float) -> str:
    if size < 9.995:
        return f"{size:.2f}"
    return f"{size:.1f}" if size < 99.95 else f"{size:,.0f}"


def quantity(value: float, unit: str = "ms") -> str:
    """A figure of a distribution in its own unit; milliseconds in the unit that reads best."""
    return ms(value) if unit == "ms" else f"{_three(value)} {unit}".rstrip()


def between(interval: Interval, unit: str = "ms") -> str:
    """A 95 % confidence interval: `4.98 … 5.12 ms`; an end that the samples do not bound is a question mark."""
    low, high = (None if end is None else quantity(end, unit) for end in (interval.low, interval.high))
    if low is None and high is None:
        return "not bounded"
    if low and high and low.rpartition(" ")[2] == high.rpartition(" ")[2] and "min" not in low:
        low = low.rpartition(" ")[0]
    return f"{low or '?'} … {high or '?'}"


def per_second(rate: float | None) -> str:
    """A rate: `0.500/s`, `200/s` where it is exactly that, `199.8/s`, `12,043/s`."""
    if rate is None:
        return "-"
    if rate >= 9999.5 or rate == round(rate):
        return f"{rate:,.0f}/s"
    return f"{rate:.3f}/s" if rate < 9.9995 else f"{rate:,.1f}/s"


def share(part: float) -> str:
    """A share of one, in percent: `0.08 %`, `99.95 %`, `100 %`; what is not whole never reads as 0 or 100."""
    percent = 100 * part
    if percent in (0.0, 100.0):
        return f"{percent:.0f} %"
    if abs(percent - 100) < 0.005:
        return "> 99.99 %" if percent < 100 else "> 100 %"
    if 0 < percent < 0.005:
        return "< 0.01 %"
    return f"{percent:.2f} %" if percent < 1 or 99 < percent < 100 else f"{percent:.1f} %"


def many(number: int, noun: str, plural: str = "") -> str:
    """A count with its noun: `1 request`, `12,000 requests`."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def moment(started: str) -> str:
    """A wall-clock time as people write it: `23 November 2026, 12:00 UTC`; text that is no ISO 8601 time as it is."""
    try:
        at = datetime.fromisoformat(started)
    except ValueError:
        return started
    return f"{at.day} {at:%B %Y, %H:%M} {at.tzname() or ''}".rstrip()


def headline(result: Result) -> str:
    """The verdict in one or two words: `Met`, `Missed`, `Invalid`, `Interrupted`; marked where it is of a part only."""
    word = result.verdict.value.capitalize()
    return f"{word} (partial)" if result.facts.partial and result.verdict is not Verdict.INTERRUPTED else word


def sentence(result: Result) -> str:
    """What the verdict means for this run, in one sentence."""
    if result.verdict is Verdict.INVALID:
        if result.complaints and all(complaint.cause != "client" for complaint in result.complaints):
            return "The load was not put on as asked: every allowed connection was taken by an unanswered request."
        return "The client was not fit for this load: the figures below say nothing about the server."
    if result.verdict is Verdict.INTERRUPTED:
        return f"Partial: ended by the user, the figures are of the {duration(result.facts.window_s)} before that."
    objectives, missed = result.objectives, [o for o in result.objectives if not o.met]
    if missed:
        first = f"{missed[0].text}, seen {missed[0].seen}"
        if len(objectives) == 1:
            return f"The objective is missed: {first}."
        more = f", and {len(missed) - 1} more" if len(missed) > 1 else ""
        verb = "is" if len(missed) == 1 else "are"
        return f"{len(missed)} of {len(objectives)} objectives {verb} missed: {first}{more}."
    if len(objectives) == 1:
        return f"The objective is met: {objectives[0].text}, seen {objectives[0].seen}."
    return f"All {len(objectives)} objectives are met." if objectives else "No objective was set, and none is missed."


def tokens_told(tokens: OutputTokens) -> str:
    """How many whole answers counted: `1,200 counted by the answers themselves, 118.3/s`."""
    return f"{tokens.count:,} counted by the answers themselves, {per_second(tokens.per_second)}"


def cost_told(cost: Cost) -> str:
    """What a million of each costs: `1.52 USD an hour (ml.g5.2xlarge): 2.11 USD a million requests`."""
    parts = []
    if cost.per_million_requests is not None:
        parts.append(f"{_money(cost.per_million_requests)} {cost.currency} a million requests")
    if cost.per_million_tokens is not None:
        parts.append(f"{_money(cost.per_million_tokens)} {cost.currency} a million output tokens")
    told = ", ".join(parts) or "nothing was answered, so there is nothing to divide it by"
    return f"{_money(cost.per_hour)} {cost.currency} an hour ({one_line(cost.source)}): {told}"


def _money(sum_: float) -> str:
    return f"{sum_:,.2f}" if sum_ >= 1 or sum_ == 0 else f"{sum_:.3g}"


def gpu_told(gpu: Gpu) -> str:
    """One GPU over the run: `NVIDIA A10G: 81.0 % used on average, 97.0 % at most, 14,300 MiB at most, 210 W`."""
    power = f", {gpu.power_mean_w:.0f} W on average" if gpu.power_mean_w is not None else ""
    return (
        f"{one_line(gpu.name)}: {share(gpu.use_mean)} used on average, {share(gpu.use_high)} at most, "
        f"{gpu.memory_high_mib:,.0f} MiB at most{power}"
    )
