"""Several nodes sign one log: none leads, any may die, and no size has two heads."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import pytest

from events.embedded import EmbeddedLog
from events.heads import (
    ContendedError,
    DomainsDisagreeError,
    HeadFile,
    HeadStore,
    NotBegunError,
    OtherHistoryError,
    TreeBehindError,
    begin,
    sign_next,
)
from events.heads_log import HeadsLog, heads_origin
from events.log import Log
from events.takeover import follow, join
from events.tree import Tree
from ops.broker import Cluster
from registry.bootstrap import Config, KafkaConfig, SigningConfig, open_heads
from registry.keyring import Keyring
from registry.publisher import Publisher
from tests.registry.test_publisher import head_in, registered
from tests.support.records import chain
from tests.support.registry import ORIGIN, TIMEOUT_S, opened, sources
from tests.support.signing import key_file
from tests.support.tree import LOG_KEY, leaf, tree_of

RACES = 1_000


@contextmanager
def heads_in(folder: Path) -> Iterator[HeadsLog]:
    with closing(EmbeddedLog(folder / "heads.sqlite", heads_origin(ORIGIN))) as log:
        yield HeadsLog(log, "node", sources().clock)


def node_of(log: Log, folder: Path, name: str, heads: HeadsLog) -> Publisher:
    """Return a signer of one's own tiles and file over the common heads log."""
    stores: list[HeadStore] = [heads, HeadFile(folder / f"{name}.head")]
    keys = Keyring(log, [LOG_KEY])
    return Publisher(log, folder / f"{name}.tiles", keys, stores, shared=heads)


def test_a_node_that_joins_goes_on_where_another_died(tmp_path: Path) -> None:
    records = chain(30)
    with (
        closing(EmbeddedLog(tmp_path / "log.sqlite", ORIGIN)) as log,
        heads_in(tmp_path) as heads,
    ):
        begin([heads, HeadFile(tmp_path / "a.head")], ORIGIN)
        first = node_of(log, tmp_path, "a", heads)
        for upto in (5, 9, 20):
            log.append(records[log.head().position : upto], TIMEOUT_S + 1e9)
            first.step()
        first.close()
        second = node_of(log, tmp_path, "b", heads)
        with pytest.raises(DomainsDisagreeError):
            second.step()  # nobody said that it signs here
        join(heads, HeadFile(tmp_path / "b.head"), ORIGIN)
        second.step()
        assert second.note == first.note
        log.append(records[20:], TIMEOUT_S + 1e9)
        second.step()
        assert head_in(second.note).size == 30
        # And back: the first was away for some heads, and comes up to them.
        back = node_of(log, tmp_path, "a", heads)
        back.step()
        assert back.note == second.note
        second.close()
        back.close()


def test_two_nodes_racing_a_thousand_times_make_one_head_for_a_size(
    tmp_path: Path,
) -> None:
    """Each with a file of its own, over one heads log, from one growing tree."""
    with heads_in(tmp_path) as heads, ThreadPoolExecutor(2) as pool:
        files = [HeadFile(tmp_path / f"{n}.head") for n in range(2)]
        begin([heads, files[0]], ORIGIN)
        join(heads, files[1], ORIGIN)
        barrier = threading.Barrier(2)
        notes: dict[int, set[bytes]] = {}

        def race(which: int, tree: Tree) -> bytes | None:
            barrier.wait()
            try:
                follow(heads, files[which], tree)
                return sign_next([heads, files[which]], tree, LOG_KEY)
            except (DomainsDisagreeError, ContendedError, TreeBehindError):
                return None  # the other moved in between: nothing was signed

        trees = Tree(), Tree()
        for size in range(1, RACES + 1):
            for tree in trees:
                tree.append(leaf(size))
            for note in pool.map(race, (0, 1), trees):
                if note is not None:
                    notes.setdefault(head_in(note).size, set()).add(note)
        sizes = [fixed.checkpoint.head.size for fixed in heads.heads(0, RACES + 10)]
    assert len(notes) > RACES * 9 // 10
    assert all(len(found) == 1 for found in notes.values())
    assert sizes == sorted(set(sizes))


def test_a_heads_log_restored_from_yesterday_is_contradicted(tmp_path: Path) -> None:
    own = HeadFile(tmp_path / "a.head")
    with heads_in(tmp_path) as heads:
        begin([heads, own], ORIGIN)
        sign_next([heads, own], tree_of(5), LOG_KEY)
    shutil.copy(tmp_path / "heads.sqlite", tmp_path / "yesterday")
    with heads_in(tmp_path) as heads:
        sign_next([heads, own], tree_of(9), LOG_KEY)
        sign_next([heads, own], tree_of(12), LOG_KEY)
    for path in tmp_path.glob("heads.sqlite*"):
        path.unlink()
    shutil.copy(tmp_path / "yesterday", tmp_path / "heads.sqlite")
    with heads_in(tmp_path) as heads:
        with pytest.raises(DomainsDisagreeError, match="hold other heads 4"):
            follow(heads, own, tree_of(20))
        # Also where yesterday went on otherwise up to the same number and beyond.
        other = HeadFile(tmp_path / "b.head")
        join(heads, other, ORIGIN)
        follow(heads, other, tree_of(20, fork_at=6))
        for size in (7, 8, 10, 13):
            sign_next([heads, other], tree_of(size, fork_at=6), LOG_KEY)
        with pytest.raises(DomainsDisagreeError, match="hold other heads 4"):
            follow(heads, own, tree_of(20))


def test_heads_of_another_history_are_not_followed(tmp_path: Path) -> None:
    first, second = HeadFile(tmp_path / "a.head"), HeadFile(tmp_path / "b.head")
    with heads_in(tmp_path) as heads:
        with pytest.raises(NotBegunError):
            join(heads, second, ORIGIN)
        begin([heads, first], ORIGIN)
        join(heads, second, ORIGIN)
        with pytest.raises(DomainsDisagreeError, match="holds heads already"):
            join(heads, second, ORIGIN)
        sign_next([heads, first], tree_of(9, fork_at=4), LOG_KEY)
        with pytest.raises(OtherHistoryError, match="head 2"):
            follow(heads, second, tree_of(9))
        follow(heads, second, tree_of(8))  # not there yet, so it says nothing
        last = second.last()
        assert last is not None
        assert last.number == 1


def test_on_a_topic_a_second_node_goes_on_when_the_first_is_gone(
    tmp_path: Path, cluster: Cluster, new_topic: Callable[[], str]
) -> None:
    kafka = KafkaConfig(
        servers=cluster.addresses,
        topic=new_topic(),
        accepted=frozenset({"replication", "unsynced"}),
    )
    heads_topic = new_topic()

    def signing(name: str) -> SigningConfig:
        key = key_file(tmp_path / f"{name}.key")
        return SigningConfig(
            key=key, heads=tmp_path / f"{name}-heads", topic=heads_topic
        )

    def domains(name: str) -> ExitStack:
        (tmp_path / name).mkdir()
        config = Config(
            data_dir=tmp_path / name, registry=ORIGIN, node=name, kafka=kafka
        )
        stack = ExitStack()
        stores = stack.enter_context(open_heads(config, signing(name), sources()))
        if name == "a":
            begin(stores, ORIGIN)
        else:
            join(*stores, ORIGIN)
        return stack

    for name in ("a", "b"):
        domains(name).close()
    with opened(tmp_path / "b", kafka=kafka, node="b", signing=signing("b")) as second:
        with opened(
            tmp_path / "a", kafka=kafka, node="a", signing=signing("a")
        ) as first:
            for registry, who in ((first, "Xiaoling"), (second, "her brother")):
                position = registered(registry, who)
                for one in (first, second):
                    assert one.publisher is not None
                    assert one.publisher.wait(position, TIMEOUT_S)
        position = registered(second, "her sister")
        assert second.publisher is not None
        assert second.publisher.wait(position, TIMEOUT_S)
        assert second.heads is not None
        sizes = [h.checkpoint.head.size for h in second.heads.heads(0, 1_000)]
    assert sizes == sorted(set(sizes))
