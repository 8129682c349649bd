"""Judges what is installed before the server starts, and what becomes of a start for which it could not be."""

from seatrial.conformance.api import clause, expect
from seatrial.suites.standards.reasons.supervisor import Reason
from seatrial.suites.standards.scenarios.requirements import InstallSeen
from seatrial.suites.standards.scenarios.supervisor import SupervisedSeen
from seatrial.suites.standards.supervised import need_supervisor


@clause("requirements.installed-first")
def test_installed_first(standards_supervised: SupervisedSeen, standards_install: InstallSeen) -> None:
    """A script's imports run while the server starts."""
    need_supervisor(standards_supervised)
    _expect_found(standards_install, Reason.NOT_INSTALLED)


@clause("requirements.offline-folder")
def test_offline_folder(standards_supervised: SupervisedSeen, standards_install_offline: InstallSeen) -> None:
    """An endpoint without a network brings its packages along."""
    need_supervisor(standards_supervised)
    _expect_found(standards_install_offline, Reason.FOLDER_NOT_SEARCHED)


@clause("requirements.folder-or-none")
def test_folder_or_none(standards_supervised: SupervisedSeen, standards_install_folder: InstallSeen) -> None:
    """A model directory holds what a model needs, under whatever name."""
    need_supervisor(standards_supervised)
    what = f"a folder named requirements.txt: {standards_install_folder.ending}"
    expect(standards_install_folder.ready, what).to_be_true(
        reason=Reason.FOLDER_STOPS_START, expected="a server that becomes ready"
    )


@clause("requirements.failure-is-fatal")
def test_failure_is_fatal(standards_supervised: SupervisedSeen, standards_install_fails: InstallSeen) -> None:
    """A server without its packages fails at the first request that needs them."""
    need_supervisor(standards_supervised)
    seen = standards_install_fails
    expect(seen.ready, f"a package that no index holds: {seen.ending}").to_be(
        False, reason=Reason.STARTS_WITHOUT, expected="no server"
    )
    ended = not seen.state.running and seen.state.exit_code != 0
    expect(ended, f"a package that no index holds: {seen.ending}").to_be_true(
        reason=Reason.INSTALL_CODE, expected="an exit code other than 0"
    )


@clause("requirements.switch")
def test_switch(
    standards_supervised: SupervisedSeen, standards_install_off: InstallSeen, standards_install_empty: InstallSeen
) -> None:
    """The word YES was seen to switch it on where the failure is fatal."""
    need_supervisor(standards_supervised)
    for value, seen in (("false", standards_install_off), ("", standards_install_empty)):
        expect(seen.ready, f"STANDARD_AUTO_INSTALL_REQ={value!r}: {seen.ending}").to_be_true(
            reason=Reason.SWITCH_IGNORED, expected="a server that starts without installing anything"
        )


@clause("requirements.arguments")
def test_arguments(
    standards_supervised: SupervisedSeen,
    standards_install_replaced: InstallSeen,
    standards_install_unbalanced: InstallSeen,
) -> None:
    """Arguments of one's own are given because the file's would not do."""
    need_supervisor(standards_supervised)
    seen = standards_install_replaced
    what = f"STANDARD_PIP_ARGS with an empty file beside a requirements.txt that fails: {seen.ending}"
    expect(seen.ready, what).to_be_true(
        reason=Reason.ARGUMENTS_ADDED, expected="a server that starts: the file is not installed"
    )
    seen = standards_install_unbalanced
    refused = not seen.ready and not seen.state.running and seen.state.exit_code != 0
    expect(refused, f"STANDARD_PIP_ARGS with an open quote: {seen.ending}").to_be_true(
        reason=Reason.BAD_ARGUMENTS_TAKEN, expected="an exit code other than 0"
    )


def _expect_found(seen: InstallSeen, reason: Reason) -> None:
    expect(seen.found, f"{seen.ending}; the script finds the package {seen.found or 'nowhere'}").to_be(
        "found", reason=reason, expected="a server whose script can import the package"
    )
