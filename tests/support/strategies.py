"""Hypothesis strategies for any value of the vocabulary and of the format."""

from __future__ import annotations

import types
from dataclasses import fields, is_dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Union, get_args, get_origin, get_type_hints

from hypothesis import strategies as st

from events.dates import FIRST_YEAR, LAST_YEAR, PartialDate
from events.frame import (
    FINGERPRINT_BYTES,
    HASH_BYTES,
    SALT_BYTES,
    Attestation,
    Authentication,
    AuthenticationKind,
    Body,
    EventHeader,
    Frame,
    Provenance,
    Record,
    encode_frame,
)

TEXTS = st.text(st.characters(codec="utf-8"), max_size=20)
LONGS = st.integers(-(1 << 63), (1 << 63) - 1)
BLOBS = st.binary(max_size=40)
HASHES = st.binary(min_size=HASH_BYTES, max_size=HASH_BYTES)
FINGERPRINTS = st.binary(min_size=FINGERPRINT_BYTES, max_size=FINGERPRINT_BYTES)
PARTIAL_DATES = st.builds(
    lambda day, size: PartialDate(day.isoformat()[:size]),
    st.dates(date(FIRST_YEAR, 1, 1), date(LAST_YEAR, 12, 31)),
    st.sampled_from([len("2018"), len("2018-04"), len("2018-04-15")]),
)

HEADERS = st.builds(
    EventHeader,
    stream=TEXTS,
    version=LONGS,
    type=TEXTS,
    fingerprint=FINGERPRINTS,
    concerns=st.none() | TEXTS,
    jurisdiction=st.none() | TEXTS,
    urgent=st.booleans(),
    digest=HASHES,
)
FRAMES = st.builds(
    Frame,
    registry=TEXTS,
    previous=HASHES,
    authority=TEXTS,
    request_id=TEXTS,
    request_fingerprint=FINGERPRINTS,
    request_digest=HASHES,
    authentication=st.builds(
        Authentication,
        kind=st.sampled_from(AuthenticationKind),
        fingerprint=st.none() | HASHES,
    ),
    attestations=st.lists(
        st.builds(Attestation, scheme=TEXTS, content=BLOBS), max_size=2
    ).map(tuple),
    recorded_at=LONGS,
    provenance=st.sampled_from(Provenance),
    writer=TEXTS,
    cause=TEXTS,
    events=st.lists(HEADERS, max_size=3).map(tuple),
)
BODIES = st.none() | st.builds(
    Body, salt=st.binary(min_size=SALT_BYTES, max_size=SALT_BYTES), content=BLOBS
)
RECORDS = st.builds(
    Record,
    frame=BLOBS | FRAMES.map(encode_frame),
    request=BODIES,
    bodies=st.lists(BODIES, max_size=3).map(tuple),
)


def values(kind: Any) -> st.SearchStrategy[Any]:  # noqa: ANN401  of any type
    """Return a strategy for a type of the vocabulary, built from the type itself."""
    if is_dataclass(kind) and isinstance(kind, type):
        hints = get_type_hints(kind)
        return st.builds(kind, **{f.name: values(hints[f.name]) for f in fields(kind)})
    if get_origin(kind) is tuple:
        return st.lists(values(get_args(kind)[0]), max_size=2).map(tuple)
    if get_origin(kind) in {Union, types.UnionType}:
        return st.one_of([values(option) for option in get_args(kind)])
    if issubclass(kind, StrEnum):
        return st.sampled_from(list(kind))
    plain: dict[type, st.SearchStrategy[Any]] = {
        types.NoneType: st.none(),
        PartialDate: PARTIAL_DATES,
        str: TEXTS,
        bool: st.booleans(),
        int: LONGS,
        bytes: BLOBS,
    }
    return plain[kind]
