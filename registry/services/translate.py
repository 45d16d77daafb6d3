"""Messages of the contract to values of the vocabulary, and back.

What lives here: one translation for all, driven by the dataclasses' own types. What
never does: a command of its own; a new one needs its message, and a test insists on
it. Message and field carry the names of class and field; an enum's symbol is the
member's name behind the enum's (`OFFICE_COURT`); a partial date is its text, as
judgments and import files say it.

What a message cannot leave out, and does, is an InvalidError that names the field by
its path and the rule.
"""

from __future__ import annotations

import re
import types
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from enum import StrEnum
from functools import cache
from typing import Any, Union, get_args, get_origin, get_type_hints

from google.protobuf.message import Message

from childregistry.v1 import (
    care_pb2,
    commands_pb2,
    submission_service_pb2,
    types_pb2,
)
from events.dates import PartialDate
from registry.refusal import InvalidError

FromMessage = Callable[[Any, str, str], Any]
"""Takes a message, the field's name and its path; gives the field's value."""

REQUIRED = "is required"
DATE = "is a date of the form YYYY, YYYY-MM or YYYY-MM-DD"


def command_of(message: Any, path: str = "") -> Any:  # noqa: ANN401  any command
    """Return the command that is set in a message's oneof. Raises InvalidError."""
    before = f"{path}." if path else ""
    chosen = message.WhichOneof("command")
    if chosen is None:
        raise InvalidError(f"{before}command", "one of its commands is required")
    found = getattr(message, chosen)
    return value_of(_class_of(found), found, f"{before}{chosen}")


def value_of(cls: type, message: Message, path: str) -> Any:  # noqa: ANN401  any class
    """Return the value of a dataclass that a message says. Raises InvalidError."""
    return _reader(cls)(message, path)


def message_of(value: Any) -> Any:  # noqa: ANN401  any dataclass of the vocabulary
    """Return the message that says a value."""
    made = _message_class(type(value).__name__)()
    fill(made, value)
    return made


def fill(message: Any, value: Any) -> None:  # noqa: ANN401  any message, any value
    """Write a value's fields into the message of its class."""
    cls: Any = type(value)
    for name, attribute, put in _fillers(cls):
        found = getattr(value, attribute)
        if found is not None:
            put(message, name, found)


def put_field(message: Any, cls: type, attribute: str, found: Any) -> None:  # noqa: ANN401  any message, any value
    """Write one field of a class into its message."""
    if found is not None:
        for name, own, put in _fillers(cls):
            if own == attribute:
                put(message, name, found)


@cache
def _fillers(cls: type) -> list[tuple[str, str, Callable[[Any, str, Any], None]]]:
    """Return how each field of a class is written: field, attribute, writer."""
    hints = get_type_hints(cls)
    return [
        (field.name.rstrip("_"), field.name, _filler(hints[field.name]))
        for field in fields(cls)
    ]


def _filler(kind: Any) -> Callable[[Any, str, Any], None]:  # noqa: ANN401  a type of any shape
    if get_origin(kind) is tuple:
        (item, *_) = get_args(kind)
        if is_dataclass(item):
            return _put_messages
        return _put_symbols if issubclass(item, StrEnum) else _put_scalars
    options = [option for option in get_args(kind) if option is not types.NoneType]
    if len(options) > 1:
        return _put_chosen
    one = options[0] if options else kind
    if is_dataclass(one):
        return lambda message, name, found: _put_message(getattr(message, name), found)
    if issubclass(one, StrEnum):
        return lambda message, name, found: setattr(message, name, number_of(found))
    return setattr


def _put_message(inner: Any, found: Any) -> None:  # noqa: ANN401  any message
    inner.SetInParent()
    fill(inner, found)


def _put_messages(message: Any, name: str, found: tuple[Any, ...]) -> None:  # noqa: ANN401  any message
    into = getattr(message, name)
    for item in found:
        fill(into.add(), item)


def _put_scalars(message: Any, name: str, found: tuple[Any, ...]) -> None:  # noqa: ANN401  any message
    getattr(message, name).extend(found)


def _put_symbols(message: Any, name: str, found: tuple[StrEnum, ...]) -> None:  # noqa: ANN401  any message
    getattr(message, name).extend(number_of(member) for member in found)


def _put_chosen(message: Any, name: str, found: Any) -> None:  # noqa: ANN401  any message
    """Write one of a union of commands into the oneof that holds them."""
    inner = getattr(message, name)
    inner.SetInParent()
    _put_message(getattr(inner, snake(type(found).__name__)), found)


@cache
def snake(name: str) -> str:
    """Return a class's name as fields and symbols spell it."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def number_of(member: StrEnum) -> Any:  # noqa: ANN401  each generated enum has its own
    """Return the number of an enum's member in the contract."""
    return _numbers(type(member))[member]


@cache
def _numbers(enum: type[StrEnum]) -> dict[StrEnum, int]:
    # Members of two enums may be equal as text: each enum has its own table.
    return {member: number for number, member in enumerate(enum, 1)}


@cache
def _message_class(name: str) -> Any:  # noqa: ANN401  a generated class
    for module in (types_pb2, commands_pb2, care_pb2, submission_service_pb2):
        if hasattr(module, name):
            return getattr(module, name)
    message = f"the contract has no message {name}"
    raise LookupError(message)


@cache
def _classes() -> dict[str, type]:
    from registry.wire import COMMAND_CLASSES  # noqa: PLC0415  only when asked

    return {cls.__name__: cls for cls in COMMAND_CLASSES}


def _class_of(message: Message) -> type:
    return _classes()[message.DESCRIPTOR.name]


@cache
def _reader(cls: type) -> Callable[[Any, str], Any]:
    """Return how a message becomes a value of its class."""
    hints = get_type_hints(cls)
    parts = [
        (field.name, field.name.rstrip("_"), _field(hints[field.name]))
        for field in fields(cls)
    ]

    def read(message: Any, path: str) -> Any:  # noqa: ANN401  any message
        return cls(
            **{name: get(message, said, f"{path}.{said}") for name, said, get in parts}
        )

    return read


def _field(kind: Any) -> FromMessage:  # noqa: ANN401  a type of any shape
    """Return how a field of this type is read from its message."""
    if get_origin(kind) is tuple:
        item = _item(get_args(kind)[0])
        return lambda message, name, path: tuple(
            [
                item(found, f"{path}[{index}]")
                for index, found in enumerate(getattr(message, name))
            ]
        )
    if get_origin(kind) in {Union, types.UnionType}:
        options = [option for option in get_args(kind) if option is not types.NoneType]
        inner = _item(options[0]) if len(options) == 1 else command_of
        return lambda message, name, path: (
            inner(getattr(message, name), path) if message.HasField(name) else None
        )
    item = _item(kind)
    if is_dataclass(kind):
        return lambda message, name, path: item(_present(message, name, path), path)
    return lambda message, name, path: item(getattr(message, name), path)


def _present(message: Any, name: str, path: str) -> Any:  # noqa: ANN401  any message
    if not message.HasField(name):
        raise InvalidError(path, REQUIRED)
    return getattr(message, name)


def _item(kind: Any) -> Callable[[Any, str], Any]:  # noqa: ANN401  a type of any shape
    """Return how one value of this type is read, given the raw one and its path."""
    if is_dataclass(kind) and isinstance(kind, type):
        return lambda found, path: value_of(kind, found, path)
    if issubclass(kind, StrEnum):
        return member_of(kind)
    if kind is PartialDate:
        return _date
    return _text if kind is str else lambda found, _: found


def member_of(kind: type[StrEnum]) -> Callable[[Any, str], StrEnum]:
    """Return how a number and its path become an enum's member."""
    members = list(kind)

    def read(found: int, path: str) -> StrEnum:
        if found == 0:
            raise InvalidError(path, REQUIRED)
        if not 0 < found <= len(members):
            raise InvalidError(path, f"is a known {kind.__name__}")
        return members[found - 1]

    return read


def _date(found: str, path: str) -> PartialDate:
    if not found:
        raise InvalidError(path, REQUIRED)
    try:
        return PartialDate(found)
    except ValueError as error:
        raise InvalidError(path, DATE) from error


def _text(found: str, path: str) -> str:
    if not found:
        raise InvalidError(path, REQUIRED)
    return found
