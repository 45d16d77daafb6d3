"""The delivery ledger: a log of its own of how far each subscription has come.

What lives here: `Ledger`, which keeps high-water marks as entries of a log by the same
code, in a file or in a topic. What never does: messages (a mark says "up to", so one
entry stands for all that went before it), filters, threads (`registry.deliveries`).

The log is named `<origin>/deliveries`. An entry is one server's tick: one opaque event
for every mark that moved, in the stream `<mark>/<authority>/<name>/<epoch>`, whose
*version is the position* that the mark has come to. Acceptance wants versions above
their streams', so a mark moves forward only, for every reader and whichever server
says so, and of two servers the higher mark stands. A body is two lines, the number and
the link of the place; the request's body names the position and the hash of the main
log's head that the entry is true for. Nothing is secret, and salts are zero.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from events.codec import Codec
from events.draft import Draft, DraftEvent, OpaqueContent, assemble
from events.entry import Authentication, AuthenticationKind, Provenance
from events.feed import LINK_BYTES, Place
from events.frame import SALT_BYTES, decode_record
from events.log import (
    Accepted,
    Entries,
    Head,
    Log,
    LogDamagedError,
    LogUnavailableError,
    StoredBody,
)

KIND: Final = "MarkMoved"
TIMEOUT_S: Final = 10.0
"""For one append: a tick that waits longer is tried again at the next."""
ATTEMPTS: Final = 16
"""Other servers tick too: of two that append upon one head one is void."""
MAX_MARKS: Final = 1_000
"""In one entry: some 200 bytes each, which stays below the size of an entry."""
_CODEC: Final = Codec(())

Key = tuple[str, str, int]
"""Authority, name and epoch of a subscription."""


class Mark(StrEnum):
    """What of a subscription has come to a position."""

    OFFERED = "offered"
    ACKNOWLEDGED = "acknowledged"


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """A mark that has come to a place."""

    mark: Mark
    key: Key
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """When a mark came to a position: microseconds, and the ledger's entry."""

    at: int
    entry: int


def ledger_origin(origin: str) -> str:
    """Return the name of the log in which the deliveries of a log are kept."""
    return f"{origin}/deliveries"


class Ledger:
    """High-water marks over any log; `clock` is in microseconds.

    Every method raises what the log raises.
    """

    def __init__(self, log: Log, node: str, clock: Callable[[], int]) -> None:
        self._log = log
        self._node = node
        self._clock = clock
        self._agreed: tuple[Entries, bytes] | None = None

    def place(self, mark: Mark, key: Key) -> Place | None:
        """Return how far a mark has come, None where it never moved."""
        stream = stream_of(mark, key)
        version = self._log.last_version(stream)
        found = self._log.stream(stream, above=version - 1, limit=1) if version else []
        return _place(found[0]) if found else None

    def reached(self, mark: Mark, key: Key, position: int) -> Reached | None:
        """Return when a mark came to a position, None where it has not."""
        stream = stream_of(mark, key)
        found = self._log.stream(stream, above=position - 1, limit=1)
        if not found:
            return None
        entry = found[0].position
        return Reached(at=self._log.read(entry - 1, 1)[0].recorded_at, entry=entry)

    def record(self, moved: Sequence[Moved], true_for: Head) -> None:
        """Record marks that moved; durable on return, however many servers do so.

        `true_for` is the main log's head after all of them moved. Raises
        LogUnavailableError where other servers won every attempt.
        """
        for begin in range(0, len(moved), MAX_MARKS):
            self._record(moved[begin : begin + MAX_MARKS], true_for)

    def true_for(self) -> tuple[int, bytes] | None:
        """Return position and hash of the main log that the last entry is true for."""
        position = self._log.head().position
        if not position:
            return None
        body = decode_record(self._log.read(position - 1, 1)[0].record).request
        said, _, hash_ = (b"" if body is None else body.content).partition(b"\n")
        try:
            return int(said), bytes.fromhex(hash_.decode())
        except ValueError as error:
            message = f"{self._log.registry} entry {position}: names no position"
            raise LogDamagedError(message) from error

    def agrees(self, log: Entries) -> bool:
        """Whether the main log is the one that the ledger speaks of.

        Both only grow, so what agreed once is asked again when the ledger has grown.
        """
        both = (log, self._log.head().hash)
        if both == self._agreed:
            return True
        if not self._judged(log):
            return False
        self._agreed = both
        return True

    def _judged(self, log: Entries) -> bool:
        said = self.true_for()
        if said is None or said[0] == 0:
            return True
        found = log.read(said[0] - 1, 1)
        return bool(found) and found[0].hash == said[1]

    def close(self) -> None:
        """Close the log."""
        self._log.close()

    def _record(self, moved: Sequence[Moved], true_for: Head) -> None:
        for _ in range(ATTEMPTS):
            deadline = time.monotonic() + TIMEOUT_S
            head = self._log.catch_up(deadline)
            ahead = list(self._ahead(moved))
            if not ahead:
                return
            draft = self._draft(ahead, true_for, head)
            moment = max(self._clock(), head.recorded_at + 1)
            record = assemble(draft, head.hash, moment, _no_salt, _CODEC)
            (verdict,) = self._log.append([record], deadline)
            if isinstance(verdict, Accepted):
                return
        message = "other servers won every attempt to record deliveries"
        raise LogUnavailableError(message)

    def _ahead(self, moved: Iterable[Moved]) -> Iterable[Moved]:
        """Give the marks that no entry has come to yet."""
        for one in moved:
            known = self._log.last_version(stream_of(one.mark, one.key))
            if one.place.position > known:
                yield one

    def _draft(self, moved: Sequence[Moved], true_for: Head, head: Head) -> Draft:
        said = f"{true_for.position}\n{true_for.hash.hex()}".encode()
        return Draft(
            registry=self._log.registry,
            authority=self._log.registry,
            request_id=f"tick/{self._node}/{head.position + 1}",
            request=OpaqueContent(type="Tick", content=said),
            authentication=Authentication(
                kind=AuthenticationKind.CLAIMED, fingerprint=None
            ),
            provenance=Provenance.LIVE,
            writer=self._node,
            cause="tick",
            events=tuple(_event(one) for one in moved),
        )


def stream_of(mark: Mark, key: Key) -> str:
    """Return the stream of a mark."""
    authority, name, epoch = key
    return f"{mark}/{authority}/{name}/{epoch}"


def _event(moved: Moved) -> DraftEvent:
    place = moved.place
    content = f"{place.number}\n{place.link.hex()}".encode()
    return DraftEvent(
        stream=stream_of(moved.mark, moved.key),
        version=place.position,
        event=OpaqueContent(type=KIND, content=content),
        concerns=None,
        jurisdiction=None,
        urgent=False,
    )


def _place(stored: StoredBody) -> Place:
    number, _, link = stored.body.partition(b"\n")
    try:
        place = Place(
            position=stored.version,
            number=int(number),
            link=bytes.fromhex(link.decode()),
        )
    except ValueError as error:
        message = f"{stored.stream} {stored.version}: is no place"
        raise LogDamagedError(message) from error
    if len(place.link) != LINK_BYTES:
        message = f"{stored.stream} {stored.version}: has no link"
        raise LogDamagedError(message)
    return place


def _no_salt() -> bytes:
    return bytes(SALT_BYTES)
