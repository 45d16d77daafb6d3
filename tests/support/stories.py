"""Stories that many tests tell: the published judgments, in the commands' words."""

from __future__ import annotations

from events.birth import Birth, BirthSource, Precision
from events.cases import Applicant, ApplicantClass
from events.dates import PartialDate
from events.guardianship import EndReason, PlacementForm, Way
from events.proceedings import (
    Asked,
    Ground,
    Kin,
    ProtectionAsked,
    ProtectionMeasure,
    ProtectionOutcome,
    TemporaryEnd,
)
from events.timeline import Holder, Role
from registry.case_commands import ApplyForProtection, DecideProtection
from registry.commands import (
    ApplicationChild,
    ChildOutcome,
    DesignateGuardian,
    DisqualifiedPerson,
    EndedPerson,
    EndGuardianship,
    EndTemporaryArrangement,
    EstablishGuardianship,
    FileApplication,
    RecordDecision,
    RecordPlacement,
    RecordWhereabouts,
    RegisterChild,
    StartTemporaryArrangement,
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
    bar: int | None = None,
) -> ChildOutcome:
    return ChildOutcome(
        child=child,
        disqualified=tuple(
            DisqualifiedPerson(
                who=who,
                ground=ground,
                opinions_limb=limb,
                intentional_crime_against_ward=crime,
                restoration_bar=bar,
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


def establish(
    way: Way,
    on: str,
    *holders: Holder,
    kin: Kin | None = None,
    limb: int | None = None,
    testator: Holder | None = None,
    child: str = CHILD,
) -> EstablishGuardianship:
    return EstablishGuardianship(
        child=child,
        holders=holders,
        way=way,
        kin=kin,
        limb=limb,
        testator=testator,
        on=PartialDate(on),
        order=0,
    )


def designate(
    on: str, *holders: Holder, notified: str | None = None, child: str = CHILD
) -> DesignateGuardian:
    return DesignateGuardian(
        child=child,
        holders=holders,
        notified_on=PartialDate(notified) if notified else None,
        on=PartialDate(on),
        order=0,
    )


def start(
    role: Role,
    on: str,
    holder: Holder,
    *,
    limb: int | None = None,
    until: str | None = None,
    child: str = CHILD,
) -> StartTemporaryArrangement:
    return StartTemporaryArrangement(
        child=child,
        holder=holder,
        role=role,
        limb=limb,
        on=PartialDate(on),
        order=0,
        until=PartialDate(until) if until else None,
    )


def stop(
    started: int,
    on: str,
    end: TemporaryEnd,
    *,
    assessed: str | None = None,
    child: str = CHILD,
) -> EndTemporaryArrangement:
    return EndTemporaryArrangement(
        child=child,
        started=started,
        end=end,
        assessed_on=PartialDate(assessed) if assessed else None,
        on=PartialDate(on),
        order=0,
    )


def end(
    reason: EndReason, on: str, who: Holder | None, child: str = CHILD
) -> EndGuardianship:
    return EndGuardianship(
        child=child, who=who, reason=reason, on=PartialDate(on), order=0
    )


def lost(who: Holder, on: str, *, found: bool = False) -> RecordWhereabouts:
    return RecordWhereabouts(
        child=CHILD, who=who, lost=not found, on=PartialDate(on), order=0
    )


def place(form: PlacementForm, on: str, holder: Holder) -> RecordPlacement:
    return RecordPlacement(
        child=CHILD, holder=holder, form=form, on=PartialDate(on), order=0
    )


def application(
    asked: Asked,
    standing: ApplicantClass,
    on: str,
    *respondents: Holder,
    who: Holder | None = None,
    case: str = CASE,
    child: str = CHILD,
) -> FileApplication:
    return FileApplication(
        case=case,
        court=COURT,
        number=None,
        asked=asked,
        applicant=Applicant(holder=who or body(BUREAU), standing=standing),
        filed_on=PartialDate(on),
        children=(ApplicationChild(child=child, respondents=respondents, ground=None),),
    )


def asks_protection(
    asked: ProtectionAsked,
    on: str,
    *against: Holder,
    standing: ApplicantClass = ApplicantClass.WOMENS_FEDERATION,
    who: Holder | None = None,
    minute: int | None = None,
    urgent: bool = False,
    child: str = CHILD,
    case: str = CASE,
) -> ApplyForProtection:
    return ApplyForProtection(
        case=case,
        court=COURT,
        number=None,
        asked=asked,
        urgent=urgent,
        applicant=Applicant(
            holder=who or body("tongshan-womens-federation"), standing=standing
        ),
        child=child,
        respondents=against,
        on=PartialDate(on),
        minute=minute,
    )


def decides_protection(
    result: ProtectionOutcome,
    on: str,
    *against: Holder,
    until: str | None = None,
    measures: tuple[ProtectionMeasure, ...] = (),
    minute: int | None = None,
    child: str = CHILD,
    case: str = CASE,
) -> DecideProtection:
    return DecideProtection(
        case=case,
        court=COURT,
        number=None,
        outcome=result,
        child=child,
        against=against,
        measures=measures,
        until=PartialDate(until) if until else None,
        on=PartialDate(on),
        minute=minute,
        order=0,
        document=None,
    )
