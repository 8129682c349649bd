"""Writes a benchmark, and lets a trial's report of the same image show it. No file is ever half written."""

from __future__ import annotations

from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING

from seatrial.conformance.bench.document import performance_json
from seatrial.conformance.options import OptionError
from seatrial.reports.json_report import ResultFileError, read_result
from seatrial.reports.performance.beside import NAME, performance_beside
from seatrial.reports.performance.html import performance_html
from seatrial.reports.performance.markdown import performance_markdown
from seatrial.reports.performance.view import view_of
from seatrial.reports.write import pages

if TYPE_CHECKING:
    from seatrial.conformance.bench.result import Performance

__all__ = ["write_performance"]


def write_performance(performance: Performance, folder: Path | None, file: Path | None) -> tuple[Path, ...]:
    """Write what was asked for.

    Args:
        performance: scrubbed before.
        folder: of the report; None without one.
        file: for the JSON alone; None without one.

    Returns:
        what was written, for people to open.

    Raises:
        OptionError: a place cannot be written.
    """
    try:
        written = [_put(file, performance_json(performance))] if file else []
        return (*written, *(_write_folder(performance, folder) if folder else ()))
    except OSError as error:
        raise OptionError(
            f"the benchmark cannot be written to {error.filename} ({error.strerror}); "
            "name places that can be written with --report DIR and --json FILE"
        ) from error


def _write_folder(performance: Performance, folder: Path) -> tuple[Path, ...]:
    page = _put(folder / "performance.html", performance_html(view_of(performance)))
    text = "\n".join(performance_markdown(performance)) + "\n"
    _put(folder / "performance.md", text.encode())
    written = [_put(folder / NAME, performance_json(performance)), page]
    try:
        trial = read_result(folder / "result.json")
    except ResultFileError:
        return tuple(written)
    # Drawn anew also where it is of another image: what its page showed until now is no longer here.
    beside = performance_beside(folder, trial.facts.subject.digest)
    for name, content in pages(trial, beside).items():
        shown = _put(folder / name, content)
        written += [shown] if beside and name == "report.html" else []
    return tuple(written)


def _put(path: Path, content: bytes) -> Path:
    """Write a file beside its place and move it there; a device or a pipe is written as it is."""
    if path.exists() and not path.is_file():
        path.write_bytes(content)
        return path
    with NamedTemporaryFile(dir=path.parent, prefix=".writing-", delete=False) as beside:
        made = Path(beside.name)
        try:
            beside.write(content)
            beside.close()
            made.chmod(0o644)
            made.replace(path)
        except BaseException:
            made.unlink(missing_ok=True)
            raise
    return path
