"""What is on record of a child on a day: the facts that the law asks for.

What lives here: questions about a child's own timeline and facts, answered from what
is recorded and nothing else. What never does: rules. Of partial dates: somebody who
may stand is taken to stand, and one who may be disqualified is taken to be, so that no
new holder slips in between the two readings of a date.
"""

from __future__ import annotations

from collections.abc import Iterator

from events.dates import PartialDate
from events.guardianship import (
    ChildRegistered,
    DisqualificationDismissed,
    GuardianDesignated,
    GuardianDisqualified,
    GuardianRestored,
    GuardianshipEstablished,
    NamedInApplication,
    Office,
    PlacementForm,
    Way,
    WishHeard,
)
from events.proceedings import Asked
from events.timeline import HandOver, Holder, Line, Period, Role
from registry.child import Child


def of_line(child: Child, line: Line, on: PartialDate) -> Iterator[Period]:
    """Yield the periods of a line that some reading of the date finds standing."""
    for period in child.live.values():
        began = period.from_.earliest <= on.latest
        ended = period.until is not None and period.until.latest <= on.earliest
        if period.line is line and began and not ended:
            yield period


def guardians(child: Child, on: PartialDate) -> set[Holder]:
    """Return who is guardian on the day."""
    return {p.holder for p in of_line(child, Line.RELATION, on) if p.holder}


def reachable(child: Child, on: PartialDate) -> set[Holder]:
    """Return the guardians whose whereabouts are not lost on the day."""
    return {
        p.holder
        for p in of_line(child, Line.RELATION, on)
        if p.holder and p.hand_over is not HandOver.NO
    }


def fit(child: Child, on: PartialDate) -> set[Holder]:
    """Return the guardians to whom the child may be handed on the day."""
    return {
        p.holder
        for p in of_line(child, Line.RELATION, on)
        if p.holder and p.hand_over is HandOver.YES
    }


def parents_who_guard(child: Child, on: PartialDate) -> set[Holder]:
    """Return the parents who are guardians by law on the day."""
    return {
        p.holder
        for p in of_line(child, Line.RELATION, on)
        if p.holder and p.role is Role.PARENT
    }


def is_barred(child: Child, who: Holder, on: PartialDate) -> bool:
    """Whether somebody is disqualified for this child on the day."""
    return any(p.holder == who for p in of_line(child, Line.BAR, on))


def was_parent(child: Child, who: Holder) -> bool:
    """Whether a standing fact made somebody a parent of the child."""
    return any(
        isinstance(at.fact, GuardianshipEstablished)
        and at.fact.way in {Way.BIRTH, Way.ADOPTION}
        and who in at.fact.holders
        for at in child.standing()
    )


def was_guardian(child: Child, who: Holder, on: PartialDate) -> bool:
    """Whether somebody was guardian until that day: it may be the day of death."""
    return any(
        p.line is Line.RELATION
        and p.holder == who
        and p.from_.earliest <= on.latest
        and (p.until is None or on.earliest <= p.until.latest)
        for p in child.live.values()
    )


def guardian_since(child: Child, who: Holder, on: PartialDate) -> PartialDate | None:
    """Return the first day from which somebody was guardian without a break."""
    mine = [p for p in child.live.values() if p.line is Line.RELATION]
    mine = [p for p in mine if p.holder == who and p.from_.earliest <= on.latest]
    return min((p.from_ for p in mine), key=lambda d: d.earliest, default=None)


def designated_guardians(child: Child, on: PartialDate) -> set[Holder]:
    """Return the guardians of the day whom somebody designated (CC 31(4))."""
    named = {
        holder
        for at in child.standing()
        if isinstance(at.fact, GuardianDesignated)
        for holder in at.fact.holders
    }
    return named & guardians(child, on) - parents_who_guard(child, on)


def court_designated(child: Child, who: Holder) -> bool:
    """Whether a court's designation of somebody stands."""
    return any(
        isinstance(at.fact, GuardianDesignated)
        and at.fact.by is Office.COURT
        and who in at.fact.holders
        for at in child.standing()
    )


def disqualifications(child: Child, who: Holder) -> list[GuardianDisqualified]:
    """Return the standing disqualifications of somebody, in order of their days."""
    found = [
        at.fact
        for at in child.standing()
        if isinstance(at.fact, GuardianDisqualified) and at.fact.who == who
    ]
    return sorted(found, key=lambda fact: fact.on.earliest)


def lost_on(child: Child, who: Holder, on: PartialDate) -> PartialDate | None:
    """Return the day of somebody's last disqualification before a day, if any."""
    days = [fact.on for fact in disqualifications(child, who)]
    before = [day for day in days if day.earliest <= on.latest]
    return before[-1] if before else None


def crime_against_ward(child: Child, who: Holder) -> bool:
    """Whether a standing judgment says an intentional crime against this ward."""
    found = disqualifications(child, who)
    return any(fact.intentional_crime_against_ward is True for fact in found)


def restoration_bar(child: Child, who: Holder) -> int | None:
    """Return the limb of OP14 40(2) that a standing judgment finds, if any."""
    found = [fact.restoration_bar for fact in disqualifications(child, who)]
    return next((bar for bar in reversed(found) if bar is not None), None)


def wishes(child: Child, on: PartialDate) -> list[WishHeard]:
    """Return what the child said until a day: the last word about each person."""
    heard = [
        at.fact
        for at in child.standing()
        if isinstance(at.fact, WishHeard) and at.fact.on.earliest <= on.latest
    ]
    heard.sort(key=lambda fact: (fact.on.earliest, fact.order))
    return list({fact.toward: fact for fact in heard}.values())


def delegated(child: Child, on: PartialDate) -> bool:
    """Whether somebody is entrusted with the care of the child on the day."""
    entrusted = {
        at.version
        for at in child.standing()
        if getattr(at.fact, "form", None) is PlacementForm.ENTRUSTED
    }
    periods = of_line(child, Line.PLACEMENT, on)
    return any(p.opened_by in entrusted for p in periods)


def respondents(child: Child, case: str) -> set[Holder] | None:
    """Return whom a case's standing application names here; None without one."""
    found = [
        at.fact
        for at in child.standing()
        if isinstance(at.fact, NamedInApplication) and at.fact.case == case
    ]
    return {who for fact in found for who in fact.respondents} if found else None


def is_sued_for(child: Child) -> bool:
    """Whether an application to disqualify stands that no court has decided here."""
    asked, decided = set[str | None](), set[str | None]()
    for at in child.standing():
        match at.fact:
            case NamedInApplication(asked=Asked.DISQUALIFY):
                asked.add(at.fact.case)
            case GuardianDisqualified() | DisqualificationDismissed():
                decided.add(at.fact.case)
            case _:
                pass
    return bool(asked - decided)


def newest_decision(child: Child) -> PartialDate | None:
    """Return the latest day of a court's recorded act on this child."""
    kinds = (GuardianDisqualified, DisqualificationDismissed, GuardianRestored)
    days = [
        at.fact.on
        for at in child.standing()
        if isinstance(at.fact, kinds)
        or (isinstance(at.fact, GuardianDesignated) and at.fact.by is Office.COURT)
    ]
    return max(days, key=lambda day: day.earliest, default=None)


def born(child: Child) -> PartialDate | None:
    """Return the child's birth date, where a standing registration has one."""
    for at in child.standing():
        if isinstance(at.fact, ChildRegistered):
            return at.fact.birth.date
    return None


def roles(child: Child, on: PartialDate) -> set[tuple[Role, Holder]]:
    """Return who is guardian or covers the child on the day, and as what."""
    lines = (Line.RELATION, Line.COVER)
    standing = [period for line in lines for period in of_line(child, line, on)]
    return {(p.role, p.holder) for p in standing if p.holder}
