"""The bureau kit: what a bureau's programmers need, written fresh into a folder.

What lives here: the export, and the AsyncAPI 3 document of the topic, made from the
schemas and the headers of this release (webhooks: `ops.webhooks.described`). What never
does: the consumers themselves, which lie in `kit/`.

Source of the document's form: AsyncAPI 3.0.0 with its Kafka bindings 0.5.0.
"""

from __future__ import annotations

import importlib.metadata
import json
import shutil
from pathlib import Path
from typing import Any, Final

from childregistry.v1 import event_service_pb2
from events.published import CHECKPOINT, EVENT_TYPE, OPENED
from events.published_rule import PUBLIC_KINDS, PUBLIC_TYPES
from ops.webhooks import described
from registry.wire import CODEC

KIT: Final = Path(__file__).parent / "kit"
CONTRACT: Final = ("event_service.proto", "subscription_service.proto")
AVRO: Final = "application/vnd.apache.avro+json;version=1.9.0"
_MADE: Final = shutil.ignore_patterns("__pycache__", "node_modules", "dist", "target")
_HEX: Final = "^[0-9a-f]*$"
_EVERY: Final[dict[str, dict[str, str]]] = {
    "ce_specversion": {"const": "1.0"},
    "ce_id": {"description": "Of an event: position-index. The same in a duplicate."},
    "ce_source": {"description": "The log's origin."},
    "ce_type": {"description": "The event, or what the topic says of itself."},
    "ce_position": {"description": "The entry's position in the log."},
    "ce_number": {"description": "In its partition, 1, 2, 3 … without a gap."},
    "ce_link": {"pattern": _HEX, "description": "The chain up to here, SHA-256."},
}
"""Headers that every record has."""
_MOMENT: Final[dict[str, dict[str, str]]] = {
    "ce_time": {"format": "date-time", "description": "When it was recorded."},
    "ce_hash": {"pattern": _HEX, "description": "Of the entry's frame."},
}
_EVENT: Final[dict[str, dict[str, str]]] = {
    **_EVERY,
    **_MOMENT,
    "ce_subject": {"description": "The stream, such as child/ and an id."},
    "ce_index": {"description": "The event's place in its entry, from 0."},
    "ce_events": {"description": "How many events of its entry are published."},
    "ce_schema": {"pattern": _HEX, "description": "CRC-64-AVRO of its schema."},
    "ce_salt": {"pattern": _HEX, "description": "Before the Avro in its digest."},
    "content-type": {"const": "application/avro"},
}


class FolderInUseError(Exception):
    """The folder to write the kit into has something in it."""


def export(folder: Path) -> None:
    """Write the kit into a folder that is empty or new. Raises FolderInUseError."""
    if folder.exists() and any(folder.iterdir()):
        message = f"{folder}: is not empty"
        raise FolderInUseError(message)
    shutil.copytree(KIT, folder, ignore=_MADE, dirs_exist_ok=True)
    contract = folder / "proto" / "childregistry" / "v1"
    contract.mkdir(parents=True)
    for name in CONTRACT:
        source = Path(event_service_pb2.__file__).with_name(name)
        text = source.read_text(encoding="utf-8")
        (contract / name).write_text(text, encoding="utf-8")
    schemas = folder / "schemas"
    schemas.mkdir()
    for fingerprint, text in CODEC.texts.items():
        (schemas / f"{fingerprint.hex()}.avsc").write_text(text, encoding="utf-8")
    written = json.dumps(asyncapi(), indent=1, ensure_ascii=False)
    (folder / "asyncapi.json").write_text(written + "\n", encoding="utf-8")


def asyncapi() -> dict[str, Any]:
    """Return the AsyncAPI document of this release."""
    messages = {**_own_messages(), **dict(_event(text) for text in _events())}
    channel = {"$ref": "#/channels/published"}
    notices = described.messages(_events())
    told = {name: {"$ref": f"#/components/messages/{name}"} for name in notices}
    listed = {name: {"$ref": f"#/components/messages/{name}"} for name in messages}
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "The published topic and the webhooks of a child registry",
            "version": importlib.metadata.version("childregistry"),
            "description": "The topic has one event a record, keyed by child, numbered "
            "and chained in each partition; a webhook has one event a notice. The feed "
            "over gRPC is not described here but by its contract, in proto/, which is "
            "its only description; its bytes are in events/FORMAT.md.",
            "license": {"name": "Apache-2.0"},
        },
        "servers": {
            "kafka": {
                "host": "{broker}",
                "protocol": "kafka-secure",
                "variables": {
                    "broker": {"description": "As the registry's office says."}
                },
            },
            "office": {
                "host": "{office}",
                "protocol": "https",
                "variables": {"office": {"description": "The receiver's own host."}},
            },
        },
        "channels": {
            "published": {
                "address": "{topic}",
                "servers": [{"$ref": "#/servers/kafka"}],
                "parameters": {"topic": {"description": "As the office says."}},
                "description": _by_default(
                    "It is chosen when the topic is made, with `--kind` and `--type` "
                    "of `childregistry topics create --published`."
                ),
                "messages": listed,
            },
            "webhooks": described.channel(
                told,
                _by_default("It is chosen by `kinds` and `types` of its endpoint."),
            ),
        },
        "operations": {
            "publish": {"action": "send", "channel": channel},
            "notify": described.OPERATION,
        },
        "components": {"messages": {**messages, **notices}},
    }


def _by_default(setting: str) -> str:
    """Say which events one has unless somebody chose others, and how that is done."""
    every = {json.loads(text)["name"] for text in _events()}
    streams = " and ".join(f"{kind}/" for kind in sorted(PUBLIC_KINDS))
    return (
        f"By default it has, of the streams {streams}, "
        f"{', '.join(sorted(every & PUBLIC_TYPES))}. {setting} Withheld unless they "
        f"are named there: {', '.join(sorted(every - PUBLIC_TYPES))}."
    )


def _events() -> list[str]:
    return [
        text
        for text in CODEC.texts.values()
        if json.loads(text).get("namespace") == EVENT_TYPE.rstrip(".")
    ]


def _event(text: str) -> tuple[str, dict[str, Any]]:
    schema = json.loads(text)
    name = schema["name"]
    headers = {**_EVENT, "ce_type": {"const": EVENT_TYPE + name}}
    key = {"type": "string", "description": "The child's id, else the stream."}
    return name, {
        "name": name,
        "title": schema.get("doc", name),
        "contentType": "application/avro",
        "headers": _headers(headers),
        "payload": {"schemaFormat": AVRO, "schema": schema},
        "bindings": {"kafka": {"key": key, "bindingVersion": "0.5.0"}},
    }


def _own_messages() -> dict[str, dict[str, Any]]:
    text = {"const": "text/plain; charset=utf-8"}
    opened = {**_EVERY, "ce_type": {"const": OPENED}, "content-type": text}
    passed = {**_EVERY, **_MOMENT, "ce_type": {"const": CHECKPOINT}}
    return {
        "opened": {
            "name": "opened",
            "title": "The first record of a partition: the topic's rule, as text.",
            "contentType": "text/plain",
            "headers": _headers(opened),
            "payload": {"type": "string"},
        },
        "checkpoint": {
            "name": "checkpoint",
            "title": "Nothing more comes in this partition up to a position.",
            "headers": _headers(passed),
            "payload": {"type": "string", "maxLength": 0},
        },
    }


def _headers(named: dict[str, dict[str, str]]) -> dict[str, Any]:
    properties = {name: {"type": "string", **told} for name, told in named.items()}
    return {
        "type": "object",
        "required": sorted(properties),
        "properties": properties,
    }
