"""Judges images that were built for a GPU: what they do without one, and whether they see the one they get."""

from seatrial.conformance.api import (
    Boot,
    Image,
    NotApplicable,
    SamplesSeen,
    TrialFacts,
    Untested,
    clause,
    expect,
    observed,
    untested,
)
from seatrial.suites.realtime.log_words import GPU_TOLD, first_match
from seatrial.suites.realtime.reasons import Reason
from seatrial.suites.realtime.scenarios.image import ImageSeen
from seatrial.suites.realtime.test_start import failed_log

SIGNS = ("CUDA_VERSION", "NVIDIA_REQUIRE_CUDA", "NVIDIA_VISIBLE_DEVICES")
HIDDEN = frozenset({"none", "void"})
SERVER_FAULT = 500


@clause("gpu.absent-is-told")
def test_absent_is_told(image: ImageSeen, boot: Boot, facts: TrialFacts, samples: SamplesSeen | None = None) -> None:
    """A 200 from /ping on a host without a GPU puts a server into service that cannot predict."""
    _need_gpu_image(image.image)
    if _gpus(facts):
        raise NotApplicable("it was given GPUs")
    if not boot.ready:
        log = failed_log(boot)
        line = first_match(GPU_TOLD, log)
        expect(line, f"log: {log[-1][:200] if log else 'empty'}").to_be_true(
            reason=Reason.GPU_ABSENCE_UNTOLD, expected="a sentence about the missing device"
        )
        observed(f"it does not start, and says: {line}")
    tried = samples.tried if samples else ()
    if any(sample.accepted for sample in tried):
        observed("it serves without a GPU")
    statuses = [sample.first.status for sample in tried]
    if not tried or any(status is not None and status < SERVER_FAULT for status in statuses):
        untested(Untested.MISSING_INPUT, "no valid request is known", "--trial-sample FILE")
    expect(statuses, "/ping is 200, and every request fails", proof=tried[0].first).to_be_empty(
        reason=Reason.GPU_ABSENCE_HIDDEN, expected="predictions, or no 200 from /ping"
    )


@clause("gpu.present-is-used")
def test_present_is_used(image: ImageSeen, facts: TrialFacts, boot: Boot | None = None) -> None:
    """The container runtime reads these variables of the image, and hides the devices where they say so."""
    _need_gpu_image(image.image)
    devices = dict(image.image.env).get("NVIDIA_VISIBLE_DEVICES", "")
    expect(devices not in HIDDEN, f"NVIDIA_VISIBLE_DEVICES={devices} in the image").to_be_true(
        reason=Reason.GPU_HIDDEN, expected="an image that lets the runtime give it devices"
    )
    if not _gpus(facts):
        untested(Untested.OUT_OF_REACH, "nothing hides the GPUs; that it uses them shows only on a host that has one")
    if boot is None or not boot.ready:
        untested(Untested.PREREQUISITE, "it did not become ready")
    observed("ready with the host's GPUs")


def _need_gpu_image(image: Image) -> None:
    if not any(name in SIGNS for name, _ in image.env):
        raise NotApplicable("the image says nothing of a GPU")


def _gpus(facts: TrialFacts) -> bool:
    return dict(facts.subject.details).get("gpus", "none") != "none"
