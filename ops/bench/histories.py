"""A synthetic log: many children's lawful-looking histories, straight into a store.

What lives here: `grow`. A few stories are told once through the real writer; then each
child gets one of them under its own ids, years and days. What never does: decisions; a
copied entry is what the deciders said of the story it was copied from.

Ids, dates and years keep their length, so a copied body stays the canonical bytes of
its type, and a log of a hundred thousand events is made in seconds.
"""

from __future__ import annotations

import hashlib
import random
import re
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from uuid import UUID

from events.entry import (
    Frame,
    Record,
    encode_frame,
    encode_record,
    open_entry,
)
from events.ingest import Candidate
from events.log import Accepted
from events.store import Store
from ops.bench.acts import STORIES, Family
from registry.bootstrap import Config, Registry, open_registry
from registry.sources import system_sources

REGISTRY = "bench.example/cn-320300"
GROUP = 500
"""Entries ingested in one transaction."""
UNDER_WAY = 2_000
"""Children whose histories are told side by side: neighbours in the log differ."""
MICROSECONDS_APART = 1_000_000
BEGUN = 1_420_070_400_000_000
"""1 January 2015: a time is as long, written, as those of a real log."""

ID = re.compile(rb"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_DATE = re.compile(rb"(?<=[\x0e\x14])(20\d\d)(-\d\d)(-\d\d)?")


@dataclass(frozen=True, slots=True)
class _Told:
    """One story's entries, and how many of a hundred children live it."""

    share: int
    entries: tuple[tuple[Frame, Record], ...]


def grow(path: Path, events: int, seed: int = 1) -> int:
    """Write a log of at least so many events to a file; return its entries."""
    chance = random.Random(seed)  # noqa: S311  a benchmark's data, no secret
    with tempfile.TemporaryDirectory() as folder:
        adopted, stories = _stories(Path(folder))
    store = Store(path, REGISTRY)
    try:
        _ingest(store, iter(adopted), None)
        _ingest(store, _entries(chance, stories), events)
        return store.head().position
    finally:
        store.close()


def _ingest(
    store: Store, drafts: Iterator[tuple[Frame, Record]], events: int | None
) -> None:
    written = 0
    while events is None or written < events:
        group = list(islice(drafts, GROUP))
        if not group:
            return
        head = store.head()
        previous, recorded_at, records = head.hash, head.recorded_at, []
        for draft, record in group:
            recorded_at = max(recorded_at, BEGUN) + MICROSECONDS_APART
            frame = replace(draft, previous=previous, recorded_at=recorded_at)
            content = encode_frame(frame)
            previous = hashlib.sha256(content).digest()
            records.append(encode_record(replace(record, frame=content)))
            written += len(frame.events)
        verdicts = store.ingest([Candidate(record=record) for record in records])
        if not all(isinstance(verdict, Accepted) for verdict in verdicts):
            message = f"a made record was voided: {verdicts}"
            raise RuntimeError(message)


def _entries(
    chance: random.Random, stories: list[_Told]
) -> Iterator[tuple[Frame, Record]]:
    """Yield entries for ever, of many children side by side."""
    shares = [story.share for story in stories]
    children: list[Iterator[tuple[Frame, Record]]] = []
    while True:
        if len(children) < UNDER_WAY:
            (story,) = chance.choices(stories, shares)
            children.append(_lived(chance, story))
        place = chance.randrange(len(children))
        entry = next(children[place], None)
        if entry is None:
            children[place] = children[-1]
            children.pop()
        else:
            yield entry


def _lived(chance: random.Random, story: _Told) -> Iterator[tuple[Frame, Record]]:
    """Yield a story's entries with other ids, years and days, of the same length."""
    ids: dict[bytes, bytes] = {}
    years, day = chance.randrange(-10, 4), chance.randrange(1, 29)

    def other(found: re.Match[bytes]) -> bytes:
        made = UUID(int=chance.getrandbits(128), version=4)
        return ids.setdefault(found[0], str(made).encode())

    def shifted(found: re.Match[bytes]) -> bytes:
        to_the_day = f"-{day:02}".encode() if found[3] else b""
        return str(int(found[1]) + years).encode() + found[2] + to_the_day

    def renamed(text: str | None) -> str | None:
        return text and ID.sub(other, text.encode()).decode()

    for frame, record in story.entries:
        yield _copied(frame, record, renamed, lambda c: ID.sub(other, c), shifted)


def _copied(
    frame: Frame,
    record: Record,
    renamed: Callable[[str | None], str | None],
    other: Callable[[bytes], bytes],
    shifted: Callable[[re.Match[bytes]], bytes],
) -> tuple[Frame, Record]:
    request, *bodies = (
        replace(body, content=_DATE.sub(shifted, other(body.content)))
        for body in (record.request, *record.bodies)
        if body is not None
    )
    headers = tuple(
        replace(
            header,
            stream=renamed(header.stream) or "",
            concerns=renamed(header.concerns),
            digest=body.digest,
        )
        for header, body in zip(frame.events, bodies, strict=True)
    )
    named = hashlib.sha256(request.digest + headers[0].digest).hexdigest()
    return (
        replace(
            frame,
            registry=REGISTRY,
            request_id=str(UUID(named[:32])),
            request_digest=request.digest,
            events=headers,
        ),
        replace(record, request=request, bodies=tuple(bodies)),
    )


def _stories(
    folder: Path,
) -> tuple[list[tuple[Frame, Record]], list[_Told]]:
    """Tell the stories through the real writer; return what it made of them."""
    config = Config(data_dir=folder, registry=REGISTRY, node="bench")
    told: list[_Told] = []
    with open_registry(config, system_sources()) as registry:
        adopted = _since(registry, 0)
        for share, tell in STORIES:
            before = registry.log.head().position
            tell(registry, Family())
            told.append(_Told(share, tuple(_since(registry, before))))
    return adopted, told


def _since(registry: Registry, position: int) -> list[tuple[Frame, Record]]:
    opened = [open_entry(e) for e in registry.log.read(position, GROUP)]
    return [(entry.frame, entry.record) for entry in opened]
