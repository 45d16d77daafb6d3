"""The delivery ledger: marks that move forward only, whoever says so, in one log."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from events.embedded import EmbeddedLog
from events.entry import open_entry
from events.feed import Place
from events.ledger import MAX_MARKS, Key, Ledger, Mark, Moved, ledger_origin
from events.log import EMPTY, Head, LogUnavailableError, StoredEntry
from tests.support.registry import ORIGIN

KEY: Key = ("xuzhou-bureau", "everything", 1)
NOW = 1_700_000_000_000_000


def at(position: int) -> Place:
    return Place(position=position, number=position, link=bytes([position % 256]) * 32)


def head(position: int) -> Head:
    return Head(position=position, hash=bytes([position % 256]) * 32, recorded_at=NOW)


def moved(position: int, mark: Mark = Mark.ACKNOWLEDGED, key: Key = KEY) -> Moved:
    return Moved(mark=mark, key=key, place=at(position))


@pytest.fixture
def log(tmp_path: Path) -> Iterator[EmbeddedLog]:
    found = EmbeddedLog(tmp_path / "deliveries.sqlite", ledger_origin(ORIGIN))
    yield found
    found.close()


class Careless(Ledger):
    """A server that does not look how far a mark has come."""

    def _ahead(self, moved: Iterable[Moved]) -> Iterable[Moved]:
        return moved


def ledger(log: EmbeddedLog, node: str = "one", now: int = NOW) -> Ledger:
    return Ledger(log, node, lambda: now)


def test_it_says_how_far_a_mark_has_come_and_when(log: EmbeddedLog) -> None:
    kept = ledger(log)
    assert kept.place(Mark.ACKNOWLEDGED, KEY) is None
    assert kept.true_for() is None
    kept.record([moved(3), moved(5, Mark.OFFERED)], head(6))
    ledger(log, now=NOW + 7_000_000).record([moved(9)], head(9))
    assert kept.place(Mark.ACKNOWLEDGED, KEY) == at(9)
    assert kept.place(Mark.OFFERED, KEY) == at(5)
    for position, when, entry in ((1, 0, 1), (3, 0, 1), (4, 7, 2), (9, 7, 2)):
        reached = kept.reached(Mark.ACKNOWLEDGED, KEY, position)
        assert reached is not None
        assert (reached.at, reached.entry) == (NOW + when * 1_000_000, entry)
    assert kept.reached(Mark.ACKNOWLEDGED, KEY, 10) is None
    assert kept.true_for() == (9, bytes([9]) * 32)


def test_a_tick_is_one_entry_and_a_still_one_is_none(log: EmbeddedLog) -> None:
    kept = ledger(log)
    others = [moved(2, key=("b", "n", number)) for number in range(1, 20)]
    kept.record([moved(2), *others], head(2))
    kept.record([moved(2)], head(3))
    kept.record([], head(4))
    assert log.head().position == 1
    kept.record(
        [moved(5, key=("c", "n", number)) for number in range(MAX_MARKS + 1)], head(5)
    )
    assert log.head().position == 3


@settings(max_examples=60, deadline=None)
@given(
    said=st.lists(st.tuples(st.integers(0, 2), st.integers(1, 40)), max_size=20),
)
def test_of_several_servers_in_any_order_the_highest_mark_stands(
    tmp_path_factory: pytest.TempPathFactory, said: list[tuple[int, int]]
) -> None:
    folder = tmp_path_factory.mktemp("ledger")
    log = EmbeddedLog(folder / "deliveries.sqlite", ledger_origin(ORIGIN))
    servers = [ledger(log, name) for name in ("one", "two", "three")]
    highest = 0
    for server, position in said:
        servers[server].record([moved(position)], head(position))
        highest = max(highest, position)
        assert servers[0].place(Mark.ACKNOWLEDGED, KEY) == at(highest)
    versions = [
        one.version for one in log.stream("acknowledged/xuzhou-bureau/everything/1")
    ]
    assert versions == sorted(set(versions))
    log.close()


def test_a_mark_that_goes_back_is_void_for_every_reader(log: EmbeddedLog) -> None:
    """Not by this code's own care: acceptance refuses a version that is not above."""
    kept = ledger(log)
    kept.record([moved(7)], head(7))
    forged = Careless(log, "two", lambda: NOW)
    with pytest.raises(LogUnavailableError, match="other servers won"):
        forged.record([moved(6)], head(7))
    assert kept.place(Mark.ACKNOWLEDGED, KEY) == at(7)
    assert {void.reason for void in log.voids(0, 100)} == {"version_not_above"}


def test_it_names_what_of_the_log_it_is_true_for(log: EmbeddedLog) -> None:
    kept = ledger(log)
    kept.record([moved(1)], head(4))
    (stored,) = log.read(0, 10)
    body = open_entry(stored).record.request
    assert body is not None
    assert body.content == b"4\n" + (bytes([4]) * 32).hex().encode()


class History:
    """A main log with entries of its own hashes."""

    def __init__(self, salt: int) -> None:
        self._salt = salt

    def head(self) -> Head:
        return EMPTY

    def read(self, after: int, limit: int) -> list[StoredEntry]:
        hash_ = bytes([(after + 1) % 256 ^ self._salt]) * 32
        return [StoredEntry(after + 1, hash_, NOW, "", "", b"")][:limit]


def test_what_agreed_once_is_judged_again_for_another_log_and_when_it_has_grown(
    log: EmbeddedLog,
) -> None:
    kept, ours, other = ledger(log), History(0), History(1)
    assert kept.agrees(other)  # it says nothing yet
    kept.record([moved(3)], head(6))
    for _ in "12":
        assert kept.agrees(ours)
        assert not kept.agrees(other)
    forged = Head(position=9, hash=bytes(32), recorded_at=NOW)
    ledger(log, node="two").record([moved(9)], forged)  # by a server of another log
    for _ in "12":
        assert not kept.agrees(ours)
