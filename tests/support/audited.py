"""What two auditors say of one log, line by line, so that it can be compared."""

from __future__ import annotations

from collections.abc import Sequence
from io import StringIO
from pathlib import Path
from tempfile import NamedTemporaryFile

from hypothesis import HealthCheck, settings

from events.notes import Signer, Verifier
from events.verify import verify_folder, verify_records
from tests.support.judge import Auditor

FAULT = "FAULT"
STARTED = settings(
    max_examples=150,
    deadline=None,  # a process is started for each
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
"""Of a property that asks the second auditor."""


def first_said(path: Path, known: Sequence[Verifier] = ()) -> str:
    """Return what the first auditor prints of a node's folder or a file of records."""
    if path.is_dir():
        report = verify_folder(path, known, indexes=True)
    else:
        report = verify_records(path)
    out = StringIO()
    report.write(out)
    return out.getvalue()


def lines_of(said: str) -> list[str]:
    """Return the lines of a report; of a fault its place, not the rule.

    How many faults SQLite tells of one damage is a matter of its release.
    """
    lines: list[str] = []
    for line in said.splitlines():
        told = line.partition(": ")[0] if line.startswith(FAULT) else line
        if told != f"{FAULT:<10} log.sqlite" or told not in lines:
            lines.append(told)
    return lines


def agree(auditor: Auditor, path: Path, *keys: Signer) -> list[str]:
    """Return what both auditors say of a log, which must be the same."""
    options = [option for key in keys for option in ("-vkey", key.verifier.vkey)]
    second = lines_of(auditor(path, *options))
    assert second == lines_of(first_said(path, [key.verifier for key in keys]))
    return second


def agree_on(auditor: Auditor, content: bytes) -> list[str]:
    """Return what both say of a file with this content."""
    with NamedTemporaryFile() as file:
        file.write(content)
        file.flush()
        return agree(auditor, Path(file.name))


def faults(said: list[str]) -> list[str]:
    return [line.split(maxsplit=1)[1] for line in said if line.startswith(FAULT)]


def stream(records: Sequence[bytes]) -> bytes:
    """Return exported records: each after its length, as four bytes."""
    return b"".join(len(record).to_bytes(4, "big") + record for record in records)


def doubling(levels: int) -> object:
    """Return a schema whose value takes no byte, and 2^levels steps."""
    first = {"type": "record", "name": "r0", "fields": [{"name": "a", "type": "null"}]}
    types: list[object] = [first]
    for level in range(1, levels):
        halves = [{"name": half, "type": f"r{level - 1}"} for half in "ab"]
        types.append({"type": "record", "name": f"r{level}", "fields": halves})
    fields = [{"name": f"f{n}", "type": one} for n, one in enumerate(types)]
    return {"type": "record", "name": "top", "fields": fields}


ENDLESS: list[object] = [
    doubling(40),
    {"type": "array", "items": "null"},
    {"type": "array", "items": {"type": "record", "name": "e", "fields": []}},
    {"type": "array", "items": {"type": "fixed", "name": "f", "size": 0}},
    {
        "type": "record",
        "name": "chain",
        "fields": [{"name": "next", "type": ["null", "chain"]}],
    },
    {
        "type": "record",
        "name": "a.chain",
        "fields": [{"name": "next", "type": {"type": "array", "items": "a.chain"}}],
    },
]
"""Schemas with which a short body could stop a reader."""
