"""At every position, on every day, a living minor has somebody, or a gap says who must.

Histories of every command there is, about several children who share their parents, as
submitted: late, out of order, refused, corrected, reinstated. What is asked is asked of
the projection, at every position of the history, on the days around every boundary.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any, get_args

import pytest

from events.guardianship import (
    ChildRegistered,
    EndReason,
    GuardianshipEnded,
    Office,
)
from events.timeline import Line, Status
from projections.custody import KnownFact
from registry.bootstrap import Registry
from registry.case_commands import ProceedingCommand
from registry.commands import (
    CorrectSubmission,
    FileApplication,
    ReceiveChild,
    RecordDecision,
    RecordSamePerson,
    ReinstateSubmission,
    Replaceable,
    TransferChild,
    WithdrawApplication,
)
from registry.law.periods import age_reached
from registry.matter_commands import MatterCommand
from registry.refusal import Fault
from registry.subscription_commands import SubscriptionCommand
from tests.support.any_command import ALONE, AnyCommand
from tests.support.record import AUTHORITY
from tests.support.registry import opened, submission, submit

SEEDS = range(24)
ACTS = 40
MOVING: tuple[type, ...] = (
    *get_args(Replaceable),
    *get_args(ProceedingCommand),
    RecordSamePerson,
    TransferChild,
    ReceiveChild,
    CorrectSubmission,
    ReinstateSubmission,
)
"""What may move a timeline, or a case about it."""
WEIGHED = (
    *MOVING,
    *(CorrectSubmission, ReinstateSubmission, RecordDecision) * 2,
    *(ReceiveChild, FileApplication, WithdrawApplication),
)
"""What takes back, brings back and decides comes oftener."""
BESIDE: tuple[type, ...] = get_args(MatterCommand)
"""What stands around it and moves nothing."""
BORN_BY_LAW = date(1987, 1, 1)


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    folder: Path = tmp_path_factory.mktemp("gaps")
    with opened(folder) as found:
        yield found


def lived(registry: Registry, maker: AnyCommand, seed: int) -> Counter[type]:
    """Tell a history; return how many of each command were taken."""
    taken: Counter[type] = Counter()
    births = [maker.birth(child) for child in maker.children]
    classes = [
        maker.chance.choice(WEIGHED if maker.chance.random() < 0.9 else BESIDE)
        for _ in range(ACTS)
    ]
    commands: list[Any] = [*births, *classes]
    for number, made in enumerate(commands):
        command = maker.make(made) if isinstance(made, type) else made
        who, by = maker.submitter(command)
        if number < len(births):
            who, by = AUTHORITY[Office.POLICE], Office.POLICE
        asked = submission(command, f"{seed} {number}", who, by)
        try:
            receipt = submit(registry, asked)
        except Fault:
            continue
        if receipt.refused is None:
            taken[type(command)] += 1
            maker.taken(command, receipt, by)
    return taken


TAKEN: Counter[type] = Counter()


@pytest.mark.parametrize("seed", SEEDS)
def test_no_living_minor_is_without_anybody_unsaid(
    registry: Registry, seed: int
) -> None:
    maker = AnyCommand(seed)
    before = registry.log.head().position
    TAKEN.update(lived(registry, maker, seed))
    after = registry.log.head().position
    assert after > before + len(maker.children)
    for child in maker.children:
        days = _days(registry, child, after)
        for position in _positions(registry, child, after):
            facts = registry.custody.explain(child, position)
            childhood = _childhood(facts)
            if childhood is not None:
                _somebody_or_a_gap(registry, child, position, facts, childhood, days)


def test_every_command_that_may_move_a_child_was_taken() -> None:
    if len(TAKEN) > 1:  # a single seed asked for alone takes too few
        assert set(MOVING) <= set(TAKEN), set(MOVING) - set(TAKEN)


def test_a_subscription_alone_is_about_no_child() -> None:
    from registry.commands import Command  # noqa: PLC0415  all there are

    subscriptions = set(get_args(SubscriptionCommand))
    assert set(get_args(Command)) == {*MOVING, *BESIDE} | subscriptions


def _positions(registry: Registry, child: str, known_at: int) -> list[int]:
    """Return where anything of a child was recorded: between, nothing changes."""
    return sorted({f.position for f in registry.custody.explain(child, known_at)})


def _days(registry: Registry, child: str, known_at: int) -> list[date]:
    """Return the days around every boundary that was ever held true."""
    edges: set[date] = set()
    for known in registry.custody.history(child, known_at):
        for boundary in (known.period.from_, known.period.until):
            if boundary is not None:
                edges |= {boundary.earliest, boundary.latest}
    around = {edge + timedelta(n) for edge in edges for n in (-1, 0, 1)}
    return sorted(around)


def _childhood(facts: list[KnownFact]) -> tuple[date, date] | None:
    """Return the days on which the child surely lives and is a minor, as known."""
    standing = [fact.event for fact in facts if not fact.annulled]
    births = [event for event in standing if isinstance(event, ChildRegistered)]
    if not births:
        return None
    ends = [
        event.on.earliest
        for event in standing
        if isinstance(event, GuardianshipEnded) and event.reason in ALONE
    ]
    born = births[0].birth.date
    if born is not None:
        ends.append(age_reached(born, 18).earliest)
    begun = max(birth.on.latest for birth in births)
    return begun, min(ends, default=date.max)


def _somebody_or_a_gap(  # noqa: PLR0917  all that is known
    registry: Registry,
    child: str,
    position: int,
    facts: list[KnownFact],
    childhood: tuple[date, date],
    days: list[date],
) -> None:
    begun, over = childhood
    versions = {fact.version for fact in facts}
    for day in days:
        if not begun <= day < over:
            continue
        found = registry.custody.custody(child, day, position)
        assert found is not None
        answer = found.answer
        where = (child, position, day)
        assert answer.status is not Status.NONE, where
        periods = (*answer.certain, *answer.possible)
        lines = {period.line for period in periods}
        assert lines & {Line.RELATION, Line.COVER, Line.GAP}, where
        certain = {period.line for period in answer.certain}
        if Line.GAP in certain:
            assert not certain & {Line.RELATION, Line.COVER}, where
        for gap in periods:
            if gap.line is Line.GAP:
                assert gap.opened_by in versions, "the act that left nobody"
                assert gap.duty is not None, where
                assert (gap.duty.who, gap.duty.due) == ("civil_affairs", gap.from_)
                assert gap.articles or gap.from_.earliest < BORN_BY_LAW


def test_a_ward_that_died_has_no_gap() -> None:
    """The property speaks of the living: what ends childhood is among the commands."""
    assert {EndReason.WARD_DIED, EndReason.FULL_CAPACITY} == ALONE
