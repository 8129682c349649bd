"""A SYNTHETIC table in the likeness of the abalone data: no row of it was ever measured.

Eight features of a shell (sex, length, diameter, height, four weights) and the number of rings to predict. The shape
of the distributions follows what is published about the real table: 37/31/32 % male, female and infant; length
Beta-shaped up to 0.815; diameter about 0.8 and height about 0.27 of the length; weights with the cube of the length and
log-normal noise; rings from length and weight plus Gamma noise. Seeded: one seed, one table.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FEATURES = ("sex", "length", "diameter", "height", "whole_weight", "shucked_weight", "viscera_weight", "shell_weight")
ROWS = 4177
SEX_SHARES = (0.37, 0.31, 0.32)  # male, female, infant, coded 0, 1, 2
INFANT = 2
LONGEST = 0.815


@dataclass(frozen=True)
class Table:
    """Features, rows by 8, and the rings of each row."""

    features: npt.NDArray[np.float64]
    rings: npt.NDArray[np.float64]


def table(seed: int, rows: int = ROWS) -> Table:
    """Return a synthetic table; equal seeds give equal tables."""
    random = np.random.default_rng(seed)
    sex = random.choice(3, size=rows, p=SEX_SHARES)
    length = LONGEST * random.beta(6.0, 3.2, rows) * np.where(sex == INFANT, 0.8, 1.0)
    diameter = 0.8 * length * random.normal(1.0, 0.03, rows)
    height = 0.27 * length * random.normal(1.0, 0.08, rows)
    whole = 5.3 * length**3 * random.lognormal(0.0, 0.12, rows)
    shucked = 0.43 * whole * random.lognormal(0.0, 0.10, rows)
    viscera = 0.22 * whole * random.lognormal(0.0, 0.12, rows)
    shell = 0.29 * whole * random.lognormal(0.0, 0.10, rows)
    features = np.column_stack([sex, length, diameter, height, whole, shucked, viscera, shell]).round(4)
    rings = np.clip(np.round(2.5 + 9.0 * length + 7.0 * shell + random.gamma(2.0, 0.9, rows)), 1, 29)
    return Table(features, rings)
