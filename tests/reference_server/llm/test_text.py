"""Text as it comes: whole characters, and stop strings wherever the borders of tokens lie."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from seatrial.reference_server.backends.llm.engine import LENGTH, TokenDelta
from seatrial.reference_server.backends.llm.text import Speller, StopWatch, Writer
from seatrial.reference_server.backends.llm.vocabulary import Vocabulary


@given(text=st.text("ab ", max_size=30), stop=st.text("ab", min_size=1, max_size=4), cuts=st.sets(st.integers(1, 29)))
def test_a_stop_string_is_found_across_any_borders_and_nothing_of_it_is_sent(text: str, stop: str, cuts: set[int]):
    watch = StopWatch([stop])
    borders = [0, *sorted(cut for cut in cuts if cut < len(text)), len(text)]
    sent, stopped = "", False
    for start, end in pairwise(borders):
        piece, stopped = watch.add(text[start:end])
        sent += piece
        if stopped:
            break
    if not stopped:
        sent += watch.rest()
    assert sent == text.partition(stop)[0]
    assert stopped == (stop in text)


@given(text=st.text(max_size=20))
def test_characters_of_several_tokens_come_whole(vocabulary: Vocabulary, text: str):
    speller = Speller(vocabulary)
    pieces = [speller.add(token) for token in vocabulary.encode(text, 2048, special=False)]
    assert "".join(pieces) + speller.rest() == text
    assert not any("\ufffd" in piece for piece in pieces) or "\ufffd" in text


def test_what_was_held_back_for_a_stop_string_is_sent_at_the_end(vocabulary: Vocabulary):
    tokens = vocabulary.encode("red green", 2048, special=False)
    writer = Writer(vocabulary, 0, ["greener"])
    pieces = [writer.write(TokenDelta(token)) for token in tokens[:-1]]
    last = writer.write(TokenDelta(tokens[-1], finish=LENGTH))
    assert "".join(piece.text for piece in [*pieces, last]) == "red green"
    assert (last.finish, last.stopped) == (LENGTH, False)
