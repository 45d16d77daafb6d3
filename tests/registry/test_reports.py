"""Reports: filed, taken up, acted on, carried on, visited, answered."""

from __future__ import annotations

from dataclasses import replace

import pytest

from events.duties import Department
from events.guardianship import Office
from events.matters import MatterStatus, child_of, due_of, holder_of, status_of
from events.reports import (
    Compliance,
    Reporter,
    ReportOutcome,
    Response,
    Suspicion,
)
from registry.law.minors_protection import COERCION
from registry.matter_commands import (
    AnswerReport,
    EscalateReport,
    FileReport,
    ReceiveReport,
    RecordResponse,
    RecordVisit,
)
from registry.refusal import InvalidError, NotKnownError
from tests.support.record import POLICE_STATION, VILLAGE, Record
from tests.support.registry import body, child_id
from tests.support.stories import BUREAU, CHILD, FATHER
from tests.support.telling import day

REPORT = child_id("the neighbours' report of March 2022")
POLICE, CIVIL = Office.POLICE, Office.CIVIL_AFFAIRS
COMMITTEE, SCHOOL = Office.COMMITTEE, Office.SCHOOL


def filed(
    on: str = "2022-03-01",
    reporter: Reporter = Reporter.COMMITTEE,
    suspicion: Suspicion = Suspicion.NEGLECT,
    to: Department = Department.CIVIL_AFFAIRS,
    child: str | None = CHILD,
) -> FileReport:
    return FileReport(
        report=REPORT,
        child=child,
        jurisdiction="cn-320312",
        reporter=reporter,
        suspicion=suspicion,
        to=to,
        on=day(on),
        document=None,
    )


def received(on: str = "2022-03-02") -> ReceiveReport:
    return ReceiveReport(report=REPORT, on=day(on))


def response(what: Response, on: str = "2022-03-03") -> RecordResponse:
    return RecordResponse(
        report=REPORT, response=what, whom=FATHER, on=day(on), document=None
    )


def carried(
    on: str = "2022-03-05", to: Department = Department.PUBLIC_SECURITY
) -> EscalateReport:
    return EscalateReport(report=REPORT, to=to, on=day(on))


def visited(on: str = "2022-04-01") -> RecordVisit:
    return RecordVisit(report=REPORT, compliance=Compliance.COMPLIES, on=day(on))


def answered(on: str = "2022-03-10") -> AnswerReport:
    return AnswerReport(report=REPORT, outcome=ReportOutcome.HELPED, on=day(on))


@pytest.fixture
def record() -> Record:
    told = Record()
    told.tell(filed(), COMMITTEE)
    return told


def test_a_report_names_its_child_and_waits_for_the_department(record: Record) -> None:
    report = record.matter("report", REPORT)
    assert child_of(report) == CHILD
    assert status_of(report) is MatterStatus.OPEN
    assert holder_of(report) is None


@pytest.mark.parametrize(
    ("reporter", "reason", "article"),
    [
        (Reporter.SCHOOL, "bound_to_report", "MPL 11(2)"),
        (Reporter.RELATIVE, "free_to_report", "MPL 11(1)"),
    ],
)
def test_who_must_report_and_who_may_is_said_with_the_article(
    reporter: Reporter, reason: str, article: str
) -> None:
    told = Record().tell(filed(reporter=reporter), COMMITTEE)
    assert (told.reasons, told.articles) == ({reason}, {article})


def test_before_the_law_of_2021_only_what_was_in_force_is_cited() -> None:
    violent = filed("2017-03-01", suspicion=Suspicion.VIOLENCE)
    assert Record().tell(violent, COMMITTEE).articles == {"DV 14"}
    assert Record().tell(filed("2016-01-05"), COMMITTEE).articles == set()


@pytest.mark.parametrize(
    ("to", "warned"),
    [
        (Department.CIVIL_AFFAIRS, {"police_were_not_told"}),
        (Department.PUBLIC_SECURITY, set()),
    ],
)
def test_violence_that_is_not_told_to_the_police_is_warned_of(
    to: Department, warned: set[str]
) -> None:
    told = Record().tell(filed(suspicion=Suspicion.VIOLENCE, to=to), COMMITTEE)
    assert told.warnings == warned


def test_a_report_of_a_child_who_is_not_known_yet_names_none() -> None:
    record = Record()
    record.tell(filed(child=None), COMMITTEE)
    assert child_of(record.matter("report", REPORT)) is None


def test_a_child_that_is_named_must_be_known() -> None:
    with pytest.raises(NotKnownError):
        Record().tell(filed(child=child_id("nobody")), COMMITTEE)


def test_a_report_is_filed_once_under_its_id(record: Record) -> None:
    with pytest.raises(InvalidError, match="open already"):
        record.tell(filed("2022-05-01"), COMMITTEE)


def test_a_school_files_its_own_reports_only() -> None:
    with pytest.raises(InvalidError, match="reporter"):
        Record().tell(filed(reporter=Reporter.RELATIVE), SCHOOL)
    Record().tell(filed(reporter=Reporter.SCHOOL), SCHOOL)


@pytest.mark.parametrize(
    "to", [d for d in Department if d.value not in {"public_security", "civil_affairs"}]
)
def test_a_department_that_takes_no_reports_up_here_is_named(to: Department) -> None:
    with pytest.raises(InvalidError, match="public_security or civil_affairs"):
        Record().tell(filed(to=to), COMMITTEE)


def test_who_takes_it_up_holds_it_and_owes_an_answer(record: Record) -> None:
    assert record.tell(received(), CIVIL).warnings == set()
    report = record.matter("report", REPORT)
    assert holder_of(report) == body(BUREAU)
    assert due_of(report) == "2022-03-17"
    assert status_of(report) is MatterStatus.TAKEN_UP


def test_another_department_that_takes_it_up_is_recorded_with_a_warning(
    record: Record,
) -> None:
    assert record.tell(received(), POLICE).warnings == {"taken_up_by_another"}


def test_it_is_taken_up_once_by_each_authority(record: Record) -> None:
    record.tell(received(), CIVIL)
    with pytest.raises(InvalidError, match="taken up already"):
        record.tell(received("2022-03-04"), CIVIL)
    record.tell(carried(), COMMITTEE)
    assert record.tell(received("2022-03-06"), POLICE).warnings == set()


@pytest.mark.parametrize(
    "command",
    [
        received(),
        response(Response.INQUIRED),
        carried(),
        visited(),
        answered(),
    ],
    ids=lambda command: type(command).__name__,
)
def test_nothing_happens_to_a_report_that_was_not_filed(command: object) -> None:
    with pytest.raises(NotKnownError, match=REPORT):
        Record().tell(command, POLICE)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "command",
    [received(), response(Response.INQUIRED), carried(), visited()],
    ids=lambda command: type(command).__name__,
)
def test_nothing_happens_before_the_report(record: Record, command: object) -> None:
    early = replace(command, on=day("2022-02-28"))  # type: ignore[type-var]
    with pytest.raises(InvalidError, match="on: is not before"):
        record.tell(early, POLICE)  # type: ignore[arg-type]


@pytest.mark.parametrize("what", sorted(COERCION))
def test_a_committee_that_asks_for_coercion_is_told_what_there_is_instead(
    record: Record, what: Response
) -> None:
    refused = record.refused(response(what), COMMITTEE)
    assert refused.reason == "committee_may_not_coerce"
    assert refused.articles == ("MPL 118(1)",)
    assert refused.instead == "report_to_the_police"
    record.tell(carried(), COMMITTEE)


@pytest.mark.parametrize("what", [Response.DISSUADED, Response.EDUCATED])
def test_a_committee_dissuades_and_educates(record: Record, what: Response) -> None:
    assert record.tell(response(what), COMMITTEE).reasons == {"dissuades_and_stops"}


def test_a_school_that_asks_for_removal_is_told_whose_act_it_is(record: Record) -> None:
    refused = record.refused(response(Response.REMOVED), SCHOOL)
    assert (refused.reason, refused.instead) == ("not_competent", "police")


@pytest.mark.parametrize("what", sorted(COERCION))
def test_the_police_may_do_each(record: Record, what: Response) -> None:
    assert record.tell(response(what), POLICE).warnings == set()


def test_a_warning_says_whom(record: Record) -> None:
    nobody = replace(response(Response.WARNED), whom=None)
    with pytest.raises(InvalidError, match="whom"):
        record.tell(nobody, POLICE)
    record.tell(replace(response(Response.INQUIRED), whom=None), POLICE)


def test_it_is_carried_once_to_each_department(record: Record) -> None:
    record.tell(carried(), COMMITTEE)
    with pytest.raises(InvalidError, match="was told already"):
        record.tell(carried("2022-03-08"), COMMITTEE)
    with pytest.raises(InvalidError, match="was told already"):
        record.tell(carried(to=Department.CIVIL_AFFAIRS), COMMITTEE)


@pytest.mark.parametrize(
    ("what", "on", "warned"),
    [
        (Response.WARNED, "2022-03-03", set()),
        (Response.ADMONISHED, "2022-04-01", set()),
        (Response.WARNED, "2022-04-02", {"no_warning_on_record"}),
        (Response.INQUIRED, "2022-03-03", {"no_warning_on_record"}),
    ],
)
def test_a_visit_follows_a_warning_or_says_that_there_is_none(
    record: Record, what: Response, on: str, warned: set[str]
) -> None:
    record.tell(response(what, on), POLICE)
    assert record.tell(visited(), COMMITTEE).warnings == warned


@pytest.mark.parametrize(
    ("on", "warned"),
    [("2022-03-10", set()), ("2022-03-17", set()), ("2022-03-18", {"told_late"})],
)
def test_the_reporter_is_told_in_time_or_late(
    record: Record, on: str, warned: set[str]
) -> None:
    record.tell(received(), CIVIL)
    assert record.tell(answered(on), CIVIL).warnings == warned
    assert status_of(record.matter("report", REPORT)) is MatterStatus.DONE


def test_only_who_took_it_up_answers(record: Record) -> None:
    refused = record.refused(answered(), CIVIL)
    assert refused.reason == "not_the_receiver"
    record.tell(received(), CIVIL)
    assert record.refused(answered(), POLICE).instead == "answer_by_the_receiver"
    record.tell(answered(), CIVIL)
    with pytest.raises(InvalidError, match="answered already"):
        record.tell(answered("2022-03-11"), CIVIL)


def test_it_is_not_answered_before_it_was_taken_up(record: Record) -> None:
    record.tell(received("2022-03-09"), CIVIL)
    with pytest.raises(InvalidError, match="before the report was taken up"):
        record.tell(answered("2022-03-08"), CIVIL)


def test_a_committee_takes_no_report_up(record: Record) -> None:
    refused = record.refused(received(), COMMITTEE, VILLAGE)
    assert (refused.reason, refused.instead) == (
        "not_competent",
        "civil_affairs+police",
    )
    assert POLICE_STATION
