"""The stories that a benchmark's children live: acts, through the real writer.

What lives here: a family with ids made for the run, and what befalls it. What never
does: names, or figures.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from uuid import uuid4

from events.birth import Birth, BirthSource, Precision
from events.cases import Applicant, ApplicantClass
from events.dates import PartialDate
from events.entry import Authentication, AuthenticationKind, Provenance
from events.guardianship import AnnulReason, Office
from events.proceedings import Asked, Ground
from events.timeline import Holder, HolderKind, Role
from registry.bootstrap import Registry
from registry.commands import (
    ApplicationChild,
    ChildOutcome,
    Command,
    CorrectSubmission,
    DisqualifiedPerson,
    FileApplication,
    RecordDecision,
    RegisterChild,
    StartTemporaryArrangement,
)
from registry.submission import Submission, Submitter

COURT, BUREAU, POLICE = "tongshan-court", "tongshan-civil-affairs", "xuzhou-police"
TIMEOUT_S = 10.0


class Family:
    """A child, its parents and its case, as random ids; acts of which it is told."""

    def __init__(self) -> None:
        self.child, self.case = str(uuid4()), str(uuid4())
        self.father = Holder(kind=HolderKind.PERSON, id=str(uuid4()))
        self.mother = Holder(kind=HolderKind.PERSON, id=str(uuid4()))
        self.bureau = Holder(kind=HolderKind.BODY, id=BUREAU)

    def birth(self) -> RegisterChild:
        """Return the registration: born in October 2004, both parents known."""
        born = PartialDate("2004-10")
        source = BirthSource.HOUSEHOLD_REGISTER
        return RegisterChild(
            child=self.child,
            birth=Birth(date=born, precision=Precision.STATED, source=source),
            on=born,
            jurisdiction="cn-320312",
            parents=(self.father, self.mother),
        )

    def application(self) -> FileApplication:
        """Return the bureau's application of 7 January 2015."""
        return FileApplication(
            case=self.case,
            court=COURT,
            number=None,
            asked=Asked.DISQUALIFY,
            applicant=Applicant(
                holder=self.bureau, standing=ApplicantClass.CIVIL_AFFAIRS
            ),
            filed_on=PartialDate("2015-01-07"),
            children=(
                ApplicationChild(
                    child=self.child,
                    respondents=(self.father, self.mother),
                    ground=Ground.HARM,
                ),
            ),
        )

    def judgment(self, *, designates: bool) -> RecordDecision:
        """Return the judgment of 4 February 2015: both disqualified."""
        day = PartialDate("2015-02-04")
        return RecordDecision(
            case=self.case,
            court=COURT,
            number=None,
            decided_on=day,
            effective_on=day,
            order=0,
            document=None,
            children=(
                ChildOutcome(
                    child=self.child,
                    disqualified=(
                        _lost(self.father, Ground.HARM, limb=1, crime=True),
                        _lost(self.mother, Ground.NEGLECT, limb=3, crime=None),
                    ),
                    dismissed=(),
                    restored=(),
                    ended=(),
                    designated=(self.bureau,) if designates else (),
                    measures=None,
                ),
            ),
        )


def _lost(
    who: Holder, ground: Ground, *, limb: int, crime: bool | None
) -> DisqualifiedPerson:
    return DisqualifiedPerson(
        who=who,
        ground=ground,
        opinions_limb=limb,
        intentional_crime_against_ward=crime,
        restoration_bar=None,
    )


def _born(registry: Registry, family: Family) -> None:
    _submit(registry, family.birth(), POLICE, Office.POLICE)


def _removed(registry: Registry, family: Family) -> None:
    _born(registry, family)
    _submit(registry, family.application(), BUREAU, Office.CIVIL_AFFAIRS)
    _submit(registry, family.judgment(designates=True), COURT, Office.COURT)


def _covered(registry: Registry, family: Family) -> None:
    _born(registry, family)
    cover = StartTemporaryArrangement(
        child=family.child,
        holder=family.bureau,
        role=Role.STATE_TEMPORARY_GUARDIAN,
        limb=None,
        on=PartialDate("2014-11-20"),
        order=0,
        until=None,
    )
    _submit(registry, cover, BUREAU, Office.CIVIL_AFFAIRS)
    _submit(registry, family.application(), BUREAU, Office.CIVIL_AFFAIRS)
    _submit(registry, family.judgment(designates=False), COURT, Office.COURT)


def _mended(registry: Registry, family: Family) -> None:
    _covered(registry, family)
    correction = CorrectSubmission(
        position=registry.log.head().position,
        reason=AnnulReason.WRONG_CONTENT,
        replacement=family.judgment(designates=True),
    )
    _submit(registry, correction, COURT, Office.COURT)


def _submit(
    registry: Registry, command: Command, authority: str, office: Office
) -> None:
    claimed = Authentication(kind=AuthenticationKind.CLAIMED, fingerprint=None)
    submission = Submission(
        submitter=Submitter(authority=authority, office=office, authentication=claimed),
        request_id=hashlib.sha256(repr(command).encode()).hexdigest(),
        command=command,
        provenance=Provenance.BACK_LOADED,
        cause="bench",
        validate_only=False,
    )
    future = registry.writer.submit(submission, time.monotonic() + TIMEOUT_S)
    future.result(TIMEOUT_S)


STORIES: tuple[tuple[int, Callable[[Registry, Family], None]], ...] = (
    (30, _born),
    (35, _removed),
    (20, _covered),
    (15, _mended),
)
"""How many of a hundred children live each story."""
