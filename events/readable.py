"""Entries as JSON beside their Avro: what is shown, for people and for other tools.

What lives here: `Readable`, which reads bodies by the schemas that the log announced,
and nothing of a release's own. What never does: the proof; the frame's hash is over the
Avro, and whoever opens evidence makes the JSON again and compares.

Bytes are in hex. A body that is withheld is null; one without a schema, or that is not
canonical under its own, stands as its bytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import orjson

from events.audit import NO_VALUE, parsed_schema, value_of
from events.entry import OPAQUE, AcceptedRecord, Body
from events.frame import EventHeader

_OPTIONS: Final = orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE


class Readable:
    """Makes entries readable by announced schemas: text by fingerprint."""

    def __init__(self, schemas: Mapping[bytes, str]) -> None:
        self._schemas = schemas
        self._parsed: dict[bytes, Any] = {}

    def json(self, position: int, entry: AcceptedRecord) -> bytes:
        """Return an entry as JSON, the same bytes for the same entry."""
        frame = entry.frame
        told = {
            "position": position,
            "hash": entry.hash,
            "previous": frame.previous,
            "authority": frame.authority,
            "request_id": frame.request_id,
            "recorded_at_us": frame.recorded_at,
            "provenance": str(frame.provenance),
            "authentication": str(frame.authentication.kind),
            "writer": frame.writer,
            "cause": frame.cause,
            "events": [
                _header(header) | {"body": self._body(header.fingerprint, body)}
                for header, body in zip(frame.events, entry.record.bodies, strict=True)
            ],
        }
        return orjson.dumps(told, _plain, _OPTIONS)

    def _body(self, key: bytes, body: Body | None) -> object:
        if body is None:
            return None
        if key != OPAQUE and key not in self._parsed:
            text = self._schemas.get(key)
            self._parsed[key] = None if text is None else parsed_schema(key, text)
        value = value_of(self._parsed.get(key), body.content)
        return {"bytes": body.content} if value is NO_VALUE else value


def shown(entry: AcceptedRecord) -> set[bytes]:
    """Return the schemas of the bodies that an entry shows."""
    pairs = zip(entry.frame.events, entry.record.bodies, strict=True)
    keys = {header.fingerprint for header, body in pairs if body is not None}
    return keys - {OPAQUE}


def _header(header: EventHeader) -> dict[str, object]:
    return {
        "stream": header.stream,
        "version": header.version,
        "type": header.type,
        "concerns": header.concerns,
        "jurisdiction": header.jurisdiction,
        "urgent": header.urgent,
        "schema": header.fingerprint,
        "digest": header.digest,
    }


def _plain(value: object) -> str:
    """Write what JSON has no word for. Raises TypeError on what no schema makes."""
    if isinstance(value, bytes):
        return value.hex()
    raise TypeError
