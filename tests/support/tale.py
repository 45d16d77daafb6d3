"""A tale told over gRPC by all who have a part in it, and what holds in the end.

Each act is submitted by its own office, and the warnings that the law has are demanded
where it is told. What is asked is asked as a court would. At the end of every tale each
duty is done, breached or somebody's, the projections are what a fold from the first
entry gives, after each entry, and the same submissions sent again change nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import grpc

from childregistry.v1 import care_service_pb2 as care
from childregistry.v1 import coordination_service_pb2 as coordination
from childregistry.v1 import custody_service_pb2 as custody
from childregistry.v1 import docket_service_pb2 as docket
from childregistry.v1 import duty_service_pb2 as duty
from childregistry.v1 import types_pb2
from events.document import Document
from events.guardianship import Office
from projections.runner import PROJECTIONS
from registry.commands import Command
from registry.sources import Sources
from tests.projections.test_oracle import rebuilt_digest
from tests.support.maintained import holds_after_every
from tests.support.record import AUTHORITY
from tests.support.server import Client, Running, details, served
from tests.support.stories import CASE, CHILD
from tests.support.telling import day as on

PLACE = "cn-320312"
PAPER = Document(sha256=bytes(32), media_type="application/pdf", size=900)
ENDED = {duty.MATTER_STATUS_DONE, duty.MATTER_STATUS_BREACHED}

__all__ = ["PAPER", "PLACE", "Tale", "on", "tale"]


@dataclass
class Tale:
    """A registry that is served, and what was told to it so far."""

    running: Running
    stack: ExitStack
    told: list[tuple[Command, Office, str, Any]] = field(default_factory=list)
    clients: dict[tuple[str, str], Client] = field(default_factory=dict)

    def by(self, office: Office, authority: str = "") -> Client:
        """Return the channel of an office."""
        who = (authority or AUTHORITY[office], office.value)
        if who not in self.clients:
            self.clients[who] = self.stack.enter_context(self.running.client(*who))
        return self.clients[who]

    def tell(
        self,
        office: Office,
        command: Command,
        *warned: str,
        authority: str = "",
        refused: bool = False,
    ) -> Any:  # noqa: ANN401  a receipt
        """Submit an act; the warnings are demanded, no more and no fewer."""
        key = f"{authority} {command!r}"
        receipt = self.by(office, authority).submit(command, key)
        assert receipt.HasField("refused") is refused, receipt.refused
        found = sorted({one.reason for one in receipt.warnings})
        assert found == sorted(warned), found
        self.told.append((command, office, authority, receipt))
        return receipt

    def refused(self, office: Office, command: Command) -> tuple[str, list[str], str]:
        """Submit what is refused by law: the reason, the articles, what instead."""
        found = self.tell(office, command, refused=True).refused
        return found.reason, list(found.articles), found.instead

    def wrong(self, office: Office, command: Command) -> str:
        """Submit what contradicts the record: the field that is named."""
        try:
            self.by(office).submit(command, f"wrong {command!r}")
        except grpc.RpcError as error:
            (fault,) = details(error)["BadRequest"].field_violations
            return str(fault.field)
        message = "was taken"
        raise AssertionError(message)

    def asked(self, method: str, request: Any, day: str, known: int | None) -> Any:  # noqa: ANN401  any message
        """Ask as the court does, for a day and as known at a position."""
        request.as_of.date = day
        if known is not None:
            request.as_of.position = known
        return self.by(Office.COURT).called(method, request)

    def hands(self, day: str, child: str = CHILD, known: int | None = None) -> set[str]:
        """Return to whom a child may be handed."""
        request = custody.GetCustodyRequest(child=child)
        found = self.asked("GetCustody", request, day, known).custody
        return {holder.id for holder in found.hand_over_to}

    def status(self, day: str, child: str = CHILD, known: int | None = None) -> str:
        """Return the short answer of custody."""
        request = custody.GetCustodyRequest(child=child)
        found = self.asked("GetCustody", request, day, known).custody.status
        return types_pb2.Status.Name(found).removeprefix("STATUS_").lower()

    def classes(
        self, day: str, child: str = CHILD, known: int | None = None
    ) -> dict[str, Any]:
        """Return a child's classes, by scheme and name."""
        request = duty.ClassifyChildRequest(child=child)
        found = self.asked("ClassifyChild", request, day, known).classes
        return {f"{one.scheme}: {one.name}": one for one in found}

    def matters(
        self, day: str, child: str = CHILD, known: int | None = None
    ) -> duty.ListMattersResponse:
        """Return all that is or was owed to a child."""
        request = duty.ListMattersRequest(child=child, ended_too=True, page_size=1_000)
        found: duty.ListMattersResponse = self.asked("ListMatters", request, day, known)
        return found

    def matter(self, stream: str, day: str, child: str = CHILD) -> Any:  # noqa: ANN401  a matter
        """Return one matter about a child."""
        found = self.matters(day, child).matters
        return next(one for one in found if one.stream == stream)

    def holder(self, stream: str, day: str, child: str = CHILD) -> str:
        """Return who has a matter; empty where nobody has."""
        return str(self.matter(stream, day, child).holder.id)

    def lines(self, day: str, child: str = CHILD) -> list[coordination.StoryLine]:
        """Return a child's timeline over all departments."""
        request = coordination.ListStoryRequest(child=child, page_size=1_000)
        return list(self.asked("ListStory", request, day, None).lines)

    def begun(self, day: str, child: str = CHILD) -> int:
        """Return the version of the child's last temporary arrangement."""
        started = "TemporaryArrangementStarted"
        return max(one.version for one in self.lines(day, child) if one.what == started)

    def marks(self, day: str, child: str = CHILD) -> set[tuple[str, str]]:
        """Return what the timeline marks: stream and mark."""
        lines = self.lines(day, child)
        return {(one.stream, mark) for one in lines for mark in one.marks}

    def workload(self, day: str) -> dict[str, tuple[int, int]]:
        """Return what is open and overdue in the place, by department."""
        request = coordination.ListWorkloadRequest(jurisdiction=PLACE)
        found = self.asked("ListWorkload", request, day, None).workloads
        return {one.department: (one.open, one.overdue) for one in found}

    def application(self, case: str = CASE) -> docket.Application:
        """Return a case as the court's docket has it."""
        request = docket.GetApplicationRequest(case=case)
        found: docket.Application = (
            self.by(Office.COURT).called("GetApplication", request).application
        )
        return found

    def file(self, case: str = CASE) -> list[str]:
        """Return the types of the facts of a case's file, in its order."""
        request = docket.GetCaseFileRequest(case=case, page_size=1_000)
        found = self.by(Office.COURT).called("GetCaseFile", request).facts
        return [fact.type for fact in found]

    def guarantees(self, day: str, child: str = CHILD) -> list[care.GuaranteeAccount]:
        """Return how a child's guarantees were kept."""
        request = care.ListGuaranteesRequest(child=child)
        return list(self.asked("ListGuarantees", request, day, None).guarantees)

    def ends(self, day: str, *children: str) -> None:
        """Hold what holds at the end of every tale."""
        for child in children or (CHILD,):
            self._nothing_is_nobodys(day, child)
        registry = self.running.registry
        entries = registry.log.read(0, registry.log.head().position)
        for projection in PROJECTIONS:
            kept = getattr(registry, projection.name).digest()
            assert kept == rebuilt_digest(projection, entries), projection.name
        with TemporaryDirectory() as folder:
            holds_after_every(entries, Path(folder))
        head = registry.log.head()
        for command, office, authority, receipt in self.told:
            key = f"{authority} {command!r}"
            again = self.by(office, authority).submit(command, key)
            assert again.repeated
            again.repeated = False
            assert again == receipt
        assert registry.log.head() == head

    def _nothing_is_nobodys(self, day: str, child: str) -> None:
        for one in self.matters(day, child).matters:
            kind = one.stream.partition("/")[0]
            if kind in {"duty", "referral", "complaint"}:
                assert one.status in ENDED or one.holder.id, one.stream
                assert not one.orphan


@contextmanager
def tale(folder: Path, given: Sources | None = None) -> Iterator[Tale]:
    """Serve a registry of its own for a tale."""
    with served(folder, given) as running, ExitStack() as stack:
        yield Tale(running, stack)
