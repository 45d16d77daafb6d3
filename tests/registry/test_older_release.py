"""An older release beside a newer one: what it cannot read harms that act alone."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from events.codec import EVENT_CLASSES, Codec
from events.guardianship import GuardianDisqualified, Office
from events.log import SchemaUnknownError
from events.registry import RulesAdopted
from registry.announce import NotAdoptedError, record_own
from registry.bootstrap import Registry
from registry.china import CHINA
from registry.receipt import Receipt
from registry.submission import Submission
from registry.wire import CODEC
from registry.writer import Writer
from tests.support.registry import child_id, opened, sources, submission, submit
from tests.support.stories import FATHER, born, judgment, outcome

CLOCK_LEAD_US = 10**15
TIMEOUT_S = 20.0


@dataclass(frozen=True)
class Sides:
    """A registry that holds a newer release's entry, and an older release's writer."""

    newer: Registry
    older: Writer

    def ask(self, *asked: Submission) -> list[Receipt | BaseException]:
        """Let the older release answer submissions that arrive together."""
        until = time.monotonic() + TIMEOUT_S
        futures = [self.older.submit(one, until) for one in asked]
        while self.older.step():
            pass
        return [one.exception(0) or one.result(0) for one in futures]


def birth(who: str) -> Submission:
    command = born(child_id(who), "2010-05-01", FATHER)
    return submission(command, who, "xuzhou-police", Office.POLICE)


def disqualifies(on: str, request: str) -> Submission:
    deprived = outcome(child_id("a"), disqualified=(FATHER,))
    return submission(judgment(on, deprived, case=child_id(request)), request)


def writer(registry: Registry, codec: Codec) -> Writer:
    return Writer(
        registry.log,
        codec,
        sources(),
        CHINA,
        node="older-1",
        clock_lead_us=CLOCK_LEAD_US,
        threaded=False,
    )


@pytest.fixture
def sides(tmp_path: Path) -> Iterator[Sides]:
    with opened(tmp_path) as newer:
        submit(newer, birth("a"))
        submit(newer, disqualifies("2015-02-04", "first"))
        without = [cls for cls in CODEC.classes if cls is not GuardianDisqualified]
        yield Sides(newer, writer(newer, Codec(without)))


def test_the_newer_release_has_what_the_older_one_lacks() -> None:
    assert GuardianDisqualified in EVENT_CLASSES
    assert GuardianDisqualified in CODEC.classes


def test_an_act_on_a_child_it_cannot_read_harms_no_other(sides: Sides) -> None:
    act = disqualifies("2016-02-04", "second")
    unread, recorded = sides.ask(act, birth("b"))
    assert isinstance(unread, SchemaUnknownError)
    assert isinstance(recorded, Receipt)
    assert recorded.position == sides.newer.log.head().position
    assert sides.newer.log.find(*act.key) is None


def test_a_repeat_it_cannot_tell_again_harms_no_other(sides: Sides) -> None:
    unread, recorded = sides.ask(disqualifies("2015-02-04", "first"), birth("b"))
    assert isinstance(unread, SchemaUnknownError)
    assert isinstance(recorded, Receipt)


def test_a_trial_on_a_child_it_cannot_read_harms_no_other(sides: Sides) -> None:
    trial = replace(disqualifies("2016-02-04", "second"), validate_only=True)
    unread, tried = sides.ask(trial, replace(birth("b"), validate_only=True))
    assert isinstance(unread, SchemaUnknownError)
    assert isinstance(tried, Receipt)
    assert tried.position == 0


def test_a_release_that_may_not_write_still_answers_what_is_recorded(
    sides: Sides,
) -> None:
    rules = RulesAdopted(number=999, digest=bytes(32))
    record_own(sides.newer.log, CODEC, sources(), "newer-1", [rules])
    before = sides.newer.log.head()
    stopped = replace(sides, older=writer(sides.newer, CODEC))
    known, new = stopped.ask(birth("a"), birth("b"))
    assert isinstance(known, Receipt)
    assert known.repeated
    assert isinstance(new, NotAdoptedError)
    assert sides.newer.log.head() == before
