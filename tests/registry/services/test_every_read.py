"""Every question with two times: what was answered once is answered so for ever.

Which questions there are is read from the contract: a new one cannot be left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf.json_format import ParseDict

from childregistry.v1 import care_service_pb2 as care
from childregistry.v1 import coordination_service_pb2 as coordination
from childregistry.v1 import custody_service_pb2 as custody
from childregistry.v1 import docket_service_pb2 as docket
from childregistry.v1 import duty_service_pb2 as duty
from childregistry.v1 import guardian_service_pb2 as guardian
from childregistry.v1 import limits_service_pb2 as limits
from events.cases import ApplicantClass
from events.guardianship import AnnulReason, Office
from events.proceedings import Asked
from registry.commands import Command, CorrectSubmission
from registry.services.translate import message_of
from tests.projections.test_matters import tell
from tests.registry.services.test_care_over_grpc import STORY
from tests.registry.test_homes import HOME
from tests.support.registry import body
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

PROTO = Path(__file__).parents[3] / "proto" / "childregistry" / "v1"
PLACE, DAY = "cn-320312", "2022-05-15"
NOT_FOUND = b"not found"
ASKED: dict[str, Any] = {
    "GetCustody": custody.GetCustodyRequest(child=CHILD),
    "ListCustodyPeriods": custody.ListCustodyPeriodsRequest(child=CHILD),
    "ExplainCustody": custody.ExplainCustodyRequest(child=CHILD),
    "BatchGetCustody": custody.BatchGetCustodyRequest(children=[CHILD]),
    "ListGuarantees": care.ListGuaranteesRequest(child=CHILD),
    "ListFunds": care.ListFundsRequest(jurisdiction=PLACE),
    "GetHome": care.GetHomeRequest(home=HOME),
    "ListStory": coordination.ListStoryRequest(child=CHILD),
    "ListWorkload": coordination.ListWorkloadRequest(jurisdiction=PLACE),
    "ListIndicators": ParseDict(
        {"jurisdiction": PLACE, "quarters": 8, "from": "2021-01-01"},
        coordination.ListIndicatorsRequest(),
    ),
    "CountClasses": coordination.CountClassesRequest(jurisdiction=PLACE),
    "GetApplication": docket.GetApplicationRequest(case=CASE),
    "ListApplications": docket.ListApplicationsRequest(court=COURT),
    "GetCaseFile": docket.GetCaseFileRequest(case=CASE),
    "ClassifyChild": duty.ClassifyChildRequest(child=CHILD),
    "ListMatters": duty.ListMattersRequest(child=CHILD, ended_too=True),
    "CheckEligibility": guardian.CheckEligibilityRequest(
        holder=message_of(FATHER), child=CHILD
    ),
    "ListWards": guardian.ListWardsRequest(holder=message_of(FATHER)),
    "ListLimits": limits.ListLimitsRequest(child=CHILD, include_ended=True),
}


def methods_with_two_times() -> Iterator[str]:
    for path in sorted(PROTO.glob("*_service.proto")):
        module = import_module(f"childregistry.v1.{path.stem}_pb2")
        for service in module.DESCRIPTOR.services_by_name.values():
            for method in service.methods:
                field = method.input_type.fields_by_name.get("as_of")
                if field is not None and field.message_type.name == "AsOf":
                    yield method.name


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    with served(tmp_path) as server:
        yield server


@pytest.fixture
def court(running: Running) -> Iterator[Client]:
    with running.client(COURT, "court") as client:
        yield client


def answered(client: Client, method: str, **known: Any) -> tuple[bytes, Any]:  # noqa: ANN401  a position or a time
    """Return an answer without the state it rests on, and that state.

    That a child, a case or a house is not known yet is an answer too.
    """
    request = type(ASKED[method])()
    request.CopyFrom(ASKED[method])
    request.as_of.CopyFrom(custody.AsOf(date=DAY, **known))
    try:
        got = client.called(method, request)
    except grpc.RpcError as error:
        if error.code() is not grpc.StatusCode.NOT_FOUND:
            raise
        return NOT_FOUND, None
    state = custody.ReadState()
    state.CopyFrom(got.read_state)
    got.ClearField("read_state")
    return got.SerializeToString(deterministic=True), state


def story() -> Iterator[tuple[Command, Office]]:
    """Yield acts of all rooms, among them a judgment told late."""
    yield born(CHILD, "2015-10-01", FATHER, MOTHER), Office.POLICE
    for command in STORY:
        yield command, Office.CIVIL_AFFAIRS
    civil = ApplicantClass.CIVIL_AFFAIRS
    asks = application(Asked.DISQUALIFY, civil, "2022-02-01", FATHER)
    yield asks, Office.CIVIL_AFFAIRS
    gone = outcome(disqualified=(FATHER, MOTHER), designated=(body(BUREAU),))
    yield judgment("2022-03-20", gone), Office.COURT


def told(running: Running) -> Iterator[int]:
    """Tell the story and take the judgment back; yield each position."""
    for command, office in story():
        at = tell(running.registry, command, office).position
        yield at
    no = CorrectSubmission(
        position=at, reason=AnnulReason.WRONG_PERSON, replacement=None
    )
    yield tell(running.registry, no, Office.COURT).position


def test_every_question_with_two_times_is_asked_here() -> None:
    assert sorted(methods_with_two_times()) == sorted(ASKED)


def test_what_was_answered_once_is_answered_for_ever_by_position_and_by_time(
    running: Running, court: Client
) -> None:
    kept: dict[int, dict[str, bytes]] = {}
    for at in told(running):
        kept[at] = {method: answered(court, method)[0] for method in ASKED}
    for method in ASKED:
        said = {answers[method] for answers in kept.values()}
        assert len(said - {NOT_FOUND}) > 0, method
        assert len(said) > 1, method  # else a method that ignores known_at would pass
    entries = running.registry.log.read(0, 1_000)
    moments = {entry.position: entry.recorded_at for entry in entries}
    for at, answers in kept.items():
        when = custody.AsOf()
        when.time.FromMicroseconds(moments[at])
        for method, wanted in answers.items():
            for known in ({"position": at}, {"time": when.time}):
                got, state = answered(court, method, **known)
                assert got == wanted, (method, at, known)
                if state is not None:
                    assert state.known_at == at


@pytest.mark.parametrize("method", ASKED)
def test_a_state_of_knowledge_that_is_none_is_said_by_its_field(
    running: Running, court: Client, method: str
) -> None:
    request = type(ASKED[method])()
    request.CopyFrom(ASKED[method])
    for position in (-1, running.registry.log.head().position + 1):
        request.as_of.position = position
        with pytest.raises(grpc.RpcError) as error:
            court.called(method, request)
        (fault,) = details(error.value)["BadRequest"].field_violations
        assert fault.field == "as_of.position"
