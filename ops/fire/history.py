"""What clients saw, as a file that any checker can read, and our own judgment of it.

What lives here: the history's lines and the promises checked against the logs that the
nodes hold in the end. What never does: calls, kills. `README.md` beside this module
says the format, so that a checker that is not ours can judge the same file.
"""

from __future__ import annotations

import json
import threading
from collections import defaultdict
from collections.abc import Iterable
from contextlib import closing
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path

from events.entry import MemoryState
from events.files import opened_read_only
from events.log import Accepted


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One call: `outcome` is ok, no (a definite error) or unknown."""

    client: int
    kind: str
    child: str
    request_id: str
    argument: str
    start: float
    end: float
    outcome: str
    position: int
    hash: str
    value: str


class History:
    """A file of operations, one JSON object a line, in the order of their ends."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._file = path.open("w", encoding="utf-8")

    def add(self, operation: Operation) -> None:
        """Append one operation."""
        line = json.dumps(asdict(operation), separators=(",", ":"))
        with self._lock:
            self._file.write(line + "\n")

    def close(self) -> list[Operation]:
        """Close the file; return what it holds."""
        self._file.close()
        return read(self._path)


def read(path: Path) -> list[Operation]:
    """Return the operations of a history file."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [Operation(**json.loads(line)) for line in lines]


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry as a node's log holds it in the end."""

    position: int
    hash: str
    request_id: str


def entries(path: Path) -> list[Entry]:
    """Return the entries of a node's log, each judged again by the reference reader.

    Raises ValueError where the reference reader disagrees with the file.
    """
    with closing(opened_read_only(path)) as log:
        (registry,) = log.execute(
            "SELECT value FROM meta WHERE name='registry'"
        ).fetchone()
        rows = log.execute(
            "SELECT position, hash, request_id, record FROM entries ORDER BY position"
        ).fetchall()
    state = MemoryState(registry)
    for position, hash_, _, record in rows:
        verdict = state.apply(record)
        if not isinstance(verdict, Accepted) or verdict.hash != hash_:
            message = f"{path}: position {position}: {verdict}"
            raise ValueError(message)
    return [Entry(row[0], row[1].hex(), row[2]) for row in rows]


def judge(operations: Iterable[Operation], logs: dict[str, list[Entry]]) -> list[str]:
    """Return every broken promise; nothing where all were kept.

    All nodes hold the same entries in the same order; an acknowledged write is the
    entry that its receipt says (none lost, none elsewhere); a key has one entry (none
    twice) and one receipt; a definite "no" is no entry; a read that was asked to be at
    least at a receipt's position saw it (none stale).
    """
    broken = list(_agreement(logs))
    longest = max(logs.values(), key=len, default=[])
    by_key: dict[str, list[Entry]] = defaultdict(list)
    for entry in longest:
        by_key[entry.request_id].append(entry)
    for key, found in by_key.items():
        if len(found) > 1:
            broken.append(f"twice: {key} at {[e.position for e in found]}")
    receipts: dict[str, tuple[int, str]] = {}
    refused: set[str] = set()
    for operation in operations:
        broken += _operation(operation, by_key, receipts)
        if operation.kind != "custody" and operation.outcome == "no":
            refused.add(operation.request_id)
    for key in refused & set(by_key) - set(receipts):
        broken.append(f"refused and recorded: {key}")
    return broken


def _agreement(logs: dict[str, list[Entry]]) -> Iterable[str]:
    names = sorted(logs)
    for name in names[1:]:
        first, other = logs[names[0]], logs[name]
        if first == other:
            continue
        pairs = zip(first, other, strict=False)
        place = next((a.position for a, b in pairs if a != b), None)
        sizes = f"{len(first)} and {len(other)} entries"
        yield f"{names[0]} and {name} differ: {sizes}, first at {place}"


def _operation(
    operation: Operation,
    by_key: dict[str, list[Entry]],
    receipts: dict[str, tuple[int, str]],
) -> Iterable[str]:
    if operation.outcome != "ok":
        return
    if operation.kind == "custody":
        if operation.value == "missing":
            yield f"stale: {operation.child} at_least {operation.position}"
        return
    key, got = operation.request_id, (operation.position, operation.hash)
    before = receipts.setdefault(key, got)
    if before != got:
        yield f"two receipts: {key}: {before} and {got}"
    found = [(entry.position, entry.hash) for entry in by_key.get(key, [])]
    if got not in found:
        yield f"lost: {key} was acknowledged at {got}, recorded at {found}"


def longest_gap(operations: Iterable[Operation]) -> float:
    """Return the longest time in seconds without any acknowledged write."""
    ends = sorted(o.end for o in operations if o.outcome == "ok" and o.kind == "write")
    return max((later - earlier for earlier, later in pairwise(ends)), default=0.0)
