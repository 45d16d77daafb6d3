"""The vocabulary of duties, referrals and joint meetings: who owes what to whom.

What lives here: frozen facts of the streams `duty/<uuid>`, `referral/<uuid>` and
`meeting/<uuid>`. What never does: rules, defaults, clocks, effects on a child's
guardianship: a duty moves none. A due day stands in the fact; that it passed is seen by
comparing dates, and recorded by an act.

Common to every fact: `on`, the day of the act; `by`, the class of authority whose act
it is; `findings`, what the law said of it when it was recorded.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from events.dates import PartialDate
from events.document import Document
from events.guardianship import ActAnnulled, ActReinstated, Finding, Office
from events.timeline import Holder


class Department(StrEnum):
    """Who may owe something to a child: departments, organs, organisations."""

    COORDINATION_BODY = "coordination_body"
    CIVIL_AFFAIRS = "civil_affairs"
    PUBLIC_SECURITY = "public_security"
    EDUCATION = "education"
    HEALTH = "health"
    MEDICAL_INSURANCE = "medical_insurance"
    FINANCE = "finance"
    DEVELOPMENT_AND_REFORM = "development_and_reform"
    HUMAN_RESOURCES = "human_resources"
    JUSTICE = "justice"
    COURT = "court"
    PROCURATORATE = "procuratorate"
    YOUTH_LEAGUE = "youth_league"
    WOMENS_FEDERATION = "womens_federation"
    DISABLED_FEDERATION = "disabled_federation"
    TOWNSHIP = "township"
    COMMITTEE = "committee"
    SCHOOL = "school"
    MEDICAL_INSTITUTION = "medical_institution"


class DutyKind(StrEnum):
    """What is owed; whose it is by law stands in `registry.duty_matrix`."""

    COORDINATE = "coordinate"
    FUND = "fund"
    PLAN_FACILITIES = "plan_facilities"
    ASSIST = "assist"
    REPORT = "report"
    TAKE_UP_REPORT = "take_up_report"
    VISIT_AFTER_WARNING = "visit_after_warning"
    KEEP_FILE = "keep_file"
    CHECK_CHILD_LABOUR = "check_child_labour"
    KEEP_STATION = "keep_station"
    SCHOOLING = "schooling"
    TRAINING_FOR_WORK = "training_for_work"
    HEALTH_CARE = "health_care"
    GUARANTEE = "guarantee"
    TEMPORARY_GUARDIANSHIP = "temporary_guardianship"
    LONG_TERM_GUARDIANSHIP = "long_term_guardianship"
    COOPERATE = "cooperate"
    LEGAL_AID = "legal_aid"
    SUPERVISE = "supervise"
    SUPPORT_SUIT = "support_suit"
    APPLY_AS_LAST_RESORT = "apply_as_last_resort"
    DISSUADE = "dissuade"
    ADMONISH = "admonish"


class Consequence(StrEnum):
    """What was decided because a duty was breached (MPL 117, 118; MPL 106)."""

    URGED = "urged"
    ORDERED_TO_CORRECT = "ordered_to_correct"
    PROCURATORS_OPINION = "procurators_opinion"
    DISCIPLINE = "discipline"
    NONE_NEEDED = "none_needed"


class DeclineReason(StrEnum):
    """Why a referral was declined."""

    NOT_COMPETENT = "not_competent"
    OTHER_JURISDICTION = "other_jurisdiction"
    ALREADY_DONE = "already_done"
    NO_GROUND = "no_ground"
    INCOMPLETE = "incomplete"


@dataclass(frozen=True, slots=True, kw_only=True)
class MatterFact:
    """What every fact of a matter's stream says."""

    on: PartialDate
    by: Office
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DutyOpened(MatterFact):
    """A duty began: to a child, or to a jurisdiction where `child` is empty.

    `owner` is the body that has it; empty where none is named: an orphan, which is
    shown. `meeting` is the joint meeting that resolved it.
    """

    kind: DutyKind
    child: str | None
    jurisdiction: str
    department: Department
    owner: Holder | None
    due: PartialDate | None
    meeting: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DutyAssigned(MatterFact):
    """A duty was given to another owner, from `on`."""

    department: Department
    owner: Holder


@dataclass(frozen=True, slots=True, kw_only=True)
class DutyFulfilled(MatterFact):
    """The owner did what was due; `document` shows it."""

    document: Document | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DutyBreached(MatterFact):
    """It was found that a duty was not fulfilled by the day it was due."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsequenceDecided(MatterFact):
    """What the breach of a duty brings was decided."""

    consequence: Consequence


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferralMade(MatterFact):
    """A matter was referred from one body to another, which answers by `due`."""

    kind: DutyKind
    child: str | None
    jurisdiction: str
    maker: Holder
    to: Holder
    due: PartialDate | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferralAccepted(MatterFact):
    """Who holds the referral took it up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferralDeclined(MatterFact):
    """Who held the referral declined it: its maker holds it again."""

    reason: DeclineReason


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferralPassedOn(MatterFact):
    """Who held the referral passed it on; `to` holds it now."""

    to: Holder
    due: PartialDate | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferralDone(MatterFact):
    """Who holds the referral did what it asked."""

    document: Document | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingHeld(MatterFact):
    """Departments met and resolved; each resolution is a duty of its own."""

    jurisdiction: str
    participants: tuple[Holder, ...]
    minutes: Document
    duties: tuple[str, ...]


DutyEvent = (
    DutyOpened
    | DutyAssigned
    | DutyFulfilled
    | DutyBreached
    | ConsequenceDecided
    | ActAnnulled
    | ActReinstated
)
"""Everything that may stand in a duty's stream."""
ReferralEvent = (
    ReferralMade
    | ReferralAccepted
    | ReferralDeclined
    | ReferralPassedOn
    | ReferralDone
    | ActAnnulled
    | ActReinstated
)
"""Everything that may stand in a referral's stream."""
MeetingEvent = MeetingHeld | ActAnnulled | ActReinstated
"""Everything that may stand in a meeting's stream."""
