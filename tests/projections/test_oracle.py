"""The projections against the oracle, on every prefix of random histories."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path

from hypothesis import given, settings

from events.dates import PartialDate
from events.embedded import EmbeddedLog
from events.guardianship import Office
from events.log import StoredEntry
from events.timeline import Holder
from projections.barred import Barred, BarredProjection
from projections.custody import PROJECTION, Custody
from projections.opened import open_stored
from projections.rebuild import build
from projections.runner import PROJECTIONS
from projections.view import LiveFile, Projection, create, digest, write_checkpoint
from projections.wards import Wards, WardsProjection
from registry.child import Child, evolve
from registry.registration import decide_register_child
from tests.projections import oracle
from tests.registry.test_timeline_properties import BORN, PEOPLE, STEPS, step
from tests.support.planted import damaged, empty_log, plant, put, record_of
from tests.support.registry import ORIGIN, child_id, opened, submission, submit
from tests.support.stories import (
    BUREAU,
    CHILD,
    FATHER,
    MOTHER,
    born,
    judgment,
    outcome,
    tongshan_application,
)

Steps = list[tuple[str, PartialDate, Holder, Office, int]]
OTHER = child_id("a sibling of whom nothing more is heard")
DAYS = [BORN + timedelta(n) for n in (-1, 0, 400, 2500, 4000, 6574, 6575)]


def tell(log: EmbeddedLog, steps: Steps) -> None:
    """Append a random history: an entry a step, and the sibling's birth among them."""
    child = Child()
    parents = PEOPLE[:2]
    for event in decide_register_child(
        child, born(CHILD, BORN.isoformat(), *parents), Office.POLICE
    ):
        plant(log, (CHILD, event))
        child = evolve(child, event)
    for number, taken in enumerate(steps):
        events, n = step(child, taken), taken[-1]
        for event in events:
            child = evolve(child, event)
        if events:
            record = record_of(log, [(CHILD, event) for event in events])
            put(log, damaged(record, 0) if n == 30 and number else record)
            if n == 30 and number:
                return  # what the deciders think of the child is no longer the record


def rebuilt_digest(projection: Projection, entries: Sequence[StoredEntry]) -> str:
    """Return the digest of a fold from the first of the entries to the last."""
    with closing(create(Path(":memory:"), projection)) as connection:
        opened_entries = [open_stored(entry) for entry in entries]
        projection.folding(connection, whole=True)(opened_entries)
        connection.executescript(projection.indexes)
        write_checkpoint(connection, opened_entries[-1])
        return digest(connection, projection)


@contextmanager
def followed(folder: Path, log: EmbeddedLog) -> Iterator[list[LiveFile]]:
    """Build both projections on what the log holds now, and keep them open."""
    live = []
    for made in build(folder, PROJECTIONS, log):
        made.files.switch(made.path)
        live.append(LiveFile(made.path, made.projection))
    yield live
    for file in live:
        file.close()


def agrees(custody: Custody, entries: Sequence[StoredEntry], at: int) -> None:
    for child in (CHILD, OTHER):
        state = oracle.known(entries, child, at)
        for day in DAYS:
            found = custody.custody(child, day, at)
            wanted = oracle.custody(state, day)
            assert (found and (found.answer, found.unreadable)) == wanted


def wards_agree(wards: Wards, entries: Sequence[StoredEntry], at: int) -> None:
    """Whoever holds anything of a child, or did, has it among his wards."""
    ever = {
        (period.holder.id, child)
        for child in (CHILD, OTHER)
        for known_at in range(at + 1)
        for period in oracle.known(entries, child, known_at).periods.values()
        if period.holder is not None
    }
    for who in PEOPLE:
        wanted = sorted(child for holder, child in ever if holder == who.id)
        assert wards.children(who.id, at, size=10) == wanted


def bars_agree(barred: Barred, entries: Sequence[StoredEntry], at: int) -> None:
    state = oracle.known(entries, CHILD, at)
    for who in PEOPLE:
        for day in DAYS[::3]:
            found = barred.barred(who.id, day, at)
            assert bool(found.bars) == oracle.barred(state, who.id, day)


@settings(max_examples=20, deadline=None)
@given(STEPS)
def test_every_prefix_of_a_random_history_answers_as_the_oracle(steps: Steps) -> None:
    with tempfile.TemporaryDirectory() as name, empty_log(Path(name)) as log:
        folder = Path(name)
        with followed(folder, log) as live:
            before = log.head().position
            tell(log, steps)
            entries = log.read(0, 1_000)
            custody, barred = Custody(folder), Barred(folder)
            wards = Wards(folder)
            for entry in entries[before:]:
                for file in live:
                    file.apply([open_stored(entry)])
                agrees(custody, entries, entry.position)
                bars_agree(barred, entries, entry.position)
                prefix = entries[: entry.position]
                assert custody.digest() == rebuilt_digest(PROJECTION, prefix)
                assert barred.digest() == rebuilt_digest(BarredProjection(), prefix)
                assert wards.digest() == rebuilt_digest(WardsProjection(), prefix)
            for entry in entries:  # what was known before is still answered at the end
                agrees(custody, entries, entry.position)
                bars_agree(barred, entries, entry.position)
            for at in (before, before + 2, len(entries)):
                wards_agree(wards, entries, at)
            custody.close()
            barred.close()
            wards.close()


def test_every_prefix_of_the_published_story_answers_as_the_oracle(
    tmp_path: Path,
) -> None:
    with opened(tmp_path / "told") as registry:
        both = outcome(disqualified=(FATHER, MOTHER))
        birth = born(CHILD, "2004-10", FATHER, MOTHER)
        bureau = Office.CIVIL_AFFAIRS
        submit(registry, submission(birth, "birth", "xuzhou-police", Office.POLICE))
        submit(registry, submission(tongshan_application(), "file", BUREAU, bureau))
        submit(registry, submission(judgment("2015-02-04", both), "judgment"))
        entries = registry.log.read(0, 1_000)
        digests = registry.custody.digest(), registry.barred.digest()
    with (
        closing(EmbeddedLog(tmp_path / "log.sqlite", ORIGIN)) as log,
        followed(tmp_path, log) as live,
    ):
        custody, barred = Custody(tmp_path), Barred(tmp_path)
        for entry in entries:
            for file in live:
                file.apply([open_stored(entry)])
            agrees(custody, entries, entry.position)
            prefix = entries[: entry.position]
            assert custody.digest() == rebuilt_digest(PROJECTION, prefix)
        assert (custody.digest(), barred.digest()) == digests
        custody.close()
        barred.close()
