"""The commands: what a submitter asks the registry to record, in canonical form.

What lives here: imperative, frozen, complete; the request body of an entry is one of
these, as decided, so what the court said stands in the record beside what the
registry made of it. What never does: who submits (that is the submitter's, known by
certificate), rules, defaults. They stand in one module, not with the aggregates that
decide them, because their bytes are public and kept for ever like those of events.

Persons and children are lower-case UUIDs, cases too; bodies are public ids.
"""

from __future__ import annotations

from dataclasses import dataclass

from events.birth import Birth
from events.cases import Applicant, TrialLimitReason
from events.dates import PartialDate
from events.document import Document
from events.guardianship import AnnulReason, EndReason, PlacementForm, Way
from events.proceedings import Asked, Ground, Kin, TemporaryEnd
from events.timeline import Holder, Role
from registry.case_commands import ProceedingCommand
from registry.matter_commands import MatterCommand
from registry.subscription_commands import SubscriptionCommand


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterChild:
    """Register a child; `on` is its birth, or the day it was found."""

    child: str
    birth: Birth
    on: PartialDate
    jurisdiction: str
    parents: tuple[Holder, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EstablishGuardianship:
    """Record that holders became guardians by a way other than a designation.

    `kin` is given where the way is by order, `limb` (of MPL 94) where it is long-term,
    `testator` where it is a will.
    """

    child: str
    holders: tuple[Holder, ...]
    way: Way
    kin: Kin | None
    limb: int | None
    testator: Holder | None
    on: PartialDate
    order: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DesignateGuardian:
    """Record a designation by a committee or civil affairs (CC 31(1)).

    `notified_on` is the day on which those concerned received the notice.
    """

    child: str
    holders: tuple[Holder, ...]
    notified_on: PartialDate | None
    on: PartialDate
    order: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StartTemporaryArrangement:
    """Record the beginning of one of the four temporary roles.

    `limb` is that of MPL 92, for temporary guardianship by civil affairs alone.
    """

    child: str
    holder: Holder
    role: Role
    limb: int | None
    on: PartialDate
    order: int
    until: PartialDate | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EndTemporaryArrangement:
    """Record its end; `started` is the version of the fact that began it."""

    child: str
    started: int
    end: TemporaryEnd
    assessed_on: PartialDate | None
    on: PartialDate
    order: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordPlacement:
    """Record who cares for the child in fact; no guardianship moves."""

    child: str
    holder: Holder
    form: PlacementForm
    on: PartialDate
    order: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EndPlacement:
    """Record its end; `started` is the version of the fact that began it."""

    child: str
    started: int
    on: PartialDate
    order: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EndGuardianship:
    """Record the end of one guardianship, or of all (`who` empty), by CC 39."""

    child: str
    who: Holder | None
    reason: EndReason
    on: PartialDate
    order: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordWhereabouts:
    """Record that a guardian cannot be found, or was found again."""

    child: str
    who: Holder
    lost: bool
    on: PartialDate
    order: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordDeath:
    """Record a person's death; it is expanded to each ward, and the child itself."""

    person: str
    on: PartialDate


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordCapacityLost:
    """Record a court's finding that a person lost capacity, for each ward."""

    person: str
    on: PartialDate


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordSamePerson:
    """Record that two ids are one person, for each child that ever named either.

    `other` is read as `kept` from then on; `evidence` shows it.
    """

    kept: Holder
    other: Holder
    evidence: Document
    on: PartialDate


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferChild:
    """Record that a child's record goes on in another registry.

    `registry` is the origin of the other's log; `their_position`, where it says so.
    """

    child: str
    registry: str
    their_child: str
    their_position: int | None
    on: PartialDate
    order: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiveChild:
    """Record that a registered child's record came from another registry."""

    child: str
    registry: str
    their_child: str
    their_position: int | None
    on: PartialDate
    order: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationChild:
    """What an application asks about one child."""

    child: str
    respondents: tuple[Holder, ...]
    ground: Ground | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FileApplication:
    """Record an application filed with a court."""

    case: str
    court: str
    number: str | None
    asked: Asked
    applicant: Applicant
    filed_on: PartialDate
    children: tuple[ApplicationChild, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptApplication:
    """Record that the court docketed the application."""

    case: str
    on: PartialDate


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveTrialLimit:
    """Record that the time for trial ends later.

    `until` is the last day of the public notice, from which thirty days run, or the
    last day to which the court's president extended the trial (CPL 187).
    """

    case: str
    on: PartialDate
    reason: TrialLimitReason
    until: PartialDate


@dataclass(frozen=True, slots=True, kw_only=True)
class TerminateProcedure:
    """Record that the court ended the procedure as a civil dispute (CPL 186)."""

    case: str
    on: PartialDate


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawApplication:
    """Record that the application was withdrawn."""

    case: str
    on: PartialDate


@dataclass(frozen=True, slots=True, kw_only=True)
class DisqualifiedPerson:
    """One respondent disqualified for one child, and why.

    `opinions_limb` is that of OP14 35; `restoration_bar` that of OP14 40(2), 1 to 3.
    """

    who: Holder
    ground: Ground
    opinions_limb: int | None
    intentional_crime_against_ward: bool | None
    restoration_bar: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EndedPerson:
    """One guardianship that the judgment ended otherwise (CC 39(1)(4), INT 10, 12)."""

    who: Holder
    reason: EndReason


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildOutcome:
    """What the judgment decided for one child; empty parts decided nothing.

    `measures` names who cares under temporary measures of the judgment (CC 36(1)).
    """

    child: str
    disqualified: tuple[DisqualifiedPerson, ...]
    dismissed: tuple[Holder, ...]
    restored: tuple[Holder, ...]
    ended: tuple[EndedPerson, ...]
    designated: tuple[Holder, ...]
    measures: Holder | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordDecision:
    """Record a court's judgment: several children, each with its own outcome."""

    case: str
    court: str
    number: str | None
    decided_on: PartialDate
    effective_on: PartialDate
    order: int
    document: Document | None
    children: tuple[ChildOutcome, ...]


Replaceable = (
    RegisterChild
    | EstablishGuardianship
    | DesignateGuardian
    | StartTemporaryArrangement
    | EndTemporaryArrangement
    | RecordPlacement
    | EndPlacement
    | EndGuardianship
    | RecordWhereabouts
    | RecordDeath
    | RecordCapacityLost
    | FileApplication
    | AcceptApplication
    | MoveTrialLimit
    | WithdrawApplication
    | TerminateProcedure
    | RecordDecision
)
"""A command that can stand alone, or in the place of an annulled one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectSubmission:
    """Annul all acts of one entry and, where given, record others in their place."""

    position: int
    reason: AnnulReason
    replacement: Replaceable | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReinstateSubmission:
    """Let the acts of an annulled entry stand again."""

    position: int


Command = (
    Replaceable
    | RecordSamePerson
    | TransferChild
    | ReceiveChild
    | CorrectSubmission
    | ReinstateSubmission
    | MatterCommand
    | SubscriptionCommand
    | ProceedingCommand
)
"""Everything that can be submitted."""
