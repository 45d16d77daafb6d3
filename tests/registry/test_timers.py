"""What passed is said once, by whoever looks, and changes nobody's guardianship."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from events.cases import ApplicantClass, TrialLimitReason
from events.codec import EVENTS
from events.entry import open_entry
from events.guardianship import Office
from events.proceedings import Asked
from events.registry import LimitRanOut
from ops.broker import Cluster
from projections.limits import State
from registry import timers as module
from registry.bootstrap import KafkaConfig, Registry
from registry.commands import AcceptApplication, MoveTrialLimit, WithdrawApplication
from registry.timers import MAX_AT_ONCE, Pause, Timers, day_of, end_of, timing
from tests.registry.test_duties import OPENED
from tests.support.clock import Clock
from tests.support.registry import TIMEOUT_S, child_id, opened, person, submission
from tests.support.registry import submit as sent
from tests.support.stories import (
    BUREAU,
    CASE,
    CHILD,
    FATHER,
    MOTHER,
    application,
    born,
    judgment,
    outcome,
)
from tests.support.telling import day

GRANDMOTHER = person("tongshan grandmother")
DOCKETED, LAST_DAY, DAY_AFTER = "2023-11-20", "2023-12-20", "2023-12-21"
"""Thirty days from a Monday end on a Wednesday."""
POLICE = Office.POLICE


def sue(registry: Registry) -> None:
    """A grandmother applies against the father; the court dockets it."""
    birth = born(CHILD, "2015-10-01", FATHER, MOTHER)
    sent(registry, submission(birth, "birth", "xuzhou-police", POLICE))
    asked = application(
        Asked.DISQUALIFY,
        ApplicantClass.GRANDPARENT,
        DOCKETED,
        FATHER,
        who=GRANDMOTHER,
    )
    sent(registry, submission(asked, "file"))
    docketed = AcceptApplication(case=CASE, on=day(DOCKETED))
    sent(registry, submission(docketed, "docket"))


def live_on(registry: Registry, clock: Clock, when: str) -> None:
    """Go to a day, on which somebody else records something."""
    clock.set(when, hour=9)
    birth = born(child_id(when), "2020-01-01", person(f"mother of {when}"))
    sent(registry, submission(birth, when, "xuzhou-police", POLICE))
    clock.set(when)


def timers_of(registry: Registry, clock: Clock, node: str = "tongshan-1") -> Timers:
    return Timers(
        log=registry.log,
        limits=registry.limits,
        stamps=registry.writer.stamps,
        sources=clock.sources,
        node=node,
        law=registry.law,
    )


def said(registry: Registry) -> list[LimitRanOut]:
    found = [
        EVENTS.decode(stored.fingerprint, stored.body)
        for stored in registry.log.stream("registry")
        if stored.type == "LimitRanOut"
    ]
    return [event for event in found if isinstance(event, LimitRanOut)]


def settle(registry: Registry) -> None:
    registry.runner.wait(registry.log.head().position, TIMEOUT_S)


@pytest.fixture
def clock() -> Clock:
    return Clock(DOCKETED)


def test_a_duty_is_said_overdue_and_the_header_names_no_child(
    tmp_path: Path, clock: Clock
) -> None:
    with opened(tmp_path, clock.sources) as registry:
        birth = born(CHILD, "2015-10-01", FATHER, MOTHER)
        sent(registry, submission(birth, "birth", "xuzhou-police", POLICE))
        duty = replace(OPENED, on=day(DOCKETED), due=day(LAST_DAY))
        sent(registry, submission(duty, "duty", BUREAU, Office.CIVIL_AFFAIRS))
        live_on(registry, clock, DAY_AFTER)
        assert timers_of(registry, clock).look().said == 1
        settle(registry)
        (event,) = said(registry)
        assert (event.stream, event.kind) == (f"duty/{OPENED.duty}", "duty")
        (stored,) = registry.log.read(registry.log.head().position - 1, 1)
        (header,) = open_entry(stored).frame.events
        assert header.concerns is None


@pytest.mark.parametrize(
    ("today", "count"), [("2023-12-19", 0), (LAST_DAY, 0), (DAY_AFTER, 1)]
)
def test_a_limit_has_passed_when_its_last_day_is_over(
    tmp_path: Path, clock: Clock, today: str, count: int
) -> None:
    with opened(tmp_path, clock.sources) as registry:
        sue(registry)
        live_on(registry, clock, today)
        assert timers_of(registry, clock).look().said == count
        assert len(said(registry)) == count


def test_what_is_said_names_the_limit_and_its_owner_and_is_urgent(
    tmp_path: Path, clock: Clock
) -> None:
    with opened(tmp_path, clock.sources) as registry:
        sue(registry)
        live_on(registry, clock, DAY_AFTER)
        timers_of(registry, clock).look()
        (event,) = said(registry)
        assert (event.stream, event.version) == (f"case/{CASE}", 2)
        assert (event.kind, event.due) == ("trial", LAST_DAY)
        assert event.who == "tongshan-court"
        settle(registry)
        head = registry.log.head().position
        (term,) = registry.limits.limits(date(2023, 12, 21), child=CHILD).terms
        assert (term.passed_at, term.state) == (head, State.OPEN)
        receipt = registry.writer.find(
            registry.log.registry, f"limit/case/{CASE}/2/trial/{LAST_DAY}"
        )
        assert receipt is not None
        assert [one.urgent for one in receipt.events] == [True]


def test_it_is_said_once_however_often_and_after_every_start(
    tmp_path: Path, clock: Clock
) -> None:
    with opened(tmp_path, clock.sources) as registry:
        sue(registry)
        live_on(registry, clock, DAY_AFTER)
        one = timers_of(registry, clock)
        assert [one.look().said for _ in range(3)] == [1, 0, 0]
    with opened(tmp_path, clock.sources) as registry:
        clock.set("2023-12-22")
        assert timers_of(registry, clock).look().said == 0
        assert len(said(registry)) == 1


KILLED = """
import os, sys
from pathlib import Path
from events.embedded import EmbeddedLog
from tests.registry.test_timers import DAY_AFTER, timers_of
from tests.registry.test_duties import OPENED
from tests.support.clock import Clock
from tests.support.registry import opened
folder, when = Path(sys.argv[1]), sys.argv[2]
append = EmbeddedLog.append
def killed(self, records, deadline):
    if when == "before":
        os.kill(os.getpid(), 9)
    append(self, records, deadline)
    os.kill(os.getpid(), 9)
clock = Clock(DAY_AFTER)
with opened(folder, clock.sources) as registry:
    EmbeddedLog.append = killed
    timers_of(registry, clock).look()
"""


@pytest.mark.parametrize("when", ["before", "after"])
def test_killed_around_the_append_it_is_said_after_the_restart_and_once(
    tmp_path: Path, clock: Clock, when: str
) -> None:
    with opened(tmp_path, clock.sources) as registry:
        sue(registry)
        live_on(registry, clock, "2023-12-18")
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, str(tmp_path), when], check=False
    )
    assert killed.returncode == -9
    clock.set(DAY_AFTER, hour=11)
    with opened(tmp_path, clock.sources) as registry:
        assert len(said(registry)) == (1 if when == "after" else 0)
        timers_of(registry, clock).look()
        assert len(said(registry)) == 1


def test_two_who_look_at_once_say_it_once(tmp_path: Path, clock: Clock) -> None:
    with opened(tmp_path, clock.sources) as registry:
        sue(registry)
        live_on(registry, clock, DAY_AFTER)
        together = threading.Barrier(2)
        (term,) = registry.limits.limits(date(2023, 12, 21), child=CHILD).terms

        def look(node: str) -> bool:
            timers = timers_of(registry, clock, node)
            together.wait(TIMEOUT_S)
            return timers._say(term)

        with ThreadPoolExecutor(2) as both:
            assert sorted(both.map(look, ("one", "other"))) == [False, True]
        assert len(said(registry)) == 1


def test_two_nodes_on_one_topic_say_it_once(
    tmp_path: Path, clock: Clock, cluster: Cluster, new_topic: Callable[[], str]
) -> None:
    kafka = KafkaConfig(servers=cluster.addresses, topic=new_topic())
    with ExitStack() as stack:
        one, other = (
            stack.enter_context(
                opened(tmp_path / node, clock.sources, kafka=kafka, node=node)
            )
            for node in ("one", "other")
        )
        sue(one)
        live_on(one, clock, DAY_AFTER)
        other.runner.wait(one.log.head().position, TIMEOUT_S)
        looking = [timers_of(one, clock, "one"), timers_of(other, clock, "other")]
        with ThreadPoolExecutor(2) as both:
            assert sum(both.map(lambda t: t.look().said, looking)) == 1
        for node in (one, other):
            node.log.catch_up(time.monotonic() + TIMEOUT_S)
            assert len(said(node)) == 1


def test_history_that_comes_late_raises_no_storm(tmp_path: Path, clock: Clock) -> None:
    clock.set("2025-06-02")
    with opened(tmp_path, clock.sources) as registry:
        sue(registry)  # of 2023, told in 2025
        before = registry.log.head().position
        assert timers_of(registry, clock).look().said == 0
        live_on(registry, clock, "2025-06-03")
        assert timers_of(registry, clock).look().said == 0
        assert registry.log.head().position == before + 1
        (late,) = registry.limits.limits(date(2025, 6, 3), child=CHILD).terms
        assert late.overdue(date(2025, 6, 3))


def test_a_clock_far_ahead_is_not_believed_and_writes_nothing(
    tmp_path: Path, clock: Clock
) -> None:
    with opened(tmp_path, clock.sources) as registry:
        sue(registry)
        live_on(registry, clock, "2023-12-18")
        before = registry.log.head()
        timers = timers_of(registry, clock)
        clock.set("2031-01-01")
        assert timers.look().pause is Pause.QUIET_TOO_LONG
        assert registry.log.head() == before
        clock.set(DAY_AFTER)
        assert (timers.look().said, timers.pause) == (1, None)


def test_a_clock_that_stepped_back_says_nothing(tmp_path: Path, clock: Clock) -> None:
    with opened(tmp_path, clock.sources) as registry:
        sue(registry)
        live_on(registry, clock, DAY_AFTER)
        clock.set(LAST_DAY)
        timers = timers_of(registry, clock)
        assert (timers.look().pause, said(registry)) == (Pause.CLOCK_BEHIND, [])
        clock.set(DAY_AFTER, hour=11)
        assert timers.look().said == 1


def test_a_duty_withdrawn_before_its_day_does_not_pass_and_another_begins(
    tmp_path: Path, clock: Clock
) -> None:
    with opened(tmp_path, clock.sources) as registry:
        sue(registry)
        live_on(registry, clock, "2023-12-08")
        withdrawn = WithdrawApplication(case=CASE, on=day("2023-12-08"))
        sent(registry, submission(withdrawn, "withdraw"))
        live_on(registry, clock, DAY_AFTER)
        assert timers_of(registry, clock).look().said == 0
        # Nobody else applies: civil affairs must, thirty days later, on a Sunday.
        for today, count in (("2024-01-08", 0), ("2024-01-09", 1)):
            live_on(registry, clock, today)
            assert timers_of(registry, clock).look().said == count
        (event,) = said(registry)
        assert (event.kind, event.who) == ("last_resort", "civil_affairs")


def test_a_trial_extended_in_time_passes_on_its_new_day(
    tmp_path: Path, clock: Clock
) -> None:
    with opened(tmp_path, clock.sources) as registry:
        sue(registry)
        live_on(registry, clock, "2023-12-18")
        moved = MoveTrialLimit(
            case=CASE,
            on=day("2023-12-18"),
            reason=TrialLimitReason.EXTENDED,
            until=day("2024-01-31"),
        )
        sent(registry, submission(moved, "extend"))
        for today, count in (
            (DAY_AFTER, 0),
            ("2024-01-31", 0),
            ("2024-02-01", 1),
        ):
            live_on(registry, clock, today)
            assert timers_of(registry, clock).look().said == count
        assert said(registry)[0].due == "2024-01-31"


def test_a_judgment_in_time_leaves_nothing_to_say(tmp_path: Path, clock: Clock) -> None:
    with opened(tmp_path, clock.sources) as registry:
        sue(registry)
        live_on(registry, clock, LAST_DAY)
        sent(
            registry, submission(judgment(LAST_DAY, outcome(dismissed=(FATHER,))), "j")
        )
        live_on(registry, clock, DAY_AFTER)
        assert timers_of(registry, clock).look().said == 0


def test_what_passes_ends_no_guardianship(tmp_path: Path, clock: Clock) -> None:
    with opened(tmp_path, clock.sources) as registry:
        sue(registry)
        live_on(registry, clock, DAY_AFTER)
        head = registry.log.head().position
        before = registry.custody.periods(CHILD, head)
        assert timers_of(registry, clock).look().said == 1
        settle(registry)
        assert registry.custody.periods(CHILD, head + 1) == before


def test_many_at_once_are_said_in_several_looks_and_all_of_them(
    tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert MAX_AT_ONCE > 1
    monkeypatch.setattr(module, "MAX_AT_ONCE", 2)
    with opened(tmp_path, clock.sources) as registry:
        sue(registry)
        for number in range(4):
            case = child_id(f"case {number}")
            asked = application(
                Asked.DISQUALIFY,
                ApplicantClass.CIVIL_AFFAIRS,
                DOCKETED,
                FATHER,
                case=case,
            )
            bureau = Office.CIVIL_AFFAIRS
            sent(registry, submission(asked, f"file {number}", BUREAU, bureau))
            docketed = AcceptApplication(case=case, on=day(DOCKETED))
            sent(registry, submission(docketed, f"docket {number}"))
        live_on(registry, clock, DAY_AFTER)
        timers = timers_of(registry, clock)
        counts = []
        for _ in range(4):
            counts.append(timers.look().said)
            settle(registry)
        assert counts == [2, 2, 1, 0]
        assert len({event.stream for event in said(registry)}) == 5


def test_the_thread_says_it_by_itself_and_stops(
    tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LOOK_S", 0.01)
    with opened(tmp_path, clock.sources) as registry:
        sue(registry)
        live_on(registry, clock, DAY_AFTER)
        until = time.monotonic() + TIMEOUT_S
        with timing(registry, clock.sources, "tongshan-1"):
            while not said(registry):
                assert time.monotonic() < until
                time.sleep(0.01)
        assert "timers" not in {thread.name for thread in threading.enumerate()}


def test_a_legal_day_begins_at_midnight_in_beijing() -> None:
    last = end_of(date(2023, 12, 20))
    assert day_of(last - 1) == date(2023, 12, 20)
    assert day_of(last) == date(2023, 12, 21)
