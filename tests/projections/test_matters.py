"""Who owes what, as known at any position: gaps and overlaps shown, not guessed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from events.duties import Department
from events.embedded import EmbeddedLog
from events.guardianship import AnnulReason, Office
from events.matter_kinds import KINDS
from events.matters import Matter, MatterStatus, evolve, holder_of, status_of
from events.reports import Compliance, Response
from projections.matters import KnownMatter, Matters, MattersProjection
from projections.runner import Runner
from registry.bootstrap import Registry
from registry.commands import Command, CorrectSubmission
from registry.matter_commands import FulfilDuty, RecordResponse, RecordVisit
from registry.receipt import Receipt
from registry.wire import CODEC
from tests.projections.test_oracle import rebuilt_digest
from tests.registry.test_duties import (
    ASSIGNED,
    BREACHED,
    HELD,
    HOSPITAL,
    OPENED,
    OTHER,
    UNOWNED,
)
from tests.registry.test_referrals import accepted, declined, made
from tests.registry.test_reports import REPORT, filed, received, response
from tests.support.planted import damaged, put
from tests.support.record import AUTHORITY
from tests.support.registry import ORIGIN, child_id, opened, submission, submit
from tests.support.stories import CHILD, FATHER, MOTHER, born
from tests.support.telling import day

CIVIL, COMMITTEE, POLICE = Office.CIVIL_AFFAIRS, Office.COMMITTEE, Office.POLICE
PLACE = "cn-320312"
LATER = date(2022, 12, 31)


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[Registry]:
    with opened(tmp_path) as found:
        tell(found, born(CHILD, "2015-10-01", FATHER, MOTHER), POLICE)
        yield found


def tell(registry: Registry, command: Command, by: Office) -> Receipt:
    asked = submission(command, repr(command), AUTHORITY[by], by)
    receipt = submit(registry, asked)
    assert receipt.refused is None, receipt.refused
    return receipt


def whole_story(registry: Registry) -> None:
    for command, by in (
        (filed(), COMMITTEE),
        (received(), CIVIL),
        (OPENED, CIVIL),
        (response(Response.ADMONISHED), POLICE),
        (made(), COMMITTEE),
        (declined(), CIVIL),
        (BREACHED, CIVIL),
        (replace(HELD, resolutions=HELD.resolutions[1:]), CIVIL),
    ):
        tell(registry, command, by)


def asked(
    registry: Registry, subject: str = CHILD, known_at: int | None = None
) -> dict[str, KnownMatter]:
    found = registry.matters.matters(subject, LATER, known_at)
    return {one.stream: one for one in found.matters}


def plainly(registry: Registry, subject: str, known_at: int) -> dict[str, Matter]:
    """The same by walking the whole log, keeping nothing."""
    states: dict[str, Matter] = {}
    from events.entry import open_entry  # noqa: PLC0415

    for stored in registry.log.read(0, 1_000):
        entry = open_entry(stored)
        for header, body in zip(entry.frame.events, entry.record.bodies, strict=True):
            ours = header.stream.partition("/")[0] in KINDS
            if stored.position > known_at or body is None or not ours:
                continue
            event = CODEC.decode(header.fingerprint, body.content)
            before = states.get(header.stream, Matter())
            states[header.stream] = evolve(before, event)  # type: ignore[arg-type]
    return {
        stream: state
        for stream, state in states.items()
        if state.opening is not None
        and subject
        in {state.opening.jurisdiction, getattr(state.opening, "child", None)}
    }


@pytest.mark.parametrize("subject", [CHILD, PLACE])
def test_at_every_position_it_answers_what_stood_there(
    registry: Registry, subject: str
) -> None:
    whole_story(registry)
    head = registry.log.head().position
    for position in range(1, head + 1):
        found = asked(registry, subject, position)
        wanted = plainly(registry, subject, position)
        assert {s: one.state for s, one in found.items()} == wanted
        for one in found.values():
            assert one.status is status_of(one.state)
    assert len(wanted) == (3 if subject == CHILD else 5)


def test_rebuilt_it_is_as_it_was_maintained(registry: Registry) -> None:
    whole_story(registry)
    entries = registry.log.read(0, 1_000)
    assert registry.matters.digest() == rebuilt_digest(MattersProjection(), entries)


def test_what_is_due_is_judged_on_the_day_that_is_asked(registry: Registry) -> None:
    tell(registry, OPENED, CIVIL)
    for as_of, overdue in ((date(2022, 6, 1), False), (date(2022, 6, 2), True)):
        (duty,) = registry.matters.matters(CHILD, as_of).matters
        assert duty.overdue is overdue
    done = FulfilDuty(duty=OPENED.duty, on=day("2022-07-01"), document=None)
    tell(registry, done, CIVIL)
    (duty,) = registry.matters.matters(CHILD, LATER).matters
    assert (duty.overdue, duty.open) == (False, False)


def test_a_duty_that_nobody_has_is_an_orphan_until_it_is_assigned(
    registry: Registry,
) -> None:
    tell(registry, UNOWNED, CIVIL)
    (duty,) = asked(registry).values()
    assert (duty.orphan, holder_of(duty.state)) == (True, None)
    tell(registry, ASSIGNED, CIVIL)
    (duty,) = asked(registry).values()
    assert not duty.orphan


def test_two_owners_of_one_duty_are_shown_to_each_other(registry: Registry) -> None:
    tell(registry, OPENED, CIVIL)
    second = replace(OPENED, duty=OTHER, owner=HOSPITAL)
    tell(registry, second, CIVIL)
    ours, theirs = f"duty/{OPENED.duty}", f"duty/{OTHER}"
    found = asked(registry)
    assert found[ours].overlaps == (theirs,)
    assert found[theirs].overlaps == (ours,)
    done = FulfilDuty(duty=OTHER, on=day("2022-05-20"), document=None)
    tell(registry, done, CIVIL)
    assert asked(registry)[ours].overlaps == ()


def test_the_same_owner_twice_and_an_orphan_are_no_overlap(registry: Registry) -> None:
    tell(registry, OPENED, CIVIL)
    tell(registry, replace(OPENED, duty=OTHER), CIVIL)
    third = replace(UNOWNED, duty=child_id("a third"))
    tell(registry, third, CIVIL)
    assert {one.overlaps for one in asked(registry).values()} == {()}


def test_an_annulled_report_is_gone_and_was_there_before(registry: Registry) -> None:
    receipt = tell(registry, filed(), COMMITTEE)
    wrong = CorrectSubmission(
        position=receipt.position, reason=AnnulReason.WRONG_CHILD, replacement=None
    )
    tell(registry, wrong, COMMITTEE)
    assert asked(registry) == {}
    assert list(asked(registry, known_at=receipt.position)) == [f"report/{REPORT}"]
    other = child_id("the right child")
    tell(registry, born(other, "2016-01-01", FATHER), POLICE)
    tell(registry, filed(child=other), COMMITTEE)
    assert asked(registry) == {}
    assert list(asked(registry, other)) == [f"report/{REPORT}"]


def test_the_history_before_an_application_counts_warnings_and_what_was_unheeded(
    registry: Registry,
) -> None:
    tell(registry, filed(to=Department.PUBLIC_SECURITY), COMMITTEE)
    inquired = RecordResponse(
        report=REPORT,
        response=Response.INQUIRED,
        whom=None,
        on=day("2022-03-02"),
        document=None,
    )
    tell(registry, inquired, POLICE)
    for on in ("2022-03-03", "2022-04-03", "2022-05-03"):
        tell(registry, response(Response.WARNED, on), POLICE)
    for found in (Compliance.DOES_NOT, Compliance.COMPLIES):
        visit = RecordVisit(report=REPORT, compliance=found, on=day("2022-06-01"))
        tell(registry, visit, COMMITTEE)
    answer = registry.matters.matters(CHILD, LATER)
    assert (answer.warnings, answer.unheeded) == (3, 1)


def test_a_referral_that_came_back_is_open_and_its_makers(registry: Registry) -> None:
    tell(registry, made(), COMMITTEE)
    tell(registry, accepted(), CIVIL)
    tell(registry, declined(), CIVIL)
    (referral,) = asked(registry).values()
    assert referral.status is MatterStatus.DECLINED
    assert holder_of(referral.state) is not None
    assert referral.open


def test_an_entry_that_cannot_be_read_is_told_with_every_answer(
    tmp_path: Path,
) -> None:
    with opened(tmp_path) as registry:
        tell(registry, born(CHILD, "2015-10-01", FATHER, MOTHER), POLICE)
        tell(registry, filed(), COMMITTEE)
        records = [stored.record for stored in registry.log.read(0, 100)]
    (tmp_path / "other").mkdir()
    path = tmp_path / "other" / "log.sqlite"
    with closing(EmbeddedLog(path, ORIGIN)) as log:
        for record in records[:-1]:
            put(log, record)
        put(log, damaged(records[-1], 0))
        with (
            closing(Runner(path.parent, log)) as runner,
            closing(Matters(path.parent)) as matters,
        ):
            runner.start()
            runner.wait(log.head().position, 20)
            answer = matters.matters(CHILD, LATER)
    assert answer.matters == ()
    assert answer.unreadable == (len(records),)
