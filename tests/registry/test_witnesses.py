"""A node asks its witnesses, and publishes what as many as demanded have signed."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from events.notes import KeyKind, Signer, open_note
from events.receipts import TooFewWitnessesError
from events.receipts import verify as verify_proof
from events.tree import head_of
from events.witness import Witness
from ops.config import ConfigError, load
from ops.witness import WitnessServer
from registry.witnesses import Asked, Witnesses
from tests.registry.test_key_life import receipt_of
from tests.registry.test_publisher import registered
from tests.support.judge import Judge
from tests.support.registry import ORIGIN, TIMEOUT_S, opened
from tests.support.signing import signing_in
from tests.support.tree import LOG_KEY, OTHER_KEY, WITNESS_KEY, note_of, tree_of

KEYS = [
    WITNESS_KEY,
    Signer(
        name="paper.example/w2",
        kind=KeyKind.WITNESS,
        seed=b"the newspaper's witness, 32 byte",
    ),
]


@contextmanager
def witnessing(folder: Path, key: Signer, log: Signer = LOG_KEY) -> Iterator[Asked]:
    witness = Witness(folder, key, [log.verifier], lambda: int(time.time()))
    with WitnessServer(witness) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield Asked(url=server.url, key=key.verifier)
        finally:
            server.shutdown()
            thread.join()


def gone(key: Signer) -> Asked:
    """Return a witness that nobody runs."""
    return Asked(url="http://127.0.0.1:9", key=key.verifier)


def names(note: bytes) -> set[str]:
    known = [LOG_KEY.verifier, *(key.verifier for key in KEYS)]
    return {signature.by.name for signature in open_note(note, known).signatures}


def test_a_served_head_has_the_signatures_that_the_policy_demands(
    tmp_path: Path, judge: Judge
) -> None:
    """Two of two, over a growing log; judged by Go, carried by each proof."""
    signing = signing_in(tmp_path)
    with ExitStack() as stack:
        asked = [
            stack.enter_context(witnessing(tmp_path / key.name[:5], key))
            for key in KEYS
        ]
        signing = replace(signing, witnesses=tuple(asked), quorum=2)
        registry = stack.enter_context(opened(tmp_path / "data", signing=signing))
        for who in ("Xiaoling", "her brother"):
            note, proof = receipt_of(registry, who)
            assert note
            assert registry.publisher is not None
            assert registry.publisher.note is not None
            assert names(registry.publisher.note) == {ORIGIN, *(k.name for k in KEYS)}
        known = [LOG_KEY.verifier, *(key.verifier for key in KEYS)]
        position = registry.log.head().position
        (stored,) = registry.log.read(position - 1, 1)
        proved = verify_proof(proof, stored.hash, ORIGIN, known, witnesses=2)
        assert proved.position == position
    right, said = judge(tmp_path / "data/tiles", witness=True)
    assert right, said


def test_too_few_witnesses_publish_nothing_delay_nobody_and_are_caught_up_with(
    tmp_path: Path,
) -> None:
    signing = signing_in(tmp_path)
    missing = replace(signing, witnesses=(gone(KEYS[0]),), quorum=1)
    with opened(tmp_path / "data", signing=missing) as registry:
        publisher = registry.publisher
        assert publisher is not None
        position = registered(registry, "Xiaoling")
        assert not publisher.wait(position, 1.0)
        assert publisher.trouble is not None
        assert "0 signed, 1 must" in publisher.trouble
        assert "Connection refused" in publisher.trouble
    with witnessing(tmp_path / "w", KEYS[0]) as asked:
        back = replace(signing, witnesses=(asked, gone(KEYS[1])), quorum=1)
        with opened(tmp_path / "data", signing=back) as registry:
            assert registry.publisher is not None
            assert registry.publisher.wait(position, TIMEOUT_S)
            assert registry.publisher.note is not None
            assert names(registry.publisher.note) == {ORIGIN, KEYS[0].name}


def test_a_witness_that_hangs_is_not_waited_for_where_others_suffice(
    tmp_path: Path,
) -> None:
    released = threading.Event()

    class Silent(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            released.wait(TIMEOUT_S)

    tree = tree_of(5)
    note = note_of(head_of(tree))
    with (
        ThreadingHTTPServer(("127.0.0.1", 0), Silent) as silent,
        witnessing(tmp_path / "w", KEYS[0]) as asked,
    ):
        thread = threading.Thread(target=silent.serve_forever)
        thread.start()
        port = silent.server_address[1]
        slow = Asked(url=f"http://127.0.0.1:{port}", key=KEYS[1].verifier)
        with closing(Witnesses([slow, asked], 1, TIMEOUT_S)) as witnesses:
            for _ in range(3):
                assert names(witnesses.cosigned(note, tree)) == {ORIGIN, KEYS[0].name}
            released.set()
        with closing(Witnesses([slow, asked], 2, 0.2)) as witnesses:
            released.clear()
            with pytest.raises(TooFewWitnessesError, match="1 signed, 2 must"):
                witnesses.cosigned(note, tree)
            released.set()
        silent.shutdown()
        thread.join()


@pytest.mark.parametrize("lie", ["another key", "twice", "nothing"])
def test_what_a_witness_answers_is_verified(lie: str) -> None:
    tree = tree_of(5)
    note = note_of(head_of(tree))
    line = KEYS[0].sign(note.partition(b"\n\n")[0] + b"\n", 7)
    forger = replace(KEYS[0], seed=OTHER_KEY.seed)
    said = {
        "another key": forger.sign(b"text\n", 7),
        "twice": line + line,
        "nothing": b"",
    }[lie]

    class Liar(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Liar) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        url = f"http://127.0.0.1:{server.server_address[1]}"
        asked = Asked(url=url, key=KEYS[0].verifier)
        with (
            closing(Witnesses([asked], 1)) as witnesses,
            pytest.raises(TooFewWitnessesError),
        ):
            witnesses.cosigned(note, tree)
        server.shutdown()
        thread.join()


WITNESS = '[[signing.witness]]\nurl = "http://w.example"\nkey = "{}"\n'


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("quorum = 1\n", "signing.quorum: is 0 to 0"),
        ("quorum = true\n", "signing.quorum: is a whole number"),
        (WITNESS.format("no key"), "signing.witness.key"),
        (WITNESS.format(LOG_KEY.verifier.vkey), "is no witness's key"),
        ('more_keys = "log.key"\n', "signing.more_keys: is a list"),
        ("tsa_every_s = 0\n", "signing.tsa_every_s: is 1 or more"),
        ("witness = 3\n", "signing.witness: is a list of tables"),
    ],
)
def test_a_wrong_policy_is_named(tmp_path: Path, text: str, rule: str) -> None:
    (tmp_path / "node.toml").write_text(
        f'registry = "{ORIGIN}"\nnode = "n"\ndata_dir = "data"\n'
        f'[signing]\nkey = "log.key"\nheads = "heads"\n{text}'
    )
    with pytest.raises(ConfigError, match=rule):
        load(tmp_path / "node.toml")


def test_a_policy_is_read(tmp_path: Path) -> None:
    (tmp_path / "node.toml").write_text(
        f'registry = "{ORIGIN}"\nnode = "n"\ndata_dir = "data"\n'
        '[signing]\nkey = "log.key"\nheads = "heads"\nquorum = 1\n'
        + WITNESS.format(KEYS[0].verifier.vkey)
    )
    signing = load(tmp_path / "node.toml").config.signing
    assert signing is not None
    assert signing.quorum == 1
    assert signing.witnesses == (Asked(url="http://w.example", key=KEYS[0].verifier),)
