"""Whoever was just answered is waited for a little, and nobody else by that."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import closing
from pathlib import Path

import pytest

from events.embedded import EmbeddedLog
from events.guardianship import Office
from events.log import Verdict
from registry import writer as writers
from registry.china import CHINA
from registry.receipt import Receipt
from registry.submission import Submission
from registry.wire import CODEC
from registry.writer import ENOUGH, Writer
from tests.support.registry import child_id, sources, submission
from tests.support.stories import FATHER, born
from tests.support.troubled import Troubled, troubled

WAIT_S = 20.0
NEVER_S = 3_600.0


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Troubled]:
    with troubled(tmp_path) as opened:
        yield opened


def made_on(log: Troubled, now: Callable[[], float]) -> Writer:
    lead_us = 1_000_000
    return Writer(
        log, CODEC, sources(), CHINA, node="test", clock_lead_us=lead_us, now=now
    )


@pytest.fixture
def writer(log: Troubled) -> Iterator[Writer]:
    """A writer whose rounds take an hour by its clock: so long it may wait."""
    hours = itertools.count(time.monotonic(), NEVER_S)
    made = made_on(log, lambda: next(hours))
    yield made
    log.held.set()
    made.close()


def groups(log: Troubled) -> list[int]:
    """Return how many were appended together, round by round."""
    return [len(sent) for sent in log.sent]


def birth(name: str) -> Submission:
    return submission(born(child_id(name), "2004-10", FATHER), name, "p", Office.POLICE)


def asked(writer: Writer, name: str) -> Future[Receipt]:
    return writer.submit(birth(name), float("inf"))


class Beside(Troubled):
    """The same log for another writer, whose appends nobody withholds."""

    def __init__(self, log: Troubled) -> None:
        self.__dict__ = log.__dict__

    def append(self, records: Sequence[bytes], deadline: float) -> list[Verdict]:
        return EmbeddedLog.append(self, records, deadline)


def meanwhile(
    log: Troubled, writer: Writer, names: Sequence[str]
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
    log: Troubled, writer: Writer
) -> None:
    first, *others = meanwhile(log, writer, ["second", "third"])
    first.result(WAIT_S)
    again = asked(writer, "again")
    for one in [*others, again]:
        one.result(WAIT_S)
    assert groups(log) == [1, 3]


@pytest.mark.usefixtures("patient")
def test_who_submits_alone_waits_for_nobody(log: Troubled, writer: Writer) -> None:
    for name in ("one", "after", "the", "other"):
        asked(writer, name).result(WAIT_S)
    assert groups(log) == [1, 1, 1, 1]


@pytest.mark.usefixtures("patient")
def test_enough_of_them_wait_for_no_more(log: Troubled, writer: Writer) -> None:
    names = [f"of many {number}" for number in range(ENOUGH)]
    for one in meanwhile(log, writer, names):
        one.result(WAIT_S)
    assert groups(log) == [1, ENOUGH]


def test_who_does_not_come_back_is_not_waited_for_long(
    log: Troubled, writer: Writer
) -> None:
    for one in meanwhile(log, writer, ["second"]):
        one.result(WAIT_S)
    assert groups(log) == [1, 1]


@pytest.mark.usefixtures("patient")
def test_a_stop_does_not_wait_for_those_who_were_answered(
    log: Troubled, writer: Writer
) -> None:
    first, second = meanwhile(log, writer, ["second"])
    first.result(WAIT_S)
    writer.close()
    assert second.exception(WAIT_S) is not None
    assert groups(log) == [1]


@pytest.mark.usefixtures("patient")
def test_who_lost_a_race_is_not_waited_for_as_if_he_were_answered(
    log: Troubled, writer: Writer
) -> None:
    log.held.clear()
    loser = asked(writer, "loser")
    assert log.entered.wait(WAIT_S)
    with closing(made_on(Beside(log), time.monotonic)) as other:
        asked(other, "winner").result(WAIT_S)
    log.held.set()
    loser.result(WAIT_S)
    assert groups(log) == [1, 1]
