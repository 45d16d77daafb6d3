"""Every frame and record comes back as it was, and fastavro writes the same bytes."""

from __future__ import annotations

import io
from dataclasses import asdict, replace
from typing import Any

import fastavro
import orjson
import pytest
from hypothesis import given, settings

from events import avro
from events.avro import MAX_LONG, MIN_LONG, Reader
from events.codec import schema_text
from events.frame import (
    FRAME_MARK,
    RECORD_MARK,
    Frame,
    Record,
    decode_frame,
    decode_record,
    encode_frame,
    encode_record,
)
from tests.support.records import siblings
from tests.support.strategies import FRAMES, LONGS, RECORDS

SCHEMAS = {
    name: fastavro.parse_schema(orjson.loads(schema_text(name)))
    for name in ("Frame", "Record")
}
HONEST = decode_frame(decode_record(siblings()).frame)


def foreign(name: str, value: Frame | Record) -> bytes:
    """Return the datum as fastavro writes it by the schema file."""
    out = io.BytesIO()
    plain: dict[str, Any] = asdict(value)
    fastavro.schemaless_writer(out, SCHEMAS[name], plain, strict=True)
    return out.getvalue()


@settings(max_examples=200, deadline=None)
@given(FRAMES)
def test_every_frame_comes_back_as_it_was(frame: Frame) -> None:
    content = encode_frame(frame)
    assert decode_frame(content) == frame
    assert content == FRAME_MARK + foreign("Frame", frame)


@settings(max_examples=200, deadline=None)
@given(RECORDS)
def test_every_record_comes_back_as_it_was(record: Record) -> None:
    content = encode_record(record)
    assert decode_record(content) == record
    assert content == RECORD_MARK + foreign("Record", record)


@given(LONGS)
def test_every_number_of_64_bits_comes_back(value: int) -> None:
    read = Reader(avro.long(value))
    assert read.long() == value
    read.end()


@pytest.mark.parametrize("value", [MIN_LONG - 1, MAX_LONG + 1])
def test_no_number_beyond_64_bits_is_written(value: int) -> None:
    with pytest.raises(ValueError, match="64 bits"):
        avro.long(value)


@pytest.mark.parametrize("digest", [b"", bytes(31), bytes(33)])
def test_no_digest_of_another_length_is_written(digest: bytes) -> None:
    with pytest.raises(ValueError, match="32 belong"):
        encode_frame(replace(HONEST, previous=digest))
