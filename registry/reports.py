"""Reports: what was seen first, who took it up, what was done, what was answered.

What lives here: one `decide_…` function per command about a report. What never does:
clocks, ids, I/O, and moving a guardianship. Who may do what towards a family stands in
the competence matrix; here is the order of things, and what the law says of each.
"""

from __future__ import annotations

from datetime import timedelta

from events.dates import PartialDate
from events.duties import Department
from events.guardianship import Finding, Office
from events.matters import Matter
from events.reports import (
    ReportAnswered,
    Reporter,
    ReportEscalated,
    ReportEvent,
    ReportFiled,
    ReportReceived,
    Response,
    ResponseRecorded,
    Suspicion,
    VisitRecorded,
)
from registry.law import anti_domestic_violence, figures, minors_protection
from registry.law.editions import DV, MPL
from registry.matter import body, known, last, new
from registry.matter_commands import (
    AnswerReport,
    EscalateReport,
    FileReport,
    ReceiveReport,
    RecordResponse,
    RecordVisit,
)
from registry.refusal import InvalidError, RefusedError

RECEIVERS = {
    Department.PUBLIC_SECURITY: Office.POLICE,
    Department.CIVIL_AFFAIRS: Office.CIVIL_AFFAIRS,
}
"""Departments that take reports up, with the office that does; education has none."""
OWN_CLASS = {
    Office.COMMITTEE: Reporter.COMMITTEE,
    Office.SCHOOL: Reporter.SCHOOL,
    Office.MEDICAL_INSTITUTION: Reporter.MEDICAL_INSTITUTION,
}
"""Who is told to have reported where such an office records its own report."""
RECORDERS = frozenset({Office.POLICE, Office.CIVIL_AFFAIRS, Office.COMMITTEE})
"""Offices that write down what somebody else reported to them."""
WARNINGS = frozenset({Response.ADMONISHED, Response.WARNED, Response.GUIDANCE_ORDERED})
"""Responses whose heeding is watched by visits."""


def decide_file_report(
    report: Matter, command: FileReport, by: Office
) -> list[ReportEvent]:
    """Record a report to a department (MPL 11; DV 14)."""
    new(report, "report")
    _addressed(command.to)
    own = OWN_CLASS.get(by)
    if own is not None and by not in RECORDERS and command.reporter is not own:
        raise InvalidError("reporter", f"is {own.value}: others report elsewhere")
    filed = ReportFiled(
        on=command.on,
        by=by,
        findings=_of_report(command),
        child=command.child,
        jurisdiction=command.jurisdiction,
        reporter=command.reporter,
        suspicion=command.suspicion,
        to=command.to,
        document=command.document,
    )
    return [filed]


def _addressed(to: Department) -> None:
    if to not in RECEIVERS:
        names = " or ".join(department.value for department in RECEIVERS)
        raise InvalidError("to", f"is {names}")


def _of_report(command: FileReport) -> tuple[Finding, ...]:
    found: tuple[Finding, ...] = ()
    if MPL.in_force(command.on):
        found = (minors_protection.reports_at_once(command.reporter),)
    if DV.in_force(command.on) and command.suspicion is Suspicion.VIOLENCE:
        told = command.to is Department.PUBLIC_SECURITY
        violence = anti_domestic_violence.is_reported_to_the_police(told=told)
        found = (*found, violence)
    return found


def decide_receive_report(
    report: Matter, command: ReceiveReport, by: Office, authority: str
) -> list[ReportEvent]:
    """Record that a department took a report up: telling its result is due."""
    known(report, f"reports/{command.report}", command.on)
    receiver = body(authority)
    if any(fact.receiver == receiver for fact in _received(report)):
        raise InvalidError("report", "is taken up already by this authority")
    asked = {RECEIVERS[to] for to in _asked(report)}
    findings: tuple[Finding, ...] = ()
    if MPL.in_force(command.on):
        findings = (minors_protection.is_taken_up(asked=by in asked),)
    value = figures.ANSWER_DAYS.at(command.on)
    days = timedelta(value.number if value else 0)
    due = PartialDate((command.on.latest + days).isoformat())
    received = ReportReceived(
        on=command.on, by=by, findings=findings, receiver=receiver, due=due
    )
    return [received]


def _received(report: Matter) -> list[ReportReceived]:
    return [fact for fact in report.standing() if isinstance(fact, ReportReceived)]


def _asked(report: Matter) -> list[Department]:
    """Return the departments to which a report was addressed or carried."""
    kinds = (ReportFiled, ReportEscalated)
    return [fact.to for fact in report.standing() if isinstance(fact, kinds)]


def decide_record_response(
    report: Matter, command: RecordResponse, by: Office
) -> list[ReportEvent]:
    """Record what was done; also before a department took the report up."""
    known(report, f"reports/{command.report}", command.on)
    towards = command.response not in {Response.INQUIRED, Response.REMOVED}
    if towards and command.whom is None:
        raise InvalidError("whom", "is required for this response")
    findings: tuple[Finding, ...] = ()
    if by is Office.COMMITTEE and MPL.in_force(command.on):
        findings = (minors_protection.committee_may(command.response),)
    elif command.response is Response.REMOVED and DV.in_force(command.on):
        findings = (anti_domestic_violence.may_place_in_danger(by),)
    response = ResponseRecorded(
        on=command.on,
        by=by,
        findings=findings,
        response=command.response,
        whom=command.whom,
        document=command.document,
    )
    return [response]


def decide_escalate_report(
    report: Matter, command: EscalateReport, by: Office
) -> list[ReportEvent]:
    """Record that a report was carried on: it is that department's to take up."""
    known(report, f"reports/{command.report}", command.on)
    _addressed(command.to)
    if command.to in _asked(report):
        raise InvalidError("to", "was told already")
    findings: tuple[Finding, ...] = ()
    if MPL.in_force(command.on):
        findings = (minors_protection.grave_is_escalated(),)
    escalated = ReportEscalated(on=command.on, by=by, findings=findings, to=command.to)
    return [escalated]


def decide_record_visit(
    report: Matter, command: RecordVisit, by: Office
) -> list[ReportEvent]:
    """Record a visit; that no warning is on record is warned of, not refused."""
    known(report, f"reports/{command.report}", command.on)
    findings: tuple[Finding, ...] = ()
    if DV.in_force(command.on):
        warned = any(
            isinstance(fact, ResponseRecorded)
            and fact.response in WARNINGS
            and fact.on.earliest <= command.on.latest
            for fact in report.standing()
        )
        findings = (anti_domestic_violence.visit_follows_a_warning(warned=warned),)
    visit = VisitRecorded(
        on=command.on, by=by, findings=findings, compliance=command.compliance
    )
    return [visit]


def decide_answer_report(
    report: Matter, command: AnswerReport, by: Office, authority: str
) -> list[ReportEvent]:
    """Record that the reporter was told; the duty is the receiver's own.

    Raises RefusedError for another authority than one that took the report up.
    """
    known(report, f"reports/{command.report}", command.on)
    own = [fact for fact in _received(report) if fact.receiver == body(authority)]
    if not own:
        raise RefusedError("not_the_receiver", ("MPL 11(3)",), "answer_by_the_receiver")
    answered = last(report, ReportAnswered)
    if answered is not None and answered.receiver == body(authority):
        raise InvalidError("report", "is answered already by this authority")
    if command.on.latest < own[-1].on.earliest:
        raise InvalidError("on", "is not before the report was taken up")
    findings: tuple[Finding, ...] = ()
    if MPL.in_force(command.on):
        late = command.on.earliest > own[-1].due.latest
        findings = (minors_protection.reporter_is_told(late=late),)
    answer = ReportAnswered(
        on=command.on,
        by=by,
        findings=findings,
        receiver=body(authority),
        outcome=command.outcome,
    )
    return [answer]
