"""The synthetic log: lawful-looking, readable to the last body, the same both ways."""

from __future__ import annotations

from contextlib import closing
from datetime import date
from pathlib import Path

from events.embedded import EmbeddedLog
from events.timeline import Status
from ops.bench.histories import REGISTRY, grow
from projections.custody import Custody
from projections.opened import open_stored
from projections.rebuild import build, compare, promote
from projections.runner import PROJECTIONS, Runner

EVENTS = 1_500


def test_a_made_log_is_read_whole_and_rebuilt_as_it_is_followed(tmp_path: Path) -> None:
    entries = grow(tmp_path / "log.sqlite", EVENTS)
    with (
        closing(EmbeddedLog(tmp_path / "log.sqlite", REGISTRY)) as log,
        closing(Runner(tmp_path, log)) as runner,
        closing(Custody(tmp_path)) as custody,
    ):
        stored = log.read(0, entries)
        opened = [open_stored(entry) for entry in stored]
        assert all(entry.unreadable is None for entry in opened)
        made = [event for entry in opened for event in entry.events]
        assert len(made) >= EVENTS
        runner.start()
        assert runner.wait(entries, 30) == entries
        children = {event.child for event in made if event.child}
        answers = custody.batch(sorted(children), date(2015, 3, 1))
        statuses = {answer.answer.status for answer in answers if answer}
        assert {Status.GUARDIAN, Status.COVERED} <= statuses
        assert all(answer and not answer.unreadable for answer in answers)
        for built in build(tmp_path, PROJECTIONS, log):
            assert compare(built, log).equal
            promote(built, log)
