"""The form of a command: ids that cannot hold a name, numbers that are numbers.

What lives here: one walk over a command's fields. What never does: whether what is
named exists, or the law. Persons, children and cases are lower-case UUIDs and bodies
are short ASCII ids, so no name, address or free text can enter an event by any field.
"""

from __future__ import annotations

import re
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any

from events.document import Document
from events.subscriptions import Selection
from events.timeline import Holder, HolderKind
from registry.refusal import InvalidError

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
BODY = re.compile(r"[a-z0-9][a-z0-9-]{1,63}", re.ASCII)
_MEDIA_TYPE = re.compile(r"[a-z]+/[a-z0-9.+-]{1,64}", re.ASCII)
_ORIGIN = re.compile(r"[a-z0-9][a-z0-9./-]{1,127}", re.ASCII)
_CAUSE = re.compile(r"[A-Za-z0-9_-]{0,64}", re.ASCII)
_NUMBER = re.compile(
    r"[(\uff08]\d{4}[)\uff09][\u4e00-\u9fff0-9]{2,32}号(之[一二三四五六七八九十]+)?"
)
"""As courts write it: (year), court and kind, serial, 号."""
UUID_RULE = "is a lower-case UUID"
BODY_RULE = "is 2 to 64 of a-z, 0-9 and -"
Rule = tuple[re.Pattern[str], str]
"""What a whole text must match, and how that is said."""
_RULES: dict[str, Rule] = {
    "child": (UUID, UUID_RULE),
    "case": (UUID, UUID_RULE),
    "person": (UUID, UUID_RULE),
    "report": (UUID, UUID_RULE),
    "duty": (UUID, UUID_RULE),
    "referral": (UUID, UUID_RULE),
    "meeting": (UUID, UUID_RULE),
    "condition": (UUID, UUID_RULE),
    "subscription": (BODY, BODY_RULE),
    "plan": (UUID, UUID_RULE),
    "fund": (UUID, UUID_RULE),
    "supervision": (UUID, UUID_RULE),
    "home": (UUID, UUID_RULE),
    "stay": (UUID, UUID_RULE),
    "incident": (UUID, UUID_RULE),
    "complaint": (UUID, UUID_RULE),
    "court": (BODY, BODY_RULE),
    "jurisdiction": (BODY, BODY_RULE),
    "registry": (_ORIGIN, "is 2 to 128 of a-z, 0-9, ., / and -"),
    "their_child": (UUID, UUID_RULE),
    "number": (_NUMBER, "is a case number such as (2015)铜民特字第1号"),
    "media_type": (_MEDIA_TYPE, "is a media type such as application/pdf"),
}
_SELECTED = {
    "types": (re.compile(r"[A-Za-z]{1,64}", re.ASCII), "is the name of a type"),
    "children": (UUID, UUID_RULE),
    "jurisdictions": (BODY, BODY_RULE),
    "submitters": (_ORIGIN, "is 2 to 128 of a-z, 0-9, ., / and -"),
    "causes": (
        re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII),
        "is 1 to 64 of A-Z, a-z, 0-9, - and _",
    ),
}
MAX_SELECTED = 1_000
"""Values of one selection together: they stand in an entry twice, and it has a size."""
MAX_ITEMS = 64
"""Children, holders or outcomes in one list: no judgment here names more."""
SHA256_BYTES = 32


def check_id(text: str, path: str) -> str:
    """Return the id of a child, a case or a submission. Raises InvalidError."""
    if not UUID.fullmatch(text):
        raise InvalidError(path, UUID_RULE)
    return text


def check_cause(text: str, path: str) -> str:
    """Return a correlation id of a submitter. Raises InvalidError."""
    if not _CAUSE.fullmatch(text):
        raise InvalidError(path, "is up to 64 of A-Z, a-z, 0-9, - and _")
    return text


def check_form(value: object, path: str = "") -> None:
    """Raise InvalidError with the path of the first field that breaks its form."""
    if isinstance(value, tuple):
        if len(value) > MAX_ITEMS:
            raise InvalidError(path, f"has at most {MAX_ITEMS} items")
        for index, item in enumerate(value):
            check_form(item, f"{path}[{index}]")
        return
    if not is_dataclass(value) or isinstance(value, type):
        return
    if isinstance(value, Holder):
        _holder(value, path)
        return
    if isinstance(value, Selection):
        _selection(value, path)
        return
    if isinstance(value, Document) and len(value.sha256) != SHA256_BYTES:
        raise InvalidError(f"{path}.sha256", "has 32 bytes")
    for name, rule in _ruled(type(value)):
        inner = f"{path}.{name}" if path else name
        item = getattr(value, name)
        if rule and isinstance(item, str) and not rule[0].fullmatch(item):
            raise InvalidError(inner, rule[1])
        check_form(item, inner)


@cache
def _ruled(kind: type[Any]) -> tuple[tuple[str, Rule | None], ...]:
    """Return the names of a type's fields, each with its rule where it has one."""
    return tuple((field.name, _RULES.get(field.name)) for field in fields(kind))


def _holder(holder: Holder, path: str) -> None:
    if holder.kind is HolderKind.PERSON:
        check_id(holder.id, f"{path}.id")
    if holder.kind is HolderKind.BODY and not BODY.fullmatch(holder.id):
        raise InvalidError(f"{path}.id", BODY_RULE)


def _selection(selection: Selection, path: str) -> None:
    values = [(n, index, v) for n in _SELECTED for index, v in _listed(selection, n)]
    if len(values) > MAX_SELECTED:
        raise InvalidError(path, f"has at most {MAX_SELECTED} values")
    for name, index, value in values:
        pattern, rule = _SELECTED[name]
        if not pattern.fullmatch(value):
            raise InvalidError(f"{path}.{name}[{index}]", rule)


def _listed(selection: Selection, name: str) -> list[tuple[int, str]]:
    return list(enumerate(getattr(selection, name)))
