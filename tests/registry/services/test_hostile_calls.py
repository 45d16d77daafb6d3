"""Hostile calls: a typed answer, nothing recorded, nothing told, serving on."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import grpc
import pytest

from childregistry.v1 import custody_service_pb2 as asked
from childregistry.v1 import error_reason_pb2
from childregistry.v1 import submission_service_pb2 as pb
from registry.server import MAX_REQUEST_BYTES
from registry.services import errors
from registry.services.errors import DOMAIN, PREFIX, TABLE, status_of
from registry.services.page_tokens import token
from registry.services.translate import message_of
from tests.support.registry import child_id
from tests.support.server import Client, Running, details, served
from tests.support.stories import CHILD, COURT, FATHER, born, judgment, outcome

SECRET = "王小明-secret-13812345678"  # noqa: S105  a name and a number that must not leak


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    with served(tmp_path) as server:
        yield server


@pytest.fixture
def court(running: Running) -> Iterator[Client]:
    with running.client(COURT, "court") as client:
        yield client


def decision(**more: Any) -> pb.SubmitDecisionRequest:  # noqa: ANN401  parts of a message
    command = judgment("2015-02-04", outcome(disqualified=(FATHER,)))
    request = pb.SubmitDecisionRequest(
        envelope=pb.Envelope(request_id=child_id("j")),
        record_decision=message_of(command),
    )
    request.MergeFrom(pb.SubmitDecisionRequest(**more))
    return request


def refused(client: Client, method: str, request: Any) -> grpc.RpcError:  # noqa: ANN401  any message
    with pytest.raises(grpc.RpcError) as error:
        client.called(method, request)
    return error.value


def violation(error: grpc.RpcError) -> tuple[str, str]:
    told = details(error)
    assert told["ErrorInfo"].reason == "FIELD_INVALID"
    (found,) = told["BadRequest"].field_violations
    return found.field, found.description


def still_serves(running: Running) -> None:
    with running.client("xuzhou-police", "police") as police:
        receipt = police.submit(born(CHILD, "2004-10", FATHER), "birth")
        found = police.called("GetCustody", asked.GetCustodyRequest(child=CHILD))
    assert receipt.position == found.read_state.applied


def test_missing_and_wrong_parts_are_named(running: Running, court: Client) -> None:
    before = running.registry.log.head()
    nothing = pb.SubmitDecisionRequest(envelope=pb.Envelope(request_id=child_id("j")))
    no_key = decision()
    no_key.ClearField("envelope")
    upper = decision(envelope=pb.Envelope(request_id=child_id("j").upper()))
    cause = decision(envelope=pb.Envelope(cause=SECRET))
    swapped = decision()
    swapped.record_decision.effective_on = "2015-01-01"
    unknown = decision()
    setattr(unknown.record_decision.children[0].disqualified[0], "ground", 77)
    other_court = decision()
    other_court.record_decision.court = "another-court"
    name = decision()
    name.record_decision.children[0].disqualified[0].who.id = SECRET
    ground = "record_decision.children[0].disqualified[0].ground"
    for request, field in (
        (nothing, "command"),
        (no_key, "envelope.request_id"),
        (upper, "envelope.request_id"),
        (cause, "envelope.cause"),
        (swapped, "effective_on"),
        (unknown, ground),
        (other_court, "court"),
        (name, "children[0].disqualified[0].who.id"),
    ):
        error = refused(court, "SubmitDecision", request)
        assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
        assert violation(error)[0] == field
        assert SECRET not in str(details(error)) + str(error.details())
    assert running.registry.log.head() == before
    still_serves(running)


@pytest.mark.parametrize(
    ("as_of", "field"),
    [
        (asked.AsOf(date="2015-02-30"), "as_of.date"),
        (asked.AsOf(date="2015-02"), "as_of.date"),
        (asked.AsOf(date="20150204"), "as_of.date"),
        (asked.AsOf(position=-1), "as_of.position"),
        (asked.AsOf(position=1 << 60), "as_of.position"),
    ],
)
def test_questions_out_of_range_are_named(
    running: Running, court: Client, as_of: asked.AsOf, field: str
) -> None:
    still_serves(running)
    request = asked.GetCustodyRequest(child=CHILD, as_of=as_of)
    assert violation(refused(court, "GetCustody", request))[0] == field


TOKENS = [
    "x",
    "AAAA",
    "MS4x=",
    "1.1",
    token(date(2022, 4, 1), 9_999, "1"),
    token(date(2022, 4, 1), 1, "-1"),
    token(date(2022, 4, 1), 1, "9" * 5_000),
    token(date(2022, 4, 1), 1, "1", "1"),
]
"""Of no page: no token, of a state to come, of a place that is none."""


@pytest.mark.parametrize("said", TOKENS)
def test_a_token_of_no_page_is_refused(
    running: Running, court: Client, said: str
) -> None:
    still_serves(running)
    request = asked.ListCustodyPeriodsRequest(child=CHILD, page_token=said)
    error = refused(court, "ListCustodyPeriods", request)
    assert violation(error)[0] == "page_token"


def test_an_id_that_could_hold_a_name_is_no_childs(court: Client) -> None:
    error = refused(court, "GetCustody", asked.GetCustodyRequest(child=SECRET))
    assert violation(error) == ("child", "is a lower-case UUID")
    assert SECRET not in str(details(error)) + str(error.details())


def test_ten_megabytes_are_refused_and_the_server_serves_on(
    running: Running, court: Client
) -> None:
    request = decision(envelope=pb.Envelope(cause="x" * (10 * MAX_REQUEST_BYTES)))
    error = refused(court, "SubmitDecision", request)
    assert error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    still_serves(running)


@pytest.mark.parametrize(
    "garbage",
    [
        b"\xff" * 100,
        bytes.fromhex("0a04feffffff0f00"),
        bytes.fromhex("12060a04c3285a5a"),
        b"\x0a\xff\xff\xff\xff\x0f",
    ],
    ids=["ones", "bomb", "no UTF-8", "length"],
)
def test_bytes_that_are_no_message_are_refused_and_the_server_serves_on(
    running: Running, court: Client, garbage: bytes
) -> None:
    before = running.registry.log.head()
    call: Any = court.channel.unary_unary(
        "/childregistry.v1.SubmissionService/SubmitDecision"
    )
    with pytest.raises(grpc.RpcError) as error:
        call(garbage, metadata=court.metadata, timeout=5)
    assert error.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert violation(error.value)[0] == "message"
    assert running.registry.log.head() == before
    still_serves(running)


@pytest.mark.parametrize(
    "metadata",
    [
        (),
        (("childregistry-authority", "tongshan-court"),),
        (("childregistry-authority", "A B"), ("childregistry-office", "court")),
        (("childregistry-authority", "a-court"), ("childregistry-office", "registry")),
        (("childregistry-authority", "a-court"), ("childregistry-office", "king")),
    ],
)
def test_a_caller_who_is_nobody_submits_nothing(
    running: Running, court: Client, metadata: tuple[tuple[str, str], ...]
) -> None:
    nobody = Client(court.channel, metadata)
    error = refused(nobody, "SubmitDecision", decision())
    assert error.code() is grpc.StatusCode.UNAUTHENTICATED
    assert details(error)["ErrorInfo"].reason == "SUBMITTER_UNKNOWN"
    still_serves(running)


def test_what_nobody_expected_reaches_the_caller_as_a_reference_only(
    running: Running,
    court: Client,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError(SECRET)

    monkeypatch.setattr(running.registry.writer, "find", broken)
    with caplog.at_level(logging.ERROR):
        request = pb.GetReceiptRequest(request_id=child_id("j"))
        error = refused(court, "GetReceipt", request)
    assert error.code() is grpc.StatusCode.INTERNAL
    reference = details(error)["ErrorInfo"].metadata["reference"]
    assert reference in caplog.text
    assert "RuntimeError" in caplog.text
    assert SECRET not in caplog.text + str(error.details()) + str(details(error))
    monkeypatch.undo()
    still_serves(running)


def test_the_table_of_errors_is_the_contracts() -> None:
    values = error_reason_pb2.ErrorReason.DESCRIPTOR.values
    reasons = {value.name.removeprefix(PREFIX) for value in values}
    said = {answer.reason for answer in TABLE.values()} | {"INTERNAL", "UNSPECIFIED"}
    assert said == reasons
    text = (
        Path(errors.__file__).parents[2] / "proto/childregistry/v1/error_reason.proto"
    ).read_text()
    for answer in TABLE.values():
        comment = text.partition(f"{PREFIX}{answer.reason} =")[0].rpartition("//")[2]
        status = grpc.StatusCode[_name(answer.code)].name
        assert comment.strip().startswith(status), answer.reason
        assert ("RetryInfo" in comment) is answer.retry, answer.reason


def _name(code: int) -> str:
    return next(c.name for c in grpc.StatusCode if c.value[0] == code)


def test_details_stay_small_whatever_is_said() -> None:
    from registry.refusal import InvalidError, NotKnownError  # noqa: PLC0415  here only

    for error in (InvalidError("x" * 9_000, "y" * 9_000), NotKnownError("z" * 9_000)):
        (packed,) = [v for k, v in status_of(error).trailing_metadata if "status" in k]
        assert len(packed) < 6 * 1024
    assert DOMAIN == "childregistry"
