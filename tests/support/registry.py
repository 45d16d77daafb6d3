"""A real registry in a folder, with a clock that moves by itself and fixed salts."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID, uuid5

from events.entry import Authentication, AuthenticationKind, Provenance
from events.guardianship import Office
from events.timeline import Holder, HolderKind
from registry.bootstrap import (
    Config,
    KafkaConfig,
    Registry,
    SigningConfig,
    open_registry,
)
from registry.commands import Command
from registry.receipt import Receipt
from registry.sources import Sources
from registry.submission import Submission, Submitter

SPACE = UUID("6f0d1c52-3c1e-5e0a-9d65-0f2f5d1f7a11")
ORIGIN = "registry.example/cn-320300"
TIMEOUT_S = 10.0


def person(who: str) -> Holder:
    return Holder(kind=HolderKind.PERSON, id=child_id(who))


def body(name: str) -> Holder:
    return Holder(kind=HolderKind.BODY, id=name)


def child_id(who: str) -> str:
    return str(uuid5(SPACE, who))


def sources() -> Sources:
    ticks = itertools.count(1_700_000_000_000_000, 1_000)
    return Sources(clock=lambda: next(ticks), salt=lambda: bytes(16))


@contextmanager
def opened(
    folder: Path,
    given: Sources | None = None,
    kafka: KafkaConfig | None = None,
    node: str = "tongshan-1",
    signing: SigningConfig | None = None,
) -> Iterator[Registry]:
    config = Config(
        data_dir=folder, registry=ORIGIN, node=node, kafka=kafka, signing=signing
    )
    with open_registry(config, given or sources()) as registry:
        yield registry


def submission(
    command: Command,
    request: str,
    authority: str = "tongshan-court",
    office: Office = Office.COURT,
    *,
    validate_only: bool = False,
) -> Submission:
    return Submission(
        submitter=Submitter(
            authority=authority,
            office=office,
            authentication=Authentication(
                kind=AuthenticationKind.CLAIMED, fingerprint=None
            ),
        ),
        request_id=str(uuid5(SPACE, request)),
        command=command,
        provenance=Provenance.LIVE,
        cause="",
        validate_only=validate_only,
    )


def submit(registry: Registry, asked: Submission) -> Receipt:
    future = registry.writer.submit(asked, time.monotonic() + TIMEOUT_S)
    receipt = future.result(TIMEOUT_S)
    registry.runner.wait(receipt.position, TIMEOUT_S)
    return receipt
