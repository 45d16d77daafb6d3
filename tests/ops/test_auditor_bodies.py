"""Bodies under any schema of the format: canonical to both auditors, or to neither.

One reads them by an Avro library and writes them again, the other walks their bytes.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import Any

import orjson
from hypothesis import event, given, settings
from hypothesis import strategies as st

from events import avro
from events.codec import fingerprint
from events.entry import MemoryState
from events.registry import SchemaAdopted
from tests.support.audited import STARTED, agree_on, faults, stream
from tests.support.judge import Auditor
from tests.support.records import own_entry, with_event
from tests.support.registry import ORIGIN

LONGS = st.integers(avro.MIN_LONG, avro.MAX_LONG) | st.integers(-70, 70)


@st.composite
def schemas(draw: st.DrawFn, depth: int = 3, *, nullable: bool = True) -> Any:  # noqa: ANN401  JSON
    """Return a schema of the format, without the names of its types."""
    kinds = ["long", "int", "string", "bytes", "boolean", "enum", "fixed"]
    kinds += ["array", "record"] if depth else []
    kinds += ["null", "or null"] if depth and nullable else []
    kind = draw(st.sampled_from(kinds))
    match kind:
        case "enum":
            return {"type": kind, "symbols": ["A", "B", "C"]}
        case "fixed":
            return {"type": kind, "size": draw(st.integers(1, 4))}
        case "array":
            return {"type": kind, "items": draw(schemas(depth - 1, nullable=False))}
        case "record":
            parts = draw(st.lists(schemas(depth - 1), max_size=3))
            fields = [{"name": f"f{n}", "type": part} for n, part in enumerate(parts)]
            fields.append({"name": "last", "type": "boolean"})  # a byte at least
            return {"type": kind, "fields": fields}
        case "or null":
            return ["null", draw(schemas(depth - 1, nullable=False))]
    return kind


def named(schema: Any, numbers: Iterator[int]) -> Any:  # noqa: ANN401  JSON
    """Return a schema whose types have names, each its own."""
    if isinstance(schema, list):
        return [named(branch, numbers) for branch in schema]
    if not isinstance(schema, dict):
        return schema
    told = {key: named(value, numbers) for key, value in schema.items()}
    if schema["type"] in ["enum", "fixed", "record"]:
        told["name"] = f"t{next(numbers)}"
    return told


@st.composite
def bodies(draw: st.DrawFn, schema: Any) -> bytes:  # noqa: ANN401, PLR0911  JSON; a return for a type
    """Return canonical bytes of a value."""
    match schema:
        case "null":
            return b""
        case "boolean":
            return avro.boolean(draw(st.booleans()))
        case "int":
            return avro.long(draw(st.integers(-(1 << 31), (1 << 31) - 1)))
        case "long":
            return avro.long(draw(LONGS))
        case "string":
            return avro.string(draw(st.text(max_size=4)))
        case "bytes":
            return avro.sized(draw(st.binary(max_size=4)))
        case ["null", other]:
            there = draw(st.booleans())
            return avro.optional(draw(bodies(other)) if there else None)
        case {"type": "enum"}:
            return avro.long(draw(st.integers(0, 2)))
        case {"type": "fixed", "size": size}:
            return draw(st.binary(min_size=size, max_size=size))
        case {"type": "array", "items": items}:
            return avro.array(draw(st.lists(bodies(items), max_size=3)))
    return b"".join(draw(bodies(field["type"])) for field in schema["fields"])


@st.composite
def changed(draw: st.DrawFn, content: bytes) -> bytes:
    """Return a body as it is, with a byte changed, cut, or longer."""
    at = draw(st.integers(0, len(content)))
    return draw(
        st.sampled_from(
            [
                content,
                content[:at],
                content + b"\x00",
                content[:at] + bytes([draw(st.integers(0, 255))]) + content[at + 1 :],
                content[:at] + b"\x80\x00" + content[at + 1 :],
            ]
        )
    )


@settings(STARTED, max_examples=400)
@given(st.data())
def test_a_body_is_canonical_to_both_or_to_neither(
    auditor: Auditor, data: st.DataObject
) -> None:
    schema = named(data.draw(schemas()), count())
    right = data.draw(bodies(schema))
    content = data.draw(changed(right))
    text = orjson.dumps(schema).decode()
    key = fingerprint(text)
    state = MemoryState(ORIGIN)
    records = [own_entry(state, SchemaAdopted(fingerprint=key, text=text))]
    records.append(with_event(own_entry(state), "Told", key, content))
    wrong = faults(agree_on(auditor, stream(records)))
    assert wrong in ([], ["entry 2, event 1"])
    assert wrong == [] or content != right
    event("wrong" if wrong else "right")
