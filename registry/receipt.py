"""Receipts: what a submitter is told, and can be told again for ever.

What lives here: the receipt and how it is read back from an accepted entry. What
never does: anything that is not in the entry. A receipt is made from the record's
bytes alone, so the first answer and every later one are the same.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from events.codec import Codec
from events.entry import OPAQUE, Entry, Frame
from events.guardianship import ConflictFound, Finding
from events.matter_kinds import KINDS
from events.registry import SubmissionRefused


@dataclass(frozen=True, slots=True, kw_only=True)
class EventRef:
    """One event of the entry: `index` counts from 0 within the position."""

    position: int
    index: int
    type: str
    stream: str
    version: int
    urgent: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """One accepted submission: its place, its hashes, and what it caused.

    `conflicts` says what the act contradicts of the record, with its source.
    `repeated` is set where the same submission was answered before; `refused` where
    the entry records a refusal by law; `warnings` are the findings that did not hold.
    """

    authority: str
    request_id: str
    position: int
    hash: bytes
    recorded_at: int
    request_digest: bytes
    repeated: bool
    refused: SubmissionRefused | None
    warnings: tuple[Finding, ...]
    conflicts: tuple[ConflictFound, ...]
    events: tuple[EventRef, ...]

    def again(self) -> Receipt:
        """Return the same receipt, marked as a repetition."""
        return replace(self, repeated=True)


def receipt_of(entry: Entry, codec: Codec) -> Receipt:
    """Return the receipt of an accepted entry, read from its own bytes."""
    events: list[object] = []
    for header, body in zip(entry.frame.events, entry.record.bodies, strict=True):
        if body is None or header.type == "TimelineChanged":
            continue
        if header.fingerprint == OPAQUE:
            continue
        events.append(codec.decode(header.fingerprint, body.content))
    return receipt_for(entry.position, entry.hash, entry.frame, events)


def receipt_for(
    position: int, hash_: bytes, frame: Frame, events: Iterable[object]
) -> Receipt:
    """Return the receipt of an entry whose events are at hand."""
    refused: SubmissionRefused | None = None
    warnings: list[Finding] = []
    conflicts: list[ConflictFound] = []
    for event in events:
        if isinstance(event, ConflictFound):
            conflicts.append(event)
        if isinstance(event, SubmissionRefused):
            refused = event
        warnings += [f for f in getattr(event, "findings", ()) if not f.holds]
    return Receipt(
        authority=frame.authority,
        request_id=frame.request_id,
        position=position,
        hash=hash_,
        recorded_at=frame.recorded_at,
        request_digest=frame.request_digest,
        repeated=False,
        refused=refused,
        warnings=tuple(dict.fromkeys(warnings)),
        conflicts=tuple(dict.fromkeys(conflicts)),
        events=tuple(
            EventRef(
                position=position,
                index=index,
                type=header.type,
                stream=header.stream,
                version=header.version,
                urgent=header.urgent,
            )
            for index, header in enumerate(frame.events)
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the decider of a correction must know of the corrected entry."""

    position: int
    authority: str
    facts: tuple[tuple[str, int, str], ...]
    """Stream, version and type of each fact of the entry."""


UNCORRECTABLE = frozenset({"TimelineChanged", "ActAnnulled", "ActReinstated"})
"""Events that follow from acts, or are corrections: annulled by nobody."""


CORRECTABLE = ("child/", "case/", *(f"{kind}/" for kind in KINDS))
"""Streams whose acts their submitter may annul."""


def known_of(entry: Entry) -> Known:
    """Return the acts that an entry recorded, without what followed from them."""
    return Known(
        position=entry.position,
        authority=entry.frame.authority,
        facts=tuple(
            (header.stream, header.version, header.type)
            for header in entry.frame.events
            if header.type not in UNCORRECTABLE
            and header.stream.startswith(CORRECTABLE)
        ),
    )
