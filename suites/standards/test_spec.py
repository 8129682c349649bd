"""Judges whether the names of handlers, scripts and the model directory lead where the documents say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seatrial.conformance.api import BootEnd, broken, clause, expect, observed
from seatrial.suites.standards.reasons.spec import Reason
from seatrial.suites.standards.scenarios.handlers import ENGINE, source
from seatrial.suites.standards.scenarios.spec import file_of

if TYPE_CHECKING:
    from seatrial.conformance.api import Exchange
    from seatrial.suites.standards.scenarios.spec import EagerSeen, SpecSeen


@clause("spec.relative-path")
def test_relative_path(spec_relative: SpecSeen) -> None:
    """`h.py:invoke` is looked for in the model directory."""
    _answers(spec_relative.invocations, "/h.py", Reason.RELATIVE_PATH_LOST, spec_relative)


@clause("spec.absolute-path")
def test_absolute_path(spec_absolute: SpecSeen) -> None:
    """An absolute path is used as it is, for handlers and for the script."""
    _answers(spec_absolute.ping, "apart/h.py", Reason.ABSOLUTE_PATH_LOST, spec_absolute)
    _answers(spec_absolute.invocations, "apart/h.py", Reason.ABSOLUTE_PATH_LOST, spec_absolute)
    loaded = ", ".join(spec_absolute.loaded)
    expect("far/model.py" in spec_absolute.loaded, f"loaded: {loaded}").to_be_true(
        reason=Reason.ABSOLUTE_PATH_LOST, expected="the script far/model.py"
    )


@clause("spec.module")
def test_module(spec_modules: SpecSeen) -> None:
    """`pkg.mod:function` is imported."""
    _ready(spec_modules, Reason.MODULE_NOT_IMPORTED)
    for exchange, wanted in ((spec_modules.ping, b'"'), (spec_modules.invocations, b"[")):
        body = exchange.answer.body.head if exchange.answer else b""
        holds = exchange.status == 200 and body.startswith(wanted)
        expect(holds, f"{exchange.status} {body[:60]!r}", proof=exchange).to_be_true(
            reason=Reason.MODULE_NOT_IMPORTED, expected="what the module's function returns, as JSON"
        )


@clause("spec.model-alias")
def test_model_alias(spec_custom: SpecSeen, spec_once: SpecSeen) -> None:
    """`model:` is the script, whatever it is called."""
    _answers(spec_custom.ping, "sub/custom.py", Reason.ALIAS_LOST, spec_custom)
    _answers(spec_once.ping, "/model.py", Reason.ALIAS_LOST, spec_once)


@clause("spec.subfolders")
def test_subfolders(spec_custom: SpecSeen, spec_relative: SpecSeen) -> None:
    """`sub/h.py:f` and `sub/../o.py:f` are paths."""
    _answers(spec_custom.invocations, "sub/h.py", Reason.SUBFOLDER_LOST, spec_custom)
    _ready(spec_relative, Reason.SUBFOLDER_LOST)
    found = file_of(spec_relative.ping)
    expect(found, f"{found or ENGINE} answered", proof=spec_relative.ping).to_hold(
        lambda found: found.endswith("/o.py") and not found.startswith("sub/"),
        reason=Reason.SUBFOLDER_LOST,
        expected="the handler of o.py above sub",
    )


@clause("spec.class-method")
def test_class_method(spec_custom: SpecSeen) -> None:
    """`file.py:Class.method` names a static method."""
    _answers(spec_custom.invocations, "sub/h.py", Reason.METHOD_LOST, spec_custom)


@clause("spec.blanks")
def test_blanks(spec_custom: SpecSeen) -> None:
    """Blanks around a value are no part of it."""
    _answers(spec_custom.invocations, "sub/h.py", Reason.BLANKS_KEPT, spec_custom)


@clause("spec.sibling-modules")
def test_sibling_modules(spec_sibling_module: SpecSeen, spec_once: SpecSeen) -> None:
    """A module beside the script can be named or refuses the start; the document promises the first."""
    _ready(spec_once, Reason.SPEC_START_FAILED)
    sibling = spec_once.ping.answer.header("X-Seatrial-Sibling") if spec_once.ping.answer else ""
    imports = "a script imports its sibling" if sibling == "sibling" else "a script cannot import its sibling"
    if spec_sibling_module.end is not BootEnd.READY:
        observed(f"the model directory is not on sys.path: the start ended as {spec_sibling_module.end}; {imports}")
    found = file_of(spec_sibling_module.ping)
    expect(found, f"the server became ready and {found or ENGINE} answers", proof=spec_sibling_module.ping).to_hold(
        lambda found: found.endswith("seatrial_far.py"),
        reason=Reason.SIBLING_IGNORED,
        expected="the module's handler, or a start that fails",
    )
    observed(f"the model directory is on sys.path; {imports}")


@clause("spec.empty-is-unset")
def test_empty_is_unset(spec_empty: SpecSeen) -> None:
    """An empty variable leaves the choice to the other sources."""
    _ready(spec_empty, Reason.EMPTY_NOT_UNSET)
    for exchange, wanted in ((spec_empty.ping, "decorated"), (spec_empty.invocations, "named")):
        expect(source(exchange), f"{source(exchange)} answered", proof=exchange).to_be(
            wanted, reason=Reason.EMPTY_NOT_UNSET, expected=f"the answer of the handler that is {wanted}"
        )


@clause("spec.malformed")
def test_malformed(spec_malformed: SpecSeen) -> None:
    """Only told: what a value without a function, or with two, does."""
    observed(_outcome(spec_malformed, "`ping` and `model.py:a:b`"))


@clause("spec.router-path")
def test_router_path(spec_router: SpecSeen) -> None:
    """Only told: what a path of a route does."""
    observed(_outcome(spec_router, "`/health`"))


@clause("spec.script-name")
def test_script_name(spec_custom: SpecSeen) -> None:
    """The script that the variable names is loaded in the place of model.py."""
    _ready(spec_custom, Reason.SCRIPT_NAME_IGNORED)
    loaded = ", ".join(spec_custom.loaded) or "nothing"
    expect("sub/custom.py" in spec_custom.loaded, f"loaded: {loaded}").to_be_true(
        reason=Reason.SCRIPT_NAME_IGNORED, expected="sub/custom.py"
    )
    expect(any(name.endswith("/model.py") for name in spec_custom.loaded), f"loaded: {loaded}").to_be(
        False, reason=Reason.DEFAULT_SCRIPT_LOADED_TOO, expected="no model.py beside it"
    )


@clause("spec.default-script")
def test_default_script(spec_discovered: SpecSeen) -> None:
    """model.py of the model directory needs no variable."""
    _answers(spec_discovered.ping, "discovered", Reason.SCRIPT_NAME_IGNORED, spec_discovered)


@clause("spec.missing-script")
def test_missing_script(spec_missing: SpecSeen, spec_no_name: SpecSeen) -> None:
    """A script that is not there changes nothing."""
    for seen in (spec_missing, spec_no_name):
        _ready(seen, Reason.MISSING_SCRIPT_FATAL)
        expect(seen.ping.status, proof=seen.ping).to_be(200, reason=Reason.MISSING_SCRIPT_FATAL)


@clause("spec.model-path")
def test_model_path(spec_relative: SpecSeen) -> None:
    """SAGEMAKER_MODEL_PATH moves the directory in which the script and relative names are looked for."""
    _answers(spec_relative.invocations, "/h.py", Reason.MODEL_PATH_IGNORED, spec_relative)
    scripts = spec_relative.ping.answer.header("X-Seatrial-Script") if spec_relative.ping.answer else ""
    expect(scripts or "", f"the script is {scripts or 'none'}", proof=spec_relative.ping).to_hold(
        lambda name: name.endswith("/model.py"),
        reason=Reason.MODEL_PATH_IGNORED,
        expected="model.py of the directory that the variable names",
    )


@clause("spec.executed-once")
def test_executed_once(spec_once: SpecSeen) -> None:
    """A script is run once, by however many names it is called."""
    _ready(spec_once, Reason.EXECUTED_TWICE)
    expect(len(spec_once.loaded), f"it was executed {len(spec_once.loaded)} times").to_be(
        1, reason=Reason.EXECUTED_TWICE, expected="once"
    )


@clause("spec.executed-at-start")
def test_executed_at_start(spec_eager: EagerSeen) -> None:
    """A script is run before anything is asked of the server."""
    expect(spec_eager.loaded, f"not run within {spec_eager.waited:.1f} s in which nothing was sent").to_be_true(
        reason=Reason.LOADED_LATE, expected="the script's import in the log"
    )


def _ready(seen: SpecSeen, reason: Reason) -> None:
    if seen.end is not BootEnd.READY:
        last = f"; the log ends: {seen.last[-1]}" if seen.last else ""
        broken(reason, expected="a server that becomes ready", observed=f"the start ended as {seen.end}{last}")


def _answers(exchange: Exchange, file: str, reason: Reason, seen: SpecSeen) -> None:
    _ready(seen, reason)
    found = file_of(exchange)
    expect(found, f"{found or ENGINE} answered: {exchange.summary}", proof=exchange).to_hold(
        lambda found: found.endswith(file), reason=reason, expected=f"the handler of {file.lstrip('/')}"
    )


def _outcome(seen: SpecSeen, what: str) -> str:
    if seen.end is not BootEnd.READY:
        return f"{what}: the start ended as {seen.end}"
    return f"{what}: ignored, {file_of(seen.ping) or ENGINE} answers /ping"
