"""What the law says of a judgment: the findings beside each part of it.

What lives here: one function per part of a judgment's outcome, by the law of the day on
which the court decided. What never does: a refusal, or an effect.
"""

from __future__ import annotations

from events.dates import PartialDate
from events.guardianship import Finding, Office
from events.limits import Limit, LimitKind
from events.timeline import Holder
from registry import standing
from registry.child import Child
from registry.commands import ChildOutcome, DisqualifiedPerson, RecordDecision
from registry.guardianship import against_the_wish
from registry.law import establishing, figures, judging, opinions_2014
from registry.law.civil_code import is_minor
from registry.law.editions import OP14
from registry.law.periods import Unit, limit
from registry.law.reasons import finding


def of_disqualification(
    child: Child, command: RecordDecision, person: DisqualifiedPerson
) -> tuple[Finding, ...]:
    """Return what the law of the judgment's day says of one disqualification."""
    on, who = command.decided_on, person.who
    day = command.effective_on
    return (
        *judging.disqualification(
            on,
            stands=who in standing.guardians(child, day),
            already=standing.is_barred(child, who, day),
        ),
        *judging.ground(
            on,
            person.ground,
            person.opinions_limb,
            delegated=standing.delegated(child, on),
            since=standing.guardian_since(child, who, on),
        ),
        *conflicts(child, command, who),
        *judging.support(on),
    )


def conflicts(
    child: Child, command: RecordDecision, who: Holder
) -> tuple[Finding, ...]:
    """Say what contradicts the record: not asked for, overtaken, of an adult."""
    found: list[Finding] = []
    named = standing.respondents(child, command.case)
    if named is not None and who not in named:
        found.append(finding("was_named", (), "not_named_in_application"))
    newest = standing.newest_decision(child)
    if newest is not None and command.effective_on.latest < newest.earliest:
        found.append(finding("is_newest", (), "older_than_one_on_record"))
    birth = standing.born(child)
    if birth is not None:
        minor = is_minor(birth, command.effective_on)
        found += [] if minor.holds else [minor]
    return tuple(found)


def of_restoration(child: Child, who: Holder, on: PartialDate) -> tuple[Finding, ...]:
    """Return what the law says of a restoration that a court decided anyway."""
    return (
        *judging.restoration(
            on,
            kin_of_ward=standing.was_parent(child, who),
            disqualified=bool(standing.disqualifications(child, who)),
            crime_against_ward=standing.crime_against_ward(child, who),
            bar=standing.restoration_bar(child, who),
        ),
        *judging.designated_ceases(on),
    )


def of_wish(child: Child, on: PartialDate) -> tuple[Finding, ...]:
    """Return whether a child of the age to be asked was heard before a day."""
    heard = bool(standing.wishes(child, on))
    return judging.wish(on, standing.born(child), heard=heard)


def of_designation(
    child: Child, command: RecordDecision, outcome: ChildOutcome, by: Office
) -> tuple[Finding, ...]:
    """Return what the law says of a designation: who is left, and who is barred."""
    on = command.effective_on
    gone = {d.who for d in outcome.disqualified} | {e.who for e in outcome.ended}
    named = set(outcome.designated)
    back = set(outcome.restored)
    parents = (standing.parents_who_guard(child, on) | back) - gone - named
    left = (standing.guardians(child, on) | back) - gone - named
    found = establishing.designation(
        command.decided_on,
        by,
        len(outcome.designated),
        parent_stands=bool(parents),
        barred=any(standing.is_barred(child, h, on) for h in outcome.designated),
    )
    found = (*found, *against_the_wish(child, outcome.designated, command.decided_on))
    if not OP14.in_force(command.decided_on):
        return found
    return (*found, opinions_2014.designation_is_needed(another_stands=bool(left)))


def limits(
    child: Child, person: DisqualifiedPerson, on: PartialDate
) -> tuple[Limit, ...]:
    """Return when restoration may be asked for, and adoption begin (OP14 38, 44).

    None for whom restoration is barred, or who is no parent: nothing is waited for.
    """
    crime = person.intentional_crime_against_ward is True
    if crime or not standing.was_parent(child, person.who):
        return ()
    who = person.who.id
    waits = person.restoration_bar is None
    opens, closes = figures.RESTORATION_OPENS_MONTHS, figures.RESTORATION_CLOSES_YEARS
    return (
        *limit(LimitKind.RESTORATION_OPENS, on, opens, Unit.MONTHS, who, opens=True),
        *limit(LimitKind.RESTORATION_CLOSES, on, closes, Unit.YEARS, who),
        *(_adoption(on) if waits else ()),
    )


def _adoption(on: PartialDate) -> tuple[Limit, ...]:
    kind, wait = LimitKind.ADOPTION_OPENS, figures.ADOPTION_WAIT_YEARS
    return limit(kind, on, wait, Unit.YEARS, "civil_affairs", opens=True)
