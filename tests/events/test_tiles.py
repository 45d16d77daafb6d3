"""Tiles: the layout of the specification, resumed after any death, never rewritten."""

from __future__ import annotations

import itertools
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from events import publish
from events.log import StoredEntry
from events.notes import NoteUnsignedError
from events.proof import (
    ConsistencyError,
    OutOfTreeError,
    prove_consistency,
    prove_inclusion,
    verify_consistency,
    verify_inclusion,
)
from events.publish import DiskRefusedError, FolderBusyError, TileBuilder, entries
from events.tiles import TiledTree, TileError, faults, leaf_texts, tile_path, tiles_of
from events.tree import EMPTY_TREE, head_of, leaf_text
from tests.support.disk import full_disk
from tests.support.registry import ORIGIN
from tests.support.tree import (
    KNOWN,
    LOG_KEY,
    OTHER_KEY,
    contents,
    frame_hash,
    leaf,
    log_entries,
    note_of,
    published,
    reader,
    tree_of,
)

TREE = tree_of(1_200)


@pytest.fixture(autouse=True)
def no_power_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    """These files outlive no loss of power; waiting for the disk shows nothing here."""
    monkeypatch.setattr(os, "fsync", lambda _: None)


def test_paths_and_widths_are_those_of_the_specification() -> None:
    assert tile_path(0, 1_234_067) == "tile/0/x001/x234/067"
    assert tile_path("entries", 0, 5) == "tile/entries/000.p/5"
    assert tile_path(3, 1_000, 255) == "tile/3/x001/000.p/255"
    tiles = list(tiles_of(70_000))
    assert len([t for t in tiles if t[0] == 0 and t[2] == 256]) == 273
    assert tiles[273:] == [(0, 273, 112), (1, 0, 256), (1, 1, 17), (2, 0, 1)]
    assert list(tiles_of(256)) == [(0, 0, 256), (1, 0, 1)]
    assert list(tiles_of(0)) == []


def test_a_bundle_holds_each_leaf_after_its_length(tmp_path: Path) -> None:
    published(tmp_path, 3)
    texts = [leaf_text(n, frame_hash(n)) for n in (1, 2, 3)]
    bundle = (tmp_path / "tile/entries/000.p/3").read_bytes()
    assert bundle == b"".join(bytes([0, len(text)]) + text for text in texts)
    assert leaf_texts(bundle, "tile/entries/000.p/3") == texts
    tile = (tmp_path / "tile/0/000.p/3").read_bytes()
    assert tile == b"".join(leaf(n) for n in (1, 2, 3))


@settings(max_examples=25, deadline=None)
@given(steps=st.lists(st.integers(0, 600), min_size=1, max_size=3), data=st.data())
def test_a_log_built_in_steps_has_its_tree_and_proves_from_files(
    steps: list[int], data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("tiles")
    size = 0
    for step in steps:
        size = min(size + step, TREE.size)
        assert published(folder, size) == head_of(TREE, size)
    head = head_of(TREE, size)
    assert list(faults(reader(folder), head)) == []
    assert list(faults(reader(folder), head, TREE)) == []
    if size:
        tiled = TiledTree(reader(folder), size)
        position = data.draw(st.integers(1, size))
        path = prove_inclusion(tiled, position, size)
        assert path == prove_inclusion(TREE, position, size)
        verify_inclusion(leaf(position), position, head, path)
        old = data.draw(st.integers(1, size))
        proof = prove_consistency(tiled, old, size)
        verify_consistency(head_of(TREE, old), head, proof)
    shutil.rmtree(folder)


def test_a_tree_that_ends_with_a_full_tile_has_its_root(tmp_path: Path) -> None:
    tree = tree_of(65_537)
    for size in (0, 1, 255, 256, 257, 512, 65_535, 65_536, 65_537):
        head = published(tmp_path, size)
        assert head == head_of(tree, size)
        assert list(faults(reader(tmp_path), head)) == []
        with closing(TileBuilder(tmp_path, ORIGIN)) as again:
            assert again.head == head


def test_every_published_head_is_provable_until_and_after_its_tile_is_full(
    tmp_path: Path,
) -> None:
    """A reader who took a head goes on reading while the log grows past it."""
    published(tmp_path, 250)
    published(tmp_path, 255)
    old = TiledTree(reader(tmp_path), 250)
    assert head_of(old) == head_of(TREE, 250)
    published(tmp_path, 300)
    assert not (tmp_path / "tile/0/000.p").exists()
    late = TiledTree(reader(tmp_path), 250)
    assert head_of(late) == head_of(TREE, 250)


def test_a_lost_folder_is_rebuilt_to_the_same_bytes(tmp_path: Path) -> None:
    for folder in (tmp_path / "first", tmp_path / "again"):
        for size in (200, 300, 513, 1_100):
            published(folder, size)
    assert contents(tmp_path / "first") == contents(tmp_path / "again")
    # From the log in one go: the same bytes at every path that the head asks for.
    published(tmp_path / "once", 1_100)
    rebuilt = contents(tmp_path / "once")
    assert rebuilt.items() <= contents(tmp_path / "first").items()


def test_without_its_marker_the_folder_is_compared_with_the_log(tmp_path: Path) -> None:
    published(tmp_path, 700)
    whole = contents(tmp_path)
    (tmp_path / ".built").unlink()
    published(tmp_path, 700)
    assert contents(tmp_path) == whole
    (tmp_path / ".built").unlink()
    tile = tmp_path / "tile/0/001"
    tile.write_bytes(bytes(8192))
    with pytest.raises(TileError, match=r"tile/0/001.*is not what the log says"):
        published(tmp_path, 700)
    assert tile.read_bytes() == bytes(8192)


class Killed(BaseException):
    """The process is no more."""


class Executioner:
    """Ends the builder before its n-th act upon the disk."""

    def __init__(self, at: int) -> None:
        self._numbers = itertools.count(1)
        self.acts, self._at = 0, at

    def watch(self, act: Callable[..., Any]) -> Callable[..., Any]:
        def watched(*values: Any, **named: Any) -> Any:  # noqa: ANN401  any function's
            number = self.acts = next(
                self._numbers
            )  # several threads make files durable
            if number == self._at:
                raise Killed
            return act(*values, **named)

        return watched


def lives(folder: Path, executioner: Executioner, patch: pytest.MonkeyPatch) -> None:
    """Build and publish three times, watched at each act upon the disk."""
    with patch.context() as patched:
        patched.setattr(os, "fsync", executioner.watch(os.fsync))
        patched.setattr(shutil, "rmtree", executioner.watch(shutil.rmtree))
        for name in ("rename", "write_bytes", "mkdir"):
            act = executioner.watch(getattr(Path, name))
            patched.setattr(Path, name, act)
        patched.setattr(publish, "SETTLE_EVERY", 256)
        for size in (200, 300, 600):
            published(folder, size)


def test_a_builder_killed_at_any_act_goes_on_to_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = Executioner(0)
    lives(tmp_path / "whole", whole, monkeypatch)
    expected = contents(tmp_path / "whole")
    assert whole.acts > 50
    for act in range(1, whole.acts + 1):
        folder = tmp_path / str(act)
        with pytest.raises(Killed):
            lives(folder, Executioner(act), monkeypatch)
        with closing(TileBuilder(folder, ORIGIN)) as builder:
            done, head = builder.head.size, builder.published(KNOWN)
        if head is not None:  # whatever was published is all there
            assert list(faults(reader(folder), head, TREE)) == []
        for size in (200, 300, 600):
            if size >= done:
                published(folder, size)
        assert contents(folder) == expected, act
        shutil.rmtree(folder)


def test_nothing_gets_its_path_before_its_bytes_are_durable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    durable: set[int] = set()
    renamed: list[tuple[str, bool]] = []
    synced_folders: list[int] = []

    def sync(descriptor: int) -> None:
        found = os.fstat(descriptor)
        durable.add(found.st_ino)
        synced_folders.append(len(renamed))

    rename = Path.rename

    def watched(path: Path, target: Path) -> None:
        renamed.append((target.name, path.stat().st_ino in durable))
        rename(path, target)

    monkeypatch.setattr(os, "fsync", sync)
    monkeypatch.setattr(Path, "rename", watched)
    published(tmp_path, 600)
    names = [name for name, _ in renamed]
    assert all(safe for _, safe in renamed)
    assert names[-2:] == [".built", "checkpoint"]
    # The folders of the tiles are durable before the marker, and it before the head.
    assert {len(names) - 2, len(names) - 1, len(names)} <= set(synced_folders)


BUILD = """
import sys
from pathlib import Path
from tests.support.tree import published
print("ready", flush=True)
for size in range(3_000, 60_001, 3_000):
    published(Path(sys.argv[1]), size)
"""


def test_a_builder_killed_by_the_system_goes_on(tmp_path: Path) -> None:
    for delay_s in (0.01, 0.04, 0.1):
        process = subprocess.Popen(
            [sys.executable, "-c", BUILD, str(tmp_path / "killed")],
            stdout=subprocess.PIPE,
        )
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(delay_s)
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
    head = published(tmp_path / "killed", 60_000)
    assert list(faults(reader(tmp_path / "killed"), head)) == []
    assert published(tmp_path / "whole", 60_000) == head


def test_a_full_disk_publishes_nothing_and_loses_nothing(tmp_path: Path) -> None:
    published(tmp_path, 100)
    before = contents(tmp_path)
    with full_disk(after_bytes=4_096), pytest.raises(DiskRefusedError):
        published(tmp_path, 700)
    assert contents(tmp_path)["checkpoint"] == before["checkpoint"]
    published(tmp_path, 700)
    assert list(faults(reader(tmp_path), head_of(TREE, 700), TREE)) == []


def test_a_folder_has_one_builder(tmp_path: Path) -> None:
    first = TileBuilder(tmp_path, ORIGIN)
    with pytest.raises(FolderBusyError):
        TileBuilder(tmp_path, ORIGIN)
    first.close()
    TileBuilder(tmp_path, ORIGIN).close()


def test_a_folder_of_another_log_is_refused(tmp_path: Path) -> None:
    published(tmp_path, 5)
    with pytest.raises(TileError, match=r"is of registry\.example"):
        TileBuilder(tmp_path, "registry.example/cn-110100")


@pytest.mark.parametrize(
    ("wrong", "place"),
    [
        ((6, frame_hash(6)), "entry 6"),
        ((4, frame_hash(4)), "entry 4"),
        ((5, bytes(31)), "entry 5"),
    ],
)
def test_a_gap_a_repetition_or_no_hash_is_refused(
    tmp_path: Path, wrong: tuple[int, bytes], place: str
) -> None:
    builder = TileBuilder(tmp_path, ORIGIN)
    with pytest.raises(TileError) as refused:
        builder.extend([*log_entries(1, 4), wrong])
    assert refused.value.place == place
    builder.close()


def test_a_head_that_is_not_the_tiles_own_is_not_published(tmp_path: Path) -> None:
    builder = TileBuilder(tmp_path, ORIGIN)
    builder.extend(log_entries(1, 20))
    fork = head_of(tree_of(20, fork_at=7))
    for note in (note_of(fork), note_of(head_of(TREE, 19)), note_of(EMPTY_TREE)):
        with pytest.raises(TileError, match="is not that of the tiles"):
            builder.publish(note, KNOWN)
    with pytest.raises(TileError, match="is not that of the tiles"):
        builder.publish(note_of(builder.head, origin="registry.example/x"), KNOWN)
    with pytest.raises(NoteUnsignedError):
        builder.publish(note_of(builder.head, OTHER_KEY), KNOWN)
    assert builder.published(KNOWN) is None
    builder.close()


def test_no_head_is_published_that_does_not_continue_the_last(tmp_path: Path) -> None:
    published(tmp_path / "log", 20)
    checkpoint = (tmp_path / "log/checkpoint").read_bytes()
    for fork_at, size, error in ((7, 25, ConsistencyError), (1, 15, OutOfTreeError)):
        fork = tmp_path / f"fork{size}"
        builder = TileBuilder(fork, ORIGIN)
        builder.extend(log_entries(1, fork_at - 1))
        builder.extend(log_entries(fork_at, size, b"another"))
        (fork / "checkpoint").write_bytes(checkpoint)
        with pytest.raises(error):
            builder.publish(note_of(builder.head), KNOWN)
        assert (fork / "checkpoint").read_bytes() == checkpoint
        builder.close()


def test_the_same_head_is_published_again_with_more_signatures(tmp_path: Path) -> None:
    head = published(tmp_path, 20)
    more = note_of(head) + LOG_KEY.sign(b"x").replace(ORIGIN.encode(), b"a.example/w")
    builder = TileBuilder(tmp_path, ORIGIN)
    builder.publish(more, KNOWN)
    assert (tmp_path / "checkpoint").read_bytes() == more
    builder.close()


@pytest.mark.parametrize(
    ("path", "content", "place"),
    [
        (".built", b"garbage", ".built"),
        (".built", b"", ".built"),
        ("tile/0/001.p/44", bytes(44 * 32), "tile/entries/001.p/44"),
        ("tile/0/001.p/44", b"", "tile/0/001.p/44"),
        ("tile/1/000.p/1", bytes(32), ".built"),
        ("tile/entries/001.p/44", b"\x00", "tile/entries/001.p/44"),
    ],
)
def test_a_damaged_end_of_the_tree_is_named_when_opened(
    tmp_path: Path, path: str, content: bytes, place: str
) -> None:
    published(tmp_path, 300)
    (tmp_path / path).write_bytes(content)
    with pytest.raises(TileError) as refused:
        TileBuilder(tmp_path, ORIGIN)
    assert refused.value.place == place


@given(st.binary(max_size=60))
def test_hostile_bundles_raise_only_the_typed_error(content: bytes) -> None:
    try:
        texts = leaf_texts(content, "tile/entries/000")
    except TileError as error:
        assert error.place == "tile/entries/000"  # noqa: PT017  both outcomes are right
    else:
        assert b"".join(len(t).to_bytes(2, "big") + t for t in texts) == content


class Shelf:
    """A log that gives its entries in batches, as a store does."""

    def read(self, after: int, limit: int) -> list[StoredEntry]:
        last = min(after + limit, 2_500)
        return [
            StoredEntry(
                position=n,
                hash=frame_hash(n),
                recorded_at=n,
                authority="",
                request_id="",
                record=b"",
            )
            for n in range(after + 1, last + 1)
        ]


def test_a_log_is_read_in_batches_up_to_the_size_asked_for() -> None:
    assert list(entries(Shelf(), 10, 2_400)) == list(log_entries(11, 2_400))
    assert list(entries(Shelf(), 2_490, 9_000)) == list(log_entries(2_491, 2_500))
