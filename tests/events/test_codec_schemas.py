"""Dataclass and schema say the same, and a fingerprint is the one others compute."""

from __future__ import annotations

import json
import types
from dataclasses import fields, is_dataclass
from enum import StrEnum
from typing import Any, Union, get_args, get_origin, get_type_hints

import pytest

from events.codec import EVENT_CLASSES, fingerprint, schema_text
from events.dates import PartialDate
from events.frame import (
    FRAME_MARK,
    RECORD_MARK,
    Frame,
    Record,
)
from registry.wire import CODEC, COMMAND_CLASSES
from tests.support.avro_specification import (
    PRIMITIVES,
    canonical_form,
    crc_64_avro,
)

CLASSES = (*EVENT_CLASSES, *COMMAND_CLASSES)
PERSONAL = {
    ("ApplicationFiled", "number"),
    ("DecisionRecorded", "number"),
    ("FileApplication", "number"),
    ("RecordDecision", "number"),
    ("ProtectionApplied", "number"),
    ("ProtectionDecided", "number"),
    ("ApplyForProtection", "number"),
    ("DecideProtection", "number"),
}
"""A case number is no name, but leads to one."""

SCALARS: dict[type, str] = {
    PartialDate: "string",
    str: "string",
    bool: "boolean",
    int: "long",
    bytes: "bytes",
    types.NoneType: "null",
}


def shape_of_class(kind: Any) -> Any:  # noqa: ANN401  of any type
    """Return what a schema of this type must say, named types by their last name."""
    if is_dataclass(kind) and isinstance(kind, type):
        hints = get_type_hints(kind)
        parts = [
            (f.name.rstrip("_"), shape_of_class(hints[f.name])) for f in fields(kind)
        ]
        return ("record", kind.__name__, parts)
    if get_origin(kind) is tuple:
        return ("array", shape_of_class(get_args(kind)[0]))
    if get_origin(kind) in {Union, types.UnionType}:
        branches = [shape_of_class(option) for option in get_args(kind)]
        # Null stands first, so that its branch is 0 in every union.
        return ("union", sorted(branches, key=lambda branch: branch != "null"))
    if issubclass(kind, StrEnum):
        return ("enum", kind.__name__, [str(symbol) for symbol in kind])
    return SCALARS[kind]


def shape_of_schema(schema: Any, named: dict[str, Any]) -> Any:  # noqa: ANN401  parsed JSON
    """Return what a schema says, every named type written out where it is used."""
    if isinstance(schema, list):
        return ("union", [shape_of_schema(branch, named) for branch in schema])
    if isinstance(schema, str):
        return schema if schema in PRIMITIVES else named[schema.rpartition(".")[2]]
    name = schema.get("name", "").rpartition(".")[2]
    match schema["type"]:
        case "record":
            parts = [
                (field["name"], shape_of_schema(field["type"], named))
                for field in schema["fields"]
            ]
            named[name] = ("record", name, parts)
        case "enum":
            named[name] = ("enum", name, schema["symbols"])
        case "array":
            return ("array", shape_of_schema(schema["items"], named))
        case other:
            return shape_of_schema(other, named)
    return named[name]


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_dataclass_and_schema_agree(cls: type) -> None:
    schema = json.loads(schema_text(cls.__name__))
    assert shape_of_schema(schema, {}) == shape_of_class(cls)


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_only_case_numbers_are_personal(cls: type) -> None:
    found: set[tuple[str, str]] = set()

    def look(schema: Any) -> None:  # noqa: ANN401  parsed JSON
        if isinstance(schema, list):
            for part in schema:
                look(part)
        if isinstance(schema, dict):
            for field in schema.get("fields", ()):
                if "personal" in field:
                    assert field["personal"] is True
                    found.add((schema["name"], field["name"]))
                look(field["type"])
            look(schema.get("items"))
            look(schema["type"])

    look(json.loads(schema_text(cls.__name__)))
    shape = repr(shape_of_class(cls))
    assert found == {
        (owner, field) for owner, field in PERSONAL if f"'{owner}'" in shape
    }


@pytest.mark.parametrize(
    "name", [*(cls.__name__ for cls in CLASSES), "Frame", "Record"]
)
def test_fingerprint_is_the_one_that_the_specification_computes(name: str) -> None:
    text = schema_text(name)
    assert fingerprint(text) == crc_64_avro(canonical_form(json.loads(text)))


def test_the_codec_announces_texts_that_have_their_fingerprints() -> None:
    assert len(CODEC.texts) == len(CLASSES)
    for key, text in CODEC.texts.items():
        assert fingerprint(text) == key


def test_the_marks_of_frame_and_record_are_those_of_their_schemas() -> None:
    assert b"\xc3\x01" + fingerprint(schema_text("Frame")) == FRAME_MARK
    assert b"\xc3\x01" + fingerprint(schema_text("Record")) == RECORD_MARK
    for cls in (Frame, Record):
        schema = json.loads(schema_text(cls.__name__))
        names = [field["name"] for field in schema["fields"]]
        assert names == [field.name for field in fields(cls)]


@pytest.mark.parametrize(
    ("form", "key"),
    [('"null"', "8a8f25cce724dd63"), ('"int"', "8f5c393f1ad57572")],
)
def test_fingerprints_of_the_avro_specification(form: str, key: str) -> None:
    assert crc_64_avro(form).hex() == fingerprint(form).hex() == key
