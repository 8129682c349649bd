"""Derives the JSON schema of `--json` from the types of the result, so that the two cannot drift apart.

Written to `schema/load.schema.json` by `python -m seatrial.loadgen.render.describe`; a test fails where that was
forgotten. Nothing here runs in a load test.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import msgspec

from seatrial.loadgen.result import SCHEMA, Result

__all__ = ["PATH", "schema", "schema_json"]

PATH = Path(__file__).parents[1] / "schema" / "load.schema.json"
ID = f"https://seatrial.readthedocs.io/en/latest/schema/load-{SCHEMA}.json"

SHARES: dict[str, frozenset[str]] = {"Goodput": frozenset({"share"}), "Gpu": frozenset({"use_mean", "use_high"})}
NEVER_NEGATIVE = frozenset(
    {"answered", "asked", "at", "coalesced", "connection_waits", "connections", "count", "due", "effective", "failed",
     "gc_longest_ms", "gc_pauses", "in_flight", "kept", "memory_high_mib", "per_hour", "rate", "sent", "stride",
     "succeeded", "tokens", "tokens_per_second", "unsent", "warmup_s", "window_s", "workers", "workload_per_second"}
)  # fmt: skip


def schema() -> dict[str, Any]:
    """Return the schema, draft 2020-12: every property is required, and no other is allowed."""
    (root,), definitions = msgspec.json.schema_components([Result], ref_template="#/$defs/{name}")
    for title, definition in definitions.items():
        _tighten(title, definition)
    body = definitions.pop(root["$ref"].rpartition("/")[2])
    body["properties"]["schema"] = {"const": SCHEMA}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": ID,
        **body,
        "title": "The result of a load test",
        "$defs": dict(sorted(definitions.items())),
    }


def schema_json() -> bytes:
    """Return the schema as it stands in the file."""
    return msgspec.json.format(msgspec.json.encode(schema()), indent=2) + b"\n"


def _tighten(title: str, definition: dict[str, Any]) -> None:
    if "description" in definition:
        definition["description"] = " ".join(definition["description"].partition("\n\n")[0].split())
    if definition.get("type") != "object":
        return
    properties = definition["properties"]
    definition["required"] = list(properties)
    definition["additionalProperties"] = False
    for name, spec in properties.items():
        spec.pop("default", None)
        for form in spec.get("anyOf", [spec]):
            if form.get("type") in {"number", "integer"} and (name in NEVER_NEGATIVE or name in SHARES.get(title, ())):
                form["minimum"] = 0
                if name in SHARES.get(title, ()):
                    form["maximum"] = 1


if __name__ == "__main__":
    PATH.write_bytes(schema_json())
    sys.stdout.write(f"wrote {PATH.name}\n")
