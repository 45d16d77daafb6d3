"""A client of the registry: what the command line and the demonstration call with.

What lives here: channels (loopback or TLS), retries under the same request id, and
errors in words a person reads. What never does: files, tables.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
from google.rpc import error_details_pb2
from grpc_status import rpc_status

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
from registry.identity import AUTHORITY, OFFICE, OPERATOR

OPERATOR_OFFICE = "operator"
"""Stands for an office where a caller on loopback is an operator and no authority."""
ELSEWHERE = {"UNAVAILABLE", "DEADLINE_EXCEEDED", "CANCELLED"}
"""What a server that is gone makes the transport say."""
RECONNECT = (
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 250),
)
"""A server that is back is found at once.

By default a channel waits longer after each refusal, up to two minutes: longer than
this client tries, which would then give up beside a server that answers.
"""
FEED = "SubscribeEvents"
"""The one method whose stream promises to speak also when it has nothing to say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long and how often a client tries; times in seconds.

    `attempts`, for each server, at a call whose error says that it may be sent again.
    An attempt may last for `call_s`; a submission, where there are several servers, for
    `submit_s`: one that is frozen says nothing, and another has the answer sooner.
    `lost_s` passes before another server is asked. A feed gives a sign of life every
    ten seconds, and begins within thirty: one that is waited for and says nothing for
    `silent_s` is of a server that is frozen, or behind a network that lets nothing
    pass, and would be waited for without end.
    """

    attempts: int = 5
    call_s: float = 30.0
    submit_s: float = 5.0
    lost_s: float = 0.2
    silent_s: float = 60.0

    def attempt_s(self, method: str, servers: int) -> float:
        """Return how long one attempt at a method may last."""
        short = servers > 1 and method.startswith("Submit")
        return self.submit_s if short else self.call_s


DEFAULT = Patience()


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """Files in PEM: the authority of the server, our key and our certificate."""

    server: Path
    key: Path
    certificate: Path


class CallError(Exception):
    """A call that failed: status, reason, and what the details say."""

    def __init__(self, error: grpc.RpcError) -> None:
        self.status = error.code().name
        self.reason = self.status
        self.retry_s: float | None = None
        self.metadata: dict[str, str] = {}
        self.violations: list[tuple[str, str]] = []
        self._read(error)
        said = "; ".join(f"{field} {rule}" for field, rule in self.violations)
        super().__init__(f"{self.reason}: {said or error.details()}")

    def _read(self, error: grpc.RpcError) -> None:
        status = rpc_status.from_call(error)
        for packed in status.details if status is not None else ():
            info = error_details_pb2.ErrorInfo()
            bad = error_details_pb2.BadRequest()
            retry = error_details_pb2.RetryInfo()
            if packed.Unpack(info):
                self.reason, self.metadata = info.reason, dict(info.metadata)
            elif packed.Unpack(bad):
                self.violations = [
                    (v.field, v.description) for v in bad.field_violations
                ]
            elif packed.Unpack(retry):
                self.retry_s = retry.retry_delay.ToMilliseconds() / 1000


class Client:
    """Calls whichever of its servers answers. Raises CallError."""

    def __init__(
        self,
        channels: Sequence[grpc.Channel],
        who: tuple[str, str] = ("", ""),
        patience: Patience = DEFAULT,
    ) -> None:
        self._patience = patience
        self._stubs: list[Any] = [
            (
                CustodyServiceStub(channel),
                SubmissionServiceStub(channel),
                EventServiceStub(channel),
                AuditServiceStub(channel),
                AdminServiceStub(channel),
                DutyServiceStub(channel),
                CareServiceStub(channel),
                CoordinationServiceStub(channel),
                LimitServiceStub(channel),
                SubscriptionServiceStub(channel),
                DocketServiceStub(channel),
                GuardianServiceStub(channel),
            )
            for channel in channels
        ]
        self._who = who
        self._at = 0

    def pages(self, method: str, request: Any) -> Iterator[Any]:  # noqa: ANN401  any message
        """Yield the pages of an answer, from the one that is asked for to the last."""
        while True:
            page = self.called(method, request)
            yield page
            if not page.next_page_token:
                return
            request.page_token = page.next_page_token

    def called(self, method: str, request: Any, who: tuple[str, str] = ("", "")) -> Any:  # noqa: ANN401  any message
        """Call a method; again, with the same request, where the error allows it.

        After an error of one server the next is asked: a submission has one key, and
        so one effect, wherever it is sent.
        """
        metadata = self._metadata(who)
        attempts = self._patience.attempts * len(self._stubs)
        for attempt in range(attempts):
            stub = self._stub(method)
            try:
                return getattr(stub, method)(
                    request,
                    metadata=metadata,
                    timeout=self._patience.attempt_s(method, len(self._stubs)),
                    wait_for_ready=len(self._stubs) == 1,
                )
            except grpc.RpcError as error:
                failed = CallError(error)
                delay = failed.retry_s
                if failed.status in ELSEWHERE and delay is None:
                    delay = (
                        self._patience.lost_s
                    )  # the connection was lost: the same request id again
                if delay is None or attempt == attempts - 1:
                    raise failed from error
                self._at = (self._at + 1) % len(self._stubs)
                time.sleep(delay if self._at == 0 else self._patience.lost_s)
        raise AssertionError  # the last attempt returned or raised

    def stream(
        self,
        method: str,
        request: Any,  # noqa: ANN401  any message, or an iterator of them
        who: tuple[str, str] = ("", ""),
    ) -> Iterator[Any]:
        """Give what a method streams, from the server of the moment. Raises CallError.

        After an error the next call goes to the next server; where to go on is the
        caller's to say.
        """
        made = getattr(self._stub(method), method)
        call = made(request, metadata=self._metadata(who), wait_for_ready=False)
        try:
            yield from heard(call, self._patience.silent_s) if method == FEED else call
        except grpc.RpcError as error:
            self._at = (self._at + 1) % len(self._stubs)
            raise CallError(error) from error

    def _stub(self, method: str) -> Any:  # noqa: ANN401  a generated stub
        return next(s for s in self._stubs[self._at] if hasattr(s, method))

    def _metadata(self, who: tuple[str, str] = ("", "")) -> tuple[tuple[str, str], ...]:
        authority, office = self._who if not any(who) else who
        if office == OPERATOR_OFFICE:
            return ((OPERATOR, authority),)
        return ((AUTHORITY, authority), (OFFICE, office)) if authority else ()


def heard(call: Any, silent_s: float) -> Iterator[Any]:  # noqa: ANN401  a call of gRPC
    """Give what a call streams; end it where it is waited for and silent for so long.

    What its reader does with a message takes as long as it takes.
    """
    since: float | None = None
    over = threading.Event()

    def watch() -> None:
        while not over.wait(silent_s / 4):
            asked = since
            if asked is not None and time.monotonic() - asked >= silent_s:
                call.cancel()
                return

    threading.Thread(target=watch, name="feed-heard", daemon=True).start()
    try:
        while True:
            since = time.monotonic()
            message = next(call, None)
            since = None
            if message is None:
                return
            yield message
    finally:
        over.set()
        call.cancel()


@contextmanager
def connected(
    addresses: str,
    credentials: Credentials | None = None,
    who: tuple[str, str] = ("", ""),
    patience: Patience = DEFAULT,
) -> Iterator[Client]:
    """Connect to servers, `host:port` each, comma separated.

    `who` is authority and office, where they are claimed.
    """
    with ExitStack() as stack:
        channels = [
            stack.enter_context(_channel(address.strip(), credentials))
            for address in addresses.split(",")
        ]
        yield Client(channels, who, patience)


def _channel(address: str, credentials: Credentials | None) -> grpc.Channel:
    if credentials is None:
        return grpc.insecure_channel(address, RECONNECT)
    return grpc.secure_channel(
        address,
        grpc.ssl_channel_credentials(
            root_certificates=credentials.server.read_bytes(),
            private_key=credentials.key.read_bytes(),
            certificate_chain=credentials.certificate.read_bytes(),
        ),
        RECONNECT,
    )
