"""Judges the layers: in what order they run, and which source of them wins. What each may change: `test_formatters`."""

from seatrial.conformance.api import Exchange, NotApplicable, broken, clause, expect, observed
from seatrial.suites.standards.reasons.middleware import Reason
from seatrial.suites.standards.scenarios.failures import BrokenStart, MiddlewareTypo
from seatrial.suites.standards.scenarios.middleware import EnvLayersSeen, FormattersSeen, LayersSeen, PlainLayerSeen
from seatrial.suites.standards.scenarios.returns import ReturnsSeen
from seatrial.suites.standards.started import expect_started, need_started
from seatrial.suites.standards.test_failures import ends, expect_refused

ENGINE = ("e2", "e1")
ORDERED = ("T", *ENGINE, "PP")
DECORATED_INNER = frozenset({"PP", "IN", "OUT"})
DENIED = frozenset({401, 403})
SECRET = "seatrial-secret"  # noqa: S105  # what an answer must not tell


@clause("middleware.order")
def test_order(layers: LayersSeen) -> None:
    """Throttle, the engine's own layers, the layer before and after the handler: and the way back reversed."""
    expect_started(layers.started, Reason.SCRIPT_BREAKS_START)
    there, back = request_trace(layers.call), response_trace(layers.call)
    for passed, way in ((there, "request"), (tuple(reversed(back)), "reversed response")):
        names = tuple(name for name in passed if name in ORDERED)
        engine = [name for name in names if name in ENGINE]
        expect({"T", "PP"} <= set(names), f"{way} {_said(names)}", proof=layers.call).to_be_true(
            reason=Reason.LAYER_MISSING, expected="both layers of the script"
        )
        expect(names, f"{way} {_said(names)}", proof=layers.call).to_be(
            ("T", *(ENGINE if engine else ()), "PP"), reason=Reason.LAYERS_OUT_OF_ORDER,
            expected="the throttle outermost, then the engine's layers, then the layer before and after the handler",
        )  # fmt: skip
    _judge_preflight(layers.preflight)
    observed(f"request {_said(there)}, response {_said(back)}")


def _judge_preflight(preflight: Exchange) -> None:
    """A layer of the engine that answers by itself shows where it stands."""
    by_engine = preflight.ok and preflight.answer is not None and preflight.answer.header("Access-Control-Allow-Origin")
    if by_engine:
        names = request_trace(preflight)
        expect(names, f"a preflight answered by the engine's own layer: {_said(names)}", proof=preflight).to_be(
            ("T",), reason=Reason.LAYERS_OUT_OF_ORDER, expected="the throttle before it, and no other layer"
        )


@clause("middleware.all-paths")
def test_all_paths(layers: LayersSeen) -> None:
    """Layers stand before every path, the unknown ones too."""
    need_started(layers.started)
    for what, call in layers.paths.items():
        for names in (request_trace(call), response_trace(call)):
            wanted = {"T"} if call.status in DENIED else {"T", "PP"}
            expect(wanted <= set(names), f"{_said(names)} for {what}", proof=call).to_be_true(
                reason=Reason.PATH_LEFT_OUT, expected="every layer of the script, for every path"
            )


@clause("middleware.short-circuit")
def test_short_circuit(layers: LayersSeen) -> None:
    """What the throttle answers is what the client sees."""
    need_started(layers.started)
    call = layers.refused
    body = call.answer.body.head if call.answer else b""
    seen = (call.status, _header(call, "Retry-After"), body)
    expect(seen, f"{seen}", proof=call).to_be(
        (429, "7", b"refused by the throttle"), reason=Reason.SHORT_CIRCUIT_LOST, expected="the throttle's own 429"
    )
    names = {*request_trace(call), *response_trace(call)}
    expect(names, f"layers {sorted(names)}", proof=call).to_be(
        {"T"}, reason=Reason.SHORT_CIRCUIT_LOST, expected="the throttle alone"
    )


@clause("middleware.env-beats-decorator")
def test_env_beats_decorator(env_throttle: EnvLayersSeen) -> None:
    """A variable replaces the layer of its slot, and leaves the others alone."""
    expect_started(env_throttle.started, Reason.SCRIPT_BREAKS_START)
    call = env_throttle.call
    names = request_trace(call)
    expect("ET" in names and "T" not in names, _said(names), proof=call).to_be_true(
        reason=Reason.ENV_THROTTLE_LOST, expected="the throttle that the variable names, and not the decorated one"
    )
    expect("PP" in names, _said(names), proof=call).to_be_true(
        reason=Reason.DECORATED_LAYER_LOST, expected="the decorated layer before and after the handler as well"
    )


@clause("middleware.env-process-beats-parts")
def test_env_process_beats_parts(env_process: EnvLayersSeen) -> None:
    """The variable of the whole layer wins over those of its parts."""
    expect_started(env_process.started, Reason.SCRIPT_BREAKS_START)
    call = env_process.call
    names = {*request_trace(call), *response_trace(call)}
    expect("EPP" in names and not names & {"EPRE", "EPOST"}, f"layers {sorted(names)}", proof=call).to_be_true(
        reason=Reason.PARTS_BESIDE_PROCESS, expected="the layer that the variable names, and neither part"
    )


@clause("middleware.env-parts-combine")
def test_env_parts_combine(env_parts: EnvLayersSeen) -> None:
    """Both parts run, innermost, where the whole layer would."""
    expect_started(env_parts.started, Reason.SCRIPT_BREAKS_START)
    call = env_parts.call
    there, back = request_trace(call), response_trace(call)
    expect(there[-1:] == ("EPRE",) and back[:1] == ("EPOST",), f"{_said(there)}, {_said(back)}", proof=call).to_be_true(
        reason=Reason.PARTS_NOT_COMBINED, expected="both parts, next to the handler"
    )


@clause("middleware.one-part-alone")
def test_one_part_alone(env_pre: EnvLayersSeen, env_post: EnvLayersSeen) -> None:
    """Neither part needs the other."""
    expect_started(env_pre.started, Reason.SCRIPT_BREAKS_START)
    expect_started(env_post.started, Reason.SCRIPT_BREAKS_START)
    for seen, wanted, absent in ((env_pre, "EPRE", "EPOST"), (env_post, "EPOST", "EPRE")):
        names = {*request_trace(seen.call), *response_trace(seen.call)}
        expect(
            seen.call.ok and wanted in names and absent not in names, f"layers {sorted(names)}", proof=seen.call
        ).to_be_true(reason=Reason.ONE_PART_LOST, expected="the one part that a variable names")


@clause("middleware.env-displaces-decorated")
def test_env_displaces_decorated(env_pre: EnvLayersSeen) -> None:
    """One part in a variable takes the whole slot."""
    need_started(env_pre.started)
    names = {*request_trace(env_pre.call), *response_trace(env_pre.call)}
    expect(names & DECORATED_INNER, f"layers {sorted(names)}", proof=env_pre.call).to_be_empty(
        reason=Reason.DECORATED_BESIDE_ENV, expected="no decorated layer or formatter next to the handler"
    )


@clause("middleware.process-beats-formatters")
def test_process_beats_formatters(layers: LayersSeen) -> None:
    """The whole layer wins over the formatters."""
    need_started(layers.started)
    names = {*request_trace(layers.call), *response_trace(layers.call)}
    expect("PP" in names and not names & {"IN", "OUT"}, f"layers {sorted(names)}", proof=layers.call).to_be_true(
        reason=Reason.FORMATTERS_BESIDE_PROCESS, expected="the decorated layer, and neither formatter"
    )


@clause("middleware.layer-raises")
def test_layer_raises(layers: LayersSeen) -> None:
    """A layer that fails costs its own call and no other."""
    need_started(layers.started)
    for what, call in layers.raised.items():
        statuses = {500, 429} if what.endswith("http") else {500}
        expect(call.status, f"{call.summary} where the layer does {what}", proof=call).to_be_in(
            statuses, reason=Reason.LAYER_ERROR_STATUS, expected="500, or the status of an HTTPException"
        )
        leaked = call.answer is not None and SECRET in call.answer.body.text and not what.endswith("http")
        expect(leaked, f"the text of the exception, where the layer does {what}", proof=call).to_be(
            False, reason=Reason.LAYER_ERROR_LEAKED, expected="an answer without the text of the exception"
        )
    expect(layers.after.ok, proof=layers.after).to_be_true(
        reason=Reason.NEXT_CALL_FAILS, expected="200 for the next call"
    )
    observed(", ".join(f"{what}: {call.status}" for what, call in layers.raised.items()))


@clause("middleware.classes")
def test_classes(formatters: FormattersSeen, env_throttle: EnvLayersSeen, env_process: EnvLayersSeen) -> None:
    """A class may stand where a function may: decorated, in a variable, or as the holder of a static method."""
    need_started(formatters.started, env_throttle.started, env_process.started)
    for call, name, what in (
        (formatters.plain, "T", "a decorated class"),
        (env_throttle.call, "ET", "a class that a variable names"),
        (env_process.call, "EPP", "a static method that a variable names"),
    ):
        names = request_trace(call)
        expect(call.ok and name in names, f"{call.summary}, {_said(names)} with {what}", proof=call).to_be_true(
            reason=Reason.CLASS_NOT_RUN, expected="the layer to run"
        )


@clause("middleware.plain-functions")
def test_plain_functions(plain_formatter: PlainLayerSeen, plain_throttle: PlainLayerSeen) -> None:
    """A plain function where a coroutine is expected may fail, or run: it must not be passed over."""
    facts = []
    for seen, layer in ((plain_formatter, "formatter"), (plain_throttle, "throttle")):
        if seen.call is None:
            facts.append(f"{layer}: the start is refused")
            continue
        went_on = seen.call.ok and "PLAIN" in request_trace(seen.call)
        ran = went_on if layer == "formatter" else seen.call.status == 429
        failed = (seen.call.status or 0) >= 500
        expect(ran or failed, f"{seen.call.summary} with a {layer}", proof=seen.call).to_be_true(
            reason=Reason.PLAIN_LAYER_SKIPPED, expected="an error, or a layer that runs"
        )
        facts.append(f"{layer}: {'runs' if ran else seen.call.status}")
    observed(", ".join(facts))


@clause("middleware.registration-errors")
def test_registration_errors(
    failure_unknown_layer: BrokenStart, failure_two_throttles: BrokenStart, failure_two_formatters: BrokenStart
) -> None:
    """A layer that cannot be placed is a mistake of the script."""
    starts = (failure_unknown_layer, failure_two_throttles, failure_two_formatters)
    expect_refused(Reason.REGISTRATION_ACCEPTED, *starts)
    observed(ends(*starts))


@clause("middleware.script-only")
def test_script_only(returns: ReturnsSeen) -> None:
    """A file beside the script that nothing names is not loaded."""
    need_started(returns.started)
    call = returns.calls["dict"]
    expect(_header(call, "X-Seatrial-Bystander"), "a layer of a file that nothing names", proof=call).to_be(
        None, reason=Reason.FOLDER_SCANNED, expected="the layers of the script alone"
    )


@clause("middleware.env-falls-back")
def test_env_falls_back(typo_throttle_file: MiddlewareTypo) -> None:
    """Where a broken variable does not end the start, the decorated layer of its slot runs."""
    call = typo_throttle_file.call
    if call is None:
        raise NotApplicable("a variable that names nothing keeps the server from starting")
    if _header(call, "X-Seatrial-Throttle") != "decorated":
        broken(
            Reason.NO_FALL_BACK, expected="the decorated throttle, in the place of the one that is not there",
            observed=f"{call.summary} without it", proof=call,
        )  # fmt: skip


def request_trace(call: Exchange) -> tuple[str, ...]:
    """The layers that a request passed, outermost first."""
    return _names((_header(call, "X-Seatrial-Request-Trace") or "",))


def response_trace(call: Exchange) -> tuple[str, ...]:
    """The layers that an answer passed, innermost first."""
    headers = call.answer.headers if call.answer else ()
    return _names(tuple(value for name, value in headers if name.lower() == "x-seatrial-trace"))


def _names(values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name.strip() for value in values for name in value.split(",") if name.strip())


def _said(names: tuple[str, ...]) -> str:
    return f"trace {','.join(names) or 'empty'}"


def _header(call: Exchange, name: str) -> str | None:
    return call.answer.header(name) if call.answer else None
