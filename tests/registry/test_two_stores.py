"""The same scenario on both stores, and several keepers on one topic."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from events.entry import MemoryState
from events.guardianship import Office
from events.log import Accepted, Log
from events.timeline import Status
from ops.broker import Cluster
from registry.bootstrap import KafkaConfig, KeeperBusyError, Registry, TopicUnfitError
from registry.sources import system_sources
from tests.support.registry import child_id, opened, person, submission, submit
from tests.support.stories import (
    BUREAU,
    CHILD,
    FATHER,
    MOTHER,
    born,
    judgment,
    outcome,
    tongshan_application,
)

DAY = date(2015, 3, 1)


@pytest.fixture
def kafka(cluster: Cluster, new_topic: Callable[[], str]) -> KafkaConfig:
    return KafkaConfig(servers=cluster.addresses, topic=new_topic())


def tell(registry: Registry) -> None:
    """A birth, an application, a judgment that designates nobody, and a refusal."""
    police, bureau = Office.POLICE, Office.CIVIL_AFFAIRS
    birth = born(CHILD, "2004-10", FATHER, MOTHER)
    submit(registry, submission(birth, "birth", "xuzhou-police", police))
    submit(registry, submission(tongshan_application(), "file", BUREAU, bureau))
    decided = judgment("2015-02-04", outcome(disqualified=(FATHER, MOTHER)))
    submit(registry, submission(decided, "judgment"))
    submit(registry, submission(birth, "again", "some-school", Office.SCHOOL))


def hashes(log: Log) -> list[tuple[int, str]]:
    return [(entry.position, entry.hash.hex()) for entry in log.read(0, 1_000)]


def test_the_same_scenario_gives_the_same_entries_and_rows(
    tmp_path: Path, kafka: KafkaConfig
) -> None:
    with opened(tmp_path / "embedded") as embedded:
        tell(embedded)
        with opened(tmp_path / "kafka", kafka=kafka) as replicated:
            tell(replicated)
            assert hashes(replicated.log) == hashes(embedded.log)
            assert replicated.custody.digest() == embedded.custody.digest()
            found = replicated.custody.custody(CHILD, DAY)
            assert found is not None
            assert found.answer.status is Status.GAP


def test_a_deleted_copy_comes_back_from_the_topic(
    tmp_path: Path, kafka: KafkaConfig
) -> None:
    with opened(tmp_path / "node", kafka=kafka) as registry:
        tell(registry)
        before = hashes(registry.log), registry.custody.digest()
    shutil.rmtree(tmp_path / "node")
    with opened(tmp_path / "node", kafka=kafka) as registry:
        assert (hashes(registry.log), registry.custody.digest()) == before


def test_a_second_keeper_of_one_folder_is_refused(
    tmp_path: Path, kafka: KafkaConfig
) -> None:
    with (
        opened(tmp_path, kafka=kafka),
        pytest.raises(KeeperBusyError, match="another process keeps"),
        opened(tmp_path, kafka=kafka),
    ):
        pass


def test_an_unfit_topic_is_refused_by_name_and_accepted_by_name(
    tmp_path: Path, kafka: KafkaConfig
) -> None:
    floor = replace(kafka, min_in_sync=2)
    with pytest.raises(TopicUnfitError) as refused, opened(tmp_path, kafka=floor):
        pass
    names = {fault.name for fault in refused.value.faults}
    assert names == {"min.insync.replicas", "replication.factor"}
    with opened(tmp_path, kafka=replace(floor, accepted=frozenset(names))):
        pass


def test_two_keepers_on_one_topic_lose_nothing_and_decide_in_order(
    tmp_path: Path, kafka: KafkaConfig
) -> None:
    """Both court systems submit for the same children at once, each through its own.

    Every second submission is sent to both under one key: one effect, one receipt.
    """
    children = [child_id(f"shared {n}") for n in range(6)]
    father = person("shared father")
    with (
        opened(tmp_path / "a", system_sources(), kafka, "a") as first,
        opened(tmp_path / "b", system_sources(), kafka, "b") as second,
    ):
        nodes = (first, second)
        for name in children:
            birth = born(name, "2012-05-01", father)
            ask = submission(birth, f"birth {name}", "xuzhou-police", Office.POLICE)
            submit(first, ask)

        def work(job: tuple[int, str]) -> list[tuple[str, int]]:
            side, name = job
            decided = judgment(
                "2015-02-04",
                outcome(name, disqualified=(father,)),
                case=child_id(f"case of {name}"),
            )
            own = judgment(
                "2015-02-05",
                outcome(name, dismissed=(father,)),
                case=child_id(f"case {side} of {name}"),
            )
            got = []
            for command, key in ((decided, "shared"), (own, f"own {side}")):
                asked = submission(command, f"{key} {name}")
                future = nodes[side].writer.submit(asked, time.monotonic() + 30)
                got.append((asked.request_id, future.result(30).position))
            return got

        jobs = [(side, name) for name in children for side in (0, 1)]
        with ThreadPoolExecutor(8) as pool:
            receipts = [pair for part in pool.map(work, jobs) for pair in part]
        for node in nodes:
            node.log.catch_up(time.monotonic() + 10)
            node.runner.wait(node.log.head().position, 10)
        assert hashes(first.log) == hashes(second.log)
        assert first.custody.digest() == second.custody.digest()
        entries = {e.request_id: e.position for e in first.log.read(0, 1_000)}
        assert all(entries[request] == position for request, position in receipts)
        assert len({request for request, _ in receipts}) == 3 * len(children)
        for name in children:
            versions = [b.version for b in first.log.stream(f"child/{name}")]
            assert versions == list(range(1, len(versions) + 1))
        # The reference reader, given the entries alone, agrees with both.
        state = MemoryState(first.log.registry)
        kept = first.log.read(0, 1_000)
        assert all(isinstance(state.apply(entry.record), Accepted) for entry in kept)


def test_the_second_of_two_conflicting_submissions_sees_what_the_first_left(
    tmp_path: Path, kafka: KafkaConfig
) -> None:
    with (
        opened(tmp_path / "a", system_sources(), kafka, "a") as first,
        opened(tmp_path / "b", system_sources(), kafka, "b") as second,
    ):
        birth = born(CHILD, "2004-10", FATHER)
        submit(first, submission(birth, "birth", "xuzhou-police", Office.POLICE))
        one = judgment("2015-02-04", outcome(disqualified=(FATHER,)))
        other_case = child_id("another case")
        two = judgment("2015-02-05", outcome(disqualified=(FATHER,)), case=other_case)
        before = submit(first, submission(one, "one"))
        after = submit(second, submission(two, "two"))
        assert "disqualified_already" not in {f.reason for f in before.warnings}
        assert "disqualified_already" in {f.reason for f in after.warnings}
