from seatrial.conformance.api import NotApplicable, clause, expect, observed
from seatrial.suites.tiny.scenarios import Echo, Pause, Slow


@clause("echo.answers")
def test_answers(echo: Echo) -> None:
    answer = echo.exchange.answer
    expect(answer.body.head if answer else b"", proof=echo.exchange).to_be(echo.sent, reason="other-body")


@clause("echo.polite")
def test_polite(echo: Echo) -> None:
    answer = echo.exchange.answer
    expect(answer and answer.header("X-Polite"), proof=echo.exchange).to_be("yes", reason="rude")


@clause("echo.length")
def test_length(echo: Echo) -> None:
    observed(f"{len(echo.sent)} bytes")


@clause("echo.slow")
def test_slow(slow: Slow) -> None:
    expect(slow.exchange.ok).to_be(True, reason="no-answer")


@clause("echo.colour")
def test_colour(echo: Echo) -> None:
    if echo.exchange.answer and echo.exchange.answer.header("X-Colour") is None:
        raise NotApplicable("the answer has no colour")


@clause("pause.short")
def test_pause(pause: Pause) -> None:
    expect(pause.exchange.ok).to_be(True, reason="no-answer")
