"""A child moves between two servers; whoever reads both sees whether they agree.

No registry asks the other: what a counterpart says, or fails to, changes nothing here.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import grpc
import pytest

from childregistry.v1 import custody_service_pb2 as asked
from childregistry.v1 import event_service_pb2 as entries
from childregistry.v1 import types_pb2
from events.entry import decode_frame, decode_record
from events.guardianship import ChildTransferred, Office
from events.proceedings import Direction
from registry.bootstrap import Config, open_registry
from registry.commands import Command
from registry.server import Listen, serving
from registry.wire import CODEC
from tests.registry.test_transfers import (
    BACK,
    CIVIL,
    COMES,
    COURT,
    GOES,
    HERE,
    POLICE,
    THEIR_CHILD,
    THERE,
    annulment,
)
from tests.support.record import AUTHORITY
from tests.support.registry import body, child_id, sources
from tests.support.server import Running, details, in_thread
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

DAY = "2024-07-01"
ELSEWHERE = "registry.example/cn-410100"


@dataclass(frozen=True)
class Side:
    """A registry behind a server of its own."""

    server: Running

    def tell(self, command: Command, by: Office, request: str = "") -> Any:  # noqa: ANN401  a receipt
        """Submit as an office of this side."""
        with self.server.client(AUTHORITY[by], by.value) as client:
            return client.submit(command, request or repr(command))

    def custody(self, child: str, position: int = 0) -> Any:  # noqa: ANN401  an answer
        """Return a child's custody, by default as known last."""
        as_of = (
            asked.AsOf(date=DAY, position=position)
            if position
            else asked.AsOf(date=DAY)
        )
        request = asked.GetCustodyRequest(child=child, as_of=as_of)
        return self.asked(request, "GetCustody").custody

    def asked(self, request: Any, method: str) -> Any:  # noqa: ANN401  any message
        """Return an answer to a bureau."""
        with self.server.client(AUTHORITY[CIVIL], "civil_affairs") as client:
            return client.called(method, request)

    def transfer_at(self, position: int) -> ChildTransferred | None:
        """Return the transfer that an entry records, read as any reader reads it."""
        with self.server.client(AUTHORITY[CIVIL], "civil_affairs") as client:
            request = entries.GetEventRequest(position=position)
            got = client.events.GetEvent(request, metadata=client.metadata)
        record = decode_record(got.entry.record)
        for header, kept in zip(
            decode_frame(record.frame).events, record.bodies, strict=True
        ):
            if kept is not None and header.type == "ChildTransferred":
                event = CODEC.decode(header.fingerprint, kept.content)
                assert isinstance(event, ChildTransferred)
                return event
        return None


@pytest.fixture
def two(tmp_path: Path) -> Iterator[tuple[Side, Side]]:
    """Return two servers with logs of their own; the child is in the first."""
    with (
        _served(tmp_path / "here", HERE) as here,
        _served(tmp_path / "there", THERE) as there,
    ):
        here.tell(born(CHILD, "2015-10-01", FATHER, MOTHER), POLICE)
        yield here, there


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Side]:
    """Return a server for what is not recorded, with the child."""
    with _served(tmp_path_factory.mktemp("here"), HERE) as here:
        here.tell(born(CHILD, "2015-10-01", FATHER, MOTHER), POLICE)
        yield here


@contextmanager
def _served(folder: Path, origin: str) -> Iterator[Side]:
    config = Config(data_dir=folder, registry=origin, node="node-1")
    with open_registry(config, sources()) as registry:
        listen = Listen(address="127.0.0.1:0")
        with in_thread(lambda: serving(registry, listen)) as port:
            yield Side(Running(registry, port))


def moved(two: tuple[Side, Side]) -> tuple[Any, Any]:
    """Move the child; return both receipts. The first side then names the position."""
    here, there = two
    went = here.tell(GOES, CIVIL)
    there.tell(born(THEIR_CHILD, "2015-10-01", FATHER, MOTHER), POLICE)
    came = there.tell(replace(COMES, their_position=went.position), CIVIL)
    here.tell(annulment(went.position), CIVIL)
    return here.tell(replace(GOES, their_position=came.position), CIVIL), came


def test_whoever_follows_an_answer_finds_the_child_and_that_both_sides_agree(
    two: tuple[Side, Side],
) -> None:
    here, there = two
    went, came = moved(two)
    to = here.custody(CHILD).transferred_to
    assert (to.on, to.registry, to.child) == ("2024-05-06", THERE, THEIR_CHILD)
    assert to.position == came.position
    followed = there.custody(to.child)
    assert not followed.HasField("transferred_to")
    assert followed.status == types_pb2.STATUS_GUARDIAN
    assert {holder.id for holder in followed.hand_over_to} == {FATHER.id, MOTHER.id}
    said = there.transfer_at(to.position)
    assert said is not None
    assert (said.direction, said.registry) == (Direction.FROM, HERE)
    assert said.their_child == CHILD
    ours = here.transfer_at(went.position)
    assert ours is not None
    assert (ours.direction, ours.registry) == (Direction.TO, THERE)


def test_what_was_known_before_the_child_went_is_still_answered(
    two: tuple[Side, Side],
) -> None:
    here, _ = two
    went = here.tell(GOES, CIVIL)
    assert not here.custody(CHILD, went.position - 1).HasField("transferred_to")
    assert here.custody(CHILD, went.position).transferred_to.registry == THERE
    batch = asked.BatchGetCustodyRequest(children=[CHILD], as_of=asked.AsOf(date=DAY))
    (one,) = here.asked(batch, "BatchGetCustody").custody
    assert one.transferred_to.child == THEIR_CHILD


@pytest.mark.parametrize("side", [0, 1])
def test_a_transfer_that_is_sent_twice_is_one(
    two: tuple[Side, Side], side: int
) -> None:
    there = two[1]
    there.tell(born(THEIR_CHILD, "2015-10-01", FATHER, MOTHER), POLICE)
    command = (GOES, COMES)[side]
    first = two[side].tell(command, CIVIL, "move")
    again = two[side].tell(command, CIVIL, "move")
    assert (again.position, again.hash) == (first.position, first.hash)
    assert (first.repeated, again.repeated) == (False, True)
    other = replace(command, registry=ELSEWHERE)
    with pytest.raises(grpc.RpcError) as refused:
        two[side].tell(other, CIVIL, "move")
    assert refused.value.code() is grpc.StatusCode.ALREADY_EXISTS
    assert two[side].server.registry.log.head().position == first.position


def test_acts_go_where_the_child_went_and_a_courts_is_recorded_with_a_warning(
    two: tuple[Side, Side],
) -> None:
    here, there = two
    moved(two)
    act = designate("2024-06-01", body(BUREAU))
    for sent in (act, replace(GOES, order=1)):
        refused = here.tell(sent, CIVIL).refused
        assert refused.reason == "child_transferred"
        assert refused.instead == "act_in_the_other_registry"
    judged = here.tell(judgment("2024-06-01", outcome(disqualified=(FATHER,))), COURT)
    assert not judged.HasField("refused")
    assert "child_transferred" in {found.reason for found in judged.warnings}
    assert {h.id for h in here.custody(CHILD).hand_over_to} == {MOTHER.id}
    assert len(there.custody(THEIR_CHILD).hand_over_to) == 2


def test_a_child_that_comes_back_is_answered_here_again_and_gone_there(
    two: tuple[Side, Side],
) -> None:
    here, there = two
    moved(two)
    leaves = replace(
        GOES,
        child=THEIR_CHILD,
        registry=HERE,
        their_child=CHILD,
        on=BACK.on,
    )
    left = there.tell(leaves, CIVIL)
    here.tell(replace(BACK, their_position=left.position), CIVIL)
    assert not here.custody(CHILD).HasField("transferred_to")
    to = there.custody(THEIR_CHILD).transferred_to
    assert (to.registry, to.child) == (HERE, CHILD)


def test_a_counterpart_that_claims_a_child_takes_it_from_nobody(
    two: tuple[Side, Side],
) -> None:
    """It says that the child came from here: nothing here says that it went."""
    here, there = two
    there.tell(born(THEIR_CHILD, "2015-10-01", FATHER, MOTHER), POLICE)
    claimed = there.tell(replace(COMES, their_position=1), CIVIL)
    said = there.transfer_at(claimed.position)
    assert said is not None
    assert said.their_position is not None
    assert here.transfer_at(said.their_position) is None
    assert not here.custody(CHILD).HasField("transferred_to")
    assert len(here.custody(CHILD).hand_over_to) == 2


@pytest.mark.parametrize("answers", ["nobody", "another_child", "another_registry"])
def test_a_counterpart_that_does_not_confirm_is_seen_by_whoever_follows(
    two: tuple[Side, Side], answers: str
) -> None:
    here, there = two
    position = 1
    if answers != "nobody":
        there.tell(born(THEIR_CHILD, "2015-10-01", FATHER, MOTHER), POLICE)
        wrong = {
            "another_child": replace(COMES, their_child=child_id("somebody else")),
            "another_registry": replace(COMES, registry=ELSEWHERE),
        }[answers]
        position = there.tell(wrong, CIVIL).position
    here.tell(replace(GOES, their_position=position), CIVIL)
    to = here.custody(CHILD).transferred_to
    said = there.transfer_at(to.position)
    confirmed = said is not None and (said.registry, said.their_child) == (HERE, CHILD)
    assert not confirmed
    if answers == "nobody":
        with pytest.raises(grpc.RpcError) as unknown:
            there.custody(to.child)
        assert unknown.value.code() is grpc.StatusCode.NOT_FOUND


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"registry": HERE}, "registry"),
        ({"registry": ""}, "registry"),
        ({"registry": "x/" + "y" * 5_000}, "registry"),
        ({"registry": "registry.example/cn\u0000\n340600"}, "registry"),
        ({"their_child": "Xiaoming"}, "their_child"),
        ({"their_child": ""}, "their_child"),
        ({"their_position": 0}, "their_position"),
        ({"their_position": -1}, "their_position"),
    ],
)
def test_a_hostile_name_of_a_counterpart_is_an_error_that_names_the_field(
    standing: Side, wrong: dict[str, Any], field: str
) -> None:
    before = standing.server.registry.log.head().position
    for command in (replace(GOES, **wrong), replace(BACK, **wrong)):
        with pytest.raises(grpc.RpcError) as refused:
            standing.tell(command, CIVIL)
        assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
        (violation,) = details(refused.value)["BadRequest"].field_violations
        assert violation.field.rpartition(".")[2] == field
    assert standing.server.registry.log.head().position == before


@pytest.mark.parametrize("by", [Office.SCHOOL, Office.COMMITTEE, COURT])
def test_who_is_not_competent_moves_no_child(standing: Side, by: Office) -> None:
    assert standing.tell(GOES, by).refused.reason == "not_competent"
    assert not standing.custody(CHILD).HasField("transferred_to")
