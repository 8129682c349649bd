"""What the events of a stream mean: which carry tokens, how many tokens there were, how it ended.

A token event is one that carries text. In OpenAI's APIs: a choice with a filled `text`, or a `delta` with filled
content, reasoning or tool calls; events that only name the role or the usage are none. Elsewhere (LMI, TGI, Ollama, a
server of one's own): every event but `[DONE]`, empty texts, and those that hold nothing but a role or a usage.

How many tokens an event carries is not said, only their sum in the `usage` (`details` in LMI and TGI). So the sum is
spread evenly, and what is left over goes to the last events: a count of one more than events is the end token, which
has no text. Without a usage each event counts one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from seatrial.loadgen.answers.expectation import NOT_JSON, decoded
from seatrial.loadgen.answers.plain import NOT_PLAIN, plain_chunk

if TYPE_CHECKING:
    from collections.abc import Iterable

    from seatrial.loadgen.answers.streams import Event

__all__ = ["StreamFacts", "read_events", "spread", "stated_tokens"]

DONE = b"[DONE]"
OPENAI = frozenset({"chat.completion.chunk", "text_completion"})
"""`object` of OpenAI's chunks: their streams end with `[DONE]`."""
CARRIERS = ("content", "reasoning_content", "reasoning", "refusal", "tool_calls", "function_call")
"""What of a `delta` is output; vLLM and SGLang name a reasoning model's thoughts in two ways."""
TEXTS = ("text", "response", "generated_text", "outputs", "output", "text_output", "completion", "content", "token")
"""Where other servers put the text of an event."""
COUNTED = (b"completion_tokens", b"output_tokens", b"generated_tokens")
"""Where the APIs count output tokens, see `_usage`."""
SILENT = frozenset({"role", "usage", "id", "object", "created", "model", "system_fingerprint"})
"""An event of nothing but these carries no token."""


@dataclass(slots=True)
class StreamFacts:
    """What a stream said.

    Attributes:
        stamps: arrival of each token event, ns.
        coalesced: token events that came in one read with the token event before.
        texts: of the token events.
        documents: the JSON of each event that is JSON.
        usage: output tokens, by the server's own count; None where it says none.
        events: how many there were, `[DONE]` left out.
        openai: whether it is a stream of OpenAI's APIs.
        done: whether `[DONE]` came.
        error: the event that tells of an error; empty where none does.
        broken: the event that should be JSON and is none; empty where all are.
    """

    stamps: list[int] = field(default_factory=list)
    coalesced: int = 0
    texts: list[str] = field(default_factory=list)
    documents: list[Any] = field(default_factory=list)
    usage: int | None = None
    events: int = 0
    openai: bool = False
    done: bool = False
    error: bytes = b""
    broken: bytes = b""


def read_events(events: Iterable[Event], *, all_json: bool = False, documents: bool = True) -> StreamFacts:
    """Read a stream.

    Args:
        events: in the order of their arrival.
        all_json: whether every event must be JSON, as lines of JSON lines must.
        documents: whether the JSON of the events is kept; without it OpenAI's plain chunks are read five times as fast.
    """
    facts = StreamFacts()
    plain = not documents
    for event in events:
        data = event.data
        if not data.endswith(b"}") and data.strip() == DONE:
            facts.done = True
            continue
        facts.events += 1
        if plain and not event.kind:
            text = plain_chunk(data)
            if text is not NOT_PLAIN:
                facts.openai = True
                _note(facts, event.stamp, text)
                continue
            plain = facts.openai  # a stream of another API has none of them
        value = decoded(data)
        if value is NOT_JSON and (all_json or facts.openai) and event.kind != "error":
            facts.broken = facts.broken or event.data
            continue
        if value is not NOT_JSON:
            facts.documents.append(value)
        _note(facts, event.stamp, _read(facts, event, value))
    return facts


def stated_tokens(body: bytes) -> int | None:
    """Return the output tokens that a whole answer says it has; None where it says nothing of them."""
    if not any(name in body for name in COUNTED):
        return None
    value = decoded(body)
    return _usage(value) if isinstance(value, dict) else None


def spread(usage: int | None, events: int) -> list[int]:
    """Return the tokens of each token event; their sum is the usage where there is one."""
    if not usage or not events:
        return [1] * events
    each, more = divmod(usage, events)
    # Fewer tokens than events: text may come without a token of its own, but the first is never without one.
    return [each] * (events - more) + [each + 1] * more if each else [1] * more + [0] * (events - more)


def _note(facts: StreamFacts, stamp: int, text: str | None) -> None:
    """Count a token event; None is none."""
    if text is not None:
        facts.texts.append(text)
        facts.coalesced += bool(facts.stamps) and facts.stamps[-1] == stamp
        facts.stamps.append(stamp)


def _read(facts: StreamFacts, event: Event, value: Any) -> str | None:
    """Note what an event says, and return its text; None where it carries no token."""
    if event.kind == "error":
        facts.error = facts.error or event.data or b"event: error"
        return None
    if not isinstance(value, dict):
        return (value if isinstance(value, str) else event.data.decode(errors="replace")) or None
    choices = _choices(value)
    if _is_error(value, choices):
        facts.error = facts.error or event.data
        return None
    if not facts.openai and str(value.get("object")) in OPENAI:
        facts.openai = True
    usage = _usage(value)
    if usage is not None:
        facts.usage = usage
    if choices is not None:
        return _joined([part for choice in choices for part in _parts(choice)])
    return _text(value, event.kind)


def _choices(value: dict[str, Any]) -> list[dict[str, Any]] | None:
    choices = value.get("choices")
    return [choice for choice in choices if isinstance(choice, dict)] if isinstance(choices, list) else None


def _is_error(value: dict[str, Any], choices: list[dict[str, Any]] | None) -> bool:
    """Say whether an event tells of an error: `error` in OpenAI's, vLLM's and TGI's streams, the details in LMI's."""
    told = value.get("error")
    if (told and isinstance(told, str | dict)) or value.get("object") == "error":
        return True
    details = value.get("details")
    if isinstance(details, dict) and details.get("finish_reason") == "error":
        return True
    return any(choice.get("finish_reason") == "error" for choice in choices or ())


def _usage(value: dict[str, Any]) -> int | None:
    """Return the output tokens that an event counts; None where it counts none."""
    usage, details = value.get("usage"), value.get("details")
    for counted, name in ((usage, "completion_tokens"), (usage, "output_tokens"), (details, "generated_tokens")):
        number = counted.get(name) if isinstance(counted, dict) else None
        if isinstance(number, int) and not isinstance(number, bool):
            return max(0, number)
    return None


def _text(value: dict[str, Any], kind: str) -> str | None:
    """Return the text of an event of another API than OpenAI's; None where it carries none."""
    token = value.get("token")
    if isinstance(token, dict):  # LMI and TGI: a token without text is a token too
        return str(token.get("text") or "")
    if kind and value.get("type") == kind:  # Anthropic's and OpenAI's Responses: typed events, text in the deltas
        return _joined(_parts_of_delta(value.get("delta"))) if kind.endswith("delta") else None
    message = value.get("message")
    holder = message if isinstance(message, dict) and "content" in message else value  # Ollama's chat
    for name in TEXTS:
        held = holder.get(name)
        if isinstance(held, str | list):
            return _joined(held if isinstance(held, list) else [held])
    return None if value.keys() <= SILENT else ""


def _parts(choice: dict[str, Any]) -> list[Any]:
    delta = choice.get("delta")
    return [delta[name] for name in CARRIERS if name in delta] if isinstance(delta, dict) else [choice.get("text")]


def _parts_of_delta(delta: Any) -> list[Any]:
    return [delta.get(name) for name in ("text", "thinking", "partial_json")] if isinstance(delta, dict) else [delta]


def _joined(parts: list[Any]) -> str | None:
    """Return the texts put together; None where no part is filled. A tool call is output without text."""
    filled = [part for part in parts if part]
    return "".join(part for part in filled if isinstance(part, str)) if filled else None
