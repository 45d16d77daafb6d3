"""The server: what the contract's services run in.

What lives here: building, limiting, securing and draining the grpc.aio server. What
never does: a method of the contract.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import (
    AbstractAsyncContextManager,
    AsyncExitStack,
    asynccontextmanager,
)
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from childregistry.v1 import (
    admin_service_pb2,
    audit_service_pb2,
    care_service_pb2,
    coordination_service_pb2,
    custody_service_pb2,
    docket_service_pb2,
    duty_service_pb2,
    event_service_pb2,
    guardian_service_pb2,
    limits_service_pb2,
    peer_service_pb2,
    submission_service_pb2,
    subscription_service_pb2,
)
from childregistry.v1.admin_service_pb2_grpc import add_AdminServiceServicer_to_server
from childregistry.v1.audit_service_pb2_grpc import add_AuditServiceServicer_to_server
from childregistry.v1.care_service_pb2_grpc import add_CareServiceServicer_to_server
from childregistry.v1.coordination_service_pb2_grpc import (
    add_CoordinationServiceServicer_to_server,
)
from childregistry.v1.custody_service_pb2_grpc import (
    add_CustodyServiceServicer_to_server,
)
from childregistry.v1.docket_service_pb2_grpc import add_DocketServiceServicer_to_server
from childregistry.v1.duty_service_pb2_grpc import add_DutyServiceServicer_to_server
from childregistry.v1.event_service_pb2_grpc import add_EventServiceServicer_to_server
from childregistry.v1.guardian_service_pb2_grpc import (
    add_GuardianServiceServicer_to_server,
)
from childregistry.v1.limits_service_pb2_grpc import add_LimitServiceServicer_to_server
from childregistry.v1.peer_service_pb2_grpc import add_PeerServiceServicer_to_server
from childregistry.v1.submission_service_pb2_grpc import (
    add_SubmissionServiceServicer_to_server,
)
from childregistry.v1.subscription_service_pb2_grpc import (
    add_SubscriptionServiceServicer_to_server,
)
from registry.beside import Beside, Door, Forwarding
from registry.bootstrap import Registry
from registry.forwarding import Nobody
from registry.identity import Identities, is_loopback
from registry.named_beside import NamesBeside, NamesDoor
from registry.peers import Pair, Peer, channels
from registry.rebuilds import Rebuilds
from registry.services.admin import AdminService
from registry.services.arrivals import Arrivals
from registry.services.audit import AuditService
from registry.services.call import Known, encoded, undecoded
from registry.services.care import CareService
from registry.services.coordination import CoordinationService
from registry.services.custody import CustodyService
from registry.services.docket import DocketService
from registry.services.duties import DutyService
from registry.services.events import EventService
from registry.services.guardians import GuardianService
from registry.services.limits import LimitService
from registry.services.methods import Methods
from registry.services.named import Named
from registry.services.peers import PeerService
from registry.services.question import Questions
from registry.services.reads import Reads
from registry.services.submission import SubmissionService
from registry.services.subscriptions import SubscriptionService
from registry.subscribed import Subscribed

MAX_REQUEST_BYTES = 1_048_576
"""Twice the largest entry: what is larger cannot be recorded anyway."""
MAX_CALLS = 2_000
"""Calls under way before new ones are turned away: memory stays bounded."""
PING_S = 60.0
"""How long a connection says nothing until it is asked whether it is still there."""
PONG_S = 60.0
"""How long the answer may take, behind what is on its way on a slow line; then the
connection's calls end as if it had been closed."""
DRAIN_S = 10.0
"""How long calls under way may go on after a stop was asked."""
_SERVICES = tuple(
    descriptor.services_by_name[name]
    for descriptor, name in (
        (submission_service_pb2.DESCRIPTOR, "SubmissionService"),
        (custody_service_pb2.DESCRIPTOR, "CustodyService"),
        (event_service_pb2.DESCRIPTOR, "EventService"),
        (audit_service_pb2.DESCRIPTOR, "AuditService"),
        (duty_service_pb2.DESCRIPTOR, "DutyService"),
        (care_service_pb2.DESCRIPTOR, "CareService"),
        (limits_service_pb2.DESCRIPTOR, "LimitService"),
        (subscription_service_pb2.DESCRIPTOR, "SubscriptionService"),
        (docket_service_pb2.DESCRIPTOR, "DocketService"),
        (coordination_service_pb2.DESCRIPTOR, "CoordinationService"),
        (guardian_service_pb2.DESCRIPTOR, "GuardianService"),
        (peer_service_pb2.DESCRIPTOR, "PeerService"),
        (admin_service_pb2.DESCRIPTOR, "AdminService"),
    )
)
NAMES = tuple(service.full_name for service in _SERVICES)
"""The services, as health and reflection name them."""
STREAMING = frozenset(
    f"/{method.containing_service.full_name}/{method.name}"
    for service in _SERVICES
    for method in service.methods
    if method.server_streaming
)
"""The methods whose answers are streams."""


class InsecureError(Exception):
    """Without TLS a server listens on loopback only, and so do its peers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tls:
    """Files in PEM: our key and chain, and the authority that signs our clients."""

    key: Path
    chain: Path
    clients: Path
    identities: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Listen:
    """Where the server listens, `host:port`; port 0 takes a free one.

    `door` is the socket at which a keeper's own processes reach it, `unix:path` in a
    folder of its own; `shared` is a port at which several of them listen.
    """

    address: str
    tls: Tls | None = None
    door: str = ""
    shared: bool = False
    peers: tuple[Peer, ...] = ()


@dataclass(frozen=True, slots=True)
class Serving:
    """A running server and the port that it has."""

    server: grpc.aio.Server
    port: int


@asynccontextmanager
async def serving(registry: Registry, listen: Listen) -> AsyncIterator[Serving]:
    """Serve a registry until the block ends; then drain.

    Raises InsecureError, IdentitiesError, PeersError, OSError where a file or the
    port cannot be had.
    """
    identities, server, methods = _server(listen)
    reads = Reads(registry.log, registry.runner)
    audit = AuditService(registry)
    add_AuditServiceServicer_to_server(audit, methods)
    rebuilds = Rebuilds(registry.config)
    admin = AdminService(rebuilds, identities)
    add_AdminServiceServicer_to_server(admin, methods)
    arrivals = Arrivals(registry.log)
    named = _add_services(methods, registry, reads, arrivals, identities)
    forwarded = PeerService(
        registry.log.registry, registry.writer, listen.peers, identities
    )
    add_PeerServiceServicer_to_server(forwarded, methods)

    def stop() -> None:
        forwarded.stop()
        arrivals.stop()

    if listen.door:
        door = (Door(reads.end), NamesDoor(named, identities))
        methods.add_generic_rpc_handlers(door)
        server.add_insecure_port(listen.door)
    try:
        async with (
            _forwarding(registry, listen),
            _started(server, listen, stop) as running,
        ):
            yield running
    finally:
        await asyncio.to_thread(reads.close)
        await asyncio.to_thread(arrivals.close)
        await asyncio.to_thread(audit.close)
        await asyncio.to_thread(rebuilds.close)


def reading(beside: Beside, listen: Listen) -> AbstractAsyncContextManager[Serving]:
    """Serve questions beside a keeper, and give it what is no question.

    Raises what `serving` does.
    """
    return _beside(beside, listen, feed=False)


def feeding(beside: Beside, listen: Listen) -> AbstractAsyncContextManager[Serving]:
    """Serve the feed beside a keeper, out of its file; all else as a reader does.

    Raises what `serving` does.
    """
    return _beside(beside, listen, feed=True)


@asynccontextmanager
async def _beside(
    beside: Beside, listen: Listen, *, feed: bool
) -> AsyncIterator[Serving]:
    identities, server, methods = _server(listen)
    reads = Reads(beside.log, beside.runner)
    _add_questions(methods, beside, reads)
    async with AsyncExitStack() as stack:
        keeper = await stack.enter_async_context(grpc.aio.insecure_channel(listen.door))
        stack.push_async_callback(asyncio.to_thread, reads.close)
        stop: Callable[[], None] = _nothing
        if feed:
            arrivals = Arrivals(beside.log)
            stack.push_async_callback(asyncio.to_thread, arrivals.close)
            names = NamesBeside(keeper, Subscribed(beside.log), arrivals)
            events = EventService(beside.log, reads, arrivals, names, identities)
            add_EventServiceServicer_to_server(events, methods)
            stop = arrivals.stop
        methods.add_generic_rpc_handlers((Forwarding(keeper, STREAMING),))
        yield await stack.enter_async_context(_started(server, listen, stop))


def _nothing() -> None:
    """Stop nothing: a reader's calls end by themselves."""


def _server(listen: Listen) -> tuple[Identities | None, grpc.aio.Server, Any]:
    """Return whom a server knows, itself, listening nowhere yet, and its methods."""
    check_secure(listen)
    identities = None if listen.tls is None else Identities.load(listen.tls.identities)
    peers = frozenset(peer.fingerprint for peer in listen.peers)
    server = grpc.aio.server(
        maximum_concurrent_rpcs=MAX_CALLS,
        options=(
            ("grpc.max_receive_message_length", MAX_REQUEST_BYTES),
            ("grpc.so_reuseport", int(listen.shared)),
            # One client's flood of calls must not starve the others' connections.
            ("grpc.max_concurrent_streams", MAX_CALLS),
            # Without this a reader behind a network that went dead keeps his stream for
            # as long as TCP goes on trying; while nothing is sent, for ever.
            ("grpc.keepalive_time_ms", int(PING_S * 1e3)),
            ("grpc.keepalive_timeout_ms", int(PONG_S * 1e3)),
            ("grpc.http2.ping_timeout_ms", int(PONG_S * 1e3)),
            ("grpc.http2.max_pings_without_data", 0),
        ),
    )
    methods = Methods((undecoded, encoded, Known(identities, peers)))
    server.add_generic_rpc_handlers((methods,))
    return identities, server, methods


@asynccontextmanager
async def _started(
    server: grpc.aio.Server, listen: Listen, stop: Callable[[], None]
) -> AsyncIterator[Serving]:
    """Bind, start, say that it serves; at the end say so, stop, drain."""
    healthy = health.aio.HealthServicer()
    health_pb2_grpc.add_HealthServicer_to_server(healthy, server)
    reflection.enable_server_reflection(
        (*NAMES, health.SERVICE_NAME, reflection.SERVICE_NAME), server
    )
    port = _bind(server, listen)
    await server.start()
    for name in ("", *NAMES):
        await healthy.set(name, health_pb2.HealthCheckResponse.SERVING)
    try:
        yield Serving(server, port)
    finally:
        await healthy.enter_graceful_shutdown()
        stop()
        await server.stop(DRAIN_S)


def _add_questions(
    server: Any,  # noqa: ANN401  what generated code adds to
    asked: Registry | Beside,
    reads: Reads,
) -> None:
    """Add what a reader answers as the keeper does: from projections alone."""
    add_CustodyServiceServicer_to_server(
        CustodyService(asked.log, asked.custody, asked.runner, reads), server
    )
    add_LimitServiceServicer_to_server(
        LimitService(asked.log, asked.limits, asked.custody, asked.runner, reads),
        server,
    )
    add_DutyServiceServicer_to_server(
        DutyService(asked.log, asked.custody, asked.matters, asked.runner, reads),
        server,
    )
    add_DocketServiceServicer_to_server(
        DocketService(asked.log, asked.docket, asked.custody, asked.runner, reads),
        server,
    )
    add_CareServiceServicer_to_server(
        CareService(asked.log, asked.matters, asked.runner, reads), server
    )
    add_GuardianServiceServicer_to_server(
        GuardianService(
            asked.log,
            asked.custody,
            asked.barred,
            asked.docket,
            asked.wards,
            asked.runner,
            reads,
        ),
        server,
    )
    add_CoordinationServiceServicer_to_server(
        CoordinationService(
            Questions(asked.log, asked.runner, reads),
            asked.custody,
            asked.matters,
            asked.limits,
            asked.places,
        ),
        server,
    )


def check_secure(listen: Listen) -> None:
    """Raise InsecureError where somebody on the way could read or pretend."""
    if listen.tls is not None:
        return
    for address in (listen.address, *(peer.address for peer in listen.peers)):
        if not is_loopback(address):
            message = f"{address}: without TLS only loopback is served"
            raise InsecureError(message)


@asynccontextmanager
async def _forwarding(registry: Registry, listen: Listen) -> AsyncIterator[None]:
    """Have the owner of the moment append what is submitted here, until the end."""
    if not listen.peers:
        yield
        return
    tls = listen.tls
    own = None
    if tls is not None:
        own = Pair(key=tls.key.read_bytes(), chain=tls.chain.read_bytes())
    writer = registry.writer
    async with channels(registry.log.registry, writer.node, listen.peers, own) as peers:
        writer.forward_through(peers)
        try:
            yield
        finally:
            writer.forward_through(Nobody())


def _add_services(
    server: Any,  # noqa: ANN401  what generated code adds to
    registry: Registry,
    reads: Reads,
    arrivals: Arrivals,
    identities: Identities | None,
) -> Named:
    """Add what only a keeper answers, too; return where names are opened."""
    _add_questions(server, registry, reads)
    add_SubmissionServiceServicer_to_server(
        SubmissionService(registry.writer, reads, identities, registry.publisher),
        server,
    )
    named = Named(registry.log, registry.subscribed, registry.deliveries, arrivals)
    add_EventServiceServicer_to_server(
        EventService(registry.log, reads, arrivals, named, identities), server
    )
    add_SubscriptionServiceServicer_to_server(
        SubscriptionService(registry, reads, named, identities), server
    )
    return named


def _bind(server: grpc.aio.Server, listen: Listen) -> int:
    """Return the port that a server has from here on. Raises OSError."""
    try:
        if listen.tls is None:
            return server.add_insecure_port(listen.address)
        return server.add_secure_port(listen.address, _credentials(listen.tls))
    except RuntimeError as error:  # the transport's word for a port that is taken
        message = f"{listen.address}: cannot be listened at"
        raise OSError(message) from error


def _credentials(tls: Tls) -> grpc.ServerCredentials:
    return grpc.ssl_server_credentials(
        [(tls.key.read_bytes(), tls.chain.read_bytes())],
        root_certificates=tls.clients.read_bytes(),
        require_client_auth=True,
    )
