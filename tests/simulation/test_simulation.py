"""Thousands of orders of events, and a judge that was seen to find what is wrong."""

from __future__ import annotations

import multiprocessing
import os
from concurrent.futures import ProcessPoolExecutor
from dataclasses import fields, replace

import pytest

from tests.simulation.bugs import BUGS
from tests.simulation.kafka import Faults
from tests.simulation.run import broken, explained, failing, fails, found_after
from tests.simulation.schedule import ACTS, Schedule, drawn, shortest
from tests.simulation.world import World

SEEDS = 2_000
FORK_SEEDS = 200


@pytest.mark.timeout(900)  # a minute on two idle cores; not everywhere are there two
def test_no_promise_is_broken_in_any_order() -> None:
    told = (explained(seed) for seed in failing(range(SEEDS)))
    assert next(told, "") == ""


def test_another_history_is_seen_by_every_node_that_held_the_first() -> None:
    seeds = failing(range(FORK_SEEDS), fork=True)
    told = (explained(seed, fork=True) for seed in seeds)
    assert next(told, "") == ""


def test_the_same_seed_does_the_same_again() -> None:
    first, again = World(drawn(7)).run(), World(drawn(7)).run()
    assert first.trace == again.trace
    assert first.judge.truth.hashes == again.judge.truth.hashes


def test_the_seeds_do_all_that_can_go_wrong() -> None:
    schedules = [drawn(seed) for seed in range(SEEDS)]
    assert {act.kind for one in schedules for act in one.acts} == set(ACTS)
    for field in fields(Faults):
        assert any(getattr(one.faults, field.name) for one in schedules)
    assert {one.nodes for one in schedules} == {2, 3, 4}


def test_every_planted_bug_is_found(capsys: pytest.CaptureFixture[str]) -> None:
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(os.cpu_count(), mp_context=context) as pool:
        after = dict(zip(BUGS, pool.map(found_after, BUGS), strict=True))
    with capsys.disabled():
        told = ", ".join(f"{name}: {seeds}" for name, seeds in after.items())
        print(f"\nseeds until a planted bug was found: {told}")  # noqa: T201  reported
    assert [name for name, seeds in after.items() if not seeds] == []


def test_what_fails_is_told_as_the_shortest_history_that_shows_it() -> None:
    with BUGS["acknowledge before read-back"]():
        seed = next(n for n in range(SEEDS) if fails(drawn(n)))
        told = explained(seed)
        short = shortest(drawn(seed), fails)
        assert fails(short)
        # Nothing of it can be spared: each operation and each act is needed.
        for spared in _each_spared(short):
            assert not fails(spared)
    assert f"seed {seed}" in told
    assert "BROKEN" in told
    assert len(short.operations) < len(drawn(seed).operations)
    assert broken(short) == ""  # without the bug nothing of it is wrong


def _each_spared(schedule: Schedule) -> list[Schedule]:
    operations, acts = schedule.operations, schedule.acts
    return [
        *(
            replace(schedule, operations=operations[:n] + operations[n + 1 :])
            for n in range(len(operations))
        ),
        *(replace(schedule, acts=acts[:n] + acts[n + 1 :]) for n in range(len(acts))),
    ]
