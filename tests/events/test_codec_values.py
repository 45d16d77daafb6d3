"""Every value comes back as it was; bytes that mean nothing are said to."""

from __future__ import annotations

import io
from pathlib import Path

import fastavro
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from events.codec import EVENT_CLASSES, BodyUndecodableError
from events.log import SchemaUnknownError
from events.registry import SchemaAdopted
from registry.wire import CODEC, COMMAND_CLASSES
from tests.support.strategies import values

CLASSES = (*EVENT_CLASSES, *COMMAND_CLASSES)
GOLDEN: dict[str, dict[str, str]] = orjson.loads(
    (Path(__file__).parents[1] / "golden" / "bodies.json").read_bytes()
)
BODIES = {
    name: (bytes.fromhex(kept["fingerprint"]), bytes.fromhex(kept["body"]))
    for name, kept in GOLDEN.items()
}
LENGTH_BOMBS = (
    bytes.fromhex("feffffffffffffffff01"),
    bytes.fromhex("ffffffffffffffffff01"),
    bytes.fromhex("feffffffffff"),
    bytes.fromhex("feffffff0f00"),
    bytes.fromhex("ffffffff0f02"),
)


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_every_value_comes_back_as_it_was(cls: type, data: st.DataObject) -> None:
    value = data.draw(values(cls))
    key, body = CODEC.encode(value)
    assert CODEC.decode(key, body) == value
    assert CODEC.encode_under(key, value) == body


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
@settings(max_examples=10, deadline=None)
@given(data=st.data())
def test_a_reader_with_the_announced_text_alone_reads_it_all(
    cls: type, data: st.DataObject
) -> None:
    key, body = CODEC.encode(data.draw(values(cls)))
    schema = fastavro.parse_schema(orjson.loads(CODEC.texts[key]))
    source = io.BytesIO(body)
    assert fastavro.schemaless_reader(source, schema, None) is not None
    assert source.read() == b""


@pytest.mark.parametrize("name", sorted(BODIES))
def test_a_flipped_bit_is_undecodable_or_another_value(name: str) -> None:
    key, body = BODIES[name]
    for at in range(len(body)):
        for bit in range(8):
            flipped = bytearray(body)
            flipped[at] ^= 1 << bit
            try:
                value = CODEC.decode(key, bytes(flipped))
            except BodyUndecodableError:
                continue
            # What decodes has no other spelling: no two bodies mean the same.
            assert CODEC.encode(value) == (key, bytes(flipped))


@pytest.mark.parametrize("name", sorted(BODIES))
def test_no_truncation_decodes(name: str) -> None:
    key, body = BODIES[name]
    for size in range(len(body)):
        with pytest.raises(BodyUndecodableError):
            CODEC.decode(key, body[:size])


@pytest.mark.parametrize("bomb", LENGTH_BOMBS, ids=bytes.hex)
@pytest.mark.parametrize("name", sorted(BODIES))
def test_a_length_bomb_at_any_place_is_undecodable(name: str, bomb: bytes) -> None:
    key, body = BODIES[name]
    for at in range(len(body)):
        try:
            value = CODEC.decode(key, body[:at] + bomb)
        except BodyUndecodableError:
            continue
        assert CODEC.encode(value) == (key, body[:at] + bomb)


@settings(max_examples=500, deadline=None)
@given(name=st.sampled_from(sorted(BODIES)), body=st.binary(max_size=60))
def test_no_bytes_raise_anything_else(name: str, body: bytes) -> None:
    key, _ = BODIES[name]
    try:
        value = CODEC.decode(key, body)
    except BodyUndecodableError:
        return
    assert CODEC.encode(value) == (key, body)


def test_a_schema_of_a_later_release_is_unknown_and_no_fault_of_the_body() -> None:
    with pytest.raises(SchemaUnknownError):
        CODEC.decode(b"laterone", b"")


def test_a_repeat_is_not_compared_under_a_schema_that_is_not_its_own() -> None:
    value = SchemaAdopted(fingerprint=bytes(8), text='"null"')
    assert CODEC.encode_under(b"laterone", value) is None
