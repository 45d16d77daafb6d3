"""What a peer says, or does not say: nothing of it is believed beyond our own copy."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from events.embedded import EmbeddedLog
from events.entry import open_entry
from events.guardianship import Office
from events.log import OutcomeUnknownError
from registry.announce import adopt
from registry.china import CHINA
from registry.forwarding import (
    DECLINED,
    MAX_MOVES,
    UNKNOWN,
    Done,
    Kind,
    Outcome,
    outcome_of,
)
from registry.refusal import NotKnownError
from registry.submission import OverloadedError, Submission
from registry.waiting import MAX_WAITING, MAX_WAITING_BYTES, Queue, Waiting
from registry.wire import CODEC
from registry.writer import Writer
from tests.support.registry import ORIGIN, child_id, sources, submission
from tests.support.stories import CHILD, FATHER, born, judgment, outcome

WAIT_S = 20.0


class Honest:
    """A peer that does what it is asked: another writer on the same log."""

    def __init__(self, other: Writer) -> None:
        self.other = other

    def ready(self, node: str) -> bool:
        return node == "elsewhere"

    def forward(
        self,
        node: str,  # noqa: ARG002  there is one
        submissions: Sequence[tuple[Submission, float]],
        timeout_s: float,
        done: Done,
    ) -> int:
        (asked, _), *_ = submissions
        until = time.monotonic() + timeout_s
        future = self.other.submit(asked, until, origin="here")
        future.add_done_callback(lambda ended: done([outcome_of(ended)]))
        return 1


class Hostile:
    """A peer that answers as it is told, without having done anything."""

    def __init__(self, *outcomes: Outcome, takes: int = 1) -> None:
        self.outcomes = list(outcomes)
        self.asked = 0
        self.takes = takes
        self.held: list[Done] = []

    def ready(self, node: str) -> bool:
        return node == "elsewhere"

    def forward(
        self,
        node: str,  # noqa: ARG002  there is one
        submissions: Sequence[tuple[Submission, float]],
        timeout_s: float,  # noqa: ARG002  it answers at once, or never
        done: Done,
    ) -> int:
        self.asked += 1
        taken = min(self.takes, len(submissions))
        if taken and self.outcomes:
            outcome = self.outcomes.pop(0)
            threading.Thread(target=done, args=([outcome] * taken,)).start()
        elif taken:
            self.held.append(done)
        return taken


@pytest.fixture
def log(tmp_path: Path) -> Iterator[EmbeddedLog]:
    opened = EmbeddedLog(tmp_path / "log.sqlite", ORIGIN)
    adopt(opened, CODEC, sources(), "elsewhere", CHINA)
    yield opened
    opened.close()


@pytest.fixture
def writer(log: EmbeddedLog) -> Iterator[Writer]:
    made = Writer(log, CODEC, sources(), CHINA, node="here", clock_lead_us=1_000_000)
    yield made
    made.close()


def birth(child: str = CHILD, request: str = "birth") -> Submission:
    return submission(born(child, "2004-10", FATHER), request, "p", Office.POLICE)


def soon() -> float:
    return time.monotonic() + WAIT_S


def test_the_first_receipt_of_what_a_peer_recorded_is_no_repetition(
    log: EmbeddedLog, writer: Writer
) -> None:
    other = Writer(
        log, CODEC, sources(), CHINA, node="elsewhere", clock_lead_us=1_000_000
    )
    writer.forward_through(Honest(other))
    try:
        first, again = (writer.submit(birth(), soon()).result(WAIT_S) for _ in range(2))
    finally:
        other.close()
    assert open_entry(log.read(2, 1)[0]).frame.writer == "elsewhere"
    assert (first.repeated, again.repeated) == (False, True)
    assert replace(again, repeated=False) == first


@pytest.mark.parametrize(
    ("outcomes", "asked"),
    [
        ([Outcome(Kind.RECORDED, 1)], 1),
        ([UNKNOWN], 1),
        ([DECLINED], 1),
        ([Outcome(Kind.MOVED, 2)] * MAX_MOVES, MAX_MOVES),
        ([Outcome(Kind.MOVED, 1), DECLINED], 2),
    ],
    ids=["lies", "silent", "declines", "moves for ever", "moves once"],
)
def test_whatever_a_peer_says_this_node_appends_where_its_copy_has_no_entry(
    log: EmbeddedLog, writer: Writer, outcomes: list[Outcome], asked: int
) -> None:
    peer = Hostile(*outcomes)
    writer.forward_through(peer)
    receipt = writer.submit(birth(), soon()).result(WAIT_S)
    assert peer.asked == asked
    assert (receipt.position, receipt.repeated) == (3, False)
    assert open_entry(log.read(2, 1)[0]).frame.writer == "here"


def test_what_a_peer_does_not_take_is_decided_here(writer: Writer) -> None:
    writer.forward_through(Hostile(takes=0))
    assert writer.submit(birth(), soon()).result(WAIT_S).position == 3


class Broken(Hostile):
    """A transport that fails before anything is on its way."""

    def forward(self, *_: object) -> int:
        message = "cannot be said in the contract's words"
        raise ValueError(message)


def test_what_cannot_be_handed_over_is_decided_here_and_the_writer_goes_on(
    writer: Writer,
) -> None:
    writer.forward_through(Broken())
    for number in range(3):
        asked = birth(child_id(f"{number}"), f"{number}")
        assert writer.submit(asked, soon()).result(WAIT_S).position == 3 + number


def test_a_fault_after_a_silent_peer_is_no_definite_answer(writer: Writer) -> None:
    """What the peer has may land later, when the child is known."""
    unknown = submission(judgment("2015-02-04", outcome(disqualified=(FATHER,))), "j")
    writer.forward_through(Hostile(UNKNOWN))
    with pytest.raises(OutcomeUnknownError, match="may have recorded it"):
        writer.submit(unknown, soon()).result(WAIT_S)
    with pytest.raises(NotKnownError):  # the peer is not asked again so soon
        writer.submit(unknown, soon()).result(WAIT_S)


def test_a_deadline_that_passes_while_a_peer_is_silent_is_an_unknown_outcome(
    writer: Writer,
) -> None:
    peer = Hostile()
    writer.forward_through(peer)
    asked = writer.submit(birth(), time.monotonic() + 0.3)
    while not peer.held:
        time.sleep(0.01)
    time.sleep(0.4)
    peer.held[0]([UNKNOWN])
    with pytest.raises(OutcomeUnknownError):
        asked.result(WAIT_S)


def test_what_comes_back_after_the_close_is_told_so(log: EmbeddedLog) -> None:
    writer = Writer(log, CODEC, sources(), CHINA, node="here", clock_lead_us=1_000_000)
    peer = Hostile()
    writer.forward_through(peer)
    asked = [writer.submit(birth(), soon())]
    while not peer.held:
        time.sleep(0.01)
    writer.close()
    peer.held[0]([UNKNOWN])
    with pytest.raises(OutcomeUnknownError):
        asked[0].result(0)


def test_who_is_forwarded_to_while_another_appends_forwards_nothing_further(
    writer: Writer,
) -> None:
    peer = Hostile()
    writer.forward_through(peer)
    forwarded = writer.submit(birth(), soon(), origin="third")
    with pytest.raises(Exception, match="another node appends") as moved:
        forwarded.result(WAIT_S)
    assert getattr(moved.value, "position", 0) == 2
    assert peer.asked == 0


def test_a_line_that_is_full_turns_away_its_own_and_the_others_keep_their_turn() -> (
    None
):
    queue = Queue()
    asked = birth()
    for _ in range(MAX_WAITING):
        queue.add(Waiting(asked, 0.0, origin="flooding"))
    with pytest.raises(OverloadedError):
        queue.add(Waiting(asked, 0.0, origin="flooding"))
    for origin in ("", "", "patient", "patient"):
        queue.add(Waiting(asked, 0.0, origin=origin))
    order = [waiting.origin for waiting in queue.take(7)]
    assert sorted(order[:3]) == sorted(order[3:6]) == ["", "flooding", "patient"]
    assert order[6] == "flooding"
    assert len(queue.take_all()) == MAX_WAITING + 4 - 7


def test_a_line_is_full_by_its_bytes_too_until_they_are_taken() -> None:
    queue = Queue()
    large = replace(birth(), size=MAX_WAITING_BYTES // 4)
    for _ in range(4):
        queue.add(Waiting(large, 0.0, origin="flooding"))
    with pytest.raises(OverloadedError):
        queue.add(Waiting(replace(large, size=1), 0.0, origin="flooding"))
    queue.add(Waiting(large, 0.0))
    (taken,) = queue.take_leaving(1)
    queue.put_back([taken])
    assert len(queue.take(3)) == 3
    queue.add(Waiting(large, 0.0, origin="flooding"))
    assert len(queue.take_all()) == 3
    for _ in range(4):
        queue.add(Waiting(large, 0.0, origin="flooding"))
