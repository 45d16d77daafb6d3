"""Signed notes: the published example, exact bytes, keys in files, hostile inputs."""

from __future__ import annotations

import os
from base64 import b64decode, b64encode
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events import keys
from events.keys import KeyFileError, load_key, make_key
from events.notes import (
    MAX_NOTE_BYTES,
    Checkpoint,
    KeyKind,
    KeyMalformedError,
    NoteError,
    NoteMalformedError,
    NoteUnsignedError,
    SignatureInvalidError,
    Signer,
    Verifier,
    cosigned,
    open_note,
    parse_checkpoint,
    parse_verifier,
    signed,
)
from events.tree import EMPTY_TREE, TreeHead
from tests.support.disk import full_disk
from tests.support.registry import ORIGIN

# The worked example of c2sp.org/signed-note.
EXAMPLE_KEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
EXAMPLE = (
    "This is an example message.\n\n— example.com/foo "
    "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72"
    "IneyaQM=\n"
).encode()

COURT_LOG = Signer(
    name=ORIGIN, kind=KeyKind.LOG, seed=b"the registry's own seed, of 32 b"
)
WITNESS = Signer(
    name="audit.example/w1",
    kind=KeyKind.WITNESS,
    seed=b"a witness at another authority..",
)
STRANGER = Signer(name="other.example/log", kind=KeyKind.LOG, seed=bytes(32))
HEAD = TreeHead(size=20852163, root=bytes(range(32)))
CHECKPOINT = Checkpoint(origin=ORIGIN, head=HEAD)
NOTE = signed(CHECKPOINT.text, COURT_LOG.sign(CHECKPOINT.text))
ALL = [COURT_LOG.verifier, WITNESS.verifier]


def test_the_published_note_is_verified_by_the_published_key() -> None:
    key = parse_verifier(EXAMPLE_KEY)
    note = open_note(EXAMPLE, [key])
    assert note.text == b"This is an example message.\n"
    assert [signature.by.vkey for signature in note.signatures] == [EXAMPLE_KEY]


def test_a_checkpoint_is_three_lines_and_says_nothing_about_time() -> None:
    root = b64encode(HEAD.root).decode()
    assert CHECKPOINT.text.decode() == f"{ORIGIN}\n20852163\n{root}\n"
    assert parse_checkpoint(open_note(NOTE, ALL).text) == CHECKPOINT
    empty = Checkpoint(origin=ORIGIN, head=EMPTY_TREE)
    assert parse_checkpoint(empty.text) == empty


def test_two_signers_with_one_key_make_the_same_bytes() -> None:
    again = Signer(name=COURT_LOG.name, kind=COURT_LOG.kind, seed=COURT_LOG.seed)
    assert signed(CHECKPOINT.text, again.sign(CHECKPOINT.text)) == NOTE


def test_a_witness_signs_the_time_it_states_over_the_whole_text() -> None:
    line = WITNESS.sign(CHECKPOINT.text, 1_679_315_147)
    content = b64decode(line.split()[2])
    assert content[:4] == WITNESS.verifier.id
    assert content[4:12] == (1_679_315_147).to_bytes(8, "big")
    # The same key without the cosignature's form signs exactly the text of the format.
    plain = Verifier(
        name=WITNESS.name, kind=KeyKind.LOG, public=WITNESS.verifier.public
    )
    message = b"cosignature/v1\ntime 1679315147\n" + CHECKPOINT.text
    assert plain.verify(message, content[12:]) is None
    note = open_note(cosigned(NOTE, line), ALL)
    assert [(s.by.name, s.time_s) for s in note.signatures] == [
        (ORIGIN, None),
        ("audit.example/w1", 1_679_315_147),
    ]


def test_a_witness_that_states_another_time_than_it_signed_is_refused() -> None:
    line = WITNESS.sign(CHECKPOINT.text, 1_679_315_147)
    content = bytearray(b64decode(line.split()[2]))
    content[11] += 1
    forged = f"— {WITNESS.name} {b64encode(content).decode()}\n".encode()
    with pytest.raises(SignatureInvalidError, match=r"audit\.example/w1"):
        open_note(cosigned(NOTE, forged), ALL)
    beyond = WITNESS.sign(CHECKPOINT.text, 1 << 63)
    with pytest.raises(SignatureInvalidError, match="beyond all times"):
        open_note(cosigned(NOTE, beyond), ALL)


def test_signatures_of_unknown_keys_are_ignored_and_one_known_is_needed() -> None:
    both = cosigned(NOTE, STRANGER.sign(CHECKPOINT.text), WITNESS.sign(NOTE, 1))
    note = open_note(both, [COURT_LOG.verifier])
    assert [signature.by for signature in note.signatures] == [COURT_LOG.verifier]
    with pytest.raises(NoteUnsignedError):
        open_note(NOTE, [STRANGER.verifier, WITNESS.verifier])
    # The same name with another key is another key.
    other = Signer(name=ORIGIN, kind=KeyKind.LOG, seed=bytes(32))
    with pytest.raises(NoteUnsignedError):
        open_note(NOTE, [other.verifier])


def test_every_signature_of_a_known_key_must_verify_also_a_second_one() -> None:
    other = COURT_LOG.sign(b"another text\n")
    with pytest.raises(SignatureInvalidError, match=ORIGIN):
        open_note(cosigned(NOTE, other), ALL)
    with pytest.raises(SignatureInvalidError):
        open_note(signed(CHECKPOINT.text, other), ALL)
    twice = open_note(cosigned(NOTE, COURT_LOG.sign(CHECKPOINT.text)), ALL)
    assert len(twice.signatures) == 1


def test_the_text_ends_at_the_last_empty_line() -> None:
    text = b"first\n\nsecond\n"
    assert open_note(signed(text, COURT_LOG.sign(text)), ALL).text == text


def test_no_changed_byte_of_a_note_is_verified() -> None:
    for at in range(len(NOTE)):
        for bit in (0x01, 0x20, 0x80):
            changed = NOTE[:at] + bytes([NOTE[at] ^ bit]) + NOTE[at + 1 :]
            with pytest.raises(NoteError):
                open_note(changed, ALL)
    for size in range(len(NOTE)):
        with pytest.raises(NoteError):
            open_note(NOTE[:size], ALL)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n",
        CHECKPOINT.text,
        CHECKPOINT.text + b"\n",
        NOTE[:-1],
        NOTE + b"\n",
        NOTE.replace(b"\n\n", b"\n"),
        NOTE.replace("— ".encode(), b"- "),
        NOTE.replace(b"=\n", b"\n"),
        NOTE.replace(b"\n\n", b"\r\n\r\n"),
        b"\x00" + NOTE,
        b"\xff" + NOTE,
        NOTE + "— a+b AAAAAAAA\n".encode(),
        NOTE + "—  AAAAAAAA\n".encode(),
        NOTE + "— a AAAA\n".encode(),
        NOTE + "— a\n".encode(),
        NOTE + "— a AAAAAAA=\n— a AAAAAAB=\n".encode(),
        NOTE + COURT_LOG.sign(CHECKPOINT.text) * 100,
        NOTE.rjust(MAX_NOTE_BYTES + 1, b"x"),
    ],
)
def test_bytes_that_are_no_note_are_malformed(content: bytes) -> None:
    with pytest.raises(NoteMalformedError):
        open_note(content, ALL)


@given(st.binary(max_size=200))
def test_hostile_bytes_raise_only_the_typed_errors(content: bytes) -> None:
    for check in (
        partial(open_note, content, ALL),
        partial(open_note, b"text\n\n" + content, ALL),
        partial(open_note, "a\n\n— b ".encode() + content + b"\n", ALL),
        partial(parse_checkpoint, content),
        partial(parse_checkpoint, b"origin\n" + content),
        partial(parse_verifier, content.decode("latin-1")),
        partial(parse_verifier, "a+" + content.decode("latin-1")),
    ):
        with pytest.raises(NoteError):
            check()


@pytest.mark.parametrize(
    ("place", "lines"),
    [
        ("checkpoint", ["a", "1"]),
        ("checkpoint", ["a", "1", "ROOT", "extension"]),
        ("checkpoint:1", ["", "1", "ROOT"]),
        ("checkpoint:2", ["a", "01", "ROOT"]),
        ("checkpoint:2", ["a", "-1", "ROOT"]),
        ("checkpoint:2", ["a", "+1", "ROOT"]),
        ("checkpoint:2", ["a", " 1", "ROOT"]),
        ("checkpoint:2", ["a", "1_0", "ROOT"]),
        ("checkpoint:2", ["a", "١", "ROOT"]),
        ("checkpoint:2", ["a", "", "ROOT"]),
        ("checkpoint:2", ["a", str(1 << 63), "ROOT"]),
        ("checkpoint:2", ["a", "9" * 5000, "ROOT"]),
        ("checkpoint:3", ["a", "1", "AAAA"]),
        ("checkpoint:3", ["a", "1", "ROOT="]),
        ("checkpoint:3", ["a", "0", "ROOT"]),
    ],
)
def test_a_text_that_is_no_checkpoint_is_refused_by_its_line(
    place: str, lines: list[str]
) -> None:
    root = b64encode(HEAD.root).decode()
    text = "".join(f"{line.replace('ROOT', root)}\n" for line in lines)
    with pytest.raises(NoteMalformedError) as refused:
        parse_checkpoint(text.encode())
    assert refused.value.place == place


@pytest.mark.parametrize("kind", list(KeyKind))
def test_a_vkey_says_the_key_and_nothing_else_does(kind: KeyKind) -> None:
    key = Signer(name="a.example/b", kind=kind, seed=bytes(32)).verifier
    assert parse_verifier(key.vkey) == key
    for at in range(len(key.vkey)):
        # A case of the id, and the spare bits of base64, must have one spelling too.
        for other in {key.vkey[at].swapcase(), chr(ord(key.vkey[at]) ^ 1)}:
            changed = key.vkey[:at] + other + key.vkey[at + 1 :]
            if changed != key.vkey:
                with pytest.raises(KeyMalformedError):
                    parse_verifier(changed)


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\u00a0b", "a\nb", "a\ud800"])
def test_no_key_is_made_under_a_name_that_no_note_can_hold(
    name: str, tmp_path: Path
) -> None:
    with pytest.raises(KeyMalformedError):
        make_key(tmp_path / "key", name)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", list(KeyKind))
def test_a_made_key_is_loaded_from_its_file(tmp_path: Path, kind: KeyKind) -> None:
    path = tmp_path / "log.key"
    made = make_key(path, ORIGIN, kind)
    assert path.stat().st_mode & 0o777 == 0o600
    assert load_key(path) == made
    assert made.seed != make_key(tmp_path / "other.key", ORIGIN).seed
    assert made.seed.hex() not in repr(made)


def test_an_existing_key_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "log.key"
    made = make_key(path, ORIGIN)
    with pytest.raises(KeyFileError):
        make_key(path, ORIGIN)
    assert load_key(path) == made


@pytest.mark.parametrize("rights", [0o640, 0o604, 0o660, 0o610, 0o601, 0o777])
def test_a_key_that_others_may_touch_is_refused(tmp_path: Path, rights: int) -> None:
    path = tmp_path / "log.key"
    make_key(path, ORIGIN)
    path.chmod(rights)
    with pytest.raises(KeyFileError, match="must have 0600 or fewer"):
        load_key(path)
    path.chmod(0o400)
    load_key(path)


def test_what_is_no_file_of_ours_is_refused(tmp_path: Path) -> None:
    make_key(tmp_path / "log.key", ORIGIN)
    (tmp_path / "link").symlink_to("log.key")
    os.mkfifo(tmp_path / "pipe", 0o600)
    (tmp_path / "folder").mkdir(mode=0o700)
    for name in ("missing", "link", "pipe", "folder"):
        with pytest.raises(KeyFileError, match=name):
            load_key(tmp_path / name)


def test_a_key_of_another_user_is_refused(tmp_path: Path) -> None:
    make_key(tmp_path / "log.key", ORIGIN)
    found = list((tmp_path / "log.key").stat())
    found[4] += 1
    with pytest.raises(KeyFileError, match="belongs to another user"):
        keys._check_rights(os.stat_result(found), "log.key")


def test_a_full_disk_leaves_no_half_key(tmp_path: Path) -> None:
    with full_disk(), pytest.raises(KeyFileError, match="cannot be kept"):
        make_key(tmp_path / "log.key", ORIGIN)
    assert list(tmp_path.iterdir()) == []
    make_key(tmp_path / "log.key", ORIGIN)


def test_a_damaged_key_file_is_refused_without_showing_it(tmp_path: Path) -> None:
    path = tmp_path / "log.key"
    make_key(path, ORIGIN)
    line = path.read_bytes()
    seed = line.rpartition(b"+")[2]
    for damaged in (
        b"",
        line[:-1],
        line + line,
        line.lower(),
        b"\xff" + line,
        line.replace(b"registry", b"registrx"),
        line.replace(seed, b"AAAA\n"),
        line.replace(seed, b64encode(b"\x02" + bytes(32)) + b"\n"),
        line * 100,
    ):
        path.write_bytes(damaged)
        with pytest.raises(KeyFileError, match="holds no key") as refused:
            load_key(path)
        assert seed.decode().strip() not in str(refused.value)
