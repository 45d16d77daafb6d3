"""Persons found to be one: answers follow, and what was known before does not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from childregistry.v1 import custody_service_pb2 as asked
from childregistry.v1 import docket_service_pb2 as docket_pb
from childregistry.v1 import duty_service_pb2 as pb
from childregistry.v1 import guardian_service_pb2 as guard
from childregistry.v1 import limits_service_pb2 as limits_pb
from events.cases import ApplicantClass
from events.conditions import Condition
from events.duties import Department
from events.guardianship import AnnulReason, Office
from events.proceedings import Asked
from events.reports import Reporter, Response, Suspicion
from events.timeline import Holder
from registry.commands import CorrectSubmission, RecordDeath
from registry.matter_commands import FileReport, RecordResponse
from registry.services.translate import message_of
from tests.projections.test_matters import tell
from tests.registry.test_conditions import RECORDED
from tests.registry.test_same_person import DOUBLE, JUDGED, SISTER, same
from tests.support.registry import child_id
from tests.support.server import Client, Running, served
from tests.support.stories import (
    BUREAU,
    CHILD,
    FATHER,
    MOTHER,
    application,
    born,
    judgment,
    outcome,
)
from tests.support.telling import day

POLICE, CIVIL, COURT = Office.POLICE, Office.CIVIL_AFFAIRS, Office.COURT
ON = "2024-06-01"
REPORT = child_id("a report about the father")
UNATTENDED = ("unattended_2019", "de_facto_unattended")


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    """The mother is dead; a court removed a man who is the father by another id."""
    with served(tmp_path) as server:
        registry = server.registry
        tell(registry, born(CHILD, "2015-10-01", FATHER, MOTHER), POLICE)
        death = RecordDeath(person=MOTHER.id, on=day("2020-02-01"))
        tell(registry, death, POLICE)
        tell(registry, JUDGED, COURT)
        yield server


@pytest.fixture
def bureau(running: Running) -> Iterator[Client]:
    with running.client(BUREAU, "civil_affairs") as client:
        yield client


def as_of(position: int = 0) -> Any:  # noqa: ANN401  a message
    return asked.AsOf(date=ON, position=position) if position else asked.AsOf(date=ON)


def head(running: Running) -> int:
    return running.registry.log.head().position


def found(running: Running) -> int:
    """Find the two to be one; return the position of the finding."""
    tell(running.registry, same(FATHER, DOUBLE), POLICE)
    return head(running)


def undone(running: Running, position: int) -> None:
    command = CorrectSubmission(
        position=position, reason=AnnulReason.WRONG_PERSON, replacement=None
    )
    tell(running.registry, command, POLICE)


def classes(client: Client, position: int = 0) -> set[tuple[str, str]]:
    request = pb.ClassifyChildRequest(child=CHILD, as_of=as_of(position))
    got = client.called("ClassifyChild", request)
    return {(one.scheme, one.name) for one in got.classes if one.certain}


def facts(client: Client, position: int = 0) -> list[Any]:
    """Return the facts that name somebody, of all the child's matters."""
    request = pb.ListMattersRequest(child=CHILD, as_of=as_of(position), ended_too=True)
    got = client.called("ListMatters", request)
    return [fact for one in got.matters for fact in one.facts if fact.holders]


def test_a_class_counts_what_befell_the_other_id_while_the_finding_stands(
    running: Running, bureau: Client
) -> None:
    before = head(running)
    assert UNATTENDED not in classes(bureau)
    at = found(running)
    assert UNATTENDED in classes(bureau)
    assert UNATTENDED not in classes(bureau, before)
    undone(running, at)
    assert UNATTENDED not in classes(bureau)
    assert UNATTENDED in classes(bureau, at)


def test_a_condition_of_the_other_id_is_the_parents_and_says_the_id_it_was_told(
    running: Running, bureau: Client
) -> None:
    tell(running.registry, born(SISTER, "2018-01-01", FATHER, MOTHER), POLICE)
    found(running)
    condition = replace(
        RECORDED, what=Condition.SERIOUS_ILLNESS, child=CHILD, who=DOUBLE
    )
    tell(running.registry, condition, CIVIL)
    (fact,) = facts(bureau)
    assert [one.id for one in fact.holders] == [DOUBLE.id]
    assert [one.id for one in fact.read_as] == [FATHER.id]
    request = pb.ClassifyChildRequest(child=CHILD, as_of=as_of())
    got = bureau.called("ClassifyChild", request)
    (unattended,) = [one for one in got.classes if one.scheme == UNATTENDED[0]]
    assert f"condition/{condition.condition}" in unattended.facts


def test_what_was_said_to_somebody_is_read_as_said_to_the_kept_one(
    running: Running, bureau: Client
) -> None:
    report = FileReport(
        report=REPORT,
        child=CHILD,
        jurisdiction="cn-320312",
        reporter=Reporter.COMMITTEE,
        suspicion=Suspicion.NEGLECT,
        to=Department.PUBLIC_SECURITY,
        on=day("2022-01-10"),
        document=None,
    )
    tell(running.registry, report, Office.COMMITTEE)
    admonished = RecordResponse(
        report=REPORT,
        response=Response.ADMONISHED,
        whom=DOUBLE,
        on=day("2022-01-12"),
        document=None,
    )
    tell(running.registry, admonished, POLICE)
    before = head(running)
    at = found(running)
    read = {
        position: [one.id for fact in facts(bureau, position) for one in fact.read_as]
        for position in (before, at)
    }
    assert read == {before: [DOUBLE.id], at: [FATHER.id]}
    assert facts(bureau)[0].holders[0].id == DOUBLE.id
    by_place = pb.ListMattersRequest(
        jurisdiction="cn-320312", as_of=as_of(), ended_too=True
    )
    (matter,) = bureau.called("ListMatters", by_place).matters
    assert matter.facts[-1].read_as[0].id == FATHER.id


def test_cases_limits_and_wards_are_found_by_either_id(
    running: Running, bureau: Client
) -> None:
    registry = running.registry
    asks = application(
        Asked.DISQUALIFY,
        ApplicantClass.OTHER_RELATIVE,
        "2022-09-01",
        FATHER,
        who=DOUBLE,
    )
    tell(registry, asks, COURT)
    before = head(running)
    at = found(running)
    # Registered since, by the id that is not kept: no finding on its own record.
    tell(registry, born(SISTER, "2024-05-20", DOUBLE), POLICE)
    judged = judgment("2024-05-30", outcome(disqualified=(DOUBLE,), child=SISTER))
    tell(registry, replace(judged, case=child_id("the sister's case")), COURT)

    def cases(who: Holder, position: int = 0) -> list[str]:
        request = docket_pb.ListApplicationsRequest(
            applicant=who.id, as_of=as_of(position)
        )
        got = bureau.called("ListApplications", request)
        return [one.case for one in got.applications]

    def owed(who: Holder, position: int = 0) -> set[str]:
        request = limits_pb.ListLimitsRequest(
            owner=who.id, as_of=as_of(position), include_ended=True
        )
        return {one.child for one in bureau.called("ListLimits", request).limits}

    def held(who: Holder, position: int = 0) -> list[str]:
        request = guard.ListWardsRequest(holder=message_of(who), as_of=as_of(position))
        return sorted(one.child for one in bureau.called("ListWards", request).wards)

    assert cases(DOUBLE) == cases(FATHER) == [asks.case]
    assert (cases(DOUBLE, before), cases(FATHER, before)) == ([asks.case], [])
    assert owed(DOUBLE) == owed(FATHER) == {SISTER}
    assert held(DOUBLE) == held(FATHER) == sorted([CHILD, SISTER])
    assert held(FATHER, at) == held(DOUBLE, at) == [CHILD]


def test_a_bar_for_another_child_is_told_of_by_either_id(
    running: Running, bureau: Client
) -> None:
    registry = running.registry
    found(running)
    tell(registry, born(SISTER, "2024-05-20", DOUBLE), POLICE)
    judged = judgment("2024-05-30", outcome(disqualified=(DOUBLE,), child=SISTER))
    tell(registry, replace(judged, case=child_id("the sister's case")), COURT)

    def said(who: Holder) -> set[tuple[str, str]]:
        request = guard.CheckEligibilityRequest(
            holder=message_of(who), child=CHILD, as_of=as_of()
        )
        got = bureau.called("CheckEligibility", request)
        assert not got.eligible
        return {(one.finding.reason, one.stream) for one in got.remarks}

    assert said(DOUBLE) == said(FATHER)
    elsewhere = ("disqualified_for_another_child", f"child/{SISTER}")
    assert elsewhere in said(FATHER)
