"""SubmissionService: a message in, a receipt out.

What lives here: translation. What never does: decisions, waiting on threads.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp

from childregistry.v1 import submission_service_pb2 as pb
from childregistry.v1.submission_service_pb2_grpc import SubmissionServiceServicer
from events.entry import Provenance
from events.guardianship import ConflictFound
from events.promise import Promise
from events.receipts import prove
from registry.form import check_cause, check_id
from registry.identity import Identities
from registry.publisher import Publisher
from registry.receipt import Receipt
from registry.refusal import NotKnownError
from registry.services.call import Context, answering, deadline, streaming, submitter
from registry.services.importing import imported
from registry.services.reads import Reads
from registry.services.translate import command_of, member_of, message_of
from registry.submission import Submission
from registry.writer import Writer


class SubmissionService(SubmissionServiceServicer):
    """Hands submissions to the writer and its receipts back."""

    def __init__(
        self,
        writer: Writer,
        reads: Reads,
        identities: Identities | None,
        publisher: Publisher | None = None,
    ) -> None:
        self._publisher = publisher
        self._writer = writer
        self._reads = reads
        self._identities = identities

    @answering
    async def SubmitDecision(  # noqa: N802  the contract's name
        self, request: pb.SubmitDecisionRequest, context: Context
    ) -> pb.SubmitDecisionResponse:
        """Record a court's judgment."""
        return pb.SubmitDecisionResponse(receipt=await self._submit(request, context))

    @answering
    async def SubmitApplication(  # noqa: N802  the contract's name
        self, request: pb.SubmitApplicationRequest, context: Context
    ) -> pb.SubmitApplicationResponse:
        """Record an application's life before its judgment."""
        receipt = await self._submit(request, context)
        return pb.SubmitApplicationResponse(receipt=receipt)

    @answering
    async def SubmitGuardianshipChange(  # noqa: N802  the contract's name
        self, request: pb.SubmitGuardianshipChangeRequest, context: Context
    ) -> pb.SubmitGuardianshipChangeResponse:
        """Record registrations, designations, arrangements, ends, facts."""
        receipt = await self._submit(request, context)
        return pb.SubmitGuardianshipChangeResponse(receipt=receipt)

    @answering
    async def SubmitMatter(  # noqa: N802  the contract's name
        self, request: pb.SubmitMatterRequest, context: Context
    ) -> pb.SubmitMatterResponse:
        """Record reports, duties, referrals and joint meetings."""
        return pb.SubmitMatterResponse(receipt=await self._submit(request, context))

    @answering
    async def SubmitCorrection(  # noqa: N802  the contract's name
        self, request: pb.SubmitCorrectionRequest, context: Context
    ) -> pb.SubmitCorrectionResponse:
        """Take back, replace or reinstate one's own entry."""
        receipt = await self._submit(request, context)
        return pb.SubmitCorrectionResponse(receipt=receipt)

    @answering
    async def SubmitSubscription(  # noqa: N802  the contract's name
        self, request: pb.SubmitSubscriptionRequest, context: Context
    ) -> pb.SubmitSubscriptionResponse:
        """Record a subscription of the caller's own."""
        receipt = await self._submit(request, context)
        return pb.SubmitSubscriptionResponse(receipt=receipt)

    @streaming
    async def ImportSubmissions(  # noqa: N802  the contract's name
        self, rows: AsyncIterator[Any], context: Context
    ) -> AsyncIterator[pb.ImportSubmissionsResponse]:
        """Record many submissions, each with its own outcome."""
        async for outcome in imported(rows, lambda row: self._submit(row, context)):
            yield outcome

    @answering
    async def GetReceipt(  # noqa: N802  the contract's name
        self, request: pb.GetReceiptRequest, context: Context
    ) -> pb.GetReceiptResponse:
        """Return the receipt of one's own submission."""
        by = submitter(context, self._identities)
        request_id = check_id(request.request_id, "request_id")
        found = self._writer.find(by.authority, request_id)
        if found is None:  # true only of all that the log holds now
            head = await self._reads.end(deadline(context))
            found = self._writer.find(by.authority, request_id)
            if found is None:
                resource = f"receipts/{request_id}"
                raise NotKnownError(resource).as_of(head)
        proof = await asyncio.to_thread(self._proof, found.position)
        return pb.GetReceiptResponse(
            receipt=receipt_message(found, self._publisher), tlog_proof=proof
        )

    def _proof(self, position: int) -> bytes:
        """Return the proof of an entry that a head covers; else nothing."""
        publisher = self._publisher
        if publisher is None or publisher.note is None:
            return b""
        note, head = publisher.note, publisher.head
        if head is None or head.size < position:
            return b""
        return prove(publisher.tree(head.size), position, note)

    async def _submit(self, request: Any, context: Context) -> pb.Receipt:  # noqa: ANN401  any submission
        envelope = request.envelope
        submission = Submission(
            submitter=submitter(context, self._identities),
            request_id=check_id(envelope.request_id, "envelope.request_id"),
            command=command_of(request),
            provenance=_provenance(envelope.provenance),
            cause=check_cause(envelope.cause, "envelope.cause"),
            validate_only=envelope.validate_only,
            size=request.ByteSize(),
        )
        future = self._writer.submit(submission, deadline(context))
        # The caller may leave; what is on its way is not taken back by that.
        receipt = await asyncio.shield(asyncio.wrap_future(future))
        return receipt_message(receipt, self._publisher)


def receipt_message(receipt: Receipt, publisher: Publisher | None) -> pb.Receipt:
    """Return a receipt in the contract's words, signed where the node has a key."""
    recorded_at = Timestamp()
    recorded_at.FromMicroseconds(receipt.recorded_at)
    message = pb.Receipt(
        authority=receipt.authority,
        request_id=receipt.request_id,
        position=receipt.position,
        hash=receipt.hash,
        recorded_at=recorded_at,
        request_digest=receipt.request_digest,
        repeated=receipt.repeated,
        warnings=[message_of(finding) for finding in receipt.warnings],
        conflicts=[_conflict(found) for found in receipt.conflicts],
        events=[message_of(event) for event in receipt.events],
    )
    if publisher is not None and receipt.position:
        said = Promise(
            origin=publisher.keys.origin,
            position=receipt.position,
            hash=receipt.hash,
            recorded_at=receipt.recorded_at,
            request_digest=receipt.request_digest,
        )
        # Of an entry whose key is not held here any more, the proof is the receipt.
        message.note = publisher.keys.sign(said.text, said.position)
    if receipt.refused is not None:
        message.refused.reason = receipt.refused.reason
        message.refused.articles.extend(receipt.refused.articles)
        message.refused.instead = receipt.refused.instead
    return message


def _conflict(found: ConflictFound) -> pb.Conflict:
    message = pb.Conflict(
        kind=found.kind,
        source=found.source or "",
        source_on=found.source_on or "",
        court=found.court or "",
        finding=message_of(found.findings[0]),
    )
    if found.who is not None:
        message.who.CopyFrom(message_of(found.who))
    return message


def _provenance(number: int) -> Provenance:
    """Return what is said, or that it happens now where nothing is."""
    if number == 0:
        return Provenance.LIVE
    return Provenance(member_of(Provenance)(number, "envelope.provenance"))
