"""Every type has its schema, and a released schema never changes."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import orjson
import pytest

from events.codec import EVENT_CLASSES, fingerprint, schema_text
from registry.wire import CODEC, COMMAND_CLASSES

FROZEN: dict[str, str] = orjson.loads(
    (Path(__file__).parents[1] / "golden" / "fingerprints.json").read_bytes()
)


def test_every_type_has_one_schema_and_no_schema_is_without_type() -> None:
    names = {cls.__name__ for cls in (*EVENT_CLASSES, *COMMAND_CLASSES)}
    kept = {
        path.name.removesuffix(".v1.avsc")
        for path in files("events").joinpath("schemas").iterdir()
    }
    assert kept == names | {"Frame", "Record"}
    assert set(FROZEN) == kept
    assert len(CODEC.texts) == len(names)


@pytest.mark.parametrize("name", sorted(FROZEN))
def test_fingerprint_is_the_frozen_one(name: str) -> None:
    assert fingerprint(schema_text(name)).hex() == FROZEN[name]
