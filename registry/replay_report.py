"""Replay reports: the whole log folded anew, compared with the live answers, and kept.

What lives here: `ReplayReports`, one report at a time in a thread of its own. What
never does: folding and comparing (`projections.rebuild`), switching to what it built.

A report says which release, rules and fold numbers folded which head, and for each
projection the digests of live and replayed rows and the children that differ. It is
kept as evidence when it is whole, as two files that nobody writes again:

    <folder>/<n>.json    the report, canonical JSON
    <folder>/<n>.note    its SHA-256, signed by the log's keys where the node has any:

        childregistry/replay-report/v1
        <origin>
        <n>
        <base64 of the SHA-256 of the report>

A node that stops gives a report up; the next may be begun anew.
"""

from __future__ import annotations

import hashlib
import os
import threading
import time
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from importlib.metadata import version
from pathlib import Path
from sqlite3 import Error as SqliteError
from typing import Any, Final

import orjson

from events.files import sync_folder
from events.log import Log, LogError
from projections.files import ProjectionError, remove
from projections.rebuild import (
    Built,
    NotComparableError,
    RebuildCancelledError,
    Told,
    build,
    compare,
)
from projections.view import Projection
from registry.pack import LawPack
from registry.publisher import Publisher

MARK: Final = "childregistry/replay-report/v1"
REPORTS: Final = "reports"
_JSON: Final = orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE


class ReportState(StrEnum):
    """Where a report is."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A report: how far it is, and once it is done its bytes and their signed digest.

    `note` is empty where the node holds no key; `failure` says why there is no report.
    """

    number: int
    state: ReportState
    position: int = 0
    head: int = 0
    content: bytes = b""
    note: bytes = b""
    failure: str = ""


class ReplayReports:
    """The reports of a node, kept in a folder; safe to ask from any thread."""

    def __init__(
        self,
        folder: Path,
        log: Log,
        projections: Sequence[Projection],
        publisher: Publisher | None,
        law: LawPack,
    ) -> None:
        self._law = law
        self._folder = folder
        self._kept = folder / REPORTS
        self._log = log
        self._projections = projections
        self._publisher = publisher
        self._lock = threading.Lock()
        self._current: Report | None = None
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None

    def create(self) -> Report:
        """Begin a report, or return the one under way."""
        with self._lock:
            current = self._current
            if current is not None and current.state is ReportState.RUNNING:
                return current
            number = max([0, *self.numbers(), current.number if current else 0]) + 1
            begun = Report(number=number, state=ReportState.RUNNING)
            self._current = begun
            self._thread = threading.Thread(target=self._run, name="replay report")
            self._thread.start()
            return begun

    def get(self, number: int) -> Report | None:
        """Return a report, kept or under way; None where there is none."""
        current = self._current
        if current is not None and current.number == number:
            return current
        path = self._kept / f"{number}.json"
        if not path.exists():
            return None
        return Report(
            number=number,
            state=ReportState.DONE,
            content=path.read_bytes(),
            note=path.with_suffix(".note").read_bytes(),
        )

    def numbers(self) -> list[int]:
        """Return the numbers of the kept reports, in order."""
        stems = (path.stem for path in self._kept.glob("*.json"))
        return sorted(int(stem) for stem in stems if stem.isdecimal())

    def close(self) -> None:
        """Give up what is under way."""
        self._closing.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        report = self._current
        assert report is not None  # noqa: S101  set before the thread began
        try:
            content = self._made(report.number)
            note = self._signed(report.number, content)
            self._keep(report.number, content, note)
            done = replace(
                self._current or report,
                state=ReportState.DONE,
                content=content,
                note=note,
            )
        except (ProjectionError, LogError, OSError, SqliteError) as error:
            failure = f"{type(error).__name__}: {error}"
            done = replace(report, state=ReportState.FAILED, failure=failure)
        self._current = done

    def _made(self, number: int) -> bytes:
        began = time.time_ns()
        # The head that is signed now: what is replayed covers it.
        note = b"" if self._publisher is None else self._publisher.note or b""
        built = build(self._folder, self._projections, self._log, self._tell)
        try:
            compared = [self._compared(one) for one in built]
        finally:
            for one in built:
                remove(one.path)
        told = {
            "number": number,
            "registry": self._log.registry,
            "release": version("childregistry"),
            "rules": {
                "number": self._law.rules.number,
                "sha256": self._law.digest.hex(),
            },
            "signed_head": note.decode(),
            "began_ns": began,
            "ended_ns": time.time_ns(),
            "projections": compared,
            "equal": all(one["equal"] for one in compared),
        }
        return orjson.dumps(told, option=_JSON)

    def _compared(self, built: Built) -> dict[str, Any]:
        told: dict[str, Any] = {
            "name": built.projection.name,
            "fold": built.projection.fold,
            "stopped": None if built.stopped is None else str(built.stopped),
        }
        try:
            found = compare(built, self._log)
        except NotComparableError as error:
            return told | {"equal": False, "why": str(error)}
        return told | {
            "position": found.checkpoint.position,
            "hash": found.checkpoint.hash.hex(),
            "live": found.live,
            "replayed": found.new,
            "equal": found.equal and built.stopped is None,
            "different": list(found.different),
        }

    def _tell(self, told: Told) -> bool:
        report = self._current
        assert report is not None  # noqa: S101  the one that is made
        self._current = replace(report, position=told.position, head=told.head)
        return not self._closing.is_set()

    def _signed(self, number: int, content: bytes) -> bytes:
        if self._publisher is None:
            return b""
        digest = b64encode(hashlib.sha256(content).digest()).decode()
        text = f"{MARK}\n{self._log.registry}\n{number}\n{digest}\n".encode()
        return self._publisher.keys.sign(text, self._log.head().position)

    def _keep(self, number: int, content: bytes, note: bytes) -> None:
        if self._closing.is_set():
            raise RebuildCancelledError
        self._kept.mkdir(parents=True, exist_ok=True)
        # The report last: where it is, it is whole and its note is there.
        for name, told in ((f"{number}.note", note), (f"{number}.json", content)):
            aside = self._kept / f"{name}.part"
            with aside.open("wb") as file:
                file.write(told)
                file.flush()
                os.fsync(file.fileno())
            aside.rename(self._kept / name)
        sync_folder(self._kept)
