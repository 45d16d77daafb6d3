"""Several children at once, two states of knowledge side by side, on both stores."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from itertools import chain
from pathlib import Path
from typing import Any

import grpc
import pytest

from childregistry.v1 import custody_service_pb2 as pb
from childregistry.v1 import types_pb2
from events.dates import PartialDate
from events.guardianship import AnnulReason, Office
from ops.broker import Cluster
from registry.bootstrap import KafkaConfig
from registry.commands import CorrectSubmission, RecordDeath
from registry.services import custody
from registry.sources import system_sources
from tests.projections.test_matters import POLICE, tell
from tests.support.registry import child_id, submission, submit
from tests.support.server import Client, Running, details, served
from tests.support.stories import (
    CHILD,
    COURT,
    FATHER,
    MOTHER,
    born,
    judgment,
    outcome,
    tongshan_application,
)

OTHER = child_id("other")
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


@pytest.fixture
def told(running: Running) -> dict[str, int]:
    """A judgment that disqualifies both parents, then corrected to the father alone."""
    at: dict[str, int] = {}
    for child in (CHILD, OTHER):
        asked = born(child, "2010-03-01", FATHER, MOTHER)
        by = submission(asked, child, "xuzhou-police", Office.POLICE)
        at["born"] = submit(running.registry, by).position
    filed = submission(tongshan_application(), "filed", COURT)
    submit(running.registry, filed)
    both = judgment("2015-02-04", outcome(disqualified=(FATHER, MOTHER)))
    at["judged"] = submit(running.registry, submission(both, "j", COURT)).position
    corrected = CorrectSubmission(
        position=at["judged"],
        reason=AnnulReason.WRONG_PERSON,
        replacement=judgment("2015-02-04", outcome(disqualified=(FATHER,))),
    )
    at["corrected"] = submit(
        running.registry, submission(corrected, "c", COURT)
    ).position
    return at


def asked(client: Client, method: str, request: Any) -> Any:  # noqa: ANN401  any message
    call = getattr(client.custody, method)
    return call(request, metadata=client.metadata, timeout=20)


def at(position: int) -> pb.KnownAt:
    return pb.KnownAt(position=position)


def test_a_batch_is_the_single_answers_of_one_state(
    court: Client, told: dict[str, int]
) -> None:
    for known in (told["judged"], told["corrected"]):
        as_of = pb.AsOf(date="2015-03-01", position=known)
        request = pb.BatchGetCustodyRequest(
            children=[CHILD, NOBODY, OTHER], as_of=as_of
        )
        got = asked(court, "BatchGetCustody", request)
        single = [
            asked(court, "GetCustody", pb.GetCustodyRequest(child=c, as_of=as_of))
            for c in (CHILD, OTHER)
        ]
        assert list(got.custody) == [one.custody for one in single]
        assert list(got.not_known) == [NOBODY]
        assert got.read_state.known_at == known


def test_compared_states_are_the_answers_of_every_day(
    court: Client, told: dict[str, int]
) -> None:
    request = pb.CompareCustodyRequest(
        child=CHILD, before=at(told["judged"]), after=at(told["corrected"])
    )
    found = asked(court, "CompareCustody", request).comparison
    assert (found.before, found.after) == (told["judged"], told["corrected"])
    assert found.stretches
    positions = {fact.position for s in found.stretches for fact in s.causes}
    assert positions == {told["corrected"]}
    differs: list[date] = []
    for offset in range(-3, 4):
        day = date(2015, 2, 4) + timedelta(offset)
        before, after = (
            asked(
                court,
                "GetCustody",
                pb.GetCustodyRequest(
                    child=CHILD, as_of=pb.AsOf(date=day.isoformat(), position=known)
                ),
            ).custody
            for known in (told["judged"], told["corrected"])
        )
        inside = [
            one
            for one in found.stretches
            if (one.first_day or "0") <= day.isoformat() < (one.until or "9")
        ]
        assert len(inside) == (before.status != after.status)
        for one in inside:
            differs.append(day)
            assert (one.before.status, one.after.status) == (
                before.status,
                after.status,
            )
            assert list(one.after.hand_over_to) == list(after.hand_over_to)
    assert differs == [date(2015, 2, 4) + timedelta(n) for n in range(4)]


def test_what_a_correction_changed_names_the_child_the_days_and_both_answers(
    court: Client, told: dict[str, int]
) -> None:
    request = pb.ListAffectedRequest(position=told["corrected"])
    (found,) = asked(court, "ListAffected", request).comparisons
    assert found.child == CHILD
    assert (found.before, found.after) == (told["corrected"] - 1, told["corrected"])
    first = found.stretches[0]
    assert first.first_day == "2015-02-04"
    assert first.after.status == types_pb2.STATUS_GUARDIAN
    assert first.before.status != types_pb2.STATUS_GUARDIAN
    none = asked(court, "ListAffected", pb.ListAffectedRequest(position=1))
    assert list(none.comparisons) == []


WARDS = sorted(child_id(f"ward {number}") for number in range(5))


@pytest.fixture
def died(running: Running) -> int:
    """The position of a death that changed what is answered of five children."""
    for child in WARDS:
        tell(running.registry, born(child, "2010-03-01", FATHER, MOTHER), POLICE)
    death = RecordDeath(person=FATHER.id, on=PartialDate("2020-01-01"))
    return tell(running.registry, death, POLICE).position


def pages(running: Running, court: Client, position: int, size: int) -> list[list[Any]]:
    """Ask for one page after the other, while further children are registered."""
    request = pb.ListAffectedRequest(position=position, page_size=size)
    found: list[list[Any]] = []
    while not found or request.page_token:
        got = asked(court, "ListAffected", request)
        found.append([*got.comparisons])
        request.page_token = got.next_page_token
        later = child_id(f"later {size} {len(found)}")
        tell(running.registry, born(later, "2015-03-01", FATHER, MOTHER), POLICE)
    return found


def test_whom_an_entry_changed_is_told_by_pages_of_one_answer(
    running: Running, court: Client, died: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = asked(court, "ListAffected", pb.ListAffectedRequest(position=died))
    assert [one.child for one in whole.comparisons] == WARDS
    assert not whole.next_page_token
    for size, lengths in ((2, [2, 2, 1]), (5, [5]), (1, [1] * 5)):
        found = pages(running, court, died, size)
        assert [len(page) for page in found] == lengths
        assert [*chain(*found)] == [*whole.comparisons]
    monkeypatch.setattr(custody, "PAGE_BYTES", whole.comparisons[0].ByteSize() - 1)
    found = pages(running, court, died, 100)
    assert [len(page) for page in found] == [1] * 5
    assert [*chain(*found)] == [*whole.comparisons]


def test_a_page_of_another_entry_or_of_nothing_is_refused(
    court: Client, died: int
) -> None:
    first = pb.ListAffectedRequest(position=died, page_size=2)
    token = asked(court, "ListAffected", first).next_page_token
    for position, said in ((died - 1, token), (died, "x")):
        request = pb.ListAffectedRequest(position=position, page_token=said)
        with pytest.raises(grpc.RpcError) as error:
            asked(court, "ListAffected", request)
        (fault,) = details(error.value)["BadRequest"].field_violations
        assert fault.field == "page_token"


def test_past_answers_are_those_that_were_given_in_their_time(
    court: Client, told: dict[str, int]
) -> None:
    request = pb.ListAffectedRequest(position=told["corrected"])
    (found,) = asked(court, "ListAffected", request).comparisons
    stood = [(told["judged"], told["corrected"] - 1)]
    spans = [(p.first_known_at, p.last_known_at) for p in found.past_answers]
    assert spans == [*stood, (told["born"] - 1, told["judged"] - 1)]
    for past in found.past_answers:
        (now,) = [one for one in found.stretches if one.first_day == past.first_day]
        first, last = pb.AsOf(date=past.first_day), pb.AsOf(date=past.first_day)
        first.time.CopyFrom(past.given_from)
        last.time.FromMicroseconds(past.given_until.ToMicroseconds() - 1)
        for as_of, position in (
            (first, past.first_known_at),
            (last, past.last_known_at),
        ):
            got = asked(
                court, "GetCustody", pb.GetCustodyRequest(child=CHILD, as_of=as_of)
            )
            assert got.read_state.known_at == position
            assert got.custody == past.answered
            assert got.custody.certain != now.after.certain
    compared = pb.CompareCustodyRequest(
        child=CHILD,
        before=at(told["corrected"] - 1),
        after=at(told["corrected"]),
    )
    assert asked(court, "CompareCustody", compared).comparison == found


def test_past_answers_between_two_states_are_told_to_the_later_one(
    court: Client, told: dict[str, int]
) -> None:
    request = pb.CompareCustodyRequest(
        child=CHILD, before=at(told["born"]), after=at(told["corrected"])
    )
    found = asked(court, "CompareCustody", request).comparison
    spans = [(p.first_known_at, p.last_known_at) for p in found.past_answers]
    assert spans == [
        (told["judged"], told["corrected"] - 1),
        (told["born"] - 1, told["judged"] - 1),
    ]


def test_the_same_state_twice_differs_in_nothing(
    court: Client, told: dict[str, int]
) -> None:
    for position in told.values():
        request = pb.CompareCustodyRequest(
            child=CHILD, before=at(position), after=at(position)
        )
        assert not asked(court, "CompareCustody", request).comparison.stretches
    moment = pb.KnownAt()
    moment.time.GetCurrentTime()
    request = pb.CompareCustodyRequest(child=CHILD, before=moment)
    assert not asked(court, "CompareCustody", request).comparison.stretches


@pytest.mark.parametrize(
    ("method", "request_", "field"),
    [
        ("BatchGetCustody", pb.BatchGetCustodyRequest(), "children"),
        ("BatchGetCustody", pb.BatchGetCustodyRequest(children=["x"]), "children[0]"),
        (
            "BatchGetCustody",
            pb.BatchGetCustodyRequest(children=[NOBODY] * 1_001),
            "children",
        ),
        ("CompareCustody", pb.CompareCustodyRequest(child="x"), "child"),
        (
            "CompareCustody",
            pb.CompareCustodyRequest(child=NOBODY, before=at(-1)),
            "before.position",
        ),
        (
            "CompareCustody",
            pb.CompareCustodyRequest(child=NOBODY, after=at(9_999)),
            "after.position",
        ),
        (
            "CompareCustody",
            pb.CompareCustodyRequest(child=NOBODY, before=at(2), after=at(1)),
            "before",
        ),
        ("ListAffected", pb.ListAffectedRequest(), "position"),
        ("ListAffected", pb.ListAffectedRequest(position=9_999), "position"),
    ],
)
def test_what_cannot_be_asked_is_said_by_field(
    tmp_path: Path,
    method: str,
    request_: Any,  # noqa: ANN401  any message
    field: str,
) -> None:
    with served(tmp_path) as running, running.client(COURT, "court") as client:
        with pytest.raises(grpc.RpcError) as error:
            asked(client, method, request_)
        found = details(error.value)
    assert [one.field for one in found["BadRequest"].field_violations] == [field]


def test_a_child_that_was_never_known_is_not_found(tmp_path: Path) -> None:
    with served(tmp_path) as running, running.client(COURT, "court") as client:
        with pytest.raises(grpc.RpcError) as error:
            asked(client, "CompareCustody", pb.CompareCustodyRequest(child=NOBODY))
        assert error.value.code() is grpc.StatusCode.NOT_FOUND
