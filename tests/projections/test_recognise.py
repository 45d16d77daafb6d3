"""The patterns against the judge: what they take, `events.codec` reads alike."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from events.codec import EVENT_CLASSES, EVENTS, BodyUndecodableError
from events.entry import open_entry
from events.frame import Frame, decode_frame, decode_record, encode_frame
from events.guardianship import Office, TimelineChanged
from events.log import LogError, SchemaUnknownError, StoredEntry
from events.timeline import Cause, Period
from projections.opened import _headers, open_stored
from projections.periods import (
    may_cover,
    period_of,
    read_period,
    split,
    write_period,
)
from projections.recognise import (
    _DATE,
    RECOGNISERS,
    WORTH_A_PATTERN,
    decode,
    decoder,
    recogniser,
)
from tests.support.examples import example
from tests.support.records import siblings
from tests.support.registry import opened, submission, submit
from tests.support.stories import CHILD, FATHER, MOTHER, born, judgment, outcome
from tests.support.strategies import FRAMES, values

BIRTH = submission(
    born(CHILD, "2004-10", FATHER, MOTHER), "birth", "xuzhou-police", Office.POLICE
)
VALUES = st.sampled_from(EVENT_CLASSES).flatmap(values)
CHANGES = values(TimelineChanged)


@settings(deadline=None)
@given(VALUES)
def test_what_a_pattern_takes_is_what_was_written(value: object) -> None:
    key, body = EVENTS.encode(value)
    if recogniser(key)(body):
        assert EVENTS.decode(key, body) == value


@settings(max_examples=150, deadline=None)
@given(VALUES, st.data())
def test_the_fast_decoder_reads_any_bytes_as_the_judge_does(
    value: object, data: st.DataObject
) -> None:
    key, body = EVENTS.encode(value)
    assert fast(key, body) == value
    at = data.draw(st.integers(0, len(body) - 1)) if body else 0
    put = data.draw(st.binary(max_size=2))
    changed = body[:at] + put + body[at + data.draw(st.integers(0, 2)) :]
    assert read_by(fast, key, changed) == read_by(EVENTS.decode, key, changed)


def fast(key: bytes, body: bytes) -> object:
    """Read by the pattern, however seldom the type was met."""
    found = decoder(key)(body)
    assert found is None or decode(key, body) == found
    return decode(key, body) if found is None else found


def test_a_pattern_is_made_once_a_type_is_met_often() -> None:
    key, body = EVENTS.encode(example(EVENT_CLASSES[0]))
    again = type(RECOGNISERS)(recogniser)
    found = [bool(again[key](body)) for _ in range(WORTH_A_PATTERN)]
    assert not any(found)
    while not again[key](body):
        time.sleep(0.001)  # it is made beside whoever reads
    assert again[key] == recogniser(key)


def read_by(
    read: Callable[[bytes, bytes], object], key: bytes, body: bytes
) -> object | str:
    try:
        return read(key, body)
    except BodyUndecodableError as error:
        return str(error)


def test_a_schema_that_is_not_known_is_the_judges_to_name() -> None:
    with pytest.raises(SchemaUnknownError):
        decode(b"unknown!", b"")


def test_every_day_is_taken_but_29_february_and_no_other_is() -> None:
    taken = re.compile(_DATE).fullmatch
    for year, month, day in product((2023, 2024), range(1, 13), range(1, 32)):
        try:
            real = date(year, month, day)
        except ValueError:
            real = None
        leap = (month, day) == (2, 29)
        written = b"\x14%d-%02d-%02d" % (year, month, day)
        assert bool(taken(written)) == (real is not None and not leap)


@settings(max_examples=150, deadline=None)
@given(VALUES, st.data())
def test_a_changed_body_that_a_pattern_takes_is_canonical_to_the_judge(
    value: object, data: st.DataObject
) -> None:
    key, body = EVENTS.encode(value)
    at = data.draw(st.integers(0, len(body) - 1)) if body else 0
    put = data.draw(st.binary(max_size=2))
    changed = body[:at] + put + body[at + data.draw(st.integers(0, 2)) :]
    if recogniser(key)(changed):
        assert EVENTS.encode(EVENTS.decode(key, changed)) == (key, changed)


@pytest.mark.parametrize("cls", EVENT_CLASSES, ids=lambda cls: cls.__name__)
def test_a_usual_body_of_every_type_is_taken(cls: type) -> None:
    key, body = EVENTS.encode(example(cls))
    assert recogniser(key)(body)


def test_every_body_of_a_told_story_is_taken(tmp_path: Path) -> None:
    with opened(tmp_path) as registry:
        submit(registry, BIRTH)
        both = judgment("2015-02-04", outcome(disqualified=(FATHER, MOTHER)))
        submit(registry, submission(both, "judgment"))
        entries = registry.log.read(2, 100)
    bodies = [
        (event.fingerprint, event.body)
        for entry in entries
        for event in open_stored(entry).events
    ]
    assert len(bodies) >= 5
    assert all(recogniser(key)(body) for key, body in bodies)


@settings(deadline=None)
@given(CHANGES)
def test_a_difference_taken_apart_is_the_difference(change: TimelineChanged) -> None:
    found = split(EVENTS.encode(change)[1])
    assert found.withdrawn == change.withdrawn
    assert [number for number, _ in found.asserted] == [
        period.number for period in change.asserted
    ]
    assert tuple(period_of(parts) for _, parts in found.asserted) == change.asserted
    for (_, parts), period in zip(found.asserted, change.asserted, strict=True):
        body = write_period(parts)
        assert read_period(body) == period
        assert body in EVENTS.encode(change)[1]


@settings(deadline=None)
@given(values(Period), st.dates(date(1900, 1, 1), date(2200, 12, 31)))
def test_parts_cover_the_days_that_the_period_does(period: Period, day: date) -> None:
    change = TimelineChanged(
        rules=0, cause=Cause.ACT, act=None, withdrawn=(), asserted=(period,)
    )
    ((_, parts),) = split(EVENTS.encode(change)[1]).asserted
    assert may_cover(parts, day) == period.may_cover(day)


@settings(deadline=None)
@given(CHANGES, st.data())
def test_a_damaged_difference_is_taken_apart_only_as_the_judge_reads_it(
    change: TimelineChanged, data: st.DataObject
) -> None:
    key, body = EVENTS.encode(change)
    at = data.draw(st.integers(0, len(body) - 1))
    changed = body[:at] + data.draw(st.binary(max_size=2)) + body[at + 1 :]
    try:
        wanted = EVENTS.decode(key, changed)
    except BodyUndecodableError:
        with pytest.raises(BodyUndecodableError):
            split(changed)
        return
    found = split(changed)
    assert isinstance(wanted, TimelineChanged)
    assert tuple(period_of(parts) for _, parts in found.asserted) == wanted.asserted


@settings(max_examples=60, deadline=None)
@given(FRAMES)
def test_headers_are_walked_as_they_are_decoded(frame: Frame) -> None:
    content = encode_frame(frame)
    assert _headers(content) == [
        (h.stream, h.version, h.fingerprint, h.concerns)
        for h in decode_frame(content).events
    ]


@pytest.mark.parametrize("version", [-(1 << 63), -1, 0, 1, 63, 64, 8192, (1 << 63) - 1])
def test_versions_of_every_length_are_walked(version: int) -> None:
    frame = decode_frame(decode_record(siblings()).frame)
    headers = tuple(replace(header, version=version) for header in frame.events)
    content = encode_frame(replace(frame, events=headers))
    assert [walked[1] for walked in _headers(content)] == [version, version]


def stored(record: bytes) -> StoredEntry:
    return StoredEntry(
        position=7,
        hash=bytes(32),
        recorded_at=1,
        authority="tongshan-court",
        request_id="7",
        record=record,
    )


@given(st.data())
def test_changed_bytes_of_a_record_are_an_error_of_the_log_at_worst(
    data: st.DataObject,
) -> None:
    record = siblings()
    at = data.draw(st.integers(0, len(record) - 1))
    cut = data.draw(st.booleans())
    changed = record[:at] if cut else record[:at] + b"\xff" + record[at + 1 :]
    try:
        opened_entry = open_stored(stored(changed))
    except LogError:
        return
    assert opened_entry.position == 7
    assert not cut


def test_opened_events_are_those_of_the_strict_decoder(tmp_path: Path) -> None:
    with opened(tmp_path) as registry:
        submit(registry, BIRTH)
        entries = registry.log.read(0, 100)
    for entry in entries:
        strict, walked = open_entry(entry), open_stored(entry)
        assert [
            (e.ordinal, e.stream, e.version, e.fingerprint, e.child, e.body)
            for e in walked.events
        ] == [
            (n, h.stream, h.version, h.fingerprint, h.concerns, b and b.content)
            for n, (h, b) in enumerate(
                zip(strict.frame.events, strict.record.bodies, strict=True)
            )
        ]
        assert [e.event() for e in walked.events] == [
            EVENTS.decode(h.fingerprint, b.content)
            for h, b in zip(strict.frame.events, strict.record.bodies, strict=True)
            if b is not None
        ]
