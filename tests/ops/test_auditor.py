"""The second auditor, in Go, says of every log what the first one says.

What a node's own file makes of further ways to tamper stands in
`tests/events/test_verify.py`, the twelve promised ones in
`tests/ops/test_tampering.py`, exported records in `test_auditor_records.py`: all ask
both. Here: what it knows, a running node, a province, tiles of two levels.
"""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import pytest

from events.embedded import EmbeddedLog
from events.guardianship import Office
from events.heads import HeadFile, begin, sign_next
from events.publish import TileBuilder, entries
from events.tables import defined_here, definitions
from events.tiles import TiledTree
from events.tree import TreeHead
from ops.synthetic.province import grow
from ops.synthetic.telling import Numbers
from tests.support.audited import agree, faults
from tests.support.judge import AUDITOR, Auditor
from tests.support.records import chain
from tests.support.registry import ORIGIN, TIMEOUT_S, child_id, opened, person, submit
from tests.support.registry import submission as asked
from tests.support.signing import signing_in
from tests.support.stories import born
from tests.support.tampered import Change, bit, bundle, edited
from tests.support.tree import KNOWN, LOG_KEY, WITNESS_KEY, note_of

SIZE = 600
"""Entries: two full tiles of leaves and one that is not, and one above them."""


def test_the_source_is_formatted_and_vetted(auditor: Auditor) -> None:
    del auditor  # left out where there is no Go
    for command in (["gofmt", "-l", "."], ["go", "vet", "-mod=readonly", "./..."]):
        done = subprocess.run(
            command, cwd=AUDITOR, capture_output=True, text=True, check=True
        )
        assert done.stdout == ""


def test_it_knows_the_tables_of_a_logs_file() -> None:
    """It must not read `events.tables`, so it has a text of its own."""
    with closing(sqlite3.connect(":memory:")) as database:
        database.executescript((AUDITOR / "tables.sql").read_text())
        assert definitions(database) == defined_here()


def test_a_running_node_is_read_beside_it(auditor: Auditor, tmp_path: Path) -> None:
    folder = tmp_path / "a folder, with # and ?"
    folder.mkdir()
    signing, data = signing_in(folder, LOG_KEY), folder / "data"
    with opened(data, signing=signing) as registry:
        command = born(child_id("Xiaoling"), "2016", person("father"))
        last = submit(registry, asked(command, "born", "police", Office.POLICE))
        assert registry.publisher is not None
        assert registry.publisher.wait(last.position, TIMEOUT_S)
        before = sorted(data.rglob("*"))
        said = agree(auditor, data, LOG_KEY, WITNESS_KEY)
        assert sorted(data.rglob("*")) == before
    assert faults(said) == []
    assert f"signed     tiles/checkpoint: by {ORIGIN}" in said


def test_a_province_with_every_kind_of_event_is_read(
    auditor: Auditor, tmp_path: Path
) -> None:
    numbers = Numbers(children=150, years=10, seed=7, registry=ORIGIN)
    grow(tmp_path / "log.sqlite", numbers, lambda _done, _total: None)
    said = agree(auditor, tmp_path)
    assert faults(said) == []
    assert not any("unreadable" in line for line in said)


# Tiles of two levels, beside a log that has them all, and one that was cut.


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("node")
    with (
        closing(EmbeddedLog(folder / "log.sqlite", ORIGIN)) as log,
        closing(TileBuilder(folder / "tiles", ORIGIN)) as builder,
    ):
        log.append(chain(SIZE), 1e12)
        builder.extend(entries(log, 0, SIZE))
        builder.save()
        domain = tmp_path_factory.mktemp("domain")
        stores = [HeadFile(folder / "head"), HeadFile(domain / "head")]
        begin(stores, ORIGIN)
        tree = TiledTree(builder.read, SIZE)
        builder.publish(sign_next(stores, tree, LOG_KEY), KNOWN)
    return folder


def swap(texts: list[bytes]) -> None:
    texts[5], texts[6] = texts[6], texts[5]


def both_full(tiles: Path) -> None:
    """Leave of the last tile and bundle what came when they were full."""
    for kind in ("0", "entries"):
        partial = tiles / f"tile/{kind}/002.p/88"
        content = partial.read_bytes()
        if kind == "0":
            content += bytes((256 - 88) * 32)
        else:
            content += b"\x00\x01x" * (256 - 88)
        (tiles / f"tile/{kind}/002").write_bytes(content)
        partial.unlink()


TILES: dict[str, tuple[Change, list[str]]] = {
    "honest": (lambda _tiles: None, []),
    "only-the-full-ones-left": (both_full, []),
    "leaf": (edited("tile/0/001", bit(7)), ["tile/0/001#7"]),
    "last-leaf": (
        edited("tile/0/002.p/88", bit(87)),
        ["tile/0/002.p/88#87", "checkpoint"],
    ),
    "above": (edited("tile/1/000.p/2", bit(1)), ["tile/1/000.p/2#1", "checkpoint"]),
    "short": (edited("tile/0/000", lambda c: c[:-32]), ["tile/0/000"]),
    "missing": (lambda tiles: (tiles / "tile/0/001").unlink(), ["tile/0/001"]),
    "last-missing": (
        lambda tiles: (tiles / "tile/0/002.p/88").unlink(),
        ["tile/0/002.p/88"],
    ),
    "no-bundle": (
        lambda tiles: (tiles / "tile/entries/001").unlink(),
        ["tile/entries/001"],
    ),
    "swapped": (
        edited("tile/entries/001", bundle(swap)),
        [f"tile/entries/001#{slot}" for slot in (5, 6, 5, 6)],
    ),
    "swapped-at-the-end": (
        edited("tile/entries/002.p/88", bundle(swap)),
        [f"tile/entries/002.p/88#{slot}" for slot in (5, 6, 5, 6)],
    ),
    "one-left-out": (
        edited("tile/entries/000", bundle(lambda texts: texts.pop(9))),
        ["tile/entries/000"],
    ),
    "cut-bundle": (
        edited("tile/entries/000", lambda c: c[:-1]),
        ["tile/entries/000"],
    ),
    "no-note": (edited("checkpoint", lambda _: b"garbage"), ["tiles/checkpoint"]),
    "unsigned": (
        edited("checkpoint", lambda c: c.replace(b"\n600\n", b"\n599\n")),
        ["tiles/checkpoint"],
    ),
}


@pytest.mark.parametrize("name", list(TILES))
def test_both_name_the_same_places_of_tiles(
    kept: Path, tmp_path: Path, name: str, auditor: Auditor
) -> None:
    folder = Path(shutil.copytree(kept, tmp_path / "node"))
    change, places = TILES[name]
    change(folder / "tiles")
    assert faults(agree(auditor, folder, LOG_KEY)) == places


@pytest.mark.parametrize("name", list(TILES))
def test_both_name_the_same_places_of_tiles_whose_log_is_shorter(
    kept: Path, tmp_path: Path, name: str, auditor: Auditor
) -> None:
    """Then tiles are judged by each other, up to the signed head."""
    folder = Path(shutil.copytree(kept, tmp_path / "node"))
    (folder / "log.sqlite").unlink()
    with closing(EmbeddedLog(folder / "log.sqlite", ORIGIN)) as log:
        log.append(chain(1), 1e12)
    TILES[name][0](folder / "tiles")
    said = faults(agree(auditor, folder, LOG_KEY))
    assert said[-1] == "head"
    assert ("checkpoint" in said) == (name not in {"no-note", "unsigned"})


def test_a_head_may_claim_any_size(
    kept: Path, tmp_path: Path, auditor: Auditor
) -> None:
    """Neither looks for its tiles beyond the faults that it tells."""
    folder = Path(shutil.copytree(kept, tmp_path / "node"))
    claimed = note_of(TreeHead(size=1 << 62, root=bytes(32)))
    (folder / "tiles/checkpoint").write_bytes(claimed)
    said = agree(auditor, folder, LOG_KEY)
    assert "FAULT      and perhaps more" in said
    assert faults(said)[0] == "checkpoint"
