"""What the published topic says, as a pure function: complete, in order, no more."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import is_dataclass, replace
from typing import Any, get_args, get_type_hints

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kafka.partitioner import murmur2

from bureau.topic_check import BrokenError, Event, Record
from events.cases import Applicant
from events.codec import EVENT_CLASSES
from events.duties import MatterFact
from events.embedded import EmbeddedLog
from events.entry import Entry, open_entry
from events.frame import EventHeader
from events.guardianship import (
    NamedInApplication,
    PlacementEnded,
    PlacementForm,
    ProtectionLifted,
    TimelineChanged,
    WhereaboutsFound,
    WhereaboutsLost,
    WishHeard,
)
from events.proceedings import (
    Advice,
    Direction,
    ProtectionAsked,
    ProtectionMeasure,
    ProtectionOutcome,
    Wish,
)
from events.published import (
    EVENT_TYPE,
    LAST_INDEX,
    Message,
    checkpoint,
    mark_of,
    messages,
    opening,
    partition_of,
)
from events.published_rule import (
    PUBLIC_KINDS,
    PUBLIC_TYPES,
    PublishedFormError,
    Rule,
    Wire,
    parse_rule,
)
from events.timeline import Period
from registry.wire import CODEC
from tests.support.published import SYNTHETIC, checked, grown, record_of

RULE = Rule(registry=SYNTHETIC, partitions=3)
PROTECTED_BY_NAME = (
    WishHeard,
    ProtectionLifted,
    WhereaboutsLost,
    WhereaboutsFound,
    PlacementEnded,
    NamedInApplication,
    TimelineChanged,
)
"""Those among them whose name alone says so, or whose fields are everybody's."""
HEADER = EventHeader(
    stream="child/a",
    version=1,
    type="A",
    fingerprint=bytes(8),
    concerns="a",
    jurisdiction=None,
    urgent=False,
    digest=bytes(32),
)
IDS = {key: number for number, key in enumerate(CODEC.texts, 1)}


@pytest.fixture(scope="module")
def entries(tmp_path_factory: pytest.TempPathFactory) -> list[Entry]:
    config = grown(tmp_path_factory.mktemp("published"), children=20)
    with closing(EmbeddedLog(config.data_dir / "log.sqlite", SYNTHETIC)) as log:
        return list(map(open_entry, log.read(0, 1_000_000)))


def published(rule: Rule, entries: list[Entry]) -> list[list[Message]]:
    found = [[opening(rule, number)] for number in range(rule.partitions)]
    for entry in entries:
        marks = [partition[-1].mark for partition in found]
        for message in messages(rule, marks, entry, IDS):
            found[message.partition].append(message)
    return found


def read(rule: Rule, found: list[Message]) -> list[Record]:
    return [record_of(one, rule.partitions, n) for n, one in enumerate(found)]


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_every_event_that_a_rule_takes_is_published_once_and_no_other(
    entries: list[Entry], data: st.DataObject
) -> None:
    headers = [header for entry in entries for header in entry.frame.events]
    kinds = sorted({header.stream.split("/")[0] for header in headers})
    types = sorted({header.type for header in headers})
    rule = replace(
        RULE,
        partitions=data.draw(st.integers(1, 9)),
        kinds=data.draw(st.frozensets(st.sampled_from(kinds), min_size=1)),
        types=data.draw(st.frozensets(st.sampled_from(types), min_size=1)),
        wire=data.draw(st.sampled_from(Wire)),
    )
    got: dict[tuple[int, int], Event] = {}
    for partition in published(rule, entries):
        for event in checked(read(rule, partition))[1]:
            assert (event.position, event.index) not in got
            got[event.position, event.index] = event
    for entry in entries:
        pairs = zip(entry.frame.events, entry.record.bodies, strict=True)
        for index, (header, body) in enumerate(pairs):
            found = got.get((entry.position, index))
            asked = header.stream.split("/")[0] in rule.kinds
            asked = asked and header.type in rule.types
            assert (found is not None) == asked
            if found is not None:
                del got[entry.position, index]
                assert body is not None
                assert (found.type, found.stream) == (header.type, header.stream)
                assert found.avro == body.content
                assert found.schema == header.fingerprint.hex()
    assert not got


def test_by_default_only_what_is_public_is_published(entries: list[Entry]) -> None:
    assert frozenset({"child", "case"}) == PUBLIC_KINDS
    headers = [h for e in entries for h in e.frame.events]
    kinds = {h.stream.split("/")[0] for h in headers}
    assert {"report", "registry"} <= kinds
    named = [dict(m.headers) for p in published(RULE, entries) for m in p[1:]]
    shown = {
        (one["ce_subject"].decode().split("/")[0], one["ce_type"].decode())
        for one in named
    }
    assert {kind for kind, _ in shown} <= PUBLIC_KINDS
    assert {type_.removeprefix(EVENT_TYPE) for _, type_ in shown} <= PUBLIC_TYPES
    assert not {h.type for h in headers} <= PUBLIC_TYPES


PROTECTED = (
    Wish,
    ProtectionMeasure,
    ProtectionAsked,
    ProtectionOutcome,
    PlacementForm,
    Period,
    Advice,
    Direction,
    MatterFact,
    Applicant,
)
"""What says a child's words, an order that protects it, where it is, who reported or
only asked for something; a period says on each line of a timeline who is kept away."""


def said_by(kind: Any) -> set[type]:  # noqa: ANN401  a type of any shape
    """Return every class that a value of a type may have in it."""
    if parts := get_args(kind):
        return {cls for part in parts for cls in said_by(part)}
    if not isinstance(kind, type):
        return set()
    hints = get_type_hints(kind) if is_dataclass(kind) else {}
    return {kind, *kind.__mro__}.union(*map(said_by, hints.values()))


@pytest.mark.parametrize("event", EVENT_CLASSES, ids=lambda cls: str(cls.__name__))
def test_no_event_of_the_default_has_a_field_for_what_is_protected(event: type) -> None:
    protected = said_by(event) & set(PROTECTED) or event in PROTECTED_BY_NAME
    assert not (protected and event.__name__ in PUBLIC_TYPES)
    header = replace(HEADER, type=event.__name__, stream="child/a")
    assert RULE.takes(header) == (event.__name__ in PUBLIC_TYPES)
    assert not RULE.takes(replace(header, stream="report/a"))
    assert replace(RULE, types=frozenset({event.__name__})).takes(header)


def test_the_default_names_events_that_there_are() -> None:
    assert {cls.__name__ for cls in EVENT_CLASSES} >= PUBLIC_TYPES
    assert not PUBLIC_TYPES & {cls.__name__ for cls in PROTECTED_BY_NAME}


def test_going_on_from_any_record_gives_the_same_records(entries: list[Entry]) -> None:
    whole = published(RULE, entries)
    for cut in range(0, min(map(len, whole)), 7):
        found = [partition[: cut + 1] for partition in whole]
        marks = [mark_of(dict(partition[-1].headers)) for partition in found]
        first = max(0, min(mark.position for mark in marks) - 1)
        for entry in entries[first:]:
            for message in messages(RULE, marks, entry, IDS):
                marks[message.partition] = message.mark
                found[message.partition].append(message)
        assert found == whole


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_duplicates_are_passed_and_what_lacks_or_is_altered_is_found(
    entries: list[Entry], data: st.DataObject
) -> None:
    found = read(RULE, max(published(RULE, entries), key=len))
    expected = checked(found)[1]
    at = data.draw(st.integers(1, len(found) - 2))
    back = data.draw(st.integers(0, at))
    assert checked(found[:at] + found[back:])[1] == expected
    other = data.draw(st.sampled_from(["ce_salt", "ce_hash", "ce_link", "ce_index"]))
    headers = dict(found[at].headers)
    headers[other] = headers[other][:-1] + (
        b"0" if headers[other][-1:] != b"0" else b"1"
    )
    for lie in (
        found[:at] + found[at + 1 :],
        found[at:],
        [*found[:at], found[at + 1], found[at], *found[at + 2 :]],
        [*found[:at], replace(found[at], headers=headers), *found[at + 1 :]],
        [*found[:at], replace(found[at], value=found[at].value + b"\0")],
        [*found[:at], replace(found[at], headers={})],
        [replace(found[0], partitions=4), *found[1:]],
        [replace(found[0], value=found[0].value + b"\n"), *found[1:]],
    ):
        with pytest.raises(BrokenError):
            checked(lie)


def test_a_checkpoint_moves_the_position_and_hides_no_gap(entries: list[Entry]) -> None:
    found = max(published(RULE, entries), key=len)
    last = found[-1]
    says = checkpoint(RULE, last.partition, last.mark, entries[-1])
    assert says.mark.index == LAST_INDEX
    place, _ = checked(read(RULE, [*found, says, says]))
    assert place.position == entries[-1].position
    assert place.number == len(found) - 1
    with pytest.raises(BrokenError, match="is missing"):
        checked(read(RULE, [*found[:-1], says]))


@given(st.binary(max_size=60), st.integers(1, 256))
def test_a_key_has_the_partition_that_kafkas_clients_give_it(
    key: bytes, partitions: int
) -> None:
    assert partition_of(key, partitions) == (murmur2(key) & 0x7FFFFFFF) % partitions


def test_what_concerns_one_child_lies_in_one_partition(entries: list[Entry]) -> None:
    places: dict[bytes, set[int]] = {}
    for partition in published(RULE, entries):
        for message in partition[1:]:
            assert message.key is not None
            places.setdefault(message.key, set()).add(message.partition)
            subject = dict(message.headers)["ce_subject"].decode()
            if subject.startswith("child/"):
                assert message.key.decode() == subject.removeprefix("child/")
    assert len(places) > 3
    assert {len(found) for found in places.values()} == {1}


def test_the_wire_of_schema_registries_is_a_zero_the_id_and_the_avro(
    entries: list[Entry],
) -> None:
    rule = replace(RULE, wire=Wire.CONFLUENT)
    plain = [m for part in published(RULE, entries) for m in part[1:]]
    framed = [m for part in published(rule, entries) for m in part[1:]]
    for one, other in zip(plain, framed, strict=True):
        key = bytes.fromhex(dict(one.headers)["ce_schema"].decode())
        assert other.value[0] == 0
        assert int.from_bytes(other.value[1:5], "big") == IDS[key]
        assert CODEC.decode(key, other.value[5:]) == CODEC.decode(key, one.value)
    with pytest.raises(KeyError):
        list(
            messages(rule, [opening(rule, n).mark for n in range(3)], _one(entries), {})
        )


def _one(entries: list[Entry]) -> Entry:
    return next(
        entry
        for entry in entries
        if any(header.stream.startswith("child/") for header in entry.frame.events)
    )


def test_a_rule_reads_back_from_its_text_and_from_nothing_else() -> None:
    for rule in (
        RULE,
        replace(RULE, wire=Wire.CONFLUENT),
        replace(RULE, kinds=frozenset({"a", "b"}), types=frozenset({"c"})),
    ):
        assert parse_rule(rule.text) == rule
    for text in ("", RULE.text + "\n", RULE.text + "\nmore=1", "kind=child"):
        with pytest.raises(PublishedFormError):
            parse_rule(text)


WRONG: list[Callable[[], Rule]] = [
    lambda: replace(RULE, partitions=0),
    lambda: replace(RULE, partitions=257),
    lambda: replace(RULE, kinds=frozenset()),
    lambda: replace(RULE, kinds=frozenset({"child\nkind=report"})),
    lambda: replace(RULE, types=frozenset({""})),
    lambda: replace(RULE, types=frozenset()),
]


@pytest.mark.parametrize("wrong", WRONG)
def test_a_rule_outside_its_bounds_is_refused(wrong: Callable[[], Rule]) -> None:
    with pytest.raises(PublishedFormError):
        wrong()
