"""A log moved to another store is the same log: entries, positions, tree, promises."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from events.embedded import EmbeddedLog
from events.heads import OtherHistoryError, begin
from events.kafka import KafkaTopic
from events.log import Log
from events.notes import open_note, parse_checkpoint
from events.receipts import prove, verify
from events.replica import ReplicatedLog
from ops.broker import Cluster
from ops.copy_log import copy
from ops.terminal import Exit
from registry.keyring import Keyring
from registry.publisher import Publisher
from tests.ops.test_cli import configured, run
from tests.registry.test_publisher import stores_in
from tests.support.records import chain, siblings
from tests.support.registry import ORIGIN
from tests.support.tree import KNOWN, LOG_KEY

MANY = 450
"""More than two batches."""


def quiet(done: int, total: int) -> None:
    assert done <= total


def soon() -> float:
    return time.monotonic() + 20


@pytest.fixture
def source(tmp_path: Path) -> Iterator[Log]:
    with closing(EmbeddedLog(tmp_path / "source.sqlite", ORIGIN)) as log:
        log.append(chain(MANY), soon())
        yield log


def test_a_log_goes_to_kafka_and_back_with_one_tree_and_its_receipts(
    tmp_path: Path, source: Log, cluster: Cluster, new_topic: Callable[[], str]
) -> None:
    (tmp_path / "heads").mkdir()
    with ExitStack() as stack:
        stores = stack.enter_context(stores_in(tmp_path / "heads"))
        begin(stores, ORIGIN)
        publisher = Publisher(
            source, tmp_path / "tiles", Keyring(source, [LOG_KEY]), stores
        )
        publisher.step()
        assert publisher.note is not None
        receipt = prove(publisher.tree(MANY), 7, publisher.note)
        publisher.close()
        topic = KafkaTopic(cluster.addresses, new_topic())
        replica = ReplicatedLog(tmp_path / "replica.sqlite", ORIGIN, topic)
        replica.start()
        stack.callback(replica.close)
        head = copy(source, replica, quiet)
        assert head == parse_checkpoint(open_note(publisher.note, KNOWN).text).head
        back = stack.enter_context(
            closing(EmbeddedLog(tmp_path / "back.sqlite", ORIGIN))
        )
        assert copy(replica, back, quiet) == head
        assert back.read(0, 1_000) == source.read(0, 1_000)
        # Heads go on over the new store, from the same tiles and stores.
        last = replica.read(MANY - 1, 1)[0]
        assert replica.head().hash == last.hash
        after = Publisher(
            replica, tmp_path / "tiles", Keyring(replica, [LOG_KEY]), stores
        )
        after.step()
        assert after.note == publisher.note
        verify(receipt, replica.read(6, 1)[0].hash, ORIGIN, KNOWN)
        after.close()


def test_a_copy_that_was_stopped_goes_on_where_the_target_stands(
    tmp_path: Path, source: Log
) -> None:
    class StoppedError(Exception):
        pass

    def stop(done: int, total: int) -> None:
        assert done < total
        raise StoppedError

    with closing(EmbeddedLog(tmp_path / "target.sqlite", ORIGIN)) as target:
        for _ in range(2):
            with pytest.raises(StoppedError):
                copy(source, target, stop)
        assert 0 < target.head().position < MANY
        head = copy(source, target, quiet)
        assert head.size == MANY
        assert copy(source, target, quiet) == head
        assert target.read(0, 1_000) == source.read(0, 1_000)


def test_a_target_with_another_history_is_refused_and_not_touched(
    tmp_path: Path, source: Log
) -> None:
    with closing(EmbeddedLog(tmp_path / "target.sqlite", ORIGIN)) as target:
        target.append([siblings(seed=b"another")], soon())
        before = target.head()
        with pytest.raises(OtherHistoryError, match="entry 1"):
            copy(source, target, quiet)
        assert target.head() == before
    with (
        closing(EmbeddedLog(tmp_path / "other.sqlite", "other.example/log")) as other,
        pytest.raises(OtherHistoryError, match=r"other\.example"),
    ):
        copy(source, other, quiet)


def test_a_target_that_is_ahead_is_refused(tmp_path: Path, source: Log) -> None:
    with closing(EmbeddedLog(tmp_path / "target.sqlite", ORIGIN)) as target:
        target.append(chain(MANY + 3), soon())
        with pytest.raises(OtherHistoryError, match=f"the log has {MANY}"):
            copy(source, target, quiet)


def test_the_command_copies_between_two_stopped_nodes(
    tmp_path: Path, source: Log
) -> None:
    head = source.head()
    source.close()
    one, two = configured(tmp_path / "one"), configured(tmp_path / "two")
    (tmp_path / "one/data").mkdir()
    shutil.copy(tmp_path / "source.sqlite", tmp_path / "one/data/log.sqlite")
    for _ in range(2):
        ended = run("log", "copy", "--to", str(two), "-c", str(one), "--json")
        assert ended.returncode == Exit.DONE, ended.stderr
        assert f'"entries": {head.position}'.encode() in ended.stdout
    with closing(EmbeddedLog(tmp_path / "two/data/log.sqlite", ORIGIN)) as log:
        assert log.head() == head
