"""The reports of synthetic lives: filed, taken up, acted on, visited, answered.

What lives here: one plot for each way in which a report goes. What never does: what
follows for the guardianship (`ops.synthetic.covers`).
"""

from __future__ import annotations

from collections.abc import Generator
from datetime import date

from events.duties import Department, DutyKind
from events.guardianship import Office
from events.reports import Compliance, Reporter, ReportOutcome, Response, Suspicion
from events.timeline import Holder
from ops.synthetic import rates
from ops.synthetic.duties import owed, referred
from ops.synthetic.lives import Life, Plot, written
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
CIVIL, POLICE, COMMITTEE = Office.CIVIL_AFFAIRS, Office.POLICE, Office.COMMITTEE


def _filed(life: Life, day: date, to: Department) -> str | None:
    """File a report; return its id, or None where the log ends before."""
    shares = [share for _, _, share in _REPORTERS]
    ((office, reporter, _),) = life.chance.choices(_REPORTERS, shares)
    report = life.new_id()
    command = FileReport(
        report=report,
        child=life.child,
        jurisdiction=life.place,
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


def _responded(  # noqa: PLR0913, PLR0917  who did what towards whom, and when
    life: Life,
    report: str,
    day: date,
    office: Office,
    response: Response,
    whom: Holder | None,
) -> None:
    done = RecordResponse(
        report=report, response=response, whom=whom, on=written(day), document=None
    )
    life.tell(day, done, office)


def _spoken_to(life: Life, report: str, parents: tuple[Holder, ...], day: date) -> None:
    """Have the committee dissuade or educate a parent, as it may (MPL 118(1))."""
    if parents and life.happens(rates.COMMITTEE_SPEAKS):
        response = life.chance.choice((Response.DISSUADED, Response.EDUCATED))
        _responded(life, report, day, COMMITTEE, response, parents[0])


def _carried(life: Life, report: str, day: date, to: Department, by: Office) -> None:
    command = EscalateReport(report=report, to=to, on=written(day))
    life.tell(day, command, by)


def helped(life: Life, parents: tuple[Holder, ...], day: date) -> Plot:
    """Civil affairs takes a report up, and helps."""
    yield day
    report = _filed(life, day, Department.CIVIL_AFFAIRS)
    if report is None:
        return
    _spoken_to(life, report, parents, day)
    taken = life.later(day, 0, 3)
    yield taken
    _taken_up(life, report, taken, CIVIL)
    if life.happens(rates.REFERRED):
        life.start(
            referred(
                life,
                taken,
                DutyKind.ASSIST,
                CIVIL,
                Office.WOMENS_FEDERATION,
                Office.YOUTH_LEAGUE,
            )
        )
    told = life.later(taken, 1, 14)
    yield told
    _answered(life, report, told, CIVIL, ReportOutcome.HELPED)


def admonished(life: Life, parents: tuple[Holder, ...], day: date) -> Plot:
    """Admonish a parent, by the police; the committee visits, the reporter is told."""
    yield day
    by_committee = life.happens(rates.ESCALATED)
    first = Department.CIVIL_AFFAIRS if by_committee else Department.PUBLIC_SECURITY
    report = _filed(life, day, first)
    if report is None:
        return
    _spoken_to(life, report, parents, day)
    if by_committee:
        day = life.later(day, 0, 10)
        yield day
        _carried(life, report, day, Department.PUBLIC_SECURITY, COMMITTEE)
    taken = life.later(day, 0, 2)
    yield taken
    _taken_up(life, report, taken, POLICE)
    warned = life.later(taken, 0, 5)
    yield warned
    response = Response.ADMONISHED if parents else Response.INQUIRED
    _responded(life, report, warned, POLICE, response, parents[0] if parents else None)
    if parents:
        life.start(_visited(life, report, warned))
    told = life.later(warned, 0, 7)
    yield told
    _answered(life, report, told, POLICE, ReportOutcome.GUARDIAN_WARNED)


def _visited(life: Life, report: str, warned: date) -> Plot:
    """Give the committee the duty to visit, and have it visit or not."""
    kind, department = DutyKind.VISIT_AFTER_WARNING, Department.COMMITTEE
    life.start(owed(life, warned, kind, department, COMMITTEE))
    day = life.later(warned, 20, 60)
    yield day
    heeded = Compliance.COMPLIES if life.happens(0.8) else Compliance.DOES_NOT
    visit = RecordVisit(report=report, compliance=heeded, on=written(day))
    life.tell(day, visit, COMMITTEE)


def carried_on(life: Life, day: date) -> Generator[date, None, date]:
    """Report to the police and on to civil affairs; return the day it acts."""
    yield day
    report = _filed(life, day, Department.PUBLIC_SECURITY)
    if report is None:
        return day
    _taken_up(life, report, day, POLICE)
    carried = life.later(day, 0, 3)
    yield carried
    _carried(life, report, carried, Department.CIVIL_AFFAIRS, POLICE)
    _taken_up(life, report, carried, CIVIL)
    _answered(life, report, carried, POLICE, ReportOutcome.REFERRED)
    life.start(_told(life, report, life.later(carried, 1, 15)))
    return carried


def _told(life: Life, report: str, day: date) -> Plot:
    """Tell the reporter what civil affairs did, in time."""
    yield day
    _answered(life, report, day, CIVIL, ReportOutcome.CHILD_PROTECTED)
