"""What happens in a run, as data: drawn from a seed, and made shorter where it fails.

What lives here: clients' operations, the nemesis' acts, how often the topic fails, and
the search for the shortest schedule that still fails. What never does: running one
(`world`). A schedule has no chance in it but `seed`, which decides the order of what
happens at once; so parts of it can be taken out one by one.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace
from typing import TypeVar

from tests.simulation.kafka import Faults

OPERATIONS = 24
CHILDREN = 4
CLIENTS = 3
MOST_RUNS = 400
"""Runs that the search for a shorter history may take: some tens of seconds."""
_Part = TypeVar("_Part")


@dataclass(frozen=True, slots=True)
class Op:
    """A client submits: `key` names the submission, so that a repeat has the same."""

    client: int
    pause_s: float
    key: int
    child: int
    birth: bool


@dataclass(frozen=True, slots=True)
class Act:
    """The nemesis acts; `value` is seconds, or by how much a clock is wrong."""

    kind: str
    pause_s: float
    node: int
    value: float


ACTS: dict[str, Callable[[random.Random], float]] = {
    "kill": lambda chance: chance.random() * 2,
    "lose the copy": lambda chance: chance.random() * 2,
    "stall": lambda chance: 1 + chance.random() * 39,
    "fail over": lambda chance: chance.random() * 2,
    "restart the broker": lambda chance: chance.random() * 3,
    "clock": lambda chance: chance.choice((0.0, -3_600.0, 5.0, 50.0)),
    "clock far ahead": lambda chance: chance.choice((3_600.0, 31_536_000.0)),
    "garbage": lambda chance: float(chance.randrange(1, 40)),
}
"""Each act, and how its value is drawn."""
_OFTEN = ("kill", "kill", "stall", "fail over", "fail over", "restart the broker")
_DRAWN = (*_OFTEN, "clock", "clock", "garbage", "lose the copy", "clock far ahead")


@dataclass(frozen=True, slots=True)
class Schedule:
    """A whole run. `fork`: in the end the topic goes on with another history."""

    seed: int
    nodes: int
    round_timeout_s: float
    faults: Faults
    operations: tuple[Op, ...]
    acts: tuple[Act, ...]
    fork: bool
    lost_calls: float | None
    """Of calls between peers; None: nobody forwards, and all race."""

    def told(self) -> str:
        """Return the schedule in lines that a person reads."""
        faults = {f.name: getattr(self.faults, f.name) for f in fields(Faults)}
        often = ", ".join(f"{name} {share:.2f}" for name, share in faults.items())
        sizes = f"{len(self.operations)} operations, {len(self.acts)} acts"
        lines = [f"seed {self.seed}: {self.nodes} nodes, {sizes}; calls: {often}"]
        lines.append(f"  calls between peers lost: {self.lost_calls}")
        lines += [f"  {operation}" for operation in self.operations]
        lines += [f"  {act}" for act in self.acts]
        return "\n".join(lines)


def drawn(seed: int, *, fork: bool = False) -> Schedule:
    """Return the schedule of a seed."""
    chance = random.Random(f"schedule {seed}")  # noqa: S311  no secret
    operations: list[Op] = []
    for number in range(OPERATIONS):
        client, pause = chance.randrange(CLIENTS), chance.random() * 0.6
        if operations and chance.random() < 0.25:
            before = chance.choice(operations)
            operations.append(replace(before, client=client, pause_s=pause))
            continue
        child, birth = chance.randrange(CHILDREN), chance.random() < 0.5
        operations.append(Op(client, pause, number, child, birth))
    acts = []
    for _ in range(chance.randrange(10)):
        kind = chance.choice(_DRAWN)
        pause = 0.1 + chance.random()
        acts.append(Act(kind, pause, chance.randrange(4), ACTS[kind](chance)))
    harsh = chance.choice((0.0, 0.5, 1.0, 2.0, 4.0))
    return Schedule(
        seed=seed,
        nodes=chance.choice((2, 3, 3, 4)),
        round_timeout_s=chance.choice((0.5, 2.0, 15.0)),
        faults=Faults(*(0.02 * harsh for _ in fields(Faults))),
        operations=tuple(operations),
        acts=tuple(acts),
        fork=fork,
        lost_calls=chance.choice((None, 0.0, 0.05, 0.3)),
    )


def shortest(schedule: Schedule, fails: Callable[[Schedule], bool]) -> Schedule:
    """Return a schedule that still fails and of which no single part can be spared.

    Takes out ever smaller runs of operations and acts (delta debugging), whole kinds
    of faults, and nodes, as long as what is left fails.
    """
    runs = 0
    shorter = True
    while shorter and runs < MOST_RUNS:
        shorter = False
        for candidate in _shorter(schedule):
            runs += 1
            if fails(candidate):
                schedule, shorter = candidate, True
                break
            if runs >= MOST_RUNS:
                break
    return schedule


def _shorter(schedule: Schedule) -> Iterator[Schedule]:
    for left in _without(schedule.operations):
        yield replace(schedule, operations=left)
    for acts in _without(schedule.acts):
        yield replace(schedule, acts=acts)
    for field in fields(Faults):
        if getattr(schedule.faults, field.name):
            faults = replace(schedule.faults, **{field.name: 0.0})
            yield replace(schedule, faults=faults)
    if schedule.nodes > 1:
        yield replace(schedule, nodes=schedule.nodes - 1)


def _without(parts: tuple[_Part, ...]) -> Iterator[tuple[_Part, ...]]:
    """Give the parts without a run of them: first half, then ever less, then one."""
    size = max(1, len(parts) // 2) if parts else 0
    while size:
        for start in range(0, len(parts), size):
            yield parts[:start] + parts[start + size :]
        size //= 2
