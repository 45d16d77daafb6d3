"""What would be otherwise: every child's timeline under another reading of the law.

What lives here: replaying the facts that stand, in a log's file, under a reading that
is not the recorded one, and telling which children's custody would differ, on which
days, and by which articles. What never does: recording, or saying which is right.

The recorded reading is replayed beside it: a child whose recorded timeline its own
rules do not make again stands under other rules, or the record is damaged; it is told
as `rederived: false`, and not compared.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from events.files import opened_read_only
from events.log import StoredBody
from events.reading import StoredEntries
from events.timeline import Answer, Period
from projections.stretches import Stretch, between
from registry.child import Child, evolve
from registry.reading import RECORDED, Reading
from registry.timeline import RULES_NUMBER, timeline
from registry.wire import CODEC

CHILDREN = "child/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Otherwise:
    """A child whose custody would differ: the days, and the acts behind both answers.

    `acts` are positions and types by the version of the act in the child's stream.
    `rederived` is False where the recorded timeline is not what the rules make now.
    """

    child: str
    rederived: bool
    stretches: tuple[Stretch, ...]
    acts: dict[int, tuple[int, str]]


def children_in(path: Path) -> list[str]:
    """Return the ids of all children of a log's file, in order."""
    sql = "SELECT stream FROM heads_of_streams WHERE stream LIKE 'child/%' ORDER BY 1"
    database = opened_read_only(path)
    try:
        return [row[0].removeprefix(CHILDREN) for row in database.execute(sql)]
    finally:
        database.close()


def counterfactual(
    log: StoredEntries, children: Sequence[str], reading: Reading
) -> Iterator[Otherwise | None]:
    """Yield for each child what would be otherwise; None where nothing would be."""
    for child in children:
        yield _otherwise(child, log.stream(f"{CHILDREN}{child}"), reading)


def _otherwise(
    child: str, stored: Sequence[StoredBody], reading: Reading
) -> Otherwise | None:
    state, acts = Child(), dict[int, tuple[int, str]]()
    for body in stored:
        event: Any = CODEC.decode(body.fingerprint, body.body)
        state = evolve(state, event)
        acts[state.version] = (body.position, body.type)
    facts = state.standing()
    recorded = timeline(facts, RECORDED)
    if state.rules != RULES_NUMBER or not _same(state.live.values(), recorded):
        return Otherwise(child=child, rederived=False, stretches=(), acts={})
    found = tuple(between(recorded, timeline(facts, reading)))
    if not found:
        return None
    named = {version for one in found for version in _versions(one)}
    behind = {version: acts[version] for version in sorted(named) if version in acts}
    return Otherwise(child=child, rederived=True, stretches=found, acts=behind)


def _same(live: Any, wanted: Sequence[Period]) -> bool:  # noqa: ANN401  a dict's values
    said = sorted(repr(replace(period, number=0)) for period in live)
    return said == sorted(map(repr, wanted))


def _versions(stretch: Stretch) -> set[int]:
    periods = [p for a in (stretch.before, stretch.after) for p in _periods(a)]
    return {v for p in periods for v in (p.opened_by, p.closed_by) if v is not None}


def _periods(answer: Answer) -> tuple[Period, ...]:
    return (*answer.certain, *answer.possible)


def told(found: Otherwise) -> dict[str, Any]:
    """Return what would be otherwise as plain values."""
    return {
        "child": found.child,
        "rederived": found.rederived,
        "differs": [
            {
                "from": str(one.from_ or ""),
                "until": str(one.until or ""),
                "recorded": _answer(one.before),
                "otherwise": _answer(one.after),
            }
            for one in found.stretches
        ],
        "acts": [
            {"act": version, "position": position, "type": kind}
            for version, (position, kind) in found.acts.items()
        ],
    }


def _answer(answer: Answer) -> dict[str, Any]:
    return {
        "status": answer.status,
        "hand_over_to": [holder.id for holder in answer.hand_over_to],
        "periods": [
            {
                "line": period.line,
                "role": period.role,
                "holder": period.holder.id if period.holder else None,
                "articles": list(period.articles),
                "opened_by": period.opened_by,
            }
            for period in _periods(answer)
        ],
    }
