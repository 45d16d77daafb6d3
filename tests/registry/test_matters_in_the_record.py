"""From a first report to the closed case, all the way through the record."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from events.duties import Department, DutyKind
from events.entry import open_entry
from events.guardianship import AnnulReason, Office
from events.matters import Matter, MatterStatus, evolve, status_of
from events.reports import Compliance, Reporter, ReportOutcome, Response, Suspicion
from events.timeline import Role
from registry.bootstrap import Registry
from registry.commands import Command, CorrectSubmission, ReinstateSubmission
from registry.matter_commands import (
    AcceptReferral,
    AnswerReport,
    CompleteReferral,
    EscalateReport,
    FileReport,
    MakeReferral,
    ReceiveReport,
    RecordResponse,
    RecordVisit,
)
from registry.receipt import Receipt
from registry.refusal import NotKnownError
from registry.wire import CODEC
from tests.support.record import AUTHORITY
from tests.support.registry import body, child_id, opened, submission, submit
from tests.support.server import served
from tests.support.stories import (
    BUREAU,
    CHILD,
    FATHER,
    MOTHER,
    born,
    judgment,
    outcome,
    start,
    tongshan_application,
)
from tests.support.telling import day

REPORT, REFERRAL = child_id("the village saw it"), child_id("to the bureau")
COMMITTEE, POLICE, CIVIL = Office.COMMITTEE, Office.POLICE, Office.CIVIL_AFFAIRS
SEEN = FileReport(
    report=REPORT,
    child=CHILD,
    jurisdiction="cn-320312",
    reporter=Reporter.COMMITTEE,
    suspicion=Suspicion.SEXUAL_ABUSE,
    to=Department.PUBLIC_SECURITY,
    on=day("2014-06-02"),
    document=None,
)


def warned(on: str) -> RecordResponse:
    return RecordResponse(
        report=REPORT,
        response=Response.ADMONISHED,
        whom=FATHER,
        on=day(on),
        document=None,
    )


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[Registry]:
    with opened(tmp_path) as found:
        birth = born(CHILD, "2004-10", FATHER, MOTHER)
        submit(found, submission(birth, "birth", AUTHORITY[POLICE], POLICE))
        yield found


def told(registry: Registry, command: Command, by: Office) -> Receipt:
    asked = submission(command, repr(command), AUTHORITY[by], by)
    receipt = submit(registry, asked)
    assert receipt.refused is None, receipt.refused
    return receipt


def matter(registry: Registry, stream: str) -> Matter:
    state = Matter()
    for stored in registry.log.stream(stream):
        event = CODEC.decode(stored.fingerprint, stored.body)
        state = evolve(state, event)  # type: ignore[arg-type]
    return state


def test_a_story_from_the_first_report_to_the_judgment(registry: Registry) -> None:
    """Tongshan 2014: seen by the village, admonished, unreformed, referred, judged."""
    told(registry, SEEN, COMMITTEE)
    told(registry, ReceiveReport(report=REPORT, on=day("2014-06-02")), POLICE)
    told(registry, warned("2014-06-03"), POLICE)
    unheeded = RecordVisit(
        report=REPORT, compliance=Compliance.DOES_NOT, on=day("2014-07-01")
    )
    told(registry, unheeded, COMMITTEE)
    carried = EscalateReport(
        report=REPORT, to=Department.CIVIL_AFFAIRS, on=day("2014-07-02")
    )
    told(registry, carried, COMMITTEE)
    referred = MakeReferral(
        referral=REFERRAL,
        kind=DutyKind.APPLY_AS_LAST_RESORT,
        child=CHILD,
        jurisdiction="cn-320312",
        to=body(BUREAU),
        on=day("2014-11-01"),
        due=day("2015-01-31"),
    )
    told(registry, referred, POLICE)
    told(registry, AcceptReferral(referral=REFERRAL, on=day("2014-11-03")), CIVIL)
    cover = start(Role.STATE_TEMPORARY_GUARDIAN, "2014-11-20", body(BUREAU))
    told(registry, cover, CIVIL)
    told(registry, tongshan_application(), CIVIL)
    done = CompleteReferral(referral=REFERRAL, on=day("2015-01-07"), document=None)
    told(registry, done, CIVIL)
    both = outcome(disqualified=(FATHER, MOTHER), designated=(body(BUREAU),))
    submit(registry, submission(judgment("2015-02-04", both), "judgment"))
    answer = AnswerReport(
        report=REPORT, outcome=ReportOutcome.APPLICATION_FILED, on=day("2015-02-05")
    )
    told(registry, answer, POLICE)
    assert status_of(matter(registry, f"report/{REPORT}")) is MatterStatus.DONE
    assert status_of(matter(registry, f"referral/{REFERRAL}")) is MatterStatus.DONE
    found = registry.custody.custody(CHILD, date(2015, 2, 4), None)
    assert found is not None
    assert found.answer.hand_over_to == (body(BUREAU),)


def test_no_matter_moves_a_guardianship_or_names_the_child_in_its_headers(
    registry: Registry,
) -> None:
    before = registry.custody.periods(CHILD, 1_000)
    receipts = [
        told(registry, SEEN, COMMITTEE),
        told(registry, warned("2014-06-03"), POLICE),
    ]
    assert registry.custody.periods(CHILD, 1_000) == before
    for receipt in receipts:
        (stored,) = registry.log.read(receipt.position - 1, 1)
        (header,) = open_entry(stored).frame.events
        assert (header.concerns, header.jurisdiction) == (None, "cn-320312")
        assert CHILD.encode() not in open_entry(stored).record.frame
    assert receipts[0].events[0].urgent


def test_sent_again_it_has_the_same_receipt(registry: Registry) -> None:
    first, again = told(registry, SEEN, COMMITTEE), told(registry, SEEN, COMMITTEE)
    assert again == first.again()
    assert matter(registry, f"report/{REPORT}").version == 1


def test_a_refused_removal_by_a_committee_is_an_entry_with_what_there_is_instead(
    registry: Registry,
) -> None:
    told(registry, SEEN, COMMITTEE)
    removal = RecordResponse(
        report=REPORT,
        response=Response.REMOVED,
        whom=None,
        on=day("2014-06-03"),
        document=None,
    )
    asked = submission(removal, "removal", AUTHORITY[COMMITTEE], COMMITTEE)
    refused = submit(registry, asked).refused
    assert refused is not None
    assert (refused.articles, refused.instead) == (
        ("MPL 118(1)",),
        "report_to_the_police",
    )


def test_a_wrong_report_is_annulled_by_who_filed_it_and_stands_again(
    registry: Registry,
) -> None:
    filed = told(registry, SEEN, COMMITTEE)
    wrong = CorrectSubmission(
        position=filed.position, reason=AnnulReason.WRONG_CHILD, replacement=None
    )
    with pytest.raises(NotKnownError):
        told(registry, wrong, POLICE)
    told(registry, wrong, COMMITTEE)
    with pytest.raises(NotKnownError):
        told(registry, warned("2014-06-03"), POLICE)
    told(registry, ReinstateSubmission(position=filed.position), COMMITTEE)
    told(registry, warned("2014-06-03"), POLICE)


def test_a_report_goes_over_the_edge(tmp_path: Path) -> None:
    with served(tmp_path) as running:
        with running.client(AUTHORITY[POLICE], "police") as police:
            police.submit(born(CHILD, "2004-10", FATHER, MOTHER), "birth")
        with running.client(AUTHORITY[COMMITTEE], "committee") as committee:
            receipt = committee.submit(SEEN, "seen")
        assert [event.type for event in receipt.events] == ["ReportFiled"]
        assert receipt.events[0].stream == f"report/{REPORT}"
