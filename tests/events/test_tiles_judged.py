"""The served tiles, judged by Go's own libraries for notes and logs, over HTTP."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from events.notes import cosigned, text_of
from events.publish import TileBuilder
from events.receipts import prove
from events.tiles import TiledTree
from events.tree import head_of
from tests.support.judge import Judge, served
from tests.support.registry import ORIGIN
from tests.support.tree import (
    KNOWN,
    WITNESS_KEY,
    note_of,
    published,
    reader,
    tree_of,
)

OCTETS = "application/octet-stream"
FOR_EVER = "public, max-age=31536000, immutable"


@pytest.mark.parametrize("size", [0, 1, 2, 255, 256, 257, 700])
def test_every_entry_and_the_signature_are_found_right(
    tmp_path: Path, judge: Judge, size: int
) -> None:
    published(tmp_path, size)
    right, said = judge(tmp_path)
    assert right, said
    assert f"ok: {size} entries are in the tree" in said


def test_any_two_heads_of_a_growing_log_continue_each_other(
    tmp_path: Path, judge: Judge
) -> None:
    sizes = [0, 1, 7, 255, 256, 300, 513, 700]
    options: list[str] = []
    for size in sizes:
        published(tmp_path, size)
        kept = tmp_path / f"kept{size}"
        kept.write_bytes((tmp_path / "checkpoint").read_bytes())
        options += ["-old", str(kept)]
    right, said = judge(tmp_path, *options)
    assert right, said
    assert said.count("continues tree of") == 8 * 9 // 2


def test_a_witness_and_its_time_are_found_right(tmp_path: Path, judge: Judge) -> None:
    head = published(tmp_path, 20)
    note = note_of(head)
    line = WITNESS_KEY.sign(text_of(note), 1_767_225_600)
    with closing(TileBuilder(tmp_path, ORIGIN)) as builder:
        builder.publish(cosigned(note, line), KNOWN)
    right, said = judge(tmp_path, witness=True)
    assert right, said
    assert "signed by 2 keys" in said


def test_a_head_without_the_witness_that_is_asked_for_is_refused(
    tmp_path: Path, judge: Judge
) -> None:
    published(tmp_path, 20)
    right, said = judge(tmp_path, witness=True)
    assert not right
    assert "FAULT checkpoint: 1 of 2 signatures" in said


def test_receipts_are_found_right_also_after_growth(
    tmp_path: Path, judge: Judge
) -> None:
    options: list[str] = []
    for size, position in ((1, 1), (20, 7), (300, 257)):
        published(tmp_path, size)
        note = (tmp_path / "checkpoint").read_bytes()
        receipt = tmp_path / f"{position}.tlog-proof"
        receipt.write_bytes(prove(TiledTree(reader(tmp_path), size), position, note))
        options += ["-receipt", str(receipt)]
    published(tmp_path, 700)
    right, said = judge(tmp_path, *options)
    assert right, said
    assert said.count("ok: receipt of entry") == 3


def test_a_receipt_of_another_entry_is_refused(tmp_path: Path, judge: Judge) -> None:
    published(tmp_path, 20)
    receipt = tmp_path / "7.tlog-proof"
    honest = prove(tree_of(20), 7, note_of(head_of(tree_of(20))))
    receipt.write_bytes(honest.replace(b"index 6", b"index 7"))
    right, said = judge(tmp_path, "-receipt", str(receipt))
    assert not right
    assert f"FAULT receipt {receipt}" in said


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[http.client.HTTPConnection]:
    published(tmp_path, 300)
    (tmp_path.parent / "secret").write_bytes(b"not of the layout")
    with served(tmp_path) as server:
        host, port = server.server_address[:2]
        opened = http.client.HTTPConnection(str(host), int(port), timeout=10)
        yield opened
        opened.close()


@pytest.mark.parametrize(
    ("path", "kind", "caching"),
    [
        ("/checkpoint", "text/plain; charset=utf-8", "no-cache"),
        ("/tile/0/000", OCTETS, FOR_EVER),
        ("/tile/1/000.p/1", OCTETS, FOR_EVER),
        ("/tile/entries/001.p/44", OCTETS, FOR_EVER),
    ],
)
def test_files_are_served_as_the_specification_says(
    connection: http.client.HTTPConnection,
    tmp_path: Path,
    path: str,
    kind: str,
    caching: str,
) -> None:
    for method in ("GET", "HEAD"):
        connection.request(method, path)
        answer = connection.getresponse()
        content = answer.read()
        assert answer.status == 200
        assert answer.headers["Content-Type"] == kind
        assert answer.headers["Cache-Control"] == caching
        expected = (tmp_path / path[1:]).read_bytes()
        assert answer.headers["Content-Length"] == str(len(expected))
        assert content == (expected if method == "GET" else b"")


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/.built",
        "/.lock",
        "/../secret",
        "/tile/../../secret",
        "/tile/0/..%2f..%2fsecret",
        "/tile/0/000/",
        "/tile/0/000.p/300",
        "/tile/64/000",
        "/tile/00/000",
        "/tile/0/000?x=1",
        "/tile/0/000%00",
        "/tile",
        "/tile/0",
        "/tile/0/0000",
        "/tile/0/x000",
    ],
)
def test_nothing_outside_the_layout_is_served(
    connection: http.client.HTTPConnection, path: str
) -> None:
    connection.putrequest("GET", path)
    connection.endheaders()
    answer = connection.getresponse()
    assert answer.status == 404
    assert answer.headers["Cache-Control"] == "no-cache"
    assert answer.read() == b""


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_nothing_can_be_written(
    connection: http.client.HTTPConnection, tmp_path: Path, method: str
) -> None:
    before = (tmp_path / "checkpoint").read_bytes()
    connection.request(method, "/checkpoint", body=b"mine")
    assert connection.getresponse().status == 501
    assert (tmp_path / "checkpoint").read_bytes() == before
