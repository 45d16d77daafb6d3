"""The kit's vectors: records and entries of a synthetic log, with what they must give.

`python -m ops.kit_vectors` writes `ops/kit/vectors.json`. What lives here: which feeds
and topics, the file's form. What never does: feeds (`events.feed`), topics
(`events.published`); a test holds the file against what this release makes.
"""

from __future__ import annotations

import base64
import json
import tempfile
from collections.abc import Sequence
from contextlib import closing
from dataclasses import fields
from pathlib import Path
from typing import Any, Final

from events.embedded import EmbeddedLog
from events.entry import Entry, open_entry
from events.feed import begin, follow
from events.filters import Filter
from events.published import OPENED, messages, opening
from events.published_rule import Rule, Wire
from ops.synthetic.province import grow
from ops.synthetic.telling import Numbers

FILE: Final = Path(__file__).parent / "kit" / "vectors.json"
NUMBERS: Final = Numbers(
    children=12, years=3, seed=7, registry="synthetic.example/cn-329900"
)
EVENTS: Final = 10
"""At least so many of each, where the log has them: enough for each gap to be tried."""
SCHEMA_ID: Final = 1
"""Of the first schema, as a schema registry would have given it."""


def vectors() -> dict[str, Any]:
    """Return what the file says."""
    entries = _entries()
    child = next(h.concerns for e in entries for h in e.frame.events if h.concerns)
    by_type = Filter(types=frozenset({"ChildRegistered", "TimelineChanged"}))
    by_child = Filter(children=frozenset({child}))
    asked = ((Filter(), 2), (by_type, 0), (by_child, 0))
    rule = Rule(registry=NUMBERS.registry, partitions=2)
    framed = Rule(registry=NUMBERS.registry, partitions=1, wire=Wire.CONFLUENT)
    return {
        "feed": [_feed(entries, wanted, after) for wanted, after in asked],
        "topic": [_topic(entries, rule, 1), _topic(entries, framed, 0)],
    }


def written() -> str:
    """Return the text of the file."""
    return json.dumps(vectors(), indent=1, sort_keys=True) + "\n"


def _entries() -> list[Entry]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "log.sqlite"
        grow(path, NUMBERS, lambda _done, _total: None)
        with closing(EmbeddedLog(path, NUMBERS.registry)) as log:
            return [open_entry(stored) for stored in log.read(0, 1_000)]


def _feed(entries: Sequence[Entry], wanted: Filter, after: int) -> dict[str, Any]:
    place = begin(NUMBERS.registry, wanted, after)
    told: list[dict[str, Any]] = []
    expected: list[list[Any]] = []
    for item in follow(place, wanted, entries[after:]):
        told.append(
            {
                "link": item.place.link.hex(),
                "number": item.place.number,
                "position": item.place.position,
                "record": base64.b64encode(item.record).decode(),
            }
        )
        frame = entries[item.place.position - 1].frame
        for index, taken in enumerate(item.taken):
            header = frame.events[index]
            if taken:
                said = [item.place.position, index, header.type, header.stream]
                expected.append(said)
        if len(expected) >= EVENTS:
            break
    return {
        "after": after,
        "entries": told,
        "expected": expected,
        "filter": {
            one.name: sorted(getattr(wanted, one.name)) for one in fields(Filter)
        },
        "link": place.link.hex(),
    }


def _topic(entries: Sequence[Entry], rule: Rule, partition: int) -> dict[str, Any]:
    """Return the opening of a partition and its first records."""
    found = [opening(rule, number) for number in range(rule.partitions)]
    marks = [one.mark for one in found]
    chosen = [found[partition]]
    prints = {h.fingerprint for e in entries for h in e.frame.events}
    ids = {one: SCHEMA_ID + n for n, one in enumerate(sorted(prints))}
    for entry in entries:
        for one in messages(rule, marks, entry, ids):
            marks[one.partition] = one.mark
            if one.partition == partition:
                chosen.append(one)
        if len(chosen) > EVENTS:
            break
    records = []
    expected: list[list[Any]] = []
    for one in chosen:
        named = {name: value.decode() for name, value in one.headers}
        value = base64.b64encode(one.value).decode()
        records.append({"headers": named, "value": value})
        if named["ce_type"] != OPENED:
            header = entries[one.mark.position - 1].frame.events[one.mark.index]
            said = [one.mark.position, one.mark.index, header.type, header.stream]
            expected.append(said)
    return {
        "expected": expected,
        "partition": partition,
        "partitions": rule.partitions,
        "records": records,
    }


def main() -> None:
    """Write the file."""
    FILE.write_text(written(), encoding="utf-8")


if __name__ == "__main__":
    main()
