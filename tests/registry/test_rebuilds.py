"""A rebuild that ends while it folds leaves nothing, and the next one is whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from ops.bench.histories import REGISTRY, grow
from registry.bootstrap import Config
from registry.rebuilds import Asked, Rebuilds, State
from tests.support.waiting import wait

EVENTS = 20_000
"""More than are folded before somebody who looks can cancel."""


@pytest.mark.parametrize("workers", [1, 2])
def test_one_that_is_cancelled_while_it_folds_leaves_nothing(
    tmp_path: Path, workers: int
) -> None:
    entries = grow(tmp_path / "log.sqlite", EVENTS)
    rebuilds = Rebuilds(Config(data_dir=tmp_path, registry=REGISTRY, node="node"))
    asked = Asked(names=("custody", "barred"), workers=workers)
    rebuilds.start(asked)
    wait(lambda: rebuilds.get(1).told.position > 0)
    ended = rebuilds.cancel(1)
    assert ended.state is State.CANCELLED
    assert 0 < ended.told.position < entries
    names = {path.name for path in tmp_path.iterdir()} - {"rebuild.lock"}
    assert {name.removesuffix("-wal").removesuffix("-shm") for name in names} == {
        "log.sqlite"
    }
    rebuilds.start(asked)
    wait(lambda: rebuilds.get(2).state is not State.RUNNING)
    outcomes = rebuilds.get(2).outcomes
    assert [one.built.checkpoint.position for one in outcomes] == [entries] * 2
    rebuilds.close()
