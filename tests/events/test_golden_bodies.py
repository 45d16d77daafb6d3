"""Every stored byte still decodes, to the value it was made from."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from events.codec import EVENT_CLASSES, BodyUndecodableError
from registry.wire import CODEC, COMMAND_CLASSES
from tests.support.examples import example

GOLDEN: dict[str, dict[str, str]] = orjson.loads(
    (Path(__file__).parents[1] / "golden" / "bodies.json").read_bytes()
)
CLASSES = {cls.__name__: cls for cls in (*EVENT_CLASSES, *COMMAND_CLASSES)}


def test_there_are_golden_bytes_for_every_type() -> None:
    assert set(GOLDEN) == set(CLASSES)


@pytest.mark.parametrize("name", sorted(CLASSES))
def test_golden_bytes_decode_and_encode_to_the_same(name: str) -> None:
    key = bytes.fromhex(GOLDEN[name]["fingerprint"])
    body = bytes.fromhex(GOLDEN[name]["body"])
    value = example(CLASSES[name])
    assert CODEC.decode(key, body) == value
    assert CODEC.encode(value) == (key, body)


@pytest.mark.parametrize("name", sorted(CLASSES))
def test_a_truncated_or_longer_body_does_not_decode(name: str) -> None:
    key = bytes.fromhex(GOLDEN[name]["fingerprint"])
    body = bytes.fromhex(GOLDEN[name]["body"])
    for wrong in (body[:-1], body + b"\x00"):
        with pytest.raises(BodyUndecodableError):
            CODEC.decode(key, wrong)
