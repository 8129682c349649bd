from seatrial.conformance.api import Boot, TrialFacts, clause, expect


@clause("ping.answers-200")
def test_answers_200(boot: Boot) -> None:
    expect(boot.ready, f"the start ended: {boot.end}").to_be(True, reason="ping-status")


@clause("image.labelled")
def test_labelled(facts: TrialFacts) -> None:
    expect(bool(facts.subject.image and facts.subject.image.labels)).to_be(True, reason="no-label")
