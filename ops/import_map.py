"""Rows of a table as submissions: a map says which column goes into which field.

What lives here: reading the map, and a row of CSV as the object that a file of
submissions has (`ops.submission_file`). What never does: sending. A map is TOML:

    command = "register_child"
    authority = "tongshan-police"
    office = "police"
    provenance = "BACK_LOADED"
    pseudonyms = "pseudonyms.key"

    [fields]
    child = "{file_no|pseudonym}"
    "birth.date" = "{born}"
    "birth.precision" = "PRECISION_STATED"
    "parents[0].kind" = "HOLDER_KIND_PERSON"
    "parents[0].id" = "{father_id|pseudonym}"

`{column}` is a cell, `{column|pseudonym}` a UUID made of it by HMAC-SHA-256 under the
key of the file `pseudonyms`: the same person gets the same id in every file of the
office, and nobody without the key finds the person by guessing. A field none of whose
cells has content is left out; so is a list's element with no field. The request id is
that of the column `request_id`, or made of the row's content: a file sent again changes
nothing.
"""

from __future__ import annotations

import csv
import hashlib
import hmac
import io
import json
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid5

from ops.submission_file import METHODS, FileFaultError

KEY_BYTES: Final = 32
"""The least length of a key for pseudonyms: that of the hash."""
ROWS: Final = UUID("1d2f7f0c-6a63-5d0e-8d5e-5f4f8f0b2a10")
"""The name space of request ids that are made of content."""
REQUEST_ID: Final = "request_id"
_CELL: Final = re.compile(r"\{([^{}|]+)(\|pseudonym)?\}")
_STEP: Final = re.compile(r"([a-z0-9_]+)((?:\[\d+\])*)")


class MapError(Exception):
    """The map is wrong: nothing was sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportMap:
    """A map, read and checked; `key` is that of its pseudonyms."""

    command: str
    envelope: dict[str, str]
    fields: dict[str, str]
    key: bytes


def load_map(path: Path) -> ImportMap:
    """Return a map of a file. Raises MapError with what is wrong."""
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        message = f"{path}: {error}"
        raise MapError(message) from error
    unknown = set(told) - {*_ENVELOPE, "command", "fields", "pseudonyms"}
    if unknown:
        message = f"{path}: {min(unknown)}: is no setting of a map"
        raise MapError(message)
    command, fields = told.get("command", ""), told.get("fields", {})
    if command not in METHODS:
        message = f"{path}: command: is one of a submission's commands"
        raise MapError(message)
    for field, template in fields.items():
        if not isinstance(template, str):
            message = f"{path}: fields.{field}: is text"
            raise MapError(message)
        _steps(field)
    return ImportMap(
        command=command,
        envelope={name: str(told[name]) for name in _ENVELOPE if name in told},
        fields=fields,
        key=_key(path, told.get("pseudonyms")),
    )


_ENVELOPE: Final = ("authority", "office", "provenance", "cause")


def _key(path: Path, name: str | None) -> bytes:
    if name is None:
        return b""
    file = path.parent / name
    try:
        key = file.read_bytes()
    except OSError as error:
        message = f"{path}: pseudonyms: {error}"
        raise MapError(message) from error
    if len(key) < KEY_BYTES or file.stat().st_mode & 0o077:
        message = f"{path}: pseudonyms: {name} has {KEY_BYTES} bytes and rights 0600"
        raise MapError(message)
    return key


def rows_of(
    content: bytes, mapped: ImportMap
) -> Iterator[tuple[int, dict[str, Any] | FileFaultError]]:
    """Yield each row by its line, as a submission or as what is wrong with it.

    Raises FileFaultError where the file has no head or is no UTF-8.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise FileFaultError(line, "file", "is UTF-8") from error
    table = csv.reader(io.StringIO(text, newline=""), strict=True)
    head = next(table, None)
    if not head or len(set(head)) != len(head):
        raise FileFaultError(1, "head", "names each column once")
    wanted = {column for t in mapped.fields.values() for column, _ in _CELL.findall(t)}
    missing = sorted(wanted - set(head))
    if missing:
        raise FileFaultError(1, missing[0], "is a column that the map names")
    while True:
        try:
            cells = next(table, None)
        except csv.Error as error:
            yield table.line_num, FileFaultError(table.line_num, "row", str(error))
            continue
        if cells is None:
            return
        if cells:
            yield table.line_num, _row(table.line_num, head, cells, mapped)


def _row(
    line: int, head: list[str], cells: list[str], mapped: ImportMap
) -> dict[str, Any] | FileFaultError:
    if len(cells) != len(head):
        return FileFaultError(line, "row", f"has the {len(head)} cells of the head")
    row = dict(zip(head, (cell.strip() for cell in cells), strict=True))
    command: dict[str, Any] = {}
    for field, template in mapped.fields.items():
        value = _filled(template, row, mapped.key)
        if value is None:
            return FileFaultError(line, field, "has a key for its pseudonym")
        if value:
            _put(command, _steps(field), value)
    told: dict[str, Any] = {**mapped.envelope, mapped.command: _dense(command)}
    told[REQUEST_ID] = row.get(REQUEST_ID) or request_id_of(told)
    return told


def request_id_of(told: dict[str, Any]) -> str:
    """Return the request id that a submission's content has."""
    text = json.dumps(told, sort_keys=True, ensure_ascii=False)
    return str(uuid5(ROWS, text))


def _filled(template: str, row: dict[str, str], key: bytes) -> str | None:
    """Return the text of a template; empty where its cells are, None without a key."""
    cells = _CELL.findall(template)
    if cells and not any(row[column] for column, _ in cells):
        return ""
    if any(kind for _, kind in cells) and not key:
        return None
    return _CELL.sub(
        lambda found: _pseudonym(row[found[1]], key) if found[2] else row[found[1]],
        template,
    )


def _pseudonym(cell: str, key: bytes) -> str:
    digest = hmac.new(key, cell.encode(), hashlib.sha256).digest()
    return str(UUID(bytes=digest[:16], version=4))


def _steps(field: str) -> list[str | int]:
    """Return the names and numbers of a path such as `parents[0].id`."""
    steps: list[str | int] = []
    for part in field.split("."):
        matched = _STEP.fullmatch(part)
        if matched is None:
            message = f"fields.{field}: is a path such as parents[0].id"
            raise MapError(message)
        steps.append(matched[1])
        steps += [int(number) for number in re.findall(r"\d+", matched[2])]
    return steps


def _put(into: dict[str, Any], steps: list[str | int], value: str) -> None:
    """Write a value at a path; lists are kept as dicts by number until `_dense`."""
    at: dict[Any, Any] = into
    for step in steps[:-1]:
        at = at.setdefault(step, {})
    at[steps[-1]] = value


def _dense(value: Any) -> Any:  # noqa: ANN401  a tree of dicts and text
    """Return the tree with dicts of numbers as lists, in their order."""
    if not isinstance(value, dict):
        return value
    if value and all(isinstance(step, int) for step in value):
        return [_dense(value[step]) for step in sorted(value)]
    return {step: _dense(inner) for step, inner in value.items()}
