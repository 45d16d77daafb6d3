"""A bureau is given one sibling's bodies: it verifies all, and learns of one only."""

from __future__ import annotations

from dataclasses import replace

import pytest

from events.codec import fingerprint, schema_text
from events.draft import Draft, DraftEvent, OpaqueContent, assemble
from events.entry import (
    AcceptedRecord,
    Authentication,
    AuthenticationKind,
    Body,
    MalformedError,
    MemoryState,
    Provenance,
    accepted,
    announcements,
    decode_frame,
    decode_record,
    encode_record,
    frame_hash,
    verify_partial,
    withhold,
)
from events.log import VoidReason
from events.registry import SchemaAdopted
from registry.wire import CODEC
from tests.support.records import ELDER, REQUEST, SECRETS, YOUNGER, siblings
from tests.support.registry import ORIGIN

WHOLE = siblings()
GIVEN = withhold(WHOLE, [ELDER])


def bodies(content: bytes) -> list[Body | None]:
    record = decode_record(content)
    return [record.request, *record.bodies]


def test_the_bureau_holds_the_body_of_its_child_and_no_other() -> None:
    request, elder, younger = bodies(GIVEN)
    assert request is None
    assert elder is not None
    assert elder.content == SECRETS[ELDER]
    assert younger is None


def test_it_verifies_the_frame_the_hash_and_its_childs_body() -> None:
    assert verify_partial(GIVEN) == verify_partial(WHOLE)
    frame = decode_record(GIVEN).frame
    honest = accepted(WHOLE, MemoryState(ORIGIN))
    assert isinstance(honest, AcceptedRecord)
    assert frame_hash(frame) == honest.hash


def test_nothing_of_the_other_child_is_in_its_bytes() -> None:
    for body in (bodies(WHOLE)[0], bodies(WHOLE)[2]):
        assert body is not None
        assert body.content not in GIVEN
        assert body.salt not in GIVEN
    assert REQUEST not in GIVEN


def test_a_right_guess_of_the_other_body_cannot_be_confirmed() -> None:
    """Two registries recorded the same of the younger; their digests differ."""
    first, second = siblings(seed=b"one registry"), siblings(seed=b"another")
    digests = {verify_partial(record).events[1].digest for record in (first, second)}
    assert len(digests) == 2
    guess = Body(salt=bytes(16), content=SECRETS[YOUNGER])
    assert guess.digest not in digests


def test_what_the_other_childs_body_says_changes_its_digest_in_the_frame_only() -> None:
    """Beside the digests the bureau's bytes do not depend on what it may not see."""
    told = {**SECRETS, YOUNGER: b"something else, and longer, too"}
    other = withhold(siblings(secrets=told), [ELDER])
    assert len(other) == len(GIVEN)
    for record in (decode_record(GIVEN), decode_record(other)):
        frame = decode_frame(record.frame)
        elder, younger = frame.events
        same = replace(frame, events=(elder, replace(younger, digest=bytes(32))))
        assert same == replace(
            decode_frame(decode_record(GIVEN).frame),
            events=(elder, replace(younger, digest=bytes(32))),
        )


def test_a_withheld_record_is_no_entry_for_a_keeper() -> None:
    assert accepted(GIVEN, MemoryState(ORIGIN)) is VoidReason.BODY_MISSING


def test_withholding_again_takes_more_and_gives_nothing_back() -> None:
    assert withhold(GIVEN, [ELDER]) == GIVEN
    assert bodies(withhold(GIVEN, [YOUNGER])) == [None, None, None]
    assert bodies(withhold(WHOLE, [])) == [None, None, None]


def test_a_forged_body_is_found() -> None:
    record = decode_record(GIVEN)
    forged = Body(salt=bytes(16), content=b"stays with the father")
    content = encode_record(replace(record, bodies=(forged, None)))
    with pytest.raises(MalformedError):
        verify_partial(content)


def test_bodies_in_each_others_places_are_found() -> None:
    record = decode_record(WHOLE)
    swapped = encode_record(replace(record, bodies=record.bodies[::-1]))
    with pytest.raises(MalformedError):
        verify_partial(swapped)


@pytest.mark.parametrize("count", [0, 1, 3])
def test_bodies_of_another_number_than_events_are_no_record_of_them(count: int) -> None:
    record = replace(decode_record(WHOLE), bodies=(None,) * count)
    with pytest.raises(MalformedError):
        verify_partial(encode_record(record))
    with pytest.raises(MalformedError):
        withhold(encode_record(record), [ELDER])


def test_announcements_are_withheld_from_nobody() -> None:
    """Without them a bureau could not tell whether a schema was announced."""
    text = schema_text("RulesAdopted")
    draft = Draft(
        registry=ORIGIN,
        authority=ORIGIN,
        request_id="adopt/1",
        request=OpaqueContent(type="adopt", content=b""),
        authentication=Authentication(
            kind=AuthenticationKind.CLAIMED, fingerprint=None
        ),
        provenance=Provenance.LIVE,
        writer="tongshan-1",
        cause="",
        events=(
            DraftEvent(
                stream="registry",
                version=1,
                event=SchemaAdopted(fingerprint=fingerprint(text), text=text),
                concerns=None,
                jurisdiction=None,
                urgent=False,
            ),
        ),
    )
    whole = assemble(draft, bytes(32), 1, lambda: bytes(16), CODEC)
    given = decode_record(withhold(whole, [ELDER]))
    assert given.bodies == decode_record(whole).bodies
    result = AcceptedRecord(
        frame=decode_frame(given.frame), record=given, hash=frame_hash(given.frame)
    )
    assert announcements(result) == [(fingerprint(text), text)]
