"""What a whole trial starts and waits for is known before it begins, and stays within what was promised."""

from __future__ import annotations

import dataclasses

import pytest

from seatrial.conformance.contract import load_catalogue
from seatrial.conformance.evidence import TrialFacts
from seatrial.conformance.scenario import MAIN, SPARE, Scenario, load_suite
from seatrial.conformance.subject.launcher import Ability, Image, LaunchSpec, SubjectFacts
from seatrial.conformance.subject.plan import VoyagePlan, plan_voyages, wanted_scenarios

PROFILE = "realtime"
LABEL = ("com.amazonaws.sagemaker.capabilities.accept-bind-to-port", "true")
IMAGE = Image("an-image", "sha256:0", "linux", "amd64", entrypoint=("/serve",), labels=(LABEL,))
OFFERED = frozenset({"sample", "samples", "slow-sample", "bad-model-dir"})
PROCESS = frozenset(
    {
        Ability.FRESH_INSTANCE, Ability.ENV, Ability.LOGS, Ability.SIGNALS, Ability.EXIT_STATE,
        Ability.DIRECT_ADDRESS, Ability.PROCESSES, Ability.SOCKETS, Ability.KILL_CHILDREN,
    }
)  # fmt: skip


def an_image(image: Image = IMAGE) -> TrialFacts:
    abilities = frozenset(Ability) - {Ability.GPU, Ability.MANIFEST}
    return TrialFacts(SubjectFacts("image", image.reference, image=image), abilities, OFFERED, (PROFILE,))


def a_process() -> TrialFacts:
    return TrialFacts(SubjectFacts("process", "serve {port}"), PROCESS, OFFERED, (PROFILE,))


def planned(facts: TrialFacts) -> VoyagePlan:
    load_suite((PROFILE,))
    catalogue = load_catalogue((PROFILE,))
    names, alive = wanted_scenarios(catalogue, facts, [clause.id for clause in catalogue.judged])
    return plan_voyages(names, facts, main=alive)


def driven(plan: VoyagePlan) -> set[str]:
    return {scenario.name for voyage in plan.voyages for scenario in voyage.scenarios}


def test_an_image_with_all_that_the_reference_image_brings_is_started_seven_times():
    assert len(planned(an_image()).voyages) == 7


def test_the_waits_of_a_trial_add_up_to_a_minute_at_most():
    assert planned(an_image()).printed().waits <= 60


def test_a_label_that_is_not_set_costs_no_start():
    plain = planned(an_image(dataclasses.replace(IMAGE, labels=())))
    assert len(plain.voyages) == 6
    assert ("label-port", "no label says accept-bind-to-port=true") in {(s.name, why) for s, why in plain.left_out}


@pytest.mark.parametrize("facts", [an_image(), a_process()], ids=["image", "process"])
def test_every_way_to_stop_is_driven_each_on_an_instance_of_its_own(facts: TrialFacts):
    plan = planned(facts)
    assert {"stop-idle", "stop-busy", "stop-twice", "stop-starting", "child-killed"} <= driven(plan)
    assert all(sum(scenario.ends for scenario in voyage.scenarios) <= 1 for voyage in plan.voyages)
    assert SPARE not in {voyage.spec for voyage in plan.voyages}


def test_a_process_without_a_model_directory_is_judged_on_everything_but_the_files():
    left = {scenario.name for scenario, _ in planned(a_process()).left_out}
    assert left & {"first-call", "overload", "crowded-env", "stop-idle"} == set()


def a_scenario(name: str, launch: LaunchSpec, *, ends: bool = False, starting: bool = False) -> Scenario:
    return Scenario(name, object, lambda _: None, launch, ends=ends, starting=starting)


@pytest.mark.parametrize(
    ("others", "wanted"),
    [
        ([a_scenario("a", MAIN)], "main"),
        ([a_scenario("a", MAIN), a_scenario("b", MAIN, ends=True)], "end"),
        ([a_scenario("a", MAIN, ends=True), a_scenario("b", LaunchSpec("second"))], "second"),
        ([a_scenario("a", MAIN, ends=True), a_scenario("b", LaunchSpec("early"), starting=True)], "end"),
    ],
)
def test_what_ends_any_instance_takes_one_that_is_watched_and_not_ended(
    monkeypatch: pytest.MonkeyPatch, others: list[Scenario], wanted: str
):
    every = [*others, a_scenario("end", SPARE, ends=True)]
    monkeypatch.setattr("seatrial.conformance.subject.plan.SCENARIOS", {each.name: each for each in every})
    plan = plan_voyages([each.name for each in every], an_image(), main=True)
    assert [voyage.spec.name for voyage in plan.voyages if "end" in {s.name for s in voyage.scenarios}] == [wanted]
