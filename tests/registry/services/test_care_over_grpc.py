"""Guarantees, funds and houses over the edge and on the command line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import grpc
import pytest

from childregistry.v1 import care_pb2
from childregistry.v1 import care_service_pb2 as pb
from childregistry.v1 import custody_service_pb2 as asked
from events.guardianship import AnnulReason, Office
from ops.terminal import Exit
from registry.commands import Command, CorrectSubmission
from tests.ops.test_cli import run
from tests.projections.test_matters import tell
from tests.registry.test_funds import ALLOCATED
from tests.registry.test_funds import PAID as SPENT
from tests.registry.test_homes import FOUND, GIVEN, HOME, HURT, REGISTERED, TAKEN
from tests.registry.test_homes import MADE as COMPLAINED
from tests.registry.test_plans import MADE, MISSED, PAID, PLAN
from tests.support.registry import child_id
from tests.support.server import Client, Running, details, served
from tests.support.stories import BUREAU, CHILD, FATHER, MOTHER, born
from tests.support.telling import day

CIVIL, POLICE = Office.CIVIL_AFFAIRS, Office.POLICE
ON = asked.AsOf(date="2022-05-15")
STORY: tuple[Command, ...] = (
    *(MADE, ALLOCATED, SPENT, PAID, MISSED),
    *(REGISTERED, GIVEN, FOUND, TAKEN, HURT, COMPLAINED),
)


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    with served(tmp_path) as server:
        tell(server.registry, born(CHILD, "2015-10-01", FATHER, MOTHER), POLICE)
        for command in STORY:
            tell(server.registry, command, CIVIL)
        yield server


@pytest.fixture
def bureau(running: Running) -> Iterator[Client]:
    with running.client(BUREAU, "civil_affairs") as client:
        yield client


def test_a_childs_guarantees_say_what_was_kept_and_what_was_not(
    bureau: Client,
) -> None:
    request = pb.ListGuaranteesRequest(child=CHILD, as_of=ON)
    (one,) = bureau.called("ListGuarantees", request).guarantees
    assert (one.plan, one.item.owner.id) == (f"plan/{PLAN}", BUREAU)
    assert (one.due, one.delivered, one.missed) == (4, 1, 1)
    assert list(one.overdue) == ["2022-04-01"]
    assert one.paid_fen == 150_000


def test_the_past_is_asked_as_it_was_known(running: Running, bureau: Client) -> None:
    april = replace(PAID, from_=day("2022-04-01"), until=day("2022-05-01"))
    told = tell(running.registry, april, CIVIL)
    wrong = CorrectSubmission(
        position=told.position, reason=AnnulReason.NEVER_HAPPENED, replacement=None
    )
    tell(running.registry, wrong, CIVIL)
    request = pb.ListGuaranteesRequest(child=CHILD, as_of=ON)
    assert bureau.called("ListGuarantees", request).guarantees[0].delivered == 1
    request.as_of.position = told.position
    assert bureau.called("ListGuarantees", request).guarantees[0].delivered == 2


def test_the_funds_of_a_place_are_summed(bureau: Client) -> None:
    request = pb.ListFundsRequest(jurisdiction="cn-320312", as_of=ON)
    (one,) = bureau.called("ListFunds", request).funds
    assert one.guarantee == care_pb2.GUARANTEE_LIVING
    assert (one.allocated_fen, one.paid_fen) == (1_000_000, 150_000)
    assert (one.left_fen, one.unspent_fen) == (850_000, 0)


def test_a_house_answers_within_to_children_to_society_and_to_its_supervisor(
    bureau: Client,
) -> None:
    got = bureau.called("GetHome", pb.GetHomeRequest(home=HOME, as_of=ON))
    assert (got.within.residents, len(got.within.incidents_open)) == (1, 1)
    assert (got.to_children.complaints, got.to_children.answered_in_time) == (1, 0)
    assert len(got.to_children.complaints_overdue) == 1
    assert (got.to_society.capacity, got.to_society.given_fen) == (40, 50_000)
    assert [one.overdue for one in got.to_supervisor.defects] == [False, True]
    assert not got.to_supervisor.overcrowded
    assert got.read_state.latest


def test_what_is_not_known_or_no_id_is_said(bureau: Client) -> None:
    with pytest.raises(grpc.RpcError) as unknown:
        bureau.called("GetHome", pb.GetHomeRequest(home=child_id("no such house")))
    assert unknown.value.code() is grpc.StatusCode.NOT_FOUND
    for method, request, field in (
        ("GetHome", pb.GetHomeRequest(home="x"), "home"),
        ("ListGuarantees", pb.ListGuaranteesRequest(), "child"),
        ("ListFunds", pb.ListFundsRequest(jurisdiction="X Y"), "jurisdiction"),
        ("GetPublicReport", pb.GetPublicReportRequest(year=3), "year"),
    ):
        with pytest.raises(grpc.RpcError) as wrong:
            bureau.called(method, request)
        (fault,) = details(wrong.value)["BadRequest"].field_violations
        assert fault.field == field


def test_the_command_line_tells_the_same(running: Running) -> None:
    server = ("--server", f"127.0.0.1:{running.port}")
    as_of = ("--as-of", "2022-05-15")
    told = run("guarantees", CHILD, *as_of, *server)
    assert told.returncode == Exit.DONE
    assert "due 4, delivered 1, missed 1, 1500.00 yuan" in told.stdout.decode()
    assert "nothing recorded from 2022-04-01" in told.stdout.decode()
    assert "850000" not in told.stdout.decode()
    money = run("funds", "cn-320312", *as_of, *server)
    assert "8500.00" in money.stdout.decode()
    house = run("home", HOME, *as_of, *server)
    assert "to supervisor" in house.stdout.decode()
    said = json.loads(run("home", HOME, *as_of, *server, "--json").stdout)
    assert said["to_society"]["capacity"] == 40
    early = run("public-report", "2023", *server)
    assert early.returncode == Exit.INVALID


def test_a_second_house_shares_nothing(running: Running, bureau: Client) -> None:
    other = child_id("another house")
    tell(running.registry, replace(REGISTERED, home=other), CIVIL)
    got = bureau.called("GetHome", pb.GetHomeRequest(home=other, as_of=ON))
    assert (got.within.residents, got.to_children.complaints) == (0, 0)


def test_a_house_registered_by_mistake_is_none_unless_a_child_lives_there(
    running: Running, bureau: Client
) -> None:
    empty, lived_in = child_id("another house"), child_id("a third house")
    for home in (empty, lived_in):
        told = tell(running.registry, replace(REGISTERED, home=home), CIVIL)
        if home == lived_in:
            taken = replace(TAKEN, home=home, stay=child_id("another stay"))
            tell(running.registry, taken, CIVIL)
        wrong = CorrectSubmission(
            position=told.position, reason=AnnulReason.NEVER_HAPPENED, replacement=None
        )
        tell(running.registry, wrong, CIVIL)
    with pytest.raises(grpc.RpcError) as unknown:
        bureau.called("GetHome", pb.GetHomeRequest(home=empty, as_of=ON))
    assert unknown.value.code() is grpc.StatusCode.NOT_FOUND
    got = bureau.called("GetHome", pb.GetHomeRequest(home=lived_in, as_of=ON))
    assert got.within.residents == 1
