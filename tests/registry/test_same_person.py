"""Persons found to be one: what was recorded of either id is of one person."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from events.dates import PartialDate
from events.document import Document
from events.guardianship import (
    AnnulReason,
    GuardianDesignated,
    GuardianshipEnded,
    Office,
    PersonsFoundOne,
    TimelineChanged,
)
from events.timeline import Cause, Holder, Line, Period
from registry.bootstrap import Registry
from registry.child import Child, annulments, evolve
from registry.commands import CorrectSubmission, RecordDeath, RecordSamePerson
from registry.refusal import InvalidError, NotKnownError
from registry.same_person import aliases, read_as
from registry.timeline import record, timeline
from tests.registry.test_timeline_properties import PEOPLE, STEPS, Step, registered
from tests.registry.test_timeline_properties import step as taken
from tests.support.record import AUTHORITY, Record
from tests.support.registry import body, child_id, opened, person, submission, submit
from tests.support.stories import (
    BUREAU,
    CHILD,
    FATHER,
    MOTHER,
    born,
    designate,
    judgment,
    outcome,
)

POLICE, COURT = Office.POLICE, Office.COURT
DOUBLE = person("the father by his second registration")
THIRD = person("the father by his third registration")
SISTER = child_id("tongshan sister born later")
EVIDENCE = Document(sha256=bytes(32), media_type="application/pdf", size=9)
ON = PartialDate("2024-05-06")
JUDGED = judgment("2022-03-01", outcome(disqualified=(DOUBLE,)))


def same(kept: Holder, other: Holder) -> RecordSamePerson:
    return RecordSamePerson(kept=kept, other=other, evidence=EVIDENCE, on=ON)


def found(kept: Holder, other: Holder) -> PersonsFoundOne:
    return PersonsFoundOne(
        on=ON,
        order=0,
        case=None,
        by=POLICE,
        findings=(),
        limits=(),
        kept=kept,
        other=other,
        evidence=EVIDENCE,
    )


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[Registry]:
    with opened(tmp_path) as registry:
        birth = born(CHILD, "2015-10-01", FATHER, MOTHER)
        submit(registry, submission(birth, "birth", AUTHORITY[POLICE], POLICE))
        submit(registry, submission(JUDGED, "judgment"))
        yield registry


def told(registry: Registry, command: RecordSamePerson | CorrectSubmission) -> int:
    asked = submission(command, repr(command), AUTHORITY[POLICE], POLICE)
    return submit(registry, asked).position


def handed(registry: Registry, known_at: int | None = None) -> set[Holder]:
    answered = registry.custody.custody(CHILD, date(2024, 6, 1), known_at)
    assert answered is not None
    return set(answered.answer.hand_over_to)


def test_a_judgment_against_the_other_id_is_one_against_the_kept_and_can_be_undone(
    registry: Registry,
) -> None:
    before = registry.log.head().position
    assert handed(registry) == {FATHER, MOTHER}
    at = told(registry, same(FATHER, DOUBLE))
    assert handed(registry) == {MOTHER}
    assert handed(registry, before) == {FATHER, MOTHER}
    undone = CorrectSubmission(
        position=at, reason=AnnulReason.WRONG_PERSON, replacement=None
    )
    told(registry, undone)
    assert handed(registry) == {FATHER, MOTHER}
    assert handed(registry, at) == {MOTHER}
    assert handed(registry, before) == {FATHER, MOTHER}
    facts = registry.custody.explain(CHILD, registry.log.head().position)
    assert [f.annulled for f in facts if f.type == "PersonsFoundOne"] == [True]


def test_the_difference_says_that_it_is_of_identity() -> None:
    tale = Record()
    tale.tell(JUDGED, COURT)
    events = tale.tell(same(FATHER, DOUBLE), POLICE).events
    (changed,) = [e for e in events if isinstance(e, TimelineChanged)]
    assert changed.cause is Cause.IDENTITY


@pytest.mark.parametrize("who", [FATHER, DOUBLE, THIRD])
def test_a_death_reaches_every_ward_by_whichever_id_it_is_told(who: Holder) -> None:
    """The sister was registered after the finding, by an id that is not kept."""
    tale = Record()
    tale.tell(born(child_id("another"), "2016-01-01", THIRD), POLICE)
    tale.tell(judgment("2019-03-01", outcome(dismissed=(DOUBLE,))), COURT)
    tale.tell(born(child_id("a third"), "2017-01-01", DOUBLE), POLICE)
    tale.tell(same(FATHER, DOUBLE), POLICE)
    tale.tell(same(DOUBLE, THIRD), POLICE)
    tale.tell(born(SISTER, "2024-06-01", DOUBLE, MOTHER), POLICE)
    death = RecordDeath(person=who.id, on=PartialDate("2024-07-01"))
    ends = [e for e in tale.tell(death, POLICE).events if _ended(e)]
    assert len(ends) == 4


def _ended(event: object) -> bool:
    return isinstance(event, GuardianshipEnded)


def test_a_later_act_on_the_other_id_is_judged_as_one_on_the_kept() -> None:
    tale = Record()
    tale.tell(judgment("2022-03-01", outcome(disqualified=(FATHER,))), COURT)
    tale.tell(judgment("2019-03-01", outcome(dismissed=(DOUBLE,))), COURT)
    tale.tell(same(FATHER, DOUBLE), POLICE)
    given_to = [
        tale.refused(designate("2024-06-01", holder), Office.COMMITTEE)
        for holder in (FATHER, DOUBLE)
    ]
    assert given_to[0] == given_to[1]


def test_a_later_act_is_recorded_by_the_id_that_it_says() -> None:
    """So that it goes where it belongs when the finding is annulled."""
    tale = Record()
    tale.tell(judgment("2022-03-01", outcome(disqualified=(MOTHER, FATHER))), COURT)
    tale.tell(judgment("2019-03-01", outcome(dismissed=(DOUBLE,))), COURT)
    tale.tell(same(FATHER, DOUBLE), POLICE)
    events = tale.tell(
        judgment("2024-06-01", outcome(designated=(DOUBLE,))), COURT
    ).events
    (fact,) = [e for e in events if isinstance(e, GuardianDesignated)]
    (changed,) = [e for e in events if isinstance(e, TimelineChanged)]
    assert fact.holders == (DOUBLE,)
    relations = [p for p in changed.asserted if p.line is Line.RELATION]
    assert FATHER in {p.holder for p in relations}
    assert DOUBLE not in {p.holder for p in changed.asserted}


@pytest.mark.parametrize(
    ("command", "field"),
    [
        (same(FATHER, FATHER), "other"),
        (same(body(BUREAU), DOUBLE), "kept"),
        (same(FATHER, body(BUREAU)), "other"),
        (replace(same(FATHER, MOTHER), evidence=replace(EVIDENCE, sha256=b"")), "evid"),
    ],
)
def test_what_cannot_be_one_person_is_an_error_that_names_the_field(
    command: RecordSamePerson, field: str
) -> None:
    with pytest.raises(InvalidError) as raised:
        Record().tell(command, POLICE)
    assert raised.value.field.startswith(field)


def test_a_registered_child_is_refused_and_nobody_known_is_not_recorded() -> None:
    tale = Record()
    refused = tale.refused(same(FATHER, person("tongshan child")), POLICE)
    assert refused.reason == "registered_as_a_child"
    assert refused.instead == "correct_the_registration"
    with pytest.raises(NotKnownError):
        tale.tell(same(FATHER, DOUBLE), POLICE)


def test_what_is_said_twice_changes_nothing() -> None:
    tale = Record()
    tale.tell(JUDGED, COURT)
    tale.tell(same(FATHER, DOUBLE), POLICE)
    for again in (same(FATHER, DOUBLE), same(DOUBLE, FATHER)):
        with pytest.raises(InvalidError, match="changes nothing"):
            tale.tell(again, POLICE)


def test_who_is_named_by_both_ids_is_named_once() -> None:
    by = {DOUBLE: FATHER}
    assert read_as((DOUBLE, MOTHER, FATHER), by) == (FATHER, MOTHER)


@given(st.lists(st.tuples(st.sampled_from(PEOPLE), st.sampled_from(PEOPLE))))
def test_every_chain_ends_at_one_kept_id(pairs: list[tuple[Holder, Holder]]) -> None:
    by = aliases(found(kept, other) for kept, other in pairs)
    assert not set(by) & set(by.values())
    for kept, other in pairs:
        assert by.get(kept, kept) == by.get(other, other)


@settings(max_examples=150, deadline=None)
@given(STEPS, st.sampled_from(PEOPLE[:3]), st.sets(st.integers(0, 40)))
def test_periods_are_those_of_the_kept_id_written_from_the_beginning(
    steps: list[Step], who: Holder, by_the_other: set[int]
) -> None:
    written = registered()
    for one in steps:
        for event in taken(written, one):
            written = evolve(written, event)
    facts = {
        version: read_as(fact, {who: DOUBLE}) if version in by_the_other else fact
        for version, fact in written.facts.items()
    }
    child = Child(version=written.version, facts=facts, annulled=written.annulled)
    for event in record(child, []):
        child = evolve(child, event)
    apart = _periods(child)
    for event in record(child, [found(who, DOUBLE)]):
        child = evolve(child, event)
    act = max(child.facts)
    assert _periods(child) == {
        replace(p, number=0) for p in timeline(written.standing())
    }
    undone = annulments(child, [act], AnnulReason.WRONG_PERSON, POLICE)
    for event in record(child, undone):
        child = evolve(child, event)
    assert _periods(child) == apart


def _periods(child: Child) -> set[Period]:
    return {replace(period, number=0) for period in child.live.values()}
