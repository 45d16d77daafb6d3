"""The other nodes of a registry: who they are, and calls to them.

What lives here: what the configuration says of a peer, the channels to all of them
and `PeerService.Forward` as a client. What never does: whom to ask
(`registry.forwarding`), answers to peers (`registry.services.peers`).

A peer is known by its certificate in both directions: it is the only root that its
channel trusts, and its SHA-256 is how a call of it is told from anybody else's.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import grpc
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from childregistry.v1 import peer_service_pb2 as pb
from childregistry.v1 import types_pb2
from childregistry.v1.peer_service_pb2_grpc import PeerServiceStub
from events.entry import Provenance
from registry.forwarding import DECLINED, UNKNOWN, Done, Kind, Outcome
from registry.submission import Submission
from registry.wire import CODEC

MAX_FORWARDED = 64
"""Submissions in one call: a group of the writer."""
MAX_CALL_BYTES = 524_288
"""Of one call: the largest entry, and half of what a server takes."""
RECONNECT_MS = 250
"""The longest pause between attempts to reach a peer: it is missed for no longer."""
GRACE_S = 0.1
"""For a transport that does not end a call at its deadline by itself."""
REFUSED_S = 60.0
"""A peer that does not list this node is asked again so late: a person mends it."""
_REFUSALS = {
    grpc.StatusCode.PERMISSION_DENIED,
    grpc.StatusCode.UNAUTHENTICATED,
    grpc.StatusCode.UNIMPLEMENTED,
    grpc.StatusCode.INVALID_ARGUMENT,
}
"""What a peer says before it has looked at any submission: nothing was written."""
KINDS = {
    Kind.RECORDED: pb.ForwardedOutcome.KIND_RECORDED,
    Kind.MOVED: pb.ForwardedOutcome.KIND_MOVED,
    Kind.DECLINED: pb.ForwardedOutcome.KIND_DECLINED,
    Kind.UNKNOWN: pb.ForwardedOutcome.KIND_UNKNOWN,
}
"""The outcomes in the contract's words."""
_SAID = {number: kind for kind, number in KINDS.items()}


log = logging.getLogger(__name__)


class PeersError(Exception):
    """The configuration of the peers is wrong: says which and why."""


@dataclass(frozen=True)
class Peer:
    """A node that may forward to this one, and be forwarded to.

    `certificate` is a file in PEM; None without TLS.
    """

    node: str
    address: str
    certificate: Path | None = None

    @cached_property
    def pem(self) -> bytes | None:
        """Return the certificate. Raises PeersError."""
        if self.certificate is None:
            return None
        try:
            return self.certificate.read_bytes()
        except OSError as error:
            message = f"peer {self.node}: {error}"
            raise PeersError(message) from error

    @cached_property
    def fingerprint(self) -> bytes | None:
        """Return the SHA-256 of the certificate. Raises PeersError."""
        if self.pem is None:
            return None
        try:
            found = x509.load_pem_x509_certificate(self.pem)
        except ValueError as error:
            message = f"peer {self.node}: {self.certificate} is no certificate in PEM"
            raise PeersError(message) from error
        return found.fingerprint(hashes.SHA256())


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """What this node shows to a peer: its key and certificate chain, in PEM."""

    key: bytes
    chain: bytes


class Channels:
    """Channels to all peers, in one event loop; `forward` may come from any thread."""

    def __init__(
        self, registry: str, node: str, peers: Sequence[Peer], own: Pair | None
    ) -> None:
        self._registry = registry
        self._node = node
        self._loop = asyncio.get_running_loop()
        self._channels = {peer.node: _channel(peer, own) for peer in peers}
        self._ready: dict[str, bool] = {}
        self._refused_until: dict[str, float] = {}
        self._tasks = {
            asyncio.create_task(self._watch(name, channel))
            for name, channel in self._channels.items()
        }

    def ready(self, node: str) -> bool:
        """Whether a listed node can be asked at once."""
        refused = time.monotonic() < self._refused_until.get(node, 0.0)
        return self._ready.get(node, False) and not refused

    def forward(
        self,
        node: str,
        submissions: Sequence[tuple[Submission, float]],
        timeout_s: float,
        done: Done,
    ) -> int:
        """Ask a node to append submissions, as `registry.forwarding.Peers` says."""
        request = pb.ForwardRequest(registry=self._registry, node=self._node)
        size = 0
        for submission, left_s in submissions[:MAX_FORWARDED]:
            message = forwarded(submission, left_s)
            size += message.ByteSize()
            if size > MAX_CALL_BYTES:
                break
            request.submissions.append(message)
        count = len(request.submissions)
        if count:
            try:
                self._loop.call_soon_threadsafe(
                    self._start, node, request, timeout_s, done
                )
            except RuntimeError:  # the loop has ended: nothing was sent
                return 0
        return count

    async def close(self) -> None:
        """End what is under way, and let go of the channels."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for channel in self._channels.values():
            await channel.close()

    def _start(
        self, node: str, request: pb.ForwardRequest, timeout_s: float, done: Done
    ) -> None:
        task = asyncio.create_task(self._call(node, request, timeout_s, done))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _call(
        self, node: str, request: pb.ForwardRequest, timeout_s: float, done: Done
    ) -> None:
        count = len(request.submissions)
        outcomes: Sequence[Outcome] = [UNKNOWN] * count
        try:
            stub: Any = PeerServiceStub(self._channels[node])
            async with asyncio.timeout(timeout_s + GRACE_S):
                answer = await stub.Forward(request, timeout=timeout_s)
            if len(answer.outcomes) == count:
                outcomes = [_heard(found) for found in answer.outcomes]
        except grpc.aio.AioRpcError as error:
            if error.code() in _REFUSALS:
                outcomes = [DECLINED] * count
                self._refused_until[node] = time.monotonic() + REFUSED_S
                log.warning("peer %s refuses what is forwarded: %s", node, error.code())
        except TimeoutError:
            log.info("peer %s did not answer soon", node)
        finally:
            done(outcomes)

    async def _watch(self, node: str, channel: grpc.aio.Channel) -> None:
        while True:
            state = channel.get_state(try_to_connect=True)
            self._ready[node] = state is grpc.ChannelConnectivity.READY
            await channel.wait_for_state_change(state)


def forwarded(submission: Submission, left_s: float) -> pb.ForwardedSubmission:
    """Return a submission in the contract's words."""
    schema, command = CODEC.encode(submission.command)
    provenance = list(Provenance).index(submission.provenance) + 1
    message = pb.ForwardedSubmission(
        request_id=submission.request_id,
        schema=schema,
        command=command,
        provenance=types_pb2.Provenance.ValueType(provenance),
        cause=submission.cause,
        within_ms=max(0, int(left_s * 1000)),
    )
    by = submission.submitter
    if by.authentication.fingerprint is not None:
        message.certificate = by.authentication.fingerprint
    else:
        message.claimed.authority = by.authority
        message.claimed.office = by.office
    return message


def _heard(found: pb.ForwardedOutcome) -> Outcome:
    """Return what a peer answered; what is no answer is unknown."""
    kind = _SAID.get(found.kind, Kind.UNKNOWN)
    return Outcome(kind, found.position, found.repeated)


def _channel(peer: Peer, own: Pair | None) -> grpc.aio.Channel:
    options = [
        ("grpc.initial_reconnect_backoff_ms", RECONNECT_MS),
        ("grpc.min_reconnect_backoff_ms", RECONNECT_MS),
        ("grpc.max_reconnect_backoff_ms", RECONNECT_MS),
        # A call is never sent twice by the transport: a lost one is doubt, and ours.
        ("grpc.enable_retries", 0),
    ]
    if own is None:
        return grpc.aio.insecure_channel(peer.address, options)
    credentials = grpc.ssl_channel_credentials(
        root_certificates=peer.pem,
        private_key=own.key,
        certificate_chain=own.chain,
    )
    return grpc.aio.secure_channel(peer.address, credentials, options)


@asynccontextmanager
async def channels(
    registry: str, node: str, peers: Sequence[Peer], own: Pair | None
) -> AsyncIterator[Channels]:
    """Keep channels to peers until the block ends. Raises PeersError."""
    made = Channels(registry, node, peers, own)
    try:
        yield made
    finally:
        await made.close()
