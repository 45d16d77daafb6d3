"""A foundling who is somebody's child after all, and moves: every earlier answer stays.

Her mother is found under an id that is another woman's second one; a court judges; her
record goes on in another registry. What was answered at each step is answered so still.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

from childregistry.v1 import custody_service_pb2 as custody
from childregistry.v1 import types_pb2
from events.birth import BirthSource, Precision
from events.cases import ApplicantClass
from events.conditions import Condition
from events.duties import Department
from events.guardianship import AnnulReason, Office
from events.proceedings import Asked, TemporaryEnd
from events.reports import Reporter, ReportOutcome, Suspicion
from events.timeline import Role
from registry.bootstrap import Config, Registry, open_registry
from registry.commands import (
    Command,
    CorrectSubmission,
    ReceiveChild,
    RecordSamePerson,
    RegisterChild,
    TransferChild,
)
from registry.condition_commands import EndCondition, RecordCondition
from registry.matter_commands import AnswerReport, FileReport, ReceiveReport
from tests.support.record import AUTHORITY
from tests.support.registry import (
    ORIGIN,
    body,
    child_id,
    person,
    sources,
    submission,
    submit,
)
from tests.support.stories import (
    BUREAU,
    MOTHER,
    application,
    born,
    designate,
    judgment,
    outcome,
    start,
    stop,
)
from tests.support.tale import PAPER, PLACE, Tale, on, tale

CIVIL, COURT, POLICE = Office.CIVIL_AFFAIRS, Office.COURT, Office.POLICE
HOSPITAL, COMMITTEE = Office.MEDICAL_INSTITUTION, Office.COMMITTEE
FOUNDLING, SISTER = child_id("found at the bus station"), child_id("her elder sister")
DOUBLE = person("the mother by her second registration")
REPORT, UNKNOWN = child_id("an infant on a bench"), child_id("parents not found")
THERE = "registry.example/cn-340600"
THEIR_CHILD = child_id("the same child as Huaibei registered her")
KNOWN = born(FOUNDLING, "2021-12-01", DOUBLE)
FOUND: RegisterChild = replace(
    KNOWN,
    birth=replace(
        KNOWN.birth,
        date=on("2021"),
        precision=Precision.ESTIMATED,
        source=BirthSource.MEDICAL_ESTIMATE,
    ),
    on=on("2022-03-08"),
    parents=(),
)
GOES = TransferChild(
    child=FOUNDLING,
    registry=THERE,
    their_child=THEIR_CHILD,
    their_position=None,
    on=on("2023-03-01"),
    order=0,
)
DAYS = ("2022-01-15", "2022-03-10", "2022-08-01", "2023-06-01", "2039-11-30")


@dataclass
class Answers:
    """What was answered about her at each step, and asked again at the end."""

    story: Tale
    kept: list[tuple[int, str, custody.Custody]] = field(default_factory=list)

    def note(self) -> None:
        known = self.story.running.registry.log.head().position
        self.kept += [(known, day, self.asked(day, known)) for day in DAYS]

    def asked(self, day: str, known: int) -> custody.Custody:
        request = custody.GetCustodyRequest(child=FOUNDLING)
        found: custody.Custody = self.story.asked(
            "GetCustody", request, day, known
        ).custody
        return found


def guardians(story: Tale, day: str) -> set[str]:
    """Return who is guardian in law, also while a cover stands."""
    request = custody.GetCustodyRequest(child=FOUNDLING)
    found = story.asked("GetCustody", request, day, None).custody
    line = types_pb2.LINE_RELATION
    return {period.holder.id for period in found.certain if period.line == line}


def an_infant_is_found_and_nobody_knows_whose(story: Tale) -> int:
    seen = FileReport(
        report=REPORT,
        child=None,
        jurisdiction=PLACE,
        reporter=Reporter.MEDICAL_INSTITUTION,
        suspicion=Suspicion.ABANDONMENT,
        to=Department.PUBLIC_SECURITY,
        on=on("2022-03-08"),
        document=None,
    )
    story.tell(HOSPITAL, seen)
    story.tell(POLICE, ReceiveReport(report=REPORT, on=on("2022-03-08")))
    registered = story.tell(POLICE, FOUND)
    unknown = RecordCondition(
        condition=UNKNOWN,
        what=Condition.PARENTS_NOT_FOUND,
        child=FOUNDLING,
        jurisdiction=PLACE,
        who=None,
        grade=None,
        mental=False,
        on=on("2022-03-08"),
        evidence=PAPER,
    )
    story.tell(POLICE, unknown)
    assert story.status("2022-03-08", FOUNDLING) == "gap"
    role = Role.STATE_TEMPORARY_GUARDIAN
    cover = start(role, "2022-03-09", body(BUREAU), limb=1, child=FOUNDLING)
    story.tell(CIVIL, cover)
    assert "orphan_2010: orphan" in story.classes("2022-04-01", FOUNDLING)
    answer = AnswerReport(
        report=REPORT, outcome=ReportOutcome.CHILD_PROTECTED, on=on("2022-03-12")
    )
    story.tell(POLICE, answer)
    return int(registered.position)


def her_identity_is_found(story: Tale, registered: int) -> None:
    corrected = CorrectSubmission(
        position=registered, reason=AnnulReason.WRONG_CONTENT, replacement=KNOWN
    )
    story.tell(POLICE, corrected)
    story.tell(POLICE, EndCondition(condition=UNKNOWN, on=on("2022-06-01")))
    assert guardians(story, "2022-03-10") == {DOUBLE.id}
    assert story.hands("2022-03-10", FOUNDLING) == {BUREAU}
    assert "orphan_2010: orphan" not in story.classes("2022-06-01", FOUNDLING)
    assert "orphan_2010: orphan" in story.classes("2022-05-31", FOUNDLING)


def her_mother_is_a_woman_whom_a_court_knows(story: Tale) -> None:
    story.tell(POLICE, born(SISTER, "2014-05-05", MOTHER))
    gone = outcome(SISTER, disqualified=(MOTHER,), designated=(body(BUREAU),))
    old = judgment("2020-06-01", gone, case=child_id("the sister's case"))
    story.tell(COURT, old, "application_not_on_record")
    one = RecordSamePerson(
        kept=MOTHER, other=DOUBLE, evidence=PAPER, on=on("2022-07-01")
    )
    story.tell(POLICE, one)
    assert guardians(story, "2022-03-10") == {MOTHER.id}
    assert story.hands("2022-08-01", SISTER) == {BUREAU}


def a_court_judges_by_either_id(story: Tale) -> None:
    civil = ApplicantClass.CIVIL_AFFAIRS
    case = child_id("the foundling's case")
    asks = application(
        Asked.DISQUALIFY, civil, "2022-09-01", DOUBLE, case=case, child=FOUNDLING
    )
    story.tell(CIVIL, asks)
    granted = outcome(FOUNDLING, disqualified=(DOUBLE,), designated=(body(BUREAU),))
    story.tell(COURT, judgment("2022-09-20", granted, case=case))
    begun = story.begun("2022-09-20", FOUNDLING)
    end = TemporaryEnd.GUARDIAN_DETERMINED
    story.tell(CIVIL, stop(begun, "2022-09-20", end, child=FOUNDLING))
    assert guardians(story, "2022-09-20") == {BUREAU}


def she_moves_and_each_registry_names_the_other(story: Tale, there: Registry) -> None:
    went = story.tell(CIVIL, GOES)
    came = received(there, int(went.position))
    refused = story.refused(
        COMMITTEE, designate("2023-04-01", body(BUREAU), child=FOUNDLING)
    )
    assert (refused[0], refused[2]) == (
        "child_transferred",
        "act_in_the_other_registry",
    )
    request = custody.GetCustodyRequest(child=FOUNDLING)
    found = story.asked("GetCustody", request, "2023-06-01", None).custody
    assert (found.transferred_to.registry, found.transferred_to.child) == (
        THERE,
        THEIR_CHILD,
    )
    facts = there.custody.explain(THEIR_CHILD, came)
    (theirs,) = [one.event for one in facts if one.type == "ChildTransferred"]
    event: Any = theirs
    assert (event.registry, event.their_child) == (ORIGIN, FOUNDLING)
    assert event.their_position == went.position
    assert there.custody.custody(THEIR_CHILD, date(2023, 6, 1)) is not None


def received(there: Registry, their_position: int) -> int:
    """Register her in the other registry, and name the first."""
    comes = ReceiveChild(
        child=THEIR_CHILD,
        registry=ORIGIN,
        their_child=FOUNDLING,
        their_position=their_position,
        on=GOES.on,
        order=0,
    )
    birth = born(THEIR_CHILD, "2021-12-01", DOUBLE)
    acts: tuple[tuple[Office, Command], ...] = ((POLICE, birth), (CIVIL, comes))
    for office, command in acts:
        asked = submission(command, repr(command), AUTHORITY[office], office)
        receipt = submit(there, asked)
        assert receipt.refused is None
    return receipt.position


def every_earlier_answer_is_what_it_was_and_says_why(
    story: Tale, answers: Answers
) -> None:
    for known, day, answer in answers.kept:
        assert answers.asked(day, known) == answer
    first, last = answers.kept[0][0], answers.kept[-1][0]
    request = custody.CompareCustodyRequest(child=FOUNDLING)
    request.before.position, request.after.position = first, last
    compared = story.by(COURT).called("CompareCustody", request).comparison
    causes = {one.type for stretch in compared.stretches for one in stretch.causes}
    assert {"GuardianDisqualified", "GuardianDesignated"} <= causes
    explained = story.by(COURT).called(
        "ExplainCustody", custody.ExplainCustodyRequest(child=FOUNDLING)
    )
    annulled = [one.type for one in explained.facts if one.annulled]
    assert annulled == ["ChildRegistered"]
    assert "PersonsFoundOne" in {one.type for one in explained.facts}


def test_a_foundling_is_identified_judged_and_transferred_and_nothing_is_rewritten(
    tmp_path: Path,
) -> None:
    with tale(tmp_path / "here") as story, ExitStack() as stack:
        config = Config(data_dir=tmp_path / "there", registry=THERE, node="huaibei-1")
        there = stack.enter_context(open_registry(config, sources()))
        answers = Answers(story)
        registered = an_infant_is_found_and_nobody_knows_whose(story)
        answers.note()
        her_identity_is_found(story, registered)
        answers.note()
        her_mother_is_a_woman_whom_a_court_knows(story)
        answers.note()
        a_court_judges_by_either_id(story)
        answers.note()
        she_moves_and_each_registry_names_the_other(story, there)
        answers.note()
        every_earlier_answer_is_what_it_was_and_says_why(story, answers)
        story.ends("2023-06-30", FOUNDLING, SISTER)
