"""What a webhook carries: one event as a CloudEvent, signed by Standard Webhooks.

What lives here: the JSON, secrets, signatures. What never does: sending, clocks.

Sources: CloudEvents 1.0, JSON event format, structured mode; Standard Webhooks 1.0:
HMAC-SHA256 over `id.timestamp.body`, the secret `whsec_` and base64 of 24 to 64 bytes.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from events.frame import Body, EventHeader
from events.published import EVENT_TYPE
from ops.subscriber import Delivered

CONTENT_TYPE: Final = "application/cloudevents+json; charset=utf-8"
PREFIX: Final = "whsec_"
LEAST_SECRET, MOST_SECRET = 24, 64


class SecretError(Exception):
    """A secret is not of the form of Standard Webhooks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One event for one endpoint: `key` is what keeps its order, `body` the JSON."""

    id: str
    key: str
    body: bytes


def secret_of(text: str) -> bytes:
    """Return the key of a secret's text. Raises SecretError, without the text."""
    encoded = text.strip()
    if not encoded.startswith(PREFIX):
        message = f"begins with {PREFIX}"
        raise SecretError(message)
    try:
        key = base64.b64decode(encoded.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError) as error:
        message = "is base64 after its prefix"
        raise SecretError(message) from error
    if not LEAST_SECRET <= len(key) <= MOST_SECRET:
        message = f"has {LEAST_SECRET} to {MOST_SECRET} bytes"
        raise SecretError(message)
    return key


def signed(
    secrets: Sequence[bytes], id_: str, timestamp: int, body: bytes
) -> dict[str, str]:
    """Return the headers of a message at a time in seconds, one signature a secret."""
    content = f"{id_}.{timestamp}.".encode() + body
    marks = [hmac.new(key, content, hashlib.sha256).digest() for key in secrets]
    return {
        "webhook-id": id_,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(
            f"v1,{base64.b64encode(mark).decode()}" for mark in marks
        ),
    }


def notice(
    delivered: Delivered, index: int, registry: str, sequence: int, body: Body | None
) -> Notice:
    """Return an event of an entry as the notice with a number of its endpoint's own.

    Without `body` it says which event, about whom, and nothing of what happened.
    """
    header = delivered.events[index]
    id_ = f"{delivered.position}-{index}"
    told = {
        "specversion": "1.0",
        "id": id_,
        "source": registry,
        "type": EVENT_TYPE + header.type,
        "subject": header.stream,
        "time": delivered.recorded_at.isoformat().replace("+00:00", "Z"),
        "datacontenttype": "application/json",
        "position": delivered.position,
        "index": index,
        "sequence": f"{sequence:020}",
        "data": _data(delivered, header, body),
    }
    content = json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()
    return Notice(id=id_, key=header.concerns or header.stream, body=content)


def _data(
    delivered: Delivered, header: EventHeader, body: Body | None
) -> dict[str, object]:
    told: dict[str, object] = {
        "type": header.type,
        "stream": header.stream,
        "version": header.version,
        "child": header.concerns,
        "jurisdiction": header.jurisdiction,
        "urgent": header.urgent,
        "submitter": delivered.submitter,
        "entry_hash": delivered.hash.hex(),
    }
    if body is not None:
        told["schema"] = header.fingerprint.hex()
        told["avro_base64"] = base64.b64encode(body.content).decode()
        told["salt"] = body.salt.hex()
    return told
