"""Private keys in files: made once, kept tight, refused when they are not.

What lives here: `make_key` and `load_key`. What never does: signatures, which are of
`events.notes`. The file is one line,

    PRIVATE+KEY+<name>+<id>+<base64 of kind and seed>

the form that `golang.org/x/mod/sumdb/note` calls a signer, so that other tools can
take a key over.

Whoever can read the file can sign in the registry's name: it belongs to the user that
runs the node, with rights 0600 or fewer, and anything wider is refused.
"""

from __future__ import annotations

import os
import secrets
import stat
from base64 import b64encode
from pathlib import Path
from typing import Final

from events.files import sync_folder
from events.notes import SEED_BYTES, KeyKind, NoteError, Signer, base64

MAX_KEY_FILE_BYTES: Final = 4_096
"""A name and 33 bytes in base64."""
_MARK: Final = "PRIVATE+KEY+"
_OTHERS: Final = 0o077
"""What group and everybody else may do: nothing."""


class KeyFileError(NoteError):
    """A key's file is not there, too open, not ours, or holds no key."""


def make_key(path: Path, name: str, kind: KeyKind = KeyKind.LOG) -> Signer:
    """Make a key and its file, durable on return; an existing file is never touched.

    Raises KeyMalformedError for a name that no key may have, KeyFileError.
    """
    signer = Signer(name=name, kind=kind, seed=secrets.token_bytes(SEED_BYTES))
    material = b64encode(bytes([kind]) + signer.seed).decode()
    line = f"{_MARK}{name}+{signer.verifier.id.hex()}+{material}\n"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
    try:
        descriptor = os.open(path, flags, 0o600)
    except OSError as error:
        raise KeyFileError(str(path), f"cannot be made: {error.strerror}") from error
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(line.encode())
            file.flush()
            os.fsync(file.fileno())
        sync_folder(path.parent)
    except OSError as error:
        path.unlink()
        raise KeyFileError(str(path), f"cannot be kept: {error.strerror}") from error
    return signer


def load_key(path: Path) -> Signer:
    """Return the key of a file that nobody else can read. Raises KeyFileError."""
    place = str(path)
    try:
        # A pipe in the file's place must not stop us.
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with os.fdopen(descriptor, "rb") as file:
            _check_rights(os.fstat(file.fileno()), place)
            content = file.read(MAX_KEY_FILE_BYTES + 1)
    except OSError as error:
        raise KeyFileError(place, f"cannot be read: {error.strerror}") from error
    signer = _parse(content)
    if signer is None:
        raise KeyFileError(place, "holds no key")
    return signer


def _check_rights(found: os.stat_result, place: str) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise KeyFileError(place, "is no file")
    if found.st_uid != os.geteuid():
        raise KeyFileError(place, "belongs to another user")
    if found.st_mode & _OTHERS:
        rights = stat.S_IMODE(found.st_mode)
        raise KeyFileError(place, f"has rights {rights:04o}, must have 0600 or fewer")


def _parse(content: bytes) -> Signer | None:
    """Return the key of a file's line; None where it is none, saying nothing of it."""
    try:
        line = content.decode()
    except UnicodeDecodeError:
        return None
    if not line.startswith(_MARK) or not line.endswith("\n"):
        return None
    name, _, rest = line[len(_MARK) : -1].partition("+")
    key_id, _, encoded = rest.partition("+")
    material = base64(encoded)
    if material is None or len(material) != 1 + SEED_BYTES:
        return None
    if material[0] not in set(KeyKind):
        return None
    try:
        signer = Signer(name=name, kind=KeyKind(material[0]), seed=material[1:])
    except NoteError:
        return None
    return signer if signer.verifier.id.hex() == key_id else None
