"""A reader beside a keeper: the same answers from its files; writes are given on."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import pytest

from childregistry.v1 import custody_service_pb2 as asked
from childregistry.v1 import event_service_pb2 as feed
from childregistry.v1 import submission_service_pb2 as pb
from childregistry.v1.submission_service_pb2_grpc import SubmissionServiceStub
from events.log import LogDamagedError, LogUnavailableError
from events.reading import FollowedLog
from ops.broker import Cluster
from projections.files import NotBuiltError
from projections.progress import Following, Shared, StoppedError
from registry.beside import END, open_beside
from registry.bootstrap import Config, KafkaConfig
from registry.server import Listen, Serving, Tls, reading
from registry.services.call import FORWARDED
from registry.sources import system_sources
from tests.registry.test_identity import COURTS, POLICE, TONGSHAN, Secured
from tests.support.certificates import certified, listed, tls_in
from tests.support.registry import ORIGIN, TIMEOUT_S, child_id
from tests.support.server import Client, Running, details, in_thread, served
from tests.support.stories import CHILD, COURT, FATHER, MOTHER, born, judgment, outcome


@dataclass(frozen=True)
class Pair:
    """A keeper and a reader, each at a port of its own so that a test can tell them."""

    keeper: Running
    reader: Running
    door: str


@contextmanager
def paired(
    folder: Path,
    kafka: KafkaConfig | None = None,
    tls: Tls | None = None,
    serve: Callable[..., AbstractAsyncContextManager[Serving]] = reading,
) -> Iterator[Pair]:
    """Give both; `serve` is what the reader is, who answers or gives the feed, too."""
    config = Config(data_dir=folder, registry=ORIGIN, node="tongshan-1", kafka=kafka)
    with tempfile.TemporaryDirectory() as short:
        door = f"unix:{short}/keeper"
        listen = Listen(address="127.0.0.1:0", tls=tls, door=door)
        with (
            served(folder, system_sources(), kafka, tls, door=door) as keeper,
            open_beside(config, door) as beside,
            in_thread(lambda: serve(beside, listen)) as port,
        ):
            yield Pair(keeper, Running(keeper.registry, port), door)


@pytest.fixture(params=["embedded", "kafka"])
def pair(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Pair]:
    kafka = None
    if request.param == "kafka":
        cluster: Cluster = request.getfixturevalue("cluster")
        new_topic: Callable[[], str] = request.getfixturevalue("new_topic")
        kafka = KafkaConfig(servers=cluster.addresses, topic=new_topic())
    with paired(tmp_path, kafka) as started:
        yield started


def custody(client: Client, day: str, **more: Any) -> asked.GetCustodyResponse:  # noqa: ANN401  fields
    as_of = asked.AsOf(date=day)
    request = asked.GetCustodyRequest(child=CHILD, as_of=as_of, **more)
    found: asked.GetCustodyResponse = client.called("GetCustody", request)
    return found


def test_a_write_by_one_process_is_read_at_once_by_the_other(pair: Pair) -> None:
    for number in range(20):
        to, of = (
            (pair.reader, pair.keeper) if number % 2 else (pair.keeper, pair.reader)
        )
        child = child_id(f"child {number}")
        with to.client("xuzhou-police", "police") as police:
            receipt = police.submit(born(child, "2004-10", FATHER), f"birth {number}")
        with of.client(COURT, "court") as court:
            request = asked.GetCustodyRequest(child=child)  # latest, by default
            found = court.called("GetCustody", request)
        assert found.read_state.applied >= receipt.position
        assert found.read_state.latest


def test_both_give_the_same_answers_to_every_question(pair: Pair) -> None:
    with pair.reader.client("xuzhou-police", "police") as police:
        police.submit(born(CHILD, "2004-10-05", FATHER, MOTHER), "birth")
    with pair.reader.client(COURT, "court") as court:
        decided = judgment("2015-02-04", outcome(disqualified=(FATHER, MOTHER)))
        at = court.submit(decided, "judgment").position
    as_of = asked.AsOf(date="2015-02-04", position=at)
    questions = [
        ("GetCustody", asked.GetCustodyRequest(child=CHILD, as_of=as_of)),
        ("ListCustodyPeriods", asked.ListCustodyPeriodsRequest(child=CHILD)),
        ("ExplainCustody", asked.ExplainCustodyRequest(child=CHILD)),
        ("ListAffected", asked.ListAffectedRequest(position=at)),
        ("GetReceipt", pb.GetReceiptRequest(request_id=child_id("judgment"))),
    ]
    with (
        pair.reader.client(COURT, "court") as here,
        pair.keeper.client(COURT, "court") as there,
    ):
        for method, request in questions:
            assert here.called(method, request) == there.called(method, request)


def test_errors_and_streams_come_through_as_the_keeper_gave_them(pair: Pair) -> None:
    with pair.reader.client("xuzhou-police", "police") as police:
        receipt = police.submit(born(CHILD, "2004-10", FATHER), "birth")
        with pytest.raises(grpc.RpcError) as error:
            police.submit(born(CHILD, "2005-10", FATHER), "birth")
        assert error.value.code() is grpc.StatusCode.ALREADY_EXISTS
        told = details(error.value)["ErrorInfo"]
        assert told.metadata["position"] == str(receipt.position)
        request = feed.SubscribeEventsRequest(beginning=True)
        batches = police.events.SubscribeEvents(
            request, metadata=police.metadata, timeout=TIMEOUT_S
        )
        seen = 0
        for batch in batches:
            seen += len(batch.batch.entries)
            if seen >= receipt.position:
                batches.cancel()
                break
        with pytest.raises(grpc.RpcError) as error:
            police.called("SubmitDecision", pb.SubmitDecisionRequest())
        assert error.value.code() is grpc.StatusCode.INVALID_ARGUMENT


def test_a_position_not_there_yet_is_waited_for_at_a_reader_too(pair: Pair) -> None:
    with pair.reader.client("xuzhou-police", "police") as police:
        at = police.submit(born(CHILD, "2004-10", FATHER), "birth").position
        later = asked.Consistency(at_least=at + 1)
        request = asked.GetCustodyRequest(child=CHILD, consistency=later)
        waiting = police.custody.GetCustody.future(request, timeout=TIMEOUT_S)
        other = child_id("sibling")
        assert police.submit(born(other, "2004-10", FATHER), "other").position == at + 1
        assert waiting.result().read_state.applied == at + 1
        never = asked.Consistency(at_least=at + 99)
        request = asked.GetCustodyRequest(child=CHILD, consistency=never)
        with pytest.raises(grpc.RpcError) as error:
            police.custody.GetCustody(request, timeout=0.2)
        assert error.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED


def test_without_its_keeper_a_reader_answers_and_says_that_writes_are_unknown(
    tmp_path: Path,
) -> None:
    with tempfile.TemporaryDirectory() as short:
        door = f"unix:{short}/keeper"
        config = Config(data_dir=tmp_path, registry=ORIGIN, node="tongshan-1")
        with (
            served(tmp_path, door=door) as keeper,
            keeper.client("xuzhou-police", "police") as police,
        ):
            police.submit(born(CHILD, "2004-10", FATHER), "birth")
        listen = Listen(address="127.0.0.1:0", door=door)
        with (
            open_beside(config, door) as beside,
            in_thread(lambda: reading(beside, listen)) as port,
            Running(keeper.registry, port).client("xuzhou-police", "police") as police,
        ):
            consistency = asked.Consistency(any=True)
            assert custody(police, "2010-01-01", consistency=consistency).custody
            with pytest.raises(grpc.RpcError) as error:
                police.submit(born(child_id("2"), "2004-10", FATHER), "again")
            told = details(error.value)
            assert told["ErrorInfo"].reason == "WRITE_OUTCOME_UNKNOWN"
            with pytest.raises(grpc.RpcError) as error:
                police.called("GetReceipt", pb.GetReceiptRequest())
            assert details(error.value)["ErrorInfo"].reason == "LOG_UNAVAILABLE"


def test_a_reader_tells_its_keeper_whose_certificate_it_saw(tmp_path: Path) -> None:
    court = listed(TONGSHAN, COURT, "court")
    known = court + listed(POLICE, "xuzhou-police", "police")
    tls = tls_in(tmp_path, certified("localhost", COURTS), COURTS, known)
    with paired(tmp_path / "data", tls=tls) as pair:
        secured = Secured(pair.reader, COURTS)
        with secured.client(POLICE) as police:
            receipt = police.submit(born(CHILD, "2004-10", FATHER), "birth")
            assert receipt.authority == "xuzhou-police"
        forged = (("childregistry-authority", COURT), (FORWARDED, TONGSHAN.pem))
        for port in (pair.reader, pair.keeper):
            with Secured(port, COURTS).client(POLICE) as police:
                ask: Any = SubmissionServiceStub(police.channel).GetReceipt
                request = pb.GetReceiptRequest(request_id=child_id("birth"))
                again = ask(request, metadata=forged, timeout=TIMEOUT_S)
                assert again.receipt.authority == "xuzhou-police"
        with secured.client(certified("unmapped", COURTS)) as nobody:
            with pytest.raises(grpc.RpcError) as error:
                nobody.called("GetReceipt", pb.GetReceiptRequest())
            assert error.value.code() is grpc.StatusCode.UNAUTHENTICATED


def test_the_keepers_own_method_is_for_readers_alone(pair: Pair) -> None:
    for address in (f"127.0.0.1:{pair.keeper.port}", f"127.0.0.1:{pair.reader.port}"):
        with grpc.insecure_channel(address) as channel:
            stranger: Any = channel.unary_unary(END)
            with pytest.raises(grpc.RpcError) as error:
                stranger(b"", timeout=TIMEOUT_S)
            assert error.value.code() in {
                grpc.StatusCode.PERMISSION_DENIED,
                grpc.StatusCode.UNIMPLEMENTED,
            }
    with grpc.insecure_channel(pair.door) as channel:
        told: Any = channel.unary_unary(END)
        position = int.from_bytes(told(b"", timeout=TIMEOUT_S), "big")
    assert position == pair.keeper.registry.log.head().position


def test_a_folder_without_a_keeper_ever_or_of_another_registry_is_refused(
    tmp_path: Path,
) -> None:
    with pytest.raises(LogUnavailableError):
        FollowedLog(tmp_path / "log.sqlite", ORIGIN)
    with pytest.raises(NotBuiltError):
        Following(tmp_path)
    with served(tmp_path):
        with pytest.raises(LogDamagedError, match="another registry"):
            FollowedLog(tmp_path / "log.sqlite", "registry.example/other")
        with closing(FollowedLog(tmp_path / "log.sqlite", ORIGIN)) as log:
            with pytest.raises(LogUnavailableError, match="only reads"):
                log.append([b"a record"], time.monotonic() + 1)
            assert not log.wait(log.head().position + 1, 0.01)


def test_progress_reaches_whoever_waits_and_a_stop_ends_the_waiting(
    tmp_path: Path,
) -> None:
    shared = Shared(tmp_path, writing=True)
    with closing(shared), closing(Following(tmp_path)) as following:
        near, far = following.when_applied(5), following.when_applied(9)
        shared.write(6, stopped=False)
        assert near.result(TIMEOUT_S) == 6
        assert following.applied() == 6
        assert not far.done()
        shared.write(6, stopped=True)
        with pytest.raises(StoppedError, match="position 6"):
            far.result(TIMEOUT_S)
        shared.write(9, stopped=False)
        assert following.when_applied(9).result(TIMEOUT_S) == 9
