"""A school sees bruises: reported, warned, visited, unreformed, and shown to the court.

What a committee may not do is refused with the article and what there is instead; who
took the report up owes the school an answer, and is late with it.
"""

from __future__ import annotations

from pathlib import Path

from childregistry.v1 import duty_service_pb2 as duty
from events.cases import ApplicantClass
from events.duties import Department
from events.guardianship import Office
from events.proceedings import Asked, Wish
from events.reports import Compliance, Reporter, ReportOutcome, Response, Suspicion
from events.timeline import Holder
from registry.case_commands import HearWish
from registry.commands import AcceptApplication
from registry.matter_commands import (
    AnswerReport,
    EscalateReport,
    FileReport,
    ReceiveReport,
    RecordResponse,
    RecordVisit,
)
from tests.support.record import POLICE_STATION
from tests.support.registry import body, child_id
from tests.support.stories import (
    CASE,
    CHILD,
    FATHER,
    MOTHER,
    application,
    born,
    judgment,
    outcome,
)
from tests.support.tale import PLACE, Tale, on, tale

CIVIL, COURT, POLICE = Office.CIVIL_AFFAIRS, Office.COURT, Office.POLICE
COMMITTEE, TEACHERS = Office.COMMITTEE, Office.SCHOOL
REPORT = child_id("the bruises that her teacher saw")
STREAM = f"report/{REPORT}"
SEEN = FileReport(
    report=REPORT,
    child=CHILD,
    jurisdiction=PLACE,
    reporter=Reporter.SCHOOL,
    suspicion=Suspicion.VIOLENCE,
    to=Department.PUBLIC_SECURITY,
    on=on("2022-03-01"),
    document=None,
)
HER_WISH = HearWish(
    child=CHILD,
    case=CASE,
    wish=Wish.NOT_WITH,
    toward=FATHER,
    on=on("2022-06-20"),
    order=0,
)


def done(what: Response, day: str, whom: Holder | None = FATHER) -> RecordResponse:
    return RecordResponse(
        report=REPORT, response=what, whom=whom, on=on(day), document=None
    )


def visited(found: Compliance, day: str) -> RecordVisit:
    return RecordVisit(report=REPORT, compliance=found, on=on(day))


def answered(what: ReportOutcome, day: str) -> AnswerReport:
    return AnswerReport(report=REPORT, outcome=what, on=on(day))


def the_school_reports(story: Tale) -> None:
    story.tell(POLICE, born(CHILD, "2012-10-01", FATHER, MOTHER))
    told = story.tell(TEACHERS, SEEN)
    assert told.events[0].urgent
    assert story.holder(STREAM, "2022-03-01") == ""


def the_committee_may_not_coerce(story: Tale) -> None:
    """The committee asks for what it may not do, then does what it may."""
    for what in (Response.REMOVED, Response.PUNISHED, Response.GUIDANCE_ORDERED):
        assert story.refused(COMMITTEE, done(what, "2022-03-01")) == (
            "committee_may_not_coerce",
            ["MPL 118(1)"],
            "report_to_the_police",
        )
    story.tell(COMMITTEE, done(Response.DISSUADED, "2022-03-01"))
    told_already = EscalateReport(
        report=REPORT, to=Department.PUBLIC_SECURITY, on=on("2022-03-02")
    )
    assert story.wrong(COMMITTEE, told_already) == "to"
    carried = EscalateReport(
        report=REPORT, to=Department.CIVIL_AFFAIRS, on=on("2022-03-02")
    )
    story.tell(COMMITTEE, carried)


def the_police_warn_and_owe_an_answer(story: Tale) -> None:
    """The police take it up and warn; the clock for the school's answer runs."""
    story.tell(POLICE, ReceiveReport(report=REPORT, on=on("2022-03-02")))
    story.tell(POLICE, done(Response.WARNED, "2022-03-03"))
    owed = story.matter(STREAM, "2022-03-18")
    assert (owed.holder.id, owed.due) == (POLICE_STATION, "2022-03-17")
    assert owed.overdue
    assert not story.matter(STREAM, "2022-03-17").overdue
    assert story.workload("2022-03-18") == {"civil_affairs": (1, 1)}
    early = answered(ReportOutcome.HELPED, "2022-03-05")
    assert story.refused(CIVIL, early)[2] == "answer_by_the_receiver"


def visits_find_nothing_better(story: Tale) -> None:
    """Visits find that nothing is better; he is warned again, and ordered."""
    story.tell(COMMITTEE, visited(Compliance.DOES_NOT, "2022-03-20"))
    story.tell(POLICE, done(Response.ADMONISHED, "2022-03-21"))
    story.tell(POLICE, visited(Compliance.COMPLIES, "2022-04-02"))
    story.tell(COMMITTEE, visited(Compliance.DOES_NOT, "2022-05-15"))
    story.tell(POLICE, done(Response.GUIDANCE_ORDERED, "2022-05-16"))


def the_court_sees_the_history(story: Tale) -> None:
    """The application: the court sees the history as it stood at that entry."""
    women = ApplicantClass.WOMENS_FEDERATION
    federation = body("tongshan-womens-federation")
    asks = application(Asked.DISQUALIFY, women, "2022-06-01", FATHER, who=federation)
    filed = story.tell(Office.WOMENS_FEDERATION, asks).position
    story.tell(POLICE, done(Response.PUNISHED, "2022-06-02"))
    assert story.application().opened_at == filed
    seen = story.matters("2022-06-01", known=filed)
    assert (seen.warnings, seen.unheeded) == (4, 2)
    (report,) = seen.matters
    said = [(fact.on, *fact.codes) for fact in report.facts]
    assert said == [
        ("2022-03-01", "school", "violence", "public_security"),
        ("2022-03-01", "dissuaded"),
        ("2022-03-02", "civil_affairs"),
        ("2022-03-02",),
        ("2022-03-03", "warned"),
        ("2022-03-20", "does_not"),
        ("2022-03-21", "admonished"),
        ("2022-04-02", "complies"),
        ("2022-05-15", "does_not"),
        ("2022-05-16", "guidance_ordered"),
    ]
    assert story.matters("2022-06-01", known=filed - 9).unheeded == 0


def the_court_judges_and_the_school_is_told(story: Tale) -> None:
    """Judged; the school is told at last, three months late."""
    story.tell(COURT, AcceptApplication(case=CASE, on=on("2022-06-03")))
    story.tell(COURT, HER_WISH)
    granted = outcome(disqualified=(FATHER,))
    story.tell(COURT, judgment("2022-06-25", granted))
    applied = answered(ReportOutcome.APPLICATION_FILED, "2022-06-26")
    story.tell(POLICE, applied, "told_late")
    assert story.hands("2022-06-25") == {MOTHER.id}
    assert "DecisionRecorded" in story.file()
    report = story.matter(STREAM, "2022-06-26")
    assert (report.status, report.overdue) == (duty.MATTER_STATUS_DONE, False)
    assert story.workload("2022-06-26") == {}


def test_educated_and_unreformed_from_the_schools_report_to_the_judgment(
    tmp_path: Path,
) -> None:
    with tale(tmp_path) as story:
        the_school_reports(story)
        the_committee_may_not_coerce(story)
        the_police_warn_and_owe_an_answer(story)
        visits_find_nothing_better(story)
        the_court_sees_the_history(story)
        the_court_judges_and_the_school_is_told(story)
        story.ends("2022-12-31")
