"""The kill matrix with true times: every mutant and oddity of a process against every scenario of its profile.

Mutants of the standards are driven for their own clauses alone. It takes long, so it is no test. Beside the verdict
that counts it lists what else a fault changes when everything is driven, which is how an `also=` that is missing or
needless is found. Run as `make matrix-full`.
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
    profile_of,
    reachable,
)
from kill_matrix.rigs import STANDARDS

from seatrial.reference_server.variants import Kind, Variant

SIDE_BY_SIDE = 6


def main() -> int:
    """Try everything; 1 where a mutant was not caught or an oddity was blamed."""
    variants = [*process_variants(Kind.MUTANT), *process_variants(Kind.ODDITY)]
    wrong = 0
    with tempfile.TemporaryDirectory() as folder, Harbour(Path(folder)) as harbour:

        def tried(variant: Variant) -> Tried:
            profile = profile_of(variant)
            soak = needs_soak(variant)
            # A trial with the standards takes a start for each two or three clauses: too many for every mutant.
            own = soak or (profile == STANDARDS and variant.kind is Kind.MUTANT)
            ids = (variant.kills, *variant.also) if own else reachable(profile)
            return harbour.trial(variant, ids, scale=1.0, soak=soak)

        pool = ThreadPoolExecutor(SIDE_BY_SIDE)
        try:
            correct = {
                profile: pool.submit(harbour.trial, CORRECT, reachable(profile), scale=1.0)
                for profile in dict.fromkeys(map(profile_of, variants))
            }
            trials = {pool.submit(tried, variant): variant for variant in variants}
            for trial in as_completed(trials):
                variant = trials[trial]
                wrong += report(variant, trial.result(), correct[profile_of(variant)].result())
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
