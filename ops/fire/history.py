"""What clients saw, as a file that any checker can read.

What lives here: the history's lines, written while it happens and read again. What
never does: calls, kills, judgment (`ops.fire.checker`, and a checker that is not ours:
`tests/judge/history`). `README.md` beside this module says the format.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterable
from contextlib import closing
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from events.entry import MemoryState, decode_frame, decode_record
from events.files import opened_read_only
from events.log import Accepted


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call of a client: `outcome` is ok, no (a definite error) or unknown.

    `position` is that of a write's receipt, or what a read was asked to be at least at;
    `seen` are the positions of the child's entries that a read saw, in their order,
    and `applied` how far the server had read the log.
    """

    client: int
    kind: str
    child: str
    request_id: str = ""
    argument: str = ""
    start: float
    end: float
    outcome: str
    position: int = 0
    hash: str = ""
    seen: tuple[int, ...] = ()
    applied: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that was done to servers or brokers, from its start to its end."""

    kind: str
    start: float
    end: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An entry as a node's log holds it in the end, and the children it concerns."""

    node: str
    position: int
    hash: str
    request_id: str
    children: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Told:
    """A whole history."""

    calls: list[Call] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    logs: dict[str, list[Entry]] = field(default_factory=dict)
    """The entries of each node."""


_LINES: dict[str, type[Any]] = {"call": Call, "fault": Fault, "entry": Entry}
WRITE, LATEST, AT_LEAST = "write", "latest", "at_least"
"""The kinds of calls: a submission, and reads of two strengths."""
OK, NO, UNKNOWN = "ok", "no", "unknown"


class History:
    """A file of lines, one JSON object each, in the order of their ends."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._file = path.open("w", encoding="utf-8")
        self._acknowledged_at = 0.0

    @property
    def acknowledged_at(self) -> float:
        """When the last write was acknowledged, in seconds of the monotonic clock."""
        return self._acknowledged_at

    def add(self, line: Call | Fault | Entry) -> None:
        """Append one line."""
        kind = type(line).__name__.lower()
        text = json.dumps({"line": kind, **asdict(line)}, separators=(",", ":"))
        with self._lock:
            self._file.write(text + "\n")
            if isinstance(line, Call) and (line.kind, line.outcome) == (WRITE, OK):
                self._acknowledged_at = time.monotonic()

    def close(self) -> Told:
        """Close the file; return what it holds."""
        self._file.close()
        return read(self._path)


def read(path: Path) -> Told:
    """Return what a history file tells."""
    told = Told()
    for text in path.read_text(encoding="utf-8").splitlines():
        given = json.loads(text)
        line = _LINES[given.pop("line")](
            **{k: tuple(v) if isinstance(v, list) else v for k, v in given.items()}
        )
        if isinstance(line, Call):
            told.calls.append(line)
        elif isinstance(line, Fault):
            told.faults.append(line)
        else:
            told.logs.setdefault(line.node, []).append(line)
    return told


def entries(node: str, path: Path) -> Iterable[Entry]:
    """Give the entries of a node's log, each judged again by the reference reader.

    Raises ValueError where the reference reader disagrees with the file.
    """
    with closing(opened_read_only(path)) as log:
        (registry,) = log.execute(
            "SELECT value FROM meta WHERE name='registry'"
        ).fetchone()
        rows = log.execute(
            "SELECT position, hash, record FROM entries ORDER BY position"
        ).fetchall()
    state = MemoryState(registry)
    for position, hash_, record in rows:
        verdict = state.apply(record)
        if not isinstance(verdict, Accepted) or verdict.hash != hash_:
            message = f"{path}: position {position}: {verdict}"
            raise ValueError(message)
        frame = decode_frame(decode_record(record).frame)
        children = {header.concerns for header in frame.events if header.concerns}
        yield Entry(
            node=node,
            position=position,
            hash=hash_.hex(),
            request_id=frame.request_id,
            children=tuple(sorted(children)),
        )


def head(path: Path) -> tuple[int, dict[int, str]]:
    """Return a node's last position, and its last hashes by position."""
    with closing(opened_read_only(path)) as log:
        rows = log.execute(
            "SELECT position, hash FROM entries ORDER BY position DESC LIMIT 2000"
        ).fetchall()
    return (rows[0][0] if rows else 0), {row[0]: row[1].hex() for row in rows}
