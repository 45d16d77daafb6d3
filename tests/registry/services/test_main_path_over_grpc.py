"""The main path as its callers meet it: submit, read one's own write, ask, explain."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import (
    ProtoReflectionDescriptorDatabase,
)

from childregistry.v1 import custody_service_pb2 as asked
from childregistry.v1 import submission_service_pb2 as pb
from childregistry.v1 import types_pb2
from events.guardianship import AnnulReason
from ops.broker import Cluster
from registry.bootstrap import KafkaConfig
from registry.commands import CorrectSubmission
from registry.server import NAMES
from registry.sources import system_sources
from tests.support.registry import child_id
from tests.support.server import Client, Running, details, served
from tests.support.stories import (
    BUREAU,
    CHILD,
    COURT,
    FATHER,
    MOTHER,
    born,
    judgment,
    outcome,
    tongshan_application,
)

NOBODY = child_id("nobody")


@pytest.fixture(params=["embedded", "kafka"])
def running(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Running]:
    kafka = None
    if request.param == "kafka":
        cluster: Cluster = request.getfixturevalue("cluster")
        new_topic: Callable[[], str] = request.getfixturevalue("new_topic")
        kafka = KafkaConfig(servers=cluster.addresses, topic=new_topic())
    with served(tmp_path, system_sources(), kafka) as server:
        yield server


@pytest.fixture
def court(running: Running) -> Iterator[Client]:
    with running.client(COURT, "court") as client:
        yield client


def register(running: Running) -> int:
    with running.client("xuzhou-police", "police") as police:
        receipt = police.submit(born(CHILD, "2004-10", FATHER, MOTHER), "birth")
    return int(receipt.position)


def custody(
    client: Client, day: str, **more: asked.Consistency
) -> asked.GetCustodyResponse:
    request = asked.GetCustodyRequest(child=CHILD, as_of=asked.AsOf(date=day), **more)
    found: asked.GetCustodyResponse = client.called("GetCustody", request)
    return found


def test_from_a_court_to_custody_and_the_reasons_behind_it(
    running: Running, court: Client
) -> None:
    register(running)
    with running.client(BUREAU, "civil_affairs") as bureau:
        bureau.submit(tongshan_application(), "file")
    decided = judgment(
        "2015-02-04",
        outcome(disqualified=(FATHER, MOTHER), designated=()),
    )
    receipt = court.submit(decided, "judgment")
    at_least = asked.Consistency(at_least=receipt.position)
    before = custody(court, "2015-02-03", consistency=at_least)
    after = custody(court, "2015-02-04", consistency=at_least)
    assert before.custody.status == types_pb2.STATUS_GUARDIAN
    assert {h.id for h in before.custody.hand_over_to} == {FATHER.id, MOTHER.id}
    assert after.custody.status == types_pb2.STATUS_GAP
    (gap,) = [p for p in after.custody.certain if p.line == types_pb2.LINE_GAP]
    assert gap.duty.who == "civil_affairs"
    assert after.read_state.applied >= receipt.position

    request = asked.ExplainCustodyRequest(
        child=CHILD, as_of=asked.AsOf(date="2015-02-04")
    )
    explained = court.called("ExplainCustody", request)
    types = [fact.type for fact in explained.facts]
    assert types.count("GuardianDisqualified") == 2
    assert {a for p in explained.custody.certain for a in p.articles} >= {"GPCL 18(3)"}
    assert explained.read_state.latest


def test_what_was_known_before_a_correction_is_still_answered(
    running: Running, court: Client
) -> None:
    register(running)
    receipt = court.submit(judgment("2015-02-04", outcome(disqualified=(FATHER,))), "j")
    annul = CorrectSubmission(
        position=receipt.position, reason=AnnulReason.WRONG_PERSON, replacement=None
    )
    corrected = court.submit(annul, "correct")
    now = custody(court, "2015-03-01")
    request = asked.GetCustodyRequest(
        child=CHILD, as_of=asked.AsOf(date="2015-03-01", position=receipt.position)
    )
    then = court.called("GetCustody", request)
    assert {h.id for h in now.custody.hand_over_to} == {FATHER.id, MOTHER.id}
    assert {h.id for h in then.custody.hand_over_to} == {MOTHER.id}
    assert then.read_state.settled
    assert then.read_state.known_at == receipt.position
    by_time = asked.AsOf(date="2015-03-01", time=receipt.recorded_at)
    timed = court.called(
        "GetCustody", asked.GetCustodyRequest(child=CHILD, as_of=by_time)
    )
    assert timed.custody == then.custody
    assert timed.read_state.settled
    assert corrected.position == receipt.position + 1


def test_a_request_sent_twice_has_one_effect_and_one_receipt(
    running: Running, court: Client
) -> None:
    register(running)
    decided = judgment("2015-02-04", outcome(disqualified=(FATHER,)))
    first, again = court.submit(decided, "j"), court.submit(decided, "j")
    assert not first.repeated
    assert again.repeated
    again.repeated = False
    assert again == first
    found = court.called("GetReceipt", pb.GetReceiptRequest(request_id=child_id("j")))
    assert found.receipt == first
    with pytest.raises(grpc.RpcError) as refused:
        court.submit(judgment("2015-02-05", outcome(disqualified=(FATHER,))), "j")
    assert refused.value.code() is grpc.StatusCode.ALREADY_EXISTS
    info = details(refused.value)["ErrorInfo"]
    assert info.reason == "REQUEST_ID_REUSED"
    assert info.metadata["position"] == str(first.position)
    assert info.metadata["hash"] == first.hash.hex()


def test_validate_only_answers_and_records_nothing(
    running: Running, court: Client
) -> None:
    position = register(running)
    decided = judgment("2015-02-04", outcome(disqualified=(FATHER, MOTHER)))
    receipt = court.submit(decided, "j", validate_only=True)
    assert receipt.position == 0
    assert [event.type for event in receipt.events].count("GuardianDisqualified") == 2
    assert running.registry.log.head().position == position


def test_a_refusal_by_law_is_a_receipt_of_its_own(running: Running) -> None:
    with running.client("some-school", "school") as school:
        receipt = school.submit(born(CHILD, "2004-10", FATHER), "birth")
    assert receipt.refused.reason == "not_competent"
    assert receipt.refused.articles == ["CC 15"]
    assert receipt.position > 0


def test_periods_come_in_pages_that_keep_to_one_state(
    running: Running, court: Client
) -> None:
    register(running)
    court.submit(judgment("2015-02-04", outcome(disqualified=(FATHER,))), "j")
    whole = court.called(
        "ListCustodyPeriods", asked.ListCustodyPeriodsRequest(child=CHILD)
    )
    pages, token = [], ""
    while True:
        request = asked.ListCustodyPeriodsRequest(
            child=CHILD, page_size=2, page_token=token
        )
        page = court.called("ListCustodyPeriods", request)
        pages += page.periods
        token = page.next_page_token
        if not pages[2:]:  # something is recorded between two pages
            court.submit(judgment("2015-02-05", outcome(restored=(FATHER,))), "r")
        if not token:
            break
    assert pages == list(whole.periods)
    assert len(pages) > 3


def test_nobody_is_found_says_up_to_which_position(
    running: Running, court: Client
) -> None:
    position = register(running)
    for method, request in (
        ("GetCustody", asked.GetCustodyRequest(child=NOBODY)),
        ("ListCustodyPeriods", asked.ListCustodyPeriodsRequest(child=NOBODY)),
        ("ExplainCustody", asked.ExplainCustodyRequest(child=NOBODY)),
        ("GetReceipt", pb.GetReceiptRequest(request_id=NOBODY)),
    ):
        with pytest.raises(grpc.RpcError) as missing:
            court.called(method, request)
        assert missing.value.code() is grpc.StatusCode.NOT_FOUND
        told = details(missing.value)
        assert told["ErrorInfo"].reason == "NOT_KNOWN"
        assert told["ErrorInfo"].metadata["position"] == str(position)
        assert told["ResourceInfo"].resource_name.endswith(NOBODY)


def test_a_position_not_there_yet_is_waited_for_until_the_deadline(
    running: Running, court: Client
) -> None:
    position = register(running)
    request = asked.GetCustodyRequest(
        child=CHILD, consistency=asked.Consistency(at_least=position + 1)
    )
    with pytest.raises(grpc.RpcError) as late:
        court.custody.GetCustody(request, timeout=0.3)
    assert late.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    call = court.custody.GetCustody.future(request, timeout=10)
    time.sleep(0.1)
    court.submit(judgment("2015-02-04", outcome(disqualified=(FATHER,))), "j")
    assert call.result().read_state.applied == position + 1


def test_any_answers_without_asking_for_the_end(
    running: Running, court: Client
) -> None:
    running.registry.runner.wait(register(running), 10)
    found = custody(court, "2010-01-01", consistency=asked.Consistency(any=True))
    assert not found.read_state.latest
    assert found.custody.status == types_pb2.STATUS_GUARDIAN


def test_health_and_reflection_name_the_services(running: Running) -> None:
    with grpc.insecure_channel(f"127.0.0.1:{running.port}") as channel:
        stub = health_pb2_grpc.HealthStub(channel)
        for name in ("", *NAMES):
            answer = stub.Check(health_pb2.HealthCheckRequest(service=name), timeout=5)
            assert answer.status == health_pb2.HealthCheckResponse.SERVING
        listed = ProtoReflectionDescriptorDatabase(channel).get_services()
        assert set(NAMES) <= set(listed)
