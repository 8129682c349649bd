"""Drives media types: requests without optional headers, Content-Type in other spellings, unknown types, and Accept."""

from __future__ import annotations

from dataclasses import dataclass

from seatrial.conformance.api import Drive, Exchange, RawRequest, Sample, scenario
from seatrial.suites.realtime.scenarios.invoke import Form, Plain, is_json, plain, send_form, send_forms

__all__ = ["MediaTypesSeen", "Spelled"]

UNKNOWN = "application/x-nope"
ACCEPTS = ("*/*", "text/csv;q=0.1, application/json;q=0.9", UNKNOWN)


@dataclass(frozen=True)
class Spelled:
    """One sample and its Content-Type in other spellings."""

    plain: Plain
    forms: tuple[Form, ...]


@dataclass(frozen=True)
class MediaTypesSeen:
    """How headers about media types were taken.

    Attributes:
        bare: a sample without Content-Type, without Accept, and without both.
        spelled: every sample of a media type of its own, with Content-Type spelled otherwise.
        unknown: a sample sent as a type that no server reads.
        accepts: a sample with several values of Accept.
    """

    bare: tuple[Form, ...]
    spelled: tuple[Spelled, ...]
    unknown: Exchange
    accepts: tuple[Form, ...]


@scenario("media-types", sees=MediaTypesSeen, takes=0.1)
def media_types(drive: Drive) -> MediaTypesSeen:
    """Vary Content-Type and Accept of valid samples."""
    sample = drive.sample
    usual = plain(drive, sample)
    stated, accept = ("Content-Type", sample.content_type), ("Accept", "*/*")
    bare = (
        ("without Content-Type", _with(sample, accept)),
        ("without Accept", _with(sample, stated)),
        ("without both", _with(sample)),
    )
    accepts = ((f"Accept: {value}", _with(sample, stated, ("Accept", value))) for value in ACCEPTS)
    kinds = {other.content_type: other for other in reversed((sample, *drive.repeatable, *drive.valid))}
    return MediaTypesSeen(
        send_forms(drive, usual, bare),
        tuple(_spelled(drive, other) for other in reversed(kinds.values())),
        send_form(drive, usual, _with(sample, ("Content-Type", UNKNOWN), accept)),
        send_forms(drive, usual, accepts),
    )


def _spelled(drive: Drive, sample: Sample) -> Spelled:
    kind, semicolon, parameters = sample.content_type.partition(";")
    spellings = [kind.upper() + semicolon + parameters]
    if is_json(kind) or kind.startswith("text/"):  # a charset means nothing for a binary type
        spellings += [f"{kind}; charset=utf-8"] if "charset" not in parameters else [kind]
    usual = plain(drive, sample)
    forms = (
        (f"Content-Type: {value}", _with(sample, ("Content-Type", value), ("Accept", "*/*"))) for value in spellings
    )
    return Spelled(usual, send_forms(drive, usual, forms))


def _with(sample: Sample, *headers: tuple[str, str]) -> RawRequest:
    """The sample with these headers and no other."""
    return RawRequest("POST", "/invocations", headers, sample.body)
