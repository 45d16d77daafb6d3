"""The contract says all that the vocabulary says, both ways, and nothing loosely."""

from __future__ import annotations

import filecmp
from dataclasses import fields
from enum import StrEnum
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.descriptor import FieldDescriptor
from hypothesis import given, settings
from hypothesis import strategies as st

from childregistry.v1 import submission_service_pb2 as pb
from childregistry.v1 import types_pb2
from events import birth, cases, guardianship, proceedings, timeline
from events.frame import AuthenticationKind, Provenance
from ops.generate_proto import ROOT, generate
from registry.commands import Command
from registry.refusal import InvalidError
from registry.services.translate import (
    command_of,
    message_of,
    number_of,
    snake,
    value_of,
)
from registry.wire import COMMAND_CLASSES
from tests.support.examples import example
from tests.support.server import CHANGE, METHODS
from tests.support.strategies import values

TYPE_STRING = FieldDescriptor.TYPE_STRING
ENUMS: list[type[StrEnum]] = [
    guardianship.Office,
    timeline.HolderKind,
    timeline.Line,
    timeline.Role,
    timeline.HandOver,
    timeline.Status,
    birth.Precision,
    birth.BirthSource,
    guardianship.Way,
    guardianship.EndReason,
    proceedings.Ground,
    proceedings.Asked,
    guardianship.AnnulReason,
    cases.ApplicantClass,
    proceedings.EvidenceKind,
    proceedings.Wish,
    proceedings.Advice,
    proceedings.ProtectionAsked,
    proceedings.ProtectionMeasure,
    proceedings.ProtectionOutcome,
    Provenance,
    AuthenticationKind,
]


def test_the_generated_code_is_fresh(tmp_path: Path) -> None:
    generate(tmp_path)
    fresh = sorted(p.relative_to(tmp_path) for p in tmp_path.rglob("*") if p.is_file())
    kept = sorted(p.relative_to(ROOT) for p in ROOT.rglob("*_pb2*.py*"))
    assert fresh == [path for path in kept if path.suffix != ".pyc"]
    for path in fresh:
        assert filecmp.cmp(tmp_path / path, ROOT / path, shallow=False), path


@pytest.mark.parametrize("enum", ENUMS, ids=lambda enum: enum.__name__)
def test_every_member_of_an_enum_has_its_symbol(enum: type[StrEnum]) -> None:
    said = getattr(types_pb2, enum.__name__)
    prefix = snake(enum.__name__).upper()
    assert said.Name(0) == f"{prefix}_UNSPECIFIED"
    names = [said.Name(number_of(member)) for member in enum]
    assert names == [f"{prefix}_{member.name}" for member in enum]
    assert len(said.values()) == len(enum) + 1


@pytest.mark.parametrize("cls", COMMAND_CLASSES, ids=lambda cls: cls.__name__)
def test_every_command_has_its_message_and_its_method(cls: type) -> None:
    descriptor = message_of(example(cls)).DESCRIPTOR
    assert [field.name for field in descriptor.fields] == [
        field.name.rstrip("_") for field in fields(cls)
    ]
    made, method = METHODS.get(cls.__name__, CHANGE)
    assert snake(cls.__name__) in made.DESCRIPTOR.fields_by_name
    services = pb.DESCRIPTOR.services_by_name["SubmissionService"]
    assert method in services.methods_by_name


def sayable(value: Any) -> bool:  # noqa: ANN401  any value of a command
    """Whether a required text is not empty: the contract has no other empty text."""
    if isinstance(value, tuple):
        return all(sayable(item) for item in value)
    if isinstance(value, str):
        return bool(value)
    names = [f.name for f in fields(value)] if hasattr(value, "__slots__") else []
    return all(sayable(getattr(value, name)) for name in names)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(COMMAND_CLASSES).flatmap(values))
def test_a_command_comes_back_as_it_was(command: Command) -> None:
    if not sayable(command):
        return
    message = message_of(command)
    parsed = type(message).FromString(message.SerializeToString())
    assert value_of(type(command), parsed, "command") == command


@pytest.mark.parametrize("cls", COMMAND_CLASSES, ids=lambda cls: cls.__name__)
def test_each_part_left_out_is_named_with_the_rule(cls: type) -> None:
    whole = message_of(example(cls))
    value_of(cls, whole, "it")
    for field in whole.DESCRIPTOR.fields:
        cut = type(whole)()
        cut.CopyFrom(whole)
        cut.ClearField(field.name)
        required = (
            not field.is_repeated
            and (field.message_type or field.enum_type or field.type == TYPE_STRING)
            and not _optional(cls, field.name)
        )
        if not required:
            value_of(cls, cut, "it")
            continue
        with pytest.raises(InvalidError) as refused:
            value_of(cls, cut, "it")
        assert (refused.value.field, refused.value.rule) == (
            f"it.{field.name}",
            "is required",
        )


def _optional(cls: type, name: str) -> bool:
    hints = {f.name.rstrip("_"): str(f.type) for f in fields(cls)}
    return "None" in hints[name]


def test_nothing_chosen_unknown_symbols_and_bad_dates_are_named() -> None:
    with pytest.raises(InvalidError, match="command: one of its commands is required"):
        command_of(pb.SubmitDecisionRequest(), "command")
    change = pb.SubmitGuardianshipChangeRequest()
    change.end_guardianship.child = "a"
    setattr(change.end_guardianship, "reason", 99)
    with pytest.raises(InvalidError, match=r"end_guardianship.reason: is a known"):
        command_of(change, "command")
    change.end_guardianship.reason = types_pb2.END_REASON_COURT_FOUND
    change.end_guardianship.on = "2015-02-30"
    with pytest.raises(InvalidError, match=r"end_guardianship.on: is a date"):
        command_of(change, "command")
