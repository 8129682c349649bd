"""Derives the JSON schema of `result.json` from the types, so that the two cannot drift apart.

Written to `schema/result.schema.json` by `python -m seatrial.reports.describe`; a test fails where that was forgotten.
Nothing here runs in a trial.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import msgspec

from seatrial.conformance.result import TrialResult
from seatrial.conformance.verdict import Word
from seatrial.reports.json_report import FORMAT, SCHEMA

__all__ = ["PATH", "schema", "schema_json", "tighten"]

PATH = Path(__file__).parent / "schema" / "result.schema.json"

PATTERNS: dict[str, dict[str, str]] = {
    "Clause": {"id": r"^[a-z0-9]+(-[a-z0-9]+)*\.[a-z0-9]+(-[a-z0-9]+)*$"},
    "Verdict": {"clause": r"^[a-z0-9]+(-[a-z0-9]+)*\.[a-z0-9]+(-[a-z0-9]+)*$", "reason": r"^[a-z0-9-]*$"},
    "Diagnosis": {"id": r"^[a-z0-9]+(-[a-z0-9]+)*$"},
    "Body": {"sha256": r"^[0-9a-f]{64}$"},
}
NEVER_NEGATIVE = frozenset(
    {"total", "driving", "judging", "starts", "planned_starts", "waited", "count", "length", "total_lines", "hides",
     "total_bytes", "dropped_lines", "size_bytes", "exit_code", "window"}
)  # fmt: skip


def schema() -> dict[str, Any]:
    """The schema, draft 2020-12: every property is required, and no other is allowed."""
    (root,), definitions = msgspec.json.schema_components([TrialResult], ref_template="#/$defs/{name}")
    name = root["$ref"].rpartition("/")[2]
    for title, definition in definitions.items():
        tighten(title, definition)
    body = definitions.pop(name)
    counts = {word.value: {"type": "integer", "minimum": 0} for word in Word}
    ids = {"type": "array", "items": {"type": "string", "pattern": "^[a-z2-7]{4,6}$"}}
    body["properties"] = {
        "$schema": {"const": SCHEMA},
        "format": {"const": FORMAT},
        "counts": {
            "type": "object", "properties": counts, "required": list(counts), "additionalProperties": False,
        },
        "replays": {"type": "object", "additionalProperties": ids},
        **body["properties"],
    }  # fmt: skip
    body["required"] = list(body["properties"])
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": SCHEMA,
        **body,
        "title": "The result of a seatrial trial",
        "$defs": dict(sorted(definitions.items())),
    }


def schema_json() -> bytes:
    """The schema as it stands in the file."""
    return msgspec.json.format(msgspec.json.encode(schema()), indent=2) + b"\n"


def tighten(title: str, definition: dict[str, Any]) -> None:
    """Require every property of a derived definition, and allow no other."""
    if "description" in definition:
        definition["description"] = " ".join(definition["description"].partition("\n\n")[0].split())
    if definition.get("type") != "object":
        return
    properties = definition["properties"]
    definition["required"] = list(properties)
    definition["additionalProperties"] = False
    for name, spec in properties.items():
        spec.pop("default", None)
        if pattern := PATTERNS.get(title, {}).get(name):
            spec["pattern"] = pattern
        if name in NEVER_NEGATIVE:
            spec["minimum"] = 0


if __name__ == "__main__":
    PATH.write_bytes(schema_json())
    sys.stdout.write(f"wrote {PATH.name}\n")
