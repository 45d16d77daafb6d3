"""The classes that a child is in on a day: dated rules over recorded facts.

What lives here: `classify`, pure, and the schemes: three scholars', the State Council's
of 2016, and the notices on children left behind, orphaned, de facto unattended. What
never does: clocks, I/O, records: a class follows from facts and changes with the day,
so none is ever recorded. A child may be in several classes; each names its facts.

Where a date is partial, or a second parent not on record, a class is but possible.
Sources were read in published secondary texts that quote them, not in the notices.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from events.conditions import Condition
from events.dates import PartialDate
from registry.situation import (
    EXTENDED,
    Pick,
    Situation,
    gone,
    own,
    prevented,
    stands,
)

RULES_NUMBER = 1
"""The number of these rules: the answer names it."""
ADULT, LEFT_BEHIND_AGE, SCHOLAR_AGE = 18, 16, 14
C = Condition


class Scheme(StrEnum):
    """Who divides children so; the day from which it does stands in FROM."""

    WANG_QI = "wang_qi"
    WU_GUOPING = "wu_guoping"
    SHANG_XIAOYUAN = "shang_xiaoyuan"
    ORPHAN_2010 = "orphan_2010"
    LEFT_BEHIND_2016 = "left_behind_2016"
    STATE_COUNCIL_2016 = "state_council_2016"
    UNATTENDED_2019 = "unattended_2019"


FROM: dict[Scheme, tuple[date, str]] = {
    Scheme.WANG_QI: (date(1987, 1, 1), "Wang Qi"),
    Scheme.WU_GUOPING: (date(1987, 1, 1), "Wu Guoping"),
    Scheme.SHANG_XIAOYUAN: (date(1987, 1, 1), "Shang Xiaoyuan"),
    Scheme.ORPHAN_2010: (date(2010, 11, 16), "国办发〔2010〕54号"),
    Scheme.LEFT_BEHIND_2016: (date(2016, 2, 4), "国发〔2016〕13号"),
    Scheme.STATE_COUNCIL_2016: (date(2016, 6, 13), "国发〔2016〕36号"),
    Scheme.UNATTENDED_2019: (date(2020, 1, 1), "民发〔2019〕62号"),
}
"""First day and source of each scheme; a scholar's has no day and answers always."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Classified:
    """One class that a child is in: surely or perhaps, by which rule and facts."""

    scheme: Scheme
    name: str
    certain: bool
    source: str
    facts: tuple[str, ...]


_Found = tuple[str, tuple[str, ...]] | None
"""The name of a class and the facts that put the child there."""


def classify(situation: Situation, on: date) -> tuple[Classified, ...]:
    """Return the classes of a child on a day, in the order of the schemes."""
    early = _all(situation, on, _earliest)
    late = _all(situation, on, _latest)
    names = list(dict.fromkeys([*early, *late]))
    two = len(situation.parents) > 1
    return tuple(
        Classified(
            scheme=scheme,
            name=name,
            certain=(scheme, name) in early
            and (scheme, name) in late
            and (two or scheme not in _BOTH_PARENTS),
            source=_source(scheme, on),
            facts=(early.get((scheme, name)) or late[scheme, name]),
        )
        for scheme, name in names
    )


_BOTH_PARENTS = frozenset({Scheme.UNATTENDED_2019, Scheme.LEFT_BEHIND_2016})


def _source(scheme: Scheme, on: date) -> str:
    source = FROM[scheme][1]
    extended = scheme is Scheme.UNATTENDED_2019 and on >= EXTENDED
    return f"{source}, 民发〔2020〕125号" if extended else source


def _earliest(day: PartialDate) -> date:
    return day.earliest


def _latest(day: PartialDate) -> date:
    return day.latest


def _all(
    situation: Situation, on: date, pick: Pick
) -> dict[tuple[Scheme, str], tuple[str, ...]]:
    """Return the classes in one reading of the partial dates, with their facts."""
    age = _age(situation, on, pick)
    if age is None or not 0 <= age < ADULT:
        return {}
    found: list[tuple[Scheme, _Found]] = [
        (Scheme.WANG_QI, _lost_custody(situation)),
        *_of_wu(situation, on, pick, age),
        *((Scheme.SHANG_XIAOYUAN, one) for one in _of_shang(situation, on, pick)),
        (Scheme.ORPHAN_2010, _orphan(situation, on, pick)),
        (Scheme.LEFT_BEHIND_2016, _left_behind(situation, on, pick, age)),
        *((Scheme.STATE_COUNCIL_2016, one) for one in _of_2016(situation, on, pick)),
        (Scheme.UNATTENDED_2019, _unattended(situation, on, pick)),
    ]
    return {
        (scheme, one[0]): one[1]
        for scheme, one in found
        if one is not None and on >= FROM[scheme][0]
    }


def _age(situation: Situation, on: date, pick: Pick) -> int | None:
    if situation.born is None:
        return 0  # an unknown age protects: the classes are those of a minor
    born = pick(situation.born)
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))


def _lost_custody(situation: Situation) -> _Found:
    if situation.covered:
        return "lost_temporarily", ("custody",)
    return None if situation.parent_guards else ("lost_permanently", ("custody",))


def _orphan(situation: Situation, on: date, pick: Pick) -> _Found:
    """Lost both parents, or they cannot be found; under eighteen."""
    unknown = own(situation, on, pick, C.PARENTS_NOT_FOUND)
    if unknown:
        return "orphan", tuple(unknown)
    lost = [gone(parent, on, pick) for parent in situation.parents]
    if not lost or not all(lost):
        return None
    return "orphan", tuple(fact for facts in lost for fact in facts)


def _unattended(situation: Situation, on: date, pick: Pick) -> _Found:
    """Each parent is in one of the list, or one is gone and the other in the list.

    Where both are gone the child is an orphan, and not in this class.
    """
    facts: list[str] = []
    lost_alone = 0
    for parent in situation.parents:
        listed = prevented(parent, on, pick, listed=on)
        lost = gone(parent, on, pick)
        if not listed and not lost:
            return None
        lost_alone += not listed
        facts += listed or lost
    if not situation.parents or lost_alone == len(situation.parents):
        return None
    return "de_facto_unattended", tuple(facts)


def _of_wu(
    situation: Situation, on: date, pick: Pick, age: int
) -> Iterable[tuple[Scheme, _Found]]:
    """Under fourteen: orphans, abandoned infants, de facto unattended."""
    if age >= SCHOLAR_AGE:
        return
    yield Scheme.WU_GUOPING, _orphan(situation, on, pick)
    yield Scheme.WU_GUOPING, _unattended(situation, on, pick)


def _of_shang(situation: Situation, on: date, pick: Pick) -> Iterable[_Found]:
    """Physiological, social, multiple where both."""
    disabled = own(situation, on, pick, C.OWN_DISABILITY)
    ill = own(situation, on, pick, C.OWN_SERIOUS_ILLNESS)
    apart = own(situation, on, pick, C.SEPARATED, C.PARENTS_NOT_FOUND)
    poor = own(situation, on, pick, C.POVERTY)
    yield ("physiological_disabled", tuple(disabled)) if disabled else None
    yield ("physiological_ill", tuple(ill)) if ill else None
    yield ("social_separated", tuple(apart)) if apart else None
    yield ("social_poor", tuple(poor)) if poor else None
    if (disabled or ill) and (apart or poor):
        yield "multiple", (*disabled, *ill, *apart, *poor)


def _left_behind(situation: Situation, on: date, pick: Pick, age: int) -> _Found:
    """Under sixteen: both parents away, or one away and the other unable."""
    if age >= LEFT_BEHIND_AGE:
        return None
    away, unable = list[str](), list[str]()
    for parent in situation.parents:
        standing = [f for f in parent.conditions if stands(f, on, pick)]
        working = [f.fact for f in standing if f.what is C.AWAY_FOR_WORK]
        other = [f.fact for f in standing if f.what is C.UNABLE_TO_GUARD]
        if not working and not other:
            return None
        away += working
        unable += [] if working else other
    return ("left_behind", (*away, *unable)) if away else None


def _of_2016(situation: Situation, on: date, pick: Pick) -> Iterable[_Found]:
    """Poverty; own disability; guardianship absent or improper."""
    poor = own(situation, on, pick, C.POVERTY)
    disabled = own(situation, on, pick, C.OWN_DISABILITY)
    harmed = own(situation, on, pick, C.HARMED_OR_NEGLECTED, C.PARENTS_NOT_FOUND)
    yield ("poverty", tuple(poor)) if poor else None
    yield ("own_disability", tuple(disabled)) if disabled else None
    absent = [] if situation.parent_guards and not situation.covered else ["custody"]
    if harmed or absent:
        yield "guardianship_absent_or_improper", (*harmed, *absent)
