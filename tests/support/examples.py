"""One value of every type, built from the type itself: the same on every run."""

from __future__ import annotations

import types
from dataclasses import fields, is_dataclass
from enum import StrEnum
from typing import Any, Union, get_args, get_origin, get_type_hints

from events.dates import PartialDate


def example(kind: Any) -> Any:  # noqa: ANN401  of any type
    """Return a value with every optional part present and every list of one."""
    if is_dataclass(kind) and isinstance(kind, type):
        hints = get_type_hints(kind)
        return kind(**{f.name: example(hints[f.name]) for f in fields(kind)})
    if get_origin(kind) is tuple:
        return (example(get_args(kind)[0]),)
    if get_origin(kind) in {Union, types.UnionType}:
        return example(get_args(kind)[0])
    if issubclass(kind, StrEnum):
        return list(kind)[-1]
    plain: dict[type, object] = {
        PartialDate: PartialDate("2018-04"),
        str: "6f0d1c52-3c1e-5e0a-9d65-0f2f5d1f7a11",
        bool: True,
        int: 2015,
        bytes: bytes(range(8)),
    }
    return plain[kind]
