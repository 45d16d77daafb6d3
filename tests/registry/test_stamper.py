"""Heads are stamped by somebody else's clock, and `openssl ts -verify` says so."""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from childregistry.v1 import audit_service_pb2 as pb
from events.time_stamp import REPLY, TimeStampError, check_answer, query
from events.tree import head_of
from registry.stamper import Stamper, newest_stamp, stamp
from tests.registry.test_publisher import registered
from tests.support.registry import TIMEOUT_S, opened
from tests.support.server import served
from tests.support.signing import signing_in
from tests.support.tree import note_of, tree_of

TEXT = b"registry.example/cn-320300\n2\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
CONFIG = """\
[req]
distinguished_name = dn
prompt = no
x509_extensions = tsa
[dn]
CN = Time Authority of Xuzhou
[tsa]
extendedKeyUsage = critical,timeStamping
basicConstraints = CA:TRUE
[tsa_config]
serial = {folder}/serial
default_policy = 1.2.3.4.1
digests = sha256
signer_digest = sha256
signer_cert = {folder}/tsa.pem
signer_key = {folder}/tsa.key
ess_cert_id_alg = sha256
"""


def openssl(*words: object) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        ["openssl", *map(str, words)], capture_output=True, check=False, timeout=30
    )


class Authority:
    """An authority whose answers are openssl's own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ca = folder / "tsa.pem"
        (folder / "config").write_text(CONFIG.format(folder=folder))
        (folder / "serial").write_text("01\n")
        made = openssl(
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
            "-nodes", "-days", "2", "-config", folder / "config",
            "-keyout", folder / "tsa.key", "-out", self.ca,
        )  # fmt: skip
        assert made.returncode == 0, made.stderr

    def answer(self, asked: bytes) -> bytes:
        (self.folder / "asked").write_bytes(asked)
        said = openssl(
            "ts", "-reply", "-config", self.folder / "config",
            "-section", "tsa_config", "-queryfile", self.folder / "asked",
            "-out", self.folder / "answer",
        )  # fmt: skip
        assert said.returncode == 0, said.stderr
        return (self.folder / "answer").read_bytes()

    def verified(self, text: Path, answer: Path) -> bool:
        said = openssl(
            "ts", "-verify", "-data", text, "-in", answer, "-CAfile", self.ca
        )
        return said.returncode == 0


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("tsa"))


@contextmanager
def answering(answers: Callable[[bytes], bytes], kind: str = REPLY) -> Iterator[str]:
    """Serve what is answered to each request."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = self.rfile.read(int(self.headers["Content-Length"]))
            content = answers(asked)
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/"
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize("nonce", [b"\x01" * 16, b"\xff" * 16, bytes(15) + b"\x05"])
def test_a_request_is_the_one_that_openssl_would_read(
    tmp_path: Path, nonce: bytes
) -> None:
    (tmp_path / "asked").write_bytes(query(TEXT, nonce))
    said = openssl("ts", "-query", "-in", tmp_path / "asked", "-text")
    assert said.returncode == 0, said.stderr
    assert b"Hash Algorithm: sha256" in said.stdout
    assert b"Certificate required: yes" in said.stdout
    number = f"{int.from_bytes(nonce, 'big'):x}".upper().encode()
    assert b"Nonce: 0x" + number.rjust(len(number) + len(number) % 2, b"0") in (
        said.stdout
    )


def test_a_head_is_stamped_and_openssl_finds_it_right(
    tmp_path: Path, authority: Authority
) -> None:
    note = note_of_size(5)
    stamps = tmp_path / "stamps"
    with answering(authority.answer) as url:
        stamper = Stamper(stamps, url, lambda: note)
        assert stamper.step()
        before = (stamps / "5.tsr").read_bytes()
        assert stamper.step()  # once a head
    assert (stamps / "5.tsr").read_bytes() == before
    assert authority.verified(stamps / "5", stamps / "5.tsr")
    (stamps / "6").write_bytes((stamps / "5").read_bytes().replace(b"\n5\n", b"\n6\n"))
    assert not authority.verified(stamps / "6", stamps / "5.tsr")
    assert newest_stamp(stamps, 4) is None
    assert newest_stamp(stamps, 900) == (5, before)


def note_of_size(size: int) -> bytes:
    return note_of(head_of(tree_of(size)))


def test_an_answer_for_something_else_is_not_kept(authority: Authority) -> None:
    right = authority.answer(query(TEXT, b"\x01" * 16))
    check_answer(right, TEXT, b"\x01" * 16)
    with pytest.raises(TimeStampError, match="another text"):
        check_answer(right, TEXT + b"x", b"\x01" * 16)
    with pytest.raises(TimeStampError, match="another nonce"):
        check_answer(right, TEXT, b"\x02" * 16)
    with pytest.raises(TimeStampError, match="refused with status 2"):
        check_answer(bytes.fromhex("30053003020102"), TEXT, b"\x01" * 16)
    for cut in range(len(right)):
        with pytest.raises(TimeStampError):
            check_answer(right[:cut], TEXT, b"\x01" * 16)


@given(st.binary(max_size=200))
def test_hostile_answers_raise_only_the_typed_error(content: bytes) -> None:
    with pytest.raises(TimeStampError):
        check_answer(content, TEXT, b"\x01" * 16)


@pytest.mark.parametrize("kind", ["text/html", REPLY])
def test_an_authority_that_answers_otherwise_is_named(kind: str) -> None:
    with answering(lambda _: b"welcome", kind) as url, pytest.raises(TimeStampError):
        stamp(url, TEXT)


def test_a_node_has_its_heads_stamped_and_serves_the_stamp(
    tmp_path: Path, authority: Authority
) -> None:
    with answering(authority.answer) as url:
        signing = replace(signing_in(tmp_path), tsa=url, tsa_every_s=0.05)
        with served(tmp_path / "data", signing=signing) as running:
            registry = running.registry
            position = registered(registry, "Xiaoling")
            assert registry.publisher is not None
            assert registry.publisher.wait(position, TIMEOUT_S)
            deadline = time.monotonic() + TIMEOUT_S
            stamps = tmp_path / "data/stamps"
            while newest_stamp(stamps, position) is None:
                assert time.monotonic() < deadline
                time.sleep(0.02)
            with running.client("xuzhou-police", "police") as client:
                head = client.called("GetTreeHead", pb.GetTreeHeadRequest()).head
    (tmp_path / "answer").write_bytes(head.time_stamp.answer)
    text = stamps / str(head.time_stamp.size)
    assert head.size >= head.time_stamp.size > 0
    assert authority.verified(text, tmp_path / "answer")


def test_an_authority_that_is_gone_stops_nothing_and_is_said(tmp_path: Path) -> None:
    signing = replace(signing_in(tmp_path), tsa="http://127.0.0.1:9/", tsa_every_s=0.05)
    with opened(tmp_path / "data", signing=signing) as registry:
        position = registered(registry, "Xiaoling")
        assert registry.publisher is not None
        assert registry.stamper is not None
        assert registry.publisher.wait(position, TIMEOUT_S)
        deadline = time.monotonic() + TIMEOUT_S
        while registry.stamper.trouble is None:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        assert "refused" in registry.stamper.trouble
