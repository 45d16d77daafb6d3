"""What happens around a case: evidence, hearing, wishes, advice, support.

What lives here: one `decide_…` function per command. What never does: clocks, ids,
I/O, and any effect on custody: none of these moves a guardianship.
"""

from __future__ import annotations

from events.cases import (
    ApplicationSupported,
    CaseEvent,
    EvidenceListed,
    HearingHeld,
)
from events.guardianship import ApplicationAdvised, ChildEvent, Office, WishHeard
from events.limits import LimitKind
from events.proceedings import Advice, Wish
from events.timeline import HolderKind
from registry import standing
from registry.case import Case, pending
from registry.case_commands import (
    AdviseApplication,
    HearWish,
    ListEvidence,
    RecordHearing,
    SupportApplication,
)
from registry.child import Child, known
from registry.law import figures, judging, minors_protection
from registry.law.civil_procedure import may_decide_in_absence
from registry.law.editions import MPL
from registry.law.periods import Unit, limit
from registry.refusal import InvalidError, NotKnownError
from registry.timeline import record


def decide_list_evidence(
    case: Case, command: ListEvidence, by: Office
) -> list[CaseEvent]:
    """Record that a document was put before the court; the registry keeps its digest.

    It may come before the application is on record, or after the judgment.
    """
    if not case.events:
        raise _unknown(command.case)
    listed = {
        (e.kind, e.child, e.document)
        for e in case.standing()
        if isinstance(e, EvidenceListed)
    }
    if (command.kind, command.child, command.document) in listed:
        raise InvalidError("document", "is listed already")
    return [
        EvidenceListed(
            on=command.on,
            kind=command.kind,
            child=command.child,
            document=command.document,
            by=by,
            findings=(),
        )
    ]


def decide_record_hearing(case: Case, command: RecordHearing) -> list[CaseEvent]:
    """Record a hearing; who was summoned and did not come may be judged (CPL 147)."""
    application = pending(case, command.case)
    if command.on.latest < application.filed_on.earliest:
        raise InvalidError("on", "is not before the application")
    if len(set(command.absent)) != len(command.absent):
        raise InvalidError("absent", "names each person once")
    found = (may_decide_in_absence(),) if command.absent else ()
    return [HearingHeld(on=command.on, absent=command.absent, findings=found)]


def decide_support_application(
    case: Case, command: SupportApplication
) -> list[CaseEvent]:
    """Record that a procurator supports an application: he is no party by it."""
    pending(case, command.case)
    in_force = MPL.in_force(command.on)
    found = (minors_protection.procurator_supports(),) if in_force else ()
    return [ApplicationSupported(on=command.on, findings=found)]


def decide_hear_wish(child: Child, command: HearWish, by: Office) -> list[ChildEvent]:
    """Record what a child of any age said when it was asked (CC 35(2))."""
    known(child, command.child)
    if (command.toward is None) != (command.wish is Wish.NO_VIEW):
        raise InvalidError("toward", "is given for a view, and for it alone")
    birth = standing.born(child)
    if birth is not None and command.on.latest < birth.earliest:
        raise InvalidError("on", "is not before the birth")
    fact = WishHeard(
        on=command.on,
        order=command.order,
        case=command.case,
        by=by,
        findings=judging.wish(command.on, birth, heard=True),
        limits=(),
        wish=command.wish,
        toward=command.toward,
    )
    return record(child, [fact])


def decide_advise_application(
    child: Child, command: AdviseApplication, by: Office
) -> list[ChildEvent]:
    """Record a procurator's notice, or recommendation, which starts the last resort.

    The law gives the duty no days: an alarm is chosen (CC 36(3); LAST_RESORT_DAYS).
    """
    known(child, command.child)
    if not command.respondents:
        raise InvalidError("respondents", "names at least one")
    recommended = command.advice is Advice.RECOMMENDED
    if recommended and command.to.kind is not HolderKind.BODY:
        raise InvalidError("to", "is a body that may apply")
    kind, days = LimitKind.LAST_RESORT, figures.LAST_RESORT_DAYS
    started = limit(kind, command.on, days, Unit.DAYS, command.to.id)
    fact = ApplicationAdvised(
        on=command.on,
        order=command.order,
        case=None,
        by=by,
        findings=judging.advice(command.on, command.advice),
        limits=started if recommended else (),
        advice=command.advice,
        to=command.to,
        respondents=command.respondents,
    )
    return record(child, [fact])


def _unknown(case: str) -> NotKnownError:
    resource = f"cases/{case}"
    return NotKnownError(resource)
