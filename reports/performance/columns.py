"""The table of a benchmark: its columns, and the cells of each run; a column that no run fills is left out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from seatrial.conformance.bench.result import Outcome, Step
from seatrial.reports.words import one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from seatrial.conformance.bench.load import Gpu
    from seatrial.conformance.bench.result import Figures, Performance, Usage

__all__ = ["Table", "amount", "memory", "ms", "says_nothing", "table", "verdict_of"]

SILENT = {
    Outcome.INVALID: "INVALID, no measurement",
    Outcome.UNREACHED: "not measured",
    Outcome.INTERRUPTED: "interrupted before anything was measured",
}


@dataclass(frozen=True)
class Table:
    """Headings, and a row a run: its name, its cells, and what is said in their place where it measured nothing."""

    headings: tuple[str, ...]
    rows: tuple[tuple[Step, tuple[str, ...], str], ...]


def amount(number: float | None, unit: str = "") -> str:
    """A number of three or four digits: `0.52`, `17.3`, `1,520`."""
    if number is None:
        return ""
    digits = 0 if abs(number) >= 100 else 1 if abs(number) >= 10 else 2
    return f"{number:,.{digits}f}{unit}"


def ms(number: float | None) -> str:
    """A latency: `0.84 ms`, `1.52 s`."""
    if number is None:
        return ""
    return f"{amount(number)} ms" if number < 1000 else f"{amount(number / 1000)} s"


def memory(number: int | None) -> str:
    """Bytes in binary units, as limits are given: `512 MiB`."""
    if number is None:
        return ""
    return f"{amount(number / 2**30)} GiB" if number >= 2**30 else f"{amount(number / 2**20)} MiB"


def _share(number: float) -> str:
    return f"{number * 100:.3g} %"


def _price(number: float | None) -> str:
    return "" if number is None else f"{number:.4g}" if number < 100 else f"{number:,.0f}"


def _power(gpus: tuple[Gpu, ...]) -> str:
    watts = [gpu.power_mean_w for gpu in gpus if gpu.power_mean_w is not None]
    return f"{amount(sum(watts))} W" if watts else ""


OF_FIGURES: dict[str, Callable[[Figures], str]] = {
    "tokens/s": lambda f: amount(f.tokens_per_second),
    "requests/s": lambda f: amount(f.requests_per_second),
    "TTFT p50": lambda f: ms(f.ttft_p50_ms),
    "TTFT p99": lambda f: ms(f.ttft_p99_ms),
    "ITL p50": lambda f: ms(f.itl_p50_ms),
    "ITL p99": lambda f: ms(f.itl_p99_ms),
    "p50": lambda f: ms(f.p50_ms),
    "p99": lambda f: ms(f.p99_ms),
    "errors": lambda f: _share(f.errors),
    "goodput": lambda f: f"{amount(f.goodput_per_second)}/s",
}
OF_USAGE: dict[str, Callable[[Usage], str]] = {
    "memory": lambda u: memory(u.memory_peak_bytes),
    "CPUs": lambda u: amount(u.cpus_mean),
}
OF_GPUS: dict[str, Callable[[tuple[Gpu, ...]], str]] = {
    "GPU": lambda gpus: " ".join(_share(gpu.use_mean) for gpu in gpus),
    "GPU memory": lambda gpus: " ".join(memory(int(gpu.memory_high_mib * 2**20)) for gpu in gpus),
    "power": _power,
}
OF_COST: dict[str, Callable[[Figures], str]] = {
    "USD/M requests": lambda f: _price(f.per_million_requests),
    "USD/M tokens": lambda f: _price(f.per_million_tokens),
}


def _cells(step: Step) -> dict[str, str]:
    """Every cell of a run by its heading, empty where there is nothing to show."""
    figures, usage = step.figures, step.usage
    return {
        **{name: tell(figures) if figures else "" for name, tell in OF_FIGURES.items()},
        **{name: tell(usage) if figures and usage else "" for name, tell in OF_USAGE.items()},
        **{name: tell(step.gpus) if figures else "" for name, tell in OF_GPUS.items()},
        **{name: tell(figures) if figures else "" for name, tell in OF_COST.items()},
    }


def says_nothing(step: Step) -> str:
    """What stands in the place of the figures of a run that has none."""
    return "" if step.figures else f"{SILENT.get(step.outcome, 'not measured')}: {one_line(step.note, 200)}"


def table(steps: Iterable[Step]) -> Table:
    """The table of some runs."""
    runs = [(step, _cells(step)) for step in steps]
    kept = tuple(name for name in (runs[0][1] if runs else ()) if any(cells[name] for _, cells in runs))
    rows = tuple((step, tuple(cells[name] for name in kept), says_nothing(step)) for step, cells in runs)
    return Table(kept, rows)


def verdict_of(performance: Performance) -> str:
    """The outcome in one sentence."""
    return {
        0: "Measured.",
        1: "An objective is missed, or the subject failed.",
        12: "Something could not be measured: it says nothing about the subject.",
        13: "Worse than the baseline.",
        130: "Interrupted: what was measured until then.",
    }[performance.exit_code]
