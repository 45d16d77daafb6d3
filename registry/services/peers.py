"""PeerService: what other nodes of the registry hand on to this one.

What lives here: who may forward, and what is believed of what is forwarded. What never
does: calls to peers (`registry.peers`), deciding who appends (`registry.forwarding`).

A peer is believed that a submitter came to it; who that is is looked up here, in this
node's own identities, by the certificate that the peer names. So an entry never says
`certificate` of a submitter whom this node does not know, and never `claimed` behind
TLS. What is not believed, or cannot be read, is declined: its own node decides it.
"""

from __future__ import annotations

import asyncio
import itertools
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress

from childregistry.v1 import peer_service_pb2 as pb
from childregistry.v1.peer_service_pb2_grpc import PeerServiceServicer
from events.entry import Provenance
from events.log import (
    LogClosedError,
)
from registry.commands import Command
from registry.form import check_cause, check_id
from registry.forwarding import DECLINED, NOTHING_WRITTEN, Outcome, outcome_of
from registry.identity import (
    AUTHORITY,
    OFFICE,
    Identities,
    NotAPeerError,
    SubmitterUnknownError,
    claimed,
)
from registry.peers import KINDS, MAX_FORWARDED, Peer
from registry.receipt import Receipt
from registry.refusal import InvalidError
from registry.services.call import Context, answering, certificate
from registry.services.translate import member_of
from registry.submission import (
    Submission,
    Submitter,
)
from registry.wire import CODEC
from registry.writer import Writer


class PeerService(PeerServiceServicer):
    """Lets listed peers have their submissions appended here."""

    def __init__(
        self,
        registry: str,
        writer: Writer,
        peers: Sequence[Peer],
        identities: Identities | None,
    ) -> None:
        self._registry = registry
        self._writer = writer
        self._peers: Mapping[str, Peer] = {peer.node: peer for peer in peers}
        self._identities = identities
        self._stopping = False

    def stop(self) -> None:
        """Decline whatever comes from now on: this node is going away."""
        self._stopping = True

    @answering
    async def Forward(  # noqa: N802  the contract's name
        self, request: pb.ForwardRequest, context: Context
    ) -> pb.ForwardResponse:
        """Decide and append what a peer's callers submitted."""
        self._admit(request, context)
        if not 0 < len(request.submissions) <= MAX_FORWARDED:
            raise InvalidError("submissions", f"are 1 to {MAX_FORWARDED}")
        left = context.time_remaining() or 0.0
        now = time.monotonic()
        asked = [
            self._taken(message, request.node, now, left)
            for message in request.submissions
        ]
        await _all_done([one for one in asked if one is not None])
        return pb.ForwardResponse(
            outcomes=[
                _told(DECLINED if one is None else outcome_of(one)) for one in asked
            ]
        )

    def _admit(self, request: pb.ForwardRequest, context: Context) -> None:
        """Raise NotAPeerError for anybody but a listed peer of this registry."""
        if request.registry != self._registry:
            message = "this is another registry"
            raise NotAPeerError(message)
        peer = self._peers.get(request.node)
        if peer is None:
            message = "only nodes that the configuration lists may forward"
            raise NotAPeerError(message)
        # Without TLS only loopback is served, and nobody can be told from another.
        if self._identities is None:
            return
        if certificate(context).fingerprint != peer.fingerprint:
            message = f"the certificate is not that of {peer.node}"
            raise NotAPeerError(message)

    def _taken(
        self, message: pb.ForwardedSubmission, node: str, now: float, left_s: float
    ) -> Future[Receipt] | None:
        """Queue one submission; None where nothing of it will be written here."""
        if self._stopping:
            return None
        until = now + min(left_s, message.within_ms / 1000)
        try:
            submission = self._read(message)
            return self._writer.submit(submission, until, origin=node)
        except (*NOTHING_WRITTEN, LogClosedError, SubmitterUnknownError):
            return None

    def _read(self, message: pb.ForwardedSubmission) -> Submission:
        """Return a submission as it would be had it come here.

        Raises InvalidError, SubmitterUnknownError, SchemaUnknownError,
        BodyUndecodableError.
        """
        command = CODEC.decode(message.schema, message.command)
        if not isinstance(command, Command):
            raise InvalidError("command", "is one of the contract's")
        return Submission(
            submitter=self._submitter(message),
            request_id=check_id(message.request_id, "request_id"),
            command=command,
            provenance=Provenance(
                member_of(Provenance)(message.provenance, "provenance")
            ),
            cause=check_cause(message.cause, "cause"),
            validate_only=False,
            size=message.ByteSize(),
        )

    def _submitter(self, message: pb.ForwardedSubmission) -> Submitter:
        if self._identities is not None:
            return self._identities.known(message.certificate)
        if message.WhichOneof("submitter") != "claimed":
            unknown = "without TLS nobody is known by a certificate"
            raise SubmitterUnknownError(unknown)
        said = message.claimed
        return claimed([(AUTHORITY, said.authority), (OFFICE, said.office)])


async def _all_done(futures: Sequence[Future[Receipt]]) -> None:
    """Return once all are done; the last of them wakes the loop, no other."""
    if not futures:
        return
    loop, done = asyncio.get_running_loop(), asyncio.Event()
    ended, one_at_a_time = itertools.count(1), threading.Lock()

    def count(_: object) -> None:
        with one_at_a_time:
            last = next(ended) == len(futures)
        if last:
            with suppress(RuntimeError):  # the loop has ended, and so has the call
                loop.call_soon_threadsafe(done.set)

    for future in futures:
        future.add_done_callback(count)
    await done.wait()


def _told(outcome: Outcome) -> pb.ForwardedOutcome:
    return pb.ForwardedOutcome(
        kind=KINDS[outcome.kind], position=outcome.position, repeated=outcome.repeated
    )
