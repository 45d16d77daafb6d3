"""Who is told what: every office, every event, every way on which one goes out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import grpc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from childregistry.v1 import event_service_pb2 as pb
from events.codec import EVENT_CLASSES
from events.entry import Entry, decode_record, open_entry
from events.filters import Filter
from events.frame import decode_frame
from events.guardianship import Office
from events.published import EVENT_TYPE, OPENED, messages, opening
from events.published_rule import Rule
from ops.synthetic.province import grow
from ops.synthetic.telling import Numbers
from registry.feed_rights import WHOLE, check_selected, is_told, told
from registry.refusal import InvalidError
from registry.sources import system_sources
from tests.registry.services.test_feed import entries, stream
from tests.support.registry import ORIGIN
from tests.support.server import Client, Running, served

TYPES: Final = sorted(one.__name__ for one in EVENT_CLASSES)
CALLERS: Final = sorted(set(Office) - {Office.REGISTRY})
"""The registry itself calls nobody."""
LIVES: Final = Numbers(children=60, years=8, seed=7, registry=ORIGIN)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Serve a synthetic province, where much has happened that is nobody's to read."""
    folder: Path = tmp_path_factory.mktemp("rights") / "data"
    folder.mkdir()
    grow(folder / "log.sqlite", LIVES, lambda _done, _total: None)
    with served(folder, system_sources()) as server:
        yield server


@pytest.fixture(scope="module")
def log(running: Running) -> list[Entry]:
    head = running.registry.log.head().position
    found = [open_entry(one) for one in running.registry.log.read(0, head)]
    types = {header.type for one in found for header in one.frame.events}
    assert len(types & told(Office.SCHOOL).types) >= 3
    assert len(types - told(Office.SCHOOL).types) >= 3
    return found


@given(
    office=st.sampled_from(sorted(Office)),
    types=st.frozensets(st.sampled_from(TYPES), max_size=4),
)
def test_a_filter_is_refused_exactly_where_it_takes_what_its_office_is_not_told(
    office: Office, types: frozenset[str]
) -> None:
    taken = types or frozenset(TYPES)
    try:
        check_selected(types, office, "filter.types")
    except InvalidError:
        assert not all(is_told(office, type_) for type_ in taken)
    else:
        assert all(is_told(office, type_) for type_ in taken)


@given(office=st.sampled_from(sorted(Office)), type_=st.sampled_from(TYPES))
def test_what_goes_out_by_default_is_told_to_every_office(
    office: Office, type_: str
) -> None:
    rule = Rule(registry=ORIGIN, partitions=1)
    assert is_told(office, type_) or type_ not in rule.types
    assert is_told(office, type_) == (office in WHOLE or type_ in rule.types)
    allowed = told(office).types
    assert is_told(office, type_) == (not allowed or type_ in allowed)


def bodies(entry: pb.FeedEntry) -> Iterator[tuple[str, bool]]:
    """Yield for each event of an entry its type, and whether its body is there."""
    record = decode_record(entry.record)
    frame = decode_frame(record.frame)
    for header, body in zip(frame.events, record.bodies, strict=True):
        yield header.type, body is not None
    told_all = all(body is not None for body in record.bodies)
    assert told_all or record.request is None


def listed(client: Client, wanted: pb.EventFilter) -> list[pb.FeedEntry]:
    found: list[pb.FeedEntry] = []
    request = pb.ListEventsRequest(filter=wanted)
    while True:
        page = client.events.ListEvents(request, metadata=client.metadata)
        found += page.entries
        if page.place.position == page.head:
            return found
        request.resume.CopyFrom(page.place)


def refused(client: Client, asked: pb.EventFilter) -> None:
    """Check that a filter is refused on each way that takes one."""
    with pytest.raises(grpc.RpcError, match=r"filter\.types"):
        entries(stream(client, filter=asked))
    for call, request in (
        (client.events.ListEvents, pb.ListEventsRequest(filter=asked)),
        (client.events.GetFeedPlace, pb.GetFeedPlaceRequest(filter=asked)),
    ):
        with pytest.raises(grpc.RpcError, match=r"filter\.types"):
            call(request, metadata=client.metadata)


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_no_way_over_grpc_gives_an_office_what_it_is_not_told(
    running: Running, log: list[Entry], data: st.DataObject
) -> None:
    office = data.draw(st.sampled_from(CALLERS))
    happened = sorted({h.type for one in log for h in one.frame.events})
    types = data.draw(st.frozensets(st.sampled_from(happened), max_size=3))
    asked = pb.EventFilter(types=sorted(types))
    wanted, head = Filter(types=types), log[-1].position
    taken = [one for one in log if any(wanted.takes(one.frame))]
    with running.client("somebody", str(office)) as client:
        if not all(is_told(office, one) for one in types or TYPES):
            refused(client, asked)
            return
        streamed = entries(stream(client, filter=asked, until=head))
        assert listed(client, asked) == streamed
    assert [one.place.position for one in streamed] == [one.position for one in taken]
    for entry in streamed:
        for type_, shown in bodies(entry):
            assert shown == (not types or type_ in types)
            assert not shown or is_told(office, type_)


@pytest.mark.parametrize("office", CALLERS)
def test_an_entry_by_its_position_shows_what_its_reader_is_told(
    running: Running, log: list[Entry], office: Office
) -> None:
    with running.client("somebody", str(office)) as client:
        for entry in log[:: max(1, len(log) // 60)]:
            told_any = any(is_told(office, h.type) for h in entry.frame.events)
            request = pb.GetEventRequest(position=entry.position)
            if not told_any:
                with pytest.raises(grpc.RpcError, match="NOT_FOUND"):
                    client.events.GetEvent(request, metadata=client.metadata)
                continue
            got = client.events.GetEvent(request, metadata=client.metadata).entry
            for type_, shown in bodies(got):
                assert shown == is_told(office, type_)


def test_a_topic_by_default_has_what_any_office_is_told_and_nothing_else(
    log: list[Entry],
) -> None:
    rule = Rule(registry=ORIGIN, partitions=1)
    marks = [opening(rule, 0).mark]
    found: set[str] = set()
    for entry in log:
        for one in messages(rule, marks, entry, {}):
            marks[0] = one.mark
            kind = dict(one.headers)["ce_type"].decode()
            assert kind != OPENED
            found.add(kind.removeprefix(EVENT_TYPE))
    assert found
    assert all(is_told(office, type_) for office in Office for type_ in found)
