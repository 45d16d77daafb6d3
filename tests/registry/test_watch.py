"""Who is behind is what a plain look through the whole log finds, by small looks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from events.entry import Entry, open_entry
from events.feed import Place
from events.filters import Filter
from events.guardianship import Office
from events.ledger import Key
from events.log import StoredEntry
from events.subscriptions import Epoch
from registry import watch as module
from registry.bootstrap import Registry
from registry.deliveries import Deliveries
from registry.subscribed import Subscribed
from registry.watch import Watch
from tests.events.test_feed import _filter
from tests.support.registry import child_id, opened, submission, submit
from tests.support.stories import COURT, FATHER, MOTHER, born, judgment, outcome

KEY: Key = ("xuzhou-bureau", "everything", 1)
LOOK, PAGE = 6, 3
"""Entries of one look, and of one page, in this test."""
FAMILIES = 8


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    """Give a log in which now and then a guardian is removed, which is urgent."""
    folder: Path = tmp_path_factory.mktemp("watch")
    with opened(folder) as found:
        for family in range(FAMILIES):
            for number in range(family % 4 + 1):
                child = child_id(f"child {number} of {family}")
                asked = born(child, "2010-03-01", FATHER, MOTHER)
                by = submission(asked, child, f"police-{family % 3}", Office.POLICE)
                submit(found, by)
            removed = outcome(child=child, disqualified=(FATHER,))
            case = child_id(f"case of {family}")
            taken = judgment("2015-02-04", removed, case=case)
            submit(found, submission(taken, case, COURT))
        yield found


@pytest.fixture(scope="module")
def entries(registry: Registry) -> list[Entry]:
    return list(map(open_entry, registry.log.read(0, 1_000)))


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_READ", LOOK)
    monkeypatch.setattr(module, "PAGE", PAGE)


def lacking(
    entries: list[Entry], wanted: Filter, after: int, until: int
) -> tuple[int | None, int | None]:
    """Return the first entry that is taken behind a position, and the first urgent."""
    first = urgent = None
    for entry in entries:
        taken = wanted.takes(entry.frame)
        if not after < entry.position <= until or not any(taken):
            continue
        first = first or entry.position
        headers = zip(taken, entry.frame.events, strict=True)
        if any(one and header.urgent for one, header in headers):
            urgent = urgent or entry.position
    return first, urgent


def at(position: int) -> Place:
    return Place(position=position, number=position, link=bytes(32))


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_small_looks_that_go_on_find_what_a_look_through_everything_finds(
    registry: Registry, entries: list[Entry], data: st.DataObject
) -> None:
    log, head = registry.log, entries[-1].position
    wanted = _filter(data, entries)
    after = data.draw(st.integers(0, head), "after")
    until = data.draw(st.none() | st.integers(after, head), "until")
    epoch = Epoch(
        number=1,
        wanted=wanted,
        after=after,
        urgent_within_s=60,
        began_at=1,
        until=until,
    )
    end = head if until is None else until
    kept = Deliveries(log, None)
    watch = Watch(log, Subscribed(log), kept, lambda: 0)
    acknowledged = after
    looked_to = 0
    for moves in data.draw(st.lists(st.integers(0, 9), max_size=8), "acknowledged"):
        if moves and acknowledged + moves <= end:
            acknowledged += moves
            kept.acknowledge(KEY, at(acknowledged))
        found = watch.behind(KEY, epoch)
        assert found.looked_to <= max(looked_to, acknowledged) + LOOK
        looked_to = found.looked_to
        first, urgent = lacking(entries, wanted, acknowledged, looked_to)
        assert (found.first.position if found.first else None) == first
        assert (found.urgent.position if found.urgent else None) == urgent
    for _ in range(head):
        found = watch.behind(KEY, epoch)
    first, urgent = lacking(entries, wanted, acknowledged, end)
    assert (found.first.position if found.first else None) == first
    assert (found.urgent.position if found.urgent else None) == urgent
    assert found.looked_to == (urgent or max(end, acknowledged))


def test_entries_are_opened_once_for_all_who_lack_them(
    registry: Registry, entries: list[Entry], monkeypatch: pytest.MonkeyPatch
) -> None:
    opened_: list[int] = []

    def opening(stored: StoredEntry) -> Entry:
        opened_.append(stored.position)
        return open_entry(stored)

    monkeypatch.setattr(module, "open_entry", opening)
    watch = Watch(
        registry.log, Subscribed(registry.log), Deliveries(registry.log, None), int
    )
    for number in range(30):
        wanted = Filter(types=frozenset({f"type {number % 3}"}))
        watch.behind(("bureau", f"name {number}", 1), everything(number % 4, wanted))
    looked = {entry.position for entry in entries if entry.position <= LOOK + PAGE}
    assert sorted(opened_) == sorted(looked)


def test_what_is_recorded_after_a_look_is_found_by_the_next(tmp_path: Path) -> None:
    """The last page is not full: it is read again once the log has gone on."""
    with opened(tmp_path) as found:
        log = found.log
        watch = Watch(log, Subscribed(log), Deliveries(log, None), int)
        begin = log.head().position
        for number in range(2 * PAGE + 1):
            child = child_id(f"child {number}")
            asked = born(child, "2010-03-01", FATHER, MOTHER)
            by = submission(asked, child, "police", Office.POLICE)
            position = submit(found, by).position
            seen = watch.behind(KEY, everything(begin))
            assert (seen.looked_to, seen.first and seen.first.position) == (
                position,
                begin + 1,
            )
            late = watch.behind(("late", "everything", 1), everything(position - 1))
            assert late.looked_to == position


def everything(after: int, wanted: Filter | None = None) -> Epoch:
    return Epoch(
        number=1,
        wanted=wanted or Filter(),
        after=after,
        urgent_within_s=60,
        began_at=1,
        until=None,
    )
