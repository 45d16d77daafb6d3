"""A campaign: load from many clients while servers, brokers and all else are attacked.

What lives here: the plan, the order of attacks, and the report. What never does:
mocks; servers are processes, brokers are Apache Kafka.

    python -m ops.fire.campaign --brokers 3 --act kill_server=20 --act kill_broker=20
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path

from ops.fire.acts import ACTS, ALONE
from ops.fire.checker import judge
from ops.fire.clients import Client, Load, caught_up
from ops.fire.field import Field, disagreement, opened, until
from ops.fire.history import OK, UNKNOWN, WRITE, Fault, History, entries
from ops.fire.measure import Unavailable, unavailable

RECOVERY_S = 90.0
"""After an act clients must be acknowledged again within this time."""
SHORT = {"kill_server": 10, "kill_broker": 5, "freeze_server": 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is done and how often: acts shuffled; `last` in order after them."""

    acts: dict[str, int] = field(default_factory=lambda: dict(SHORT))
    last: tuple[str, ...] = ()
    servers: int = 2
    brokers: int = 1
    clients: int = 6
    pause_s: float = 0.5
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
    unavailable: dict[str, Unavailable]
    stale_latest: list[str]
    broken: list[str]


def run(plan: Plan, folder: Path, told: Callable[[str], None]) -> Report:
    """Run a campaign in a folder; `told` is given lines of progress.

    The history stands in `history.jsonl` there. Raises OperatorError where the runbook
    does not help a node.
    """
    started = time.monotonic()
    history = History(folder / "history.jsonl")
    broken: list[str] = []
    with opened(folder, plan.brokers, plan.servers, plan.seed, told) as on:
        addresses = [server.address for server in on.servers]
        clients = [
            Client(n, addresses, history, Load(plan.seed)) for n in range(plan.clients)
        ]
        clients[0].register()
        for client in clients:
            client.start()
        try:
            for name in _order(plan):
                time.sleep(plan.pause_s * (0.5 + on.chance.random()))
                broken += _attack(on, name, history)
        finally:
            for client in clients:
                client.stopping.set()
            for client in clients:
                client.join()
        broken += [
            f"{server.name} does not catch up"
            for server in on.servers
            if not caught_up(server.address)
        ]
    for server in on.servers:
        for entry in entries(server.name, server.log):
            history.add(entry)
    told_all = history.close()
    judgment = judge(told_all)
    calls = told_all.calls
    return Report(
        plan=plan,
        seconds=round(time.monotonic() - started, 1),
        calls=len(calls),
        acknowledged=sum((c.kind, c.outcome) == (WRITE, OK) for c in calls),
        unknown=sum(c.outcome == UNKNOWN for c in calls),
        entries=max(len(log) for log in told_all.logs.values()),
        unavailable=unavailable(calls, told_all.faults),
        stale_latest=judgment.stale_latest,
        broken=broken + judgment.broken,
    )


def _order(plan: Plan) -> list[str]:
    acts = [name for name, count in plan.acts.items() for _ in range(count)]
    random.Random(plan.seed).shuffle(acts)  # noqa: S311  no secret
    return [*acts, *plan.last]


def _attack(on: Field, name: str, history: History) -> list[str]:
    """Do one act; return what is not right when clients are acknowledged again."""
    on.told(name)
    start = time.monotonic()
    ACTS[name](on)
    end = time.monotonic()
    history.add(Fault(kind=name, start=start, end=end))
    broken = []
    if not until(lambda: history.acknowledged_at > end, RECOVERY_S):
        broken.append(f"{name}: nobody is acknowledged again")
    broken += [f"{name}: nodes differ {place}" for place in disagreement(on.servers)]
    return broken


def main() -> int:
    """Run and report; 1 where a promise was broken."""
    plan, kept = _asked()
    with tempfile.TemporaryDirectory() as scratch:
        folder = kept or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        report = run(plan, folder, lambda line: print(line, file=sys.stderr))  # noqa: T201  progress
    print(json.dumps(asdict(report), indent=2))  # noqa: T201  the report
    return 1 if report.broken else 0


def _asked() -> tuple[Plan, Path | None]:
    parser = argparse.ArgumentParser()
    parser.add_argument("--act", action="append", default=[], help="name=how often")
    parser.add_argument("--last", action="append", default=[], help="name, in order")
    parser.add_argument("--all", action="store_true", help="every act, once")
    parser.add_argument("--keep", type=Path, help="folder that keeps the history")
    for name in ("servers", "brokers", "clients", "seed"):
        parser.add_argument(f"--{name}", type=int, default=getattr(Plan(), name))
    asked = parser.parse_args()
    pairs = [text.partition("=")[::2] for text in asked.act]
    last = list(asked.last)
    if asked.all:
        last += [n for n in ACTS if asked.brokers == 1 or n not in ALONE]
    if unknown := ({name for name, _ in pairs} | set(last)) - set(ACTS):
        parser.error(f"no acts {sorted(unknown)}; there are {sorted(ACTS)}")
    return (
        Plan(
            acts={name: int(count or 1) for name, count in pairs},
            last=tuple(last),
            servers=asked.servers,
            brokers=asked.brokers,
            clients=asked.clients,
            seed=asked.seed,
        ),
        asked.keep,
    )


if __name__ == "__main__":
    sys.exit(main())
