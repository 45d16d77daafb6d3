"""Acceptance in bulk: a log from its first record on, judged in memory.

What lives here: `Bulk`, which says of records which are entries and which are void.
What never does: the file that keeps them (`events.new_file`); where they come from.

What acceptance asks of earlier entries is kept in memory meanwhile, half a kilobyte an
entry, so that nothing is looked up in a file that has no index yet. Records of a known
shape are taken by it, all others by the reference reader; the verdicts are those of
`events.store`, one by one (a test).
"""

from __future__ import annotations

from collections.abc import Iterable

from events.entry import MemoryState, accepted
from events.ingest import Candidate, Ingest
from events.log import Head, VoidKind, VoidReason
from events.new_file import Judged
from events.shape import Taken, taken
from events.shapes import Shapes


class _Remembered(MemoryState):
    """What acceptance asks of the entries before, and what voids were."""

    def __init__(self, registry: str) -> None:
        super().__init__(registry)
        self.hashes: set[bytes] = set()
        self.voids: dict[bytes, VoidKind] = {}

    def hash_seen(self, hash_: bytes) -> bool:
        return hash_ in self.hashes

    def kind_of_void(self, hash_: bytes) -> VoidKind | None:
        return self.voids.get(hash_)


class Bulk:
    """Judges records in their order."""

    def __init__(self, registry: str) -> None:
        self._registry = registry
        self._state = _Remembered(registry)
        self._shapes = Shapes()

    @property
    def head(self) -> Head:
        """The last entry taken."""
        return self._state.head

    def take(self, candidates: Iterable[Candidate]) -> Judged:
        """Judge what comes next."""
        judged, state = Judged([], []), self._state
        for candidate in candidates:
            entry = self._next(candidate, judged)
            if entry is not None:
                state.hashes.add(entry.hash)
                position = state.head.position
                row = (*entry[:4], *candidate)
                judged.entries.append((position, row, entry.events))
        return judged

    @property
    def schemas(self) -> list[tuple[bytes, str]]:
        """The schemas announced so far: fingerprint and text."""
        return list(self._state.schemas.items())

    def _next(self, candidate: Candidate, judged: Judged) -> Taken | None:
        shape = self._shapes.find(candidate.record)
        entry = None if shape is None else shape.take(candidate.record, self._state)
        return entry or self._read(candidate, judged)

    def _read(self, candidate: Candidate, judged: Judged) -> Taken | None:
        """Judge by the reference reader; learn an entry's shape, keep a void."""
        state = self._state
        result = accepted(candidate.record, state)
        if isinstance(result, VoidReason):
            one = Ingest(self._registry, state.head, state.schemas, state)
            one.put(candidate, result)
            voids = one.rows()["voids"]
            judged.voids.extend(voids)
            for _, _, kind, hash_, *_ in voids:
                if isinstance(hash_, bytes) and isinstance(kind, str):
                    state.voids.setdefault(hash_, VoidKind(kind))
            return None
        state.advance(result)
        self._shapes.learn(candidate.record, result)
        return taken(result)
