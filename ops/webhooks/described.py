"""Webhooks as an AsyncAPI 3 document has them: one channel, one message for each event.

What lives here: the description of what `ops.webhooks.message` makes. What never does:
making it.

Sources: AsyncAPI 3.0.0 with its HTTP bindings 0.3.0; CloudEvents 1.0 in JSON; Standard
Webhooks 1.0.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

from events.published import EVENT_TYPE
from ops.webhooks.message import CONTENT_TYPE

AFTER: Final = "Notice"
"""Behind the name of an event, where a message of the topic has that name."""
OPERATION: Final[dict[str, Any]] = {
    "action": "send",
    "channel": {"$ref": "#/channels/webhooks"},
    "bindings": {"http": {"method": "POST", "bindingVersion": "0.3.0"}},
}
_TEXT: Final = {"type": "string"}
_OPTIONAL: Final = {"type": ["string", "null"]}
_HEADERS: Final[dict[str, dict[str, Any]]] = {
    "content-type": {"const": CONTENT_TYPE},
    "webhook-id": {
        **_TEXT,
        "description": "The same in every attempt.",
    },
    "webhook-timestamp": {**_TEXT, "pattern": "^[0-9]+$"},
    "webhook-signature": {**_TEXT, "pattern": "^v1,[A-Za-z0-9+/=]+( v1,[^ ]+)*$"},
}
_DATA: Final[dict[str, dict[str, Any]]] = {
    "type": _TEXT,
    "stream": _TEXT,
    "version": {"type": "integer", "minimum": 1},
    "child": _OPTIONAL,
    "jurisdiction": _OPTIONAL,
    "urgent": {"type": "boolean"},
    "submitter": _TEXT,
    "entry_hash": {**_TEXT, "pattern": "^[0-9a-f]{64}$"},
}
_CONTENT: Final[dict[str, dict[str, Any]]] = {
    "schema": {**_TEXT, "pattern": "^[0-9a-f]{16}$"},
    "avro_base64": {**_TEXT, "contentEncoding": "base64"},
    "salt": {**_TEXT, "pattern": "^[0-9a-f]{32}$"},
}
"""Only where the endpoint was made with `content = true`."""


def channel(messages: Mapping[str, Any], by_default: str) -> dict[str, Any]:
    """Return the channel of notices, with references to their messages.

    `by_default` says of which events there are notices.
    """
    return {
        "address": "{path}",
        "servers": [{"$ref": "#/servers/office"}],
        "parameters": {
            "path": {"description": "The path of the office's own address."}
        },
        "description": "One notice a request, in order by child; answered by any 2xx. "
        f"What is not taken comes again under the same webhook-id. {by_default}",
        "messages": dict(messages),
    }


def messages(schemas: Iterable[str]) -> dict[str, Any]:
    """Return the message of each event, by its schema's text."""
    named = [json.loads(text) for text in schemas]
    return {f"{one['name']}{AFTER}": _message(one) for one in named}


def _message(schema: Mapping[str, Any]) -> dict[str, Any]:
    name = schema["name"]
    return {
        "name": f"{name}{AFTER}",
        "title": schema.get("doc", name),
        "contentType": CONTENT_TYPE,
        "headers": {**_object(_HEADERS), "additionalProperties": True},
        "payload": _object(
            {
                "specversion": {"const": "1.0"},
                "id": {**_TEXT, "pattern": "^[0-9]+-[0-9]+$"},
                "source": _TEXT,
                "type": {"const": EVENT_TYPE + name},
                "subject": _TEXT,
                "time": {**_TEXT, "format": "date-time"},
                "datacontenttype": {"const": "application/json"},
                "position": {"type": "integer", "minimum": 1},
                "index": {"type": "integer", "minimum": 0},
                "sequence": {
                    **_TEXT,
                    "pattern": "^[0-9]{20}$",
                    "description": "Of the endpoint: 1, 2, 3 … without a gap.",
                },
                "data": _object(_DATA, _CONTENT),
            }
        ),
    }


def _object(
    properties: Mapping[str, Any], optional: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    return {
        "type": "object",
        "required": sorted(properties),
        "properties": {**properties, **(optional or {})},
        "additionalProperties": False,
    }
