"""A file that keeps the place of a reader: whole, on disk, or as it was before."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any


def load(path: Path) -> dict[str, Any]:
    """Return what was kept; nothing where nothing was."""
    if not path.exists():
        return {}
    kept: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return kept


def keep(path: Path, told: dict[str, Any]) -> None:
    """Keep it; durable on return."""
    scratch = path.with_name(f"{path.name}.next")
    with scratch.open("w", encoding="utf-8") as out:
        json.dump(told, out)
        out.flush()
        os.fsync(out.fileno())
    scratch.replace(path)
