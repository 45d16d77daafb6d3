"""What changed: two states of knowledge of one child, side by side.

What lives here: the questions; `projections.stretches` finds the days and the acts,
`projections.past_answers` what had been answered of them. What never does: a judgment
which of the two states was right.

"What did this correction change, and for whom" is `changed_by` of its position: every
child that the entry concerns, with the days, both answers, and the past answers that
are given no more.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from events.entry import open_entry
from events.log import Log
from projections.custody import Custody
from projections.past_answers import MAX_PAST_ANSWERS, PastAnswer, past_answers
from projections.stretches import Knowledge, Stretch, stretches


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """How the answers for a child differ between two positions of the log.

    `past` are answers about the days of the stretches that were given before `after`
    and are not at it, at most MAX_PAST_ANSWERS of them; `past_left_out` counts the
    others. `unreadable` are the entries up to `after` that cannot be read: what they
    would change is not known, and from the first of them on every answer is uncertain.
    """

    child: str
    before: int
    after: int
    stretches: tuple[Stretch, ...]
    past: tuple[PastAnswer, ...]
    past_left_out: int
    unreadable: tuple[int, ...]

    def unreadable_between(self) -> list[int]:
        """Return the entries in between that cannot be read."""
        return [position for position in self.unreadable if position > self.before]


def compare(custody: Custody, child: str, before: int, after: int) -> Comparison:
    """Return on which days the answer at one position differs from that at another.

    Raises ValueError where `before` is above `after`.
    """
    if before > after:
        message = f"before ({before}) is above after ({after})"
        raise ValueError(message)
    found = custody.custody(child, date.max, after)
    knowledge = Knowledge(
        history=custody.history(child, after),
        facts=custody.explain(child, after),
        unreadable=found.unreadable if found else (),
    )
    differing = tuple(stretches(knowledge, before, after))
    past = past_answers(knowledge, differing, after)
    return Comparison(
        child=child,
        before=before,
        after=after,
        stretches=differing,
        past=tuple(past[:MAX_PAST_ANSWERS]),
        past_left_out=max(0, len(past) - MAX_PAST_ANSWERS),
        unreadable=knowledge.unreadable,
    )


def changed_by(
    log: Log, custody: Custody, position: int, beyond: str = ""
) -> Iterator[Comparison]:
    """Yield what an entry changed, for each child whose answers it changed, by id.

    Children up to `beyond` are left out. The entry must be applied;
    `projections.runner` has waited for it.
    """
    (stored,) = log.read(position - 1, 1)
    concerned = {header.concerns for header in open_entry(stored).frame.events}
    for child in sorted(child for child in concerned if child and child > beyond):
        found = compare(custody, child, position - 1, position)
        if found.stretches or found.unreadable_between():
            yield found
