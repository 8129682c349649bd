"""One chart as inline SVG that fits any width: lines stretch, words and dots do not.

Nothing is loaded, scripted or styled in place: colours are classes of the page's style sheet. Places across are
percent of the width, so a phone and a wall show the same picture with words of the same size. Marks that are stretched
lie in an inner drawing with strokes that keep their width.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from markupsafe import Markup

from seatrial.loadgen.render.scale import Scale

if TYPE_CHECKING:
    import numpy.typing as npt

    from seatrial.loadgen.render.rows import Floats

__all__ = ["Canvas"]

ACROSS = 1000
HEAD, FOOT = 22, 24
"""Pixels above the drawing, where what the pointer is on is told, and below it, where the axis is."""


@dataclass
class Canvas:
    """A chart in the making.

    Attributes:
        x: the axis across.
        y: the axis up.
        label: what the chart shows, in a sentence, for those who cannot see it.
        height: pixels of the drawing alone.
    """

    x: Scale
    y: Scale
    label: str
    height: int = 220
    _marks: list[Markup] = field(default_factory=list)
    _over: list[Markup] = field(default_factory=list)
    _reads: list[Markup] = field(default_factory=list)

    def line(self, kind: str, xs: npt.ArrayLike, ys: npt.ArrayLike) -> None:
        """Draw a line; where a value is NaN it has a gap."""
        across, down = self._places(xs, ys)
        path, pen_down = [], False
        for at, (x, y) in enumerate(zip(across, down, strict=True)):
            if np.isnan(y):
                pen_down = False
                continue
            alone = not pen_down and (at + 1 == len(down) or np.isnan(down[at + 1]))
            path.append(f"{'L' if pen_down else 'M'}{x:.1f} {y:.1f}{'h0' if alone else ''}")
            pen_down = True
        self._path(kind, "".join(path))

    def steps(self, kind: str, edges: npt.ArrayLike, ys: npt.ArrayLike) -> None:
        """Draw a value for each stretch between two edges; one edge more than values."""
        bounds, values = np.asarray(edges, np.float64), np.asarray(ys, np.float64)
        self.line(kind, np.repeat(bounds, 2)[1:-1], np.repeat(values, 2))

    def band(self, kind: str, xs: npt.ArrayLike, lows: npt.ArrayLike, highs: npt.ArrayLike) -> None:
        """Fill between two lines; gaps where either is NaN."""
        across, top = self._places(xs, highs)
        _, bottom = self._places(xs, lows)
        whole = ~(np.isnan(top) | np.isnan(bottom))
        borders = np.flatnonzero(np.diff(np.concatenate([[False], whole, [False]]).astype(np.int8)))
        path = []
        for begin, end in borders.reshape(-1, 2):
            there = [f"{x:.1f} {y:.1f}" for x, y in zip(across[begin:end], top[begin:end], strict=True)]
            back = [f"{x:.1f} {y:.1f}" for x, y in zip(across[begin:end], bottom[begin:end], strict=True)]
            path.append(f"M{'L'.join([*there, *reversed(back)])}Z")
        self._path(kind, "".join(path))

    def dots(self, kind: str, xs: npt.ArrayLike, ys: npt.ArrayLike) -> None:
        """Draw a dot for each point; those that would lie on one another once."""
        across, down = self._places(xs, ys)
        kept = ~np.isnan(down)
        spots = np.unique(np.column_stack([np.round(across[kept]), np.round(down[kept])]), axis=0)
        self._path(f"{kind} dots", "".join(f"M{x:g} {y:g}h0" for x, y in spots))

    def rug(self, kind: str, xs: npt.ArrayLike) -> None:
        """Draw a short mark at the foot of the chart for each point in time."""
        spots = np.unique(np.round(self.x.place(xs) * ACROSS))
        foot = HEAD + self.height
        self._path(f"{kind} rug", "".join(f"M{x:g} {foot - 9}v9" for x in spots))

    def upright(self, kind: str, x: float, text: str) -> None:
        """Draw a line over the whole height, with a word at its head."""
        at = 100 * float(self.x.place(x))
        side = "end" if at > 50 else "start"
        self._over.append(
            Markup(
                '<line class="{}" x1="{:.2f}%" x2="{:.2f}%" y1="{}" y2="{}"/>'
                '<text class="said" x="{:.2f}%" dx="{}" y="{}" text-anchor="{}">{}</text>'
            ).format(kind, at, at, HEAD, HEAD + self.height, at, -6 if at > 50 else 6, HEAD + 12, side, text)
        )

    def level(self, kind: str, y: float, text: str) -> None:
        """Draw a line over the whole width, with a word at its end."""
        down = float(HEAD + (1 - self.y.place(y)) * self.height)
        self._over.append(
            Markup(
                '<line class="{}" x1="0" x2="100%" y1="{:.1f}" y2="{:.1f}"/>'
                '<text class="said" x="100%" y="{:.1f}" text-anchor="end">{}</text>'
            ).format(kind, down, down, down - 4 if down > HEAD + 20 else down + 13, text)
        )

    def whisker(self, kind: str, x: float, low: float, high: float, aside: int = 0) -> None:
        """Draw a short upright line, some pixels aside: how sure a point is."""
        at = 100 * float(self.x.place(x))
        top, bottom = (float(HEAD + (1 - self.y.place(v)) * self.height) for v in (high, low))
        self._over.append(
            Markup(
                '<line class="{}" x1="{:.2f}%" x2="{:.2f}%" y1="{:.1f}" y2="{:.1f}" transform="translate({})"/>'
            ).format(kind, at, at, top, bottom, aside)
        )

    def spot(self, kind: str, x: float, y: float) -> None:
        """Draw one large dot."""
        at, down = 100 * float(self.x.place(x)), float(HEAD + (1 - self.y.place(y)) * self.height)
        self._over.append(Markup('<circle class="{}" cx="{:.2f}%" cy="{:.1f}" r="4.5"/>').format(kind, at, down))

    def read(self, begin: float, end: float, text: str) -> None:
        """Tell a text while the pointer is on a stretch of the chart."""
        left, right = (100 * float(self.x.place(v)) for v in (begin, end))
        self._reads.append(
            Markup(
                '<g class="read"><rect x="{:.2f}%" width="{:.2f}%" y="0" height="{}"/>'
                '<text x="100%" y="12" text-anchor="end">{}</text></g>'
            ).format(left, max(right - left, 0.1), HEAD + self.height, text)
        )

    def svg(self) -> Markup:
        """Return the chart: the axis up beside the drawing."""
        whole = HEAD + self.height + FOOT
        ups, grid, acrosses = [], [], []
        for place, text in self.y.ticks:
            down = HEAD + (1 - place) * self.height
            ups.append(Markup('<text x="100%" dx="-8" y="{:.1f}" text-anchor="end">{}</text>').format(down + 4, text))
            grid.append(Markup('<line class="grid" x1="0" x2="100%" y1="{0:.1f}" y2="{0:.1f}"/>').format(down))
        for place, text in self.x.ticks:
            anchor = "start" if place < 0.02 else "end" if place > 0.95 else "middle"
            spot = Markup('<text x="{:.2f}%" y="{}" text-anchor="{}">{}</text>')
            acrosses.append(spot.format(100 * place, whole - 7, anchor, text))
        inner = Markup(
            '<svg class="marks" width="100%" height="{0}" viewBox="0 0 {1} {0}" preserveAspectRatio="none">{2}</svg>'
        ).format(whole, ACROSS, Markup().join(self._marks))
        return Markup(
            '<div class="plot"><svg class="axis" width="100%" height="{0}" aria-hidden="true">{1}</svg>'
            '<svg class="drawing" width="100%" height="{0}" role="img" aria-label="{2}">{3}</svg></div>'
        ).format(
            whole, Markup().join(ups), self.label, Markup().join([*grid, *acrosses, inner, *self._over, *self._reads])
        )  # fmt: skip

    def _places(self, xs: npt.ArrayLike, ys: npt.ArrayLike) -> tuple[Floats, Floats]:
        return self.x.place(xs) * ACROSS, HEAD + (1 - self.y.place(ys)) * self.height

    def _path(self, kind: str, way: str) -> None:
        if way:
            self._marks.append(Markup('<path class="{}" d="{}"/>').format(kind, way))
