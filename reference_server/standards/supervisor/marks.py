"""What variables of this project tell a supervisor and its child."""

import importlib
from collections.abc import Mapping

# Set for a child: somebody watches it and has installed its requirements.
SUPERVISED = "SEATRIAL_SUPERVISED"
VARIANTS = ("SEATRIAL_MUTANT", "SEATRIAL_ODDITY")


def is_supervised(environ: Mapping[str, str]) -> bool:
    """Return whether this process is the child of a supervisor."""
    return bool(environ.get(SUPERVISED))


def apply_variants(environ: Mapping[str, str]) -> None:
    """Break the supervisor as a mutant of it asks; the server itself says if there is no such one."""
    mutant, oddity = (environ.get(name, "") for name in VARIANTS)
    if mutant or oddity:
        variants = importlib.import_module("seatrial.reference_server.variants")
        try:
            variants.apply_to_standards(variants.chosen(mutant, oddity))
        except variants.VariantError:
            return
