"""What a writer does when it does not know: the same bytes again, and never a guess."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from events.embedded import EmbeddedLog
from events.guardianship import Office
from events.log import (
    ClockRefusedError,
    LogClosedError,
    LogUnavailableError,
    OutcomeUnknownError,
)
from registry.announce import NotAdoptedError, adopt
from registry.china import CHINA
from registry.refusal import NotKnownError
from registry.sources import Sources
from registry.submission import AlreadyExistsError, OverloadedError, Submission
from registry.waiting import MAX_WAITING
from registry.wire import CODEC
from registry.writer import Writer
from tests.support.registry import ORIGIN, child_id, sources, submission
from tests.support.stories import CHILD, FATHER, born, judgment, outcome
from tests.support.troubled import Troubled, troubled

WAIT_S = 10.0
MANY_S = 120.0
"""For a thousand submissions: a slow machine takes ten seconds for them."""


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Troubled]:
    with troubled(tmp_path) as opened:
        yield opened


@pytest.fixture
def writer(log: Troubled) -> Iterator[Writer]:
    made = Writer(log, CODEC, sources(), CHINA, node="test", clock_lead_us=1_000_000)
    yield made
    made.close()


def birth(child: str = CHILD, request: str = "birth") -> Submission:
    return submission(born(child, "2004-10", FATHER), request, "p", Office.POLICE)


def soon() -> float:
    return time.monotonic() + WAIT_S


def test_an_append_whose_answer_was_lost_gives_its_receipt_when_asked_again(
    log: Troubled, writer: Writer
) -> None:
    log.lose_after = 1
    with pytest.raises(OutcomeUnknownError):
        writer.submit(birth(), soon()).result(WAIT_S)
    again = writer.submit(birth(), soon()).result(WAIT_S)
    assert again.repeated
    assert again.position == log.head().position == 3


def test_an_append_that_never_arrived_is_sent_again_with_the_same_bytes(
    log: Troubled, writer: Writer
) -> None:
    log.lose_before = 1
    with pytest.raises(OutcomeUnknownError):
        writer.submit(birth(), soon()).result(WAIT_S)
    other = writer.submit(birth(child_id("other"), "other"), soon()).result(WAIT_S)
    assert log.sent[0] == log.sent[1]
    assert other.position == 4  # decided only after the doubt was settled
    found = writer.find("p", birth().request_id)
    assert found is not None
    assert found.position == 3


def test_while_the_doubt_lasts_nothing_else_is_decided(
    log: Troubled, writer: Writer
) -> None:
    log.lose_before = 3
    for _ in range(3):
        with pytest.raises(OutcomeUnknownError):
            writer.submit(birth(), soon()).result(WAIT_S)
    assert log.sent[0] == log.sent[1] == log.sent[2]
    assert writer.submit(birth(), soon()).result(WAIT_S).position == 3


def test_a_fault_is_answered_only_after_the_end_of_the_log_was_asked(
    log: Troubled, writer: Writer
) -> None:
    unknown = submission(judgment("2015-02-04", outcome(disqualified=(FATHER,))), "j")
    before = log.ends_asked
    with pytest.raises(NotKnownError) as fault:
        writer.submit(unknown, soon()).result(WAIT_S)
    assert log.ends_asked == before + 1
    assert fault.value.position == 2


def test_a_fault_on_an_expected_state_that_came_to_nothing_refuses_nobody(
    log: Troubled, writer: Writer
) -> None:
    """The second registration of a child is a fault only once the first is recorded."""
    log.held.clear()
    blocker = writer.submit(birth(child_id("blocker"), "blocker"), soon())
    assert log.entered.wait(WAIT_S)
    first = writer.submit(birth(CHILD, "first"), soon())
    second = writer.submit(birth(CHILD, "second"), soon())
    log.lose_before = 0
    log.held.set()
    positions = [f.result(WAIT_S).position for f in (blocker, first)]
    assert positions == [3, 4]
    with pytest.raises(Exception, match="is registered already") as fault:
        second.result(WAIT_S)
    assert getattr(fault.value, "position", 0) >= 4


def test_the_same_key_twice_in_one_group_is_one_entry(
    log: Troubled, writer: Writer
) -> None:
    log.held.clear()
    blocker = writer.submit(birth(child_id("blocker"), "blocker"), soon())
    assert log.entered.wait(WAIT_S)
    twins = [writer.submit(birth(), soon()) for _ in range(2)]
    other = writer.submit(birth(child_id("other"), "birth"), soon())
    log.held.set()
    receipts = [twin.result(WAIT_S) for twin in twins]
    assert blocker.result(WAIT_S).position == 3
    assert {r.position for r in receipts} == {4}
    assert sorted(r.repeated for r in receipts) == [False, True]
    with pytest.raises(AlreadyExistsError) as exists:
        other.result(WAIT_S)
    assert exists.value.first.position == 4


def test_more_than_may_wait_is_turned_away_and_nothing_of_it_recorded(
    log: Troubled, writer: Writer
) -> None:
    late = time.monotonic() + MANY_S
    log.held.clear()
    waiting = [writer.submit(birth(child_id("0"), "0"), late)]
    assert log.entered.wait(WAIT_S)
    for number in range(1, MAX_WAITING + 1):
        asked = birth(child_id(str(number)), str(number))
        waiting.append(writer.submit(asked, late))
    one_more = birth(child_id("one more"), "one more")
    with pytest.raises(OverloadedError):
        writer.submit(one_more, late)
    log.held.set()
    positions = [future.result(MANY_S).position for future in waiting]
    assert positions == list(range(3, 3 + len(waiting)))


def test_a_deadline_that_passed_while_waiting_records_nothing(
    log: Troubled, writer: Writer
) -> None:
    log.held.clear()
    blocker = writer.submit(birth(child_id("blocker"), "blocker"), soon())
    assert log.entered.wait(WAIT_S)
    late = writer.submit(birth(), time.monotonic() + 0.05)
    time.sleep(0.1)
    log.held.set()
    blocker.result(WAIT_S)
    with pytest.raises(LogUnavailableError, match="before the submission was tried"):
        late.result(WAIT_S)
    assert log.head().position == 3


def test_what_waits_at_the_close_is_told_so(log: Troubled) -> None:
    writer = Writer(log, CODEC, sources(), CHINA, node="test", clock_lead_us=1_000_000)
    log.held.clear()
    first = writer.submit(birth(child_id("first"), "first"), soon())
    assert log.entered.wait(WAIT_S)
    waiting = writer.submit(birth(), soon())
    closing = threading.Thread(target=writer.close)
    closing.start()
    log.held.set()
    closing.join()
    assert first.result(0).position == 3
    with pytest.raises(LogClosedError):
        waiting.result(0)
    with pytest.raises(LogClosedError):
        writer.submit(birth(), soon())


def clocked(clock: Callable[[], int]) -> Sources:
    return Sources(clock=clock, salt=lambda: bytes(16))


def test_a_clock_behind_the_log_by_more_than_is_allowed_writes_nothing(
    log: Troubled,
) -> None:
    behind = log.head().recorded_at - 1_000_001
    writer = Writer(
        log, CODEC, clocked(lambda: behind), CHINA, node="t", clock_lead_us=10**6
    )
    with pytest.raises(ClockRefusedError, match="set the clock right"):
        writer.submit(birth(), soon()).result(WAIT_S)
    writer.close()
    assert log.head().position == 2


def test_a_release_whose_formats_are_not_adopted_does_not_write(tmp_path: Path) -> None:
    log = EmbeddedLog(tmp_path / "log.sqlite", ORIGIN)
    writer = Writer(log, CODEC, sources(), CHINA, node="test", clock_lead_us=1_000_000)
    with pytest.raises(NotAdoptedError, match="formats of this release"):
        writer.submit(birth(), soon()).result(WAIT_S)
    adopt(log, CODEC, sources(), "test", CHINA)
    assert writer.submit(birth(), soon()).result(WAIT_S).position == 3
    writer.close()
    log.close()
