"""A draft becomes the record it says, and the same bytes from the same arguments."""

from __future__ import annotations

import itertools
from dataclasses import replace

from events.cases import ApplicationAccepted
from events.dates import PartialDate
from events.draft import Draft, DraftEvent, OpaqueContent, assemble
from events.entry import (
    OPAQUE,
    Authentication,
    AuthenticationKind,
    Provenance,
    decode_frame,
    decode_record,
)
from registry.commands import AcceptApplication
from registry.wire import CODEC
from tests.support.registry import ORIGIN, child_id

CASE = child_id("tongshan case of 2015")
ACCEPTED_ON = PartialDate("2015-01-13")
COMMAND = AcceptApplication(case=CASE, on=ACCEPTED_ON)
DOCKETED = DraftEvent(
    stream=f"case/{CASE}",
    version=2,
    event=ApplicationAccepted(on=ACCEPTED_ON, findings=(), limits=()),
    concerns=None,
    jurisdiction="cn-320312",
    urgent=False,
)
DRAFT = Draft(
    registry=ORIGIN,
    authority="tongshan-court",
    request_id=child_id("the court's request"),
    request=COMMAND,
    authentication=Authentication(
        kind=AuthenticationKind.CERTIFICATE, fingerprint=bytes(range(32))
    ),
    provenance=Provenance.BACK_LOADED,
    writer="tongshan-1",
    cause="morning batch",
    events=(DOCKETED,),
)
PARENT = bytes(range(32, 64))


def assembled(draft: Draft = DRAFT) -> bytes:
    numbers = itertools.count()
    return assemble(draft, PARENT, 7, lambda: bytes([next(numbers)]) * 16, CODEC)


def test_the_frame_says_what_the_draft_says() -> None:
    frame = decode_frame(decode_record(assembled()).frame)
    for name in ("registry", "authority", "request_id", "writer", "cause"):
        assert getattr(frame, name) == getattr(DRAFT, name)
    assert frame.authentication == DRAFT.authentication
    assert frame.provenance is Provenance.BACK_LOADED
    assert (frame.previous, frame.recorded_at, frame.attestations) == (PARENT, 7, ())
    (header,) = frame.events
    for name in ("stream", "version", "concerns", "jurisdiction", "urgent"):
        assert getattr(header, name) == getattr(DOCKETED, name)
    assert header.type == "ApplicationAccepted"


def test_the_bodies_decode_to_the_command_and_the_event() -> None:
    record = decode_record(assembled())
    frame = decode_frame(record.frame)
    (body,) = record.bodies
    assert record.request is not None
    assert body is not None
    assert frame.request_digest == record.request.digest
    assert frame.events[0].digest == body.digest
    said = CODEC.decode(frame.request_fingerprint, record.request.content)
    happened = CODEC.decode(frame.events[0].fingerprint, body.content)
    assert (said, happened) == (COMMAND, DOCKETED.event)


def test_every_body_has_a_salt_of_its_own() -> None:
    record = decode_record(assembled(replace(DRAFT, events=(DOCKETED, DOCKETED))))
    bodies = [record.request, *record.bodies]
    assert [body.salt[0] for body in bodies if body] == [0, 1, 2]
    frame = decode_frame(record.frame)
    # The same event twice does not show as the same digest.
    assert len({header.digest for header in frame.events}) == 2


def test_the_same_arguments_give_the_same_bytes() -> None:
    assert assembled() == assembled()


def test_content_that_is_not_ours_is_kept_as_it_is() -> None:
    foreign = OpaqueContent(type="Aggregate.Created", content=b'{"name":"x"}')
    event = replace(DOCKETED, event=foreign)
    record = decode_record(assembled(replace(DRAFT, events=(event,))))
    (header,) = decode_frame(record.frame).events
    assert (header.type, header.fingerprint) == (foreign.type, OPAQUE)
    (body,) = record.bodies
    assert body is not None
    assert body.content == foreign.content


def test_an_entry_may_have_no_events() -> None:
    record = decode_record(assembled(replace(DRAFT, events=())))
    assert decode_frame(record.frame).events == ()
    assert record.bodies == ()
