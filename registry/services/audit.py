"""AuditService: heads, proofs, voids, samples and replays, for those who trust nobody.

What lives here: translation, and the limits of a page. What never does: proofs
(`events.proof`), folds (`projections`). What reads many files or entries runs in
threads of its own, so that neither submissions nor answers wait for an auditor.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any, TypeVar

from google.protobuf.timestamp_pb2 import Timestamp

from childregistry.v1 import audit_service_pb2 as pb
from childregistry.v1.audit_service_pb2_grpc import AuditServiceServicer
from childregistry.v1.submission_service_pb2 import EventRef
from events.frame import decode_record
from events.heads import FixedHead
from events.log import Log
from events.notes import decimal, text_of
from events.proof import prove_consistency, prove_inclusion
from events.receipts import Proof
from events.sample import METHOD, draw
from events.tree import EvidenceError, TreeHead, leaf_text
from projections.history import Retold, retell
from projections.opened import unreadable
from projections.runner import PROJECTIONS
from registry.bootstrap import Registry
from registry.form import check_id
from registry.refusal import InvalidError, NotKnownError
from registry.replay_report import ReplayReports, Report
from registry.services.call import Context, answering, streaming
from registry.services.custody import custody_message
from registry.stamper import STAMPS, newest_stamp

PAGE = 100
MAX_PAGE = 1_000
MIN_SEED, MAX_SEED = 16, 256
MAX_SAMPLE = 1_000
THREADS = 2
"""Two auditors' long questions at a time; others wait for their turn."""

Result = TypeVar("Result")


class AuditService(AuditServiceServicer):
    """Answers from the heads log, the tiles, the log and the projections."""

    def __init__(self, registry: Registry) -> None:
        self._log = registry.log
        self._publisher = registry.publisher
        self._heads = registry.heads
        self._custody = registry.custody
        self._runner = registry.runner
        self._stamps = registry.data_dir / STAMPS
        self._reports = ReplayReports(
            registry.data_dir,
            registry.log,
            PROJECTIONS,
            registry.publisher,
            registry.law,
        )
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="audit")

    @answering
    async def GetTreeHead(  # noqa: N802  the contract's name
        self, request: pb.GetTreeHeadRequest, context: Context
    ) -> pb.GetTreeHeadResponse:
        """Return a signed head."""
        del context
        size = request.size if request.HasField("size") else None
        head = await self._in_thread(lambda: self._head(size, "size"))
        return pb.GetTreeHeadResponse(head=self._message(head))

    @answering
    async def ListTreeHeads(  # noqa: N802  the contract's name
        self, request: pb.ListTreeHeadsRequest, context: Context
    ) -> pb.ListTreeHeadsResponse:
        """List the signed heads in order."""
        del context
        after, size = _after(request.page_token), _page(request.page_size)

        def listed() -> list[FixedHead]:
            newest = self._newest()
            assert self._heads is not None  # noqa: S101  whoever publishes has them
            found = self._heads.heads(after, size + 1)
            return [h for h in found if h.checkpoint.head.size <= newest.size]

        heads = await self._in_thread(listed)
        token = str(heads[size - 1].number) if len(heads) > size else ""
        return pb.ListTreeHeadsResponse(
            heads=[self._message(head) for head in heads[:size]],
            next_page_token=token,
        )

    @answering
    async def GetInclusionProof(  # noqa: N802  the contract's name
        self, request: pb.GetInclusionProofRequest, context: Context
    ) -> pb.GetInclusionProofResponse:
        """Prove that an entry is in a signed tree."""
        del context
        return await self._in_thread(lambda: self._included(request))

    @answering
    async def GetConsistencyProof(  # noqa: N802  the contract's name
        self, request: pb.GetConsistencyProofRequest, context: Context
    ) -> pb.GetConsistencyProofResponse:
        """Prove that one signed tree continues another."""
        del context
        return await self._in_thread(lambda: self._continued(request))

    @answering
    async def ListVoids(  # noqa: N802  the contract's name
        self, request: pb.ListVoidsRequest, context: Context
    ) -> pb.ListVoidsResponse:
        """List what this node read and did not accept."""
        del context
        after, size = _after(request.page_token), _page(request.page_size)
        found = await self._in_thread(lambda: self._log.voids(after, size + 1))
        token = str(found[size - 1].number) if len(found) > size else ""
        voids = [
            pb.Void(
                number=void.number,
                offset=void.offset,
                reason=void.reason,
                kind=void.kind,
                after_position=void.after_position,
                size_bytes=void.size,
            )
            for void in found[:size]
        ]
        return pb.ListVoidsResponse(voids=voids, next_page_token=token)

    @answering
    async def SampleEvents(  # noqa: N802  the contract's name
        self, request: pb.SampleEventsRequest, context: Context
    ) -> pb.SampleEventsResponse:
        """Return the entries that a seed draws."""
        del context
        if not MIN_SEED <= len(request.seed) <= MAX_SEED:
            raise InvalidError("seed", f"has {MIN_SEED} to {MAX_SEED} characters")
        if not 0 < request.count <= MAX_SAMPLE:
            raise InvalidError("count", f"is 1 to {MAX_SAMPLE}")
        return await self._in_thread(lambda: self._sampled(request))

    @streaming
    async def ReplayHistory(  # noqa: N802  the contract's name
        self, request: pb.ReplayHistoryRequest, context: Context
    ) -> AsyncIterator[pb.ReplayHistoryResponse]:
        """Fold a child's history anew, and compare each answer with the live one."""
        del context
        check_id(request.child, "child")
        day, known_at = _day(request.date), self._runner.applied()
        steps = retell(self._log, self._custody, request.child, day, known_at)
        differences = 0
        while True:
            step = await self._in_thread(lambda: next(steps, None))
            if step is None:
                break
            differences += not step.equal
            yield pb.ReplayHistoryResponse(step=_step(step))
            last = step
        if not steps.count:
            resource = f"children/{request.child}"
            raise NotKnownError(resource).as_of(known_at)
        summary = pb.ReplayHistoryResponse.Summary(
            entries=steps.count,
            digest=last.digest,
            differences=differences,
            known_at=known_at,
        )
        yield pb.ReplayHistoryResponse(summary=summary)

    @answering
    async def ListQuarantined(  # noqa: N802  the contract's name
        self, request: pb.ListQuarantinedRequest, context: Context
    ) -> pb.ListQuarantinedResponse:
        """List the entries that cannot be read, with the children they concern."""
        del context
        after, size = _after(request.page_token), _page(request.page_size)
        found = await self._in_thread(self._custody.quarantined)
        page = found[after : after + size]
        more = str(after + size) if len(found) > after + size else ""
        entries = await self._in_thread(
            lambda: [
                pb.Quarantined(
                    position=position,
                    child=child,
                    reason=unreadable(*self._log.read(position - 1, 1)),
                )
                for position, child in page
            ]
        )
        return pb.ListQuarantinedResponse(entries=entries, next_page_token=more)

    @answering
    async def CreateReplayReport(  # noqa: N802  the contract's name
        self, request: pb.CreateReplayReportRequest, context: Context
    ) -> pb.CreateReplayReportResponse:
        """Begin a replay of the whole log, or return the one under way."""
        del request, context
        report = await self._in_thread(self._reports.create)
        return pb.CreateReplayReportResponse(report=_report(report))

    @answering
    async def GetReplayReport(  # noqa: N802  the contract's name
        self, request: pb.GetReplayReportRequest, context: Context
    ) -> pb.GetReplayReportResponse:
        """Return a report, kept or under way."""
        del context
        report = await self._in_thread(lambda: self._reports.get(request.number))
        if report is None:
            resource = f"replayReports/{request.number}"
            raise NotKnownError(resource).as_of(self._runner.applied())
        return pb.GetReplayReportResponse(report=_report(report))

    @answering
    async def ListReplayReports(  # noqa: N802  the contract's name
        self, request: pb.ListReplayReportsRequest, context: Context
    ) -> pb.ListReplayReportsResponse:
        """List the numbers of the kept reports."""
        del request, context
        numbers = await self._in_thread(self._reports.numbers)
        return pb.ListReplayReportsResponse(numbers=numbers)

    def close(self) -> None:
        """Let the last questions end; a report under way is given up."""
        self._reports.close()
        self._pool.shutdown()

    async def _in_thread(self, work: Callable[[], Result]) -> Result:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._pool, work)

    def _included(self, request: pb.GetInclusionProofRequest) -> Any:  # noqa: ANN401  a message
        fixed = self._head(request.size or None, "size")
        head, position = fixed.checkpoint.head, request.position
        if position < 1:
            raise InvalidError("position", "is 1 or more")
        if position > head.size:
            resource = f"entries/{position}"
            raise NotKnownError(resource).as_of(head.size)
        assert self._publisher is not None  # noqa: S101  there is a head
        path = prove_inclusion(self._publisher.tree(head.size), position, head.size)
        (stored,) = self._log.read(position - 1, 1)
        message = self._message(fixed)
        proof = Proof(position=position, path=tuple(path), note=message.note)
        return pb.GetInclusionProofResponse(
            leaf=leaf_text(position, stored.hash),
            path=path,
            head=message,
            tlog_proof=proof.text,
        )

    def _continued(self, request: pb.GetConsistencyProofRequest) -> Any:  # noqa: ANN401  a message
        first = self._head(request.first_size, "first_size")
        second = self._head(request.second_size or None, "second_size")
        sizes = [head.checkpoint.head.size for head in (first, second)]
        if sizes[0] > sizes[1]:
            raise InvalidError("first_size", "is not above second_size")
        assert self._publisher is not None  # noqa: S101  there is a head
        hashes = prove_consistency(self._publisher.tree(sizes[1]), *sizes)
        return pb.GetConsistencyProofResponse(
            hashes=hashes, first=self._message(first), second=self._message(second)
        )

    def _sampled(self, request: pb.SampleEventsRequest) -> Any:  # noqa: ANN401  a message
        fixed = self._head(request.size or None, "size")
        size = fixed.checkpoint.head.size
        assert self._publisher is not None  # noqa: S101  there is a head
        tree, seed = self._publisher.tree(size), request.seed.encode()
        entries = [
            pb.SampledEntry(
                position=drawn.position,
                ticket=drawn.ticket,
                frame=frame_of(self._log, drawn.position),
            )
            for drawn in draw(tree, size, seed, request.count)
        ]
        return pb.SampleEventsResponse(
            entries=entries, method=METHOD, head=self._message(fixed)
        )

    def _newest(self) -> TreeHead:
        head = None if self._publisher is None else self._publisher.head
        if head is None:
            resource = "treeHeads/newest"
            raise NotKnownError(resource).as_of(0)
        return head

    def _head(self, size: int | None, field: str) -> FixedHead:
        """Return the signed head of a size, the newest where none is given."""
        newest = self._newest()
        wanted = newest.size if size is None else size
        if wanted < 0:
            raise InvalidError(field, "is not negative")
        assert self._heads is not None  # noqa: S101  whoever publishes has them
        # What was fixed and not published yet was not signed yet, for anyone.
        found = self._heads.of_size(wanted) if wanted <= newest.size else None
        if found is None:
            resource = f"treeHeads/{wanted}"
            raise NotKnownError(resource).as_of(newest.size)
        return found

    def _message(self, fixed: FixedHead) -> pb.TreeHead:
        """Return a head: the newest as published, others signed again.

        Signed again they are the same bytes as the first time, without witnesses.
        """
        publisher = self._publisher
        assert publisher is not None  # noqa: S101  there is a head
        head, text, note = fixed.checkpoint.head, fixed.checkpoint.text, publisher.note
        if note is None or text_of(note) != text:
            note = publisher.keys.sign(text, head.size)
        stamped = newest_stamp(self._stamps, head.size)
        return pb.TreeHead(
            number=fixed.number,
            size=head.size,
            root=head.root,
            note=note,
            time_stamp=None
            if stamped is None
            else pb.TimeStamp(size=stamped[0], answer=stamped[1]),
        )


def frame_of(log: Log, position: int) -> bytes:
    """Return the frame of an entry, without its bodies."""
    (stored,) = log.read(position - 1, 1)
    return decode_record(stored.record).frame


def _report(report: Report) -> pb.ReplayReport:
    return pb.ReplayReport(
        number=report.number,
        state=pb.ReplayReport.State.Value(f"STATE_{report.state.name}"),
        position=report.position,
        head=report.head,
        content=report.content,
        note=report.note,
        failure=report.failure,
    )


def _step(step: Retold) -> pb.ReplayHistoryResponse.Step:
    recorded_at = Timestamp()
    recorded_at.FromMicroseconds(step.frame.recorded_at)
    return pb.ReplayHistoryResponse.Step(
        position=step.position,
        hash=step.hash,
        recorded_at=recorded_at,
        events=[
            EventRef(
                position=step.position,
                index=index,
                type=header.type,
                stream=header.stream,
                version=header.version,
                urgent=header.urgent,
            )
            for index, header in enumerate(step.frame.events)
        ],
        custody=None if step.answer is None else custody_message(step.answer),
        equal=step.equal,
    )


def _page(size: int) -> int:
    if size < 0:
        raise InvalidError("page_size", "is not negative")
    return min(size or PAGE, MAX_PAGE)


def _after(token: str) -> int:
    if not token:
        return 0
    try:
        return decimal(token, "page_token")
    except EvidenceError as error:
        raise InvalidError("page_token", "is a token of the page before") from error


def _day(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or day.isoformat() != text:
        raise InvalidError("date", "is a date of the form YYYY-MM-DD")
    return day
