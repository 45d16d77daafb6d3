"""Clients of a campaign: they never give up a request id, and remember all they saw.

What lives here: load, and the lines of the history. What never does: kills, judgment.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import grpc

from childregistry.v1 import commands_pb2, types_pb2
from childregistry.v1 import custody_service_pb2 as custody
from childregistry.v1 import submission_service_pb2 as submission
from childregistry.v1.custody_service_pb2_grpc import CustodyServiceStub
from childregistry.v1.submission_service_pb2_grpc import SubmissionServiceStub
from ops.fire.history import AT_LEAST, LATEST, NO, OK, UNKNOWN, WRITE, Call, History
from registry.identity import AUTHORITY, OFFICE

CALL_S = 1.0
"""One attempt: a server that is frozen says nothing, and another is asked instead."""
PATIENCE_S = 300.0
"""How long a client goes on with one request id before it gives it up as unknown."""
ELSEWHERE_S = 0.05
"""Before another server is asked."""
RECONNECT = (
    ("grpc.initial_reconnect_backoff_ms", 50),
    ("grpc.min_reconnect_backoff_ms", 200),
    ("grpc.max_reconnect_backoff_ms", 250),
)
"""As `ops.client.RECONNECT`, and more: what a campaign measures is how long a server is
away, so it is looked for sooner, and a connection that a frozen one does not answer is
given up."""
DEFINITE = {
    grpc.StatusCode.INVALID_ARGUMENT,
    grpc.StatusCode.NOT_FOUND,
    grpc.StatusCode.ALREADY_EXISTS,
}
CHILDREN = 12
"""Children that all clients submit for: each is decided on by many at once."""
WHO = ((AUTHORITY, "fire-police"), (OFFICE, "police"))
OFTEN = 0.5
"""How often a client reads after a write, and how often it asks for the latest."""


@dataclass(frozen=True, slots=True)
class Load:
    """What clients do: drawn from a seed, with a pause of seconds after each write.

    They act on children that all share, or each client on a `population` of its own,
    whose births it submits when it comes to them.
    """

    seed: int
    pause_s: float = 0.0
    population: int = 0


class Client(threading.Thread):
    """Submits and reads; repeats a request id until its outcome is known."""

    def __init__(
        self,
        number: int,
        addresses: Sequence[str],
        history: History,
        load: Load,
    ) -> None:
        super().__init__(name=f"client-{number}")
        self._number = number
        self._chance = random.Random(f"{load.seed}/{number}")  # noqa: S311  no secret
        self._history = history
        self._load = load
        self._born = set(range(CHILDREN))
        self._channels = [
            grpc.insecure_channel(address, options=RECONNECT) for address in addresses
        ]
        self._at = number % len(addresses)
        self.stopping = threading.Event()

    def run(self) -> None:
        """Call until asked to stop."""
        while not self.stopping.is_set():
            child = self._chance.randrange(CHILDREN)
            if self._load.population:
                own = (self._number + 1) * self._load.population
                child = own + self._chance.randrange(self._load.population)
            position = self._write(child)
            if position and self._chance.random() < OFTEN:
                self._read(child, position)
            if self._chance.random() < OFTEN / 2:
                self._read(self._chance.randrange(CHILDREN), 0)
            self.stopping.wait(self._load.pause_s)
        for channel in self._channels:
            channel.close()

    def register(self) -> None:
        """Submit the births of all children, in this thread."""
        for number in range(CHILDREN):
            self._submit(_birth(number), child_id(number), "register_child")

    def _write(self, child: int) -> int:
        name = child_id(child)
        if child not in self._born:
            self._born.add(child)
            return self._submit(_birth(child), name, "register_child")
        request = submission.SubmitGuardianshipChangeRequest(
            envelope=submission.Envelope(
                request_id=str(UUID(int=self._chance.getrandbits(128)))
            ),
            record_whereabouts=commands_pb2.RecordWhereabouts(
                child=name,
                who=_parent(child),
                lost=self._chance.random() < OFTEN,
                on=f"2016-{self._chance.randrange(1, 13):02}-01",
            ),
        )
        return self._submit(request, name, "record_whereabouts")

    def _submit(self, request: Any, child: str, argument: str) -> int:  # noqa: ANN401  a submission
        """Submit until the outcome is known; return the position, or 0."""
        until = time.monotonic() + PATIENCE_S
        while True:
            start = time.monotonic()
            outcome, position, hash_ = UNKNOWN, 0, ""
            try:
                stub = SubmissionServiceStub(self._channels[self._at])
                got = stub.SubmitGuardianshipChange(
                    request, timeout=CALL_S, metadata=WHO
                ).receipt
                outcome, position, hash_ = OK, got.position, got.hash.hex()
            except grpc.RpcError as error:
                if error.code() in DEFINITE:
                    outcome = NO
            call = Call(
                client=self._number,
                kind=WRITE,
                child=child,
                request_id=request.envelope.request_id,
                argument=argument,
                start=start,
                end=time.monotonic(),
                outcome=outcome,
                position=position,
                hash=hash_,
            )
            self._history.add(call)
            if outcome != UNKNOWN or time.monotonic() > until:
                return position
            self._elsewhere()

    def _read(self, child: int, position: int) -> None:
        """Read at least at a receipt's position, or the latest, from any server."""
        name, start = child_id(child), time.monotonic()
        self._at = self._chance.randrange(len(self._channels))
        consistency = custody.Consistency(latest=True)
        if position:
            consistency = custody.Consistency(at_least=position)
        request = custody.ExplainCustodyRequest(
            child=name,
            as_of=custody.AsOf(date="2016-06-15"),
            consistency=consistency,
        )
        outcome, applied = UNKNOWN, 0
        seen: tuple[int, ...] = ()
        try:
            stub = CustodyServiceStub(self._channels[self._at])
            got = stub.ExplainCustody(request, timeout=CALL_S)
            outcome, applied = OK, got.read_state.applied
            seen = tuple(sorted({fact.position for fact in got.facts}))
        except grpc.RpcError as error:
            if error.code() is grpc.StatusCode.NOT_FOUND:
                outcome, applied = OK, position
            else:
                self._elsewhere()
        call = Call(
            client=self._number,
            kind=AT_LEAST if position else LATEST,
            child=name,
            start=start,
            end=time.monotonic(),
            outcome=outcome,
            position=position,
            seen=seen,
            applied=applied,
        )
        self._history.add(call)

    def _elsewhere(self) -> None:
        self._at = (self._at + 1) % len(self._channels)
        time.sleep(ELSEWHERE_S)


def caught_up(address: str) -> bool:
    """Ask a server for the end of the log, so that its copy is whole."""
    until = time.monotonic() + PATIENCE_S
    with grpc.insecure_channel(address, options=RECONNECT) as channel:
        stub = CustodyServiceStub(channel)
        while time.monotonic() < until:
            try:
                stub.GetCustody(
                    custody.GetCustodyRequest(child=child_id(0)), timeout=CALL_S
                )
            except grpc.RpcError:
                time.sleep(ELSEWHERE_S)
            else:
                return True
    return False


def child_id(number: int) -> str:
    """Return the id of a child of the campaign."""
    return str(UUID(int=(1 << 100) + number))


def _parent(number: int) -> types_pb2.Holder:
    name = str(UUID(int=(1 << 101) + number))
    return types_pb2.Holder(kind=types_pb2.HOLDER_KIND_PERSON, id=name)


def _birth(number: int) -> submission.SubmitGuardianshipChangeRequest:
    return submission.SubmitGuardianshipChangeRequest(
        envelope=submission.Envelope(request_id=str(UUID(int=number + 1))),
        register_child=commands_pb2.RegisterChild(
            child=child_id(number),
            birth=types_pb2.Birth(
                date="2012-05-01",
                precision=types_pb2.PRECISION_STATED,
                source=types_pb2.BIRTH_SOURCE_CERTIFICATE,
            ),
            on="2012-05-01",
            jurisdiction="cn-320300",
            parents=[_parent(number)],
        ),
    )
