"""The kit's consumers under fire: each must have what the log has, whatever is killed.

What lives here: a real server that publishes, a real broker, consumers of all
languages over gRPC, by name and from Kafka, a seeded nemesis that kills all of them and
takes away what named ones kept, and what each consumer showed. What never does: mocks.

    python -m ops.fire.kits --children 19000 --kills 20 --outages 10
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from childregistry.v1 import commands_pb2 as pb
from childregistry.v1 import submission_service_pb2 as submission
from events.codec import EVENT_CLASSES
from events.entry import open_entry
from events.published_rule import Rule
from events.reading import FollowedLog
from ops.bench.main_path import registration
from ops.broker import Cluster, release
from ops.cache import cache_folder
from ops.client import Client, connected
from ops.config import PublishedConfig
from ops.fire.programs import TOOLS, Program, program
from ops.fire.servers import Server
from ops.publish import create_published
from ops.synthetic.province import grow
from ops.synthetic.telling import Numbers

REGISTRY: Final = "synthetic.example/cn-329900"
TOPIC: Final = "kit-events"
PARTITIONS: Final = 3
SOURCES: Final = ("grpc", "kafka", "named")
"""Named: over gRPC, by a subscription whose place the registry knows."""
WHO: Final = ("bureau", "civil_affairs")
"""As the kit's consumers say who they are."""
FIRST: Final = (
    "ChildRegistered",
    "GuardianshipEstablished",
    "ReportFiled",
    "TimelineChanged",
)
"""What a named subscription is about at first; later about everything."""
LATER: Final = 20
"""Entries recorded after that."""
PATIENCE_S: Final = 480.0
"""How long a consumer may take from its last start to the end."""

Fact = tuple[int, int, str, str]
"""An event: position, index, type, stream."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is done, and how often: kills of each consumer, of server and broker."""

    children: int = 1_900
    kills: int = 2
    outages: int = 2
    languages: tuple[str, ...] = tuple(TOOLS)
    seed: int = 1


@dataclass(slots=True)
class Shown:
    """What one consumer showed, in its order over all its lives, and how it ended."""

    facts: list[Fact] = field(default_factory=list)
    kills: int = 0
    forgot: int = 0
    """How often it went on without its file, from where the registry knew it."""
    failed: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What the log has, what of it is published, and what each consumer showed.

    `changed` is the position at which each named subscription became about everything.
    """

    logged: list[Fact]
    published: list[Fact]
    changed: dict[str, int]
    shown: dict[tuple[str, str], Shown]
    server_kills: int
    broker_kills: int

    def expected(self, language: str, source: str) -> list[Fact]:
        """Return what a consumer must have shown."""
        if source == "grpc":
            return self.logged
        if source == "kafka":
            return self.published
        changed = self.changed[language]
        return [one for one in self.logged if one[0] > changed or one[2] in FIRST]


def broken(expected: Sequence[Fact], shown: Shown) -> list[str]:
    """Return how what a consumer showed differs from what it had to."""
    faults = [shown.failed] if shown.failed else []
    first: dict[Fact, None] = dict.fromkeys(shown.facts)
    if lost := set(expected) - set(first):
        faults.append(f"{len(lost)} are missing, such as {min(lost)}")
    if more := set(first) - set(expected):
        faults.append(f"{len(more)} are not the log's, such as {min(more)}")
    last: dict[str, tuple[int, int]] = {}
    for position, index, _, stream in first:
        if (position, index) < last.get(stream, (0, 0)):
            faults.append(f"{stream}: position {position} came too late")
            break
        last[stream] = (position, index)
    return faults


def run(plan: Plan, folder: Path) -> Run:
    """Run a plan in an empty folder."""
    chance = random.Random(plan.seed)  # noqa: S311  no secret
    programs = [program(name, cache_folder()) for name in plan.languages]
    with Cluster(release(cache_folder()), folder / "brokers") as brokers:
        where = PublishedConfig(servers=brokers.addresses, topic=TOPIC)
        every = frozenset(one.__name__ for one in EVENT_CLASSES)
        rule = Rule(registry=REGISTRY, partitions=PARTITIONS, types=every)
        create_published(where, rule, 1)
        more = f'[published]\nservers = "{where.servers}"\ntopic = "{TOPIC}"\n'
        more += "checkpoint_s = 0.2\n"
        server = Server(folder / "node", "a", "", "", registry=REGISTRY, more=more)
        server.log.parent.mkdir()
        numbers = Numbers(children=plan.children, years=3, seed=7, registry=REGISTRY)
        grow(server.log, numbers, lambda _done, _total: None)
        server.start()
        try:
            changed = _subscribed(server.address, plan.languages)
            logged = _facts(server.log)
            threads = [
                _Consumer(
                    one, source, server.address, where, folder, plan, logged[-1][0]
                )
                for one in programs
                for source in SOURCES
            ]
            for thread in threads:
                thread.start()
            kills = _nemesis(plan, chance, server, brokers, threads)
            for thread in threads:
                thread.join()
        finally:
            server.stop()
    published = [
        one
        for one in logged
        if one[3].partition("/")[0] in rule.kinds and one[2] in rule.types
    ]
    shown = {(one.program.language, one.source): one.shown for one in threads}
    return Run(
        logged=logged,
        published=published,
        changed=changed,
        shown=shown,
        server_kills=kills[0],
        broker_kills=kills[1],
    )


class _Consumer(threading.Thread):
    """Runs one consumer, kills it after some lines, and again to the end."""

    def __init__(  # noqa: PLR0913, PLR0917  a consumer has so many parts
        self,
        one: Program,
        source: str,
        server: str,
        where: PublishedConfig,
        folder: Path,
        plan: Plan,
        head: int,
    ) -> None:
        super().__init__(name=f"{one.language}-{source}")
        self.program = one
        self.source = source
        self.shown = Shown()
        self._chance = random.Random(f"{plan.seed}/{self.name}")  # noqa: S311  no secret
        self._kills = plan.kills
        self._most = max(1, plan.children)
        self._state = folder / f"{self.name}.json"
        ends = [str(self._state), str(head)]
        if source == "kafka":
            self._command = [*one.kafka, where.servers, where.topic, *ends]
        else:
            name = [one.language] if source == "named" else []
            self._command = [*one.grpc, server, *ends, *name]
        self._errors = folder / f"{self.name}.stderr"

    def run(self) -> None:
        """Run to the end."""
        for number in range(self._kills):
            self._live(self._chance.randrange(1, self._most))
            self.shown.kills += 1
            if self.source == "named" and number % 2 == 0:  # its disk is gone too
                self._state.unlink(missing_ok=True)
                self.shown.forgot += 1
        code = self._live(0)
        if code != 0:
            said = self._errors.read_text(errors="replace")[-600:]
            self.shown.failed = f"ended with {code}: {said}"

    def _live(self, lines: int) -> int:
        """Run once, killed after so many lines, or to the end; return how it ended."""
        environment = {**os.environ, **self.program.environment}
        with (
            self._errors.open("a") as errors,
            subprocess.Popen(  # noqa: S603  the kit's own programs
                self._command, stdout=subprocess.PIPE, stderr=errors, env=environment
            ) as process,
        ):
            late = threading.Timer(PATIENCE_S, process.kill)
            late.start()
            assert process.stdout is not None  # noqa: S101  it is a pipe
            for count, line in enumerate(process.stdout, 1):
                if line.endswith(b"\n"):  # what a kill cut off comes again
                    told = json.loads(line)
                    names = ("position", "index", "type", "stream")
                    position, index, type_, stream = (told[name] for name in names)
                    self.shown.facts.append((position, index, type_, stream))
                if count == lines:
                    process.kill()
            late.cancel()
        return process.returncode


def _nemesis(
    plan: Plan,
    chance: random.Random,
    server: Server,
    brokers: Cluster,
    threads: Sequence[threading.Thread],
) -> tuple[int, int]:
    """Kill server, and with it the publisher, and broker by turns; both run at last."""
    kills = [0, 0]
    for turn in range(2 * plan.outages):
        time.sleep(chance.uniform(0.2, 1.0))
        if not any(thread.is_alive() for thread in threads):
            break
        if turn % 2:
            brokers.brokers[0].kill()
            time.sleep(chance.uniform(0.1, 0.5))
            brokers.brokers[0].start()
        else:
            server.kill()
            time.sleep(chance.uniform(0.1, 0.5))
            server.start()
        kills[turn % 2] += 1
    return kills[0], kills[1]


def _subscribed(address: str, languages: Sequence[str]) -> dict[str, int]:
    """Make a subscription for each language, change it, and record more after that.

    Returns the positions of the changes.
    """
    changed = {}
    with connected(address, who=WHO) as client:
        for name in languages:
            made = pb.CreateSubscription(
                subscription=name,
                selection=pb.Selection(types=FIRST),
                after=0,
                urgent_within_s=3_600,
            )
            ask = submission.SubmitSubscriptionRequest
            _submitted(client, ask(create_subscription=made))
            other = pb.RefilterSubscription(
                subscription=name, selection=pb.Selection(), urgent_within_s=3_600
            )
            changed[name] = _submitted(client, ask(refilter_subscription=other))
    with connected(address, who=("county-police", "police")) as client:
        for _ in range(LATER):
            client.called("SubmitGuardianshipChange", registration())
    return changed


def _submitted(client: Client, asked: submission.SubmitSubscriptionRequest) -> int:
    """Submit what is asked of a subscription; return its entry's position."""
    asked.envelope.request_id = str(uuid.uuid4())
    return int(client.called("SubmitSubscription", asked).receipt.position)


def _facts(path: Path) -> list[Fact]:
    with closing(FollowedLog(path, REGISTRY)) as log:
        return [
            (entry.position, index, header.type, header.stream)
            for entry in map(open_entry, log.read(0, 10_000_000))
            for index, header in enumerate(entry.frame.events)
        ]


def main() -> int:
    """Run a plan from the command line, and say what came of it."""
    parser = argparse.ArgumentParser()
    for name in ("children", "kills", "outages", "seed"):
        default = getattr(Plan(), name)
        parser.add_argument(f"--{name}", type=int, default=default)
    plan = Plan(**vars(parser.parse_args()))
    with tempfile.TemporaryDirectory() as name:
        found = run(plan, Path(name))
    worst = 0
    for (language, source), shown in found.shown.items():
        faults = broken(found.expected(language, source), shown)
        worst |= bool(faults)
        told = "; ".join(faults) or "complete, in order"
        count = len(set(shown.facts))
        line = (
            f"{language} {source}: {count} events, killed {shown.kills} times: {told}"
        )
        sys.stdout.write(line + "\n")
    told = f"server killed {found.server_kills} times, broker {found.broker_kills}"
    sys.stdout.write(f"{told}\n")
    return worst


if __name__ == "__main__":
    sys.exit(main())
