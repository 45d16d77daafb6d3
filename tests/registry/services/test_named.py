"""Named subscriptions over gRPC: offered, acknowledged, changed, on both stores."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import grpc
import pytest

from childregistry.v1 import event_service_pb2 as feed
from childregistry.v1 import subscription_service_pb2 as pb
from events.guardianship import Office
from events.subscriptions import Selection
from ops.broker import Cluster
from registry.bootstrap import KafkaConfig
from registry.server import feeding
from registry.sources import Sources, system_sources
from registry.subscription_commands import (
    CreateSubscription,
    EndSubscription,
    RefilterSubscription,
)
from tests.registry.services.test_feed import R, entries, register
from tests.registry.test_beside import paired
from tests.support.registry import child_id, submission, submit
from tests.support.server import Client, Running, details, served
from tests.support.stories import CHILD, COURT, FATHER, MOTHER, born, judgment, outcome

BUREAU = "xuzhou-civil-affairs"
NAME = "everything"
EVERYTHING = Selection(
    types=(), children=(), jurisdictions=(), submitters=(), causes=()
)
CREATE = CreateSubscription(
    subscription=NAME, selection=EVERYTHING, after=0, urgent_within_s=3_600
)


def two_topics(cluster: Cluster, new_topic: Callable[[], str]) -> KafkaConfig:
    return KafkaConfig(
        servers=cluster.addresses, topic=new_topic(), deliveries=new_topic()
    )


@pytest.fixture(params=["embedded", "kafka"])
def kafka(request: pytest.FixtureRequest) -> KafkaConfig | None:
    if request.param == "embedded":
        return None
    return two_topics(
        request.getfixturevalue("cluster"), request.getfixturevalue("new_topic")
    )


@pytest.fixture(params=["embedded", "kafka", "beside"])
def running(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Running]:
    """Give a server; "beside" is the process of a node that gives its feed."""
    folder = tmp_path / "one"
    if request.param == "beside":
        with paired(folder, serve=feeding) as pair:
            yield pair.reader
        return
    kafka = None
    if request.param == "kafka":
        kafka = two_topics(
            request.getfixturevalue("cluster"), request.getfixturevalue("new_topic")
        )
    with served(folder, system_sources(), kafka) as server:
        yield server


@pytest.fixture
def bureau(running: Running) -> Iterator[Client]:
    with running.client(BUREAU, "civil_affairs") as client:
        yield client


def named(
    client: Client,
    name: str = NAME,
    epoch: int = 0,
    resume: feed.FeedPlace | None = None,
    **more: Any,  # noqa: ANN401  a request's fields
) -> Iterator[R]:
    asked = feed.Named(subscription=name, epoch=epoch, resume=resume)
    request = feed.SubscribeEventsRequest(named=asked, **more)
    call = client.events.SubscribeEvents(request, metadata=client.metadata, timeout=30)
    yield from call


def acknowledge(
    client: Client, place: feed.FeedPlace, epoch: int = 0, *, at_once: bool = False
) -> pb.AcknowledgeEventsResponse:
    request = pb.AcknowledgeEventsRequest(
        subscription=NAME, epoch=epoch, place=place, at_once=at_once
    )
    answer: pb.AcknowledgeEventsResponse = client.called("AcknowledgeEvents", request)
    return answer


def epoch_of(client: Client, number: int = 0) -> pb.SubscriptionEpoch:
    request = pb.GetSubscriptionRequest(subscription=NAME)
    found: pb.Subscription = client.called("GetSubscription", request).subscription
    return found.epochs[number - 1]


def deliveries(client: Client, position: int) -> list[pb.Delivery]:
    request = pb.ListDeliveriesRequest(position=position)
    return list(client.called("ListDeliveries", request).deliveries)


def refused_field(error: pytest.ExceptionInfo[grpc.RpcError]) -> str:
    (violation,) = details(error.value)["BadRequest"].field_violations
    return str(violation.field)


def test_it_goes_on_behind_what_was_acknowledged(
    running: Running, bureau: Client
) -> None:
    register(running, 10)
    bureau.submit(CREATE, "create")
    head = running.registry.log.head().position
    got = entries(named(bureau, until=head, most=3))
    assert [one.place.position for one in got] == list(range(1, head + 1))
    answer = acknowledge(bureau, got[4].place)
    assert answer.acknowledged == answer.durable == got[4].place
    assert entries(named(bureau, until=head)) == got[5:]
    epoch = epoch_of(bureau)
    assert (epoch.acknowledged, epoch.offered) == (got[4].place, got[-1].place)
    assert (epoch.first_missing, epoch.looked_to) == (6, head)
    assert epoch.behind_since.ToMicroseconds() == got[5].recorded_at.ToMicroseconds()


def test_marks_outlive_the_server(tmp_path: Path, kafka: KafkaConfig | None) -> None:
    with (
        served(tmp_path, system_sources(), kafka) as running,
        running.client(BUREAU, "civil_affairs") as bureau,
    ):
        register(running, 5)
        bureau.submit(CREATE, "create")
        got = entries(named(bureau, until=5))
        acknowledge(bureau, got[2].place)
    with (
        served(tmp_path, system_sources(), kafka) as running,
        running.client(BUREAU, "civil_affairs") as bureau,
    ):
        epoch = epoch_of(bureau)
        assert (epoch.acknowledged, epoch.offered) == (got[2].place, got[4].place)
        assert entries(named(bureau, until=5)) == got[3:5]


def test_an_acknowledgement_moves_forward_only(
    running: Running, bureau: Client
) -> None:
    register(running, 5)
    bureau.submit(CREATE, "create")
    got = entries(named(bureau, until=5))
    acknowledge(bureau, got[3].place)
    for older in (got[0].place, got[3].place):
        answer = acknowledge(bureau, older)
        assert answer.acknowledged == answer.durable == got[3].place


def test_whoever_does_not_wait_is_told_what_is_durable(
    running: Running, bureau: Client
) -> None:
    register(running, 5)
    bureau.submit(CREATE, "create")
    got = entries(named(bureau, until=5))
    first = acknowledge(bureau, got[1].place, at_once=True)
    assert first.acknowledged == got[1].place
    assert first.durable.position <= got[1].place.position
    waited = acknowledge(bureau, got[1].place)
    assert waited.durable == got[1].place


def test_acknowledging_the_beginning_is_answered_at_once_and_is_nothing_to_keep(
    bureau: Client,
) -> None:
    bureau.submit(CREATE, "create")
    begins = next(named(bureau)).confirmation.place
    assert begins.position == 0
    answer = acknowledge(bureau, begins)
    assert answer.acknowledged == begins
    assert not answer.HasField("durable")
    assert not epoch_of(bureau).HasField("acknowledged")


def test_a_lying_subscriber_is_refused(running: Running, bureau: Client) -> None:
    register(running, 6)
    bureau.submit(CREATE, "create")
    head = running.registry.log.head().position
    got = entries(named(bureau, until=3))
    whole = entries(
        bureau.events.SubscribeEvents(
            feed.SubscribeEventsRequest(until=head), metadata=bureau.metadata
        )
    )
    forged = feed.FeedPlace(position=2, number=2, link=bytes(32))
    for place, field in (
        (whole[4].place, "place"),  # beyond what was offered under this name
        (forged, "place"),
        (feed.FeedPlace(position=2, number=2), "place.link"),
        (feed.FeedPlace(position=9_999, number=1, link=bytes(32)), "place"),
        (replace_number(got[1].place, 1), "place"),
    ):
        with pytest.raises(grpc.RpcError) as error:
            acknowledge(bureau, place)
        assert refused_field(error) == field
    with pytest.raises(grpc.RpcError) as error:
        list(named(bureau, resume=forged))
    assert refused_field(error) == "named.resume"
    assert not epoch_of(bureau).HasField("acknowledged")
    acknowledge(bureau, got[2].place)


def replace_number(place: feed.FeedPlace, number: int) -> feed.FeedPlace:
    return feed.FeedPlace(position=place.position, number=number, link=place.link)


def test_a_place_beyond_the_acknowledged_one_is_taken_where_it_is_its_own(
    running: Running, bureau: Client
) -> None:
    register(running, 6)
    bureau.submit(CREATE, "create")
    got = entries(named(bureau, until=6))
    rest = entries(named(bureau, resume=got[2].place, until=6))
    assert rest == got[3:]
    acknowledge(bureau, got[5].place)


def test_another_bureau_has_no_part_in_it(running: Running, bureau: Client) -> None:
    register(running, 3)
    bureau.submit(CREATE, "create")
    got = entries(named(bureau, until=3))
    with running.client("nanjing-bureau", "civil_affairs") as other:
        for ask in (
            lambda: acknowledge(other, got[0].place),
            lambda: list(named(other)),
        ):
            with pytest.raises(grpc.RpcError) as error:
                ask()
            assert error.value.code() is grpc.StatusCode.NOT_FOUND
        everybody = pb.ListSubscriptionsRequest(everyone=True)
        listed = other.called("ListSubscriptions", everybody).subscriptions
        assert [(one.authority, one.subscription) for one in listed] == [(BUREAU, NAME)]
        mine = other.called("ListSubscriptions", pb.ListSubscriptionsRequest())
        assert not mine.subscriptions


def test_a_changed_filter_ends_one_epoch_and_begins_the_next_without_a_gap(
    running: Running, bureau: Client
) -> None:
    bureau.submit(CREATE, "create")
    register(running, 4)
    live = named(bureau, most=2)
    first = next(live).confirmation
    assert first.epoch == 1
    only = replace(EVERYTHING, types=("ChildRegistered",))
    changed = bureau.submit(
        RefilterSubscription(
            subscription=NAME, selection=only, after=None, urgent_within_s=60
        ),
        "refilter",
    ).position
    register(running, 3, "later")
    head = running.registry.log.head().position
    old: list[R] = list(live)
    ended = old[-1].ended
    assert (ended.why, ended.place.position) == (R.WHY_EPOCH_OVER, changed)
    assert [one.place.position for one in entries(iter(old))] == list(
        range(1, changed + 1)
    )
    acknowledge(bureau, ended.place, epoch=1)
    new = list(named(bureau, until=head))
    assert new[0].confirmation.epoch == 2
    found = entries(iter(new))
    assert [one.place.position for one in found] == list(range(changed + 1, head + 1))
    assert [one.place.number for one in found] == list(range(1, len(found) + 1))
    bureau.submit(EndSubscription(subscription=NAME), "end")
    last = list(named(bureau))[-1].ended
    assert last.why == R.WHY_EPOCH_OVER
    # What an epoch that is over had is read again like any other.
    again = entries(named(bureau, epoch=1, resume=old[1].batch.entries[-1].place))
    assert [one.place.position for one in again][-1] == changed


@pytest.mark.parametrize(
    ("list_", "value"),
    [
        ("types", "GuardianDisqualified"),
        ("children", CHILD),
        ("jurisdictions", "cn-320312"),
        ("submitters", "xuzhou-police"),
        ("causes", "file-7"),
    ],
)
def test_it_is_about_what_its_filter_says_and_about_nothing_else(
    tmp_path: Path, list_: str, value: str
) -> None:
    with (
        served(tmp_path, system_sources()) as running,
        running.client("xuzhou-police", "police") as police,
        running.client(COURT, "court") as court,
        running.client(BUREAU, "civil_affairs") as bureau,
    ):
        selection = replace(EVERYTHING, **{list_: (value,)})
        bureau.submit(replace(CREATE, selection=selection), "create")
        police.submit(born(CHILD, "2010-03-01", FATHER, MOTHER), "b", cause="file-7")
        other = child_id("another")
        elsewhere = replace(born(other, "2011-03-01", FATHER), jurisdiction="cn-320100")
        police.submit(elsewhere, "c")
        taken = judgment("2015-02-04", outcome(disqualified=(FATHER,)))
        head = court.submit(taken, "taken").position
        kept = entries(named(bureau, until=head))
        wanted = feed.EventFilter(**{list_: [value]})
        request = feed.SubscribeEventsRequest(filter=wanted, until=head)
        call = bureau.events.SubscribeEvents(request, metadata=bureau.metadata)
        assert kept == entries(call)
        assert 0 < len(kept) < head


def test_a_second_reader_takes_over(running: Running, bureau: Client) -> None:
    register(running, 3)
    bureau.submit(CREATE, "create")
    first = named(bureau)
    while not next(first).HasField("caught_up"):
        pass
    second = named(bureau)
    assert next(second).HasField("confirmation")
    assert list(first)[-1].ended.why == R.WHY_TAKEN_OVER
    assert next(second).HasField("batch")


def test_readers_in_a_loop_leave_one_stream(running: Running, bureau: Client) -> None:
    register(running, 3)
    bureau.submit(CREATE, "create")
    for _ in range(20):
        asked = feed.Named(subscription=NAME)
        call = bureau.events.SubscribeEvents(
            feed.SubscribeEventsRequest(named=asked), metadata=bureau.metadata
        )
        next(call)
        call.cancel()
    assert len(entries(named(bureau, until=3))) == 3


def test_a_bureau_that_is_stuck_or_gone_is_behind_and_nobody_else_is(
    running: Running, bureau: Client
) -> None:
    register(running, 30)
    bureau.submit(CREATE, "create")
    with running.client("nanjing-bureau", "civil_affairs") as gone:
        gone.submit(CREATE, "another")
        vanished = named(gone, most=1)
        assert next(vanished).HasField("confirmation")
    stuck = named(bureau, most=1)
    assert next(stuck).HasField("confirmation")  # and reads nothing more
    with running.client("suzhou-bureau", "civil_affairs") as third:
        third.submit(CREATE, "third")
        head = running.registry.log.head().position
        got = entries(named(third, until=head))
        assert len(got) == head
        acknowledge(third, got[-1].place)
        listed = third.called(
            "ListSubscriptions", pb.ListSubscriptionsRequest(everyone=True)
        ).subscriptions
        behind = {one.authority: one.epochs[0].first_missing for one in listed}
    assert behind == {BUREAU: 1, "nanjing-bureau": 1, "suzhou-bureau": 0}
    assert len(entries(stuck_to(stuck, head))) == head


def stuck_to(signals: Iterator[R], position: int) -> Iterator[R]:
    """Read what a stuck reader left, up to a position."""
    for signal in signals:
        yield signal
        if any(e.place.position == position for e in signal.batch.entries):
            return


def test_who_should_have_had_an_entry_got_it_and_acknowledged_it(
    running: Running, bureau: Client
) -> None:
    bureau.submit(CREATE, "create")
    nothing = replace(CREATE, selection=replace(EVERYTHING, types=("Nothing",)))
    bureau.submit(replace(nothing, subscription="nothing"), "nothing")
    asked = born(CHILD, "2010-03-01", FATHER, MOTHER)
    submit(running.registry, submission(asked, "b", "xuzhou-police", Office.POLICE))
    taken = judgment("2015-02-04", outcome(disqualified=(FATHER,)))
    receipt = submit(running.registry, submission(taken, "taken", COURT))
    (before,) = deliveries(bureau, receipt.position)
    assert (before.authority, before.subscription) == (BUREAU, NAME)
    assert before.state == pb.DELIVERY_STATE_NOT_OFFERED
    assert before.urgent
    assert not before.alarm
    assert list(before.taken) == list(range(len(receipt.events)))
    got = entries(named(bureau, until=receipt.position))
    (offered,) = deliveries(bureau, receipt.position)
    assert offered.state == pb.DELIVERY_STATE_OFFERED
    acknowledge(bureau, got[-1].place)
    with running.client(COURT, "court") as court:
        request = pb.ListDeliveriesRequest(
            request_id=submission(taken, "taken", COURT).request_id
        )
        answer = court.called("ListDeliveries", request)
    assert answer.position == receipt.position
    (after,) = answer.deliveries
    assert after.state == pb.DELIVERY_STATE_ACKNOWLEDGED
    recorded = receipt.recorded_at
    assert recorded < after.offered_at.ToMicroseconds()
    assert after.offered_at.ToMicroseconds() <= after.acknowledged_at.ToMicroseconds()


def test_an_urgent_event_raises_an_alarm_after_its_limit_and_not_before(
    tmp_path: Path,
) -> None:
    now = [1_700_000_000_000_000]

    def clock() -> int:
        now[0] += 1_000
        return now[0]

    sources = Sources(clock=clock, salt=lambda: bytes(16))
    with (
        served(tmp_path, sources) as running,
        running.client(BUREAU, "civil_affairs") as bureau,
    ):
        bureau.submit(CREATE, "create")
        asked = born(CHILD, "2010-03-01", FATHER, MOTHER)
        submit(running.registry, submission(asked, "b", "xuzhou-police", Office.POLICE))
        taken = judgment("2015-02-04", outcome(disqualified=(FATHER,)))
        position = submit(running.registry, submission(taken, "t", COURT)).position
        watch = running.registry.watch
        assert watch is not None
        assert watch.look() == []
        assert not epoch_of(bureau).alarm
        now[0] += 3_600 * 1_000_000
        ((key, urgent),) = watch.look()
        assert (key, urgent.position) == ((BUREAU, NAME, 1), position)
        epoch = epoch_of(bureau)
        assert (epoch.alarm, epoch.first_urgent) == (True, position)
        assert deliveries(bureau, position)[0].alarm
        got = entries(named(bureau, until=position))
        acknowledge(bureau, got[-1].place)
        assert watch.look() == []
        assert not epoch_of(bureau).alarm
        assert not deliveries(bureau, position)[0].alarm


def test_two_servers_keep_one_ledger_and_the_higher_mark_stands(
    tmp_path: Path, cluster: Cluster, new_topic: Callable[[], str]
) -> None:
    kafka = two_topics(cluster, new_topic)
    with (
        served(tmp_path / "a", system_sources(), kafka, node="a") as one,
        served(tmp_path / "b", system_sources(), kafka, node="b") as two,
        one.client(BUREAU, "civil_affairs") as first,
        two.client(BUREAU, "civil_affairs") as second,
    ):
        register(one, 8)
        first.submit(CREATE, "create")
        got = entries(named(first, until=8))
        acknowledge(first, got[5].place)
        # The second server offered nothing: what a place of the first's is worth
        # it learns from its link.
        rest = entries(named(second, resume=got[6].place, until=8))
        assert rest == got[7:]
        answer = acknowledge(second, got[6].place)
        assert answer.durable == got[6].place
        late = acknowledge(first, got[6].place)
        assert late.durable == got[6].place
        assert epoch_of(first).acknowledged == got[6].place


def test_a_ledger_of_another_history_is_refused(tmp_path: Path) -> None:
    with (
        served(tmp_path / "a", system_sources()) as running,
        running.client(BUREAU, "civil_affairs") as bureau,
    ):
        bureau.submit(CREATE, "create")
        register(running, 3)
        acknowledge(bureau, entries(named(bureau, until=5))[-1].place)
    ledger = (tmp_path / "a" / "deliveries.sqlite").read_bytes()
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "deliveries.sqlite").write_bytes(ledger)
    with (
        served(tmp_path / "b", system_sources()) as running,
        running.client(BUREAU, "civil_affairs") as bureau,
    ):
        bureau.submit(CREATE, "create")
        for ask in (lambda: list(named(bureau)), lambda: epoch_of(bureau)):
            with pytest.raises(grpc.RpcError) as error:
                ask()
            assert details(error.value)["ErrorInfo"].reason == "LEDGER_REFUSED"


def test_without_a_ledger_on_kafka_names_are_refused_and_filters_are_not(
    tmp_path: Path, cluster: Cluster, new_topic: Callable[[], str]
) -> None:
    kafka = KafkaConfig(servers=cluster.addresses, topic=new_topic())
    with (
        served(tmp_path, system_sources(), kafka) as running,
        running.client(BUREAU, "civil_affairs") as bureau,
    ):
        bureau.submit(CREATE, "create")
        with pytest.raises(grpc.RpcError) as error:
            list(named(bureau))
        assert error.value.code() is grpc.StatusCode.FAILED_PRECONDITION
        request = feed.SubscribeEventsRequest(until=2)
        call = bureau.events.SubscribeEvents(request, metadata=bureau.metadata)
        assert len(entries(call)) == 2


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        (pb.ListSubscriptionsRequest(page_size=101), "page_size"),
        (pb.ListSubscriptionsRequest(page_token="x"), "page_token"),  # noqa: S106  no secret
        (pb.ListDeliveriesRequest(), "entry"),
        (pb.ListDeliveriesRequest(position=0), "position"),
        (pb.ListDeliveriesRequest(request_id="x"), "request_id"),
        (
            pb.AcknowledgeEventsRequest(
                subscription=NAME,
                epoch=2,
                place=feed.FeedPlace(position=1, link=bytes(32)),
            ),
            "epoch",
        ),
    ],
)
def test_what_cannot_be_asked_is_said_by_field(
    tmp_path: Path, request_: object, field: str
) -> None:
    name = type(request_).__name__.removesuffix("Request")
    with (
        served(tmp_path) as running,
        running.client(BUREAU, "civil_affairs") as bureau,
    ):
        bureau.submit(CREATE, "create")
        with pytest.raises(grpc.RpcError) as error:
            bureau.called(name, request_)
        assert refused_field(error) == field
        with pytest.raises(grpc.RpcError) as error:
            list(named(bureau, filter=feed.EventFilter(types=["A"])))
        assert refused_field(error) == "filter"


def test_pages_of_subscriptions_have_each_once(running: Running) -> None:
    with running.client(BUREAU, "civil_affairs") as bureau:
        for number in range(7):
            bureau.submit(replace(CREATE, subscription=f"s{number}"), f"c{number}")
        request = pb.ListSubscriptionsRequest(page_size=3)
        found: list[str] = []
        while True:
            page = bureau.called("ListSubscriptions", request)
            found += [one.subscription for one in page.subscriptions]
            request.page_token = page.next_page_token
            if not request.page_token:
                break
        assert found == [f"s{number}" for number in range(7)]
