"""The life of a log's keys: told by its entries, followed from one key one trusts."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.codec import fingerprint, schema_text
from events.entry import KEY_ADOPTED, KEY_RETIRED
from events.key_line import (
    KeyAct,
    KeyLine,
    KeyLineError,
    line_text,
    parse_line,
    statement,
)
from events.notes import KeyKind, NoteError, Signature, Signer
from tests.support.registry import ORIGIN
from tests.support.tree import LOG_KEY, OTHER_KEY, TWINS, WITNESS_KEY

NEXT = Signer(name=ORIGIN, kind=KeyKind.LOG, seed=b"the key of the year after that..")


def adopted(line: KeyLine, at: int, key: Signer, *by: Signer) -> KeyLine:
    return line.told(at, KEY_ADOPTED, statement(KeyAct.ADOPTED, key.verifier, by))


def retired(line: KeyLine, at: int, key: Signer, *by: Signer) -> KeyLine:
    return line.told(at, KEY_RETIRED, statement(KeyAct.ROTATED, key.verifier, by))


def rotated() -> KeyLine:
    """Return the line of a log whose first key was followed by another."""
    first = adopted(KeyLine(ORIGIN), 5, LOG_KEY, LOG_KEY)
    both = adopted(first, 9, NEXT, LOG_KEY, NEXT)
    return retired(both, 12, LOG_KEY, NEXT)


def by(key: Signer) -> list[Signature]:
    return [Signature(by=key.verifier, time_s=None)]


@pytest.mark.parametrize(
    ("position", "old", "new"),
    [(0, True, False), (8, True, False), (9, True, True), (12, False, True)],
)
def test_each_key_signs_what_is_of_its_time(
    position: int, old: bool, new: bool
) -> None:
    line = rotated()
    assert line.signs(LOG_KEY.verifier, position) is old
    assert line.signs(NEXT.verifier, position) is new
    assert not line.signs(OTHER_KEY.verifier, position)
    for key, right in ((LOG_KEY, old), (NEXT, new)):
        if right:
            line.check(by(key), position)
            continue
        with pytest.raises(KeyLineError, match=f"position {position}.*no key in force"):
            line.check(by(key), position)


def test_of_a_log_that_says_nothing_of_keys_whoever_is_trusted_signs() -> None:
    line = KeyLine(ORIGIN)
    line.check(by(OTHER_KEY), 7)
    assert line.trusted([OTHER_KEY.verifier]) == [OTHER_KEY.verifier]


@pytest.mark.parametrize("trusted", [LOG_KEY, NEXT])
def test_from_one_key_of_the_line_the_others_are_known(trusted: Signer) -> None:
    known = rotated().trusted([trusted.verifier, WITNESS_KEY.verifier])
    assert set(known) == {k.verifier for k in (LOG_KEY, NEXT, WITNESS_KEY)}
    assert rotated().trusted([OTHER_KEY.verifier]) == [OTHER_KEY.verifier]


def _first() -> KeyLine:
    return adopted(KeyLine(ORIGIN), 5, LOG_KEY, LOG_KEY)


def _crossed(line: KeyLine) -> KeyLine:
    """Say a retirement under the schema of adoptions."""
    said = statement(KeyAct.LOST, LOG_KEY.verifier, [LOG_KEY])
    return line.told(9, KEY_ADOPTED, said)


def _twin() -> KeyLine:
    assert TWINS[0].verifier.id == TWINS[1].verifier.id
    return adopted(_first(), 9, TWINS[0], LOG_KEY, TWINS[0])


def _of_another_log() -> KeyLine:
    key = Signer(name="registry.example/other", kind=KeyKind.LOG, seed=NEXT.seed)
    return adopted(_first(), 9, key, LOG_KEY, key)


@pytest.mark.parametrize(
    ("tell", "rule"),
    [
        (lambda: adopted(_first(), 9, NEXT, NEXT), "beside a key in force"),
        (lambda: adopted(_first(), 9, NEXT, LOG_KEY), "must sign itself"),
        (lambda: adopted(_first(), 9, NEXT, OTHER_KEY, NEXT), "beside a key in force"),
        (lambda: adopted(rotated(), 20, OTHER_KEY, LOG_KEY, OTHER_KEY), "in force"),
        (lambda: adopted(rotated(), 20, LOG_KEY, NEXT, LOG_KEY), "adopted before"),
        (lambda: retired(_first(), 9, LOG_KEY, LOG_KEY), "is the last"),
        (lambda: retired(_first(), 9, NEXT, LOG_KEY), "is not in force"),
        (lambda: retired(rotated(), 20, LOG_KEY, NEXT), "is not in force"),
        (lambda: _crossed(_first()), "the statement says lost"),
        (_of_another_log, "must be four lines"),
        (lambda: adopted(_twin(), 12, TWINS[1], *TWINS), "is the id of another key"),
    ],
)
def test_what_breaks_a_rule_has_no_effect(tell: object, rule: str) -> None:
    assert callable(tell)
    with pytest.raises(KeyLineError, match=rule):
        tell()


def test_a_stranger_cannot_retire_the_key_in_force() -> None:
    both = adopted(_first(), 9, NEXT, LOG_KEY, NEXT)
    with pytest.raises(KeyLineError, match="no known key signed"):
        retired(both, 12, LOG_KEY, OTHER_KEY)


def test_a_line_is_kept_as_text_and_read_back() -> None:
    line = rotated()
    read = parse_line(line_text(line))
    assert [(s.key, s.adopted, s.retired) for s in read.spans] == [
        (LOG_KEY.verifier, 0, 12),
        (NEXT.verifier, 9, None),
    ]


@given(st.text(max_size=300), st.integers(1, 99), st.sampled_from((KEY_ADOPTED, b"")))
def test_hostile_statements_raise_only_the_typed_error(
    text: str, position: int, act: bytes
) -> None:
    with pytest.raises(KeyLineError):
        rotated().told(position, act, text)


@given(st.binary(max_size=300))
def test_hostile_lines_raise_only_typed_errors(content: bytes) -> None:
    with suppress(KeyLineError, NoteError):
        assert isinstance(parse_line(content), KeyLine)


def test_no_byte_of_a_statement_can_be_changed() -> None:
    said = statement(KeyAct.ADOPTED, NEXT.verifier, [LOG_KEY, NEXT]).encode()
    for at in range(len(said)):
        changed = said[:at] + bytes([said[at] ^ 1]) + said[at + 1 :]
        with pytest.raises(KeyLineError):
            _first().told(9, KEY_ADOPTED, changed.decode("latin-1"))


def test_the_schemas_of_keys_are_constants_of_the_format() -> None:
    assert fingerprint(schema_text("KeyAdopted")) == KEY_ADOPTED
    assert fingerprint(schema_text("KeyRetired")) == KEY_RETIRED
