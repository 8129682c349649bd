"""Judges what a handler behind the layer of adapters gets."""

from seatrial.conformance.api import broken, clause, expect, observed
from seatrial.suites.standards.reasons.adapters import Reason
from seatrial.suites.standards.scenarios.injection import FIELDS, NAME, InjectionSeen
from seatrial.suites.standards.state_judging import expect_echo
from seatrial.suites.standards.state_routes import echoed


@clause("injection.replace")
def test_replace(standards_injection: InjectionSeen) -> None:
    """The adapter that the platform names is the one that must answer."""
    calls, reason = standards_injection.calls, Reason.ADAPTER_NOT_INJECTED
    expect_echo(calls, "replace", {"model": NAME, "a": 1}, reason=reason)
    expect_echo(calls, "replace, spelt in lower case", {"model": NAME}, reason=reason)
    expect_echo(calls, "replace, no key", {"a": 1, "model": NAME}, reason=reason)


@clause("injection.absent-header")
def test_absent_header(standards_injection: InjectionSeen) -> None:
    """A request that names no adapter is for the base model."""
    call = standards_injection.calls["replace, no header"]
    got = echoed(call)
    if got == {"model": "base", "a": 1}:
        observed("without the header the body is left as it is")
    if got == {"model": None, "a": 1}:
        observed("without the header the key is set to null, also where the caller sent one")
    broken(
        Reason.ABSENT_HEADER_CHANGES_BODY, expected="the body unchanged, or the key null",
        observed=f"the handler got {got!r}" if call.ok else call.summary, proof=call,
    )  # fmt: skip


@clause("injection.empty-header")
def test_empty_header(standards_injection: InjectionSeen) -> None:
    """An empty header names nothing, but it is there."""
    body = echoed(standards_injection.calls["replace, empty header"])
    got = body.get("model", "no key at all") if isinstance(body, dict) else "no answer"
    observed(f"an empty header makes the key {got!r}")


@clause("injection.append")
def test_append(standards_injection: InjectionSeen) -> None:
    """Some engines want the base model and the adapter in one name."""
    calls, reason = standards_injection.calls, Reason.ADAPTER_NOT_APPENDED
    expect_echo(calls, "append", {"model": f"base:{NAME}"}, reason=reason)
    expect_echo(calls, "append bare", {"model": f"base{NAME}"}, reason=reason)


@clause("injection.append-to-nothing")
def test_append_to_nothing(standards_injection: InjectionSeen) -> None:
    """Where there is no base, the adapter stands alone."""
    calls, reason = standards_injection.calls, Reason.APPENDED_TO_NOTHING
    expect_echo(calls, "append, no key", {"a": 1, "model": NAME}, reason=reason)
    expect_echo(calls, "append, null", {"model": NAME}, reason=reason)


@clause("injection.append-without-header")
def test_append_without_header(standards_injection: InjectionSeen) -> None:
    """Nothing appended to the base is the base."""
    for name in ("append, no header", "append, empty header"):
        expect_echo(standards_injection.calls, name, {"model": "base"}, reason=Reason.ABSENT_HEADER_CHANGES_BODY)


@clause("injection.append-to-odd")
def test_append_to_odd(standards_injection: InjectionSeen) -> None:
    """A base that is no name."""
    calls = standards_injection.calls
    found = {name: echoed(calls[f"append to {name}"]) for name in ("an empty text", "a number")}
    observed("; ".join(f"appended to {name}: {body!r}" for name, body in found.items()))


@clause("injection.nested")
def test_nested(standards_injection: InjectionSeen) -> None:
    """A path with dots leads into objects that are there; none is invented."""
    calls, reason = standards_injection.calls, Reason.ADAPTER_NOT_INJECTED
    expect_echo(calls, "nested", {"cfg": {"lora": NAME, "a": 1}}, reason=reason)
    expect_echo(calls, "nested, no key", {"cfg": {"lora": NAME}}, reason=reason)
    expect_echo(calls, "nested append", {"cfg": {"lora": f"base:{NAME}"}}, reason=Reason.ADAPTER_NOT_APPENDED)
    for name in ("nested, no parent", "nested, odd parent"):
        call = calls[name]
        expect(call.ok, f"{name}, {calls.said(name)}", proof=call).to_be(
            False, reason=Reason.PARENT_INVENTED, expected="an error: there is no place for the adapter"
        )


@clause("injection.keeps-fields")
def test_keeps_fields(standards_injection: InjectionSeen) -> None:
    """Whatever else was sent is the model's."""
    expect_echo(standards_injection.calls, "fields", {"model": NAME, **FIELDS}, reason=Reason.FIELDS_LOST)


@clause("injection.first-header")
def test_first_header(standards_injection: InjectionSeen) -> None:
    """Two header lines are no name of one adapter."""
    expect_echo(standards_injection.calls, "two headers", {"model": NAME}, reason=Reason.HEADERS_JOINED)


@clause("injection.bad-arguments")
def test_bad_arguments(standards_injection: InjectionSeen) -> None:
    """A mistake in a decoration is told when the script is loaded, not to a caller."""
    for name, error in standards_injection.refusals.items():
        expect(error, f"a decoration with a wrong {name} raised {error or 'nothing'}").to_be(
            "ValueError", reason=Reason.BAD_ARGUMENTS_TAKEN, expected="ValueError when it is decorated"
        )


@clause("injection.not-without-layer")
def test_not_without_layer(standards_injection: InjectionSeen) -> None:
    """A handler of the customer's own gets what was sent, unless it asks for the layer."""
    expect_echo(standards_injection.calls, "without the layer", {"model": "base"}, reason=Reason.INJECTED_UNASKED)
