"""What every call has: a deadline, a caller, and one way of ending badly.

What lives here: the decorator that turns errors into statuses, the deadline, and the
caller's identity. What never does: a method of the contract.
"""

from __future__ import annotations

import asyncio
import functools
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from typing import Any, TypeVar

import grpc
from google.protobuf.message import DecodeError

from registry.identity import (
    Certificate,
    Identities,
    NotAnOperatorError,
    SubmitterUnknownError,
    certificate_of,
    claimed,
    claimed_operator,
)
from registry.refusal import InvalidError
from registry.services.errors import status_of
from registry.submission import Submitter

DEFAULT_DEADLINE_S = 30.0
"""For a caller who names none."""
MAX_DEADLINE_S = 120.0
"""Nobody holds a place in the queue for longer."""

PACKAGE = "/childregistry.v1."
FORWARDED = "childregistry-certificate-bin"
"""The certificate that a reader of this node was shown, when it gives a call on."""
PEER_SERVICE = PACKAGE + "PeerService/"
ADMIN_SERVICE = PACKAGE + "AdminService/"

Context = grpc.aio.ServicerContext[Any, Any]
Request = TypeVar("Request")
Response = TypeVar("Response")
Service = TypeVar("Service")
Method = Callable[[Service, Request, Context], Awaitable[Response]]


class Undecodable:
    """Stands for bytes that are no message, so that they are answered like the rest."""


def undecoded(_method: str, handler: Any) -> Any:  # noqa: ANN401  the transport's own
    """Give a method `Undecodable` where the transport would say UNKNOWN."""
    decode = handler.request_deserializer
    if decode is None:  # given on as it came
        return handler

    def decoded(content: bytes) -> Any:  # noqa: ANN401  any message
        try:
            return decode(content)
        except DecodeError:
            return Undecodable()

    return handler._replace(request_deserializer=decoded)


def encoded(_method: str, handler: Any) -> Any:  # noqa: ANN401  the transport's own
    """Let a method give messages that are bytes already."""
    encode = handler.response_serializer
    if encode is None:  # given on as it came
        return handler

    def given(message: Any) -> bytes:  # noqa: ANN401  any message
        return message if isinstance(message, bytes) else encode(message)

    return handler._replace(response_serializer=given)


class Known:
    """Ends every call of ours by whom no identity is mapped to: reads tell of children.

    Without identities, on loopback, nobody can be told from another and all may ask.
    `peers` are the SHA-256 of the certificates that may call PeerService besides, as
    operators may call AdminService.
    """

    def __init__(
        self, identities: Identities | None, peers: Collection[bytes | None] = ()
    ) -> None:
        self._identities = identities
        self._peers = peers

    def __call__(self, method: str, handler: Any) -> Any:  # noqa: ANN401  the transport's own
        """Wrap a method's behaviour."""
        known = self._identities
        if known is None:
            return handler
        if handler.request_streaming:
            stream = _streamed(handler.stream_stream, known)
            return handler._replace(stream_stream=stream)
        if handler.response_streaming:
            stream = _streamed(handler.unary_stream, known)
            return handler._replace(unary_stream=stream)
        besides: Collection[bytes | None] = ()
        if method.startswith(PEER_SERVICE):
            besides = self._peers
        elif method.startswith(ADMIN_SERVICE):
            besides = known.operators
        single = _single(handler.unary_unary, known, besides)
        return handler._replace(unary_unary=single)


def _single(inner: Any, known: Identities, besides: Collection[bytes | None]) -> Any:  # noqa: ANN401  a behaviour
    async def admitted(request: Any, context: Context) -> Any:  # noqa: ANN401  any message
        await _admit(context, known, besides)
        return await inner(request, context)

    return admitted


def _streamed(inner: Any, known: Identities) -> Any:  # noqa: ANN401  a behaviour
    async def admitted(request: Any, context: Context) -> AsyncIterator[Any]:  # noqa: ANN401  any message
        ends = await _admit(context, known)
        async for message in inner(request, context):
            if time.time() >= ends:  # a stream outlives what opened it
                await _admit(context, known)
            yield message

    return admitted


async def _admit(
    context: Context, known: Identities, besides: Collection[bytes | None] = ()
) -> float:
    """End a call by nobody; return until when its caller is somebody."""
    ends = 0.0
    try:
        shown = certificate(context)
        ends = shown.ends
        if shown.fingerprint not in besides:
            known.known(shown.fingerprint)
    except SubmitterUnknownError as error:
        await context.abort_with_status(status_of(error))
    return ends


def answering(method: Method[Service, Request, Response]) -> Any:  # noqa: ANN401  as generated
    """End a call with the status of the error that its method raised."""

    @functools.wraps(method)
    async def answered(service: Service, request: Request, context: Context) -> Any:  # noqa: ANN401  as generated
        try:
            if isinstance(request, Undecodable):
                raise InvalidError("message", "is one of the contract's")  # noqa: TRY301  told like any other
            return await method(service, request, context)
        except (asyncio.CancelledError, grpc.aio.AbortError):
            raise
        except Exception as error:  # noqa: BLE001  every error becomes a status
            status = status_of(error)
        await context.abort_with_status(status)
        return None

    return answered


def streaming(method: Any) -> Any:  # noqa: ANN401  as generated
    """Do the same for a method that gives a stream."""

    @functools.wraps(method)
    async def answered(service: Any, request: Any, context: Context) -> Any:  # noqa: ANN401  as generated
        try:
            if isinstance(request, Undecodable):
                raise InvalidError("message", "is one of the contract's")  # noqa: TRY301  told like any other
            async for message in method(service, request, context):
                yield message
        except (asyncio.CancelledError, grpc.aio.AbortError):
            raise
        except Exception as error:  # noqa: BLE001  every error becomes a status
            status = status_of(error)
        else:
            return
        await context.abort_with_status(status)

    return answered


def deadline(context: Context) -> float:
    """Return until when an answer is of use, as a value of `time.monotonic()`."""
    left = context.time_remaining()
    if left is None:
        left = DEFAULT_DEADLINE_S
    return time.monotonic() + min(left, MAX_DEADLINE_S)


def is_forwarded(context: Context) -> bool:
    """Whether a call came by the socket that only readers of this node can reach."""
    return context.peer().startswith("unix:")


def submitter(context: Context, identities: Identities | None) -> Submitter:
    """Return who calls. Raises SubmitterUnknownError.

    `identities` is None without TLS: then the caller's own word is taken as such.
    """
    if identities is None:
        return claimed(
            [(key, value) for key, value in context.invocation_metadata() or ()]
        )
    return identities.known(certificate(context).fingerprint)


def operator(context: Context, identities: Identities | None) -> str:
    """Return the name of the operator who calls.

    Raises NotAnOperatorError, and SubmitterUnknownError as `certificate` does.
    """
    if identities is None:
        return claimed_operator(
            [(key, value) for key, value in context.invocation_metadata() or ()]
        )
    name = identities.operators.get(certificate(context).fingerprint)
    if name is None:
        message = "no operator is known by the certificate"
        raise NotAnOperatorError(message)
    return name


def certificate(context: Context) -> Certificate:
    """Return the certificate that the caller showed.

    The handshake judged it, perhaps long ago; its end is judged at every call. Raises
    SubmitterUnknownError where there is none, it does not parse, or it has expired.
    """
    shown = context.auth_context().get("x509_pem_cert", ())
    if is_forwarded(context):
        metadata = context.invocation_metadata() or ()
        shown = [
            value
            for key, value in metadata
            if key == FORWARDED and isinstance(value, bytes)
        ]
    for pem in shown:
        return certificate_of(pem, time.time())
    message = "no certificate was presented"
    raise SubmitterUnknownError(message)
