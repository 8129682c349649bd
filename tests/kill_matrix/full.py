"""The kill matrix with true times: every mutant and oddity of a process against every scenario.

It takes a quarter of an hour, so it is no test. Beside the verdict that counts it lists what else a fault changes when
everything is driven, which is how an `also=` that is missing or needless is found. Run as `make matrix-full`.
"""

from __future__ import annotations

import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

from kill_matrix.matrix import (
    CORRECT,
    Harbour,
    Tried,
    broken_in,
    complaints,
    needs_soak,
    process_variants,
    reachable,
)

from seatrial.reference_server.variants import Kind, Variant

SIDE_BY_SIDE = 6


def main() -> int:
    """Try everything; 1 where a mutant was not caught or an oddity was blamed."""
    variants = [*process_variants(Kind.MUTANT), *process_variants(Kind.ODDITY)]
    wrong = 0
    with tempfile.TemporaryDirectory() as folder, Harbour(Path(folder)) as harbour:

        def tried(variant: Variant | None) -> Tried:
            soak = variant is not None and needs_soak(variant)
            ids = (variant.kills, *variant.also) if variant is not None and soak else reachable()
            return harbour.trial(variant, ids, scale=1.0, soak=soak)

        pool = ThreadPoolExecutor(SIDE_BY_SIDE)
        try:
            correct = pool.submit(tried, CORRECT)
            trials = {pool.submit(tried, variant): variant for variant in variants}
            for trial in as_completed(trials):
                wrong += report(trials[trial], trial.result(), correct.result())
        finally:
            pool.shutdown(cancel_futures=True)
    sys.stdout.write(f"{len(variants)} variants tried, {wrong} not as they should be\n")
    return int(wrong > 0)


def report(variant: Variant, tried: Tried, correct: Tried) -> bool:
    """Print what became of one variant; whether it was not what it should be."""
    if variant.kind is Kind.ODDITY:
        found = broken_in(tried, correct)
        wrong = bool(found)
    else:
        # Verdicts of a soak have nothing to be compared with here: only the one that counts is looked at.
        found = complaints(variant, tried, tried if needs_soak(variant) else correct)
        wrong = any(line.startswith(f"{variant.kills} is") and ", expected " in line for line in found)
    sys.stdout.write(f"{'WRONG' if wrong else 'ok':6}{variant.kind:8}{variant.name:44}{tried.seconds:6.1f} s\n")
    for line in found:
        sys.stdout.write(f"{'':14}{line[:200]}\n")
    sys.stdout.flush()
    return wrong


if __name__ == "__main__":
    sys.exit(main())
