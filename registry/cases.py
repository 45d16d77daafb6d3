"""One court case: what is asked, and its procedure until the judgment.

What lives here: one `decide_…` function per command about an application. What never
does: judgments (`registry.judgments`) and effects on custody: an application moves
nothing. One against the law is refused; what a court does with a case is recorded, with
what the law says of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from events.cases import (
    ApplicantClass,
    ApplicationAccepted,
    ApplicationFiled,
    ApplicationWithdrawn,
    CaseEvent,
    ProcedureTerminated,
    TrialLimitMoved,
    TrialLimitReason,
)
from events.dates import PartialDate
from events.guardianship import Finding, Office
from events.limits import Limit, LimitKind
from events.proceedings import Asked
from events.timeline import Holder, HolderKind
from registry.case import Case, pending
from registry.child import Child
from registry.commands import (
    AcceptApplication,
    FileApplication,
    MoveTrialLimit,
    TerminateProcedure,
    WithdrawApplication,
)
from registry.law import figures, judging
from registry.law.civil_procedure import (
    ends_as_civil_dispute,
    is_accepted_after_filing,
    may_withdraw,
)
from registry.law.editions import OP14
from registry.law.periods import Unit, limit
from registry.law.reasons import finding
from registry.petitions import Effects, distinct, may_file, named_in
from registry.refusal import InvalidError, refuse_unless

OWN_STANDING = {
    Office.CIVIL_AFFAIRS: ApplicantClass.CIVIL_AFFAIRS,
    Office.COMMITTEE: ApplicantClass.COMMITTEE,
    Office.RESCUE_INSTITUTION: ApplicantClass.RESCUE_INSTITUTION,
    Office.SCHOOL: ApplicantClass.SCHOOL,
    Office.MEDICAL_INSTITUTION: ApplicantClass.MEDICAL_INSTITUTION,
    Office.WOMENS_FEDERATION: ApplicantClass.WOMENS_FEDERATION,
    Office.DISABLED_FEDERATION: ApplicantClass.DISABLED_FEDERATION,
    Office.YOUTH_LEAGUE: ApplicantClass.YOUTH_LEAGUE,
    Office.PROTECTION_ORGANISATION: ApplicantClass.PROTECTION_ORGANISATION,
    Office.POLICE: ApplicantClass.POLICE,
}
"""In what standing each office files its own applications; a court records any."""
INSTEAD = {"not_the_applicant": "withdrawal_by_the_applicant"}
"""What would be accepted instead, by the reason of the refusal."""


def decide_file_application(
    case: Case, children: Mapping[str, Child], command: FileApplication, by: Office
) -> tuple[list[CaseEvent], Effects]:
    """Record an application filed by somebody who may (CC 36(2), 38; OP14 27, 38).

    Raises RefusedError where the law does not let him. An objection to a designation
    that comes after its thirty days is not refused: it is recorded as what it has
    become, a case for change of guardian (INT 10(2)).
    """
    if case.application is not None:
        raise InvalidError("case", "has an application already")
    distinct([c.child for c in command.children], "children")
    if not command.children:
        raise InvalidError("children", "names at least one")
    own = OWN_STANDING.get(by)
    if own is not None and command.applicant.standing is not own:
        rule = "is that of the submitting office; a court records others"
        raise InvalidError("applicant.standing", rule)
    findings = may_file(command)
    asked, effects = named_in(children, command, by)
    filed = ApplicationFiled(
        asked=asked,
        applicant=command.applicant,
        filed_on=command.filed_on,
        court=command.court,
        number=command.number,
        by=by,
        findings=findings,
    )
    return [filed], effects


def _still_pending(case: Case) -> Finding:
    reason = "already_decided" if case.concluded else "still_pending"
    return finding("is_pending", (), reason)


def decide_accept_application(
    case: Case, command: AcceptApplication
) -> list[CaseEvent]:
    """Record that the court docketed the application: the trial's time runs."""
    application = pending(case, command.case)
    found = is_accepted_after_filing(application.filed_on, command.on)
    limits = _trial(application, command.on)
    accepted = ApplicationAccepted(
        on=command.on, findings=(found, _still_pending(case)), limits=limits
    )
    return [accepted]


def _trial(application: ApplicationFiled, start: PartialDate) -> tuple[Limit, ...]:
    """Return the time for trial: thirty days, a month by the Opinions.

    Of both the thirty days are taken, never the later day: an alarm, no outcome.
    """
    kind, days = LimitKind.TRIAL, figures.TRIAL_DAYS
    found = limit(kind, start, days, Unit.DAYS, application.court, procedural=True)
    if application.asked is Asked.DISQUALIFY and OP14.in_force(start):
        found = tuple(replace(li, articles=(*li.articles, "OP14 32")) for li in found)
    return found


def decide_move_trial_limit(case: Case, command: MoveTrialLimit) -> list[CaseEvent]:
    """Record that the time for trial ends later: by public notice or extension."""
    application = pending(case, command.case)
    if command.until.latest < command.on.earliest:
        raise InvalidError("until", "is not before the act")
    if command.reason is TrialLimitReason.PUBLIC_NOTICE:
        limits = _trial(application, command.until)
    else:
        extended = Limit(
            kind=LimitKind.TRIAL,
            due=command.until,
            at_the_earliest=not command.until.is_exact,
            who=application.court,
            articles=("CPL 187",),
        )
        limits = (extended,)
    return [TrialLimitMoved(on=command.on, reason=command.reason, limits=limits)]


def decide_withdraw_application(
    case: Case, command: WithdrawApplication, by: Office, authority: str
) -> list[CaseEvent]:
    """Record that the application was withdrawn: nothing moved.

    Refused to anybody but the applicant and the court: nobody ends another's request.

    Where another than civil affairs had applied, its duty of last resort revives
    (CC 36(3)): nobody else applies any more.
    """
    application = pending(case, command.case)
    own = Holder(kind=HolderKind.BODY, id=authority)
    by_whom = may_withdraw(
        is_applicant=by is Office.COURT or application.applicant.holder == own
    )
    refuse_unless([by_whom], INSTEAD)
    limits: tuple[Limit, ...] = ()
    last = application.applicant.standing is ApplicantClass.CIVIL_AFFAIRS
    if application.asked is Asked.DISQUALIFY and not last:
        kind, days = LimitKind.LAST_RESORT, figures.LAST_RESORT_DAYS
        limits = limit(kind, command.on, days, Unit.DAYS, "civil_affairs")
    must = judging.last_resort(command.on) if limits else ()
    found = (by_whom, _still_pending(case), *must)
    return [ApplicationWithdrawn(on=command.on, findings=found, limits=limits)]


def decide_terminate_procedure(
    case: Case, command: TerminateProcedure
) -> list[CaseEvent]:
    """Record that the court ended the procedure undecided (CPL 186)."""
    pending(case, command.case)
    found = (ends_as_civil_dispute(), _still_pending(case))
    return [ProcedureTerminated(on=command.on, findings=found)]
