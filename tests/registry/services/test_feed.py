"""The feed over gRPC on both stores: complete, resumable; no reader harms another."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import grpc
import pytest

from childregistry.v1 import event_service_pb2 as pb
from events.dates import PartialDate
from events.entry import decode_record, open_entry
from events.feed import Filter, Place, begin, follow
from events.frame import decode_frame
from events.guardianship import Office
from events.proceedings import Wish
from events.published_rule import PUBLIC_TYPES
from ops.broker import Cluster
from registry.bootstrap import KafkaConfig
from registry.case_commands import HearWish
from registry.identity import AUTHORITY, OFFICE
from registry.services.events import BEHIND
from registry.sources import system_sources
from tests.support.registry import ORIGIN, child_id, submission, submit
from tests.support.server import Client, Running, details, served
from tests.support.stories import CHILD, COURT, FATHER, MOTHER, born

R = pb.SubscribeEventsResponse


@pytest.fixture(params=["embedded", "kafka"])
def kafka(request: pytest.FixtureRequest) -> KafkaConfig | None:
    if request.param == "embedded":
        return None
    cluster: Cluster = request.getfixturevalue("cluster")
    new_topic: Callable[[], str] = request.getfixturevalue("new_topic")
    return KafkaConfig(servers=cluster.addresses, topic=new_topic())


@pytest.fixture
def running(tmp_path: Path, kafka: KafkaConfig | None) -> Iterator[Running]:
    with served(tmp_path / "one", system_sources(), kafka) as server:
        yield server


@pytest.fixture
def bureau(running: Running) -> Iterator[Client]:
    with running.client("xuzhou-civil-affairs", "civil_affairs") as client:
        yield client


def register(running: Running, count: int, prefix: str = "child") -> list[str]:
    children = [child_id(f"{prefix} {number}") for number in range(count)]
    for child in children:
        asked = born(child, "2010-03-01", FATHER, MOTHER)
        by = submission(asked, child, "xuzhou-police", Office.POLICE)
        submit(running.registry, by)
    return children


def stream(client: Client, **asked: Any) -> Iterator[R]:  # noqa: ANN401  a request's fields
    request = pb.SubscribeEventsRequest(**asked)
    got = client.events.SubscribeEvents(request, metadata=client.metadata, timeout=30)
    yield from got


def entries(signals: Iterator[R]) -> list[pb.FeedEntry]:
    return [entry for signal in signals for entry in signal.batch.entries]


def answered(call: Any, request: object, *who: tuple[str, str]) -> object:  # noqa: ANN401  a stub's
    """Make a call and wait for what it answers first, of one answer or a stream."""
    got = call(request, metadata=who, timeout=20)
    return next(got) if hasattr(got, "__next__") else got


def place_of(message: pb.FeedPlace) -> Place:
    return Place(position=message.position, number=message.number, link=message.link)


def wanted_by(children: list[str]) -> tuple[Filter, pb.EventFilter]:
    return Filter(children=frozenset(children)), pb.EventFilter(children=children)


def test_it_gives_every_entry_then_says_so_then_goes_on_live(
    running: Running, bureau: Client
) -> None:
    register(running, 120)
    head = running.registry.log.head().position
    got = stream(bureau, beginning=True)
    assert next(got).confirmation.head == head
    positions: list[int] = []
    for signal in got:
        if signal.HasField("caught_up"):
            break
        positions += [entry.place.position for entry in signal.batch.entries]
    assert positions == list(range(1, head + 1))
    register(running, 3, "later")
    later: list[pb.FeedEntry] = []
    while len(later) < 3:
        later += next(got).batch.entries
    assert [entry.place.number for entry in later] == [head + 1, head + 2, head + 3]
    stored = running.registry.log.read(head, 3)
    assert [entry.record for entry in later] == [one.record for one in stored]
    assert [entry.hash for entry in later] == [one.hash for one in stored]


def test_the_same_filter_has_the_same_chain_in_pages_streams_and_folded_again(
    running: Running, bureau: Client
) -> None:
    children = register(running, 30)
    wanted, message = wanted_by(children[5:15])
    head = running.registry.log.head().position
    streamed = entries(stream(bureau, filter=message, until=head))
    listed: list[pb.FeedEntry] = []
    request = pb.ListEventsRequest(filter=message)
    while True:
        page = bureau.events.ListEvents(request, metadata=bureau.metadata)
        listed += page.entries
        if page.place.position == page.head:
            break
        request.resume.CopyFrom(page.place)
    assert listed == streamed
    asked = pb.GetFeedPlaceRequest(filter=message, position=head)
    folded = bureau.events.GetFeedPlace(asked, metadata=bureau.metadata).place
    assert folded == page.place
    pure = list(
        follow(
            begin(ORIGIN, wanted, 0),
            wanted,
            map(open_entry, running.registry.log.read(0, 1_000)),
        )
    )
    assert [place_of(one.place) for one in streamed] == [one.place for one in pure]
    assert len(pure) == 10


def test_every_place_resumes_to_the_same_end(running: Running, bureau: Client) -> None:
    _, message = wanted_by(register(running, 8)[::2])
    head = running.registry.log.head().position
    whole = entries(stream(bureau, filter=message, until=head))
    for number, one in enumerate(whole, 1):
        rest = entries(stream(bureau, filter=message, until=head, resume=one.place))
        assert rest == whole[number:]


def test_where_nothing_matches_the_place_goes_on(
    running: Running, bureau: Client
) -> None:
    got = stream(bureau, end=True, filter=pb.EventFilter(types=["Nothing"]))
    begun = next(got).confirmation.place.position
    next(got)  # caught up
    register(running, 2)
    signal = next(got)
    assert signal.HasField("checkpoint")
    assert begun < signal.checkpoint.position <= running.registry.log.head().position
    assert signal.checkpoint.number == 0


def test_it_begins_after_a_position_at_a_time_or_at_the_end(
    running: Running, bureau: Client
) -> None:
    register(running, 5)
    log = running.registry.log
    head = log.head().position
    third = log.read(head - 3, 1)[0]
    late = entries(stream(bureau, after=head - 2, until=head))
    assert [entry.place.position for entry in late] == [head - 1, head]
    request = pb.SubscribeEventsRequest(until=head)
    request.recorded_after.FromMicroseconds(third.recorded_at)
    got = bureau.events.SubscribeEvents(request, metadata=bureau.metadata, timeout=30)
    assert [entry.place.position for entry in entries(got)] == [head - 1, head]
    ended = list(stream(bureau, end=True, until=head))
    assert [signal.WhichOneof("signal") for signal in ended] == [
        "confirmation",
        "ended",
    ]
    assert ended[-1].ended.why == R.WHY_UNTIL


def test_another_server_of_the_topic_goes_on_where_the_first_ended(
    tmp_path: Path, cluster: Cluster, new_topic: Callable[[], str]
) -> None:
    kafka = KafkaConfig(servers=cluster.addresses, topic=new_topic())
    with served(tmp_path / "one", system_sources(), kafka, node="one") as first:
        register(first, 6)
        with first.client("bureau", "civil_affairs") as client:
            before = entries(stream(client, until=5))
            head = first.registry.log.head().position
            rest = entries(stream(client, resume=before[-1].place, until=head))
    with (
        served(tmp_path / "two", system_sources(), kafka, node="two") as second,
        second.client("bureau", "civil_affairs") as client,
    ):
        again = entries(stream(client, resume=before[-1].place, until=head))
    assert again == rest


def test_a_reader_who_does_not_read_delays_nobody(
    running: Running, bureau: Client
) -> None:
    register(running, 60)
    with running.client("stuck", "police") as other:
        stuck = [stream(other, beginning=True) for _ in range(20)]
        assert all(next(one).HasField("confirmation") for one in stuck)
        register(running, 40, "more")
        head = running.registry.log.head().position
        assert len(entries(stream(bureau, until=head))) == head
        for one in stuck[:10]:  # the slow go on; the others vanish
            found = 0
            while found < head:
                found += len(next(one).batch.entries)


def test_a_live_reader_who_stops_is_told_that_he_fell_behind_and_loses_nothing(
    tmp_path: Path,
) -> None:
    narrow = [("grpc.http2.bdp_probe", 0)]  # 64 kB are on their way, and no more
    who = ((AUTHORITY, "bureau"), (OFFICE, "civil_affairs"))
    with (
        served(tmp_path, system_sources()) as running,
        grpc.insecure_channel(f"127.0.0.1:{running.port}", narrow) as channel,
    ):
        register(running, 1)
        live = stream(Client(channel, who), beginning=True)
        told, found = [], 0
        while "caught_up" not in told:
            told.append(next(live).WhichOneof("signal"))
        begins = running.registry.log.head().position
        children = [child_id(f"late {number}") for number in range(BEHIND + 200)]
        for some in (children[:BEHIND], children[BEHIND:]):  # no more may wait at once
            futures = [
                running.registry.writer.submit(
                    submission(
                        born(one, "2010-03-01", FATHER), one, "p", Office.POLICE
                    ),
                    time.monotonic() + 60,
                )
                for one in some
            ]
            assert all(future.result(60) for future in futures)
        told.clear()
        while told[-1:] != ["caught_up"]:
            signal = next(live)
            told.append(signal.WhichOneof("signal"))
            for entry in signal.batch.entries:
                found += 1
                assert entry.place.position == begins + found
        assert told.count("fell_behind") == 1
        assert found == len(children)


def test_readers_that_come_and_go_leave_nothing_behind(
    running: Running, bureau: Client
) -> None:
    register(running, 3)

    def come_and_go(times: int) -> int:
        for _ in range(times):
            request = pb.SubscribeEventsRequest()
            call = bureau.events.SubscribeEvents(request, metadata=bureau.metadata)
            next(call)
            call.cancel()
        until = time.monotonic() + 2
        while threading.active_count() > usual and time.monotonic() < until:
            time.sleep(0.02)
        return threading.active_count()

    usual = 0
    usual = come_and_go(3)
    assert come_and_go(30) <= usual
    head = running.registry.log.head().position
    assert len(entries(stream(bureau, until=head))) == head


def test_a_server_that_stops_says_where_to_go_on(tmp_path: Path) -> None:
    signals: list[R] = []
    ready = threading.Event()

    def read(client: Client) -> None:
        for signal in stream(client):
            signals.append(signal)
            if signal.HasField("caught_up"):
                ready.set()

    with served(tmp_path) as running:
        register(running, 4)
        head = running.registry.log.head().position
        client = running.client("bureau", "civil_affairs")
        reader = threading.Thread(target=read, args=(client.__enter__(),))
        reader.start()
        ready.wait(10)
    reader.join(20)
    client.__exit__(None, None, None)
    ended = signals[-1].ended
    assert (ended.why, ended.place.position) == (R.WHY_SHUTTING_DOWN, head)


def test_a_judgment_on_two_children_shows_one_bureau_its_own_child(
    running: Running, bureau: Client
) -> None:
    from tests.support.stories import judgment, outcome  # noqa: PLC0415  beside its use

    other = child_id("another")
    register(running, 1, "x")
    for child in (CHILD, other):
        asked = born(child, "2010-03-01", FATHER, MOTHER)
        by = submission(asked, child, "xuzhou-police", Office.POLICE)
        submit(running.registry, by)
    both = judgment(
        "2015-02-04",
        outcome(disqualified=(FATHER,)),
        replace(outcome(disqualified=(MOTHER,)), child=other),
    )
    submit(running.registry, submission(both, "both", COURT))
    head = running.registry.log.head().position
    _, message = wanted_by([CHILD])
    last = entries(stream(bureau, filter=message, until=head))[-1]
    record = decode_record(last.record)
    assert record.request is None
    headers = open_entry(running.registry.log.read(head - 1, 1)[0]).frame.events
    for header, body in zip(headers, record.bodies, strict=True):
        assert (body is not None) == (header.concerns == CHILD)


def test_who_is_no_authority_is_told_by_name_and_only_what_is_public(
    running: Running,
) -> None:
    (child,) = register(running, 1)
    heard = HearWish(
        child=child,
        case=None,
        wish=Wish.NOT_WITH,
        toward=FATHER,
        on=PartialDate("2019-02-05"),
        order=1,
    )
    submit(running.registry, submission(heard, "heard", COURT))
    head = running.registry.log.head().position
    with running.client("village-school", "school") as school:
        for types in ([], ["WishHeard"], ["ChildRegistered", "TimelineChanged"]):
            message = pb.EventFilter(types=types)
            for call, asked in (
                (school.events.SubscribeEvents, pb.SubscribeEventsRequest),
                (school.events.ListEvents, pb.ListEventsRequest),
            ):
                with pytest.raises(grpc.RpcError) as error:
                    answered(call, asked(filter=message), *school.metadata)
                (fault,) = details(error.value)["BadRequest"].field_violations
                assert fault.field == "filter.types"
                assert "GuardianDisqualified" in fault.description
        public = pb.EventFilter(types=sorted(PUBLIC_TYPES))
        shown = entries(stream(school, filter=public, until=head))
        assert shown
        one = school.events.GetEvent(
            pb.GetEventRequest(position=head - 1), metadata=school.metadata
        ).entry
        for entry in (*shown, one):
            record = decode_record(entry.record)
            headers = decode_frame(record.frame).events
            for header, body in zip(headers, record.bodies, strict=True):
                assert (body is not None) == (header.type in PUBLIC_TYPES)
        with pytest.raises(grpc.RpcError) as error:
            school.events.GetEvent(
                pb.GetEventRequest(position=head), metadata=school.metadata
            )
        assert error.value.code() is grpc.StatusCode.NOT_FOUND


def test_events_and_schemas_by_name(running: Running, bureau: Client) -> None:
    register(running, 1)
    head = running.registry.log.head().position
    found = bureau.events.GetEvent(
        pb.GetEventRequest(position=head), metadata=bureau.metadata
    ).entry
    assert found.record == running.registry.log.read(head - 1, 1)[0].record
    listed = bureau.events.ListSchemas(
        pb.ListSchemasRequest(), metadata=bureau.metadata
    ).schemas
    assert {s.fingerprint: s.text for s in listed} == running.registry.log.schemas()
    one = bureau.events.GetSchema(
        pb.GetSchemaRequest(fingerprint=listed[0].fingerprint), metadata=bureau.metadata
    )
    assert one.schema == listed[0]


@pytest.mark.parametrize(
    ("method", "request_", "field"),
    [
        ("SubscribeEvents", pb.SubscribeEventsRequest(after=-1), "after"),
        ("SubscribeEvents", pb.SubscribeEventsRequest(after=10_000), "after"),
        ("SubscribeEvents", pb.SubscribeEventsRequest(until=-1), "until"),
        (
            "SubscribeEvents",
            pb.SubscribeEventsRequest(resume=pb.FeedPlace(position=1, number=1)),
            "resume.link",
        ),
        (
            "SubscribeEvents",
            pb.SubscribeEventsRequest(
                resume=pb.FeedPlace(position=9_999, number=1, link=bytes(32))
            ),
            "resume",
        ),
        (
            "ListEvents",
            pb.ListEventsRequest(filter=pb.EventFilter(types=["A", ""])),
            "filter.types[1]",
        ),
        (
            "ListEvents",
            pb.ListEventsRequest(filter=pb.EventFilter(causes=["a\ntypes=b"])),
            "filter.causes[0]",
        ),
        ("GetEvent", pb.GetEventRequest(), "position"),
        ("GetFeedPlace", pb.GetFeedPlaceRequest(after=3, position=2), "position"),
    ],
)
def test_what_cannot_be_asked_is_said_by_field(
    tmp_path: Path, method: str, request_: object, field: str
) -> None:
    with (
        served(tmp_path) as running,
        running.client("bureau", "civil_affairs") as client,
    ):
        call = getattr(client.events, method)
        with pytest.raises(grpc.RpcError) as error:
            answered(call, request_, *client.metadata)
    violations = details(error.value)["BadRequest"].field_violations
    assert [one.field for one in violations] == [field]


def test_nobody_unknown_reads_anything(tmp_path: Path) -> None:
    with served(tmp_path) as running, running.client("", "") as nobody:
        for method, request in (
            ("SubscribeEvents", pb.SubscribeEventsRequest()),
            ("ListEvents", pb.ListEventsRequest()),
            ("GetEvent", pb.GetEventRequest(position=1)),
            ("GetFeedPlace", pb.GetFeedPlaceRequest()),
            ("GetSchema", pb.GetSchemaRequest()),
            ("ListSchemas", pb.ListSchemasRequest()),
        ):
            with pytest.raises(grpc.RpcError) as error:
                answered(getattr(nobody.events, method), request)
            assert error.value.code() is grpc.StatusCode.UNAUTHENTICATED
