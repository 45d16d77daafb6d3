"""The kit's consumers as programs: built once with the machine's own toolchains.

What lives here: how each language is built and called. What never does: running them.
A build lies in the cache folder under a digest of its sources.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from ops.cache import kept

ROOT: Final = Path(__file__).resolve().parents[2]
KIT: Final = ROOT / "ops" / "kit"
PROTO: Final = ROOT / "proto"
CONTRACT: Final = (
    "childregistry/v1/event_service.proto",
    "childregistry/v1/subscription_service.proto",
)
GO_PACKAGE: Final = "childregistry.example/kit/pb/childregistry/v1"
TOOLS: Final[Mapping[str, tuple[str, ...]]] = {
    "python": (),
    "go": ("go",),
    "java": ("java", "javac", "mvn"),
    "typescript": ("node", "npm"),
}
"""What each language of the kit needs on the path."""
BUILD_S: Final = 540
_MADE: Final = {"node_modules", "dist", "target", "pb", "__pycache__"}


class ToolchainMissingError(Exception):
    """A language's tools, or what it fetches, cannot be had on this machine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """One language's consumers: the beginnings of three commands."""

    language: str
    grpc: tuple[str, ...]
    kafka: tuple[str, ...]
    vectors: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)


def missing(language: str) -> list[str]:
    """Return which tools of a language are not on this machine."""
    return [tool for tool in TOOLS[language] if shutil.which(tool) is None]


def program(language: str, cache: Path) -> Program:
    """Return a language's consumers, built. Raises ToolchainMissingError."""
    if lacking := missing(language):
        message = f"{' and '.join(lacking)} not found"
        raise ToolchainMissingError(message)
    match language:
        case "python":
            return _python()
        case "go":
            return _go(_kit(language, cache, _build_go))
        case "java":
            return _java(_kit(language, cache, _build_java))
        case _:
            return _typescript(_kit(language, cache, _build_typescript))


def _python() -> Program:
    command = (sys.executable, "-m")
    path = os.pathsep.join((str(KIT / "python"), str(PROTO)))
    return Program(
        language="python",
        grpc=(*command, "bureau.from_grpc"),
        kafka=(*command, "bureau.from_kafka"),
        vectors=(*command, "bureau.vectors"),
        environment={"PYTHONPATH": path},
    )


def _go(folder: Path) -> Program:
    return Program(
        language="go",
        grpc=(str(folder / "bin" / "fromgrpc"),),
        kafka=(str(folder / "bin" / "fromkafka"),),
        vectors=(str(folder / "bin" / "vectors"),),
    )


def _java(folder: Path) -> Program:
    classes = f"{folder}/target/classes:{folder}/target/jars/*"
    small = ("-Xmx128m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")
    command = ("java", *small, "-cp", classes)
    return Program(
        language="java",
        grpc=(*command, "kit.FromGrpc"),
        kafka=(*command, "kit.FromKafka"),
        vectors=(*command, "kit.Vectors"),
    )


def _typescript(folder: Path) -> Program:
    return Program(
        language="typescript",
        grpc=("node", str(folder / "dist" / "fromGrpc.js")),
        kafka=("node", str(folder / "dist" / "fromKafka.js")),
        vectors=("node", str(folder / "dist" / "vectors.js")),
        environment={"CHILDREGISTRY_PROTO": str(PROTO)},
    )


def _build_go(folder: Path) -> None:
    """Generate the contract with the plugins that go.mod pins, and build."""
    ran(folder, ("go", "install", "-mod=readonly", "tool"), GOBIN=str(folder / "bin"))
    (folder / "pb").mkdir()
    named = ",".join(f"M{one}={GO_PACKAGE}" for one in CONTRACT)
    options = f"paths=source_relative,{named}"
    protoc = [sys.executable, "-m", "grpc_tools.protoc", f"-I{PROTO}"]
    for plugin in ("go", "go-grpc"):
        protoc += [
            f"--plugin=protoc-gen-{plugin}=bin/protoc-gen-{plugin}",
            f"--{plugin}_out=pb",
            f"--{plugin}_opt={options}",
        ]
    ran(folder, (*protoc, *CONTRACT))
    ran(folder, ("go", "vet", "-mod=readonly", "./..."))
    ran(folder, ("go", "build", "-mod=readonly", "-o", "bin", "./cmd/..."))


def _build_java(folder: Path) -> None:
    ran(folder, ("mvn", "-q", "-B", f"-Dproto={PROTO}", "package"))


def _build_typescript(folder: Path) -> None:
    ran(folder, ("npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"))
    ran(folder, ("npm", "run", "build"))


def _kit(language: str, cache: Path, build: Callable[[Path], None]) -> Path:
    contract = b"".join((PROTO / one).read_bytes() for one in CONTRACT)
    return built(KIT / language, cache, build, contract)


def built(
    source: Path, cache: Path, build: Callable[[Path], None], needed: bytes = b""
) -> Path:
    """Return a folder of sources, copied and built; `needed` is what else it rests on.

    Raises ToolchainMissingError.
    """
    digest = hashlib.sha256(needed)
    for path in sorted(source.rglob("*")):
        if path.is_file() and not _MADE & set(path.relative_to(source).parts):
            digest.update(str(path.relative_to(source)).encode() + path.read_bytes())

    def copied(folder: Path) -> None:
        shutil.copytree(source, folder, ignore=shutil.ignore_patterns(*_MADE))
        build(folder)

    room, name = source.parts[-2:]
    return kept(cache / f"{room}-{name}-{digest.hexdigest()[:16]}", copied)


def ran(folder: Path, command: tuple[str, ...], **environment: str) -> None:
    """Run a step of a build in its folder. Raises ToolchainMissingError."""
    done = subprocess.run(  # noqa: S603  commands of constants
        command,
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=BUILD_S,
        check=False,
    )
    if done.returncode != 0:
        said = (done.stdout + done.stderr)[-2_000:]
        message = f"{' '.join(command[:3])}: {said}"
        raise ToolchainMissingError(message)
