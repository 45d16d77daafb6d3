"""Conflicts are said in the receipt and in the record, and nothing is refused."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from childregistry.v1 import custody_service_pb2 as pb
from events.cases import ApplicantClass
from events.guardianship import (
    AnnulReason,
    ConflictFound,
    EndReason,
    Office,
    PlacementForm,
    Way,
)
from events.proceedings import Asked, Conflict
from events.timeline import HolderKind, Role, Status
from registry.bootstrap import Registry
from registry.commands import (
    Command,
    CorrectSubmission,
    FileApplication,
    RecordDeath,
    RecordDecision,
    ReinstateSubmission,
)
from registry.receipt import Receipt
from tests.support.registry import body, child_id, opened, person, submission, submit
from tests.support.server import served
from tests.support.stories import (
    BUREAU,
    CASE,
    CHILD,
    COURT,
    FATHER,
    MOTHER,
    application,
    born,
    designate,
    end,
    establish,
    judgment,
    outcome,
    place,
)
from tests.support.telling import day

SIBLING = child_id("tongshan elder child")
OTHER_CASE = child_id("the elder child's case")
OTHER_COURT = "quanshan-court"
UNCLE = person("tongshan uncle")
CIVIL, POLICE, COMMITTEE = Office.CIVIL_AFFAIRS, Office.POLICE, Office.COMMITTEE


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[Registry]:
    with opened(tmp_path) as found:
        for child, on in ((CHILD, "2015-10-01"), (SIBLING, "2013-10-01")):
            birth = born(child, on, FATHER, MOTHER)
            submit(found, submission(birth, child, "xuzhou-police", POLICE))
        yield found


def by_court(
    registry: Registry, command: Command, court: str = COURT, key: str = ""
) -> Receipt:
    if isinstance(command, FileApplication | RecordDecision):
        command = replace(command, court=court)
    receipt = submit(registry, submission(command, key or repr(command), court))
    assert receipt.refused is None
    return receipt


def said(receipt: Receipt) -> list[tuple[Conflict, str | None, str | None]]:
    return [(c.kind, c.source, c.source_on) for c in receipt.conflicts]


def status(registry: Registry, on: str, known_at: int | None = None) -> Status:
    found = registry.custody.custody(CHILD, date.fromisoformat(on), known_at)
    assert found is not None
    return found.answer.status


def test_two_courts_that_decide_on_one_child_are_both_recorded_and_named(
    registry: Registry,
) -> None:
    first = by_court(registry, judgment("2022-03-20", outcome(dismissed=(FATHER,))))
    assert first.conflicts == ()
    other = judgment("2022-04-01", outcome(disqualified=(FATHER,)), case=OTHER_CASE)
    receipt = by_court(registry, other, OTHER_COURT)
    assert said(receipt) == [(Conflict.TWO_COURTS, CASE, "2022-03-20")]
    (found,) = receipt.conflicts
    assert (found.court, found.case) == (COURT, OTHER_CASE)
    assert found.findings[0].articles == ("OP14 31",)
    assert found.findings[0] in receipt.warnings
    bars = registry.barred.barred(FATHER.id, date(2022, 4, 1)).bars
    assert [bar.child for bar in bars] == [CHILD], "recorded all the same"


def test_an_application_with_a_second_court_is_said_while_the_first_is_pending(
    registry: Registry,
) -> None:
    standing = ApplicantClass.GRANDPARENT
    filed = application(
        Asked.DISQUALIFY, standing, "2022-03-01", FATHER, who=person("grandmother")
    )
    by_court(registry, filed)
    again = replace(filed, case=OTHER_CASE, filed_on=day("2022-03-02"))
    receipt = by_court(registry, again, OTHER_COURT)
    assert said(receipt) == [(Conflict.TWO_COURTS, CASE, "2022-03-01")]
    same = replace(filed, case=child_id("a third case"), filed_on=day("2022-03-03"))
    assert said(by_court(registry, same)) == [
        (Conflict.TWO_COURTS, OTHER_CASE, "2022-03-02")
    ], "one court is no conflict with itself"


def test_a_decision_on_a_disqualified_guardian_names_the_judgment_before(
    registry: Registry,
) -> None:
    by_court(registry, judgment("2022-03-20", outcome(disqualified=(FATHER,))))
    again = judgment("2022-05-01", outcome(disqualified=(FATHER,)), case=OTHER_CASE)
    receipt = by_court(registry, again)
    assert said(receipt) == [(Conflict.ALREADY_DISQUALIFIED, CASE, "2022-03-20")]
    assert receipt.conflicts[0].who == FATHER
    kept = judgment("2022-06-01", outcome(dismissed=(FATHER,)), case=child_id("third"))
    assert (Conflict.ALREADY_DISQUALIFIED, CASE, "2022-03-20") in said(
        by_court(registry, kept)
    )


@pytest.fixture
def barred(registry: Registry) -> Registry:
    """The uncle, once guardian of the elder child, is disqualified for it."""
    for who in (FATHER, MOTHER):
        death = RecordDeath(person=who.id, on=day("2020-01-01"))
        submit(registry, submission(death, who.id, "xuzhou-police", POLICE))
    named = designate("2020-02-01", UNCLE, child=SIBLING)
    submit(registry, submission(named, "uncle", BUREAU, CIVIL))
    gone = judgment(
        "2021-05-01", outcome(SIBLING, disqualified=(UNCLE,)), case=OTHER_CASE
    )
    by_court(registry, gone)
    return registry


@pytest.mark.parametrize(
    ("command", "who", "by"),
    [
        (designate("2022-01-01", UNCLE), "tongshan-village", COMMITTEE),
        (designate("2022-01-01", UNCLE), BUREAU, CIVIL),
        (establish(Way.CONSENT, "2022-01-01", UNCLE), BUREAU, CIVIL),
        (place(PlacementForm.KIN, "2022-01-01", UNCLE), BUREAU, CIVIL),
        (judgment("2022-01-01", outcome(designated=(UNCLE,))), COURT, Office.COURT),
        (judgment("2022-01-01", outcome(measures=UNCLE)), COURT, Office.COURT),
    ],
    ids=lambda value: type(value).__name__,
)
def test_who_is_disqualified_for_another_child_is_given_one_with_a_warning(
    barred: Registry, command: Command, who: str, by: Office
) -> None:
    receipt = submit(barred, submission(command, "given", who, by))
    assert receipt.refused is None
    assert (Conflict.DISQUALIFIED_ELSEWHERE, OTHER_CASE, "2021-05-01") in said(receipt)
    found = next(c for c in receipt.conflicts if c.source == OTHER_CASE)
    assert found.findings[0].reason == "disqualified_for_another_child"
    assert "CC 36(1)" in found.findings[0].articles
    assert SIBLING not in repr(receipt.conflicts), "no other child is named"


def test_before_the_other_judgment_and_after_its_end_nothing_is_said(
    barred: Registry,
) -> None:
    early = designate("2021-04-30", UNCLE)
    receipt = submit(barred, submission(early, "early", BUREAU, CIVIL))
    assert receipt.conflicts == ()
    died = end(EndReason.WARD_DIED, "2021-12-01", None, SIBLING)
    submit(barred, submission(died, "died", "xuzhou-police", POLICE))
    receipt = submit(
        barred, submission(designate("2022-01-01", UNCLE), "late", BUREAU, CIVIL)
    )
    assert Conflict.DISQUALIFIED_ELSEWHERE not in {c.kind for c in receipt.conflicts}


def test_one_judgment_may_contradict_itself_over_two_children(
    registry: Registry,
) -> None:
    both = judgment(
        "2022-03-20",
        outcome(SIBLING, disqualified=(UNCLE,)),
        outcome(CHILD, disqualified=(FATHER, MOTHER), designated=(UNCLE,)),
    )
    receipt = by_court(registry, both)
    assert said(receipt) == [(Conflict.DISQUALIFIED_ELSEWHERE, CASE, "2022-03-20")]


def test_an_older_decision_stands_on_its_own_day_and_lists_whom_it_affects(
    tmp_path: Path,
) -> None:
    with served(tmp_path) as running:
        with running.client("xuzhou-police", "police") as police:
            police.submit(born(CHILD, "2015-10-01", FATHER, MOTHER), "birth")
        with running.client(COURT, "court") as court:
            later = outcome(disqualified=(MOTHER,))
            court.submit(judgment("2022-06-01", later, case=OTHER_CASE), "later")
            older = outcome(disqualified=(FATHER,))
            receipt = court.submit(judgment("2022-03-20", older), "older")
            (found,) = receipt.conflicts
            assert (found.kind, found.source, found.source_on) == (
                "older_than_recorded",
                OTHER_CASE,
                "2022-06-01",
            )
            assert found.finding.reason == "older_than_one_on_record"
            request = pb.ListAffectedRequest(position=receipt.position)
            (affected,) = court.called("ListAffected", request).comparisons
            days = [(s.first_day, s.until) for s in affected.stretches]
            assert days[0] == ("2022-03-20", "2022-06-01")
            for stretch in affected.stretches:
                types = [fact.type for fact in stretch.causes]
                assert types == ["GuardianDisqualified", "ConflictFound"]
        registry = running.registry
        assert status(registry, "2022-06-01") is Status.GAP
        assert status(registry, "2022-06-01", receipt.position - 1) is Status.GUARDIAN
        assert status(registry, "2022-05-31") is Status.GUARDIAN


def test_a_conflict_goes_with_the_act_and_comes_back_with_it(
    registry: Registry,
) -> None:
    by_court(registry, judgment("2022-03-20", outcome(disqualified=(FATHER,))))
    again = judgment("2022-05-01", outcome(disqualified=(FATHER,)), case=OTHER_CASE)
    receipt = by_court(registry, again)
    wrong = CorrectSubmission(
        position=receipt.position,
        reason=AnnulReason.WRONG_PERSON,
        replacement=judgment(
            "2022-05-01", outcome(disqualified=(MOTHER,)), case=OTHER_CASE
        ),
    )
    corrected = by_court(registry, wrong)
    assert corrected.conflicts == ()
    assert _standing(registry) == []
    by_court(registry, ReinstateSubmission(position=receipt.position))
    assert _standing(registry) == [Conflict.ALREADY_DISQUALIFIED]


def test_a_replacement_is_looked_at_without_what_it_replaces(
    registry: Registry,
) -> None:
    first = by_court(registry, judgment("2022-03-20", outcome(disqualified=(FATHER,))))
    moved = judgment("2022-03-21", outcome(disqualified=(FATHER,)))
    fix = CorrectSubmission(
        position=first.position, reason=AnnulReason.WRONG_DATE, replacement=moved
    )
    assert by_court(registry, fix).conflicts == ()


def test_the_receipt_says_the_same_when_it_is_asked_again(barred: Registry) -> None:
    asked = submission(designate("2022-01-01", UNCLE), "again", BUREAU, CIVIL)
    first, second = submit(barred, asked), submit(barred, asked)
    assert second.repeated
    assert second.conflicts == first.conflicts != ()


def test_a_body_is_looked_for_under_no_other_child(barred: Registry) -> None:
    given = judgment("2022-01-01", outcome(designated=(body(BUREAU),)))
    receipt = by_court(barred, given)
    assert body(BUREAU).kind is HolderKind.BODY
    assert Conflict.DISQUALIFIED_ELSEWHERE not in {c.kind for c in receipt.conflicts}


def _standing(registry: Registry) -> list[Conflict]:
    head = registry.log.head().position
    facts: list[Any] = registry.custody.explain(CHILD, head)
    return [
        fact.event.kind
        for fact in facts
        if isinstance(fact.event, ConflictFound) and not fact.annulled
    ]


def test_no_conflict_moves_anything(barred: Registry) -> None:
    before = status(barred, "2022-01-01")
    given = place(PlacementForm.KIN, "2022-01-01", UNCLE)
    receipt = submit(barred, submission(given, "care", BUREAU, CIVIL))
    assert receipt.conflicts
    assert status(barred, "2022-01-01") is before
    roles = {p.role for p in barred.custody.periods(CHILD, receipt.position)}
    assert Role.GUARDIAN not in roles
