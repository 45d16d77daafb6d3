"""The outbox: nothing lost, nothing queued twice, one child's notices in order."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from events.feed import Place
from ops.webhooks.message import Notice
from ops.webhooks.outbox import OtherEndpointError, Outbox, progress_in
from tests.support.disk import full_disk

OFFICE = "tongshan-bureau"


def place(number: int) -> Place:
    return Place(position=number, number=number, link=bytes([number]) * 32)


def noticed(id_: str, key: str) -> Notice:
    return Notice(id=id_, key=key, body=b"{}")


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    made = Outbox(tmp_path / "webhooks.sqlite")
    made.subscribe(OFFICE, "a filter", 0, 0)
    yield made
    made.close()


def test_a_place_and_its_notices_are_kept_over_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "webhooks.sqlite"
    outbox = Outbox(path)
    assert outbox.subscribe(OFFICE, "a filter", 3, 0)[0].position == 3
    outbox.put(OFFICE, place(7), [noticed("7-0", "a"), noticed("7-1", "b")], 0)
    outbox.close()
    again = Outbox(path)
    assert again.subscribe(OFFICE, "a filter", 3, 0) == (place(7), 2)
    assert [one.id for one in again.due(OFFICE, 0, 9, ())] == ["7-0", "7-1"]
    for wanted, after in (("another", 3), ("a filter", 4)):
        with pytest.raises(OtherEndpointError):
            again.subscribe(OFFICE, wanted, after, 0)
    again.close()


def test_a_full_disk_keeps_neither_the_place_nor_its_notices(outbox: Outbox) -> None:
    big = Notice(id="7-0", key="a", body=bytes(1_000_000))
    with full_disk(), pytest.raises(sqlite3.Error):
        outbox.put(OFFICE, place(7), [big], 0)
    assert outbox.subscribe(OFFICE, "a filter", 0, 0)[1] == 0
    assert outbox.due(OFFICE, 0, 9, ()) == []
    outbox.put(OFFICE, place(7), [big], 0)
    assert [one.id for one in outbox.due(OFFICE, 0, 9, ())] == ["7-0"]


def test_a_failing_notice_holds_those_of_its_child_and_nobody_elses(
    outbox: Outbox,
) -> None:
    outbox.put(
        OFFICE,
        place(1),
        [noticed("1-0", "a"), noticed("1-1", "b"), noticed("1-2", "a")],
        0,
    )
    first, other = outbox.due(OFFICE, 0, 9, ())
    assert (first.id, other.id) == ("1-0", "1-1")
    outbox.failed(first, "answered 500", 50.0, 20)
    assert [one.id for one in outbox.due(OFFICE, 49, 9, ())] == ["1-1"]
    (again, _) = outbox.due(OFFICE, 50, 9, ())
    assert (again.id, again.attempts, again.reason) == ("1-0", 1, "answered 500")
    outbox.failed(again, "answered 501", None, 51)
    assert [one.id for one in outbox.due(OFFICE, 1e12, 9, ())] == ["1-1"]
    (parked,) = outbox.parked()
    assert (parked.id, parked.reason, parked.held) == ("1-0", "answered 501", 1)
    assert outbox.replay(OFFICE, 0, "1-9") == 0
    assert outbox.replay(OFFICE, 0) == 1
    assert [one.id for one in outbox.due(OFFICE, 0, 9, ())] == ["1-0", "1-1"]


def test_it_keeps_when_it_last_read_and_tried_and_since_when_something_may_go(
    tmp_path: Path,
) -> None:
    path = tmp_path / "webhooks.sqlite"
    outbox = Outbox(path)

    def progress() -> tuple[int, float, float, int, float | None]:
        with closing(sqlite3.connect(path)) as file:
            (one,) = progress_in(file)
        assert one.endpoint == OFFICE
        return one.position, one.read_s, one.tried_s, one.waiting, one.due_s

    outbox.subscribe(OFFICE, "", 0, 10)
    assert progress() == (0, 10, 10, 0, None)
    outbox.put(
        OFFICE, place(1), [noticed(f"1-{n}", key) for n, key in enumerate("aab")], 20
    )
    assert progress() == (1, 20, 10, 3, 20)
    first, other = outbox.due(OFFICE, 20, 9, ())
    outbox.delivered(other, 25)
    assert progress() == (1, 20, 25, 2, 20)
    outbox.failed(first, "answered 500", 90, 30)
    assert progress() == (1, 20, 30, 2, 90)
    outbox.put(OFFICE, place(2), [], 40)
    assert progress() == (2, 40, 30, 2, 90)
    outbox.failed(first, "answered 500", None, 91)  # what is behind it may not go
    assert progress() == (2, 40, 91, 2, None)
    outbox.replay(OFFICE, 200)
    assert progress() == (2, 40, 91, 2, 200)
    outbox.close()
    again = Outbox(path)
    again.subscribe(OFFICE, "", 0, 300)
    assert progress() == (2, 300, 300, 2, 200)
    again.close()


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_whatever_fails_each_childs_notices_are_taken_in_order(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    outbox = Outbox(tmp_path_factory.mktemp("outbox") / "webhooks.sqlite")
    outbox.subscribe(OFFICE, "", 0, 0)
    keys = data.draw(st.lists(st.sampled_from("abc"), max_size=12))
    notices = [noticed(f"1-{n}", key) for n, key in enumerate(keys)]
    outbox.put(OFFICE, place(1), notices, 0)
    taken: dict[str, list[str]] = defaultdict(list)
    for now in range(100):
        for one in outbox.due(OFFICE, now, data.draw(st.integers(1, 4)), ()):
            match data.draw(st.sampled_from(["taken", "later", "parked"])):
                case "taken":
                    outbox.delivered(one, now)
                    taken[one.key].append(one.id)
                case "later":
                    outbox.failed(one, "no", now + data.draw(st.integers(0, 3)), now)
                case _:
                    outbox.failed(one, "no", None, now)
        outbox.replay(OFFICE, now)
        if outbox.counts(OFFICE)[1] == 0:
            break
    for key, ids in taken.items():
        expected = [f"1-{n}" for n, one in enumerate(keys) if one == key]
        assert ids == expected[: len(ids)]
    assert sum(outbox.counts(OFFICE)) == len(keys)
    assert outbox.counts(OFFICE)[0] == sum(map(len, taken.values()))
    outbox.close()
