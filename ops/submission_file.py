"""Submissions as files: JSON that people and systems write, read without guessing.

What lives here: bytes to the contract's requests, and the faults of a file by line,
field and rule. What never does: sending. A file is one object, an array of them, or
one object a line:

    {"authority": "tongshan-court", "office": "court", "request_id": "<uuid>",
     "provenance": "TRANSCRIBED", "cause": "", "record_decision": {…}}

The command is the contract's message in protobuf's own JSON form, as every tool that
speaks the contract writes it. Authority and office say who submits where the server
knows nobody by certificate; else the certificate counts and they are ignored.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from google.protobuf import json_format
from google.protobuf.message import Message

from childregistry.v1 import submission_service_pb2 as pb
from childregistry.v1 import types_pb2

MAX_BYTES = 64 * 1024 * 1024
"""A file larger than this is sent in parts: it is read into memory whole."""
MAX_DEPTH = 32
METHODS: Mapping[str, tuple[str, type[Any]]] = {
    field.name: (method, request)
    for method, request in (
        ("SubmitDecision", pb.SubmitDecisionRequest),
        ("SubmitApplication", pb.SubmitApplicationRequest),
        ("SubmitGuardianshipChange", pb.SubmitGuardianshipChangeRequest),
        ("SubmitMatter", pb.SubmitMatterRequest),
        ("SubmitCorrection", pb.SubmitCorrectionRequest),
        ("SubmitSubscription", pb.SubmitSubscriptionRequest),
    )
    for field in request.DESCRIPTOR.oneofs_by_name["command"].fields
}
"""The method and the request of every command, by the command's field."""
_PLAIN = ("authority", "office", "request_id", "provenance", "cause", "validate_only")


class FileFaultError(Exception):
    """A file's fault: in which line or item (from 1; 0: the file), field and rule."""

    def __init__(self, line: int, field: str, rule: str) -> None:
        super().__init__(f"{line}: {field}: {rule}" if line else f"{field}: {rule}")
        self.line = line
        self.field = field
        self.rule = rule


@dataclass(frozen=True, slots=True, kw_only=True)
class FileSubmission:
    """One submission of a file, ready to be sent."""

    line: int
    authority: str
    office: str
    method: str
    request: Any

    @property
    def request_id(self) -> str:
        """The submitter's key."""
        return str(self.request.envelope.request_id)


def read(content: bytes) -> tuple[list[FileSubmission], list[FileFaultError]]:
    """Return a file's submissions and its faults; a bad line loses no other."""
    found: list[FileSubmission] = []
    faults: list[FileFaultError] = []
    try:
        items = list(_items(content))
    except FileFaultError as fault:
        return [], [fault]
    for line, item in items:
        try:
            found.append(submission_of(line, item))
        except FileFaultError as fault:
            faults.append(fault)
    return found, faults


def as_json(message: Message) -> dict[str, Any]:
    """Return a message in the form that files have, its fields by their own names."""
    told: dict[str, Any] = json_format.MessageToDict(
        message, preserving_proto_field_name=True
    )
    return told


def _items(content: bytes) -> Iterator[tuple[int, Any]]:
    if len(content) > MAX_BYTES:
        raise FileFaultError(0, "file", f"has at most {MAX_BYTES} bytes")
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise FileFaultError(line, "file", "is UTF-8") from error
    lines = [(n, part) for n, part in enumerate(text.splitlines(), 1) if part.strip()]
    if not lines:
        return
    if _by_line([part for _, part in lines]):
        yield from lines
        return
    parsed = _parsed(0, text)
    yield from enumerate(parsed if isinstance(parsed, list) else [parsed], 1)


def _by_line(lines: list[str]) -> bool:
    """Whether each line is an object by itself, also where one of them is broken."""
    first = lines[0].strip()
    if not first.startswith("{"):
        return False
    return first.endswith("}") or (len(lines) > 1 and lines[1].startswith("{"))


def submission_of(line: int, item: Any) -> FileSubmission:  # noqa: ANN401  parsed JSON
    """Return the submission that one object, or its text, says.

    Raises FileFaultError with line, field and rule.
    """
    told = _parsed(line, item) if isinstance(item, str) else item
    if not isinstance(told, dict):
        raise FileFaultError(line, "submission", "is an object")
    commands = [name for name in told if name in METHODS]
    unknown = sorted(set(told) - set(METHODS) - set(_PLAIN))
    if unknown:
        raise FileFaultError(line, unknown[0], "is no field of a submission")
    if len(commands) != 1:
        raise FileFaultError(line, "command", "exactly one command is given")
    (command,) = commands
    for name in ("authority", "office", "request_id", "cause", "provenance"):
        if not isinstance(told.get(name, ""), str):
            raise FileFaultError(line, name, "is text")
    if not isinstance(told.get("validate_only", False), bool):
        raise FileFaultError(line, "validate_only", "is true or false")
    method, made = METHODS[command]
    request = made()
    _parse(line, command, told[command], getattr(request, command))
    getattr(request, command).SetInParent()
    request.envelope.request_id = told.get("request_id", "")
    request.envelope.provenance = _provenance(line, told.get("provenance", ""))
    request.envelope.cause = told.get("cause", "")
    request.envelope.validate_only = told.get("validate_only", False)
    return FileSubmission(
        line=line,
        authority=told.get("authority", ""),
        office=told.get("office", ""),
        method=method,
        request=request,
    )


def _parse(line: int, name: str, told: Any, into: Message) -> None:  # noqa: ANN401  parsed JSON
    if not isinstance(told, dict):
        raise FileFaultError(line, name, "is an object")
    try:
        json_format.ParseDict(told, into, max_recursion_depth=MAX_DEPTH)
    except (json_format.ParseError, ValueError, TypeError) as error:
        raise FileFaultError(line, name, str(error)) from error


def _provenance(line: int, name: str) -> Any:  # noqa: ANN401  the generated enum
    try:
        return types_pb2.Provenance.Value(f"PROVENANCE_{name or 'UNSPECIFIED'}")
    except ValueError as error:
        rule = "is LIVE, BACK_LOADED, MIGRATED or TRANSCRIBED"
        raise FileFaultError(line, "provenance", rule) from error


def _parsed(line: int, text: str) -> Any:  # noqa: ANN401  parsed JSON
    def no_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        told = dict(pairs)
        if len(told) != len(pairs):
            twin = next(k for k, _ in pairs if [p[0] for p in pairs].count(k) > 1)
            raise FileFaultError(line, twin, "is given twice")
        return told

    def refuse(constant: str) -> NoReturn:
        raise FileFaultError(line, constant, "is no number of JSON")

    try:
        told = json.loads(text, object_pairs_hook=no_twins, parse_constant=refuse)
        json.dumps(told, ensure_ascii=False).encode()
    except json.JSONDecodeError as error:
        where = line or error.lineno
        raise FileFaultError(where, "JSON", error.msg) from error
    except UnicodeEncodeError as error:
        raise FileFaultError(line, "JSON", "has a lone surrogate") from error
    except (RecursionError, ValueError) as error:
        raise FileFaultError(line, "JSON", "is too deep or too large") from error
    return told
