"""Whoever was just answered is waited for a little, and nobody else by that."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from pathlib import Path

import pytest

from events.embedded import EmbeddedLog
from events.guardianship import Office
from events.log import Verdict
from registry import writer as writers
from registry.announce import adopt
from registry.china import CHINA
from registry.receipt import Receipt
from registry.submission import Submission
from registry.wire import CODEC
from registry.writer import ENOUGH, Writer
from tests.support.registry import ORIGIN, child_id, sources, submission
from tests.support.stories import FATHER, born

WAIT_S = 20.0
NEVER_S = 3_600.0


class Counted(EmbeddedLog):
    """A real log that says how many were appended together, and can be held."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, ORIGIN)
        self.groups: list[int] = []
        self.held = threading.Event()
        self.entered = threading.Event()
        self.held.set()

    def append(self, records: Sequence[bytes], deadline: float) -> list[Verdict]:
        self.groups.append(len(records))
        self.entered.set()
        assert self.held.wait(WAIT_S)
        return super().append(records, deadline)


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Counted]:
    opened = Counted(tmp_path / "log.sqlite")
    adopt(opened, CODEC, sources(), "test", CHINA)
    opened.groups.clear()
    opened.entered.clear()
    yield opened
    opened.close()


@pytest.fixture
def made(log: Counted) -> Iterator[Callable[[], Writer]]:
    """Make a writer whose rounds take an hour by its clock: so long it may wait."""
    hours = itertools.count(time.monotonic(), NEVER_S)
    writers: list[Writer] = []

    def make() -> Writer:
        writer = Writer(
            log,
            CODEC,
            sources(),
            CHINA,
            node="test",
            clock_lead_us=1_000_000,
            now=lambda: next(hours),
        )
        writers.append(writer)
        return writer

    yield make
    log.held.set()
    for writer in writers:
        writer.close()


def birth(name: str) -> Submission:
    return submission(born(child_id(name), "2004-10", FATHER), name, "p", Office.POLICE)


def asked(writer: Writer, name: str) -> Future[Receipt]:
    return writer.submit(birth(name), float("inf"))


def meanwhile(
    log: Counted, writer: Writer, names: Sequence[str]
) -> list[Future[Receipt]]:
    """Have some submitted while the first is appended; return the futures of all."""
    log.held.clear()
    futures = [asked(writer, "first")]
    assert log.entered.wait(WAIT_S)
    futures += [asked(writer, name) for name in names]
    log.held.set()
    return futures


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a round wait for an hour: who is not waited for is answered before."""
    monkeypatch.setattr(writers, "MAX_GATHER_S", NEVER_S)


@pytest.mark.usefixtures("patient")
def test_who_was_answered_and_submits_again_is_decided_with_those_who_waited(
    log: Counted, made: Callable[[], Writer]
) -> None:
    writer = made()
    first, *others = meanwhile(log, writer, ["second", "third"])
    first.result(WAIT_S)
    again = asked(writer, "again")
    for one in [*others, again]:
        one.result(WAIT_S)
    assert log.groups == [1, 3]


@pytest.mark.usefixtures("patient")
def test_who_submits_alone_waits_for_nobody(
    log: Counted, made: Callable[[], Writer]
) -> None:
    writer = made()
    for name in ("one", "after", "the", "other"):
        asked(writer, name).result(WAIT_S)
    assert log.groups == [1, 1, 1, 1]


@pytest.mark.usefixtures("patient")
def test_enough_of_them_wait_for_no_more(
    log: Counted, made: Callable[[], Writer]
) -> None:
    names = [f"of many {number}" for number in range(ENOUGH)]
    for one in meanwhile(log, made(), names):
        one.result(WAIT_S)
    assert log.groups == [1, ENOUGH]


def test_who_does_not_come_back_is_not_waited_for_long(
    log: Counted, made: Callable[[], Writer]
) -> None:
    for one in meanwhile(log, made(), ["second"]):
        one.result(WAIT_S)
    assert log.groups == [1, 1]


@pytest.mark.usefixtures("patient")
def test_a_stop_does_not_wait_for_those_who_were_answered(
    log: Counted, made: Callable[[], Writer]
) -> None:
    writer = made()
    first, second = meanwhile(log, writer, ["second"])
    first.result(WAIT_S)
    writer.close()
    assert second.exception(WAIT_S) is not None
    assert log.groups == [1]
