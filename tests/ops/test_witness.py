"""A witness signs what continues, once a size, and remembers before it speaks."""

from __future__ import annotations

import http.client
import shutil
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.heads import HeadFile, HeadStoreError
from events.notes import KeyKind, cosigned, open_note
from events.proof import prove_consistency
from events.tree import Tree, head_of
from events.witness import (
    LogUnknownError,
    NotContinuedError,
    NotSignedError,
    OtherSizeError,
    RequestMalformedError,
    Witness,
    parse,
    request,
)
from ops.terminal import Exit
from ops.witness import WitnessServer
from registry.witnesses import RefusedByWitnessError, ask
from tests.ops.test_cli import run
from tests.support.judge import Judge
from tests.support.tree import (
    KNOWN,
    LOG_KEY,
    OTHER_KEY,
    WITNESS_KEY,
    note_of,
    published,
    reader,
    tree_of,
)

NOW_S = 1_767_225_600


def witness_in(folder: Path) -> Witness:
    return Witness(folder, WITNESS_KEY, [LOG_KEY.verifier], lambda: NOW_S)


@pytest.fixture
def witness(tmp_path: Path) -> Witness:
    return witness_in(tmp_path / "witness")


def asked(old: int, tree: Tree) -> bytes:
    proof = prove_consistency(tree, old, tree.size)
    return request(old, proof, note_of(head_of(tree)))


def test_heads_that_continue_each_other_are_signed_with_the_time(
    witness: Witness,
) -> None:
    old = 0
    for size in (0, 1, 7, 7, 20, 300):
        tree = tree_of(size)
        line = witness.add(asked(old, tree))
        signatures = open_note(cosigned(note_of(head_of(tree)), line), KNOWN).signatures
        times = {s.by.kind: s.time_s for s in signatures}
        assert times == {KeyKind.LOG: None, KeyKind.WITNESS: NOW_S}
        old = size


def test_a_fork_a_rollback_and_a_second_head_of_one_size_are_refused(
    witness: Witness, tmp_path: Path
) -> None:
    witness.add(asked(0, tree_of(20)))
    fork = tree_of(25, fork_at=15)
    with pytest.raises(NotContinuedError):
        witness.add(asked(20, fork))
    with pytest.raises(NotContinuedError):
        witness.add(request(20, [], note_of(head_of(tree_of(20, fork_at=20)))))
    with pytest.raises(OtherSizeError) as failed:
        witness.add(asked(0, tree_of(19)))
    assert failed.value.size == 20
    with pytest.raises(OtherSizeError):
        witness_in(tmp_path / "witness").add(asked(0, fork))
    with pytest.raises(RequestMalformedError):
        witness.add(request(20, [], note_of(head_of(tree_of(19)))))
    witness.add(asked(20, tree_of(25)))


def test_strangers_and_unknown_logs_are_refused(witness: Witness) -> None:
    head = head_of(tree_of(3))
    with pytest.raises(NotSignedError):
        witness.add(request(0, [], note_of(head, OTHER_KEY)))
    with pytest.raises(LogUnknownError):
        witness.add(request(0, [], note_of(head, origin="other.example/log")))


def test_what_is_signed_was_durable_before(
    witness: Witness, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def refuses(*_: object) -> None:
        raise HeadStoreError("disk", "is full")

    with monkeypatch.context() as patched:
        patched.setattr(HeadFile, "swap", refuses)
        with pytest.raises(HeadStoreError):
            witness.add(asked(0, tree_of(5)))
    # Killed after the swap and before the answer: the same head is signed again.
    witness.add(asked(0, tree_of(5)))
    again = witness_in(tmp_path / "witness")
    assert again.add(asked(5, tree_of(5)))


def test_two_askers_with_two_forks_get_one_signature(tmp_path: Path) -> None:
    for turn in range(30):
        folder = tmp_path / str(turn)
        witness = witness_in(folder)
        witness.add(asked(0, tree_of(5)))
        barrier = threading.Barrier(2)

        def race(
            tree: Tree,
            witness: Witness = witness,
            barrier: threading.Barrier = barrier,
        ) -> bool:
            barrier.wait()
            try:
                witness.add(asked(5, tree))
            except OtherSizeError:
                return False
            return True

        with ThreadPoolExecutor(2) as pool:
            won = list(pool.map(race, (tree_of(8), tree_of(8, fork_at=7))))
        assert won.count(True) == 1


@given(st.binary(max_size=300), st.integers(0, 3))
def test_hostile_requests_are_refused_or_read_back_the_same(
    content: bytes, kind: int
) -> None:
    start = (b"", b"old 0\n", b"old 0\n\n", b"old 7\n" + b"A" * 43 + b"=\n\n")[kind]
    try:
        old, proof, note = parse(start + content)
    except RequestMalformedError:
        return
    assert request(old, proof, note) == start + content


# Over HTTP.


@contextmanager
def serving(folder: Path) -> Iterator[WitnessServer]:
    with WitnessServer(witness_in(folder)) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def test_a_growing_log_is_cosigned_over_http_and_judged_by_others(
    tmp_path: Path, judge: Judge
) -> None:
    tiles = tmp_path / "tiles"
    with serving(tmp_path / "witness") as server:
        for size in (5, 300, 700):
            head = published(tiles, size)
            made = ask(server.url, note_of(head), tree_of(size), WITNESS_KEY.verifier)
            (tmp_path / "kept").write_bytes(made)
        with pytest.raises(RefusedByWitnessError, match="knows a head of size 700"):
            ask(
                server.url,
                note_of(head_of(tree_of(5))),
                tree_of(5),
                WITNESS_KEY.verifier,
            )
        fork = tree_of(701, fork_at=3)
        with pytest.raises(RefusedByWitnessError, match="422"):
            ask(server.url, note_of(head_of(fork)), fork, WITNESS_KEY.verifier)
    shutil.copy(tmp_path / "kept", tiles / "checkpoint")
    right, said = judge(tiles, witness=True)
    assert right, said
    assert "signed by 2 keys" in said
    assert reader(tiles)("checkpoint") == made


@pytest.mark.parametrize(
    ("path", "content", "status"),
    [
        ("/add-checkpoint", lambda: b"old x\n\n", 400),
        ("/add-checkpoint", lambda: request(0, [], b"no note"), 400),
        (
            "/add-checkpoint",
            lambda: request(0, [], note_of(head_of(tree_of(2)), OTHER_KEY)),
            403,
        ),
        (
            "/add-checkpoint",
            lambda: request(0, [], note_of(head_of(tree_of(2)), origin="x")),
            404,
        ),
        ("/add-checkpoint", lambda: asked(1, tree_of(2)), 409),
        ("/", lambda: asked(0, tree_of(2)), 404),
        ("/add-checkpoint", lambda: b"x" * 1_010_001, 413),
    ],
)
def test_each_refusal_has_its_status(
    tmp_path: Path, path: str, content: Callable[[], bytes], status: int
) -> None:
    with serving(tmp_path) as server:
        host, port = server.server_address[:2]
        connection = http.client.HTTPConnection(str(host), int(port), timeout=10)
        body = content()
        connection.putrequest("POST", path)
        connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(None if status == 413 else body)
        answer = connection.getresponse()
        assert answer.status == status
        if status == 409:
            assert answer.headers["Content-Type"] == "text/x.tlog.size"
            assert answer.read() == b"0\n"
        connection.close()


def test_a_witness_key_is_made_by_command(tmp_path: Path) -> None:
    file = tmp_path / "witness.key"
    made = run("witness", "new", str(file), "--name", "audit.example/w1")
    assert made.returncode == Exit.DONE, made.stderr
    assert made.stdout.startswith(b"audit.example/w1+")
    again = run("witness", "new", str(file), "--name", "audit.example/w1")
    assert again.returncode == Exit.WRONG
