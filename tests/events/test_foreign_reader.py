"""fastavro as the foreign judge of our own strict reader."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import fastavro
import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from events.codec import schema_text
from events.entry import MemoryState, accepted
from events.log import VoidReason

VECTORS: dict[str, Any] = orjson.loads(
    (Path(__file__).parents[1] / "golden" / "acceptance.json").read_bytes()
)
HONEST = bytes.fromhex(VECTORS["records"][0]["record"])
SCHEMAS = {
    name: fastavro.parse_schema(orjson.loads(schema_text(name)))
    for name in ("Record", "Frame")
}
MARK = 10
"""Bytes before the datum: C3 01 and the fingerprint."""


def foreign_says_canonical(name: str, content: bytes) -> dict[str, Any]:
    source = io.BytesIO(content[MARK:])
    plain: Any = fastavro.schemaless_reader(source, SCHEMAS[name], None)
    again = io.BytesIO()
    fastavro.schemaless_writer(again, SCHEMAS[name], plain)
    assert again.getvalue() == content[MARK:]
    return dict(plain)


def test_foreign_reader_finds_every_accepted_vector_canonical() -> None:
    for vector in VECTORS["records"]:
        if vector["verdict"] == "accepted":
            record = bytes.fromhex(vector["record"])
            plain = foreign_says_canonical("Record", record)
            frame = foreign_says_canonical("Frame", plain["frame"])
            assert frame["registry"] == VECTORS["registry"]


@settings(max_examples=400, deadline=None)
@given(st.integers(0, len(HONEST) - 1), st.binary(max_size=3), st.integers(0, 3))
def test_what_we_accept_of_mutated_bytes_the_foreign_reader_accepts(
    at: int, put: bytes, cut: int
) -> None:
    mutated = HONEST[:at] + put + HONEST[at + cut :]
    if not isinstance(accepted(mutated, MemoryState(VECTORS["registry"])), VoidReason):
        plain = foreign_says_canonical("Record", mutated)
        foreign_says_canonical("Frame", plain["frame"])
