"""Thousands of orders of events, and a judge that was seen to find what is wrong."""

from __future__ import annotations

import multiprocessing
import os
from concurrent.futures import ProcessPoolExecutor

import pytest

from tests.simulation.bugs import BUGS
from tests.simulation.run import failing, found_after, shortest
from tests.simulation.world import World

SEEDS = 2_000
FORK_SEEDS = 200


def test_no_promise_is_broken_in_any_order() -> None:
    told = (shortest(seed) for seed in failing(range(SEEDS)))
    assert next(told, "") == ""


def test_another_history_is_seen_by_every_node_that_held_the_first() -> None:
    told = (shortest(seed, fork=True) for seed in failing(range(FORK_SEEDS), fork=True))
    assert next(told, "") == ""


def test_the_same_seed_does_the_same_again() -> None:
    first, again = World(7).run(), World(7).run()
    assert first.trace == again.trace
    assert first.truth.hashes == again.truth.hashes


def test_every_planted_bug_is_found(capsys: pytest.CaptureFixture[str]) -> None:
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(os.cpu_count(), mp_context=context) as pool:
        after = dict(zip(BUGS, pool.map(found_after, BUGS), strict=True))
    with capsys.disabled():
        told = ", ".join(f"{name}: {seeds}" for name, seeds in after.items())
        print(f"\nseeds until a planted bug was found: {told}")  # noqa: T201  reported
    assert [name for name, seeds in after.items() if not seeds] == []
