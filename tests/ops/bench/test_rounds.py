"""A round is told by its figures, and rounds by the middle one and the worst."""

from __future__ import annotations

import pytest

from ops.bench.contention import ALONE, FOUR, TWO, Seen, Setup, show


def seen(per_server: int, servers: int, longest_s: float = 0.1, voids: int = 0) -> Seen:
    """A round of two seconds, of equal times but for one of each server."""
    times = [0.02] * (per_server - 1) + [longest_s]
    return Seen(
        seconds=2.0,
        taken=[list(times) for _ in range(servers)],
        entries=per_server * servers,
        voids=voids,
        errors=0,
        pace=1.5,
    )


def test_a_round_has_its_rate_times_and_shares() -> None:
    one = Seen(
        seconds=2.0,
        taken=[[0.01, 0.03, 0.02], [0.5]],
        entries=4,
        voids=0,
        errors=0,
        pace=1.0,
    )
    assert one.rate == 2.0
    assert one.shares == [1.5, 0.5]
    assert one.longest == 0.5
    assert one.within(50) == pytest.approx(0.025)


Capture = pytest.CaptureFixture[str]


def row(capsys: Capture, found: dict[Setup, list[Seen]]) -> list[str]:
    """The cells of the last setup's row."""
    show(found, "")
    told = str([*found][-1])
    (line,) = (one for one in capsys.readouterr().out.splitlines() if told in one)
    return [cell.strip() for cell in line.strip("│").split("│")]


def test_the_middle_of_the_rounds_is_told_and_the_worst(
    capsys: Capture,
) -> None:
    alone = [seen(200, 1), seen(100, 1), seen(400, 1)]
    two = [seen(90, 2, 0.3), seen(50, 2, 0.2), seen(99, 2, 0.9, voids=50)]
    assert row(capsys, {ALONE: alone, TWO: two}) == [
        "2 servers, an owner",
        "90, 50",
        "90%, 50%",
        "9.5%",
        "20, 20",
        "300, 900",
        "300, 900",
        "100% to 100%",
        "0",
        "1.5, 1.5",
    ]


def test_rates_are_compared_within_a_round(capsys: Capture) -> None:
    """A minute in which the machine gave half to all is no loss of one's share."""
    alone, four = [seen(400, 1), seen(200, 1)], [seen(100, 4), seen(50, 4)]
    assert row(capsys, {ALONE: alone, FOUR: four})[2] == "100%, 100%"
