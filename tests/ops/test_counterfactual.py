"""What would be otherwise, were the law of another day or another reading applied."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest

from events.guardianship import EndReason, Office
from events.store import Store
from events.timeline import Role, Status
from ops.counterfactual import Otherwise, children_in, counterfactual
from ops.terminal import Exit
from registry.commands import Command
from registry.reading import RECORDED, Reading
from tests.ops.test_cli import run
from tests.support.registry import (
    ORIGIN,
    body,
    child_id,
    opened,
    person,
    submission,
    submit,
)
from tests.support.stories import (
    BUREAU,
    CHILD,
    FATHER,
    MOTHER,
    born,
    designate,
    end,
    start,
)

NEIGHBOUR = child_id("neighbour's child")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One child without parents from 2018: covered, then a committee names a guardian.

    The neighbour's child is with its mother.
    """
    folder = tmp_path_factory.mktemp("counterfactual")
    acts: list[tuple[Command, str, Office]] = [
        (born(NEIGHBOUR, "2012-05-01", MOTHER), "xuzhou-police", Office.POLICE),
        (born(CHILD, "2010-03-01", FATHER), "xuzhou-police", Office.POLICE),
        (
            end(EndReason.GUARDIAN_DIED, "2018-02-01", FATHER),
            "xuzhou-police",
            Office.POLICE,
        ),
        (
            start(Role.STATE_TEMPORARY_GUARDIAN, "2018-02-02", body(BUREAU), limb=1),
            BUREAU,
            Office.CIVIL_AFFAIRS,
        ),
        (
            designate("2018-06-01", person("aunt")),
            "tongshan-committee",
            Office.COMMITTEE,
        ),
    ]
    with opened(folder / "data") as registry:
        for number, (command, authority, office) in enumerate(acts):
            got = submit(
                registry, submission(command, f"act {number}", authority, office)
            )
            assert got.refused is None, got
    return folder / "data"


@pytest.fixture
def log(data: Path) -> Iterator[Store]:
    with closing(Store(data / "log.sqlite", ORIGIN)) as log:
        yield log


def under(log: Store, reading: Reading, *children: str) -> list[Otherwise]:
    found = counterfactual(log, children or (CHILD, NEIGHBOUR), reading)
    return [one for one in found if one is not None]


def test_the_recorded_reading_changes_nothing(log: Store, data: Path) -> None:
    assert set(children_in(data / "log.sqlite")) == {CHILD, NEIGHBOUR}
    assert under(log, RECORDED) == []


def test_by_the_law_of_2014_there_is_no_temporary_guardianship_by_civil_affairs(
    log: Store,
) -> None:
    """OP14 15 is of 2015: the bureau's cover would not be, and the child in a gap."""
    (found,) = under(log, Reading(law_of=date(2014, 6, 1)))
    assert found.child == CHILD
    first = found.stretches[0]
    assert (str(first.from_), str(first.until)) == ("2018-02-02", "2018-06-01")
    assert first.before.status is Status.COVERED
    assert first.after.status is Status.GAP
    (cover,) = [p for p in first.before.certain if p.role.name.startswith("STATE")]
    assert cover.articles == ("OP14 15",)
    assert (
        "TemporaryArrangementStarted" in [t for _, t in found.acts.values()]
    ) is True
    positions = {position for position, _ in found.acts.values()}
    assert positions <= {3, 4, 5, 6, 7}


def test_a_cover_that_anyone_ends_is_gone_when_the_committee_designates(
    log: Store,
) -> None:
    (found,) = under(log, Reading(anyone_ends_covers=True))
    first = found.stretches[0]
    assert str(first.from_) == "2018-06-01"
    assert first.before.status is Status.COVERED
    assert first.after.status is Status.GUARDIAN
    assert [holder.id for holder in first.after.hand_over_to] == [child_id("aunt")]


def test_another_age_of_majority_differs_for_every_child(log: Store) -> None:
    found = under(log, Reading(majority_years=16))
    assert [one.child for one in found] == [CHILD, NEIGHBOUR]
    assert {str(one.stretches[-1].from_)[:4] for one in found} == {"2026", "2028"}
    assert all(one.stretches[-1].after.status is Status.NONE for one in found)


def test_a_record_that_its_rules_do_not_make_again_is_told_not_compared(
    log: Store, data: Path, tmp_path: Path
) -> None:
    """A recorded difference is taken out of the file, as a damaged store would."""
    del log
    path = tmp_path / "log.sqlite"
    with closing(sqlite3.connect(data / "log.sqlite")) as source:
        source.execute("VACUUM INTO ?", (str(path),))
    stream = f"child/{CHILD}"
    with closing(sqlite3.connect(path)) as changed:
        sql = (
            "SELECT max(version) FROM events WHERE type='TimelineChanged' AND stream=?"
        )
        (version,) = changed.execute(sql, (stream,)).fetchone()
        changed.execute(
            "DELETE FROM stored_events WHERE originator_id=? AND originator_version=?",
            (stream, version),
        )
        sql = "DELETE FROM events WHERE stream=? AND version=?"
        changed.execute(sql, (stream, version))
        changed.commit()
    with closing(Store(path, ORIGIN)) as damaged:
        (found,) = under(damaged, RECORDED)
    assert not found.rederived
    assert found.stretches == ()


def test_the_command_names_children_days_answers_and_articles(data: Path) -> None:
    (data.parent / "node.toml").write_text(
        f'registry = "{ORIGIN}"\nnode = "n"\ndata_dir = "data"\n'
    )
    config = ("--config", str(data.parent / "node.toml"))
    got = run("counterfactual", "--law-of", "2014-06-01", "--json", *config)
    assert got.returncode == Exit.DONE, got.stderr
    one, total = map(json.loads, got.stdout.splitlines())
    assert total == {"children": 2, "differ": 1, "not_rederived": 0}
    assert one["child"] == CHILD
    assert one["differs"][0]["recorded"]["status"] == "covered"
    told = run("counterfactual", "--law-of", "2014-06-01", *config)
    assert b"1 of 2 children would be answered otherwise" in told.stdout
    assert b"OP14 15" in told.stdout
    wrong = run("counterfactual", "--law-of", "2014-6", *config)
    assert wrong.returncode == Exit.USAGE
