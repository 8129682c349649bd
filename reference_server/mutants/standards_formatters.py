"""Faults of what the parts before and after a handler may change, and of what becomes of exceptions there."""

from collections.abc import AsyncGenerator
from types import ModuleType
from typing import Any

from seatrial.reference_server.mutants.standards_tools import Real, around, change
from seatrial.reference_server.variants import mutant

FORMATTERS = "middleware.formatters"


@mutant(
    kills="middleware.formatters-combine", reason="FORMATTERS_NOT_COMBINED", layer="standards",
    also=["middleware.handler-http-exception"],
)  # fmt: skip
def runs_no_output_formatter_beside_an_input_formatter(package: ModuleType) -> ModuleType:
    """Leave the output formatter out where there are both."""
    return change(package, FORMATTERS, "combined", lambda real: lambda pre, post: real(pre, None if pre else post))


@mutant(kills="middleware.pre-edits-body", reason="EDIT_OF_BODY_LOST", layer="standards")
def hands_on_the_body_as_it_came(package: ModuleType) -> ModuleType:
    """Give the handler what came, whatever was made of it."""

    def make(real: Any) -> Any:
        class Deaf(real):  # type: ignore[misc]  # a base that is only known at run time
            _came: bytes | None = None
            _given = False

            async def stream(self) -> AsyncGenerator[bytes, None]:
                pieces: list[bytes] = []
                async for piece in super().stream():
                    pieces.append(piece)
                    yield piece
                self._came = b"".join(pieces)

            async def replay(self) -> Any:
                if self._came is None or self._given:
                    return await self._receive()
                self._given = True
                return {"type": "http.request", "body": self._came, "more_body": False}

        return Deaf

    return change(package, "middleware.function", "ReplayingRequest", make)


@mutant(kills="middleware.pre-returns-nothing", reason="NOTHING_RETURNED_FAILS", layer="standards")
def asks_the_input_formatter_for_a_request(package: ModuleType) -> ModuleType:
    """Fail where pre-processing returns None."""
    return _change_parts(package, pre=_must_return)


@mutant(kills="middleware.post-returns-nothing", reason="NOTHING_RETURNED_FAILS", layer="standards")
def asks_the_output_formatter_for_an_answer(package: ModuleType) -> ModuleType:
    """Fail where post-processing returns None."""
    return _change_parts(package, post=_must_return)


@mutant(kills="middleware.pre-raises", reason="PRE_ERROR_PASSED_OVER", layer="standards")
def goes_on_without_an_input_formatter_that_raises(package: ModuleType) -> ModuleType:
    """Call the handler though pre-processing raised."""
    return _change_parts(package, pre=_may_fail)


@mutant(kills="middleware.pre-raises", reason="NEXT_CALL_FAILS", layer="standards", also=["middleware.handler-raises"])
def fails_once_more_after_an_input_formatter_raised(package: ModuleType) -> ModuleType:
    """Fail at every call after one that pre-processing ended, unless it raises again."""

    def make(real: Any) -> Any:
        raised: list[BaseException] = []

        async def called(request: Any) -> Any:
            try:
                result = await real(request)
            except BaseException as error:
                raised.append(error)
                raise
            if raised and "x-seatrial-do" not in request.headers:
                raise raised[0]
            return result

        return called

    return _change_parts(package, pre=make)


@mutant(kills="middleware.post-raises", reason="POST_ERROR_PASSED_OVER", layer="standards")
def goes_on_without_an_output_formatter_that_raises(package: ModuleType) -> ModuleType:
    """Send the handler's answer though post-processing raised."""
    return _change_parts(package, post=_may_fail)


@mutant(kills="middleware.post-edits-body", reason="POST_ANSWER_BROKEN", layer="standards")
def keeps_the_length_of_an_edited_answer(package: ModuleType) -> ModuleType:
    """Send an edited body under the old Content-Length."""

    async def send_whole(real: Real, self: Any, body: bytes, send: Any, **_: Any) -> None:
        await real(self, body, send, edited=False)

    return around(package, "middleware.response", "EngineResponse._send_whole", send_whole)


@mutant(kills="middleware.post-edits-body", reason="NEW_ANSWER_LOST", layer="standards")
def ignores_a_new_answer(package: ModuleType) -> ModuleType:
    """Send the handler's answer where post-processing returns another one."""

    def make(real: Any) -> Any:
        async def called(response: Any) -> None:
            await real(response)

        return called

    return _change_parts(package, post=make)


@mutant(
    kills="middleware.handler-raises", reason="HANDLER_ERROR_STATUS", layer="standards", also=["middleware.pre-raises"]
)
def answers_200_with_an_error(package: ModuleType) -> ModuleType:
    """Answer 200 where something raised, and tell of it in the body."""

    def make(real: Real) -> Real:
        def failure(error: Exception) -> Any:
            response = real(error)
            response.status_code = 200
            return response

        return failure

    return change(package, FORMATTERS, "failure", make)


@mutant(kills="middleware.handler-raises", reason="OUTER_LAYERS_SKIPPED", layer="standards")
def lets_exceptions_fly_through_the_outer_layers(package: ModuleType) -> ModuleType:
    """Leave an exception below pre- and post-processing to the outermost handler."""

    def make(_: Real) -> Real:
        def failure(error: Exception) -> Any:
            raise error

        return failure

    return change(package, FORMATTERS, "failure", make)


@mutant(kills="middleware.handler-http-exception", reason="HTTP_EXCEPTION_CHANGED", layer="standards")
def makes_500_of_every_refusal(package: ModuleType) -> ModuleType:
    """Answer 500 below pre- and post-processing where a handler refuses with 4xx."""

    def make(real: Any) -> Any:
        async def called(response: Any) -> Any:
            if response.status_code == 409:
                response.status_code = 500
            return await real(response)

        return called

    return _change_parts(package, post=make)


@mutant(kills="middleware.handler-http-exception", reason="POST_SKIPPED", layer="standards")
def formats_good_answers_only(package: ModuleType) -> ModuleType:
    """Run no post-processing for an answer of 4xx."""

    def make(real: Any) -> Any:
        async def called(response: Any) -> Any:
            return None if response.status_code >= 400 else await real(response)

        return called

    return _change_parts(package, post=make)


def _change_parts(package: ModuleType, pre: Any = None, post: Any = None) -> ModuleType:
    """Put a function around each part that is combined."""

    def make(real: Real) -> Real:
        def combined(first: Any, last: Any) -> Any:
            return real(pre(first) if pre and first else first, post(last) if post and last else last)

        return combined

    return change(package, FORMATTERS, "combined", make)


def _must_return(real: Any) -> Any:
    async def called(value: Any) -> Any:
        result = await real(value)
        if result is None:
            raise TypeError("a formatter returned nothing")
        return result

    return called


def _may_fail(real: Any) -> Any:
    async def called(value: Any) -> Any:
        try:
            return await real(value)
        except Exception:  # noqa: BLE001  # the fault itself
            return value

    return called
