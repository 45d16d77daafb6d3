"""The exported kit is whole, and its document says what the topic really has."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from events.codec import fingerprint
from events.embedded import EmbeddedLog
from events.entry import Entry, open_entry
from events.published import Message, checkpoint, messages, opening
from events.published_rule import Rule
from ops.bureau_kit import asyncapi
from ops.fire.programs import PROTO
from ops.terminal import Exit
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
    rule = Rule(registry=SYNTHETIC, partitions=1, kinds=frozenset(kinds))
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
    ours = {key for key, text in CODEC.texts.items() if "childregistry.event" in text}
    commands = {
        key
        for key, text in CODEC.texts.items()
        if json.loads(text)["namespace"] != "childregistry.event"
    }
    assert found == ours - commands
    for operation in document["operations"].values():
        assert referred(document, operation["channel"]["$ref"])


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
    contract = "childregistry/v1/event_service.proto"
    assert (folder / "proto" / contract).read_text() == (PROTO / contract).read_text()
    written = {path.stem: path.read_text() for path in (folder / "schemas").iterdir()}
    assert written == {key.hex(): text for key, text in CODEC.texts.items()}
    for path in re.findall(r"`([\w/]+\.(?:py|go|java|ts|json))`", _page(folder)):
        assert list(folder.rglob(path)), path
    assert run("kit", str(folder)).returncode == Exit.USAGE


def _page(folder: Path) -> str:
    return (folder / "README.md").read_text(encoding="utf-8")
