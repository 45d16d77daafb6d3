"""What a store derives from an entry: rows for streams, for the library, and wards.

What lives here: `Rows`, the one place that says what those rows are; a store writes
them, an auditor compares them. What never does: files, judgment.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain, compress, count, repeat
from operator import not_

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
        if not flat:
            return
        streams, versions, fingerprints, kinds, bodies = zip(*flat, strict=True)
        of_children = list(map(str.startswith, streams, repeat(CHILD_STREAMS)))
        if any(map(is_own, compress(streams, map(not_, of_children)))):
            for position, events in enumerate(entries, first):
                self.add(position, events)
            return
        at = chain.from_iterable(map(repeat, count(first), map(len, entries)))
        self.events += zip(streams, versions, at, fingerprints, kinds, repeat(None))
        self.library += zip(streams, versions, kinds, bodies, strict=True)
        named = map(IDS.findall, compress(bodies, of_children))
        self.wards += [
            (holder.decode(), stream[len(CHILD_STREAMS) :])
            for stream, holders in zip(
                compress(streams, of_children), named, strict=True
            )
            for holder in holders
        ]

    def clear(self) -> None:
        """Begin anew."""
        self.events.clear()
        self.library.clear()
        self.wards.clear()
