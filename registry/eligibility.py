"""Who may be guardian of a child on a day: every bar and warning, with its article.

What lives here: the questions asked of what is on record, of the person, the child, and
his other wards, by the law of the day. What never does: an effect, a decision: who
designates decides, and a court may designate against a warning. What is not recorded
(health, means, a crime elsewhere) is not seen here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from events.dates import PartialDate
from events.guardianship import (
    EndReason,
    Finding,
    GuardianshipEnded,
    NamedInApplication,
    Office,
)
from events.proceedings import Asked
from events.timeline import HandOver, Holder, HolderKind, Line
from registry import standing
from registry.child import Child
from registry.law import establishing, judging
from registry.law.citations import Question, cite
from registry.law.civil_code import is_minor
from registry.law.editions import MPL
from registry.law.reasons import finding

ENDED_HIMSELF = frozenset({EndReason.GUARDIAN_DIED, EndReason.CAPACITY_LOST})
"""Ends of a guardianship that are of the guardian, whichever ward they name."""
FOR_EVER = "intentional_crime_against_ward"


class Weight(StrEnum):
    """What an answer means for the question whether somebody may be guardian."""

    NONE = "none"
    WARNING = "warning"
    BAR = "bar"


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """One answer, and where it comes from: a stream, the act's version, its case."""

    weight: Weight
    finding: Finding
    stream: str = ""
    version: int = 0
    case: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is on record: the child, the person as a child, and the person's wards.

    `pending` are the cases that no court has decided yet.
    """

    name: str
    child: Child
    himself: Child | None
    wards: Mapping[str, Child]
    pending: frozenset[str]

    def all(self) -> dict[str, Child]:
        """Return every child by id, the one asked about first."""
        return {self.name: self.child, **self.wards}


def remarks(known: Known, who: Holder, on: PartialDate) -> tuple[Remark, ...]:
    """Return what speaks for and against somebody as guardian, bars first."""
    found = [
        *_of_the_child(known, on),
        *_of_the_person(known, who, on),
        *_for_this_child(known, who, on),
        *_elsewhere(known, who, on),
        *_pending(known, who, on),
    ]
    order = list(reversed(Weight))
    return tuple(sorted(found, key=lambda remark: order.index(remark.weight)))


def _of_the_child(known: Known, on: PartialDate) -> Iterator[Remark]:
    """Ask whether there is anybody to guard: a minor, who lives."""
    born = standing.born(known.child)
    if born is not None:
        minor = is_minor(born, on)
        yield Remark(weight=Weight.NONE if minor.holds else Weight.BAR, finding=minor)
    for remark, fact in _ends(known.name, known.child, on):
        if fact.reason is EndReason.WARD_DIED:
            yield remark


def _of_the_person(known: Known, who: Holder, on: PartialDate) -> Iterator[Remark]:
    """Ask whether he is of age, alive, able to guard."""
    born = standing.born(known.himself) if known.himself is not None else None
    if born is not None and is_minor(born, on).holds:
        cited = is_minor(born, on).articles
        found = finding("is_able_to_guard", cited, "is_a_minor_himself")
        stream = f"child/{who.id}"
        yield Remark(weight=Weight.BAR, finding=found, stream=stream)
    for name, child in known.all().items():
        for remark, fact in _ends(name, child, on):
            if fact.reason in ENDED_HIMSELF and fact.who == child.kept(who):
                yield remark
                return


def _ends(
    name: str, child: Child, on: PartialDate
) -> Iterator[tuple[Remark, GuardianshipEnded]]:
    for at in child.standing():
        fact = at.fact
        if isinstance(fact, GuardianshipEnded) and fact.on.earliest <= on.latest:
            (found,) = judging.ends(fact.on, fact.reason, stands=True)
            yield _from(name, child, at.version, Weight.BAR, found), fact


def _for_this_child(known: Known, who: Holder, on: PartialDate) -> Iterator[Remark]:
    """Ask whether he is disqualified for this child, and whether a parent is first."""
    child = known.child
    who = child.kept(who)
    barred = standing.is_barred(child, who, on)
    others = standing.parents_who_guard(child, on) - {who}
    asked = establishing.designation(
        on, Office.COMMITTEE, 1, parent_stands=bool(others), barred=barred
    )
    may, qualified = asked[:2]
    yield _remark(may, Weight.WARNING)
    if not barred:
        yield _remark(qualified, Weight.BAR)
        return
    bars = [p for p in standing.of_line(child, Line.BAR, on) if p.holder == who]
    for bar in bars:
        yield _from(known.name, child, bar.opened_by, Weight.BAR, qualified)
    back = judging.restoration(
        on,
        kin_of_ward=standing.was_parent(child, who),
        disqualified=True,
        crime_against_ward=standing.crime_against_ward(child, who),
        bar=standing.restoration_bar(child, who),
    )
    for found in (*back, *judging.window(on, standing.lost_on(child, who, on))):
        weight = Weight.BAR if found.reason == FOR_EVER else Weight.WARNING
        yield _remark(found, weight)


def _elsewhere(known: Known, who: Holder, on: PartialDate) -> Iterator[Remark]:
    """Ask whether he is disqualified for another child, or not to be found."""
    for name, child in known.wards.items():
        for bar in standing.of_line(child, Line.BAR, on):
            if bar.holder == child.kept(who):
                reason = "disqualified_for_another_child"
                found = finding("is_qualified", bar.articles, reason)
                yield _from(name, child, bar.opened_by, Weight.WARNING, found)
    for name, child in known.all().items():
        for held in standing.of_line(child, Line.RELATION, on):
            if held.holder == child.kept(who) and held.hand_over is HandOver.NO:
                cited = ("MPL 92(1)",) if MPL.in_force(on) else ()
                found = finding("can_be_found", cited, "whereabouts_are_lost")
                yield _from(name, child, held.opened_by, Weight.WARNING, found)
                return


def _pending(known: Known, who: Holder, on: PartialDate) -> Iterator[Remark]:
    """Ask whether a court is to decide on his disqualification."""
    for name, child in known.all().items():
        for at in child.standing():
            fact = at.fact
            if (
                isinstance(fact, NamedInApplication)
                and fact.asked is Asked.DISQUALIFY
                and child.kept(who) in fact.respondents
                and fact.case in known.pending
            ):
                cited = cite(Question.DISQUALIFICATION, on)
                found = finding("is_unchallenged", cited, "disqualification_is_asked")
                yield _from(name, child, at.version, Weight.WARNING, found)


def _remark(found: Finding, against: Weight) -> Remark:
    return Remark(weight=Weight.NONE if found.holds else against, finding=found)


def _from(
    name: str, child: Child, version: int, weight: Weight, found: Finding
) -> Remark:
    return Remark(
        weight=weight,
        finding=found,
        stream=f"child/{name}",
        version=version,
        case=child.facts[version].case,
    )


def looks_at_wards(who: Holder) -> bool:
    """Whether his wards are looked at one by one: a body has too many, and no death."""
    return who.kind is HolderKind.PERSON
