"""What a request orders, whichever of the three languages it is written in.

    completion   {"prompt": "...", "max_tokens": 16, ...}                      OpenAI's completions
    chat         {"messages": [{"role": "user", "content": "..."}], ...}       OpenAI's chat completions
    LMI          {"inputs": "...", "parameters": {"max_new_tokens": 30, ...}}  the LMI containers' own

The path names the language; `/invocations` speaks all three and goes by the field that is there. The adapter is the one
that the header names, else the body (`model`, LMI: `adapters`), else none.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import orjson

from seatrial.reference_server.backends.llm.engine import BASE, Sampling
from seatrial.reference_server.backends.llm.fields import LARGEST_SEED, FieldError, Fields
from seatrial.reference_server.backends.llm.vocabulary import Vocabulary
from seatrial.reference_server.errors import InvalidRequestError, UnsupportedMediaTypeError
from seatrial.reference_server.live import CHAT, COMPLETION
from seatrial.reference_server.media import JSON
from seatrial.reference_server.model import InferenceRequest

ADAPTER_HEADER = "x-amzn-sagemaker-adapter-identifier"
MOST_ROWS = 128
MOST_STOPS = 16
MOST_LOGPROBS = 20
ROLES = frozenset({"system", "developer", "user", "assistant", "tool"})


class Language(StrEnum):
    """How a request is written, and so its answer."""

    COMPLETION = "completion"
    CHAT = "chat"
    LMI = "lmi"


@dataclass(frozen=True)
class Prompt:
    """A prompt: its tokens, its text where it came as one, and the adapter that answers it."""

    tokens: tuple[int, ...]
    text: str
    adapter: str


@dataclass(frozen=True)
class Order:
    """A request that has been read.

    Args:
        language: how it is written.
        model: the name that the answer bears.
        prompts: one or several; each is answered `n` times.
        sampling: how tokens are chosen; its seed is that of the first answer.
        n: answers a prompt.
        stops: texts that end an answer, and are no part of it.
        stream: whether the answer leaves piece by piece.
        usage: whether a stream ends with the sums of tokens.
        details: LMI: whether the answer says how it came about.
        echo: whether the prompt stands before its answer.
        many: LMI: whether `inputs` was a list, so that the answer is one.
    """

    language: Language
    model: str
    prompts: tuple[Prompt, ...]
    sampling: Sampling
    n: int = 1
    stops: tuple[str, ...] = ()
    stream: bool = False
    usage: bool = False
    details: bool = False
    echo: bool = False
    many: bool = False


class Reader:
    """Reads requests to one model.

    Args:
        name: of the model itself.
        vocabulary: of the model.
        context: the most tokens of prompt and answer together.
    """

    def __init__(self, name: str, vocabulary: Vocabulary, context: int) -> None:
        self._name = name
        self._vocabulary = vocabulary
        self._context = context

    def read(self, request: InferenceRequest, form: str) -> Order:
        """Read a request.

        Raises:
            ServingError: it cannot be served; the message says which field is wrong.
        """
        body = _object(request)
        language = _language(form, body)
        header = request.headers.get(ADAPTER_HEADER, "").strip()
        readers = {Language.COMPLETION: self._completion, Language.CHAT: self._chat, Language.LMI: self._lmi}
        order = readers[language](body, header)
        if len(order.prompts) * order.n > MOST_ROWS:
            raise FieldError(f"{len(order.prompts) * order.n} answers are asked for at once, at most {MOST_ROWS}")
        return self._fitted(order)

    def _completion(self, body: Fields, header: str) -> Order:
        adapter = self._adapter(header or body.text("model"))
        prompts = tuple(self._prompt(text, adapter) for text in _prompts(body.get("prompt")))
        logprobs = body.optional_whole("logprobs", 0, MOST_LOGPROBS)
        sampling = self._sampling(body, body.whole("max_tokens", 16, 1, self._context), logprobs)
        return replace(self._openai(Language.COMPLETION, body, adapter, prompts, sampling), echo=body.flag("echo"))

    def _chat(self, body: Fields, header: str) -> Order:
        adapter = self._adapter(header or body.text("model"))
        tokens = self._vocabulary.chat(_messages(body.get("messages")), self._context)
        self._check_length(tokens)
        limit = "max_tokens" if body.get("max_completion_tokens") is None else "max_completion_tokens"
        most = body.whole(limit, self._context - len(tokens), 1, self._context)
        wanted = body.whole("top_logprobs", 0, 0, MOST_LOGPROBS) if body.flag("logprobs") else None
        sampling = self._sampling(body, most, wanted)
        return self._openai(Language.CHAT, body, adapter, (Prompt(tokens, "", adapter),), sampling)

    def _openai(
        self, language: Language, body: Fields, adapter: str, prompts: tuple[Prompt, ...], sampling: Sampling
    ) -> Order:
        return Order(
            language,
            adapter or self._name,
            prompts,
            sampling,
            n=body.whole("n", 1, 1, MOST_ROWS),
            stops=body.texts("stop", MOST_STOPS),
            stream=body.flag("stream"),
            usage=body.inner("stream_options").flag("include_usage"),
        )

    def _lmi(self, body: Fields, header: str) -> Order:
        given = body.inner("parameters")
        inputs = body.texts("inputs", MOST_ROWS)
        named = body.texts("adapters", MOST_ROWS) or (body.text("model"),)
        if header:
            named = (header,)
        if len(named) not in {1, len(inputs)}:
            raise FieldError(f"adapters names {len(named)} for {len(inputs)} inputs, expected one for each")
        adapters = [self._adapter(name) for name in (named if len(named) > 1 else named * len(inputs))]
        prompts = tuple(self._prompt(text, name) for text, name in zip(inputs, adapters, strict=True))
        details = given.flag("details")
        sampling = self._sampling(given, given.whole("max_new_tokens", 30, 1, self._context), 0)
        if given.get("do_sample") is not None:
            chosen = given.number("temperature", 1.0, 0, 100) if given.flag("do_sample") else 0.0
            sampling = replace(sampling, temperature=chosen)
        return Order(
            Language.LMI,
            adapters[0] or self._name,
            prompts,
            sampling,
            stops=given.texts("stop_sequences", MOST_STOPS) or given.texts("stop", MOST_STOPS),
            stream=body.flag("stream"),
            details=details,
            echo=given.flag("return_full_text"),
            many=isinstance(body.get("inputs"), list),
        )

    def _sampling(self, given: Fields, most: int, logprobs: int | None) -> Sampling:
        usual = self._vocabulary.usual
        return Sampling(
            max_tokens=most,
            min_tokens=given.whole("min_tokens", 0, 0, self._context),
            temperature=given.number("temperature", usual.temperature, 0, 100),
            top_p=given.number("top_p", usual.top_p, 1e-9, 1),
            top_k=max(given.whole("top_k", usual.top_k, -1, self._vocabulary.size), 0),
            seed=given.optional_whole("seed", 0, LARGEST_SEED),
            ignore_eos=given.flag("ignore_eos"),
            logprobs=logprobs,
        )

    def _adapter(self, name: str) -> str:
        return BASE if name in {"", self._name} else name

    def _prompt(self, prompt: str | list[int], adapter: str) -> Prompt:
        if isinstance(prompt, str):
            tokens, text = self._vocabulary.encode(prompt, self._context), prompt
        else:
            tokens, text = tuple(prompt), ""
            if not all(0 <= token < self._vocabulary.size for token in tokens):
                raise FieldError(f"prompt holds numbers that are no tokens, expected 0 to {self._vocabulary.size - 1}")
            self._check_length(tokens)
            text = self._vocabulary.decode(tokens)
        if not tokens:
            raise FieldError("prompt is empty, expected a text or a list of tokens")
        self._check_length(tokens)
        return Prompt(tokens, text, adapter)

    def _check_length(self, tokens: Sequence[int]) -> None:
        if len(tokens) >= self._context:
            raise InvalidRequestError(
                f"the prompt has {len(tokens)} tokens, expected less than the {self._context} of this model",
                code="context_length_exceeded",
            )

    def _fitted(self, order: Order) -> Order:
        """Refuse what is sure not to fit."""
        longest = max(len(prompt.tokens) for prompt in order.prompts)
        if longest + order.sampling.max_tokens > self._context and order.language is not Language.LMI:
            raise InvalidRequestError(
                f"a prompt of {longest} tokens and {order.sampling.max_tokens} more do not fit into the "
                f"{self._context} of this model",
                code="context_length_exceeded",
            )
        return order


def _object(request: InferenceRequest) -> Fields:
    stated = request.content_type
    if stated is not None and (stated.name != JSON or stated.charset not in {"utf-8", "utf8", "us-ascii"}):
        found = f"{stated.name[:80]!r} in {stated.charset[:40]!r}"
        raise UnsupportedMediaTypeError(f"Content-Type is {found}, expected {JSON} in utf-8")
    if not request.body.strip():
        raise InvalidRequestError("the body is empty, expected a JSON object", code="empty_body")
    try:
        value = orjson.loads(request.body)
    except orjson.JSONDecodeError as error:
        raise InvalidRequestError(f"the body is no JSON: {error}", code="invalid_json") from error
    if not isinstance(value, dict):
        raise InvalidRequestError("the body is no JSON object", code="wrong_shape")
    return Fields(value)


def _language(form: str, body: Fields) -> Language:
    named = {COMPLETION: ("prompt", Language.COMPLETION), CHAT: ("messages", Language.CHAT)}
    every = [*named.values(), ("inputs", Language.LMI)]
    expected = [named[form]] if form in named else every
    for field, language in expected:
        if body.get(field) is not None:
            return language
    known = " or ".join(repr(field) for field, _ in expected)
    raise InvalidRequestError(f"the body has no {known}: one is needed to answer", code="wrong_shape")


def _prompts(value: Any) -> list[str | list[int]]:
    """Return the prompts: OpenAI takes a text, a list of texts, a list of tokens, or a list of such lists."""
    if isinstance(value, str) or _is_tokens(value):
        return [value]
    if isinstance(value, list) and value and all(isinstance(item, str) or _is_tokens(item) for item in value):
        if len(value) > MOST_ROWS:
            raise FieldError(f"prompt holds {len(value)} prompts, at most {MOST_ROWS}")
        return value
    raise FieldError("prompt is of an unknown shape, expected a text, a list of texts, or lists of tokens")


def _is_tokens(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(type(token) is int for token in value)


def _messages(value: Any) -> list[dict[str, Any]]:
    if not (isinstance(value, list) and value and all(isinstance(message, dict) for message in value)):
        raise FieldError("messages is no filled list of objects with role and content")
    return [_message(Fields(message)) for message in value]


def _message(message: Fields) -> dict[str, Any]:
    role = message.text("role")
    if role not in ROLES:
        raise FieldError(f"a message has the role {role[:40]!r}, expected one of {', '.join(sorted(ROLES))}")
    content = message.get("content")
    if isinstance(content, list):  # parts, of which a language model reads those that are text
        parts = [Fields(part) for part in content if isinstance(part, dict) and part.get("type") == "text"]
        if len(parts) != len(content):
            raise FieldError("a message has parts that are no text, which this model cannot read")
        content = "".join(part.text("text") for part in parts)
    if content is not None and not isinstance(content, str):
        raise FieldError("the content of a message is neither text nor a list of parts")
    return {**message.values, "role": "system" if role == "developer" else role, "content": content or ""}
