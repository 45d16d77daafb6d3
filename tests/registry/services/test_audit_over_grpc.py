"""The auditor's questions over gRPC; every answer is verified by what it is made of."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest

from childregistry.v1 import audit_service_pb2 as pb
from childregistry.v1 import submission_service_pb2 as submissions
from childregistry.v1.audit_service_pb2_grpc import AuditServiceStub
from events.embedded import EmbeddedLog
from events.frame import decode_frame
from events.ingest import Candidate
from events.notes import open_note, parse_checkpoint
from events.promise import kept, opened
from events.proof import (
    ConsistencyError,
    InclusionError,
    verify_consistency,
    verify_inclusion,
)
from events.receipts import verify
from events.tiles import TiledTree
from events.tree import TreeHead, leaf_hash, leaf_text
from registry.publisher import Publisher
from tests.support.registry import ORIGIN, TIMEOUT_S, child_id, person
from tests.support.server import Client, Running, details, served
from tests.support.signing import signing_in
from tests.support.stories import (
    BUREAU,
    CHILD,
    COURT,
    FATHER,
    MOTHER,
    born,
    judgment,
    outcome,
    tongshan_application,
)
from tests.support.tree import KNOWN, reader

NAMES = ("Xiaoling", "her brother", "a neighbour", "another", "one more")
WRONG = "01"
SEED = "the lottery of 2026-01-02: 07 11 23"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("signed")


@pytest.fixture(scope="module")
def running(folder: Path) -> Iterator[Running]:
    with served(folder / "data", signing=signing_in(folder)) as server:
        with server.client("xuzhou-police", "police") as police:
            for name in NAMES:
                police.submit(born(child_id(name), "2015-10", person("m")), name)
            police.submit(born(CHILD, "2004-10", FATHER, MOTHER), "birth")
        with server.client(BUREAU, "civil_affairs") as bureau:
            bureau.submit(tongshan_application(), "file")
        with server.client(COURT, "court") as court:
            decided = judgment("2015-02-04", outcome(disqualified=(FATHER, MOTHER)))
            court.submit(decided, "judgment")
        assert publisher_of(server).wait(10, TIMEOUT_S)
        yield server


@pytest.fixture
def client(running: Running) -> Iterator[Client]:
    with running.client("xuzhou-police", "police") as found:
        yield found


def publisher_of(running: Running) -> Publisher:
    assert running.registry.publisher is not None
    return running.registry.publisher


def verified(head: pb.TreeHead) -> TreeHead:
    """Return a head, verified by its note alone."""
    found = parse_checkpoint(open_note(head.note, KNOWN).text)
    assert found.origin == ORIGIN
    assert (found.head.size, found.head.root) == (head.size, head.root)
    return found.head


def heads(client: Client, page_size: int = 0) -> list[pb.TreeHead]:
    listed: list[pb.TreeHead] = []
    token = ""
    while True:
        request = pb.ListTreeHeadsRequest(page_size=page_size, page_token=token)
        got = client.called("ListTreeHeads", request)
        listed += got.heads
        token = got.next_page_token
        if not token:
            return listed


def test_the_newest_head_and_every_older_one_are_signed(client: Client) -> None:
    newest = client.called("GetTreeHead", pb.GetTreeHeadRequest()).head
    assert verified(newest).size == 10
    listed = heads(client)
    assert [head.number for head in listed] == list(range(1, len(listed) + 1))
    assert listed[-1] == newest
    assert listed[0].size == 0
    assert heads(client, page_size=1) == listed
    for head in listed:
        verified(head)
        request = pb.GetTreeHeadRequest(size=head.size)
        assert client.called("GetTreeHead", request).head == head


def test_every_entry_is_proved_in_every_head_that_covers_it(client: Client) -> None:
    for head in heads(client)[1:]:
        for position in range(1, head.size + 1):
            request = pb.GetInclusionProofRequest(position=position, size=head.size)
            got = client.called("GetInclusionProof", request)
            assert got.head == head
            tree = verified(got.head)
            verify_inclusion(leaf_hash(got.leaf), position, tree, got.path)
            frame_hash = hashlib.sha256(frame_of(client, position)).digest()
            assert got.leaf == leaf_text(position, frame_hash)
            verify(got.tlog_proof, frame_hash, ORIGIN, KNOWN)
            with pytest.raises(InclusionError):
                verify_inclusion(bytes(32), position, tree, got.path)


def frame_of(client: Client, position: int) -> bytes:
    request = pb.SampleEventsRequest(seed=SEED, count=1_000)
    entries = client.called("SampleEvents", request).entries
    (found,) = [entry.frame for entry in entries if entry.position == position]
    assert isinstance(found, bytes)
    return found


def test_any_two_heads_are_proved_to_continue_each_other(client: Client) -> None:
    listed = heads(client)
    for first in listed:
        for second in listed[max(1, first.number - 1) :]:
            request = pb.GetConsistencyProofRequest(
                first_size=first.size, second_size=second.size
            )
            got = client.called("GetConsistencyProof", request)
            assert (got.first, got.second) == (first, second)
            proof = list(got.hashes)
            verify_consistency(verified(first), verified(second), proof)
            forged = TreeHead(size=first.size, root=bytes(32))
            with pytest.raises(ConsistencyError):
                verify_consistency(forged, verified(second), proof)


@pytest.mark.parametrize(
    ("method", "request_", "code"),
    [
        ("GetTreeHead", pb.GetTreeHeadRequest(size=11), "NOT_FOUND"),
        ("GetTreeHead", pb.GetTreeHeadRequest(size=-1), "INVALID_ARGUMENT"),
        ("ListTreeHeads", pb.ListTreeHeadsRequest(page_size=-1), "INVALID_ARGUMENT"),
        (
            "ListTreeHeads",
            pb.ListTreeHeadsRequest(page_token=WRONG),
            "INVALID_ARGUMENT",
        ),
        ("ListVoids", pb.ListVoidsRequest(page_token=WRONG), "INVALID_ARGUMENT"),
        ("GetInclusionProof", pb.GetInclusionProofRequest(), "INVALID_ARGUMENT"),
        (
            "GetInclusionProof",
            pb.GetInclusionProofRequest(position=11),
            "NOT_FOUND",
        ),
        (
            "GetConsistencyProof",
            pb.GetConsistencyProofRequest(first_size=10, second_size=11),
            "NOT_FOUND",
        ),
        (
            "SampleEvents",
            pb.SampleEventsRequest(seed="short", count=1),
            "INVALID_ARGUMENT",
        ),
        (
            "SampleEvents",
            pb.SampleEventsRequest(seed=SEED, count=1_001),
            "INVALID_ARGUMENT",
        ),
        ("SampleEvents", pb.SampleEventsRequest(seed=SEED), "INVALID_ARGUMENT"),
    ],
)
def test_what_there_is_not_is_named(
    client: Client, method: str, request_: object, code: str
) -> None:
    with pytest.raises(grpc.RpcError) as failed:
        client.called(method, request_)
    assert failed.value.code().name == code
    assert details(failed.value)["ErrorInfo"].domain == "childregistry"


def test_a_sample_is_redrawn_from_the_tiles_alone(client: Client, folder: Path) -> None:
    request = pb.SampleEventsRequest(seed=SEED, count=3)
    got = client.called("SampleEvents", request)
    assert got.method == "sha256-ticket-v1"
    size = verified(got.head).size
    tree = TiledTree(reader(folder / "data/tiles"), size)
    tickets = sorted(
        (hashlib.sha256(SEED.encode() + b"\x00" + tree.node(0, n)).digest(), n + 1)
        for n in range(size)
    )
    assert [(e.ticket, e.position) for e in got.entries] == tickets[:3]
    other = pb.SampleEventsRequest(seed=SEED + "!", count=3)
    assert client.called("SampleEvents", other).entries != got.entries
    for entry in got.entries:  # a frame and no body
        assert decode_frame(entry.frame).registry == ORIGIN


def test_a_history_is_folded_anew_beside_the_live_answers(running: Running) -> None:
    registry = running.registry
    registry.runner.wait(registry.log.head().position, TIMEOUT_S)
    with running.client("an-auditor", "procuratorate") as client:
        stub = AuditServiceStub(client.channel)
        request = pb.ReplayHistoryRequest(child=CHILD, date="2015-03-01")
        *steps, last = stub.ReplayHistory(request, timeout=TIMEOUT_S)
    assert [message.step.position for message in steps] == [8, 9, 10]
    assert all(message.step.equal for message in steps)
    assert last.summary.entries == 3
    assert last.summary.differences == 0
    hand_over = [
        [holder.id for holder in message.step.custody.hand_over_to] for message in steps
    ]
    assert sorted(hand_over[0]) == sorted([FATHER.id, MOTHER.id])
    assert FATHER.id not in hand_over[-1]


@pytest.mark.parametrize(
    ("child", "date", "code"),
    [
        (child_id("nobody"), "2015-03-01", "NOT_FOUND"),
        ("Xiaoling", "2015-03-01", "INVALID_ARGUMENT"),
        (CHILD, "2015", "INVALID_ARGUMENT"),
    ],
)
def test_a_history_that_there_is_not_is_named(
    client: Client, child: str, date: str, code: str
) -> None:
    stub = AuditServiceStub(client.channel)
    request = pb.ReplayHistoryRequest(child=child, date=date)
    with pytest.raises(grpc.RpcError) as failed:
        list(stub.ReplayHistory(request, timeout=TIMEOUT_S))
    assert failed.value.code().name == code


def test_a_projection_that_was_changed_differs_in_its_replay(tmp_path: Path) -> None:
    with served(tmp_path) as server:
        with server.client("xuzhou-police", "police") as police:
            police.submit(born(CHILD, "2004-10", FATHER, MOTHER), "birth")
        server.registry.runner.wait(3, TIMEOUT_S)
        (name,) = [p for p in tmp_path.glob("custody*") if p.suffix == ".sqlite"]
        with sqlite3.connect(name) as live:
            tables = [
                str(row[0])
                for row in live.execute(
                    "SELECT name FROM sqlite_master WHERE type='table'"
                )
            ]
            for table in set(tables) - {"checkpoint"}:
                live.execute(f"DELETE FROM {table}")  # noqa: S608  its own names
        live.close()
        with server.client("an-auditor", "procuratorate") as client:
            stub = AuditServiceStub(client.channel)
            request = pb.ReplayHistoryRequest(child=CHILD, date="2015-03-01")
            *_, last = stub.ReplayHistory(request, timeout=TIMEOUT_S)
    assert last.summary.differences == 1


def test_voids_are_listed_with_their_reason_and_without_their_bytes(
    tmp_path: Path,
) -> None:
    with served(tmp_path) as server:
        log = server.registry.log
        assert isinstance(log, EmbeddedLog)
        log.ingest([Candidate(record=b"garbage of a stranger")] * 3)
        with server.client("an-auditor", "procuratorate") as client:
            got = client.called("ListVoids", pb.ListVoidsRequest(page_size=2))
            token = got.next_page_token
            rest = client.called("ListVoids", pb.ListVoidsRequest(page_token=token))
    voids = [*got.voids, *rest.voids]
    assert {void.reason for void in voids} == {"malformed"}
    assert [void.number for void in voids] == sorted({v.number for v in voids})
    assert b"garbage" not in got.SerializeToString()


def test_a_node_that_does_not_sign_says_that_there_is_no_head(tmp_path: Path) -> None:
    with served(tmp_path) as server, server.client("a", "police") as client:
        for method, request in (
            ("GetTreeHead", pb.GetTreeHeadRequest()),
            ("ListTreeHeads", pb.ListTreeHeadsRequest()),
            ("GetInclusionProof", pb.GetInclusionProofRequest(position=1)),
        ):
            with pytest.raises(grpc.RpcError) as failed:
                client.called(method, request)
            assert failed.value.code() is grpc.StatusCode.NOT_FOUND


def test_a_submission_is_answered_with_a_signed_receipt_that_is_later_proved(
    running: Running, client: Client
) -> None:
    receipt = client.submit(born(child_id("late"), "2015-10", person("m")), "late")
    said = opened(receipt.note, KNOWN)
    assert (said.origin, said.position, said.hash) == (
        ORIGIN,
        receipt.position,
        receipt.hash,
    )
    assert publisher_of(running).wait(receipt.position, TIMEOUT_S)
    request = submissions.GetReceiptRequest(request_id=child_id("late"))
    got = client.called("GetReceipt", request)
    assert got.receipt.note == receipt.note
    proved = kept(said, got.tlog_proof, KNOWN)
    assert proved.position == receipt.position


def test_what_records_nothing_gets_no_signed_receipt(client: Client) -> None:
    asked = born(child_id("only asked"), "2015-10", person("m"))
    receipt = client.submit(asked, "only asked", validate_only=True)
    assert receipt.position == 0
    assert receipt.note == b""
