"""Stories that many tests tell: the published judgments, in the commands' words."""

from __future__ import annotations

from events.cases import Applicant, ApplicantClass
from events.dates import PartialDate
from events.guardianship import (
    Asked,
    Birth,
    BirthSource,
    Ground,
    Precision,
)
from events.timeline import Holder
from registry.commands import (
    ApplicationChild,
    ChildOutcome,
    DisqualifiedPerson,
    EndedPerson,
    FileApplication,
    RecordDecision,
    RegisterChild,
)
from tests.support.registry import body, child_id, person

COURT = "tongshan-court"
BUREAU = "tongshan-civil-affairs"
FATHER = person("tongshan father")
MOTHER = person("tongshan mother")
CHILD = child_id("tongshan child")
CASE = child_id("tongshan case of 2015")


def born(child: str, on: str, *parents: Holder) -> RegisterChild:
    date = PartialDate(on)
    return RegisterChild(
        child=child,
        birth=Birth(
            date=date,
            precision=Precision.STATED,
            source=BirthSource.HOUSEHOLD_REGISTER,
        ),
        on=date,
        jurisdiction="cn-320312",
        parents=parents,
    )


def tongshan_application() -> FileApplication:
    """The bureau applies on 7 January 2015, a week after the Opinions came in force."""
    return FileApplication(
        case=CASE,
        court=COURT,
        number=None,
        asked=Asked.DISQUALIFY,
        applicant=Applicant(holder=body(BUREAU), standing=ApplicantClass.CIVIL_AFFAIRS),
        filed_on=PartialDate("2015-01-07"),
        children=(
            ApplicationChild(
                child=CHILD, respondents=(FATHER, MOTHER), ground=Ground.HARM
            ),
        ),
    )


def outcome(
    child: str = CHILD,
    *,
    disqualified: tuple[Holder, ...] = (),
    dismissed: tuple[Holder, ...] = (),
    restored: tuple[Holder, ...] = (),
    designated: tuple[Holder, ...] = (),
    ended: tuple[EndedPerson, ...] = (),
    measures: Holder | None = None,
    ground: Ground = Ground.HARM,
    limb: int | None = None,
    crime: bool | None = None,
) -> ChildOutcome:
    return ChildOutcome(
        child=child,
        disqualified=tuple(
            DisqualifiedPerson(
                who=who,
                ground=ground,
                opinions_limb=limb,
                intentional_crime_against_ward=crime,
            )
            for who in disqualified
        ),
        dismissed=dismissed,
        restored=restored,
        ended=ended,
        designated=designated,
        measures=measures,
    )


def judgment(on: str, *children: ChildOutcome, case: str = CASE) -> RecordDecision:
    date = PartialDate(on)
    return RecordDecision(
        case=case,
        court=COURT,
        number=None,
        decided_on=date,
        effective_on=date,
        order=0,
        document=None,
        children=children,
    )
