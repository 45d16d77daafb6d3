"""A node that signs, as its operator and a stranger have it: real processes."""

from __future__ import annotations

import json
import shutil
import time
import urllib.request
from pathlib import Path

import pytest

from ops.casebook import FOLDER, load
from ops.terminal import Exit
from tests.ops.test_cli import HEAD, configured, run, running
from tests.support.judge import Judge

FILE = FOLDER / "2015-tongshan.jsonl"
SIGNING = '[signing]\nkey = "log.key"\nheads = "heads"\ntiles = "127.0.0.1:0"\n'


def begun(folder: Path) -> tuple[Path, str]:
    """Return the configuration of a node that may sign, and its vkey."""
    config = configured(folder, SIGNING)
    made = run("keys", "new", "--json", "-c", str(config))
    assert made.returncode == Exit.DONE, made.stderr
    assert run("keys", "begin", "-c", str(config)).returncode == Exit.DONE
    return config, json.loads(made.stdout)["vkey"]


def fetched(url: str) -> bytes:
    with urllib.request.urlopen(url) as answer:  # noqa: S310  loopback
        content = answer.read()
    assert isinstance(content, bytes)
    return content


def covered(url: str, size: int) -> bytes:
    """Return the first served checkpoint that covers so many entries."""
    for _ in range(200):
        try:
            note = fetched(f"{url}/checkpoint")
        except OSError:
            note = b"\n0\n"
        if int(note.split(b"\n")[1]) >= size:
            return note
        time.sleep(0.05)
    pytest.fail(f"no head of {size} was served")


def test_a_stranger_judges_a_running_server_and_its_older_heads(
    tmp_path: Path, judge: Judge
) -> None:
    config, vkey = begun(tmp_path)
    with running(config) as node:
        assert node.tiles
        (tmp_path / "first").write_bytes(covered(node.tiles, 2))
        assert run("submit", str(FILE), node.server).returncode == Exit.DONE
        covered(node.tiles, HEAD)
        old = ("-old", str(tmp_path / "first"))
        right, said = judge(node.tiles, *old, vkey=vkey)
        assert right, said
        assert f"ok: {HEAD} entries are in the tree" in said
        assert "continues tree of 2" in said
        tile = tmp_path / f"data/tiles/tile/entries/000.p/{HEAD}"
        honest = tile.read_bytes()
        tile.write_bytes(honest.replace(b"\n5\n", b"\n7\n"))
        right, said = judge(node.tiles, vkey=vkey)
        assert not right
        assert "FAULT" in said
        tile.write_bytes(honest)
        name, number, key = vkey.split("+", 2)  # a key may have a plus of its own
        stranger = f"{name}+{number}+{key[::-1]}"
        assert not judge(node.tiles, vkey=stranger)[0]
    # What was served is what lies there, and what the offline audit finds right.
    ended = run("verify", "-c", str(config), "--vkey", vkey)
    assert ended.returncode == Exit.DONE, ended.stdout
    assert b"NOT SEEN" not in ended.stdout


def test_a_receipt_is_kept_and_verified_without_the_server(tmp_path: Path) -> None:
    config, vkey = begun(tmp_path)
    told = json.loads(FILE.read_text().splitlines()[0])
    request_id, who = told["request_id"], told["authority"]
    with running(config) as node:
        assert run("submit", str(FILE), node.server).returncode == Exit.DONE
        covered(node.tiles, HEAD)
        asked = (request_id, f"--to={tmp_path}", node.server, f"--authority={who}")
        got = run("receipt", "get", *asked, f"--office={told['office']}")
        assert got.returncode == Exit.DONE, got.stderr
        for command in (("heads",), ("prove", "3"), ("voids",)):
            assert run("audit", *command, node.server).returncode == Exit.DONE
        drawn = run("audit", "sample", "0123456789abcdef", "--count=2", node.server)
        assert len(json.loads(drawn.stdout)["entries"]) == 2
        child = load_child()
        replayed = run("audit", "replay", child, "--as-of=2015-02-04", node.server)
        assert replayed.returncode == Exit.DONE, replayed.stderr
        assert len(replayed.stdout.splitlines()) > 2
    file = tmp_path / f"{request_id}.receipt"
    proof = file.with_suffix(".tlog-proof")
    sound = run("receipt", "verify", str(file), "--key", vkey, "--json")
    assert sound.returncode == Exit.DONE, sound.stderr
    assert json.loads(sound.stdout)["proved_in_tree_of"] == HEAD
    honest = proof.read_bytes()
    proof.write_bytes(honest.replace(b"index 2", b"index 3"))
    assert run("receipt", "verify", str(file), "--key", vkey).returncode == Exit.WRONG
    proof.unlink()
    word = run("receipt", "verify", str(file), "--key", vkey)
    assert word.returncode == Exit.DONE
    assert b"no proof lies beside it" in word.stdout
    file.write_bytes(file.read_bytes().replace(b"\n3\n", b"\n4\n"))
    changed = run("receipt", "verify", str(file), "--key", vkey)
    assert changed.returncode == Exit.WRONG
    assert b"is not over this text" in changed.stderr


def load_child() -> str:
    return next(c for c in load() if c.name == "2015-tongshan").children["child"]


def test_the_key_is_made_once_and_shown(tmp_path: Path) -> None:
    config, vkey = begun(tmp_path)
    shown = run("keys", "show", "-c", str(config))
    assert shown.stdout.decode().strip() == vkey
    assert run("keys", "new", "-c", str(config)).returncode == Exit.WRONG
    # Begun again, nothing changes; begun after a head, it is refused.
    assert run("keys", "begin", "-c", str(config)).returncode == Exit.DONE
    with running(config) as node:
        covered(node.tiles, 2)
    refused = run("keys", "begin", "-c", str(config))
    assert refused.returncode == Exit.WRONG
    assert b"holds heads already" in refused.stderr
    (tmp_path / "log.key").chmod(0o640)
    assert run("keys", "show", "-c", str(config)).returncode == Exit.WRONG
    assert run("serve", "-c", str(config)).returncode == Exit.WRONG


def test_a_restored_heads_folder_serves_the_old_head_and_signs_no_new_one(
    tmp_path: Path,
) -> None:
    config, _ = begun(tmp_path)
    shutil.copytree(tmp_path / "heads", tmp_path / "yesterday")
    with running(config) as node:  # two heads: yesterday is more than one swap away
        covered(node.tiles, 2)
        assert run("submit", str(FILE), node.server).returncode == Exit.DONE
        covered(node.tiles, HEAD)
    shutil.rmtree(tmp_path / "heads")
    (tmp_path / "yesterday").rename(tmp_path / "heads")
    other = FOLDER / "2015-yuexiu.jsonl"
    with running(config) as node:
        assert run("submit", str(other), node.server).returncode == Exit.DONE
        time.sleep(1.5)  # in which a node that signs would have signed
        assert fetched(f"{node.tiles}/checkpoint").split(b"\n")[1] == b"%d" % HEAD


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ('[signing]\nkey = "k"', "signing.heads: is required"),
        ('[signing]\nkey = "k"\nheads = "h"\ntopic = "t"', "needs [kafka]"),
        ('[signing]\nkey = "k"\nheads = "h"\ntiles = "here"', "is host:port"),
        ('[signing]\nkeys = "k"', "signing.keys: is no key"),
        ('signing = "yes"', "signing: is a table"),
    ],
)
def test_a_wrong_signing_is_named(tmp_path: Path, text: str, rule: str) -> None:
    if text.startswith("signing"):
        config = configured(tmp_path)
        config.write_text(f"{text}\n{config.read_text()}")
    else:
        config = configured(tmp_path, f"{text}\n")
    ended = run("serve", "-c", str(config))
    assert ended.returncode == Exit.USAGE
    assert rule in ended.stderr.decode()


def test_a_node_that_does_not_sign_has_no_key_to_show(tmp_path: Path) -> None:
    config = configured(tmp_path)
    for command in ("new", "show", "begin"):
        ended = run("keys", command, "-c", str(config))
        assert ended.returncode == Exit.USAGE
        assert b"has no [signing]" in ended.stderr
