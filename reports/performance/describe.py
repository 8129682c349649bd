"""Derives the JSON schema of `performance.json` from the types, so that the two cannot drift apart.

Written to `reports/schema/performance.schema.json` by `python -m seatrial.reports.performance.describe`; a test fails
where that was forgotten. What the load generator wrote stands in it whole, in the form of its own schema.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import msgspec

from seatrial.conformance.bench.document import SCHEMA
from seatrial.conformance.bench.result import FORMAT, Performance
from seatrial.reports.describe import tighten

__all__ = ["LOAD_SCHEMA", "PATH", "schema", "schema_json"]

PATH = Path(__file__).resolve().parents[1] / "schema" / "performance.schema.json"
LOAD_SCHEMA = "https://seatrial.readthedocs.io/en/latest/schema/load-1.json"


def schema() -> dict[str, Any]:
    """The schema, draft 2020-12: every property is required, and no other is allowed."""
    (root,), definitions = msgspec.json.schema_components([Performance], ref_template="#/$defs/{name}")
    for title, definition in definitions.items():
        tighten(title, definition)
    definitions["Step"]["properties"]["load"] = {"anyOf": [{"$ref": LOAD_SCHEMA}, {"type": "null"}]}
    body = definitions.pop(root["$ref"].rpartition("/")[2])
    body["properties"] = {"$schema": {"const": SCHEMA}, **body["properties"], "format": {"const": FORMAT}}
    body["required"] = list(body["properties"])
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": SCHEMA,
        **body,
        "title": "The result of a benchmark",
        "$defs": dict(sorted(definitions.items())),
    }


def schema_json() -> bytes:
    """The schema as it stands in the file."""
    return msgspec.json.format(msgspec.json.encode(schema()), indent=2) + b"\n"


if __name__ == "__main__":
    PATH.write_bytes(schema_json())
    sys.stdout.write(f"wrote {PATH.name}\n")
