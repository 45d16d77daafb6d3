"""The node signs: every entry is soon covered by a head, and never by two."""

from __future__ import annotations

import fcntl
import shutil
import sqlite3
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from events.embedded import EmbeddedLog
from events.guardianship import Office
from events.heads import (
    DomainsDisagreeError,
    FixedHead,
    HeadFile,
    HeadStore,
    HeadStoreError,
    NotBegunError,
    OtherHistoryError,
    TreeBehindError,
    begin,
    first_of,
)
from events.heads_log import HeadsLog, heads_origin
from events.keys import KeyFileError
from events.log import Log, LogUnavailableError
from events.notes import KeyKind, Signer, open_note, parse_checkpoint
from events.tiles import TileError
from events.tree import TreeHead, head_of, leaf_hash, leaf_text
from events.verify import verify_folder
from ops.broker import Cluster
from registry.bootstrap import Config, KafkaConfig, Registry, SigningConfig, open_heads
from registry.keyring import Keyring
from registry.publisher import Publisher
from tests.support.records import chain
from tests.support.registry import (
    ORIGIN,
    TIMEOUT_S,
    child_id,
    opened,
    person,
    sources,
    submission,
    submit,
)
from tests.support.signing import key_file, signing_in
from tests.support.stories import born
from tests.support.tree import KNOWN, LOG_KEY, tree_of


def registered(registry: Registry, child: str) -> int:
    command = born(child_id(child), "2015-10", person("mother"))
    asked = submission(command, child, "xuzhou-police", Office.POLICE)
    return submit(registry, asked).position


def head_in(note: bytes | None) -> TreeHead:
    assert note is not None
    return parse_checkpoint(open_note(note, KNOWN).text).head


def test_every_entry_is_covered_by_a_signed_head_soon_and_after_a_restart(
    tmp_path: Path,
) -> None:
    signing = signing_in(tmp_path)
    for child in ("Xiaoling", "her brother"):
        with opened(tmp_path / "data", signing=signing) as registry:
            publisher = registry.publisher
            assert publisher is not None
            position = registered(registry, child)
            assert publisher.wait(position, TIMEOUT_S)
            head = head_in(publisher.note)
            assert head.size >= position
            (stored,) = registry.log.read(position - 1, 1)
            leaf = leaf_hash(leaf_text(position, stored.hash))
            tree = publisher.tree(head.size)
            assert head_of(tree) == head
            assert leaf == tree.node(0, position - 1)
            assert publisher.trouble is None
    report = verify_folder(tmp_path / "data", KNOWN, indexes=True)
    assert report.audit.faults == []
    assert report.unseen == []


def test_a_submission_does_not_wait_for_a_head(tmp_path: Path) -> None:
    """Also where signing hangs for good."""
    signing = signing_in(tmp_path)
    (tmp_path / "data/head.lock").unlink()
    with (tmp_path / "data/head.lock").open("a") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with opened(tmp_path / "data", signing=signing) as registry:
            try:
                assert registered(registry, "Xiaoling") == 3
                assert registered(registry, "her brother") == 4
                assert registry.publisher is not None
                assert registry.publisher.note is None
            finally:
                fcntl.flock(held, fcntl.LOCK_UN)
            assert registry.publisher.wait(4, TIMEOUT_S)


def test_without_a_persons_beginning_nothing_is_signed_and_all_is_recorded(
    tmp_path: Path,
) -> None:
    signing = SigningConfig(
        key=key_file(tmp_path / "log.key"), heads=tmp_path / "heads"
    )
    with opened(tmp_path / "data", signing=signing) as registry:
        assert registry.publisher is not None
        registered(registry, "Xiaoling")
        assert not registry.publisher.wait(1, 0.7)
        assert "no head was ever fixed" in str(registry.publisher.trouble)
    assert not (tmp_path / "data/tiles/checkpoint").exists()


def test_a_key_that_others_can_read_does_not_start_a_node(tmp_path: Path) -> None:
    signing = signing_in(tmp_path)
    signing.key.chmod(0o644)
    with (
        pytest.raises(KeyFileError, match="0600"),
        opened(tmp_path / "data", signing=signing),
    ):
        pass


def test_a_key_of_another_name_does_not_start_a_node(tmp_path: Path) -> None:
    other = Signer(name="other.example/log", kind=KeyKind.LOG, seed=bytes(32))
    signing = signing_in(tmp_path, other)
    with (
        pytest.raises(OtherHistoryError, match=ORIGIN),
        opened(tmp_path / "data", signing=signing),
    ):
        pass


# The publisher by itself, step by step, over a real log and real stores.


class Halting:
    """A store whose machine dies before, or just after, the next swap is durable."""

    def __init__(self, store: HeadStore) -> None:
        self._store = store
        self.dies = ""

    @property
    def name(self) -> str:
        return self._store.name

    def last(self) -> FixedHead | None:
        return self._store.last()

    def swap(self, expected: FixedHead | None, new: FixedHead) -> bool:
        if self.dies == "before":
            raise HeadStoreError(self.name, "died")
        done = self._store.swap(expected, new)
        if self.dies == "after":
            raise HeadStoreError(self.name, "died")
        return done


@contextmanager
def log_of(folder: Path, size: int) -> Iterator[Log]:
    folder.mkdir(exist_ok=True)
    with closing(EmbeddedLog(folder / "log.sqlite", ORIGIN)) as log:
        log.append(chain(size), TIMEOUT_S + 1e9)
        yield log


@contextmanager
def stores_in(folder: Path) -> Iterator[list[HeadStore]]:
    folder.mkdir(exist_ok=True)
    name = heads_origin(ORIGIN)
    with closing(EmbeddedLog(folder / "heads.sqlite", name)) as log:
        yield [HeadsLog(log, "node", sources().clock), HeadFile(folder / "head")]


@pytest.mark.parametrize("which", [0, 1])
@pytest.mark.parametrize("dies", ["before", "after"])
def test_killed_between_tiles_and_head_it_goes_on_from_what_is_durable(
    tmp_path: Path, which: int, dies: str
) -> None:
    with log_of(tmp_path / "log", 20) as log, stores_in(tmp_path) as stores:
        begin(stores, ORIGIN)
        halting = [Halting(store) for store in stores]
        halting[which].dies = dies
        publisher = Publisher(log, tmp_path / "tiles", Keyring(log, [LOG_KEY]), halting)
        with pytest.raises(HeadStoreError, match="died"):
            publisher.step()
        assert (tmp_path / "tiles/tile/0/000.p/20").exists()
        assert not (tmp_path / "tiles/checkpoint").exists()
        publisher.close()
        again = Publisher(log, tmp_path / "tiles", Keyring(log, [LOG_KEY]), stores)
        again.step()
        assert head_in(again.note).size == 20
        assert {str(store.last()) for store in stores} == {str(stores[0].last())}
        again.close()


def test_killed_between_signing_and_publishing_the_same_bytes_are_published(
    tmp_path: Path,
) -> None:
    with log_of(tmp_path / "log", 7) as log, stores_in(tmp_path) as stores:
        begin(stores, ORIGIN)
        publisher = Publisher(log, tmp_path / "tiles", Keyring(log, [LOG_KEY]), stores)
        publisher.step()
        note = publisher.note
        publisher.close()
        (tmp_path / "tiles/checkpoint").unlink()
        again = Publisher(log, tmp_path / "tiles", Keyring(log, [LOG_KEY]), stores)
        again.step()
        assert again.note == note
        again.close()


def test_two_signers_that_race_make_one_head_for_a_size(tmp_path: Path) -> None:
    """Each builds its own tiles from one log; the stores are shared."""
    records = chain(60)
    notes: dict[int, set[bytes]] = {}
    with (
        closing(EmbeddedLog(tmp_path / "log.sqlite", ORIGIN)) as log,
        stores_in(tmp_path) as stores,
        ThreadPoolExecutor(2) as pool,
    ):
        begin(stores, ORIGIN)
        signers = [
            Publisher(log, tmp_path / f"tiles{n}", Keyring(log, [LOG_KEY]), stores)
            for n in range(2)
        ]
        barrier = threading.Barrier(2)

        def race(signer: Publisher) -> bytes | None:
            barrier.wait()
            try:
                signer.step()
            except (DomainsDisagreeError, TreeBehindError):
                return None  # the other was in the middle: nothing was signed
            return signer.note

        for record in records:
            log.append([record], TIMEOUT_S + 1e9)
            for note in pool.map(race, signers):
                if note is not None:
                    notes.setdefault(head_in(note).size, set()).add(note)
        for signer in signers:
            signer.step()
            assert head_in(signer.note).size == len(records)
            signer.close()
        heads = stores[0]
        assert isinstance(heads, HeadsLog)
        sizes = [fixed.checkpoint.head.size for fixed in heads.heads(0, 1_000)]
    assert len(notes) > 10
    assert all(len(found) == 1 for found in notes.values())
    assert sizes == sorted(set(sizes))


@pytest.mark.parametrize("restored", ["heads.sqlite", "head"])
def test_yesterdays_heads_beside_todays_sign_nothing(
    tmp_path: Path, restored: str
) -> None:
    records = chain(30)
    with closing(EmbeddedLog(tmp_path / "log.sqlite", ORIGIN)) as log:

        def day(upto: int) -> None:
            log.append(records[log.head().position : upto], TIMEOUT_S + 1e9)
            with stores_in(tmp_path) as stores:
                publisher = Publisher(
                    log, tmp_path / "tiles", Keyring(log, [LOG_KEY]), stores
                )
                try:
                    publisher.step()
                finally:
                    publisher.close()

        with stores_in(tmp_path) as stores:
            begin(stores, ORIGIN)
        day(10)
        shutil.copy(tmp_path / restored, tmp_path / "yesterday")
        day(18)
        day(20)
        published = (tmp_path / "tiles/checkpoint").read_bytes()
        shutil.copy(tmp_path / "yesterday", tmp_path / restored)
        with pytest.raises(DomainsDisagreeError):
            day(30)
        assert (tmp_path / "tiles/checkpoint").read_bytes() == published
        (tmp_path / restored).unlink()
        with pytest.raises(DomainsDisagreeError):
            day(30)


def test_yesterdays_log_beside_todays_tiles_signs_nothing(tmp_path: Path) -> None:
    """Neither while it is shorter, nor once it went on otherwise."""
    with stores_in(tmp_path) as stores:
        begin(stores, ORIGIN)
        with log_of(tmp_path / "today", 20) as log:
            publisher = Publisher(
                log, tmp_path / "tiles", Keyring(log, [LOG_KEY]), stores
            )
            publisher.step()
            publisher.close()
        with log_of(tmp_path / "yesterday", 12) as log:
            publisher = Publisher(
                log, tmp_path / "tiles", Keyring(log, [LOG_KEY]), stores
            )
            with pytest.raises(TreeBehindError, match="tiles cover 20"):
                publisher.step()
            publisher.close()
        with log_of(tmp_path / "other", 25) as log:
            database = sqlite3.connect(tmp_path / "other/log.sqlite")
            database.execute("UPDATE entries SET hash=zeroblob(32) WHERE position=20")
            database.commit()
            database.close()
            publisher = Publisher(
                log, tmp_path / "tiles", Keyring(log, [LOG_KEY]), stores
            )
            with pytest.raises(OtherHistoryError, match="entry 20"):
                publisher.step()
            publisher.close()


def test_tiles_that_were_changed_are_not_signed_over(tmp_path: Path) -> None:
    with log_of(tmp_path / "log", 20) as log, stores_in(tmp_path) as stores:
        begin(stores, ORIGIN)
        publisher = Publisher(log, tmp_path / "tiles", Keyring(log, [LOG_KEY]), stores)
        publisher.step()
        publisher.close()
        tile = tmp_path / "tiles/tile/0/000.p/20"
        tile.write_bytes(bytes(32) + tile.read_bytes()[32:])
        with pytest.raises(TileError):
            publisher.step()
        publisher.close()


# The heads log.


def test_the_heads_log_finds_every_head_by_its_number_and_its_size(
    tmp_path: Path,
) -> None:
    with stores_in(tmp_path) as stores:
        heads = stores[0]
        assert isinstance(heads, HeadsLog)
        assert heads.last() is None
        assert heads.of_size(0) is None
        fixed = first_of(ORIGIN)
        assert heads.swap(None, fixed)
        made = [fixed]
        for size in (1, 2, 5, 9, 14):
            fixed = fixed.next(head_of(tree_of(size)))
            assert heads.swap(made[-1], fixed)
            assert not heads.swap(made[-1], fixed)
            made.append(fixed)
        assert heads.last() == fixed
        assert heads.heads(0, 100) == made
        assert heads.heads(2, 2) == made[2:4]
        for known in made:
            assert heads.of_size(known.checkpoint.head.size) == known
        assert heads.of_size(3) is None
        assert heads.of_size(15) is None


def test_a_heads_log_that_holds_something_else_is_damaged(tmp_path: Path) -> None:
    name = heads_origin(ORIGIN)
    with stores_in(tmp_path) as stores:
        assert stores[0].swap(None, first_of(ORIGIN).next(head_of(tree_of(3))))
        with pytest.raises(HeadStoreError, match="entry 1: holds head 2"):
            stores[0].last()
    assert name == f"{ORIGIN}/heads"


def test_a_heads_log_that_does_not_answer_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        message = "the disk is full"
        raise LogUnavailableError(message)

    with stores_in(tmp_path) as stores:
        monkeypatch.setattr(EmbeddedLog, "append", full)
        with pytest.raises(HeadStoreError, match="the disk is full"):
            stores[0].swap(None, first_of(ORIGIN))
        log = EmbeddedLog(tmp_path / "log.sqlite", ORIGIN)
        keys = Keyring(log, [LOG_KEY])
        publisher = Publisher(log, tmp_path / "tiles", keys, stores)
        with pytest.raises(NotBegunError):
            publisher.step()


def test_heads_are_agreed_through_a_topic_of_their_own(
    tmp_path: Path, cluster: Cluster, new_topic: object
) -> None:
    assert callable(new_topic)
    kafka = KafkaConfig(
        servers=cluster.addresses,
        topic=new_topic(),
        accepted=frozenset({"replication", "unsynced"}),
    )
    signing = SigningConfig(
        key=key_file(tmp_path / "log.key"), heads=tmp_path / "heads", topic=new_topic()
    )
    data = tmp_path / "data"
    config = Config(data_dir=data, registry=ORIGIN, node="tongshan-1", kafka=kafka)
    data.mkdir()
    with open_heads(config, signing, sources()) as stores:
        begin(stores, ORIGIN)
    with opened(data, kafka=kafka, signing=signing) as registry:
        position = registered(registry, "Xiaoling")
        assert registry.publisher is not None
        assert registry.publisher.wait(position, TIMEOUT_S)
    shutil.rmtree(tmp_path / "heads")  # the copy; the topic is the heads log
    with opened(data, kafka=kafka, signing=signing) as registry:
        position = registered(registry, "her brother")
        assert registry.publisher is not None
        assert registry.publisher.wait(position, TIMEOUT_S)
        assert registry.heads is not None
        last = registry.heads.last()
        assert last is not None
        assert last.number >= 3
