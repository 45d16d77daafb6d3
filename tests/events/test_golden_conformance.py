"""FORMAT.md, its worked example and its vectors say what the code does."""

from __future__ import annotations

import json
import re
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from events import avro
from events.avro import MalformedError, Reader
from events.codec import fingerprint, schema_text
from events.entry import MAX_ENTRY_BYTES, MemoryState
from events.log import Accepted, VoidReason
from tests.support.avro_specification import canonical_form, crc_64_avro

TEXT = files("events").joinpath("FORMAT.md").read_text(encoding="utf-8")
GOLDEN = Path(__file__).parents[1] / "golden"
LOG: dict[str, Any] = json.loads((GOLDEN / "conformance.json").read_bytes())
ACCEPTED = [kept for kept in LOG["records"] if kept["verdict"] == "accepted"]


def test_every_vector_gets_its_verdict_in_order() -> None:
    state = MemoryState(LOG["registry"])
    for vector in LOG["records"]:
        verdict = state.apply(bytes.fromhex(vector["record"]))
        if isinstance(verdict, Accepted):
            said = ("accepted", verdict.position, verdict.hash.hex())
            kept = (vector["verdict"], vector["position"], vector["hash"])
            assert said == kept, vector["note"]
        else:
            assert str(verdict.reason) == vector["verdict"], vector["note"]


def test_the_vectors_reach_every_reason_but_the_size() -> None:
    """A record of more than 524 288 bytes would be a megabyte of text."""
    first: dict[str, Any] = json.loads((GOLDEN / "acceptance.json").read_bytes())
    reached = {kept["verdict"] for kept in (*LOG["records"], *first["records"])}
    assert reached == {*VoidReason, "accepted"} - {VoidReason.TOO_LARGE}


@pytest.mark.parametrize("number", [0, 1])
def test_the_worked_example_is_the_first_entries_of_the_vectors(number: int) -> None:
    block = re.findall(r"```hex\n(.*?)```", TEXT, re.DOTALL)[number]
    spelled = "".join(line.split()[0] for line in block.splitlines())
    assert spelled == ACCEPTED[number]["record"]
    assert f"`{ACCEPTED[number]['hash']}`" in TEXT.replace("\n", " ")
    assert f"{len(spelled) // 2} bytes" in TEXT


def test_the_rules_name_every_reason_in_the_order_of_acceptance() -> None:
    rules = TEXT.partition("## Acceptance")[2].partition("## Contents")[0]
    assert re.findall(r"\| `(\w+)` \|$", rules, re.MULTILINE) == list(VoidReason)
    assert f"{MAX_ENTRY_BYTES:,}".replace(",", " ") in rules


def test_the_fingerprints_it_names_are_computed_as_it_says() -> None:
    row = r"^\| `([\"{].*)` \| `(\w{16})` \|$"
    for form, key in re.findall(row, TEXT, re.MULTILINE):
        assert crc_64_avro(form).hex() == key
    for name in ("Record", "Frame"):
        assert f"| that of `{name}.v1.avsc` | `{_fingerprint(name)}` |" in TEXT


def test_the_schema_of_announcements_is_written_out() -> None:
    for name in ("SchemaAdopted", "RulesAdopted"):
        form = canonical_form(json.loads(schema_text(name)))
        assert f"| `{form}` | `{_fingerprint(name)}` |" in TEXT


@pytest.mark.parametrize(
    ("value", "spelled"),
    [
        (0, "00"),
        (-1, "01"),
        (1, "02"),
        (-64, "7f"),
        (64, "8001"),
        (8192, "808001"),
        ((1 << 63) - 1, "feffffffffffffffff01"),
        (-(1 << 63), "ffffffffffffffffff01"),
    ],
)
def test_the_longs_it_shows_are_read_and_written_so(value: int, spelled: str) -> None:
    assert avro.long(value).hex() == spelled
    assert Reader(bytes.fromhex(spelled)).long() == value
    assert f"`{spelled}`" in TEXT


@pytest.mark.parametrize("fault", ["8000", "ffffffffffffffffff02", "80" * 10 + "01"])
def test_the_faulty_longs_it_shows_are_malformed(fault: str) -> None:
    with pytest.raises(MalformedError):
        Reader(bytes.fromhex(fault)).long()


@pytest.mark.parametrize("name", ["Record", "Frame", "Body", "EventHeader"])
def test_its_tables_list_the_fields_in_the_order_of_the_schema(name: str) -> None:
    found = _record(json.loads(schema_text("Record")), name) or _record(
        json.loads(schema_text("Frame")), name
    )
    assert found is not None
    tables = TEXT.partition("## A record")[2]
    places = [tables.index(f"`{field['name']}`") for field in found["fields"]]
    if name == "EventHeader":  # its fingerprint is not the one that stands above it
        table = tables.partition("An **EventHeader**")[2]
        places = [table.index(f"| `{field['name']}` |") for field in found["fields"]]
    assert places == sorted(places)


def _fingerprint(name: str) -> str:
    return fingerprint(schema_text(name)).hex()


def _record(schema: Any, name: str) -> dict[str, Any] | None:  # noqa: ANN401  parsed JSON
    """Return the record type of a name, wherever the schema defines it."""
    if isinstance(schema, list):
        found = [_record(part, name) for part in schema]
        return next((part for part in found if part), None)
    if not isinstance(schema, dict):
        return None
    if schema.get("name") == name and "fields" in schema:
        return schema
    inner = [*(f["type"] for f in schema.get("fields", ())), schema.get("items")]
    return _record([*inner, schema["type"]], name)
