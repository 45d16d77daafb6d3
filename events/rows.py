"""What a store derives from an entry: rows for streams, for the library, and wards.

What lives here: `Rows`, the one place that says what those rows are; a store writes
them, an auditor compares them. What never does: files, judgment.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain, count, repeat

from events.entry import CHILD_STREAMS, is_own
from events.shape import Event
from events.wards import IDS, named_in


@dataclass(slots=True)
class Rows:
    """The rows of some entries in their order, by table."""

    events: list[tuple[str, int, int, bytes, str, bytes | None]] = field(
        default_factory=list
    )
    """Stream, version, position, fingerprint, type, and the body where it is only here:
    announcements and positions are no events of the library's."""
    library: list[tuple[str, int, str, bytes]] = field(default_factory=list)
    """Stream, version, type, body."""
    wards: list[tuple[str, str]] = field(default_factory=list)
    """A person or a case, and a child whose event names it; some more than once."""

    def add(self, position: int, events: tuple[Event, ...]) -> None:
        """Add what follows from the events of an entry."""
        for stream, version, fingerprint, kind, body in events:
            if is_own(stream):
                self.events.append((stream, version, position, fingerprint, kind, body))
                continue
            self.events.append((stream, version, position, fingerprint, kind, None))
            self.library.append((stream, version, kind, body))
            if stream.startswith(CHILD_STREAMS):
                child = stream[len(CHILD_STREAMS) :]
                for named in named_in(body):
                    self.wards.append((named, child))

    def extend(self, first: int, entries: Sequence[tuple[Event, ...]]) -> None:
        """Add what follows from the events of entries from a position on."""
        flat = list(chain.from_iterable(entries))
        others = [event for event in flat if not event[0].startswith(CHILD_STREAMS)]
        if not flat or any(is_own(stream) for stream, *_ in others):
            for position, events in enumerate(entries, first):
                self.add(position, events)
            return
        streams, versions, fingerprints, kinds, bodies = zip(*flat, strict=True)
        at = chain.from_iterable(map(repeat, count(first), map(len, entries)))
        self.events += zip(streams, versions, at, fingerprints, kinds, repeat(None))
        self.library += zip(streams, versions, kinds, bodies, strict=True)
        self.wards += [
            (named.decode(), stream[len(CHILD_STREAMS) :])
            for stream, body in zip(streams, bodies, strict=True)
            if stream.startswith(CHILD_STREAMS)
            for named in IDS.findall(body)
        ]

    def clear(self) -> None:
        """Begin anew."""
        self.events.clear()
        self.library.clear()
        self.wards.clear()
