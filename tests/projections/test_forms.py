"""Records of a known layout against the same records walked, field by field."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from events.codec import EVENT_CLASSES, EVENTS
from events.dates import PartialDate
from events.draft import Draft, DraftEvent, OpaqueContent, assemble
from events.entry import Authentication, AuthenticationKind, Provenance
from events.guardianship import GuardianshipEnded
from events.log import LogError, StoredEntry
from projections.docket import DocketProjection
from projections.forms import Layouts
from projections.limits import LimitsProjection
from projections.limits_taken import may_matter
from projections.matters import MattersProjection
from projections.opened import OpenedEntry, OpenedEvent, open_stored
from projections.places import PlacesProjection
from projections.view import Projection, create, digest
from projections.wards import WardsProjection
from tests.support.examples import example
from tests.support.registry import ORIGIN, child_id
from tests.support.strategies import values

CHILD = child_id("the child whose records are alike")
BY_FORM: tuple[Projection, ...] = (
    LimitsProjection(),
    DocketProjection(),
    WardsProjection(),
    PlacesProjection(),
    MattersProjection(),
)
"""Projections that look at what bodies have in common before they decode."""
VALUES = st.sampled_from(EVENT_CLASSES).flatmap(values)


def stored(events: Sequence[object], stream: str = "child") -> StoredEntry:
    """Return the entry of events about a child, in its stream or a matter's."""
    salts = (hashlib.sha256(bytes([n])).digest()[:16] for n in range(256))
    draft = Draft(
        registry=ORIGIN,
        authority="tongshan-court",
        request_id="alike/1",
        request=OpaqueContent(type="ask", content=b"what was asked"),
        authentication=Authentication(
            kind=AuthenticationKind.CLAIMED, fingerprint=None
        ),
        provenance=Provenance.LIVE,
        writer="tongshan-1",
        cause="",
        events=tuple(
            DraftEvent(
                stream=f"{stream}/{CHILD}",
                version=number,
                event=event,
                concerns=CHILD,
                jurisdiction="cn-320312",
                urgent=False,
            )
            for number, event in enumerate(events, 1)
        ),
    )
    at = 1_767_225_600_000_000
    return entry(assemble(draft, bytes(32), at, lambda: next(salts), EVENTS))


def entry(record: bytes) -> StoredEntry:
    return StoredEntry(
        position=7,
        hash=bytes(32),
        recorded_at=1,
        authority="tongshan-court",
        request_id="alike/1",
        record=record,
    )


def learned(one: StoredEntry) -> Layouts:
    """Return layouts that have met the record often enough to know it."""
    layouts = Layouts()
    for _ in range(2):
        open_stored(one, layouts)
    assert layouts.find(one.record) is not None
    return layouts


def without_forms(opened: OpenedEntry) -> OpenedEntry:
    return opened._replace(events=[e._replace(form=None) for e in opened.events])


def read(one: StoredEntry, layouts: Layouts) -> OpenedEntry | str:
    try:
        return without_forms(open_stored(one, layouts))
    except LogError as error:
        return type(error).__name__


@settings(max_examples=400, deadline=None)
@given(st.lists(VALUES, min_size=1, max_size=2), st.data())
def test_any_bytes_are_opened_by_a_layout_as_they_are_walked(
    events: list[object], data: st.DataObject
) -> None:
    one = stored(events)
    layouts = learned(one)
    assert read(one, layouts) == read(one, Layouts())
    bodies = sum(len(EVENTS.encode(event)[1]) + 20 for event in events)
    least = data.draw(st.sampled_from([0, max(0, len(one.record) - bodies)]))
    at = data.draw(st.integers(least, len(one.record) - 1))
    put = data.draw(st.binary(min_size=1, max_size=2))
    changed = entry(one.record[:at] + put + one.record[at + len(put) :])
    if layouts.find(changed.record) is not None:
        assert read(changed, layouts) == read(changed, Layouts())


@pytest.mark.parametrize("cls", EVENT_CLASSES, ids=lambda cls: cls.__name__)
def test_a_usual_body_of_every_type_has_a_form(cls: type) -> None:
    one = stored([example(cls)])
    (opened,) = open_stored(one, learned(one)).events
    assert opened.form is not None
    assert opened.form.event == example(cls)


def test_a_text_that_is_no_date_makes_its_entry_unreadable() -> None:
    written = b"2018-04-15"
    on = PartialDate(written.decode())
    one = stored([replace(example(GuardianshipEnded), on=on)])
    layouts = learned(one)
    for text, fits in ((b"2024-02-29", True), (b"2023-02-29", False)):
        changed = entry(one.record.replace(written, text))
        assert layouts.find(changed.record) is not None
        assert (open_stored(changed, layouts).unreadable is None) is fits


def test_what_is_met_once_is_not_learned() -> None:
    one, layouts = stored([example(GuardianshipEnded)]), Layouts()
    open_stored(one, layouts)
    assert layouts.find(one.record) is None


@settings(max_examples=300, deadline=None)
@given(
    st.lists(VALUES, min_size=1, max_size=3),
    st.sampled_from(["child", "case", "duty", "report", "condition"]),
)
def test_folds_make_the_same_rows_whether_forms_are_known_or_not(
    events: list[object], stream: str
) -> None:
    one = stored(events, stream)
    opened = open_stored(one, learned(one))
    assert all(event.form is not None for event in opened.events)
    for projection in BY_FORM:
        assert folded(projection, opened) == folded(projection, without_forms(opened))


def folded(projection: Projection, opened: OpenedEntry) -> str | None:
    """Return the digest of one entry's rows, and None where the fold cannot apply it.

    No decider says every sequence of events that there can be.
    """
    with closing(create(Path(":memory:"), projection)) as file:
        try:
            projection.folding(file, whole=True)([opened])
        except (sqlite3.Error, AttributeError):
            return None
        return digest(file, projection)


@settings(max_examples=400, deadline=None)
@given(VALUES)
def test_what_matters_to_no_limit_by_its_form_asks_the_file_nothing(
    event: object,
) -> None:
    one = stored([event])
    opened = open_stored(one, learned(one))
    (form,) = (e.form for e in opened.events)
    assert form is not None
    if may_matter(form):
        return
    with closing(create(Path(":memory:"), LimitsProjection())) as file:
        apply = LimitsProjection().folding(file, whole=True)
        asked: list[str] = []
        file.set_trace_callback(asked.append)
        apply([without_forms(opened)])
    assert asked == []


def test_one_event_is_decoded_once_for_all() -> None:
    opened: OpenedEvent = open_stored(stored([example(GuardianshipEnded)])).events[0]
    assert opened.event() is opened.event()
