"""The vocabulary of one child's stream: what has happened to its guardianship.

What lives here: frozen facts and the differences they make. What never does: rules,
defaults, clocks. A fact is never edited: a mistake gets a correcting fact.

Streams are named `child/<uuid>`. Common to every fact: `on`, the legal day it takes
effect; `order`, its place among acts of one day; `case`, the case it belongs to; `by`,
the class of authority whose act it is; `findings`, what the law said of it when it was
recorded; `limits`, the days by which somebody must act because of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from events.birth import Birth
from events.dates import PartialDate
from events.document import Document
from events.limits import Limit
from events.proceedings import (
    Advice,
    Asked,
    Conflict,
    Direction,
    Ground,
    Kin,
    ProtectionMeasure,
    TemporaryEnd,
    Wish,
)
from events.timeline import Cause, HandOver, Holder, Period, Role


class Office(StrEnum):
    """The class of authority or person whose act a fact is (in_depth §6, matrix)."""

    COURT = "court"
    CIVIL_AFFAIRS = "civil_affairs"
    COMMITTEE = "committee"
    POLICE = "police"
    PROCURATORATE = "procuratorate"
    RESCUE_INSTITUTION = "rescue_institution"
    WELFARE_INSTITUTION = "welfare_institution"
    SCHOOL = "school"
    MEDICAL_INSTITUTION = "medical_institution"
    WOMENS_FEDERATION = "womens_federation"
    DISABLED_FEDERATION = "disabled_federation"
    YOUTH_LEAGUE = "youth_league"
    PROTECTION_ORGANISATION = "protection_organisation"
    REGISTRY = "registry"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What the law answered to one question, with the edition's articles.

    `question` is the name of the law function; `reason` is a code, never free text.
    """

    question: str
    holds: bool
    articles: tuple[str, ...]
    reason: str


class Way(StrEnum):
    """The ways to become guardian other than a designation (CC 27-30, 32, MPL 94)."""

    BIRTH = "birth"
    ADOPTION = "adoption"
    ORDER = "order"
    CONSENT = "consent"
    WILL = "will"
    AGREEMENT = "agreement"
    NOBODY_QUALIFIED = "nobody_qualified"
    LONG_TERM = "long_term"


class PlacementForm(StrEnum):
    """How a child is cared for in fact, moving nothing (MPL 22, 93(1); OP14 11, 16)."""

    ENTRUSTED = "entrusted"
    KIN = "kin"
    FOSTER = "foster"
    RESCUE_INSTITUTION = "rescue_institution"
    WELFARE_INSTITUTION = "welfare_institution"
    BOARDING_SCHOOL = "boarding_school"
    INTERIM_CARER = "interim_carer"


class EndReason(StrEnum):
    """Why a guardianship ended (CC 39, INT 10, 12); majority needs no event."""

    FULL_CAPACITY = "full_capacity"
    CAPACITY_LOST = "capacity_lost"
    GUARDIAN_DIED = "guardian_died"
    WARD_DIED = "ward_died"
    COURT_FOUND = "court_found"
    CHANGED_BY_COURT = "changed_by_court"
    DESIGNATION_SET_ASIDE = "designation_set_aside"
    ADOPTION = "adoption"
    ADOPTION_DISSOLVED = "adoption_dissolved"
    """Of an adoptive parent; the ties with the birth parents revive (CC 1117)."""


class AnnulReason(StrEnum):
    """Why an act no longer stands."""

    WRONG_CHILD = "wrong_child"
    WRONG_PERSON = "wrong_person"
    WRONG_DATE = "wrong_date"
    WRONG_CASE = "wrong_case"
    WRONG_CONTENT = "wrong_content"
    NEVER_HAPPENED = "never_happened"
    SUBMITTED_TWICE = "submitted_twice"
    JUDGMENT_REVISED = "judgment_revised"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """What every fact of a child's stream says."""

    on: PartialDate
    order: int
    case: str | None
    by: Office
    findings: tuple[Finding, ...]
    limits: tuple[Limit, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildRegistered(Fact):
    """The registry learned of a child, from birth or from the day of finding (`on`)."""

    birth: Birth
    jurisdiction: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedInApplication(Fact):
    """The child was named in an application; moves nothing (CC 36(2))."""

    asked: Asked
    respondents: tuple[Holder, ...]
    ground: Ground | None


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardianshipEstablished(Fact):
    """Holders became guardians by a way other than a designation, from `on`.

    `kin` is the rank where the way is by order, `limb` that of MPL 94 where it is
    long-term, `testator` the parent whose will it is.
    """

    holders: tuple[Holder, ...]
    way: Way
    kin: Kin | None
    limb: int | None
    testator: Holder | None


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardianDesignated(Fact):
    """Holders were designated by a court, committee or civil affairs (CC 31, 36).

    `notified_on` is the day of the notice from which objections are counted.
    """

    holders: tuple[Holder, ...]
    notified_on: PartialDate | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TemporaryArrangementStarted(Fact):
    """A temporary role (CC 31(3), 34(4), 36(1)) or that of a limb of MPL 92 began.

    `until` is an expected end and an alarm; it ends nothing, unless the act fixed it.
    """

    holder: Holder
    role: Role
    limb: int | None
    until: PartialDate | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TemporaryArrangementEnded(Fact):
    """A temporary role ended; `started` is the version of the fact that began it.

    `assessed_on` is the day of the assessment that a return needs (MPL 93(2)).
    """

    started: int
    end: TemporaryEnd
    assessed_on: PartialDate | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildPlaced(Fact):
    """Somebody cares for the child in fact; guardianship is not moved (INT 13)."""

    holder: Holder
    form: PlacementForm


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacementEnded(Fact):
    """A placement ended; `started` is the version of the fact that began it."""

    started: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WhereaboutsLost(Fact):
    """A guardian cannot be found: still guardian, not to be handed the child."""

    who: Holder


@dataclass(frozen=True, slots=True, kw_only=True)
class WhereaboutsFound(Fact):
    """A guardian whose whereabouts were lost was found again."""

    who: Holder


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardianDisqualified(Fact):
    """A court disqualified a guardian of this child (CC 36(1)).

    `intentional_crime_against_ward` bars restoration for ever (CC 38); a limb of OP14
    40(2), `restoration_bar`, generally. Empty where the judgment does not say.
    """

    who: Holder
    ground: Ground
    opinions_limb: int | None
    intentional_crime_against_ward: bool | None
    restoration_bar: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DisqualificationDismissed(Fact):
    """A court dismissed the application against this person; nothing moves."""

    who: Holder


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardianRestored(Fact):
    """A court restored a parent; the court's designated guardian ceases (CC 38)."""

    who: Holder


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardianshipEnded(Fact):
    """A guardianship ended for a reason of CC 39; `who` is empty: all of them."""

    who: Holder | None
    reason: EndReason


@dataclass(frozen=True, slots=True, kw_only=True)
class WishHeard(Fact):
    """The child was asked, and what it said of whom; moves nothing (CC 35(2))."""

    wish: Wish
    toward: Holder | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationAdvised(Fact):
    """A procurator wrote that somebody may, or should, apply (OP14 30; MPL 106)."""

    advice: Advice
    to: Holder
    respondents: tuple[Holder, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProtectionOrdered(Fact):
    """A court's protection order of the child stands, to `until` inclusive (DV 29, 30).

    One of the same case takes the place of the one before. `hand_over`: whether the
    child may be handed to those against whom it stands, by its measures.
    """

    against: tuple[Holder, ...]
    measures: tuple[ProtectionMeasure, ...]
    until: PartialDate
    hand_over: HandOver


@dataclass(frozen=True, slots=True, kw_only=True)
class ProtectionLifted(Fact):
    """A court revoked the protection order of the case (DV 30, 31)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConflictFound(Fact):
    """The act beside it contradicts what was on record; both stand, nothing moves.

    `who` is whom it is about; `source` the case whose act it contradicts, of its day
    `source_on`; `court` the other court: each where there is one.
    """

    kind: Conflict
    who: Holder | None
    source: str | None
    source_on: PartialDate | None
    court: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonsFoundOne(Fact):
    """Two ids were found to be one person: while this stands `other` is read as `kept`.

    It moves nothing of itself; what the child's facts say of either is of one person.
    """

    kept: Holder
    other: Holder
    evidence: Document


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildTransferred(Fact):
    """The child's record goes on in another registry, or came from it; moves nothing.

    `registry` is the origin of the other's log, `their_child` its id of the child,
    `their_position` where its log says so, once that is known here.
    """

    registry: str
    their_child: str
    their_position: int | None
    direction: Direction


@dataclass(frozen=True, slots=True, kw_only=True)
class ActAnnulled:
    """An act of this stream no longer stands; `act` is its version."""

    act: int
    reason: AnnulReason
    by: Office


@dataclass(frozen=True, slots=True, kw_only=True)
class ActReinstated:
    """An annulled act of this stream stands again; `act` is its version."""

    act: int
    by: Office


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineChanged:
    """The complete difference that acts, or new rules, made to the child's timeline.

    `act` is the version of the entry's first act; empty for a change of rules.
    """

    rules: int
    cause: Cause
    act: int | None
    withdrawn: tuple[int, ...]
    asserted: tuple[Period, ...]


ChildFact = (
    ChildRegistered
    | NamedInApplication
    | GuardianshipEstablished
    | GuardianDesignated
    | TemporaryArrangementStarted
    | TemporaryArrangementEnded
    | ChildPlaced
    | PlacementEnded
    | WhereaboutsLost
    | WhereaboutsFound
    | GuardianDisqualified
    | DisqualificationDismissed
    | GuardianRestored
    | GuardianshipEnded
    | WishHeard
    | ApplicationAdvised
    | ProtectionOrdered
    | ProtectionLifted
    | ConflictFound
    | PersonsFoundOne
    | ChildTransferred
)
"""The facts that the rules fold into a timeline."""

ChildEvent = ChildFact | ActAnnulled | ActReinstated | TimelineChanged
"""Everything that may stand in a child's stream."""
