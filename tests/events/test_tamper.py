"""Tampering with published tiles: each kind refused, and the exact place named.

A log of 65 600 entries has tiles on three levels. Every kind is shown to our verifier
beside the log, to our verifier without it, and to the foreign judge.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from events.notes import (
    NoteMalformedError,
    NoteUnsignedError,
    SignatureInvalidError,
    open_note,
    parse_checkpoint,
)
from events.proof import (
    ConsistencyError,
    OutOfTreeError,
    prove_consistency,
    verify_consistency,
)
from events.publish import TileBuilder
from events.tiles import (
    ENTRIES,
    WIDTH,
    Bundles,
    TiledTree,
    faults,
    tile_path,
)
from events.tree import Tree, head_of, leaf_hash, leaf_text, root_of
from tests.support.judge import Judge
from tests.support.registry import ORIGIN
from tests.support.tampered import Change, bit, bundle, edited
from tests.support.tree import (
    KNOWN,
    OTHER_KEY,
    frame_hash,
    log_entries,
    note_of,
    published,
    reader,
    tree_of,
)

SIZE = 65_600


@dataclass(frozen=True)
class Kind:
    """What is done, and where each of the three finds it."""

    name: str
    change: Change
    with_log: list[str]
    alone: list[str]
    judged: str


FORGED = leaf_text(774, frame_hash(774, b"another"))
"""Entry 774 stands in slot 5 of the fourth bundle and tile."""


def forge_entry(texts: list[bytes]) -> None:
    texts[5] = FORGED


def swap_entries(texts: list[bytes]) -> None:
    texts[5], texts[6] = texts[6], texts[5]


def drop_entry(texts: list[bytes]) -> None:
    del texts[5]


def insert_entry(texts: list[bytes]) -> None:
    texts.insert(5, FORGED)


def forged_slot(tile: bytes) -> bytes:
    return tile[: 5 * 32] + leaf_hash(FORGED) + tile[6 * 32 :]


def forge_up_to_level(levels: int) -> Change:
    """Forge an entry, and make every tile on the way up agree with it."""

    def change(folder: Path) -> None:
        edited("tile/entries/003", bundle(forge_entry))(folder)
        edited("tile/0/003", forged_slot)(folder)
        for level, slot in ((1, 3), (2, 0))[:levels]:
            below = folder / ("tile/0/003" if level == 1 else "tile/1/000")
            root = root_of(below.read_bytes())
            path = "tile/1/000" if level == 1 else "tile/2/000.p/1"
            at = slot * 32
            put = edited(path, lambda c, r=root, a=at: c[:a] + r + c[a + 32 :])  # type: ignore[misc]
            put(folder)

    return change


def wrong_width(folder: Path) -> None:
    (folder / "tile/0/256.p/64").rename(folder / "tile/0/256.p/63")


def exchange(folder: Path) -> None:
    """Put a whole tile, with its bundle, in another's place."""
    for kind in ("0", "entries"):
        one, other = folder / f"tile/{kind}/003", folder / f"tile/{kind}/004"
        first, second = one.read_bytes(), other.read_bytes()
        one.write_bytes(second)
        other.write_bytes(first)


INCONSISTENT = "downloaded inconsistent tile"
KINDS = [
    Kind(
        "a bit in an entry's hash",
        edited("tile/entries/003", bundle(forge_entry)),
        ["tile/entries/003#5"],
        ["tile/0/003#5"],
        "entry 774",
    ),
    Kind(
        "a bit in a tile of leaves",
        edited("tile/0/003", bit(5)),
        ["tile/0/003#5"],
        ["tile/0/003#5", "tile/1/000#3"],
        "entry 769",
    ),
    Kind(
        "a bit in a tile of level 1",
        edited("tile/1/000", bit(7)),
        ["tile/1/000#7"],
        ["tile/1/000#7", "tile/2/000.p/1#0"],
        INCONSISTENT,
    ),
    Kind(
        "a bit in a tile of level 2",
        edited("tile/2/000.p/1", bit(0)),
        ["tile/2/000.p/1#0", "checkpoint"],
        ["tile/2/000.p/1#0", "checkpoint"],
        INCONSISTENT,
    ),
    Kind(
        "two entries swapped",
        edited("tile/entries/003", bundle(swap_entries)),
        ["tile/entries/003#5", "tile/entries/003#6"] * 2,
        ["tile/entries/003#5", "tile/entries/003#6", "tile/0/003#5", "tile/0/003#6"],
        "entry 774",
    ),
    Kind(
        "an entry missing",
        edited("tile/entries/003", bundle(drop_entry)),
        ["tile/entries/003"],
        ["tile/entries/003"],
        "entry 774",
    ),
    Kind(
        "an entry inserted",
        edited("tile/entries/003", bundle(insert_entry)),
        ["tile/entries/003"],
        ["tile/entries/003"],
        "entry 774",
    ),
    Kind(
        "a tile cut short",
        edited("tile/0/003", lambda c: c[:-1]),
        ["tile/0/003"],
        ["tile/0/003"],
        "tile/0/003 has 8191 bytes, must have 8192",
    ),
    Kind(
        "a bundle cut short",
        edited("tile/entries/003", lambda c: c[:-1]),
        ["tile/entries/003"],
        ["tile/entries/003"],
        "tile/entries/003 is cut short",
    ),
    Kind(
        "a partial tile under another width",
        wrong_width,
        ["tile/0/256.p/64"],
        ["tile/0/256.p/64"],
        "tile/0/256.p/64: 404",
    ),
    Kind(
        "a tile missing",
        lambda folder: (folder / "tile/1/000").unlink(),
        ["tile/1/000"],
        ["tile/1/000"],
        "tile/1/000: 404",
    ),
    Kind(
        "a bundle missing",
        lambda folder: (folder / "tile/entries/003").unlink(),
        ["tile/entries/003"],
        ["tile/entries/003"],
        "tile/entries/003: 404",
    ),
    Kind(
        "an entry and its tile forged together",
        forge_up_to_level(0),
        ["tile/entries/003#5", "tile/0/003#5"],
        ["tile/1/000#3"],
        "entry 769",
    ),
    Kind(
        "an entry forged, and every tile above but the root",
        forge_up_to_level(1),
        ["tile/entries/003#5", "tile/0/003#5", "tile/1/000#3"],
        ["tile/2/000.p/1#0"],
        INCONSISTENT,
    ),
    Kind(
        "an entry forged, and every tile above it",
        forge_up_to_level(2),
        [
            "tile/entries/003#5",
            "tile/0/003#5",
            "tile/1/000#3",
            "tile/2/000.p/1#0",
            "checkpoint",
        ],
        ["checkpoint"],
        INCONSISTENT,
    ),
]


@pytest.fixture(scope="module")
def log() -> Tree:
    return tree_of(SIZE)


@pytest.fixture(scope="module")
def bundles() -> Bundles:
    found = Bundles()
    found.extend([leaf_text(n, frame_hash(n)) for n in range(1, SIZE + 1)])
    return found


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("honest")
    published(folder, SIZE)
    return folder


@pytest.fixture
def folder(honest: Path, tmp_path: Path) -> Iterator[Path]:
    copy = tmp_path / "tiles"
    shutil.copytree(honest, copy)
    yield copy
    shutil.rmtree(copy)


def test_the_untouched_log_is_found_right(
    honest: Path, log: Tree, bundles: Bundles
) -> None:
    head = head_of(log)
    assert list(faults(reader(honest), head, log)) == []
    assert list(faults(reader(honest), head, log, bundles)) == []
    for number in range(SIZE // WIDTH):
        content = (honest / tile_path(ENTRIES, number)).read_bytes()
        assert bundles.has(number, content)
        assert not bundles.has(number, content[:-1] + b"\x00")
        assert not bundles.has(number + 1, content)
    assert list(faults(reader(honest), head)) == []


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name.replace(" ", "-"))
def test_a_changed_file_is_found_where_it_was_changed(
    folder: Path, log: Tree, bundles: Bundles, kind: Kind
) -> None:
    kind.change(folder)
    head = head_of(log)
    beside = list(faults(reader(folder), head, log))
    assert [fault.place for fault in beside] == kind.with_log
    at_once = faults(reader(folder), head, log, bundles)
    assert list(map(str, at_once)) == list(map(str, beside))
    assert [f.place for f in faults(reader(folder), head)] == kind.alone


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name.replace(" ", "-"))
def test_a_changed_file_is_refused_by_the_foreign_judge(
    folder: Path, judge: Judge, kind: Kind
) -> None:
    kind.change(folder)
    right, said = judge(folder)
    assert not right
    (fault,) = [line for line in said.splitlines() if line.startswith("FAULT")]
    assert kind.judged in fault


# What is changed consistently, and only signatures and heads that others kept can show.


def rebuilt(folder: Path, size: int, fork_at: int) -> TileBuilder:
    builder = TileBuilder(folder, ORIGIN)
    builder.extend(log_entries(1, fork_at - 1))
    builder.extend(log_entries(fork_at, size, b"another"))
    builder.save()
    return builder


def test_a_consistent_rewrite_under_another_key_is_signed_by_nobody(
    tmp_path: Path, judge: Judge
) -> None:
    with closing(rebuilt(tmp_path, 300, fork_at=7)) as builder:
        note = note_of(builder.head, OTHER_KEY)
        (tmp_path / "checkpoint").write_bytes(note)
    with pytest.raises(NoteUnsignedError, match="note: no known key signed it"):
        open_note(note, KNOWN)
    right, said = judge(tmp_path)
    assert not right
    assert "FAULT checkpoint: note has no verifiable signatures" in said


def test_a_rewrite_under_the_logs_own_key_contradicts_the_log_and_kept_heads(
    tmp_path: Path, judge: Judge
) -> None:
    """The operator himself forks after a head was signed and kept by somebody."""
    kept, forked = tmp_path / "kept", tmp_path / "tiles"
    old = head_of(tree_of(200))
    kept.write_bytes(note_of(old))
    with closing(rebuilt(forked, 300, fork_at=107)) as builder:
        new = builder.head
        builder.publish(note_of(new), KNOWN)
    beside = [fault.place for fault in faults(reader(forked), new, tree_of(300))]
    assert beside[:2] == ["checkpoint", "tile/entries/000#106"]
    assert list(faults(reader(forked), new)) == []
    proof = prove_consistency(TiledTree(reader(forked), 300), 200, 300)
    with pytest.raises(ConsistencyError, match="tree of 200 to tree of 300"):
        verify_consistency(old, new, proof)
    right, said = judge(forked, "-old", str(kept))
    assert not right
    assert "FAULT tree of 200 to tree of 300" in said
    right, said = judge(forked)
    assert right, said


def test_two_heads_of_one_size_are_refused(tmp_path: Path, judge: Judge) -> None:
    kept, forked = tmp_path / "kept", tmp_path / "tiles"
    kept.write_bytes(note_of(head_of(tree_of(300))))
    with closing(rebuilt(forked, 300, fork_at=300)) as builder:
        builder.publish(note_of(builder.head), KNOWN)
        new = builder.head
    with pytest.raises(ConsistencyError, match="one size has two roots"):
        verify_consistency(head_of(tree_of(300)), new, [])
    right, said = judge(forked, "-old", str(kept))
    assert not right
    assert "FAULT tree of 300 to tree of 300: two roots for one size" in said


def test_an_older_head_shown_again_is_refused(tmp_path: Path, judge: Judge) -> None:
    published(tmp_path, 200)
    yesterday = (tmp_path / "checkpoint").read_bytes()
    published(tmp_path, 300)
    kept = tmp_path / "kept"
    kept.write_bytes((tmp_path / "checkpoint").read_bytes())
    (tmp_path / "checkpoint").write_bytes(yesterday)
    shown = parse_checkpoint(open_note(yesterday, KNOWN).text).head
    with pytest.raises(OutOfTreeError, match="old size 300: must be from 0 to 200"):
        verify_consistency(head_of(tree_of(300)), shown, [])
    right, said = judge(tmp_path, "-old", str(kept))
    assert not right
    assert f"FAULT checkpoint: has 200 entries, and {kept} had 300 already" in said


@pytest.mark.parametrize(
    ("old", "new"),
    [(b"\n300\n", b"\n299\n"), (b"cn-320300\n3", b"cn-110100\n3"), (b"\n300\n", b"\n")],
)
def test_an_edited_head_is_refused(
    tmp_path: Path, judge: Judge, old: bytes, new: bytes
) -> None:
    published(tmp_path, 300)
    checkpoint = tmp_path / "checkpoint"
    note = checkpoint.read_bytes()
    assert old in note
    checkpoint.write_bytes(note.replace(old, new, 1))
    with pytest.raises((SignatureInvalidError, NoteMalformedError)):
        open_note(checkpoint.read_bytes(), KNOWN)
    right, said = judge(tmp_path)
    assert not right
    assert "FAULT checkpoint: invalid signature for key" in said


def test_tiles_of_other_entries_exchanged_are_refused(
    tmp_path: Path, judge: Judge
) -> None:
    published(tmp_path, 1_300)
    exchange(tmp_path)
    found = [fault.place for fault in faults(reader(tmp_path), head_of(tree_of(1_300)))]
    assert found[0] == "tile/entries/003#0"
    assert found[-2:] == ["tile/1/000.p/5#3", "tile/1/000.p/5#4"]
    right, said = judge(tmp_path)
    assert not right
    assert "FAULT entry 769: tile/entries/003 holds another entry" in said


def test_a_head_larger_than_the_log_shows_what_was_cut_off(tmp_path: Path) -> None:
    published(tmp_path, 300)
    found = list(faults(reader(tmp_path), head_of(tree_of(300)), tree_of(290)))
    assert [str(fault) for fault in found] == [
        "checkpoint: covers 300 entries, and the log has 290"
    ]
