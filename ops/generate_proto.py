"""Generate the contract's Python from its .proto files, beside them.

What lives here: one call of protoc, with the types that mypy reads. What never does:
edits of what it wrote; a test compares that with the sources.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1] / "proto"


def generate(into: Path = ROOT) -> None:
    """Write the generated modules. Raises CalledProcessError where protoc refuses."""
    sources = sorted(str(path) for path in ROOT.rglob("*.proto"))
    services = [source for source in sources if source.endswith("_service.proto")]
    _protoc(into, ("python", "mypy"), sources)
    _protoc(into, ("grpc_python", "mypy_grpc"), services)


def _protoc(into: Path, outputs: tuple[str, ...], sources: list[str]) -> None:
    subprocess.run(  # noqa: S603  our own interpreter and sources
        [
            sys.executable,
            "-m",
            "grpc_tools.protoc",
            f"--proto_path={ROOT}",
            *(f"--{output}_out={into}" for output in outputs),
            *sources,
        ],
        check=True,
        stderr=subprocess.DEVNULL,
        # The plugins for types stand beside the interpreter.
        env={"PATH": str(Path(sys.executable).parent)},
    )


if __name__ == "__main__":
    generate()
