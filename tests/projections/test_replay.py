"""The offline auditor: the same answers from the bytes alone, and nothing installed."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from events import avro
from events.entry import withhold
from events.guardianship import Office
from projections import replay
from registry.bootstrap import Registry
from tests.support.registry import child_id, opened, submission, submit
from tests.support.stories import CHILD, FATHER, MOTHER, born, judgment, outcome

SIBLING = child_id("tongshan sibling")
DAYS = [date(2004, 10, 4), date(2015, 2, 3), date(2015, 2, 4), date(2022, 10, 5)]


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[Registry]:
    with opened(tmp_path) as found:
        for child in (CHILD, SIBLING):
            birth = born(child, "2004-10-05", FATHER, MOTHER)
            police = Office.POLICE
            submit(found, submission(birth, f"birth {child}", "xuzhou-police", police))
        both = outcome(disqualified=(FATHER, MOTHER))
        sibling = outcome(SIBLING, dismissed=(FATHER,))
        submit(found, submission(judgment("2015-02-04", both, sibling), "judgment"))
        yield found


def exported(registry: Registry, path: Path, *only: str) -> Path:
    """Write the log as a stream; with `only`, without the bodies of other children."""
    records = [entry.record for entry in registry.log.read(0, 1_000)]
    given = [withhold(record, only) for record in records] if only else records
    path.write_bytes(b"".join(avro.sized(record) for record in given))
    return path


def test_a_log_file_and_a_stream_answer_as_the_registry_does(
    registry: Registry, tmp_path: Path
) -> None:
    stream = exported(registry, tmp_path / "export")
    for path in (tmp_path / "log.sqlite", stream):
        for known_at in (None, *range(registry.log.head().position + 1)):
            for day in DAYS:
                records = replay.records_of(path)
                told = replay.replay(records, CHILD, day, known_at)
                wanted = registry.custody.custody(CHILD, day, known_at)
                assert (told.found and told.found.answer) == (wanted and wanted.answer)
                assert told.head == registry.log.head()


def test_a_time_is_a_state_of_knowledge_too(registry: Registry, tmp_path: Path) -> None:
    entries = registry.log.read(0, 1_000)
    when = datetime.fromtimestamp(entries[-2].recorded_at / 1_000_000, UTC)
    records = replay.records_of(tmp_path / "log.sqlite")
    told = replay.replay(records, CHILD, DAYS[2], when)
    assert told.known_at == entries[-2].position


def test_bodies_of_other_children_are_not_needed(
    registry: Registry, tmp_path: Path
) -> None:
    path = exported(registry, tmp_path / "export", CHILD)
    told = replay.replay(replay.records_of(path), CHILD, DAYS[2], None)
    wanted = registry.custody.custody(CHILD, DAYS[2])
    assert told.found is not None
    assert wanted is not None
    assert told.found.answer == wanted.answer
    assert (told.head, told.voids) == (registry.log.head(), 0)


def test_a_withheld_body_of_the_child_makes_the_answer_uncertain(
    registry: Registry, tmp_path: Path
) -> None:
    path = exported(registry, tmp_path / "export", SIBLING)
    told = replay.replay(replay.records_of(path), CHILD, DAYS[2], None)
    assert told.found is not None
    assert told.found.answer.status == "uncertain"
    assert registry.log.head().position in told.found.unreadable


def test_a_record_of_another_chain_has_no_part_in_the_answer(
    registry: Registry, tmp_path: Path
) -> None:
    records = [entry.record for entry in registry.log.read(0, 1_000)]
    forged = [*records[:-1], b"\x00" + records[-1], records[-2], records[-1]]
    told = replay.replay(iter(forged), CHILD, DAYS[2], None)
    assert (told.voids, told.head) == (2, registry.log.head())
    assert (tmp_path / "log.sqlite").exists()


@pytest.mark.parametrize("content", [b"", b"\xff\xff\xff", b"\x04a", b"\x02\x00"])
def test_what_is_no_log_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "export"
    path.write_bytes(content)
    with pytest.raises(replay.UnusableError):
        replay.replay(replay.records_of(path), CHILD, DAYS[2], None)


def test_the_command_answers_and_needs_no_registry_kafka_or_grpc(
    registry: Registry, tmp_path: Path
) -> None:
    path = exported(registry, tmp_path / "export")
    code = (
        "import sys; from projections.replay import main; status = main(sys.argv[1:]);"
        "names = {name.split('.')[0] for name in sys.modules};"
        "assert not names & {'registry', 'kafka', 'grpc', 'ops'}, names;"
        "sys.exit(status)"
    )
    asked = ["--child", CHILD, "--as-of", "2015-02-04", "--known-at"]
    position = registry.log.head().position

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", code, str(path), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    told = run(*asked, str(position))
    assert told.returncode == 0, told.stderr
    answer = json.loads(told.stdout)
    assert (answer["status"], answer["known_at"]) == ("gap", position)
    assert answer["certain"][0]["articles"] != []
    assert run(*asked, "1").returncode == replay.EXIT_UNKNOWN
    path.write_bytes(b"nothing of a log")
    assert run(*asked, "1").returncode == replay.EXIT_UNUSABLE
