"""A child moves: its record goes on in another registry, each side naming the other."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from events.dates import PartialDate
from events.guardianship import AnnulReason, ChildTransferred, Office
from events.proceedings import Direction
from events.timeline import Holder
from registry.bootstrap import Config, Registry, open_registry
from registry.commands import CorrectSubmission, ReceiveChild, TransferChild
from registry.receipt import Receipt
from registry.refusal import InvalidError, NotKnownError
from registry.services.custody import custody_message
from tests.support.record import AUTHORITY
from tests.support.registry import body, child_id, sources, submission, submit
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

HERE, THERE = "registry.example/cn-320300", "registry.example/cn-340600"
THEIR_CHILD = child_id("the same child as Huaibei registered it")
CIVIL, POLICE, COURT = Office.CIVIL_AFFAIRS, Office.POLICE, Office.COURT
DAY = date(2024, 7, 1)
GOES = TransferChild(
    child=CHILD,
    registry=THERE,
    their_child=THEIR_CHILD,
    their_position=None,
    on=PartialDate("2024-05-06"),
    order=0,
)
COMES = ReceiveChild(
    child=THEIR_CHILD,
    registry=HERE,
    their_child=CHILD,
    their_position=None,
    on=PartialDate("2024-05-06"),
    order=0,
)
BACK = replace(
    COMES,
    child=CHILD,
    registry=THERE,
    their_child=THEIR_CHILD,
    on=PartialDate("2024-06-03"),
)


@pytest.fixture
def two(tmp_path: Path) -> Iterator[tuple[Registry, Registry]]:
    """Return two registries with logs of their own; the child is in the first."""
    with ExitStack() as stack:
        here, there = (
            stack.enter_context(
                open_registry(
                    Config(data_dir=tmp_path / str(n), registry=origin, node="node-1"),
                    sources(),
                )
            )
            for n, origin in enumerate((HERE, THERE))
        )
        tell(here, born(CHILD, "2015-10-01", FATHER, MOTHER), POLICE)
        yield here, there


def tell(registry: Registry, command: Any, by: Office) -> Receipt:  # noqa: ANN401  any command
    return submit(registry, submission(command, repr(command), AUTHORITY[by], by))


def moved_to(
    registry: Registry, known_at: int | None = None
) -> ChildTransferred | None:
    found = registry.custody.custody(CHILD, DAY, known_at)
    assert found is not None
    return found.transferred


def handed(registry: Registry, child: str) -> set[Holder]:
    found = registry.custody.custody(child, DAY)
    assert found is not None
    return set(found.answer.hand_over_to)


def annulment(position: int) -> CorrectSubmission:
    return CorrectSubmission(
        position=position, reason=AnnulReason.WRONG_CONTENT, replacement=None
    )


def test_a_child_goes_and_each_side_names_the_others_registry_and_position(
    two: tuple[Registry, Registry],
) -> None:
    here, there = two
    before = here.log.head().position
    went = tell(here, GOES, CIVIL)
    tell(there, born(THEIR_CHILD, "2015-10-01", FATHER, MOTHER), POLICE)
    came = tell(there, replace(COMES, their_position=went.position), CIVIL)
    tell(here, annulment(went.position), CIVIL)
    said = tell(here, replace(GOES, their_position=came.position), CIVIL)

    (theirs,) = _transfers(there, THEIR_CHILD)
    (ours,) = [t for t in _transfers(here, CHILD) if t.their_position]
    assert (theirs.registry, theirs.their_position) == (HERE, went.position)
    assert (ours.registry, ours.their_position) == (THERE, came.position)
    assert theirs.direction is Direction.FROM
    assert ours.direction is Direction.TO
    assert moved_to(here) == ours
    assert moved_to(here, before) is None
    assert moved_to(here, said.position - 1) is None
    assert handed(here, CHILD) == handed(there, THEIR_CHILD) == {FATHER, MOTHER}

    answered = there.custody.custody(THEIR_CHILD, DAY)
    assert answered is not None
    assert not custody_message(answered).HasField("transferred_to")
    answered = here.custody.custody(CHILD, DAY)
    assert answered is not None
    to = custody_message(answered).transferred_to
    assert (to.on, to.registry, to.child) == ("2024-05-06", THERE, THEIR_CHILD)
    assert to.position == came.position


def _transfers(registry: Registry, child: str) -> list[ChildTransferred]:
    facts = registry.custody.explain(child, registry.log.head().position)
    return [f.event for f in facts if isinstance(f.event, ChildTransferred)]


def test_acts_are_refused_where_the_child_no_longer_is_but_a_courts_is_recorded(
    two: tuple[Registry, Registry],
) -> None:
    here, _ = two
    tell(here, GOES, CIVIL)
    for command in (designate("2024-06-01", body(BUREAU)), replace(GOES, order=1)):
        refused = tell(here, command, CIVIL).refused
        assert refused is not None
        assert refused.reason == "child_transferred"
        assert refused.instead == "act_in_the_other_registry"
        assert refused.articles == ("CC 31(1)",)
    judged = tell(here, judgment("2024-06-01", outcome(disqualified=(FATHER,))), COURT)
    assert judged.refused is None
    assert "child_transferred" in {found.reason for found in judged.warnings}
    assert handed(here, CHILD) == {MOTHER}


@pytest.mark.parametrize("by_reception", [True, False])
def test_a_child_comes_back_by_its_reception_or_by_the_annulment_of_the_transfer(
    two: tuple[Registry, Registry], *, by_reception: bool
) -> None:
    here, _ = two
    went = tell(here, GOES, CIVIL)
    tell(here, BACK if by_reception else annulment(went.position), CIVIL)
    assert moved_to(here) is None
    assert moved_to(here, went.position) is not None
    act = judgment("2024-06-20", outcome(dismissed=(FATHER,)))
    assert "child_transferred" not in {
        f.reason for f in tell(here, act, COURT).warnings
    }


def test_what_was_done_here_is_corrected_here_also_by_a_replacement(
    two: tuple[Registry, Registry],
) -> None:
    here, _ = two
    tell(here, GOES, CIVIL)
    birth = here.custody.explain(CHILD, here.log.head().position)[0].position
    mended = replace(annulment(birth), replacement=born(CHILD, "2015-10-01", MOTHER))
    assert tell(here, mended, POLICE).refused is None
    assert handed(here, CHILD) == {MOTHER}
    assert moved_to(here) is not None


@pytest.mark.parametrize(
    ("command", "field"),
    [
        (replace(GOES, registry=HERE), "registry"),
        (replace(GOES, registry="Nowhere At All"), "registry"),
        (replace(GOES, their_child="Xiaoming"), "their_child"),
        (replace(GOES, their_position=0), "their_position"),
    ],
)
def test_a_transfer_to_nowhere_is_an_error_that_names_the_field(
    two: tuple[Registry, Registry], command: TransferChild, field: str
) -> None:
    here, _ = two
    with pytest.raises(InvalidError) as raised:
        tell(here, command, CIVIL)
    assert raised.value.field == field


def test_a_child_is_received_once_it_is_registered(
    two: tuple[Registry, Registry],
) -> None:
    _, there = two
    with pytest.raises(NotKnownError):
        tell(there, COMES, CIVIL)
