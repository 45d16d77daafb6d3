"""A reader: a process beside the keeper that answers questions from the same files.

What lives here: opening what a keeper keeps, and the way to the keeper: calls of
methods that are not answered here, and the end of a log that others write too. What
never does: a write, a lock; reader and keeper may be killed at any moment.

The way is a socket in a folder that only the keeper's own user may enter, so a call
that comes by it is one of a reader: whom the reader knew by a certificate is told on in
metadata, and believed.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any, Final

import grpc

from events.log import LogUnavailableError, OutcomeUnknownError
from events.reading import FollowedLog
from projections.barred import Barred
from projections.custody import Custody
from projections.docket import Docket
from projections.limits import Limits
from projections.matters import Matters
from projections.places import Places
from projections.progress import Following
from projections.views import open_views
from projections.wards import Wards
from registry.bootstrap import Config
from registry.services.call import FORWARDED, PACKAGE, Context, deadline, is_forwarded
from registry.services.errors import status_of

END: Final = "/childregistry.keeper/End"
"""Gives the end of the log as the keeper learns it, eight bytes, big-endian."""
_DETAILS: Final = "grpc-status-details-bin"
_RESERVED: Final = (FORWARDED, "user-agent", "grpc-", ":")
_SUBMIT: Final = ".SubmissionService/Submit"


@dataclass(frozen=True, slots=True)
class Beside:
    """What a reader answers from; the names are those of `Registry`."""

    log: FollowedLog
    custody: Custody
    barred: Barred
    matters: Matters
    places: Places
    limits: Limits
    docket: Docket
    wards: Wards
    runner: Following


@contextmanager
def open_beside(config: Config, keeper: str) -> Iterator[Beside]:
    """Open what a running keeper keeps; `keeper` is where it is reached.

    Raises LogUnavailableError, LogDamagedError, NotBuiltError.
    """
    folder = config.data_dir
    with grpc.insecure_channel(keeper) as channel, open_views(folder) as views:
        end = None if config.kafka is None else _end_by(channel)
        log = FollowedLog(folder / "log.sqlite", config.registry, end)
        with closing(log), closing(Following(folder)) as runner:
            yield Beside(log, *views, runner)


def _end_by(channel: grpc.Channel) -> Callable[[float], int]:
    call: Any = channel.unary_unary(END)

    def end(deadline_s: float) -> int:
        left = max(0.0, deadline_s - time.monotonic())
        try:
            return int.from_bytes(call(b"", timeout=left, wait_for_ready=True), "big")
        except grpc.RpcError as error:
            message = f"the keeper did not say where the log ends: {error.code()}"
            raise LogUnavailableError(message) from error

    return end


class Door(grpc.GenericRpcHandler):
    """At the keeper: what readers ask, and nobody else may."""

    def __init__(self, end: Callable[[float], Awaitable[int]]) -> None:
        """`end` returns the end of the log; it takes a deadline."""
        self._end = end

    def service(self, handler_call_details: Any) -> Any:  # noqa: ANN401  the transport's own
        """Return the method, where it is this one."""
        if handler_call_details.method != END:
            return None
        return grpc.unary_unary_rpc_method_handler(self._answered)

    async def _answered(self, _request: bytes, context: Context) -> bytes:
        if not is_forwarded(context):
            await context.abort(grpc.StatusCode.PERMISSION_DENIED, "readers only")
        try:
            position = await self._end(deadline(context))
        except Exception as error:
            await context.abort_with_status(status_of(error))
            raise
        return position.to_bytes(8, "big")


class Forwarding(grpc.GenericRpcHandler):
    """At a reader: gives every other call of ours to the keeper, bytes as they are."""

    def __init__(self, channel: grpc.aio.Channel, streaming: frozenset[str]) -> None:
        """`streaming` are the methods whose answers are streams."""
        self._channel = channel
        self._streaming = streaming

    def service(self, handler_call_details: Any) -> Any:  # noqa: ANN401  the transport's own
        """Return how a method is given on, where it is one of ours."""
        method = handler_call_details.method
        if not method.startswith(PACKAGE):
            return None
        if method in self._streaming:
            return grpc.unary_stream_rpc_method_handler(self._stream(method))
        return grpc.unary_unary_rpc_method_handler(self._single(method))

    def _single(self, method: str) -> Any:  # noqa: ANN401  a behaviour
        async def given_on(request: bytes, context: Context) -> bytes | None:
            call: Any = self._channel.unary_unary(method)
            try:
                answer: bytes = await call(request, **as_it_came(context))
            except grpc.aio.AioRpcError as error:
                await refused(context, error, method)
                return None
            return answer

        return given_on

    def _stream(self, method: str) -> Any:  # noqa: ANN401  a behaviour
        async def given_on(request: bytes, context: Context) -> AsyncIterator[bytes]:
            ask: Any = self._channel.unary_stream(method)
            call = ask(request, **as_it_came(context))
            try:
                async for message in call:
                    yield message
            except grpc.aio.AioRpcError as error:
                await refused(context, error, method)
            finally:
                call.cancel()

        return given_on


def as_it_came(context: Context) -> dict[str, Any]:
    """Return deadline and metadata of a call, with whom its certificate showed."""
    metadata = [
        (key, value)
        for key, value in context.invocation_metadata() or ()
        if not key.startswith(_RESERVED)
    ]
    shown = context.auth_context().get("x509_pem_cert", ())
    metadata.extend((FORWARDED, pem) for pem in shown)
    return {"timeout": context.time_remaining(), "metadata": metadata}


async def refused(context: Context, error: grpc.aio.AioRpcError, method: str) -> None:
    """End a call as the keeper ended it; say so where the keeper said nothing."""
    trailing = error.trailing_metadata() or ()
    said = any(key == _DETAILS for key, _ in trailing)
    if error.code() is grpc.StatusCode.UNAVAILABLE and not said:
        message = "the keeper of this node does not answer"
        lost = OutcomeUnknownError if _SUBMIT in method else LogUnavailableError
        await context.abort_with_status(status_of(lost(message)))
    await context.abort(error.code(), error.details() or "", tuple(trailing))
