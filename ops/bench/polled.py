"""The plain way in Python: poll, decode by fastavro, write custody's own rows.

What lives here: a peer of `ops.bench.cold`: kafka-python's consumer as its
documentation has it, records, frames and every body decoded by fastavro, and then the
same SQLite writes as a rebuild's, by custody's own fold. What never does: judging (no
chain, no digests, no canonical bytes), a copy of the log.
"""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from events.kafka import bare_reader
from ops.bench.rebuild import Plain
from projections.custody import PROJECTION
from projections.opened import OpenedEntry, OpenedEvent
from projections.rebuild import give_name
from projections.view import BEFORE_ANY, create, write_checkpoint


def polled(servers: str, topic: str, path: Path) -> int:
    """Fold a topic into a new file of the custody projection; return the events."""
    plain, position, events = Plain(), 0, 0
    building = path.with_name(path.name + ".building")
    with closing(create(building, PROJECTION)) as file:
        fold = PROJECTION.folding(file, whole=True)
        file.execute("BEGIN")
        for records in bare_reader(servers, topic):
            opened = [
                _opened(plain, position, record)
                for position, record in enumerate(records, position + 1)
            ]
            fold(opened)
            position = opened[-1].position
            events += sum(len(entry.events) for entry in opened)
            write_checkpoint(file, opened[-1])
        file.execute("COMMIT")
        file.executescript(PROJECTION.indexes)
    give_name(building, path)
    return events


def _opened(plain: Plain, position: int, record: bytes) -> OpenedEntry:
    events = [
        OpenedEvent(
            ordinal,
            header["stream"],
            header["version"],
            header["fingerprint"],
            header["concerns"],
            content,
        )
        for ordinal, (header, content, _) in enumerate(plain.entry(record))
    ]
    return OpenedEntry(position, BEFORE_ANY, events, None, ())  # nothing is hashed
