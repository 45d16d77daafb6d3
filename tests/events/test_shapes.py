"""Records recognised by shape: taken only where the reference reader takes them."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.audit import NO_VALUE, Audit, parsed_schema, value_of
from events.codec import fingerprint
from events.draft import Draft, DraftEvent, OpaqueContent, assemble
from events.entry import (
    OPAQUE,
    PUBLIC,
    AcceptedRecord,
    Authentication,
    AuthenticationKind,
    Body,
    MemoryState,
    Provenance,
    accepted,
    decode_frame,
    decode_record,
    encode_frame,
    encode_record,
)
from events.guardianship import Office
from events.log import Head, VoidReason
from events.masked import MAX_OF_ONE_SIZE
from events.run import advance
from events.shape import Taken, taken
from events.shapes import Shapes
from events.tree import head_of
from registry.wire import CODEC
from tests.support.records import RECORDED_AT, siblings
from tests.support.registry import ORIGIN, child_id, opened, person, submission, submit
from tests.support.stories import born
from tests.support.strategies import HASHES, values

PARSED = {key: parsed_schema(key, text) for key, text in CODEC.texts.items()}
HEAD = Head(position=6, hash=hashlib.sha256(b"the head").digest(), recorded_at=9)


def fresh() -> MemoryState:
    return MemoryState(ORIGIN, HEAD, schemas=dict(CODEC.texts))


def record_of(request: Any, *events: Any) -> bytes:  # noqa: ANN401  of any class
    draft = Draft(
        registry=ORIGIN,
        authority="tongshan-court",
        request_id="request-1",
        request=request,
        authentication=Authentication(
            kind=AuthenticationKind.CERTIFICATE, fingerprint=bytes(32)
        ),
        provenance=Provenance.LIVE,
        writer="tongshan-1",
        cause="",
        events=tuple(
            DraftEvent(
                stream=f"child/{number}",
                version=63 + number,
                event=event,
                concerns=None,
                jurisdiction="cn-320312",
                urgent=True,
            )
            for number, event in enumerate(events)
        ),
    )
    return assemble(draft, HEAD.hash, RECORDED_AT, lambda: bytes(16), CODEC)


def learned(record: bytes) -> Shapes:
    entry, shapes = accepted(record, fresh()), Shapes()
    assert isinstance(entry, AcceptedRecord)
    shapes.learn(record, entry, PARSED)
    return shapes


def by_shape(
    shapes: Shapes, record: bytes, state: MemoryState | None = None
) -> Taken | None:
    """Take a record by its shape, and check all that this says with the reader."""
    ours, theirs = state or fresh(), replace(state or fresh())
    theirs.keys, theirs.versions = set(ours.keys), dict(ours.versions)
    opened, _ = shapes.open([record])
    run = advance(ours, opened)
    if not run:
        assert ours == theirs
        return None
    (got,) = run
    result = accepted(record, theirs)
    assert isinstance(result, AcceptedRecord)
    theirs.advance(result)
    assert (got, ours) == (taken(result), theirs)
    keys = [result.frame.request_fingerprint]
    keys += [header.fingerprint for header in result.frame.events]
    assert not PUBLIC & set(keys)
    bodies = (result.record.request, *result.record.bodies)
    for key, body in zip(keys, bodies, strict=True):
        assert body is not None
        assert key == OPAQUE or value_of(PARSED[key], body.content) is not NO_VALUE
    return got


def sealed(record: bytes, number: int, content: bytes) -> bytes:
    """Put another body in, the request's being the last, with its digest."""
    whole = decode_record(record)
    frame = decode_frame(whole.frame)
    body = Body(salt=bytes(16), content=content)
    if number == len(frame.events):
        frame = replace(frame, request_digest=body.digest)
        whole = replace(whole, request=body)
    else:
        header = replace(frame.events[number], digest=body.digest)
        events, bodies = list(frame.events), list(whole.bodies)
        events[number], bodies[number] = header, body
        frame = replace(frame, events=tuple(events))
        whole = replace(whole, bodies=tuple(bodies))
    return encode_record(replace(whole, frame=encode_frame(frame)))


def changed(data: st.DataObject, content: bytes) -> bytes:
    found = bytearray(content)
    for _ in range(data.draw(st.integers(1, 3))):
        if found:
            at = data.draw(st.integers(0, len(found) - 1))
            near = found[at] ^ (1 << data.draw(st.integers(0, 7)))
            found[at] = data.draw(st.sampled_from([near, 0, 0x7F, 0x80, 0xFF]))
    return bytes(found)


VALUES = st.sampled_from(CODEC.classes).flatmap(values)
PRIVATE = VALUES.filter(lambda value: CODEC.encode(value)[0] not in PUBLIC)
"""What says nothing of the log itself: of other records no shape is learned."""


@given(st.data())
def test_a_changed_record_is_taken_by_shape_only_where_the_reader_takes_it(
    data: st.DataObject,
) -> None:
    record = record_of(data.draw(VALUES), data.draw(VALUES))
    shapes = learned(record)
    by_shape(shapes, record)
    by_shape(shapes, changed(data, record))


@given(st.data())
def test_without_schemas_bodies_are_taken_by_their_digests_alone(
    data: st.DataObject,
) -> None:
    """As a store does: acceptance reads no body."""
    record = record_of(data.draw(PRIVATE), data.draw(PRIVATE))
    entry, shapes = accepted(record, fresh()), Shapes()
    assert isinstance(entry, AcceptedRecord)
    shapes.learn(record, entry)
    body = entry.record.bodies[0]
    assert body is not None
    content = data.draw(
        st.binary(min_size=len(body.content), max_size=len(body.content))
    )
    other = sealed(record, 0, content)
    opened, _ = shapes.open([other])
    result = accepted(other, fresh())
    assert isinstance(result, AcceptedRecord)
    assert advance(fresh(), opened) == [taken(result)]


def test_text_that_is_not_ascii_must_be_utf_8_in_every_record() -> None:
    birth = born(child_id("Xiaoling"), "2015-10", person("mother"))
    there = replace(birth, jurisdiction="徐州")
    record = record_of(there, OpaqueContent(type="Placed", content=b"one"))
    shapes, content = learned(record), CODEC.encode(there)[1]
    for other, right in (("北京".encode(), True), (b"\xff" * 6, False)):
        body = content.replace("徐州".encode(), other)
        assert (by_shape(shapes, sealed(record, 1, body)) is not None) is right


@given(st.data())
def test_a_body_changed_with_its_digest_is_taken_only_where_it_is_canonical(
    data: st.DataObject,
) -> None:
    """The digest is right, so nothing but the shape tells."""
    record = record_of(data.draw(VALUES), data.draw(VALUES), data.draw(VALUES))
    shapes = learned(record)
    whole, number = decode_record(record), data.draw(st.integers(0, 2))
    body = (*whole.bodies, whole.request)[number]
    assert body is not None
    by_shape(shapes, sealed(record, number, changed(data, body.content)))


@given(HASHES, st.integers(0, 10**14))
def test_entries_that_differ_in_hashes_times_and_ids_alone_have_one_shape(
    parent: bytes, later: int
) -> None:
    state = MemoryState(ORIGIN, Head(position=1, hash=parent, recorded_at=0))
    first = siblings(state)
    entry = accepted(first, state)
    assert isinstance(entry, AcceptedRecord)
    shapes = Shapes()
    shapes.learn(first, entry, PARSED)
    frame = decode_frame(decode_record(first).frame)
    events = tuple(
        replace(h, stream=h.stream[::-1], version=5, concerns="0" * len(h.stream[6:]))
        for h in frame.events
    )
    other = replace(frame, recorded_at=RECORDED_AT + later, events=events)
    record = encode_record(replace(decode_record(first), frame=encode_frame(other)))
    assert by_shape(shapes, record, state) is not None


SIBLINGS = record_of(
    OpaqueContent(type="ask", content=b"what"),
    OpaqueContent(type="Placed", content=b"one"),
    OpaqueContent(type="Placed", content=b"two"),
)
BEFORE: dict[VoidReason, MemoryState] = {
    VoidReason.OTHER_PARENT: replace(fresh(), head=HEAD._replace(hash=bytes(32))),
    VoidReason.KEY_REPEATED: replace(fresh(), keys={("tongshan-court", "request-1")}),
    VoidReason.VERSION_NOT_ABOVE: replace(fresh(), versions={"child/1": 64}),
    VoidReason.TIME_NOT_ABOVE: replace(
        fresh(), head=HEAD._replace(recorded_at=RECORDED_AT)
    ),
}


@pytest.mark.parametrize("reason", list(BEFORE))
def test_no_rule_of_acceptance_is_left_out(reason: VoidReason) -> None:
    assert by_shape(learned(SIBLINGS), SIBLINGS) is not None
    assert accepted(SIBLINGS, BEFORE[reason]) is reason
    assert by_shape(learned(SIBLINGS), SIBLINGS, BEFORE[reason]) is None


@pytest.mark.parametrize(
    "change",
    [
        {"registry": ORIGIN[:-1] + "1"},
        {"previous": bytes(32)},
        {"request_digest": bytes(32)},
        {"request_fingerprint": bytes(7) + b"\x01"},
        {"provenance": Provenance.MIGRATED},
    ],
    ids=lambda change: next(iter(change)),
)
def test_another_frame_of_the_same_size_is_left_to_the_reader(
    change: dict[str, Any],
) -> None:
    frame = replace(decode_frame(decode_record(SIBLINGS).frame), **change)
    other = encode_record(replace(decode_record(SIBLINGS), frame=encode_frame(frame)))
    assert len(other) == len(SIBLINGS)
    assert by_shape(learned(SIBLINGS), other) is None


def test_a_stream_twice_in_an_entry_rises_inside_it() -> None:
    frame = decode_frame(decode_record(SIBLINGS).frame)
    for versions, right in (((5, 6), True), ((6, 6), False), ((6, 5), False)):
        events = tuple(
            replace(header, stream="child/0", version=version)
            for header, version in zip(frame.events, versions, strict=True)
        )
        small = replace(frame, events=events)
        first = encode_record(
            replace(
                decode_record(SIBLINGS),
                frame=encode_frame(
                    replace(small, events=(events[0], replace(events[1], version=9)))
                ),
            )
        )
        record = encode_record(
            replace(decode_record(SIBLINGS), frame=encode_frame(small))
        )
        assert (by_shape(learned(first), record) is not None) is right


LOOSE: dict[str, object] = {
    "a-choice-of-two-spellings": ["string", "bytes"],
    "a-map": {"type": "map", "values": "long"},
    "a-float": "double",
    "a-logical-type": {"type": "int", "logicalType": "date"},
}


@pytest.mark.parametrize("name", list(LOOSE))
def test_no_shape_is_learned_where_a_value_may_have_two_spellings(name: str) -> None:
    birth = born(child_id("Xiaoling"), "2015-10", person("mother"))
    record = record_of(OpaqueContent(type="ask", content=b"what"), birth)
    entry, shapes = accepted(record, fresh()), Shapes()
    assert isinstance(entry, AcceptedRecord)
    key = entry.frame.events[0].fingerprint
    shapes.learn(record, entry, {key: LOOSE[name]})
    assert shapes.count == 0


def test_a_strangers_type_named_as_a_primitive_is_not_taken_for_it() -> None:
    inner = {"name": "bytes_", "type": "bytes"}
    outer = {
        "type": "record",
        "name": "outer",
        "fields": [
            {
                "name": "first",
                "type": {"type": "record", "name": "string", "fields": [inner]},
            },
            {"name": "second", "type": "string"},
        ],
    }
    text = orjson.dumps(outer).decode()
    key = fingerprint(text)
    parsed = {**PARSED, key: parsed_schema(key, text)}
    frame = decode_frame(decode_record(SIBLINGS).frame)
    headers = (replace(frame.events[0], fingerprint=key), frame.events[1])
    made = replace(frame, events=headers)
    record = encode_record(replace(decode_record(SIBLINGS), frame=encode_frame(made)))
    state = replace(fresh(), schemas={**CODEC.texts, key: text})
    right, wrong = (
        sealed(record, 0, body) for body in (b"\x02x\x02y", b"\x02x\x02\xff")
    )
    entry, shapes = accepted(right, state), Shapes()
    assert isinstance(entry, AcceptedRecord)
    assert value_of(parsed[key], b"\x02x\x02y") is not NO_VALUE
    assert value_of(parsed[key], b"\x02x\x02\xff") is NO_VALUE
    shapes.learn(right, entry, parsed)
    assert shapes.find(right) is not None
    assert shapes.find(wrong) is None


def test_of_many_shapes_of_one_size_the_rarest_give_way() -> None:
    records = [
        record_of(
            OpaqueContent(type="ask", content=b"what"),
            OpaqueContent(type=f"Placed{number:03d}", content=b"one"),
        )
        for number in range(MAX_OF_ONE_SIZE + 6)
    ]
    shapes = Shapes()
    for record in records:
        entry = accepted(record, fresh())
        assert isinstance(entry, AcceptedRecord)
        shapes.learn(record, entry, PARSED)
        assert by_shape(shapes, record) is not None
        assert by_shape(shapes, records[0]) is not None
    assert shapes.count == MAX_OF_ONE_SIZE


def test_an_audit_by_shapes_says_what_an_audit_that_reads_everything_says(
    tmp_path: Path,
) -> None:
    with opened(tmp_path) as registry:
        for number in range(8):
            command = born(child_id(f"child {number}"), "2015-10", person("mother"))
            asked = submission(
                command, f"request {number}", "xuzhou-police", Office.POLICE
            )
            submit(registry, asked)
        records = [entry.record for entry in registry.log.read(0, 100)]
    shapes = Shapes()
    fast, slow = Audit(ORIGIN, shapes), Audit(ORIGIN)
    for record in records:
        known = shapes.count
        assert fast.take(record) == slow.take(record)
    assert shapes.count == known == 2  # that of all births, and one of before
    assert head_of(fast.tree) == head_of(slow.tree)
    assert (fast.state, fast.bodies) == (slow.state, slow.bodies)
    for record in (records[-1], records[0], records[-1][:-1]):
        assert fast.take(record) == slow.take(record) is None
    assert list(map(str, fast.faults)) == list(map(str, slow.faults))
