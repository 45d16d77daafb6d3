"""A real server in a thread, and real channels to it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import grpc
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from childregistry.v1 import submission_service_pb2 as pb
from childregistry.v1.admin_service_pb2_grpc import AdminServiceStub
from childregistry.v1.audit_service_pb2_grpc import AuditServiceStub
from childregistry.v1.care_service_pb2_grpc import CareServiceStub
from childregistry.v1.coordination_service_pb2_grpc import CoordinationServiceStub
from childregistry.v1.custody_service_pb2_grpc import CustodyServiceStub
from childregistry.v1.docket_service_pb2_grpc import DocketServiceStub
from childregistry.v1.duty_service_pb2_grpc import DutyServiceStub
from childregistry.v1.event_service_pb2_grpc import EventServiceStub
from childregistry.v1.guardian_service_pb2_grpc import GuardianServiceStub
from childregistry.v1.limits_service_pb2_grpc import LimitServiceStub
from childregistry.v1.submission_service_pb2_grpc import SubmissionServiceStub
from childregistry.v1.subscription_service_pb2_grpc import SubscriptionServiceStub
from registry.bootstrap import KafkaConfig, Registry, SigningConfig
from registry.case_commands import ProceedingCommand
from registry.commands import Command
from registry.identity import AUTHORITY, OFFICE
from registry.matter_commands import MatterCommand
from registry.peers import Peer
from registry.server import Listen, Serving, Tls, serving
from registry.services.translate import message_of, snake
from registry.sources import Sources
from registry.subscription_commands import SubscriptionCommand
from tests.support.registry import child_id, opened

CALL_S = 20.0
METHODS: dict[str, tuple[type[Any], str]] = {
    **dict.fromkeys(("RecordDecision",), (pb.SubmitDecisionRequest, "SubmitDecision")),
    **dict.fromkeys(
        (
            "FileApplication",
            "AcceptApplication",
            "MoveTrialLimit",
            "WithdrawApplication",
            "TerminateProcedure",
            *(command.__name__ for command in get_args(ProceedingCommand)),
        ),
        (pb.SubmitApplicationRequest, "SubmitApplication"),
    ),
    **dict.fromkeys(
        ("CorrectSubmission", "ReinstateSubmission"),
        (pb.SubmitCorrectionRequest, "SubmitCorrection"),
    ),
    **dict.fromkeys(
        (command.__name__ for command in get_args(MatterCommand)),
        (pb.SubmitMatterRequest, "SubmitMatter"),
    ),
    **dict.fromkeys(
        (command.__name__ for command in get_args(SubscriptionCommand)),
        (pb.SubmitSubscriptionRequest, "SubmitSubscription"),
    ),
}
CHANGE = (pb.SubmitGuardianshipChangeRequest, "SubmitGuardianshipChange")


@dataclass(frozen=True)
class Client:
    """Stubs of one channel, and who calls."""

    channel: grpc.Channel
    metadata: tuple[tuple[str, str], ...]

    @property
    def custody(self) -> Any:  # noqa: ANN401  the generated stub, sync or async
        return CustodyServiceStub(self.channel)

    @property
    def events(self) -> Any:  # noqa: ANN401  likewise
        return EventServiceStub(self.channel)

    def called(self, method: str, request: Any) -> Any:  # noqa: ANN401  any message
        stubs: list[Any] = [
            SubmissionServiceStub(self.channel),
            CustodyServiceStub(self.channel),
            AuditServiceStub(self.channel),
            AdminServiceStub(self.channel),
            DutyServiceStub(self.channel),
            CareServiceStub(self.channel),
            CoordinationServiceStub(self.channel),
            LimitServiceStub(self.channel),
            SubscriptionServiceStub(self.channel),
            DocketServiceStub(self.channel),
            GuardianServiceStub(self.channel),
        ]
        stub = next(found for found in stubs if hasattr(found, method))
        call = getattr(stub, method)
        return call(request, metadata=self.metadata, timeout=CALL_S)

    def submit(self, command: Command, request: str, **envelope: Any) -> Any:  # noqa: ANN401  a receipt
        name = type(command).__name__
        made, method = METHODS.get(name, CHANGE)
        message = made(
            envelope=pb.Envelope(request_id=child_id(request), **envelope),
            **{snake(name): message_of(command)},
        )
        return self.called(method, message).receipt


@dataclass(frozen=True)
class Running:
    """A server that serves a registry of this process."""

    registry: Registry
    port: int

    @contextmanager
    def client(self, authority: str, office: str) -> Iterator[Client]:
        """Call as somebody who says who he is."""
        with grpc.insecure_channel(f"127.0.0.1:{self.port}") as channel:
            yield Client(channel, ((AUTHORITY, authority), (OFFICE, office)))


@contextmanager
def served(
    folder: Path,
    given: Sources | None = None,
    kafka: KafkaConfig | None = None,
    tls: Tls | None = None,
    node: str = "tongshan-1",
    *,
    signing: SigningConfig | None = None,
    door: str = "",
    port: int = 0,
    peers: tuple[Peer, ...] = (),
) -> Iterator[Running]:
    """Open the registry of a folder and serve it on a port of loopback; 0: any free."""
    with opened(folder, given, kafka, node, signing) as registry:
        address = f"127.0.0.1:{port}"
        listen = Listen(address=address, tls=tls, door=door, peers=peers)
        with in_thread(lambda: serving(registry, listen)) as bound:
            yield Running(registry, bound)


@contextmanager
def in_thread(
    make: Callable[[], AbstractAsyncContextManager[Serving]],
) -> Iterator[int]:
    """Run a server in a loop of its own; give its port."""
    loop = asyncio.new_event_loop()
    stop, ready = asyncio.Event(), threading.Event()
    ports: list[int] = []
    failed: list[BaseException] = []

    async def run() -> None:
        try:
            async with make() as running:
                ports.append(running.port)
                ready.set()
                await stop.wait()
        except BaseException as error:
            failed.append(error)
            raise
        finally:
            ready.set()

    def work() -> None:
        asyncio.set_event_loop(loop)
        try:
            loop.run_until_complete(run())
        except Exception:  # noqa: BLE001  told below
            return
        finally:
            loop.close()

    thread = threading.Thread(target=work, name="server")
    thread.start()
    ready.wait(CALL_S)
    if failed:
        thread.join()
        raise failed[0]
    try:
        yield ports[0]
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()


def details(error: grpc.RpcError) -> dict[str, Any]:
    """Return the error details of a failed call by the name of their type."""
    status = rpc_status.from_call(error)
    assert status is not None
    assert len(status.SerializeToString()) < 6 * 1024
    found: dict[str, Any] = {}
    for packed in status.details:
        name = packed.TypeName().rpartition(".")[2]
        detail = getattr(error_details_pb2, name)()
        packed.Unpack(detail)
        found[name] = detail
    return found
