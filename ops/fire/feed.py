"""A bureau's subscription under fire: server and reader killed while it catches up.

`python -m ops.fire.feed`. What lives here: the run, and its judgment: what the reader
took is the log, each number once by its hash, in order, for every child; and no
acknowledgement that was confirmed is missing after any kill.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from childregistry.v1 import commands_pb2
from childregistry.v1 import submission_service_pb2 as submission
from childregistry.v1 import subscription_service_pb2 as pb
from events.store import Store
from ops.bench.histories import REGISTRY, grow
from ops.client import Client, connected
from ops.fire.servers import Server

NAME: Final = "under-fire"
WHO: Final = ("xuzhou-bureau", "civil_affairs")
CREATE_ID: Final = "0f8fad5b-d9cb-469f-a165-70867728950e"
READ_S: Final = 600.0
"""How long the last reader may take."""
LINE_BYTES: Final = 300
"""About what an entry takes where it is shown: kills come after so much."""
LOOK_S: Final = 0.02


class LostError(Exception):
    """What was delivered is not the log, or a confirmed acknowledgement is gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a run did."""

    events: int
    entries: int
    kills_of_server: int
    kills_of_reader: int
    shown: int
    """Entries that readers showed, repeated ones too."""


class Run:
    """One run in a folder, by a seed."""

    def __init__(self, folder: Path, events: int, seed: int) -> None:
        self._chance = random.Random(seed)  # noqa: S311  a schedule, no secret
        self._events = events
        data = folder / "node" / "data"
        data.mkdir(parents=True)
        self._head = grow(data / "log.sqlite", events)
        self._server = Server(folder / "node", "fire-1", registry=REGISTRY)
        self._state = folder / "place"
        self._shown = folder / "shown"
        self._confirmed = 0

    def run(self, kills: int) -> Outcome:
        """Kill so often, then read to the end and judge. Raises LostError."""
        self._server.start()
        killed = {"server": 0, "reader": 0}
        try:
            with self._client() as client:
                self._create(client)
            for _ in range(kills):
                with self._reader():
                    self._wait_for(self._chance.randint(1, self._head // (2 * kills)))
                    if self._chance.random() < 0.5:  # noqa: PLR2004  either
                        killed["server"] += 1
                        self._kill_server()
                    else:
                        killed["reader"] += 1
            self._read_to_the_end()
            with self._client() as client:
                marks = self._marks(client)
        finally:
            self._server.stop()
        if marks.acknowledged.position < self._head:
            message = f"acknowledged to {marks.acknowledged.position} of {self._head}"
            raise LostError(message)
        return Outcome(
            events=self._events,
            entries=self._head,
            kills_of_server=killed["server"],
            kills_of_reader=killed["reader"],
            shown=self._judged(),
        )

    def _wait_for(self, entries: int) -> None:
        """Wait until about so many entries more are shown."""
        until = time.monotonic() + READ_S
        enough = self._shown.stat().st_size + entries * LINE_BYTES
        while self._shown.stat().st_size < enough and time.monotonic() < until:
            time.sleep(LOOK_S)

    def _kill_server(self) -> None:
        """Kill right behind a confirmation, and look that it stands."""
        with self._client() as client:
            marks = self._marks(client)
            if marks.HasField("acknowledged"):  # by the reader, perhaps not durable
                asked = pb.AcknowledgeEventsRequest(
                    subscription=NAME, place=marks.acknowledged
                )
                answer = client.called("AcknowledgeEvents", asked)
                self._confirmed = max(self._confirmed, answer.durable.position)
        self._server.kill()
        self._server.start()
        with self._client() as client:
            found = self._marks(client).acknowledged.position
        if found < self._confirmed:
            message = f"{self._confirmed} was confirmed, {found} is acknowledged"
            raise LostError(message)

    def _create(self, client: Client) -> None:
        command = commands_pb2.CreateSubscription(
            subscription=NAME,
            selection=commands_pb2.Selection(),
            after=0,
            urgent_within_s=3_600,
        )
        request = submission.SubmitSubscriptionRequest(create_subscription=command)
        request.envelope.request_id = CREATE_ID
        receipt = client.called("SubmitSubscription", request).receipt
        self._head = receipt.position

    def _marks(self, client: Client) -> Any:  # noqa: ANN401  a generated message
        request = pb.GetSubscriptionRequest(subscription=NAME)
        return client.called("GetSubscription", request).subscription.epochs[0]

    @contextmanager
    def _client(self) -> Iterator[Client]:
        with connected(self._server.address, who=WHO) as client:
            yield client

    def _command(self, *more: str) -> list[str]:
        authority, office = WHO
        return [
            *(sys.executable, "-m", "ops.cli", "subscribe", NAME, "--json"),
            f"--state={self._state}",
            f"--server={self._server.address}",
            f"--authority={authority}",
            f"--office={office}",
            *more,
        ]

    @contextmanager
    def _reader(self) -> Iterator[None]:
        """Read until the block ends, then kill at once."""
        with self._shown.open("ab") as out:
            reader = subprocess.Popen(  # noqa: S603  our own command
                self._command(), stdout=out, stderr=subprocess.DEVNULL
            )
            try:
                yield
            finally:
                reader.kill()
                reader.wait()
                out.write(b"\n")  # the last line may be half a line

    def _read_to_the_end(self) -> None:
        with self._shown.open("ab") as out:
            subprocess.run(  # noqa: S603  our own command
                self._command(f"--until={self._head}"),
                stdout=out,
                timeout=READ_S,
                check=True,
            )

    def _judged(self) -> int:
        """Compare what was shown with the log; return the entries shown."""
        found: dict[int, str] = {}
        shown = 0
        for line in self._shown.read_text(encoding="utf-8").splitlines():
            if not line.endswith("}"):
                continue  # a reader was killed while it wrote
            told = json.loads(line)
            if "number" in told:
                shown += 1
                before = found.setdefault(told["number"], told["hash"])
                if before != told["hash"]:
                    message = f"number {told['number']} is two entries"
                    raise LostError(message)
        log = Store(self._server.log, REGISTRY)
        try:
            wanted = {one.position: one.hash.hex() for one in log.read(0, self._head)}
        finally:
            log.close()
        if found != wanted:
            message = f"{len(found)} numbers were shown of {len(wanted)} entries"
            raise LostError(message)
        return shown


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--kills", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        outcome = Run(Path(name), given.events, given.seed).run(given.kills)
    print(outcome)  # noqa: T201  the program's own output


if __name__ == "__main__":
    main()
