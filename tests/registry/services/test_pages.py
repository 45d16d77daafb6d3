"""A batch put together from parts is the message that the contract's code makes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from childregistry.v1 import event_service_pb2 as pb
from events.entry import Entry, open_entry
from events.feed import Place, begin, follow
from events.frame import bodies_in
from events.guardianship import Office
from events.log import StoredEntry
from registry.services.events import item_message
from registry.services.pages import EVERYTHING, Page, batch_of, varint
from tests.events.test_feed import _filter
from tests.support.registry import ORIGIN, opened, submission, submit
from tests.support.stories import (
    CHILD,
    COURT,
    FATHER,
    MOTHER,
    born,
    judgment,
    outcome,
)

R = pb.SubscribeEventsResponse
EDGES = [(1 << 7 * n) + off for n in range(1, 9) for off in (-1, 0, 1)]


def _stored(folder: Path) -> Iterator[StoredEntry]:
    with opened(folder) as registry:
        asked = born(CHILD, "2010-03-01", FATHER, MOTHER)
        submit(registry, submission(asked, "born", "xuzhou-police", Office.POLICE))
        taken = judgment("2015-02-04", outcome(disqualified=(FATHER,)))
        submit(registry, submission(taken, "taken", COURT))
        yield from registry.log.read(0, 1_000)


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> list[StoredEntry]:
    return list(_stored(tmp_path_factory.mktemp("pages")))


@pytest.fixture(scope="module")
def entries(stored: list[StoredEntry]) -> list[Entry]:
    return list(map(open_entry, stored))


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_every_filter_and_place_gives_the_same_message(
    stored: list[StoredEntry], entries: list[Entry], data: st.DataObject
) -> None:
    wanted = _filter(data, entries)
    begun = begin(ORIGIN, wanted, 0)
    number = data.draw(st.integers(0, 1 << 40))
    place = Place(position=0, number=number, link=begun.link)
    items = list(follow(place, wanted, entries))
    batch = Page(stored, full=True).batch(place, wanted)
    if not items:
        assert batch is None
        return
    assert batch is not None
    said = R(batch=R.Batch(entries=[item_message(item) for item in items]))
    assert R.FromString(batch.message) == said
    assert batch.place == items[-1].place


def test_readers_of_one_filter_share_what_is_theirs_alone_in_nothing(
    stored: list[StoredEntry], entries: list[Entry]
) -> None:
    page = Page(stored, full=True)
    wanted = EVERYTHING
    one, two = begin(ORIGIN, wanted, 0), Place(position=0, number=5, link=bytes(32))
    assert page.ready(wanted) is page.ready(wanted)
    assert page.batch(one, wanted) is page.batch(one, wanted)
    assert page.batch(one, wanted) != page.batch(two, wanted)
    assert batch_of(two, page.ready(wanted)) == page.batch(two, wanted)
    assert [bodies_in(one.record) for one in stored] == [
        len(entry.frame.events) for entry in entries
    ]


@given(st.one_of(st.integers(0, (1 << 63) - 1), st.sampled_from(EDGES)))
def test_a_number_has_the_bytes_that_the_contracts_code_gives_it(number: int) -> None:
    written = pb.FeedPlace(position=number).SerializeToString()
    assert (b"\x08" + varint(number) if number else b"") == written
