"""The public report: anyone computes the same, and nobody learns of fewer than ten."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import grpc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from childregistry.v1 import care_service_pb2 as pb
from events.guardianship import Office
from projections.openness import STEP, Cell, YearNotOverError, published, report_of
from projections.replay import UnusableError
from registry.bootstrap import Registry
from tests.registry.test_duties import OPENED
from tests.registry.test_timers import timers_of
from tests.support.clock import Clock
from tests.support.record import AUTHORITY
from tests.support.registry import child_id, opened, submission, submit
from tests.support.server import details, served
from tests.support.stories import BUREAU, FATHER, MOTHER, born
from tests.support.telling import day

CELL = ("cn-1", "ReportFiled")
NUMBERS = st.integers(0, 95)


def shown(count: int) -> int:
    return sum(cell.at_least for cell in published({CELL: count}))


def alike(count: int) -> list[int]:
    """Every count that would have been published the same."""
    return [other for other in range(200) if shown(other) == shown(count)]


@given(NUMBERS)
def test_every_number_shown_stands_for_ten_that_are_as_likely(count: int) -> None:
    assert len(alike(count)) == STEP
    assert shown(count) in {0, *range(STEP, 100, STEP)}
    assert shown(count) <= count < shown(count) + STEP


@given(NUMBERS, NUMBERS)
def test_no_difference_of_two_numbers_tells_a_count_below_ten(
    whole: int, part: int
) -> None:
    """Also where one counts a part of the other, as answered reports of all."""
    fits = {a - b for a in alike(whole) for b in alike(part) if a >= b}
    small = [difference for difference in fits if difference < STEP]
    assert len(small) != 1


def births(registry: Registry, place: str, count: int, year: str) -> None:
    for number in range(count):
        child = child_id(f"{place} {year} {number}")
        command = replace(
            born(child, f"{year}-03-01", FATHER, MOTHER), jurisdiction=place
        )
        office = Office.POLICE
        submit(registry, submission(command, child, AUTHORITY[office], office))


def test_server_and_stranger_compute_the_same_once_the_year_is_over(
    tmp_path: Path,
) -> None:
    clock, asked = Clock("2024-05-01"), pb.GetPublicReportRequest(year=2024)
    with served(tmp_path, clock.sources) as running:
        births(running.registry, "cn-1", 23, "2023")
        births(running.registry, "cn-2", 9, "2023")
        with running.client(BUREAU, "civil_affairs") as client:
            with pytest.raises(grpc.RpcError) as early:
                client.called("GetPublicReport", asked)
            (fault,) = details(early.value)["BadRequest"].field_violations
            assert (fault.field, fault.description[:7]) == ("year", "is over")
            clock.set("2025-01-02")
            births(running.registry, "cn-1", 1, "2024")
            told = client.called("GetPublicReport", asked)
            births(running.registry, "cn-2", 30, "2024")
            assert client.called("GetPublicReport", asked) == told
    found = report_of(tmp_path / "log.sqlite", 2024)
    cells = [Cell(c.jurisdiction, c.type, c.at_least) for c in told.cells]
    assert cells == list(found.cells)
    assert (told.first, told.last, told.step) == (found.first, found.last, STEP)
    assert Cell("cn-1", "ChildRegistered", 20) in found.cells
    assert {cell.jurisdiction for cell in found.cells} == {"cn-1"}
    with pytest.raises(YearNotOverError):
        report_of(tmp_path / "log.sqlite", 2025)


def test_a_limit_that_the_node_says_has_passed_ends_the_year_too(
    tmp_path: Path,
) -> None:
    """A registry to which nobody submits anything in the new year."""
    clock = Clock("2024-12-28")
    with opened(tmp_path, clock.sources) as registry:
        births(registry, "cn-1", 11, "2023")
        owed = replace(OPENED, on=day("2024-12-28"), due=day("2024-12-31"))
        office = Office.CIVIL_AFFAIRS
        owed = replace(owed, child=child_id("cn-1 2023 0"))
        submit(registry, submission(owed, "duty", AUTHORITY[office], office))
        with pytest.raises(YearNotOverError):
            report_of(tmp_path / "log.sqlite", 2024)
        clock.set("2025-01-02")
        assert timers_of(registry, clock).look().said == 1
    assert (
        Cell("cn-1", "ChildRegistered", 10)
        in report_of(tmp_path / "log.sqlite", 2024).cells
    )


def test_a_file_that_is_no_log_is_said_to_be_none(tmp_path: Path) -> None:
    (tmp_path / "noise").write_bytes(b"no log at all")
    with pytest.raises(UnusableError):
        report_of(tmp_path / "noise", 2024)
