"""Marks of deliveries: recorded by ticks, confirmed by none before it has them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from events.embedded import EmbeddedLog
from events.feed import Place
from events.ledger import Key, Ledger, Mark, Moved, ledger_origin
from events.log import Head, LogClosedError, LogUnavailableError
from registry.deliveries import Deliveries
from tests.support.disk import full_disk
from tests.support.registry import ORIGIN, opened
from tests.support.waiting import wait

KEY: Key = ("xuzhou-bureau", "everything", 1)
NOW = 1_700_000_000_000_000
EVER_S = 3_600.0
"""No tick comes by itself where a test makes them."""


def at(position: int) -> Place:
    return Place(position=position, number=position, link=bytes([position]) * 32)


@pytest.fixture
def main(tmp_path: Path) -> Iterator[EmbeddedLog]:
    """Give a main log: with it what a registry begins with."""
    with opened(tmp_path / "main") as registry:
        assert isinstance(registry.log, EmbeddedLog)
        yield registry.log


@contextmanager
def keeping(
    main: EmbeddedLog, folder: Path, tick_s: float = EVER_S
) -> Iterator[tuple[Deliveries, Ledger]]:
    """Give a server's marks and ledger; it ends as by a kill: nothing more is kept."""
    folder.mkdir(exist_ok=True)
    log = EmbeddedLog(folder / "deliveries.sqlite", ledger_origin(ORIGIN))
    ledger = Ledger(log, "one", lambda: NOW)
    try:
        yield Deliveries(main, ledger, tick_s=tick_s), ledger
    finally:
        log.close()


def marks(ledger: Ledger) -> tuple[int, int]:
    """Return how far it was offered and acknowledged, by the ledger."""
    found = (ledger.place(mark, KEY) for mark in (Mark.OFFERED, Mark.ACKNOWLEDGED))
    offered, acknowledged = (one.position if one else 0 for one in found)
    return offered, acknowledged


def entries(folder: Path) -> int:
    log = EmbeddedLog(folder / "deliveries.sqlite", ledger_origin(ORIGIN))
    try:
        return log.head().position
    finally:
        log.close()


def test_all_that_moves_between_two_ticks_is_one_entry_and_nothing_is_none(
    main: EmbeddedLog, tmp_path: Path
) -> None:
    with keeping(main, tmp_path / "l") as (kept, ledger):
        for position in range(1, 9):
            kept.offered(KEY, at(position))
            kept.acknowledge(KEY, at(max(1, position - 1)))
            kept.offered(("nanjing-bureau", "all", 1), at(position))
        kept.tick()
        kept.tick()
        assert marks(ledger) == (8, 7)
        assert ledger.true_for() == (main.head().position, main.head().hash)
    assert entries(tmp_path / "l") == 1


def test_nobody_is_told_that_it_is_durable_before_a_tick_has_it(
    main: EmbeddedLog, tmp_path: Path
) -> None:
    with keeping(main, tmp_path / "l") as (kept, ledger):
        kept.offered(KEY, at(5))
        waits = [kept.acknowledge(KEY, at(position)) for position in (2, 4, 3)]
        assert kept.place(Mark.ACKNOWLEDGED, KEY) == at(4)
        assert not any(one.done() for one in waits)
        assert kept.durable(Mark.ACKNOWLEDGED, KEY) is None
        kept.tick()
        assert [one.result(0) for one in waits] == [None, None, None]
        assert kept.durable(Mark.ACKNOWLEDGED, KEY) == at(4)
        late = kept.acknowledge(KEY, at(3))  # it is behind what stands
        kept.tick()
        assert late.done()
        assert marks(ledger) == (5, 4)


Step = tuple[str, int]
STEP = st.one_of(
    st.tuples(st.sampled_from(["offer", "acknowledge"]), st.integers(1, 30)),
    st.tuples(st.sampled_from(["tick", "kill"]), st.just(0)),
)


@settings(max_examples=60, deadline=None)
@given(steps=st.lists(STEP, max_size=25))
def test_a_kill_may_offer_again_and_never_claims_or_loses_what_was_confirmed(
    tmp_path_factory: pytest.TempPathFactory, steps: list[Step]
) -> None:
    folder = tmp_path_factory.mktemp("deliveries")
    made, confirmed = {0}, 0
    waits: dict[int, Future[None]] = {}
    with opened(folder / "main") as registry:
        main = registry.log
        assert isinstance(main, EmbeddedLog)
        rest = iter([*steps, ("kill", 0)])
        alive = True
        while alive:
            alive = False
            with keeping(main, folder / "l") as (kept, ledger):
                assert marks(ledger)[1] in made
                assert marks(ledger)[1] >= confirmed
                for step, position in rest:
                    match step:
                        case "offer":
                            kept.offered(KEY, at(position))
                        case "acknowledge":
                            made.add(position)
                            waits[position] = kept.acknowledge(KEY, at(position))
                        case "tick":
                            kept.tick()
                        case _:
                            alive = True
                    done = [number for number, one in waits.items() if one.done()]
                    confirmed = max(confirmed, *done, 0)
                    assert marks(ledger)[1] >= confirmed
                    if alive:
                        waits.clear()
                        break


def test_where_the_ledger_cannot_be_written_marks_wait_and_nothing_is_confirmed(
    main: EmbeddedLog, tmp_path: Path
) -> None:
    with keeping(main, tmp_path / "l") as (kept, ledger):
        kept.offered(KEY, at(5))
        waiting = kept.acknowledge(KEY, at(3))
        with full_disk(), pytest.raises(LogUnavailableError):
            kept.tick()
        assert not waiting.done()
        assert marks(ledger) == (0, 0)
        kept.offered(KEY, at(7))  # what moves meanwhile is not lost either
        kept.tick()
        assert waiting.done()
        assert marks(ledger) == (7, 3)


class Meanwhile(Ledger):
    """A ledger in whose midst something else happens."""

    def __init__(self, ledger: Ledger, then: Callable[[], None], *, full: bool) -> None:
        super().__init__(ledger._log, "one", lambda: NOW)
        self._then = then
        self._full = full

    def record(self, moved: Sequence[Moved], true_for: Head) -> None:
        if self._full:
            self._full = False
            self._then()
            raise LogUnavailableError
        super().record(moved, true_for)
        self._then()


def test_what_moves_while_a_tick_is_written_waits_for_the_next(
    main: EmbeddedLog, tmp_path: Path
) -> None:
    with keeping(main, tmp_path / "l") as (_, ledger):
        waits: list[Future[None]] = []

        def then() -> None:
            waits.append(kept.acknowledge(KEY, at(6 + len(waits))))

        kept = Deliveries(main, Meanwhile(ledger, then, full=False), tick_s=EVER_S)
        first = kept.acknowledge(KEY, at(5))
        kept.tick()
        assert (first.done(), waits[0].done(), marks(ledger)) == (True, False, (0, 5))
        kept.tick()
        assert (waits[0].done(), marks(ledger)) == (True, (0, 6))


def test_what_moves_while_a_tick_fails_is_not_taken_back_by_it(
    main: EmbeddedLog, tmp_path: Path
) -> None:
    with keeping(main, tmp_path / "l") as (_, ledger):

        def then() -> None:
            kept.offered(KEY, at(9))

        kept = Deliveries(main, Meanwhile(ledger, then, full=True), tick_s=EVER_S)
        kept.offered(KEY, at(5))
        with pytest.raises(LogUnavailableError):
            kept.tick()
        kept.tick()
        assert marks(ledger) == (9, 0)


def test_ticks_come_by_themselves_and_say_why_they_do_not(
    main: EmbeddedLog, tmp_path: Path
) -> None:
    with keeping(main, tmp_path / "l", tick_s=0.01) as (kept, ledger):
        kept.start()
        with full_disk():
            waiting = kept.acknowledge(KEY, at(3))
            wait(lambda: kept.trouble is not None)
            assert not waiting.done()
        waiting.result(60)
        wait(lambda: kept.trouble is None)
        assert marks(ledger) == (0, 3)
        kept.close()


def test_an_end_records_what_moved_and_takes_nothing_more(
    main: EmbeddedLog, tmp_path: Path
) -> None:
    with keeping(main, tmp_path / "l") as (kept, _):
        kept.start()
        kept.offered(KEY, at(5))
        waiting = kept.acknowledge(KEY, at(4))
        kept.close()
        assert waiting.result(0) is None
        with pytest.raises(LogClosedError):
            kept.acknowledge(KEY, at(5))
    with keeping(main, tmp_path / "l") as (_, ledger):
        assert marks(ledger) == (5, 4)


def test_whoever_waits_when_nothing_can_be_written_is_told_of_the_end(
    main: EmbeddedLog, tmp_path: Path
) -> None:
    with keeping(main, tmp_path / "l") as (kept, _):
        waiting = kept.acknowledge(KEY, at(4))
        with full_disk():
            kept.close()
        with pytest.raises(LogClosedError):
            waiting.result(0)
    with keeping(main, tmp_path / "l") as (_, ledger):
        assert marks(ledger) == (0, 0)


def test_many_who_acknowledge_at_once_are_all_confirmed(
    main: EmbeddedLog, tmp_path: Path
) -> None:
    with keeping(main, tmp_path / "l", tick_s=0.01) as (kept, ledger):
        kept.start()
        answered: list[Future[None]] = []

        def acknowledge(number: int) -> None:
            key = ("xuzhou-bureau", f"n{number}", 1)
            for position in range(1, 11):
                one = kept.acknowledge(key, at(position))
                one.result(60)
                answered.append(one)

        threads = [
            threading.Thread(target=acknowledge, args=(number,)) for number in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(answered) == 80
        for number in range(8):
            place = ledger.place(Mark.ACKNOWLEDGED, ("xuzhou-bureau", f"n{number}", 1))
            assert place == at(10)
        kept.close()
