"""From tokens to text as they come: whole characters only, and never past a stop string, wherever its borders lie."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from seatrial.reference_server.backends.llm.engine import STOP, TokenDelta
from seatrial.reference_server.backends.llm.vocabulary import Vocabulary

UNFINISHED = "\ufffd"


@dataclass(frozen=True)
class Piece:
    """A piece of one answer.

    Args:
        index: which of the answers of its request.
        text: what is new, possibly empty.
        tokens: the tokens that came with it.
        finish: why the answer ends with it, else empty.
        stopped: whether a stop string ended it.
    """

    index: int
    text: str
    tokens: tuple[TokenDelta, ...]
    finish: str = ""
    stopped: bool = False


@dataclass
class Speller:
    """Turns the tokens of one answer into text, holding back a character of which bytes are still missing."""

    vocabulary: Vocabulary
    _tokens: list[int] = field(default_factory=list)
    _spelt: int = 0
    _context: int = 0

    def add(self, token: int) -> str:
        """Return the text that a token adds.

        A few tokens before it are decoded along: in many vocabularies a word looks different at the start of a text.
        """
        self._tokens.append(token)
        before = self.vocabulary.decode(self._tokens[self._context : self._spelt])
        after = self.vocabulary.decode(self._tokens[self._context :])
        if after.endswith(UNFINISHED):
            return ""
        self._context, self._spelt = self._spelt, len(self._tokens)
        return after[len(before) :]

    def rest(self) -> str:
        """Return what was held back, at the end of the answer."""
        before = self.vocabulary.decode(self._tokens[self._context : self._spelt])
        return self.vocabulary.decode(self._tokens[self._context :])[len(before) :]


@dataclass
class StopWatch:
    """Looks for stop strings in text that comes in pieces; what may be the beginning of one is held back."""

    stops: Sequence[str]
    _held: str = ""

    def add(self, text: str) -> tuple[str, bool]:
        """Return what may be sent, and whether a stop string was found right after it."""
        self._held += text
        found = [place for stop in self.stops if (place := self._held.find(stop)) >= 0]
        if found:
            sent, self._held = self._held[: min(found)], ""
            return sent, True
        keep = max((_overlap(self._held, stop) for stop in self.stops), default=0)
        sent, self._held = self._held[: len(self._held) - keep], self._held[len(self._held) - keep :]
        return sent, False

    def rest(self) -> str:
        """Return what was held back, at the end of the answer."""
        sent, self._held = self._held, ""
        return sent


class Writer:
    """Makes the pieces of one answer from its deltas.

    Args:
        vocabulary: of the model.
        index: which of the answers of its request.
        stops: the stop strings.
    """

    def __init__(self, vocabulary: Vocabulary, index: int, stops: Sequence[str]) -> None:
        self._index = index
        self._speller = Speller(vocabulary)
        self._watch = StopWatch(stops)

    def write(self, delta: TokenDelta) -> Piece:
        """Return the piece that a delta makes; a stop string ends the answer also where the engine would go on."""
        text = ""
        if delta.token is not None and delta.finish != STOP:
            text = self._speller.add(delta.token)
        if delta.finish:
            text += self._speller.rest()
        sent, stopped = self._watch.add(text)
        finish = STOP if stopped else delta.finish
        if finish and not stopped:
            sent += self._watch.rest()
        return Piece(self._index, sent, () if delta.token is None else (delta,), finish, stopped)


def _overlap(text: str, stop: str) -> int:
    """Return how much of the end of a text is a beginning of the stop string."""
    longest = min(len(text), len(stop) - 1)
    return next((size for size in range(longest, 0, -1) if text.endswith(stop[:size])), 0)
