"""A campaign: load from many clients while servers and brokers are killed and frozen.

What lives here: clients that never give up a request id, a seeded nemesis, and the
report. What never does: mocks; servers are processes, brokers are Apache Kafka.

    python -m ops.fire.campaign --server-kills 200 --broker-kills 50 [--brokers 3]
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import grpc

from childregistry.v1 import commands_pb2, types_pb2
from childregistry.v1 import custody_service_pb2 as custody
from childregistry.v1 import submission_service_pb2 as submission
from childregistry.v1.custody_service_pb2_grpc import CustodyServiceStub
from childregistry.v1.submission_service_pb2_grpc import SubmissionServiceStub
from events.topic_audit import Replication, create
from ops.broker import Broker, Cluster, cache_folder, release
from ops.fire.history import History, Operation, entries, judge, longest_gap
from ops.fire.servers import Server
from registry.identity import AUTHORITY, OFFICE

TOPIC = "childregistry-fire"
CALL_S = 4.0
PATIENCE_S = 120.0
"""How long a client goes on with one request id before it gives it up as unknown."""
DEFINITE = {
    grpc.StatusCode.INVALID_ARGUMENT,
    grpc.StatusCode.NOT_FOUND,
    grpc.StatusCode.ALREADY_EXISTS,
}
CHILDREN = 12
"""Children that all clients submit for: each is decided on by many at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is done, and how often."""

    servers: int = 2
    brokers: int = 1
    clients: int = 6
    server_kills: int = 10
    broker_kills: int = 5
    freezes: int = 2
    pause_s: float = 0.7
    seed: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What came of it."""

    plan: Plan
    seconds: float
    calls: int
    acknowledged: int
    unknown: int
    entries: int
    longest_gap_s: float
    broken: list[str]


class Client(threading.Thread):
    """Submits and reads; repeats a request id until its outcome is known."""

    def __init__(
        self, number: int, addresses: list[str], history: History, seed: int
    ) -> None:
        super().__init__(name=f"client-{number}")
        self._number = number
        self._chance = random.Random(f"{seed}/{number}")  # noqa: S311  no secret
        self._history = history
        self._channels = [grpc.insecure_channel(address) for address in addresses]
        self._at = number % len(addresses)
        self.stopping = threading.Event()

    def run(self) -> None:
        """Call until asked to stop."""
        while not self.stopping.is_set():
            child = self._chance.randrange(CHILDREN)
            position = self._write(child)
            if position and self._chance.random() < 0.5:  # noqa: PLR2004  every second
                self._read(child, position)
        for channel in self._channels:
            channel.close()

    def _uuid(self) -> str:
        return str(UUID(int=self._chance.getrandbits(128)))

    def _write(self, child: int) -> int:
        request_id, name = self._uuid(), child_id(child)
        request = submission.SubmitGuardianshipChangeRequest(
            envelope=submission.Envelope(request_id=request_id),
            record_whereabouts=commands_pb2.RecordWhereabouts(
                child=name,
                who=types_pb2.Holder(
                    kind=types_pb2.HOLDER_KIND_PERSON, id=parent_id(child)
                ),
                lost=self._chance.random() < 0.5,  # noqa: PLR2004  either
                on=f"2016-{self._chance.randrange(1, 13):02}-01",
            ),
        )
        return self.submit(request, name, "record_whereabouts")

    def submit(self, request: Any, child: str, argument: str) -> int:  # noqa: ANN401  a submission
        """Submit until the outcome is known; return the position, or 0."""
        until = time.monotonic() + PATIENCE_S
        while True:
            start = time.monotonic()
            outcome, position, hash_ = "unknown", 0, ""
            try:
                stub = SubmissionServiceStub(self._channels[self._at])
                got = stub.SubmitGuardianshipChange(
                    request, timeout=CALL_S, metadata=WHO
                ).receipt
                outcome, position, hash_ = "ok", got.position, got.hash.hex()
            except grpc.RpcError as error:
                if error.code() in DEFINITE:
                    outcome = "no"
            self._history.add(
                Operation(
                    client=self._number,
                    kind="write",
                    child=child,
                    request_id=request.envelope.request_id,
                    argument=argument,
                    start=start,
                    end=time.monotonic(),
                    outcome=outcome,
                    position=position,
                    hash=hash_,
                    value="",
                )
            )
            if outcome != "unknown" or time.monotonic() > until:
                return position
            self._elsewhere()

    def _read(self, child: int, position: int) -> None:
        """Read at least at a receipt's position, from whichever server."""
        name, start = child_id(child), time.monotonic()
        self._at = self._chance.randrange(len(self._channels))
        request = custody.GetCustodyRequest(
            child=name,
            as_of=custody.AsOf(date="2016-06-15"),
            consistency=custody.Consistency(at_least=position),
        )
        outcome, value = "unknown", ""
        try:
            stub = CustodyServiceStub(self._channels[self._at])
            state = stub.GetCustody(request, timeout=CALL_S).read_state
            outcome = "ok"
            value = "found" if state.applied >= position else "missing"
        except grpc.RpcError as error:
            if error.code() is grpc.StatusCode.NOT_FOUND:
                outcome, value = "ok", "missing"
            else:
                self._elsewhere()
        self._history.add(
            Operation(
                client=self._number,
                kind="custody",
                child=name,
                request_id="",
                argument="at_least",
                start=start,
                end=time.monotonic(),
                outcome=outcome,
                position=position,
                hash="",
                value=value,
            )
        )

    def _elsewhere(self) -> None:
        self._at = (self._at + 1) % len(self._channels)
        time.sleep(0.05)


WHO = ((AUTHORITY, "fire-police"), (OFFICE, "police"))


def child_id(number: int) -> str:
    """Return the id of a child of the campaign."""
    return str(UUID(int=(1 << 100) + number))


def parent_id(number: int) -> str:
    """Return the id of its parent."""
    return str(UUID(int=(1 << 101) + number))


def run(plan: Plan, folder: Path, told: Callable[[str], None]) -> Report:
    """Run a campaign in a folder; `told` is given lines of progress."""
    chance = random.Random(plan.seed)  # noqa: S311  no secret
    started = time.monotonic()
    with ExitStack() as stack:
        cluster = stack.enter_context(
            Cluster(release(cache_folder()), folder / "brokers", plan.brokers)
        )
        copies = min(3, plan.brokers)
        create(
            cluster.addresses,
            TOPIC,
            Replication(factor=copies, min_in_sync=max(1, copies - 1)),
        )
        servers = [
            Server(folder / f"s{n}", f"fire-{n}", cluster.addresses, TOPIC)
            for n in range(1, plan.servers + 1)
        ]
        for server in servers:
            stack.callback(server.stop)
            server.start()
        history = History(folder / "history.jsonl")
        addresses = [server.address for server in servers]
        clients = [
            Client(n, addresses, history, plan.seed) for n in range(plan.clients)
        ]
        _register(clients[0])
        for client in clients:
            client.start()
        for act in _acts(plan, chance, servers, cluster.brokers):
            time.sleep(plan.pause_s * (0.5 + chance.random()))
            told(act.__name__)
            act()
        time.sleep(plan.pause_s)
        for client in clients:
            client.stopping.set()
        for client in clients:
            client.join()
        _quiesce(servers)
        operations = history.close()
    logs = {server.name: entries(server.log) for server in servers}
    return Report(
        plan=plan,
        seconds=time.monotonic() - started,
        calls=len(operations),
        acknowledged=sum(o.outcome == "ok" and o.kind == "write" for o in operations),
        unknown=sum(o.outcome == "unknown" for o in operations),
        entries=len(logs[servers[0].name]),
        longest_gap_s=longest_gap(operations),
        broken=judge(operations, logs),
    )


def _register(client: Client) -> None:
    for number in range(CHILDREN):
        holder = types_pb2.Holder(
            kind=types_pb2.HOLDER_KIND_PERSON, id=parent_id(number)
        )
        request = submission.SubmitGuardianshipChangeRequest(
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
                parents=[holder],
            ),
        )
        client.submit(request, child_id(number), "register_child")


def _acts(
    plan: Plan, chance: random.Random, servers: list[Server], brokers: list[Broker]
) -> list[Callable[[], None]]:
    def kill_server() -> None:
        server = chance.choice(servers)
        server.kill()
        time.sleep(chance.random() * 0.3)
        server.start()

    def kill_broker() -> None:
        broker = chance.choice(brokers)
        broker.kill()
        time.sleep(chance.random() * 0.3)
        broker.start()

    def freeze_server() -> None:
        server = chance.choice(servers)
        server.freeze()
        time.sleep(1 + chance.random() * 4)
        server.thaw()

    acts: list[Callable[[], None]] = [
        *[kill_server] * plan.server_kills,
        *[kill_broker] * plan.broker_kills,
        *[freeze_server] * plan.freezes,
    ]
    chance.shuffle(acts)
    return acts


def _quiesce(servers: list[Server]) -> None:
    """Ask each server for the end of the log, so that all copies are whole."""
    for server in servers:
        with grpc.insecure_channel(server.address) as channel:
            stub = CustodyServiceStub(channel)
            request = custody.GetCustodyRequest(child=child_id(0))
            until = time.monotonic() + PATIENCE_S
            while time.monotonic() < until:
                try:
                    stub.GetCustody(request, timeout=CALL_S)
                except grpc.RpcError:
                    time.sleep(0.2)
                else:
                    break


def main() -> int:
    """Run and report; 1 where a promise was broken."""
    parser = argparse.ArgumentParser()
    for name, value in asdict(Plan()).items():
        option = f"--{name.replace('_', '-')}"
        parser.add_argument(option, type=type(value), default=value)
    plan = Plan(**vars(parser.parse_args()))
    with tempfile.TemporaryDirectory() as folder:
        report = run(plan, Path(folder), lambda line: print(line, file=sys.stderr))  # noqa: T201  progress
    print(json.dumps(asdict(report), indent=2))  # noqa: T201  the report
    return 1 if report.broken else 0


if __name__ == "__main__":
    sys.exit(main())
