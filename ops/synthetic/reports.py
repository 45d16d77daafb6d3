"""The reports of synthetic lives: filed, taken up, acted on, visited, answered.

What lives here: one plot for each way in which a report goes. What never does: what
follows for the guardianship (`ops.synthetic.plots`).
"""

from __future__ import annotations

from datetime import date

from events.duties import Department
from events.guardianship import Office
from events.reports import Compliance, Reporter, ReportOutcome, Response, Suspicion
from events.timeline import Holder
from ops.synthetic.lives import Life, written
from registry.matter_commands import (
    AnswerReport,
    EscalateReport,
    FileReport,
    ReceiveReport,
    RecordResponse,
    RecordVisit,
)

_REPORTERS = (
    (Office.COMMITTEE, Reporter.COMMITTEE, 6),
    (Office.SCHOOL, Reporter.SCHOOL, 3),
    (Office.MEDICAL_INSTITUTION, Reporter.MEDICAL_INSTITUTION, 1),
)
"""Who reports, how many of ten [own assumption]."""


def _filed(life: Life, day: date, to: Department) -> str | None:
    """File a report; return its id, or None where the log ends before."""
    shares = [share for _, _, share in _REPORTERS]
    ((office, reporter, _),) = life.chance.choices(_REPORTERS, shares)
    report = life.new_id()
    command = FileReport(
        report=report,
        child=life.child,
        jurisdiction=f"cn-3299{life.county:02}",
        reporter=reporter,
        suspicion=life.chance.choice((Suspicion.NEGLECT, Suspicion.UNATTENDED)),
        to=to,
        on=written(day),
        document=None,
    )
    return report if life.tell(day, command, office) else None


def _taken_up(life: Life, report: str, day: date, office: Office) -> bool:
    return life.tell(day, ReceiveReport(report=report, on=written(day)), office)


def _answered(
    life: Life, report: str, day: date, office: Office, outcome: ReportOutcome
) -> None:
    answer = AnswerReport(report=report, outcome=outcome, on=written(day))
    life.tell(day, answer, office)


def helped(life: Life, _parents: tuple[Holder, ...], day: date) -> None:
    """Civil affairs takes a report up, and helps."""
    report = _filed(life, day, Department.CIVIL_AFFAIRS)
    office = Office.CIVIL_AFFAIRS
    taken = life.later(day, 0, 3)
    if report is None or not _taken_up(life, report, taken, office):
        return
    _answered(life, report, life.later(taken, 1, 14), office, ReportOutcome.HELPED)


def admonished(life: Life, parents: tuple[Holder, ...], day: date) -> None:
    """Admonish a parent, by the police; the committee visits, the reporter is told."""
    report = _filed(life, day, Department.PUBLIC_SECURITY)
    taken = life.later(day, 0, 2)
    if report is None or not _taken_up(life, report, taken, Office.POLICE):
        return
    warned = life.later(taken, 0, 5)
    response = RecordResponse(
        report=report,
        response=Response.ADMONISHED if parents else Response.INQUIRED,
        whom=parents[0] if parents else None,
        on=written(warned),
        document=None,
    )
    life.tell(warned, response, Office.POLICE)
    told = life.later(warned, 0, 7)
    _answered(life, report, told, Office.POLICE, ReportOutcome.GUARDIAN_WARNED)
    visited = life.later(told, 20, 60)
    if not parents:
        return
    heeded = Compliance.COMPLIES if life.happens(0.8) else Compliance.DOES_NOT
    visit = RecordVisit(report=report, compliance=heeded, on=written(visited))
    life.tell(visited, visit, Office.COMMITTEE)


def escalated(life: Life, day: date) -> date:
    """Report to the police and on to civil affairs; return the day it acts."""
    report = _filed(life, day, Department.PUBLIC_SECURITY)
    if report is None or not _taken_up(life, report, day, Office.POLICE):
        return day
    carried = life.later(day, 0, 3)
    command = EscalateReport(
        report=report, to=Department.CIVIL_AFFAIRS, on=written(carried)
    )
    life.tell(carried, command, Office.POLICE)
    _taken_up(life, report, carried, Office.CIVIL_AFFAIRS)
    outcome = ReportOutcome.REFERRED
    _answered(life, report, carried, Office.POLICE, outcome)
    return carried
