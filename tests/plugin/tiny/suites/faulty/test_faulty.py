from seatrial.conformance.api import TrialFacts, clause


@clause("faulty.judge")
def test_judge(facts: TrialFacts) -> None:
    raise ZeroDivisionError(f"the judge broke on {facts.subject.name}")
