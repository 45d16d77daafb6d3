"""The synthetic province: lawful to the last entry, and the same for the same seed."""

from __future__ import annotations

import json
import subprocess
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import asdict, replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events import avro
from events.embedded import EmbeddedLog
from events.entry import Entry, open_entry
from events.guardianship import Office
from events.log import EMPTY, Log, LogUnavailableError
from events.timeline import Status
from events.verify import main as verify
from ops.synthetic import lives, rates
from ops.synthetic.copies import eight_bytes
from ops.synthetic.counties import home_of
from ops.synthetic.lives import Life, PlotError, warnings, written
from ops.synthetic.plots import Kind, live
from ops.synthetic.province import Province, grow
from ops.synthetic.telling import LAST, Numbers
from ops.terminal import Exit
from projections.custody import Custody
from projections.runner import Runner
from registry.china import CHINA
from registry.commands import RecordDeath
from registry.dispatch import decide
from registry.expected import Expected
from registry.wire import CODEC
from tests.ops.test_cli import run
from tests.support.disk import full_disk

SMALL = Numbers(children=150, years=3, seed=7, registry="synthetic.example/cn-329900")
SUED = replace(SMALL, children=40, years=11, seed=3)


def quiet(done: int, total: int) -> None:
    assert done <= total + 2


@cache
def made(numbers: Numbers) -> tuple[bytes, ...]:
    return tuple(Province(numbers).records(EMPTY))


@pytest.fixture
def grown(tmp_path: Path) -> Path:
    grow(tmp_path / "log.sqlite", SMALL, quiet)
    return tmp_path


def opened(folder: Path) -> Iterator[Entry]:
    with closing(EmbeddedLog(folder / "log.sqlite", SMALL.registry)) as log:
        yield from map(open_entry, log.read(0, 1_000_000))


def test_the_same_seed_gives_the_same_bytes() -> None:
    assert tuple(Province(SMALL).records(EMPTY)) == made(SMALL)


@pytest.mark.parametrize(
    "other", [replace(SMALL, seed=8), replace(SMALL, registry="other.example/x")]
)
def test_another_seed_or_registry_gives_other_ids(other: Numbers) -> None:
    assert not set(made(other)) & set(made(SMALL))


def test_two_files_of_one_seed_hold_the_same_log(grown: Path) -> None:
    (grown / "again").mkdir()
    grow(grown / "again" / "log.sqlite", SMALL, quiet)
    assert list(opened(grown)) == list(opened(grown / "again"))


def office_of(authority: str) -> Office:
    return Office(authority[len("county-00-") :].replace("-", "_"))


def test_every_entry_is_what_the_deciders_say_of_its_submission(grown: Path) -> None:
    """Copies are made of bytes; each is decided anew here, and is the same."""
    expected = Expected(cast("Log", lives._Nothing()), CODEC, CHINA)
    decided = 0
    for entry in opened(grown):
        frame, request = entry.frame, entry.record.request
        if frame.cause == "adopt":
            continue
        assert request is not None
        command: Any = CODEC.decode(frame.request_fingerprint, request.content)
        again = decide(expected, command, frame.authority, office_of(frame.authority))
        expected.advance(again)
        headers = [
            (e.stream, e.version, e.concerns, e.jurisdiction, e.urgent)
            for e in again.events
        ]
        assert headers == [
            (h.stream, h.version, h.concerns, h.jurisdiction, h.urgent)
            for h in frame.events
        ]
        bodies = [b.content for b in entry.record.bodies if b is not None]
        assert [CODEC.encode(event)[1] for event in again.recorded] == bodies
        decided += 1
    assert decided > SMALL.children


def test_the_log_verifies_offline(grown: Path) -> None:
    assert verify([str(grown)]) == 0


def test_every_child_has_an_answer_on_the_last_day(grown: Path) -> None:
    children = {h.concerns for entry in opened(grown) for h in entry.frame.events}
    with (
        closing(EmbeddedLog(grown / "log.sqlite", SMALL.registry)) as log,
        closing(Runner(grown, log)) as runner,
        closing(Custody(grown)) as custody,
    ):
        runner.start()
        runner.wait(log.head().position, 30)
        named = sorted(child for child in children if child)
        found = custody.batch(named, LAST)
    statuses = Counter(one.answer.status for one in found if one is not None)
    assert len(named) == SMALL.children == sum(statuses.values())
    assert set(statuses) <= {Status.GUARDIAN, Status.COVERED, Status.NONE}


def test_no_submission_key_and_no_id_is_used_twice() -> None:
    kept = [open_entry_of(record) for record in made(SMALL)]
    keys = [(entry.frame.authority, entry.frame.request_id) for entry in kept]
    salts = [b.salt for e in kept for b in (e.record.request, *e.record.bodies) if b]
    assert len(set(keys)) == len(keys)
    assert len(set(salts)) == len(salts)


def open_entry_of(record: bytes) -> Entry:
    from events.entry import decode_frame, decode_record, frame_hash  # noqa: PLC0415

    read = decode_record(record)
    hash_ = frame_hash(read.frame)
    return Entry(position=0, hash=hash_, frame=decode_frame(read.frame), record=read)


NOTED = {
    "not_fulfilled_when_due",
    "fulfilled_late",
    "acted_late",
    "no_consequence_in_the_law",
}
"""What the law says of what is late, and of itself; against no act is anything said."""


def told(kind: Kind, number: int) -> Life:
    import random  # noqa: PLC0415

    chance = random.Random(f"{kind}/{number}")  # noqa: S311  data, no secret
    born = date(2000 + chance.randrange(26), 1 + chance.randrange(12), 3)
    life = Life(chance, born, date(2015, 1, 1), LAST, 3, str(UUID(int=7, version=4)))
    life.presume(home_of(life), Office.CIVIL_AFFAIRS)
    live(life, kind)
    return life


@pytest.mark.parametrize("kind", Kind)
def test_no_act_of_any_life_is_refused_or_warned_of_but_for_being_late(
    kind: Kind,
) -> None:
    acts = [act for number in range(60) for act in told(kind, number).acts]
    assert warnings(acts) <= NOTED
    assert [a.day for a in acts] != []


def test_grave_lives_hold_what_their_kind_says() -> None:
    def types(kind: Kind, count: int = 60) -> Counter[str]:
        return Counter(
            type(draft.event).__name__
            for number in range(count)
            for act in told(kind, number).acts
            for draft in act.events
        )

    sued, covered = types(Kind.SUED), types(Kind.COVERED)
    usual = types(Kind.QUIET, 250)
    for kind in (Kind.REPORTED, Kind.ADMONISHED, Kind.COVERED, Kind.SUED):
        assert types(kind)["ReportFiled"] > 30
    for kind in (Kind.IN_DIFFICULTY, Kind.UNATTENDED, Kind.ORPHANED):
        assert types(kind)["PlanMade"] > 20
    warned = types(Kind.ADMONISHED)
    assert warned["ResponseRecorded"] >= warned["VisitRecorded"] > 20
    assert types(Kind.REPORTED)["ReportAnswered"] > 30
    assert sued["GuardianDisqualified"] > 8 * sued["DisqualificationDismissed"] / 2 > 0
    assert covered["TemporaryArrangementStarted"] > 20
    assert covered["TemporaryArrangementEnded"] > 10
    assert {"GuardianDisqualified", "ReportFiled"} & set(usual) == set()
    assert usual["WhereaboutsLost"] > usual["WhereaboutsFound"] > 0


def test_kinds_come_by_their_rates() -> None:
    province = Province(replace(SMALL, children=5_000, years=10))
    exposed = 5_000 * 10 * 0.75  # the oldest come of age, the youngest are born late
    expected = rates.REPORTED * rates.COVERED_OF_REPORTED * exposed
    assert 0.6 < province.kinds[Kind.COVERED] / expected < 1.4
    assert 0.2 < province.kinds[Kind.SUED] / (expected / 5) < 2.2
    warned = rates.REPORTED * rates.ADMONISHED_OF_REPORTED * exposed
    assert 0.8 < province.kinds[Kind.ADMONISHED] / warned < 1.2
    for kind, rate in (
        (Kind.UNATTENDED, rates.UNATTENDED),
        (Kind.ORPHANED, rates.ORPHANED),
        (Kind.IN_DIFFICULTY, rates.IN_DIFFICULTY),
    ):
        assert 0.7 < province.kinds[kind] / (rate * exposed) < 1.3
    assert sum(province.kinds.values()) == 5_000
    list(province.records(EMPTY))
    assert 10 <= province.events / 5_000 <= 20


def test_an_act_that_is_told_too_late_stops_the_making() -> None:
    life = told(Kind.QUIET, 1)
    long_ago = date(2000, 1, 1)
    death = RecordDeath(person=life.ids[1], on=written(long_ago))
    with pytest.raises(PlotError, match="too late"):
        life.tell(long_ago, death, Office.POLICE)


def test_an_act_that_the_law_refuses_stops_the_making() -> None:
    life = told(Kind.QUIET, 1)
    day = life.acts[-1].day
    death = RecordDeath(person=life.ids[1], on=written(day))
    with pytest.raises(PlotError, match="not_competent"):
        life.tell(day, death, Office.SCHOOL)


@given(st.integers(1 << 48, (1 << 55) - 1))
def test_a_copied_time_is_written_as_the_format_writes_it(time: int) -> None:
    assert eight_bytes(time) == avro.long(time)


@pytest.mark.parametrize(
    ("field", "value"),
    [("children", 0), ("children", 2_000_001), ("years", 0), ("years", 12)],
)
def test_numbers_out_of_bounds_are_named(field: str, value: int) -> None:
    with pytest.raises(ValueError, match=field):
        Numbers(**{**asdict(SMALL), field: value})


def test_a_file_that_is_there_is_not_touched(tmp_path: Path) -> None:
    target = tmp_path / "log.sqlite"
    target.write_bytes(b"somebody's")
    with pytest.raises(FileExistsError):
        grow(target, SUED, quiet)
    assert target.read_bytes() == b"somebody's"
    assert run("generate", "--to", str(target)).returncode == Exit.USAGE


def test_a_full_disk_leaves_no_file(tmp_path: Path) -> None:
    with (
        full_disk(200_000),
        pytest.raises((LogUnavailableError, OSError)),
    ):
        grow(tmp_path / "log.sqlite", SUED, quiet)
    assert list(tmp_path.iterdir()) == []


def test_a_stopped_making_leaves_no_file_and_the_next_begins_anew(
    tmp_path: Path,
) -> None:
    def stop(_done: int, _total: int) -> None:
        raise KeyboardInterrupt

    with suppress(KeyboardInterrupt):
        grow(tmp_path / "log.sqlite", SUED, stop)
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "log.sqlite.copying").write_bytes(b"of a run that was killed")
    grow(tmp_path / "log.sqlite", SUED, quiet)
    assert [path.name for path in tmp_path.iterdir()] == ["log.sqlite"]


def test_the_command_makes_a_log_that_a_node_serves_from(tmp_path: Path) -> None:
    config = tmp_path / "childregistry.toml"
    registry = "synthetic.example/cn-329900"
    config.write_text(f'registry = "{registry}"\nnode = "n"\ndata_dir = "data"\n')
    (tmp_path / "data").mkdir()
    to = tmp_path / "data" / "log.sqlite"
    asked = ("generate", "--children=20", "--years=2", "--seed=5", f"--to={to}")
    ended = run(*asked, "--json")
    assert ended.returncode == Exit.DONE, ended.stderr
    found = json.loads(ended.stdout)
    assert found["children"] == 20
    assert sum(found["lives"].values()) == 20
    shown: subprocess.CompletedProcess[bytes] = run("events", "--json", f"-c{config}")
    assert len(shown.stdout.splitlines()) == found["entries"]
    assert json.loads(shown.stdout.splitlines()[-1])["hash"] == found["hash"]
