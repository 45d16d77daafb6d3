"""The vectors of the format: a reader in any language gives these verdicts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson

from events.entry import MemoryState
from events.log import Accepted

VECTORS: dict[str, Any] = orjson.loads(
    (Path(__file__).parents[1] / "golden" / "acceptance.json").read_bytes()
)


def test_every_vector_gets_its_verdict_in_order() -> None:
    state = MemoryState(VECTORS["registry"])
    for vector in VECTORS["records"]:
        verdict = state.apply(bytes.fromhex(vector["record"]))
        if isinstance(verdict, Accepted):
            said = ("accepted", verdict.position, verdict.hash.hex())
            assert said == (vector["verdict"], vector["position"], vector["hash"])
        else:
            assert str(verdict.reason) == vector["verdict"], vector["note"]
