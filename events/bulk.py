"""Acceptance in bulk: a log from its first record on, judged in memory.

What lives here: `Bulk`, which says of records which are entries and which are void.
What never does: the file that keeps them (`events.new_file`); where they come from.

What acceptance asks of earlier entries is kept in memory meanwhile, half a kilobyte an
entry, so that nothing is looked up in a file that has no index yet. Records of a known
shape are taken by it, all others by the reference reader; the verdicts are those of
`events.store`, one by one (a test).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from events.entry import MemoryState, accepted
from events.ingest import Candidate, Ingest
from events.log import Head, VoidKind, VoidReason
from events.new_file import Judged
from events.run import advance
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
        judged, left = Judged([], []), list(candidates)
        while left:
            left = left[self._some(left, judged) :]
        return judged

    @property
    def schemas(self) -> list[tuple[bytes, str]]:
        """The schemas announced so far: fingerprint and text."""
        return list(self._state.schemas.items())

    def _some(self, candidates: Sequence[Candidate], judged: Judged) -> int:
        """Judge up to the first whose shape was not known; return how many."""
        opened, _ = self._shapes.open([candidate.record for candidate in candidates])
        at = 0
        while at <= len(opened) and at < len(candidates):
            run = advance(self._state, opened[at:])
            self._keep(run, candidates[at : at + len(run)], judged)
            at += len(run)
            for candidate in candidates[at : at + 1]:
                read = self._read(candidate, judged)
                if read is not None:
                    self._keep([read], [candidate], judged)
            at += 1
        return at

    def _keep(
        self, run: Sequence[Taken], candidates: Sequence[Candidate], judged: Judged
    ) -> None:
        """Keep the last entries taken."""
        self._state.hashes.update([entry[0] for entry in run])
        first = self.head.position - len(run) + 1
        for position, (entry, candidate) in enumerate(
            zip(run, candidates, strict=True), first
        ):
            judged.entries.append((position, (*entry[:4], *candidate), entry[4]))

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
