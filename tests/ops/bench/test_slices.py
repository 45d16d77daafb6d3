"""Slices of a processor are refused by name where the kernel does not give them."""

from pathlib import Path

import pytest

from ops.bench import slices as room
from ops.bench.slices import NoSlicesError, slices


def test_without_the_controller_there_are_no_slices(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    missing = tmp_path / "cpu"
    monkeypatch.setattr(room, "CONTROLLER", missing)
    with pytest.raises(NoSlicesError, match=str(missing)), slices(0.5):
        pytest.fail("nothing was made")
