"""The benchmarks of switches and of lag measure what they say, on small logs."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from ops.bench import lag, swap
from projections.runner import PROJECTIONS

EVENTS = 1_500


def test_reads_go_on_beside_rebuilds_that_switch_and_that_do_not(
    tmp_path: Path,
) -> None:
    found = swap.measured(tmp_path, EVENTS, reads=200, rounds=1)
    plain, kept, switched = found
    assert [one.rebuilds for one in found] == [0, swap.REBUILDS, swap.REBUILDS]
    assert len(plain.reads) >= 200
    assert all(one.failures == [] for one in found)
    assert plain.windows == kept.windows == []
    assert len(set(switched.windows)) == swap.REBUILDS * len(PROJECTIONS)
    assert any(read.during(switched.windows) for read in switched.reads)
    assert not any(read.during(switched.windows) for read in plain.reads)


def test_a_read_is_at_a_switch_where_it_was_under_way_in_its_window() -> None:
    windows = [(10.0, 11.0), (20.0, 21.0)]
    for begun, took, at in (
        (9.5, 0.4, False),
        (9.5, 0.5, True),
        (11.0, 0.1, True),
        (11.1, 0.1, False),
        (11.1, 9.0, True),
        (21.1, 1.0, False),
    ):
        assert swap.Read(begun, took).during(windows) == at


def test_what_failed_and_what_was_slow_at_a_switch_is_counted() -> None:
    quick = [swap.Read(float(second), 0.002) for second in range(100)]
    slow = [swap.Read(50.5, 0.5), swap.Read(90.5, 0.5, "UNAVAILABLE")]
    found = [
        swap.Reading("nothing else", "", quick),
        swap.Reading("kept", "never", quick, 1),
        swap.Reading("switched", "equal", quick + slow, 1, [(50.0, 51.0)]),
    ]
    said = io.StringIO()
    Console(file=said, width=200).print(swap.table_of(found, EVENTS))
    assert "> 4.0 ms" in said.getvalue()
    (row,) = (line for line in said.getvalue().splitlines() if "switched" in line[:12])
    cells = [cell.strip() for cell in row.split("│")[1:-1]]
    assert cells[1:4] == ["1", "102", "1"]
    assert cells[-4:] == ["500.0", "2", "3", "1"]


def test_the_lag_of_every_entry_is_found_at_each_pace(tmp_path: Path) -> None:
    found = lag.measured(tmp_path, (200, 1_000), seconds=0.3, rounds=2, before=100)
    assert [(one.rate, len(one.last)) for one in found] == [(200, 120), (1_000, 600)]
    for one in found:
        assert len(one.written) == 2
        pairs = zip(one.custody, one.last, strict=True)
        assert all(0 <= custody <= last for custody, last in pairs)
        assert max(one.last) > 0


def test_the_lag_is_until_the_file_or_the_last_of_all_has_the_entry() -> None:
    seen = [
        lag.Applied(1.0, (5, 4)),
        lag.Applied(1.5, (7, 5)),
        lag.Applied(2.0, (7, 7)),
    ]
    accepted = [0.75, 0.75, 1.0]  # positions 5 to 7
    assert lag.lags_of(accepted, 5, seen, 0) == [0.25, 0.75, 0.5]
    assert lag.lags_of(accepted, 5, seen) == [0.75, 1.25, 1.0]
    with pytest.raises(RuntimeError, match="position 8 was not seen"):
        lag.lags_of([*accepted, 1.0], 5, seen)
