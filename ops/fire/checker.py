"""Our own judgment of a history: every broken promise, by the name of its anomaly.

What lives here: pure checks of what clients saw against what all nodes hold in the end.
What never does: calls, files. The names are those of Jepsen's tests of queues and logs
(lost write, duplicate, inconsistent order, stale read); per child the log is a list
that acts are appended to, and reads return: it is linearizable where every read is a
prefix of what the list became, and contains all that ended before it began and nothing
that began after it ended.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from ops.fire.history import AT_LEAST, LATEST, NO, OK, WRITE, Call, Entry, Told


@dataclass(frozen=True, slots=True)
class Judgment:
    """What is broken; and what only a leader's lease bounds, reported apart."""

    broken: list[str] = field(default_factory=list)
    stale_latest: list[str] = field(default_factory=list)
    """Reads of the latest state that lacked what was acknowledged before them."""


@dataclass(slots=True)
class _Submission:
    """All calls with one request id: one operation, however often it was asked."""

    child: str
    first: float
    acknowledged: float = float("inf")
    receipts: set[tuple[int, str]] = field(default_factory=set)
    refused: bool = False


def judge(told: Told) -> Judgment:
    """Return every broken promise of a history; nothing where all were kept."""
    judgment = Judgment(list(_agreement(told.logs)))
    log = max(told.logs.values(), key=len, default=[])
    submissions = _submissions(told.calls)
    judgment.broken.extend(_recorded(submissions, log))
    judgment.broken.extend(_in_order(submissions))
    kept: dict[str, list[int]] = defaultdict(list)
    for entry in log:
        for child in entry.children:
            kept[child].append(entry.position)
    began = {
        position: s.first for s in submissions.values() for position, _ in s.receipts
    }
    acknowledged = _acknowledged(submissions)
    for call in told.calls:
        if call.outcome != OK or call.kind == WRITE:
            continue
        judgment.broken.extend(_read(call, kept[call.child], began))
        missing = [
            position
            for position, at in acknowledged[call.child]
            if at < call.start and position not in call.seen
        ]
        if call.kind == LATEST and missing:
            text = f"{call.child} at {call.start:.3f} lacks {missing}"
            judgment.stale_latest.append(f"stale read of the latest: {text}")
    return judgment


def _submissions(calls: Iterable[Call]) -> dict[str, _Submission]:
    found: dict[str, _Submission] = {}
    for call in calls:
        if call.kind != WRITE:
            continue
        one = found.setdefault(call.request_id, _Submission(call.child, call.start))
        one.first = min(one.first, call.start)
        if call.outcome == OK:
            one.acknowledged = min(one.acknowledged, call.end)
            one.receipts.add((call.position, call.hash))
        one.refused |= call.outcome == NO
    return found


def _agreement(logs: dict[str, list[Entry]]) -> Iterator[str]:
    names = sorted(logs)
    for name in names[1:]:
        first = [replace(entry, node="") for entry in logs[names[0]]]
        other = [replace(entry, node="") for entry in logs[name]]
        if first == other:
            continue
        pairs = zip(first, other, strict=False)
        place = next((a.position for a, b in pairs if a != b), None)
        sizes = f"{len(first)} and {len(other)} entries"
        yield f"nodes differ: {names[0]} and {name}: {sizes}, first at {place}"


def _recorded(submissions: dict[str, _Submission], log: list[Entry]) -> Iterator[str]:
    by_key: dict[str, list[Entry]] = defaultdict(list)
    for entry in log:
        by_key[entry.request_id].append(entry)
    for key, one in submissions.items():
        found = [(entry.position, entry.hash) for entry in by_key.get(key, [])]
        if len(found) > 1:
            yield f"duplicate: {key} at {[position for position, _ in found]}"
        if len(one.receipts) > 1:
            yield f"two receipts: {key}: {sorted(one.receipts)}"
        for receipt in sorted(one.receipts - set(found)):
            yield f"lost write: {key} acknowledged at {receipt}, recorded at {found}"
        if one.refused and found and not one.receipts:
            yield f"refused and recorded: {key}"


def _in_order(submissions: dict[str, _Submission]) -> Iterator[str]:
    """Check that what was acknowledged before another was asked stands before it."""
    ended = sorted(
        (one.acknowledged, max(one.receipts)[0], one.first)
        for one in submissions.values()
        if one.receipts
    )
    begun = sorted((first, position) for _, position, first in ended)
    highest, at = 0, 0
    for first, position in begun:
        while at < len(ended) and ended[at][0] < first:
            highest = max(highest, ended[at][1])
            at += 1
        if position < highest:
            yield f"inconsistent order: {position} was asked for after {highest}"


def _acknowledged(
    submissions: dict[str, _Submission],
) -> dict[str, list[tuple[int, float]]]:
    found: dict[str, list[tuple[int, float]]] = defaultdict(list)
    for one in submissions.values():
        for position, _ in one.receipts:
            found[one.child].append((position, one.acknowledged))
    return found


def _read(call: Call, kept: list[int], began: dict[int, float]) -> Iterator[str]:
    where = f"{call.child} at {call.start:.3f}"
    seen = list(call.seen)
    if seen != kept[: len(seen)]:
        yield f"inconsistent order: {where} saw {seen}, recorded is {kept}"
        return
    for position in seen:
        if began.get(position, call.end) > call.end:
            yield f"read from the future: {where} saw {position}"
    if call.kind == AT_LEAST:
        lacking = [p for p in kept if p <= call.position and p not in seen]
        if lacking or call.applied < call.position:
            yield f"stale read: {where} lacks {lacking}, at least {call.position}"
