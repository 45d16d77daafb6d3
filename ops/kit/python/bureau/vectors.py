"""The checks against the kit's vectors: python -m bureau.vectors VECTORS.json."""

from __future__ import annotations

import base64
import json
import sys
from pathlib import Path
from typing import Any

from bureau import feed_check, topic_check


def topic(told: dict[str, Any], leave_out: int = -1) -> list[list[Any]]:
    """Return the events of the records, but for one that is left out."""
    place, found = None, []
    for offset, one in enumerate(told["records"]):
        if offset == leave_out:
            continue
        record = topic_check.Record(
            partition=told["partition"],
            partitions=told["partitions"],
            offset=offset,
            headers={name: text.encode() for name, text in one["headers"].items()},
            value=base64.b64decode(one["value"]),
        )
        place, event = topic_check.advance(place, record)
        if event is not None:
            found.append([event.position, event.index, event.type, event.stream])
    return found


def feed(told: dict[str, Any], leave_out: int = -1) -> list[list[Any]]:
    """Return the events of the entries, but for one that is left out."""
    sets = {name: frozenset(values) for name, values in told["filter"].items()}
    wanted, after, found = feed_check.Filter(**sets), told["after"], []
    place = feed_check.Place(after, 0, told["link"])
    for number, one in enumerate(told["entries"]):
        if number == leave_out:
            continue
        shown = feed_check.Place(one["position"], one["number"], one["link"])
        record = base64.b64decode(one["record"])
        place, events = feed_check.advance(place, wanted, after, shown, record)
        found += [[e.position, e.index, e.type, e.stream] for e in events]
    return found


def main() -> None:
    """Check all; end with 1 where one does not hold."""
    told = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    for name, check, part in (("topic", topic, "records"), ("feed", feed, "entries")):
        for one in told[name]:
            if check(one) != one["expected"]:
                sys.exit(f"{name}: other events than expected")
            for number in range(len(one[part]) - 1):
                try:
                    check(one, number)
                except (topic_check.BrokenError, feed_check.BrokenError):
                    continue
                sys.exit(f"{name}: leaving out {number} was not found")
    sys.stdout.write("vectors hold\n")


if __name__ == "__main__":
    main()
