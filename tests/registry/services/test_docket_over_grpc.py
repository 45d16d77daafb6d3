"""Applications, case files, eligibility and wards over the edge, in the usual ways."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest

from childregistry.v1 import custody_service_pb2 as asked_pb
from childregistry.v1 import docket_service_pb2 as pb
from childregistry.v1 import guardian_service_pb2 as guard
from childregistry.v1 import types_pb2
from events.cases import ApplicantClass
from events.guardianship import AnnulReason
from events.proceedings import Asked
from events.timeline import Holder
from registry.commands import AcceptApplication, CorrectSubmission
from registry.services.translate import message_of
from tests.support.registry import body, child_id, person
from tests.support.server import Client, Running, details, served
from tests.support.stories import (
    BUREAU,
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

SIBLING = child_id("tongshan elder child")
OTHER_CASE = child_id("the elder child's case")
GRANDMOTHER = person("tongshan grandmother")


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    with served(tmp_path) as server:
        with server.client("xuzhou-police", "police") as police:
            police.submit(born(CHILD, "2015-10-01", FATHER, MOTHER), "birth")
            police.submit(born(SIBLING, "2013-10-01", FATHER, MOTHER), "elder")
        with server.client(COURT, "court") as court:
            gone = outcome(SIBLING, disqualified=(FATHER,))
            court.submit(judgment("2021-05-01", gone, case=OTHER_CASE), "elder's")
            grandparent = ApplicantClass.GRANDPARENT
            filed = application(
                Asked.DISQUALIFY, grandparent, "2022-03-01", FATHER, who=GRANDMOTHER
            )
            court.submit(filed, "file")
            court.submit(AcceptApplication(case=CASE, on=day("2022-03-05")), "docket")
        yield server


@pytest.fixture
def client(running: Running) -> Iterator[Client]:
    with running.client(BUREAU, "civil_affairs") as caller:
        yield caller


def as_of(on: str, known: int | None = None) -> Any:  # noqa: ANN401  a message
    found = asked_pb.AsOf(date=on)
    if known is not None:
        found.position = known
    return found


def docket(client: Client, on: str = "2022-04-01", **given: Any) -> Any:  # noqa: ANN401  a response
    known = given.pop("position", None)
    request = pb.ListApplicationsRequest(as_of=as_of(on, known), **given)
    return client.called("ListApplications", request)


def case_file(client: Client, case: str = CASE, **given: Any) -> Any:  # noqa: ANN401  a response
    request = pb.GetCaseFileRequest(case=case, as_of=as_of("2022-04-01"), **given)
    return client.called("GetCaseFile", request)


def eligible(
    client: Client, who: Holder, on: str = "2022-04-01", position: int | None = None
) -> Any:  # noqa: ANN401  a response
    request = guard.CheckEligibilityRequest(
        holder=message_of(who), child=CHILD, as_of=as_of(on, position)
    )
    return client.called("CheckEligibility", request)


def wards(client: Client, who: Holder, on: str = "2022-04-01", **given: Any) -> Any:  # noqa: ANN401  a response
    request = guard.ListWardsRequest(holder=message_of(who), as_of=as_of(on), **given)
    return client.called("ListWards", request)


def test_an_application_says_who_asks_what_and_where_it_stands(client: Client) -> None:
    got = client.called(
        "GetApplication",
        pb.GetApplicationRequest(case=CASE, as_of=as_of("2022-04-01")),
    )
    one = got.application
    assert (one.state, one.certain) == (pb.CASE_STATE_ACCEPTED, True)
    assert (one.asked, one.court) == (types_pb2.ASKED_DISQUALIFY, COURT)
    assert one.applicant.holder.id == GRANDMOTHER.id
    assert (one.on, list(one.children)) == ("2022-03-01", [CHILD])
    assert [holder.id for holder in got.children[0].respondents] == [FATHER.id]
    assert got.read_state.latest
    assert one.findings


def test_a_decided_case_says_for_whom_it_decided_what(
    client: Client, running: Running
) -> None:
    with running.client(COURT, "court") as court:
        parts = outcome(disqualified=(FATHER,), dismissed=(MOTHER,))
        court.submit(judgment("2022-03-20", parts), "judgment")
    got = client.called(
        "GetApplication",
        pb.GetApplicationRequest(case=CASE, as_of=as_of("2022-04-01")),
    )
    (child,) = got.children
    assert [who.id for who in child.disqualified] == [FATHER.id]
    assert [who.id for who in child.dismissed] == [MOTHER.id]
    assert got.application.state == pb.CASE_STATE_PARTLY_GRANTED


def test_the_docket_pages_keep_to_their_state_while_more_is_recorded(
    client: Client, running: Running
) -> None:
    first = docket(client, court=COURT, page_size=1)
    assert [one.case for one in first.applications] == [OTHER_CASE]
    with running.client(COURT, "court") as court:
        court.submit(judgment("2022-03-20", outcome(dismissed=(FATHER,))), "late")
    token = first.next_page_token
    second = docket(client, court=COURT, page_size=1, page_token=token)
    (one,) = second.applications
    assert (one.case, one.state) == (CASE, pb.CASE_STATE_ACCEPTED)
    assert second.next_page_token == ""
    assert second.read_state.settled
    pending = [pb.CASE_STATE_FILED, pb.CASE_STATE_ACCEPTED]
    assert docket(client, court=COURT, states=pending).applications == []
    known = first.read_state.known_at
    before = docket(client, court=COURT, states=pending, position=known)
    assert [one.case for one in before.applications] == [CASE]


def test_a_file_is_the_timeline_of_its_case_with_limits_and_what_was_taken_back(
    client: Client, running: Running
) -> None:
    got = case_file(client)
    assert [one.type for one in got.facts] == [
        "ApplicationFiled",
        "NamedInApplication",
        "ApplicationAccepted",
    ]
    filed, named, accepted = got.facts
    assert (named.stream, [h.id for h in named.holders]) == (
        f"child/{CHILD}",
        [FATHER.id],
    )
    assert set(filed.codes) == {"disqualify", "grandparent"}
    assert [(li.kind, li.owner) for li in accepted.limits] == [("trial", COURT)]
    with running.client(COURT, "court") as court:
        wrong = CorrectSubmission(
            position=accepted.position,
            reason=AnnulReason.WRONG_DATE,
            replacement=AcceptApplication(case=CASE, on=day("2022-03-07")),
        )
        court.submit(wrong, "correction")
    got = case_file(client)
    assert [(one.type, one.on, one.annulled) for one in got.facts[2:]] == [
        ("ApplicationAccepted", "2022-03-05", True),
        ("ActAnnulled", "2022-03-05", False),
        ("ApplicationAccepted", "2022-03-07", False),
    ]
    paged = list(case_file(client, page_size=2).facts)
    token = case_file(client, page_size=2).next_page_token
    paged += case_file(client, page_size=100, page_token=token).facts
    assert paged == list(got.facts)


def test_eligibility_names_bars_and_warnings_with_article_and_source(
    client: Client, running: Running
) -> None:
    got = eligible(client, FATHER)
    assert got.eligible
    warned = {
        r.finding.reason: r for r in got.remarks if r.weight == guard.WEIGHT_WARNING
    }
    elsewhere = warned["disqualified_for_another_child"]
    assert (elsewhere.stream, elsewhere.case) == (f"child/{SIBLING}", OTHER_CASE)
    assert warned["disqualification_is_asked"].case == CASE
    known = got.read_state.known_at
    with running.client(COURT, "court") as court:
        court.submit(judgment("2022-03-20", outcome(disqualified=(FATHER,))), "late")
    after = eligible(client, FATHER)
    assert not after.eligible
    assert after.remarks[0].weight == guard.WEIGHT_BAR
    assert after.remarks[0].finding.articles == ["CC 31(2)"]
    reasons = {remark.finding.reason for remark in after.remarks}
    assert "disqualification_is_asked" not in reasons
    assert eligible(client, FATHER, position=known).eligible
    assert eligible(client, FATHER, "2022-03-19").eligible
    assert eligible(client, body(BUREAU)).eligible


def test_wards_are_listed_with_each_role_and_each_bar(client: Client) -> None:
    got = wards(client, FATHER)
    roles = {ward.child: {period.role for period in ward.certain} for ward in got.wards}
    assert roles == {
        CHILD: {types_pb2.ROLE_PARENT, types_pb2.ROLE_PAYER},
        SIBLING: {types_pb2.ROLE_DISQUALIFIED, types_pb2.ROLE_PAYER},
    }
    assert wards(client, GRANDMOTHER).wards == []
    assert len(wards(client, FATHER, "2014-01-01").wards) == 1
    first = wards(client, FATHER, page_size=1)
    second = wards(client, FATHER, page_size=1, page_token=first.next_page_token)
    assert [*first.wards, *second.wards] == list(got.wards)
    assert second.next_page_token == ""


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({}, "court"),
        ({"court": "No Court"}, "court"),
        ({"jurisdiction": "徐州"}, "jurisdiction"),
        ({"applicant": "a name"}, "applicant"),
        ({"child": "no id"}, "child"),
        ({"court": COURT, "page_size": -1}, "page_size"),
        ({"court": COURT, "page_token": "###"}, "page_token"),
        ({"court": COURT, "page_token": "MjAyMi0wNC0wMS45OTk5Lng="}, "page_token"),
        ({"court": COURT, "states": [0]}, "states[0]"),
        ({"court": COURT, "states": [99]}, "states[0]"),
        ({"court": COURT, "on": "2022-4-1"}, "as_of.date"),
    ],
)
def test_what_cannot_be_asked_is_said_by_field(
    client: Client, given: dict[str, Any], field: str
) -> None:
    with pytest.raises(grpc.RpcError) as failed:
        docket(client, **given)
    violation = details(failed.value)["BadRequest"].field_violations[0]
    assert violation.field == field


@pytest.mark.parametrize(
    ("method", "request_"),
    [
        ("GetApplication", pb.GetApplicationRequest(case="no id")),
        ("GetCaseFile", pb.GetCaseFileRequest(case="no id")),
        ("CheckEligibility", guard.CheckEligibilityRequest(child="no id")),
        ("CheckEligibility", guard.CheckEligibilityRequest(child=CHILD)),
        (
            "ListWards",
            guard.ListWardsRequest(
                holder=types_pb2.Holder(kind=types_pb2.HOLDER_KIND_PERSON, id="Wang")
            ),
        ),
        ("ListWards", guard.ListWardsRequest()),
    ],
)
def test_a_malformed_question_is_refused(
    client: Client,
    method: str,
    request_: Any,  # noqa: ANN401  any message
) -> None:
    with pytest.raises(grpc.RpcError) as failed:
        client.called(method, request_)
    assert failed.value.code() is grpc.StatusCode.INVALID_ARGUMENT


@pytest.mark.parametrize("method", ["GetApplication", "GetCaseFile"])
def test_an_unknown_case_is_not_found_up_to_a_position(
    client: Client, method: str
) -> None:
    made = {"GetApplication": pb.GetApplicationRequest}
    request = made.get(method, pb.GetCaseFileRequest)(case=child_id("no case"))
    with pytest.raises(grpc.RpcError) as failed:
        client.called(method, request)
    assert failed.value.code() is grpc.StatusCode.NOT_FOUND


def test_eligibility_for_an_unknown_child_is_not_found(client: Client) -> None:
    request = guard.CheckEligibilityRequest(
        holder=message_of(FATHER), child=child_id("nobody's child")
    )
    with pytest.raises(grpc.RpcError) as failed:
        client.called("CheckEligibility", request)
    assert failed.value.code() is grpc.StatusCode.NOT_FOUND
