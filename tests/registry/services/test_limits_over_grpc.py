"""ListLimits: overdue first, in pages that keep to one state of knowledge."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import grpc
import pytest

from childregistry.v1 import custody_service_pb2 as asked_pb
from childregistry.v1 import limits_service_pb2 as pb
from events.cases import ApplicantClass
from events.proceedings import Asked
from registry.commands import AcceptApplication
from registry.services.page_tokens import token
from tests.support.registry import child_id, person
from tests.support.server import Client, Running, details, served
from tests.support.stories import (
    CASE,
    CHILD,
    COURT,
    FATHER,
    MOTHER,
    application,
    born,
    judgment,
    outcome,
)
from tests.support.telling import day


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    with served(tmp_path) as server:
        with server.client("xuzhou-police", "police") as police:
            police.submit(born(CHILD, "2015-10-01", FATHER, MOTHER), "birth")
        with server.client(COURT, "court") as court:
            standing, who = ApplicantClass.GRANDPARENT, person("grandmother")
            sued = application(
                Asked.DISQUALIFY, standing, "2022-03-01", FATHER, who=who
            )
            court.submit(sued, "file")
            docketed = AcceptApplication(case=CASE, on=day("2022-03-01"))
            court.submit(docketed, "docket")
            gone = outcome(disqualified=(FATHER,))
            court.submit(judgment("2022-03-20", gone, case=child_id("other")), "j")
        yield server


@pytest.fixture
def client(running: Running) -> Iterator[Client]:
    with running.client("tongshan-civil-affairs", "civil_affairs") as caller:
        yield caller


def ask(client: Client, on: str = "2022-04-01", **given: Any) -> Any:  # noqa: ANN401  a response
    known = given.pop("position", None)
    as_of = asked_pb.AsOf(date=on)
    if known is not None:
        as_of.position = known
    return client.called("ListLimits", pb.ListLimitsRequest(as_of=as_of, **given))


def test_what_is_overdue_comes_first_with_owner_article_and_position(
    client: Client,
) -> None:
    got = ask(client)
    first = got.limits[0]
    assert (first.overdue, first.kind, first.owner) == (True, "trial", COURT)
    assert (first.stream, first.due) == (f"case/{CASE}", "2022-03-31")
    assert "CPL 187" in first.articles
    assert first.state == pb.LIMIT_STATE_OPEN
    assert [one.overdue for one in got.limits] == [True, False, False, False]
    assert ask(client, "2022-03-31").limits[0].overdue is False
    assert len(ask(client, overdue_only=True).limits) == 1
    assert ask(client, "2022-03-31", overdue_only=True).limits == []


def test_what_was_not_known_yet_is_not_told(client: Client) -> None:
    position = ask(client).limits[0].set_at
    assert len(ask(client, position=position).limits) == 1
    assert ask(client, position=position - 1).limits == []


def test_pages_keep_to_their_state_while_more_is_recorded(
    client: Client, running: Running
) -> None:
    whole = [one.SerializeToString() for one in ask(client).limits]
    got = ask(client, page_size=1)
    found = list(got.limits)
    with running.client(COURT, "court") as court:
        court.submit(judgment("2022-03-25", outcome(dismissed=(FATHER,))), "late")
    while got.next_page_token:
        got = ask(client, page_size=1, page_token=got.next_page_token)
        found += got.limits
    assert [one.SerializeToString() for one in found] == whole
    ended = ask(client, include_ended=True).limits[0]
    assert (ended.state, ended.by_stream) == (pb.LIMIT_STATE_MET, f"case/{CASE}")


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"child": "not an id"}, "child"),
        ({"page_size": -1}, "page_size"),
        ({"page_token": "bm90IG9uZQ=="}, "page_token"),
        ({"page_token": "###"}, "page_token"),
        ({"page_token": token(date(2022, 4, 1), 1, "2022-05-01", "x")}, "page_token"),
        ({"on": "2022-3-1"}, "as_of.date"),
    ],
)
def test_what_cannot_be_asked_is_said_by_field(
    client: Client, given: dict[str, Any], field: str
) -> None:
    with pytest.raises(grpc.RpcError) as failed:
        ask(client, **given)
    violation = details(failed.value)["BadRequest"].field_violations[0]
    assert violation.field == field


def test_owner_and_child_narrow_the_question(client: Client) -> None:
    assert {one.owner for one in ask(client, owner=COURT).limits} == {COURT}
    assert ask(client, owner="nobody").limits == []
    assert len(ask(client, child=CHILD).limits) == 4
    assert ask(client, child=child_id("nobody")).limits == []
