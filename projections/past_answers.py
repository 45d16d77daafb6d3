"""Answers given in the past that a later state of knowledge gives no more. Pure.

What lives here: `past_answers`, the states of knowledge and the days of which something
else was answered. What never does: who asked, and whether anybody did; the log records
what could be answered, never a question.

An entry N affects what was answered of a day, as known at some K < N, where N changes
what is said of the day (the answer as known at N is not that as known at N - 1) and
what was said at K is not what is said at N. Days that N leaves alone are not told,
however often others changed them: those belong to the entries that did. Whether an
answer stood until N, or another entry had replaced it before, is told by its last
position: N - 1, or less.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise
from typing import Final, NamedTuple

from events.timeline import Answer
from projections.custody import KnownPeriod
from projections.stretches import (
    Knowledge,
    Meaning,
    Part,
    Stretch,
    is_held,
    meaning,
    parts,
)

MAX_PAST_ANSWERS: Final = 1_000
"""Told of one child, the latest: under 1 MB with five periods each, and a client takes
4 MiB at once. A life of thirty acts, all told anew by one, has some sixty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PastAnswer:
    """What was answered, in which states of knowledge, of which days.

    From position `first_known_at` to `last_known_at`, both inclusive; of the days from
    `from_`, inclusive, until `until`, exclusive, empty as in a `Stretch`. `answered` is
    the answer of the first day as known at the first position.
    """

    first_known_at: int
    last_known_at: int
    from_: date | None
    until: date | None
    answered: Answer


class _Run(NamedTuple):
    first: int
    last: int
    answered: Answer


_Key = tuple[int, int, Meaning, Meaning]
"""First and last position, what was answered, and what is said now."""


def past_answers(
    knowledge: Knowledge, differing: Iterable[Stretch], after: int
) -> list[PastAnswer]:
    """Return what was answered of differing days before `after`, and is not at it.

    States of knowledge in which the child was not known are left out: "not known in 1
    to n" is true for ever. Of the days of one past answer the same is said now: the
    `after` of their stretches. What was answered last comes first, then by day.
    """
    since = knowledge.since()
    if since is None:
        return []
    days = (
        (part, meaning(part.answer(knowledge, after)))
        for first, until in _together(differing)
        for part in parts(knowledge.history, first, until)
    )
    found = _joined(knowledge, days, range(since, after))
    return sorted(found, key=lambda past: (-past.last_known_at, past.from_ or date.min))


def _together(differing: Iterable[Stretch]) -> list[tuple[date | None, date | None]]:
    """Return first days and ends of stretches, neighbours as one."""
    found: list[tuple[date | None, date | None]] = []
    for stretch in differing:
        if found and found[-1][1] == stretch.from_:
            found[-1] = found[-1][0], stretch.until
        else:
            found.append((stretch.from_, stretch.until))
    return found


def _joined(
    knowledge: Knowledge, days: Iterable[tuple[Part, Meaning]], positions: range
) -> Iterator[PastAnswer]:
    """Yield neighbouring days of which the same was and is said as one."""
    open_: dict[_Key, PastAnswer] = {}
    for part, now in days:
        going_on: dict[_Key, PastAnswer] = {}
        for run in _runs(knowledge, part, positions):
            said = meaning(run.answered)
            if said == now:
                continue
            key = run.first, run.last, said, now
            begun = open_.get(key)
            if begun is not None and begun.until == part.from_:
                del open_[key]
                going_on[key] = replace(begun, until=part.until)
                continue
            going_on[key] = PastAnswer(
                first_known_at=run.first,
                last_known_at=run.last,
                from_=part.from_,
                until=part.until,
                answered=run.answered,
            )
        yield from open_.values()
        open_ = going_on
    yield from open_.values()


def _runs(knowledge: Knowledge, part: Part, positions: range) -> Iterator[_Run]:
    """Yield what was answered of a part, from which position to which, in order.

    No period is known before the child is, at the first of the positions.
    """
    arriving: dict[int, list[KnownPeriod]] = {}
    for known in part.touching:
        arriving.setdefault(known.known_from, []).append(known)
    ending = (known.known_until for known in part.touching if known.known_until)
    moved = {*arriving, *ending, *knowledge.unreadable[:1], positions.start}
    cuts = sorted(position for position in moved if position in positions)
    held: list[KnownPeriod] = []
    last: _Run | None = None
    for first, after in pairwise([*cuts, positions.stop]):
        candidates = (*held, *arriving.get(first, ()))
        held = [known for known in candidates if is_held(known, first)]
        readable = knowledge.readable(first)
        said = part.answer_of((known.period for known in held), readable=readable)
        if last is not None and meaning(last.answered) == meaning(said):
            last = last._replace(last=after - 1)
            continue
        if last is not None:
            yield last
        last = _Run(first, after - 1, said)
    if last is not None:
        yield last
