"""A small SVG badge with the grade, for a README. It carries no link, no script and no font of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

from seatrial.conformance.verdict import Grade, Level, Word

if TYPE_CHECKING:
    from seatrial.conformance.result import TrialResult

__all__ = ["badge_svg"]

COLOURS = {
    Grade.CERTIFIED: "#1a7f4b",
    Grade.CHECKED: "#1f5f8b",
    Grade.NOT_CERTIFIED: "#b42318",
    Grade.INCOMPLETE: "#8a6116",
    Grade.PARTIAL: "#5d6774",
    Grade.INVALID: "#6b3fa0",
}
CHARACTER, PADDING = 6.6, 9.0
"""Width of a character of the badge's 11 px type and the space beside each word, pixels."""


def badge_svg(result: TrialResult) -> bytes:
    """The badge: `seatrial | certified`, or the grade with its count where the grade is no whole one."""
    right = str(result.grade)
    if result.grade is Grade.CHECKED:
        right += f" · {result.count(Word.PASS, Level.MUST)} MUSTs"
    left = "seatrial"
    first, second = _width(left), _width(right)
    whole, title = first + second, quoteattr(f"{left}: {right}")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{whole:.0f}" height="20" role="img" aria-label={title}>'
        f"<title>{escape(f'{left}: {right}')}</title>"
        f'<clipPath id="r"><rect width="{whole:.0f}" height="20" rx="3"/></clipPath>'
        f'<g clip-path="url(#r)"><rect width="{first:.0f}" height="20" fill="#22303f"/>'
        f'<rect x="{first:.0f}" width="{second:.0f}" height="20" fill="{COLOURS[result.grade]}"/></g>'
        '<g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11" text-anchor="middle">'
        f'<text x="{first / 2:.1f}" y="14">{escape(left)}</text>'
        f'<text x="{first + second / 2:.1f}" y="14">{escape(right)}</text></g></svg>\n'
    ).encode()


def _width(text: str) -> float:
    return len(text) * CHARACTER + 2 * PADDING
