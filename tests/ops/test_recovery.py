"""Recovery as a person meets it: what the doctor says, and what its commands do."""

from __future__ import annotations

import json
import re
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from kafka import KafkaAdminClient, KafkaProducer

from events.embedded import EmbeddedLog
from events.entry import open_entry
from events.guardianship import Office
from events.heads import HeadFile, first_of
from events.kafka import KafkaTopic
from events.topic_audit import Replication, TopicExistsError, create
from events.tree import TreeHead
from ops import doctor as looking
from ops import doctor_feeds as outgoing
from ops.broker import Cluster
from ops.config import load
from ops.restore import TwoHistoriesError, compare, restore
from ops.terminal import Exit
from registry.bootstrap import KafkaConfig
from registry.services.errors import TABLE
from registry.sources import Sources, system_sources
from registry.wire import CODEC
from tests.ops.test_cli import configured, run
from tests.support.planted import damaged, put, record_of
from tests.support.registry import ORIGIN, opened, submission, submit
from tests.support.stories import COURT, FATHER, born, judgment, outcome

RUNBOOK = Path(looking.__file__).with_name("runbook.md").read_text(encoding="utf-8")


def told(config: Path) -> tuple[int, dict[str, dict[str, Any]]]:
    ended = run("doctor", "--json", "-c", str(config))
    lines = [json.loads(line) for line in ended.stdout.splitlines()]
    return ended.returncode, {line["about"]: line for line in lines}


def filled(folder: Path, kafka: KafkaConfig | None = None, entries: int = 4) -> None:
    with opened(folder / "data", system_sources(), kafka) as registry:
        for number in range(entries):
            child = f"00000000-0000-4000-8000-{number:012}"
            birth = born(child, "2010-05-01", FATHER)
            submit(registry, submission(birth, f"birth {number}", "p", Office.POLICE))


def configured_on(folder: Path, cluster: Cluster, topic: str) -> Path:
    kafka = f'[kafka]\nservers = "{cluster.addresses}"\ntopic = "{topic}"\n'
    return configured(folder, kafka)


def kafka_of(cluster: Cluster, topic: str) -> KafkaConfig:
    return KafkaConfig(servers=cluster.addresses, topic=topic)


def make_again(cluster: Cluster, topic: str, records: list[bytes]) -> None:
    """Make a topic again under its name, as one that lost everything after some."""
    admin = KafkaAdminClient(bootstrap_servers=cluster.addresses)
    admin.delete_topics([topic])
    for _ in range(100):
        time.sleep(0.1)
        try:
            create(cluster.addresses, topic, Replication(factor=1, min_in_sync=1))
        except TopicExistsError:
            continue
        break
    admin.close()
    producer = KafkaProducer(bootstrap_servers=cluster.addresses)
    for record in records:
        producer.send(topic, record).get(10)
    producer.close()


def records_of(folder: Path) -> list[tuple[bytes, bytes]]:
    with sqlite3.connect(folder / "data" / "log.sqlite") as log:
        rows = log.execute("SELECT hash, record FROM entries ORDER BY position")
        return [(bytes(row[0]), bytes(row[1])) for row in rows]


def test_a_sound_node_is_well(tmp_path: Path) -> None:
    filled(tmp_path)
    code, found = told(configured(tmp_path))
    assert code == Exit.DONE
    assert found["log"]["says"].startswith("6 entries, each verified")
    assert all(one["well"] for one in found.values())


def test_a_running_node_is_looked_at_beside_it(tmp_path: Path) -> None:
    with opened(tmp_path / "data", system_sources()):
        _, found = told(configured(tmp_path))
    assert found["keeper"]["says"] == "a node keeps this folder"


def test_a_damaged_copy_is_named_by_its_position(tmp_path: Path) -> None:
    filled(tmp_path)
    with sqlite3.connect(tmp_path / "data" / "log.sqlite") as log:
        record = bytearray(records_of(tmp_path)[3][1])
        record[len(record) // 2] ^= 1
        log.execute("UPDATE entries SET record=? WHERE position=4", (bytes(record),))
    log.close()
    code, found = told(configured(tmp_path))
    assert code == Exit.WRONG
    assert "position 4" in found["log"]["says"]
    assert found["log"]["page"] == "the-copy-is-damaged"


def test_a_full_disk_is_said_before_it_is_one(tmp_path: Path) -> None:
    node = load(configured(tmp_path)).config
    found = {one.about: one for one in looking.examine(node, free_bytes=1 << 62)}
    assert not found["disk"].well
    assert found["disk"].page == "the-disk-is-full"


def test_a_clock_behind_the_log_is_refused_said_and_accepted(tmp_path: Path) -> None:
    ahead = time.time_ns() // 1_000 + 3_600_000_000
    with opened(tmp_path / "data", _at(ahead)):
        pass
    config = configured(tmp_path)
    code, found = told(config)
    assert code == Exit.WRONG
    assert found["clock"]["page"] == "clock-refused"
    birth = born("00000000-0000-4000-8000-000000000001", "2010-05-01", FATHER)
    asked = submission(birth, "birth", "p", Office.POLICE)
    with (
        opened(tmp_path / "data", system_sources()) as registry,
        pytest.raises(Exception, match="set the clock right"),
    ):
        submit(registry, asked)
    accepted = run("clock", "accept", "-c", str(config))
    assert accepted.returncode == Exit.DONE
    with opened(tmp_path / "data", system_sources()) as registry:
        receipt = submit(registry, asked)
        assert ahead < receipt.recorded_at < ahead + 1_000


def _at(moment: int) -> Sources:
    ticks = iter(range(moment, moment + 1_000))
    return Sources(clock=lambda: next(ticks), salt=lambda: bytes(16))


def test_what_a_topic_lost_is_produced_again_with_the_same_receipts(
    tmp_path: Path, cluster: Cluster, new_topic: Callable[[], str]
) -> None:
    topic = new_topic()
    filled(tmp_path, kafka_of(cluster, topic))
    before = records_of(tmp_path)
    make_again(cluster, topic, [record for _, record in before[:3]])
    config = configured_on(tmp_path, cluster, topic)
    code, found = told(config)
    assert code == Exit.WRONG
    assert found["history"]["page"] == "two-histories"
    assert run("serve", "-c", str(config)).returncode == Exit.DAMAGED
    ended = run("log", "restore", "-c", str(config))
    assert ended.returncode == Exit.DONE, ended.stderr
    assert b"3 entries after position 3 produced again" in ended.stdout
    assert list((tmp_path / "data").glob("log.sqlite.*.evidence"))
    with opened(tmp_path / "data", system_sources(), kafka_of(cluster, topic)):
        pass
    assert records_of(tmp_path) == before
    assert told(config)[0] == Exit.DONE


def test_two_histories_are_shown_and_left_to_a_person(
    tmp_path: Path, cluster: Cluster, new_topic: Callable[[], str]
) -> None:
    topic = new_topic()
    filled(tmp_path, kafka_of(cluster, topic))
    before = records_of(tmp_path)
    make_again(cluster, topic, [record for _, record in before[:3]])
    with opened(tmp_path / "other", system_sources(), kafka_of(cluster, topic)) as node:
        decided = judgment("2015-02-04", outcome(dismissed=(FATHER,)))
        with pytest.raises(Exception, match="children"):
            submit(node, submission(decided, "unknown", COURT))
        child = "00000000-0000-4000-8000-00000000ffff"
        birth = born(child, "2011-05-01", FATHER)
        submit(node, submission(birth, "another", "p", Office.POLICE))
    config = configured_on(tmp_path, cluster, topic)
    ended = run("log", "restore", "-c", str(config))
    assert ended.returncode == Exit.DAMAGED
    shown = [line.split()[:2] for line in ended.stdout.decode().splitlines()]
    assert shown == [["topic", "4"], ["copy", "4"], ["copy", "5"], ["copy", "6"]]
    assert records_of(tmp_path) == before
    path = tmp_path / "data" / "log.sqlite"
    reader = KafkaTopic(cluster.addresses, topic)
    parted = compare(path, reader, lambda *_: None)
    assert (parted.common, len(parted.topic), len(parted.copy)) == (3, 1, 3)
    with pytest.raises(TwoHistoriesError):
        restore(path, reader, lambda *_: None)
    reader.close()


def test_every_node_must_stop_before_and_every_copy_is_restored(
    tmp_path: Path, cluster: Cluster, new_topic: Callable[[], str]
) -> None:
    """What is restored lies at other offsets: the other copies are set aside too."""
    topic = new_topic()
    kafka = kafka_of(cluster, topic)
    filled(tmp_path / "a", kafka)
    with opened(tmp_path / "b" / "data", system_sources(), kafka):
        pass
    before = records_of(tmp_path / "a")
    make_again(cluster, topic, [b"garbage", *(record for _, record in before[:3])])
    for name, again in (("a", 3), ("b", 0)):
        config = configured_on(tmp_path / name, cluster, topic)
        ended = run("log", "restore", "-c", str(config))
        assert ended.returncode == Exit.DONE, ended.stderr
        assert ended.stdout.startswith(f"{again} entries".encode())
        assert list((tmp_path / name / "data").glob("log.sqlite.*.evidence"))
    for name in "ab":
        with opened(tmp_path / name / "data", system_sources(), kafka):
            pass
        assert records_of(tmp_path / name) == before
        code, found = told(configured_on(tmp_path / name, cluster, topic))
        assert code == Exit.DONE, found


def test_an_entry_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with opened(tmp_path / "data", system_sources()) as registry:
        birth = born("00000000-0000-4000-8000-000000000001", "2010-05-01", FATHER)
        submit(registry, submission(birth, "birth", "p", Office.POLICE))
        again = born("00000000-0000-4000-8000-000000000002", "2010-05-01", FATHER)
        kept = submit(registry, submission(again, "other", "p", Office.POLICE))
        log = registry.log
        assert isinstance(log, EmbeddedLog)
        (entry,) = log.read(kept.position - 1, 1)
        event = open_entry(entry).frame.events[0]
        said = CODEC.decode(event.fingerprint, log.stream(event.stream)[0].body)
        child = "00000000-0000-4000-8000-000000000001"
        place = put(log, damaged(record_of(log, [(child, said)]), 0))
        registry.runner.wait(place, 10)
    code, found = told(configured(tmp_path))
    assert code == Exit.WRONG
    assert found["projections"]["page"] == "an-entry-cannot-be-read"
    assert f"[{place}]" in found["projections"]["says"]


def test_formats_and_rules_of_other_releases_are_named(tmp_path: Path) -> None:
    filled(tmp_path, entries=1)
    config = configured(tmp_path)
    assert told(config)[1]["release"]["well"]
    path = tmp_path / "data" / "log.sqlite"
    with sqlite3.connect(path) as log:
        # As a newer release would leave it: a format of its own, and one less of ours.
        log.execute("DELETE FROM schemas WHERE fingerprint=?", (min(CODEC.texts),))
        log.execute("UPDATE events SET fingerprint=? WHERE position=3", (b"\1" * 8,))
    log.close()
    code, found = told(config)
    assert code == Exit.WRONG
    assert found["release"]["page"] == "not-adopted"
    assert "1 of its formats" in found["release"]["says"]
    assert found["formats"]["page"] == "a-newer-release-wrote"
    assert found["formats"]["says"].startswith("entry 3 ")


def test_the_last_tree_head_is_told_and_what_it_does_not_cover(tmp_path: Path) -> None:
    filled(tmp_path)
    signing = '[signing]\nkey = "key"\nheads = "heads"\n'
    config = configured(tmp_path, signing)
    assert told(config)[1]["head"]["page"] == "no-head-is-signed"
    file = HeadFile(tmp_path / "data" / "head")
    begun = first_of(ORIGIN)
    assert file.swap(None, begun)
    assert file.swap(begun, begun.next(TreeHead(size=4, root=bytes(32))))
    code, found = told(config)
    assert code == Exit.DONE
    assert found["head"]["says"] == (
        "the last tree head has 4 entries, 2 are not signed yet"
    )
    assert file.swap(file.last(), begun.next(TreeHead(size=9, root=bytes(32))))
    code, found = told(config)
    assert code == Exit.WRONG
    assert found["head"]["says"] == "the last head has 9 entries, the log 6"


PAGES = dict(
    re.findall(r"^## ([a-z-]+)\n(.*?)(?=^## |\Z)", RUNBOOK, re.MULTILINE | re.DOTALL)
)


def test_every_alarm_has_its_page_and_every_page_its_alarm() -> None:
    source = Path(looking.__file__).read_text(encoding="utf-8")
    source += Path(outgoing.__file__).read_text(encoding="utf-8")
    named = set(re.findall(r'"([a-z]+(?:-[a-z]+)+)"', source))
    assert len(named) > 10
    assert named == set(PAGES)
    listed = re.findall(r"^\| (`.*`) \| ([a-z-]+) \|$", RUNBOOK, re.MULTILINE)
    told_of = {
        reason: page for cell, page in listed for reason in re.findall(r"`(\w+)`", cell)
    }
    assert told_of == looking.ALARMS


def test_every_answer_is_the_callers_to_mend_or_an_alarm_with_a_page() -> None:
    reasons = {answer.reason for answer in TABLE.values()} | {"INTERNAL"}
    callers = {
        "FIELD_INVALID",
        "NOT_KNOWN",
        "REQUEST_ID_REUSED",
        "SHUTTING_DOWN",
        "POSITION_NOT_REACHED",
        "SUBMITTER_UNKNOWN",
        "NOT_AN_OPERATOR",
        "REBUILD_NOT_DONE",
    }
    assert reasons - callers <= set(looking.ALARMS)
    assert set(looking.ALARMS) <= reasons


@pytest.mark.parametrize("page", sorted(PAGES))
def test_a_page_says_what_it_means_what_is_safe_and_what_to_do(page: str) -> None:
    for part in ("**Means:**", "**Safe:**", "**Do:**"):
        assert part in PAGES[page], (page, part)
