"""The feed as a pure function: nothing leaks, nothing is missing, lies are found."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from events.codec import EVENT_CLASSES
from events.entry import Entry, decode_record, encode_record, open_entry
from events.feed import FeedBrokenError, Filter, Item, Place, begin, check, follow
from events.frame import (
    Authentication,
    AuthenticationKind,
    Body,
    EventHeader,
    Frame,
    Provenance,
    Record,
    encode_frame,
    frame_hash,
)
from events.guardianship import Office
from tests.support.registry import ORIGIN, child_id, opened, submission, submit
from tests.support.stories import BUREAU, CHILD, FATHER, MOTHER, born, judgment, outcome

OTHER = child_id("another child")


def _told(folder: Path) -> Iterator[Entry]:
    with opened(folder) as registry:
        for child in (CHILD, OTHER):
            born_ = born(child, "2010-03-01", FATHER, MOTHER)
            submit(registry, submission(born_, child, "xuzhou-police", Office.POLICE))
        both = judgment(
            "2015-02-04",
            outcome(disqualified=(FATHER,)),
            replace(outcome(disqualified=(MOTHER,)), child=OTHER),
        )
        submit(registry, submission(both, "both"))
        alone = born(child_id("third"), "2012-01-01", MOTHER)
        submit(registry, submission(alone, "third", BUREAU, Office.POLICE))
        yield from map(open_entry, registry.log.read(0, 1_000))


@pytest.fixture(scope="module")
def entries(tmp_path_factory: pytest.TempPathFactory) -> list[Entry]:
    return list(_told(tmp_path_factory.mktemp("feed")))


def _some(values: set[str]) -> st.SearchStrategy[frozenset[str]]:
    return st.frozensets(st.sampled_from([*sorted(values), "nobody"]), max_size=3)


def _filter(data: st.DataObject, entries: list[Entry]) -> Filter:
    headers = [header for entry in entries for header in entry.frame.events]
    return Filter(
        types=data.draw(_some({h.type for h in headers})),
        children=data.draw(_some({h.concerns for h in headers if h.concerns})),
        jurisdictions=data.draw(
            _some({h.jurisdiction for h in headers if h.jurisdiction})
        ),
        submitters=data.draw(_some({e.frame.authority for e in entries})),
        causes=data.draw(_some({e.frame.cause for e in entries if e.frame.cause})),
    )


def _met(wanted: frozenset[str], value: str | None) -> bool:
    return not wanted or value in wanted


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_a_filter_shows_what_it_asks_for_and_never_a_body_more(
    entries: list[Entry], data: st.DataObject
) -> None:
    wanted = _filter(data, entries)
    items = list(follow(begin(ORIGIN, wanted, 0), wanted, entries))
    by_position = {item.place.position: item for item in items}
    for entry in entries:
        frame = entry.frame
        asked = [
            _met(wanted.types, header.type)
            and _met(wanted.children, header.concerns)
            and _met(wanted.jurisdictions, header.jurisdiction)
            and _met(wanted.submitters, frame.authority)
            and _met(wanted.causes, frame.cause)
            for header in frame.events
        ]
        item = by_position.get(entry.position)
        assert (item is not None) == any(asked)
        if item is None:
            continue
        shown = decode_record(item.record)
        assert [body is not None for body in shown.bodies] == asked
        assert (shown.request is not None) == all(asked)
        for body, hidden in zip(entry.record.bodies, asked, strict=True):
            if not hidden and body is not None and len(body.content) > 8:
                assert body.content not in item.record


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_a_reader_checks_all_from_any_place_and_comes_to_the_same_link(
    entries: list[Entry], data: st.DataObject
) -> None:
    wanted = _filter(data, entries)
    cut = data.draw(st.integers(0, len(entries)))
    whole = list(follow(begin(ORIGIN, wanted, 0), wanted, entries))
    first = list(follow(begin(ORIGIN, wanted, 0), wanted, entries[:cut]))
    place = first[-1].place if first else begin(ORIGIN, wanted, 0)
    rest = list(follow(place, wanted, entries[cut:]))
    assert first + rest == whole
    place = begin(ORIGIN, wanted, 0)
    for number, item in enumerate(whole, 1):
        check(place, wanted, item)
        place = item.place
        assert place.number == number


def test_filter_beginning_and_registry_make_other_chains(entries: list[Entry]) -> None:
    links = {
        begin(ORIGIN, Filter(), 0).link,
        begin(ORIGIN, Filter(), 1).link,
        begin("registry.example/other", Filter(), 0).link,
        begin(ORIGIN, Filter(types=frozenset({"a"})), 0).link,
        begin(ORIGIN, Filter(children=frozenset({"a"})), 0).link,
    }
    assert len(links) == 5
    assert all(a.place.link != b.place.link for a, b in pairwise(_all(entries)))


def _all(entries: list[Entry], wanted: Filter | None = None) -> list[Item]:
    found = wanted or Filter()
    return list(follow(begin(ORIGIN, found, 0), found, entries))


def _judged(items: list[Item], wanted: Filter) -> None:
    place: Place = begin(ORIGIN, wanted, 0)
    for item in items:
        check(place, wanted, item)
        place = item.place


def test_a_server_that_leaves_out_repeats_or_reorders_is_found(
    entries: list[Entry],
) -> None:
    items = _all(entries)
    for lie in (
        items[:1] + items[2:],
        items[:2] + items[1:],
        [items[1], items[0], *items[2:]],
    ):
        with pytest.raises(FeedBrokenError, match="number"):
            _judged(lie, Filter())
    _judged(items, Filter())


def test_a_server_that_alters_withholds_or_sends_too_much_is_found(
    entries: list[Entry],
) -> None:
    wanted = Filter(children=frozenset({CHILD}))
    items = _all(entries, wanted)
    at = next(n for n, item in enumerate(items) if not all(item.taken))
    honest, whole = items[at], entries[items[at].place.position - 1].record
    record = decode_record(honest.record)
    nothing = replace(record, bodies=(None,) * len(record.bodies))
    renumbered = replace(honest, place=replace(honest.place, number=99))
    elsewhere = Filter(children=frozenset({OTHER}))
    lies = [
        (replace(honest, record=encode_record(whole)), "other bodies"),
        (replace(honest, record=encode_record(nothing)), "other bodies"),
        (replace(honest, hash=bytes(32)), "another hash"),
        (replace(honest, record=honest.record[:-1]), "number"),
        (replace(honest, record=b""), "number"),
        (renumbered, "is not the next"),
    ]
    for lie, said in lies:
        with pytest.raises(FeedBrokenError, match=said):
            _judged([*items[:at], lie], wanted)
    with pytest.raises(FeedBrokenError):
        _judged(_all(entries, elsewhere), wanted)


def _of_every_type() -> Entry:
    """Return an entry with an event of every type there is, each body with its mark."""
    kinds = sorted(cls.__name__ for cls in EVENT_CLASSES)
    bodies = tuple(
        Body(salt=bytes(16), content=b"mark of " + bytes([index]) * 9)
        for index, _ in enumerate(kinds)
    )
    headers = tuple(
        EventHeader(
            stream=f"child/{index}",
            version=1,
            type=kind,
            fingerprint=bytes(8),
            concerns=(CHILD, OTHER, None)[index % 3],
            jurisdiction=("tongshan", "xuzhou", None)[index // 3 % 3],
            urgent=index % 2 == 0,
            digest=bodies[index].digest,
        )
        for index, kind in enumerate(kinds)
    )
    request = Body(salt=bytes(16), content=b"mark of the request")
    frame = Frame(
        registry=ORIGIN,
        previous=bytes(32),
        authority="tongshan-court",
        request_id=CHILD,
        request_fingerprint=bytes(8),
        request_digest=request.digest,
        authentication=Authentication(
            kind=AuthenticationKind.CLAIMED, fingerprint=None
        ),
        attestations=(),
        recorded_at=1,
        provenance=Provenance.LIVE,
        writer="one",
        cause="case-1",
        events=headers,
    )
    encoded = encode_frame(frame)
    record = Record(frame=encoded, request=request, bodies=bodies)
    return Entry(position=1, hash=frame_hash(encoded), frame=frame, record=record)


EVERY = _of_every_type()


@settings(max_examples=500, deadline=None)
@given(st.data())
def test_no_filter_shows_a_byte_of_an_event_it_does_not_take_of_any_type(
    data: st.DataObject,
) -> None:
    wanted = _filter(data, [EVERY])
    items = list(follow(begin(ORIGIN, wanted, 0), wanted, [EVERY]))
    asked = [
        _met(wanted.types, header.type)
        and _met(wanted.children, header.concerns)
        and _met(wanted.jurisdictions, header.jurisdiction)
        and _met(wanted.submitters, EVERY.frame.authority)
        and _met(wanted.causes, EVERY.frame.cause)
        for header in EVERY.frame.events
    ]
    assert bool(items) == any(asked)
    for item in items:
        shown = [
            b is not None and b.content in item.record for b in EVERY.record.bodies
        ]
        assert shown == asked
        assert (b"mark of the request" in item.record) == all(asked)
