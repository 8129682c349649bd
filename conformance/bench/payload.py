"""What a benchmark sends: the user's samples, those of the image, prompts, or what discovery finds.

A language model is measured by streams of different prompts: with one prompt again and again a server's cache of
prefixes would be measured instead.
"""

from __future__ import annotations

import hashlib
import mimetypes
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from seatrial.conformance.bench.result import Payload
from seatrial.conformance.discovery import discover
from seatrial.conformance.options import SUFFIXES
from seatrial.conformance.subject.launcher import SubjectError
from seatrial.conformance.wire.request import RawRequest

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from seatrial.conformance.evidence import TrialFacts
    from seatrial.conformance.options import TrialOptions
    from seatrial.conformance.samples import Sample
    from seatrial.conformance.wire.rawhttp import Client

__all__ = ["Chosen", "Prompts", "choose"]

TIMEOUT = 60.0
TEXT = "the colour of the sky is"
PROMPTS = frozenset({"json-prompt", "json-messages"})
"""Built-in samples that only a language model answers in earnest."""
APIS: dict[str, dict[str, Any]] = {
    "invocations": {"prompt": TEXT},
    "chat": {"messages": [{"role": "user", "content": TEXT}]},
}
"""The load generator's name of each shape of prompt, and what makes one."""
EVENTS = "text/event-stream"


@dataclass(frozen=True)
class Prompts:
    """Prompts of about so many tokens, for answers of at most so many. `asked` says whether the user named either."""

    prompt_tokens: int = 64
    max_tokens: int = 64
    asked: bool = False

    def words(self, api: str) -> tuple[str, ...]:
        """The load generator's options for them, in the shape of an API."""
        lengths = ("--prompt-tokens", str(self.prompt_tokens), "--max-tokens", str(self.max_tokens))
        return (*lengths, "--api", api, "--stream")


@dataclass(frozen=True)
class Chosen:
    """What is sent: the load generator's options for it, and what reports say of it."""

    words: tuple[str, ...]
    payload: Payload


def choose(client: Client, options: TrialOptions, facts: TrialFacts, prompts: Prompts, folder: Path) -> Chosen:
    """Find a request that the ready subject answers.

    Args:
        client: bound to it.
        options: with the samples of the user and of the image.
        facts: of the launch.
        prompts: how long prompts are.
        folder: where files may stand until the benchmark is over.

    Raises:
        SubjectError: it answers none with 2xx.
    """
    if options.stream_samples and not prompts.asked:
        for sample in options.stream_samples:
            _insist(client, sample)
        return _files(options.stream_samples, folder, streams=True)
    if prompts.asked:
        api = _streaming_api(client)
        if api is None:
            raise SubjectError(
                "--prompt-tokens: the subject answers neither a prompt nor a chat on POST /invocations by a stream of "
                "events; give a request that it does answer with --sample FILE"
            )
        return _prompts(api, prompts)
    seen, known = discover(client, options, facts)
    bodies = {sample.name: sample for sample in known}
    accepted = [bodies[each.name] for each in seen.accepted]
    refused = [each for each in seen.tried if not each.accepted]
    if options.samples and refused:
        raise SubjectError(
            f"sample {refused[0].name} is not answered with 2xx ({refused[0].first.summary}): mend it, or leave it out"
        )
    if not accepted:
        raise SubjectError(
            "the subject answers none of the well-known requests with 2xx; name a valid one with --sample FILE"
        )
    if not options.samples and PROMPTS & {each.name for each in accepted} and (api := _streaming_api(client)):
        return _prompts(api, prompts)
    return _files(accepted if options.samples else accepted[:1], folder, streams=False)


def _streaming_api(client: Client) -> str | None:
    """The shape of prompt that is answered by a stream of events; None where none is."""
    for name, shape in APIS.items():
        body = msgspec.json.encode({**shape, "max_tokens": 4, "stream": True})
        request = RawRequest("POST", "/invocations", (("Content-Type", "application/json"),), body=body)
        answer = client.send(request, timeout=TIMEOUT)
        media = (answer.answer.header("Content-Type") or "") if answer.ok and answer.answer else ""
        if media.startswith(EVENTS):
            return name
    return None


def _insist(client: Client, sample: Sample) -> None:
    seen = client.send(sample.request(), timeout=TIMEOUT)
    if not seen.ok:
        raise SubjectError(
            f"stream sample {sample.name} is not answered with 2xx ({seen.summary}): mend it, or leave it out"
        )


def _prompts(api: str, prompts: Prompts) -> Chosen:
    words = prompts.words(api)
    told = f"prompts of about {prompts.prompt_tokens} tokens ({api}), answers of at most {prompts.max_tokens}, streamed"
    return Chosen(words, Payload(told, _fingerprint([" ".join(words).encode()]), streams=True))


def _files(samples: Iterable[Sample], folder: Path, *, streams: bool) -> Chosen:
    words: list[str] = []
    parts: list[bytes] = []
    told: list[str] = []
    for number, sample in enumerate(samples):
        place = folder / str(number) / _file_name(sample)
        place.parent.mkdir()
        place.write_bytes(sample.body)
        words += ["--body", f"{place};type={sample.content_type}"]
        parts += [sample.content_type.encode(), sample.body]
        told.append(f"{sample.name} ({len(sample.body)} bytes of {sample.content_type})")
    given = [*words, *(["--stream"] if streams else [])]
    return Chosen(tuple(given), Payload(", ".join(told), _fingerprint(parts), streams))


def _file_name(sample: Sample) -> str:
    """The user's own, and for a built-in one its name with the suffix of its type."""
    if sample.given:
        return sample.name
    suffixes = {media: suffix for suffix, media in SUFFIXES.items()}
    return sample.name + (suffixes.get(sample.content_type) or mimetypes.guess_extension(sample.content_type) or "")


def _fingerprint(parts: Iterable[bytes]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8) + part)
    return digest.hexdigest()[:16]
