"""The exported kit is whole, and its document says what the topic really has."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from events.codec import EVENT_CLASSES, fingerprint
from events.embedded import EmbeddedLog
from events.entry import Entry, open_entry
from events.frame import EventHeader
from events.published import Message, checkpoint, messages, opening
from events.published_rule import Rule
from ops.bureau_kit import asyncapi
from ops.fire.programs import CONTRACT, PROTO
from ops.subscriber import Delivered
from ops.terminal import Exit
from ops.webhooks.endpoints import KEYS
from ops.webhooks.message import CONTENT_TYPE, notice, signed
from registry.wire import CODEC
from tests.ops.test_cli import run
from tests.support.published import SYNTHETIC, grown


def entries(folder: Path) -> list[Entry]:
    config = grown(folder)
    log = EmbeddedLog(config.data_dir / "log.sqlite", SYNTHETIC)
    try:
        return list(map(open_entry, log.read(0, 1_000_000)))
    finally:
        log.close()


def published(found: list[Entry]) -> Iterator[Message]:
    kinds = {h.stream.split("/")[0] for entry in found for h in entry.frame.events}
    types = {h.type for entry in found for h in entry.frame.events}
    rule = Rule(
        registry=SYNTHETIC,
        partitions=1,
        kinds=frozenset(kinds),
        types=frozenset(types),
    )
    first = opening(rule, 0)
    yield first
    yield checkpoint(rule, 0, first.mark, found[-1])
    for entry in found:
        yield from messages(rule, [first.mark], entry, {})


def referred(document: Any, path: str) -> Any:  # noqa: ANN401  any part of it
    for name in path.removeprefix("#/").split("/"):
        document = document[name]
    return document


def test_the_document_has_the_headers_of_every_record(tmp_path: Path) -> None:
    document = asyncapi()
    listed = document["channels"]["published"]["messages"]
    by_type = {}
    for one in listed.values():
        message = referred(document, one["$ref"])
        headers = message["headers"]
        by_type[headers["properties"]["ce_type"]["const"]] = headers
    seen = set()
    for message in published(entries(tmp_path)):
        named = {name: value.decode() for name, value in message.headers}
        headers = by_type[named["ce_type"]]
        seen.add(named["ce_type"])
        assert set(named) == set(headers["required"]) == set(headers["properties"])
        for name, told in headers["properties"].items():
            assert named[name] == told.get("const", named[name])
            assert re.match(told.get("pattern", ""), named[name])
    assert len(seen) > 10


def keeps(schema: Any, value: Any) -> None:  # noqa: ANN401  any part of a document
    """Assert that a value is as the JSON Schema of the document says."""
    assert value == schema.get("const", value)
    kinds = schema.get("type", [])
    kinds = kinds if isinstance(kinds, list) else [kinds]
    named = {bool: "boolean", int: "integer", str: "string", dict: "object"}
    assert not kinds or named.get(type(value), "null") in kinds
    if isinstance(value, str):
        assert re.match(schema.get("pattern", ""), value), (schema, value)
    if isinstance(value, int):
        assert value >= schema.get("minimum", value)
    if isinstance(value, dict):
        assert set(schema["required"]) <= set(value) <= set(schema["properties"])
        for name, one in value.items():
            keeps(schema["properties"][name], one)


@pytest.mark.parametrize("content", [False, True])
def test_the_document_has_every_notice_as_it_is_sent(
    tmp_path: Path, *, content: bool
) -> None:
    document = asyncapi()
    listed = document["channels"]["webhooks"]["messages"]
    seen = set()
    for entry in entries(tmp_path):
        pairs = zip(entry.frame.events, entry.record.bodies, strict=True)
        for index, (header, body) in enumerate(pairs):
            if header.stream == "registry":
                continue
            sent = notice(told(entry), index, SYNTHETIC, 7, body if content else None)
            message = referred(document, listed[f"{header.type}Notice"]["$ref"])
            keeps(message["payload"], json.loads(sent.body))
            signs = signed([b"k" * 24, b"l" * 24], sent.id, 1, sent.body)
            headers = {"content-type": CONTENT_TYPE, **signs}
            keeps(message["headers"], headers)
            seen.add(header.type)
    assert len(seen) > 7
    with pytest.raises(AssertionError):
        keeps(message["headers"], {**headers, "webhook-timestamp": "soon"})
    with pytest.raises(AssertionError):
        keeps(message["payload"], {})


def told(entry: Entry) -> Delivered:
    return Delivered(
        number=entry.position,
        position=entry.position,
        recorded_at=datetime.fromtimestamp(entry.frame.recorded_at / 1e6, UTC),
        submitter=entry.frame.authority,
        request_id=entry.frame.request_id,
        hash=entry.hash,
        events=entry.frame.events,
        registry=SYNTHETIC,
        bodies=entry.record.bodies,
    )


def test_the_document_has_every_event_of_this_release_and_refers_to_what_is_there() -> (
    None
):
    document = asyncapi()
    assert document["asyncapi"] == "3.0.0"
    assert {"info", "channels", "operations", "components"} <= set(document)
    found = {
        fingerprint(json.dumps(message["payload"]["schema"]))
        for message in document["components"]["messages"].values()
        if "schemaFormat" in message["payload"]
    }
    assert "proto/" in document["info"]["description"]
    names = {json.loads(CODEC.texts[key])["name"] for key in found}
    assert {f"{name}Notice" for name in names} == set(
        document["channels"]["webhooks"]["messages"]
    )
    for channel in document["channels"].values():
        for server in channel["servers"]:
            assert referred(document, server["$ref"])
    ours = {key for key, text in CODEC.texts.items() if "childregistry.event" in text}
    commands = {
        key
        for key, text in CODEC.texts.items()
        if json.loads(text)["namespace"] != "childregistry.event"
    }
    assert found == ours - commands
    for operation in document["operations"].values():
        assert referred(document, operation["channel"]["$ref"])


@pytest.mark.parametrize(
    ("channel", "settings"),
    [("published", {"--kind", "--type"}), ("webhooks", {"kinds", "types"})],
)
def test_the_document_says_which_events_are_withheld_and_by_what_setting_they_come(
    channel: str, settings: set[str]
) -> None:
    says = asyncapi()["channels"][channel]["description"]
    rule = Rule(registry=SYNTHETIC, partitions=1)
    classes = {one.__name__ for one in EVENT_CLASSES}
    has, _, rest = says.partition("By default it has")[2].partition(". ")
    setting, _, withheld = rest.partition(" Withheld unless they are named there: ")
    for name in classes:
        taken = [rule.takes(header(kind, name)) for kind in rule.kinds]
        assert (name in re.findall(r"\w+", has)) == all(taken), name
        assert (name in re.findall(r"\w+", withheld)) == (not any(taken)), name
        wider = replace(rule, kinds=frozenset({"k"}), types=frozenset({name}))
        assert wider.takes(header("k", name))
    for kind in rule.kinds:
        assert f"{kind}/" in has
    assert set(re.findall(r"`((?:--)?(?:kind|type)s?)`", setting)) == settings
    if channel == "published":
        offered = run("topics", "create", "--help").stdout.decode()
        assert "childregistry topics create --published" in setting
        assert settings | {"--published"} <= set(re.findall(r"--[a-z]+", offered))
    else:
        assert settings <= KEYS


def header(kind: str, name: str) -> EventHeader:
    return EventHeader(
        stream=f"{kind}/7",
        version=1,
        type=name,
        fingerprint=bytes(8),
        concerns=None,
        jurisdiction=None,
        urgent=False,
        digest=bytes(32),
    )


def test_the_kit_is_written_whole_and_never_over_something(tmp_path: Path) -> None:
    folder = tmp_path / "kit"
    assert run("kit", str(folder)).returncode == Exit.DONE
    for name in (
        "README.md",
        "vectors.json",
        "asyncapi.json",
        "python/bureau/topic_check.py",
        "go/go.sum",
        "java/pom.xml",
        "typescript/package-lock.json",
    ):
        assert (folder / name).is_file(), name
    for name in CONTRACT:
        exported = folder / "proto" / name
        assert exported.read_text() == (PROTO / name).read_text()
    written = {path.stem: path.read_text() for path in (folder / "schemas").iterdir()}
    assert written == {key.hex(): text for key, text in CODEC.texts.items()}
    for path in re.findall(r"`([\w/]+\.(?:py|go|java|ts|json))`", _page(folder)):
        assert list(folder.rglob(path)), path
    assert run("kit", str(folder)).returncode == Exit.USAGE


def _page(folder: Path) -> str:
    return (folder / "README.md").read_text(encoding="utf-8")
