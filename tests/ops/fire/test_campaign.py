"""Real servers and real brokers under fire: no promise is broken, whatever is done."""

from __future__ import annotations

from pathlib import Path

import pytest

from ops.broker import Cluster
from ops.fire.acts import ACTS, ALONE
from ops.fire.campaign import Plan, Report, run
from ops.fire.history import read
from tests.support.judge import HistoryJudge

KILLS = Plan(pause_s=0.2)
NETWORK_AND_DISKS = Plan(
    acts={},
    last=(
        "rolling_restart",
        "cut_network",
        "half_close_network",
        "silence_network",
        "fill_disk",
        "flip_bits",
        "truncate_copy",
        "foreign_garbage",
        "aborted_transaction",
        "freeze_broker",
    ),
)
HISTORIES_AND_CLOCKS = Plan(
    acts={},
    last=(
        "clock_back",
        "lose_suffix",
        "remake_topic",
        "delete_from_start",
        "clock_ahead",
    ),
)
THREE_BROKERS = Plan(
    brokers=3,
    acts={"kill_broker": 3, "kill_server": 2, "freeze_broker": 1, "cut_network": 1},
)
LONG = {"freeze_server_long", "delay_network", "freeze_server"}
"""Only `make campaign` has the time for the first two."""


@pytest.mark.timeout(280)
@pytest.mark.parametrize(
    "plan",
    [KILLS, NETWORK_AND_DISKS, HISTORIES_AND_CLOCKS, THREE_BROKERS],
    ids=["kills", "network and disks", "histories and clocks", "three brokers"],
)
def test_a_campaign_breaks_no_promise(
    cluster: Cluster,
    foreign: HistoryJudge,
    tmp_path: Path,
    plan: Plan,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert cluster.addresses  # a broker can be had here; the campaign has its own
    report = run(plan, tmp_path, lambda _: None)
    with capsys.disabled():
        _print(report)
    assert report.broken == []
    assert report.stale_latest == []
    assert report.acknowledged > 50
    history = tmp_path / "history.jsonl"
    assert len(read(history).calls) == report.calls
    right, said = foreign(history)
    assert right, said
    done = sum(unavailable.count for unavailable in report.unavailable.values())
    assert done == sum(plan.acts.values()) + len(plan.last)


def test_every_act_is_done_by_a_test_or_takes_too_long() -> None:
    done = {
        name
        for plan in (KILLS, NETWORK_AND_DISKS, HISTORIES_AND_CLOCKS, THREE_BROKERS)
        for name in (*plan.acts, *plan.last)
    }
    assert done | LONG == set(ACTS)
    assert set(ACTS) >= ALONE


def _print(report: Report) -> None:
    told = ", ".join(
        f"{kind} {one.count}: {one.longest_s} s ({one.beyond_s} beyond)"
        for kind, one in report.unavailable.items()
    )
    print(f"\n{report.acknowledged} acknowledged; longest without: {told}")  # noqa: T201  reported
