"""`childregistry rebuilds`: what an operator does from afar, on a node that serves."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from ops.terminal import Exit
from projections.files import FolderLock
from registry.rebuilding import NAMES
from tests.ops.test_cli import CHILD, FILE, Node, configured, run, running
from tests.support.certificates import Certified, certified, listed, tls_in
from tests.support.waiting import wait

LI = "--operator=li-of-xuzhou-1"
WAIT_S = 60.0


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    with running(configured(tmp_path)) as started:
        assert run("submit", str(FILE), started.server).returncode == Exit.DONE
        started.json("custody", CHILD, started.server)  # all of it is applied
        yield started


def data(node: Node) -> Path:
    return node.config.parent / "data"


def current(node: Node) -> dict[str, str]:
    return {
        name: (data(node) / f"{name}.CURRENT").read_text().strip() for name in NAMES
    }


def files(node: Node) -> set[str]:
    """Return the files of projections, but for what SQLite keeps beside them."""
    return {path.name for path in data(node).glob("*.sqlite*") if "-" not in path.name}


def told(node: Node, *arguments: str) -> dict[str, Any]:
    (found,) = node.json("rebuilds", *arguments, LI, node.server)
    rebuild: dict[str, Any] = found["rebuild"]
    return rebuild


def ended(node: Node, number: str) -> tuple[int, str]:
    """Wait until a rebuild is not under way; return how it is shown, and the exit."""
    end = time.monotonic() + WAIT_S
    while time.monotonic() < end:
        shown = run("rebuilds", "show", number, LI, node.server)
        if b": running, " not in shown.stdout:
            return shown.returncode, shown.stdout.decode()
    raise AssertionError(shown)


def lose_a_row(node: Node) -> None:
    with closing(sqlite3.connect(data(node) / current(node)["custody"])) as file:
        assert file.execute("DELETE FROM history WHERE position=6").rowcount > 0
        file.commit()


def test_a_rebuild_is_begun_shown_listed_and_promoted(node: Node) -> None:
    before = current(node)
    none = run("rebuilds", "list", LI, node.server)
    assert none.stdout == b"none since the node started\n"
    begun = told(node, "start", "--workers=2")
    assert (int(begun["number"]), begun["operator"]) == (1, "li-of-xuzhou-1")
    code, shown = ended(node, "1")
    assert code == Exit.DONE
    assert shown.startswith("rebuild 1 by li-of-xuzhou-1: done, ")
    assert [line.split(" (")[0] for line in shown.splitlines()[1:]] == [
        f"  {name}: equal" for name in NAMES
    ]
    assert current(node) == before
    assert run("rebuilds", "promote", "1", LI, node.server).returncode == Exit.DONE
    code, shown = ended(node, "1")
    assert code == Exit.DONE
    assert shown.count(": equal, now answers (") == len(NAMES)
    assert all(current(node)[name] != before[name] for name in NAMES)
    (found,) = node.json("custody", CHILD, "--as-of=2015-02-04", node.server)
    assert found["custody"]["status"] == "STATUS_GUARDIAN"


def test_the_newest_is_listed_first_and_who_differs_is_shown_alone(node: Node) -> None:
    lose_a_row(node)
    for number, name in (("1", "custody"), ("2", "places")):
        assert told(node, "start", name)["number"] == number
        ended(node, number)
    (found,) = node.json("rebuilds", "list", LI, node.server)
    assert [one["number"] for one in found["rebuilds"]] == ["2", "1"]
    assert found["rebuilds"][0] == told(node, "show", "2")
    (custody,) = found["rebuilds"][1]["projections"]
    assert "different" not in custody
    assert "equal" not in custody
    listed_ = run("rebuilds", "list", LI, node.server).stdout.decode()
    assert [line for line in listed_.splitlines() if "DIFFER" in line]
    assert CHILD not in listed_


def test_what_is_equal_is_promoted_by_itself_where_that_is_asked(node: Node) -> None:
    before = current(node)
    begun = run("rebuilds", "start", "custody", "barred", "--auto", LI, node.server)
    assert begun.stdout.startswith(b"rebuild 1 by li-of-xuzhou-1: running, ")
    code, shown = ended(node, "1")
    assert (code, shown.count("equal, now answers")) == (Exit.DONE, 2)
    changed = {name for name in NAMES if current(node)[name] != before[name]}
    assert changed == {"custody", "barred"}


def test_rows_that_differ_are_promoted_only_when_told(node: Node) -> None:
    lose_a_row(node)
    before = current(node)
    told(node, "start", "custody", "--auto")
    for _ in range(2):  # neither by itself nor when asked to
        code, shown = ended(node, "1")
        assert code == Exit.WRONG
        assert "custody: rows DIFFER (" in shown
        assert f"differs: {CHILD}" in shown
        assert current(node) == before
        assert run("rebuilds", "promote", "1", LI, node.server).returncode == Exit.DONE
    assert ended(node, "1")[0] == Exit.WRONG
    told(node, "promote", "1", "--even-if-different")
    code, shown = ended(node, "1")
    assert code == Exit.DONE
    assert "custody: rows DIFFER, now answers (" in shown
    assert current(node)["custody"] != before["custody"]


def test_a_cancelled_one_leaves_nothing(node: Node) -> None:
    before, kept = current(node), files(node)
    with FolderLock(data(node)).held():  # it compares no further than to here
        told(node, "start")
        wait(lambda: len(files(node)) == len(kept) + len(NAMES))
        early = run("rebuilds", "promote", "1", LI, node.server)
        assert early.returncode == Exit.WRONG
        assert b"REBUILD_NOT_DONE" in early.stderr
        assert told(node, "start")["number"] == "1"  # the one that is under way
        cancelled = run("rebuilds", "cancel", "1", LI, node.server)
    assert cancelled.returncode == Exit.DONE
    assert b"rebuild 1 by li-of-xuzhou-1: cancelled, " in cancelled.stdout
    assert (current(node), files(node)) == (before, kept)
    late = run("rebuilds", "promote", "1", LI, node.server)
    assert late.returncode == Exit.WRONG
    assert told(node, "start", "places")["number"] == "2"
    assert ended(node, "2")[0] == Exit.DONE
    done = run("rebuilds", "cancel", "2", LI, node.server)
    assert b": done, " in done.stdout  # and stays so


def test_one_that_failed_says_why(node: Node) -> None:
    with FolderLock(data(node), "rebuild.lock").held():
        told(node, "start")
        code, shown = ended(node, "1")
    assert code == Exit.WRONG
    assert "rebuild 1 by li-of-xuzhou-1: failed, " in shown
    assert "RebuildBusyError" in shown


def test_what_cannot_be_asked_ends_with_its_code(node: Node) -> None:
    for code, said, arguments in (
        (Exit.NOT_FOUND, b"rebuilds/9", ("show", "9", LI)),
        (Exit.NOT_FOUND, b"rebuilds/9", ("cancel", "9", LI)),
        (Exit.NOT_FOUND, b"rebuilds/9", ("promote", "9", LI)),
        (Exit.INVALID, b"is one of custody, ", ("start", "guesses", LI)),
        (Exit.INVALID, b"workers is 1 to 10", ("start", "--workers=11", LI)),
        (Exit.INVALID, b"it has no topic", ("start", "--from=kafka", LI)),
        (Exit.USAGE, b"", ("show", "the-last", LI)),
        (Exit.WRONG, b"NOT_AN_OPERATOR", ("start",)),
        (Exit.WRONG, b"NOT_AN_OPERATOR", ("list",)),
        (Exit.WRONG, b"NOT_AN_OPERATOR", ("list", "--operator=Not A Name")),
    ):
        found = run("rebuilds", *arguments, node.server)
        assert found.returncode == code, (arguments, found.stderr)
        assert said in found.stderr
        assert found.stdout == b""
    assert told_of(node) == []


def told_of(node: Node) -> list[Any]:
    (found,) = node.json("rebuilds", "list", LI, node.server)
    return list(found.get("rebuilds", ()))


def folder_of(folder: Path, who: Certified, authority: Certified) -> str:
    """Write what a caller with TLS has; return the option that names it."""
    folder.mkdir()
    (folder / "client.key").write_bytes(who.key_pem)
    (folder / "client.pem").write_bytes(who.pem)
    (folder / "server-ca.pem").write_bytes(authority.pem)
    return f"--tls={folder}"


def test_by_certificate_who_reads_is_no_operator_whatever_name_he_gives(
    tmp_path: Path,
) -> None:
    authority = certified("authority")
    court, li = certified("tongshan", authority), certified("li", authority)
    known = listed(court, "tongshan-court", "court")
    known += f'[[operator]]\ncertificate = "{li.fingerprint.hex()}"\nname = "li"\n'
    tls = tls_in(tmp_path / "tls", certified("localhost", authority), authority, known)
    more = "[tls]\n" + "".join(
        f'{name} = "{getattr(tls, name)}"\n'
        for name in ("key", "chain", "clients", "identities")
    )
    with running(configured(tmp_path / "node", more)) as node:
        server = f"--server=localhost:{node.port}"
        as_court = folder_of(tmp_path / "court", court, authority)
        as_li = folder_of(tmp_path / "li", li, authority)
        assert run("limits", server, as_court).returncode == Exit.DONE
        for arguments in (("list",), ("start", LI), ("show", "1", LI)):
            refused = run("rebuilds", *arguments, server, as_court)
            assert refused.returncode == Exit.WRONG
            assert b"NOT_AN_OPERATOR" in refused.stderr
        begun = run("rebuilds", "start", "places", server, as_li)
        assert begun.stdout.startswith(b"rebuild 1 by li: ")
        assert run("limits", server, as_li).returncode == Exit.USAGE
