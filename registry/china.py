"""The law of the People's Republic of China as a law pack.

What lives here: the parts of the pack put together. What never does: a rule; the acts'
modules (`registry.law`), the rules of timelines and the deciders have them.
"""

from __future__ import annotations

import hashlib
from importlib.resources import files
from typing import Final

from events.dates import PartialDate
from events.guardianship import ChildEvent, EndReason, Office
from events.proceedings import Ground
from events.timeline import Role
from registry import competence, deciders, endings, matter_deciders
from registry.child import Child
from registry.commands import (
    Command,
    EndTemporaryArrangement,
    RecordCapacityLost,
    RecordDeath,
)
from registry.conflicts import with_conflicts
from registry.law import figures
from registry.law.civil_code_court import LIMBS
from registry.measures import begun
from registry.pack import LawPack, Number, Words
from registry.refusal import RefusedError
from registry.timeline import RULES, RULES_SOURCES, of_age_on, record

ROLES: Final = {
    Role.PARENT: Words(english="parent and guardian", own="父母（监护人）"),
    Role.GUARDIAN: Words(english="guardian", own="监护人"),
    Role.STATE_GUARDIAN: Words(english="state guardian", own="国家监护人"),
    Role.TEMPORARY_GUARDIAN: Words(
        english="temporary guardian before designation", own="临时监护人"
    ),
    Role.STATE_TEMPORARY_GUARDIAN: Words(
        english="temporary guardianship by civil affairs", own="民政部门临时监护"
    ),
    Role.JUDGMENT_MEASURES: Words(
        english="temporary measures of a judgment", own="临时监护措施"
    ),
    Role.TEMPORARY_CARE: Words(english="temporary living care", own="临时生活照料"),
    Role.PAYER: Words(english="owes support", own="抚养费负担人"),
    Role.DISQUALIFIED: Words(english="disqualified", own="被撤销监护人资格"),
    Role.NOBODY: Words(english="nobody", own="监护缺失"),
    Role.CARER: Words(english="carer in fact", own="实际照料人"),
    Role.KEPT_AWAY: Words(
        english="kept away by a protection order", own="人身安全保护令被申请人"
    ),
}
"""What each role is called."""


def competent(command: Command, child: Child, by: Office) -> RefusedError | None:
    """Return how an office that may not do this is refused; None where it may."""
    ending = None
    if isinstance(command, EndTemporaryArrangement) and child.registered:
        ending = begun(child, command.started).role
    kind = competence.kind_of(command, ending)
    return None if competence.may_submit(by, kind) else competence.refusal(by, kind)


def of_ward(
    child: Child, command: RecordDeath | RecordCapacityLost, by: Office
) -> list[ChildEvent]:
    """Return what a guardian's death or loss of capacity ends (CC 39(1)(2), (3))."""
    reason = EndReason.CAPACITY_LOST
    if isinstance(command, RecordDeath):
        reason = EndReason.GUARDIAN_DIED
    return endings.decide_end_for_person(child, command.person, reason, command.on, by)


def of_own_death(child: Child, command: RecordDeath, by: Office) -> list[ChildEvent]:
    """Return what the ward's own death ends (CC 39(1)(3))."""
    reason = EndReason.WARD_DIED
    return record(child, [endings.end_of(child, None, reason, command.on, 0, by)])


def numbers(on: PartialDate) -> tuple[Number, ...]:
    """Return the ages and deadlines in force on a day, those of CC 17, 18 first."""
    ages = (
        Number(
            name="majority",
            number=figures.MAJORITY_YEARS,
            unit="years",
            source="CC 17",
        ),
        Number(
            name="age from which own labour gives full capacity",
            number=figures.FULL_CAPACITY_YEARS,
            unit="years",
            source="CC 18(2)",
        ),
    )
    dated = [(figure, figure.at(on)) for figure in figures.FIGURES]
    return ages + tuple(
        Number(
            name=figure.name,
            number=value.number,
            unit=figure.unit,
            source=value.source,
        )
        for figure, value in dated
        if value is not None
    )


def digest() -> bytes:
    """Return the SHA-256 of the source of all that makes a timeline."""
    root = files("registry")
    source = b"".join(root.joinpath(part).read_bytes() for part in RULES_SOURCES)
    return hashlib.sha256(source).digest()


GROUNDS: Final[dict[Ground, tuple[str, ...]]] = {
    ground: (limb,) for ground, limb in LIMBS.items()
}

CHINA: Final = LawPack(
    country="cn",
    rules=RULES,
    digest=digest(),
    competence=competent,
    on_child=deciders.on_child,
    on_case=deciders.on_case,
    on_case_and_child=deciders.on_case_and_child,
    on_case_and_children=deciders.on_case_and_children,
    on_ward=of_ward,
    on_own_death=of_own_death,
    on_matters=matter_deciders.on_matters,
    conflicts=with_conflicts,
    roles=ROLES,
    grounds=GROUNDS,
    of_age=of_age_on,
    numbers=numbers,
)
"""The first pack."""
