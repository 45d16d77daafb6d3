"""The kit's vectors are those of this release: by its rule, made again byte by byte."""

from __future__ import annotations

import base64
import json

from events.published_rule import PUBLIC_KINDS, PUBLIC_TYPES, parse_rule
from ops.kit_vectors import FILE, NUMBERS, written


def test_the_file_is_what_the_command_writes() -> None:
    assert FILE.read_text(encoding="utf-8") == written()


def test_every_topic_opens_with_the_rule_that_a_topic_has_by_default() -> None:
    for topic in json.loads(FILE.read_text(encoding="utf-8"))["topic"]:
        opened = base64.b64decode(topic["records"][0]["value"]).decode()
        rule = parse_rule(opened)
        assert (rule.kinds, rule.types) == (PUBLIC_KINDS, PUBLIC_TYPES)
        assert rule.registry == NUMBERS.registry
        assert rule.partitions == topic["partitions"]
        assert topic["expected"]
        assert {type_ for _, _, type_, _ in topic["expected"]} <= PUBLIC_TYPES
