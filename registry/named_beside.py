"""Named subscriptions of a process beside the keeper that gives the feed itself.

What lives here: the way of a name to the keeper, who alone knows which stream has a
subscription now and keeps its marks. What never does: batches (`registry.services`),
rules of names (`registry.services.named`).

A stream of a name holds one call to the keeper open, which is silent and ends when a
later stream has the subscription, wherever that was opened. Marks go before what they
are of: nothing is handed to the transport until the keeper knows that it was offered,
since it may be acknowledged as soon as it is read. One call at a time tells those of
all streams that moved since the one before.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, Final

import grpc
import orjson

from childregistry.v1 import event_service_pb2 as pb
from events.feed import Place
from events.ledger import Key
from events.log import LogUnavailableError
from registry.beside import as_it_came, refused
from registry.identity import Identities
from registry.services.arrivals import Arrivals
from registry.services.call import (
    Context,
    answering,
    is_forwarded,
    streaming,
    submitter,
)
from registry.services.events import place_message
from registry.services.named import Following, Named, ends_at, place_of
from registry.submission import Submitter
from registry.subscribed import Subscribed

OPEN: Final = "/childregistry.keeper/Open"
"""Takes a `Named`, gives a `Confirmation`, and ends when another stream has it."""
OFFERED: Final = "/childregistry.keeper/Offered"
"""Takes marks: authority, name, epoch, position, number and link of each, as JSON."""
GATHER_S: Final = 0.01
"""How long marks are gathered at most, where many streams move."""
TELL_S: Final = 30.0
"""How long the keeper may take to hear of marks."""
_SILENT: Final = "the keeper of this node does not answer"
_Confirmation = pb.SubscribeEventsResponse.Confirmation


class NamesDoor(grpc.GenericRpcHandler):
    """At the keeper: names that are followed in another process of this node."""

    def __init__(self, named: Named, identities: Identities | None) -> None:
        self._named = named
        self._identities = identities

    def service(self, handler_call_details: Any) -> Any:  # noqa: ANN401  the transport's own
        """Return the method, where it is one of these."""
        method = handler_call_details.method
        if method == OPEN:
            return grpc.unary_stream_rpc_method_handler(self._open)
        if method == OFFERED:
            return grpc.unary_unary_rpc_method_handler(self._offered)
        return None

    @streaming
    async def _open(self, request: bytes, context: Context) -> AsyncIterator[bytes]:
        await _only_ours(context)
        by = submitter(context, self._identities)
        stream = await self._named.open(pb.Named.FromString(request), by, context)
        try:
            said = place_message(stream.place)
            yield _Confirmation(place=said, epoch=stream.epoch).SerializeToString()
            await stream.over.wait()
        finally:
            stream.leave()

    @answering
    async def _offered(self, request: bytes, context: Context) -> bytes:
        await _only_ours(context)
        deliveries = self._named.deliveries()
        for authority, name, epoch, position, number, link in orjson.loads(request):
            place = Place(position=position, number=number, link=bytes.fromhex(link))
            deliveries.offered((authority, name, epoch), place)
        return b""


async def _only_ours(context: Context) -> None:
    if not is_forwarded(context):
        await context.abort(grpc.StatusCode.PERMISSION_DENIED, "this node's only")


class NamesBeside:
    """Opens named subscriptions at the keeper; all methods run in one event loop."""

    def __init__(
        self, keeper: grpc.aio.Channel, subscribed: Subscribed, arrivals: Arrivals
    ) -> None:
        self._open: Any = keeper.unary_stream(OPEN)
        self._subscribed = subscribed
        self._arrivals = arrivals
        self._offers = _Offers(keeper, arrivals)

    async def open(self, asked: pb.Named, by: Submitter, context: Context) -> Following:
        """Return what a named stream follows, as the keeper says."""
        call = self._open(asked.SerializeToString(), **as_it_came(context))
        try:
            said = await _said(call, context)
            owned = self._subscribed.one(by.authority, asked.subscription)
            assert owned is not None, "the keeper found it in the same file"  # noqa: S101  the card, 17
            epoch = owned.state.epochs[said.epoch - 1]
        except BaseException:
            call.cancel()
            raise
        over = asyncio.create_task(_over(call))
        over.add_done_callback(self._ended)
        return _Stream(
            wanted=epoch.wanted,
            place=place_of(said.place),
            key=(owned.authority, owned.name, epoch.number),
            call=call,
            over=over,
            subscribed=self._subscribed,
            offers=self._offers,
        )

    def _ended(self, over: asyncio.Task[bool]) -> None:
        if not over.cancelled():  # by the stream itself, which left
            self._arrivals.wake()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stream(Following):
    """A stream here of a name that the keeper opened for it.

    `over` is done once the keeper has ended the call: true where it did so itself.
    """

    key: Key
    call: Any
    over: asyncio.Task[bool]
    subscribed: Subscribed
    offers: _Offers

    @property
    def epoch(self) -> int:
        return self.key[2]

    def until(self) -> int:
        return ends_at(self.subscribed, self.key)

    def taken_over(self) -> bool:
        """Return whether the keeper said so. Raises LogUnavailableError."""
        if not self.over.done():
            return False
        if not self.over.result():
            raise LogUnavailableError(_SILENT)
        return True

    async def offer(self, place: Place) -> None:
        await self.offers.tell(self.key, place)

    def leave(self) -> None:
        self.call.cancel()


class _Offers:
    """Tells the keeper what moved: all of it together, one call at a time."""

    def __init__(self, keeper: grpc.aio.Channel, arrivals: Arrivals) -> None:
        self._call: Any = keeper.unary_unary(OFFERED)
        self._arrivals = arrivals
        self._told: dict[Key, int] = {}
        self._moved: dict[Key, Place] = {}
        self._next: asyncio.Task[None] | None = None
        self._one = asyncio.Lock()

    async def tell(self, key: Key, place: Place) -> None:
        """Return once the keeper knows. Raises LogUnavailableError."""
        if place.position <= self._told.get(key, 0):
            return
        self._moved[key] = place
        if self._next is None:
            self._next = asyncio.create_task(self._tell())
        # Who goes away meanwhile must not take the others' marks with him.
        await asyncio.shield(self._next)

    async def _tell(self) -> None:
        async with self._one:
            # A part of what each of them waits for the next message anyway.
            await asyncio.sleep(min(GATHER_S, self._arrivals.pace_s / 8))
            self._next = None
            moved, self._moved = self._moved, {}
            marks = [
                (*key, place.position, place.number, place.link.hex())
                for key, place in moved.items()
            ]
            try:
                await self._call(orjson.dumps(marks), timeout=TELL_S)
            except grpc.aio.AioRpcError as error:
                message = f"{_SILENT}: {error.code()}"
                raise LogUnavailableError(message) from error
            for key, place in moved.items():
                self._told[key] = place.position


async def _said(call: Any, context: Context) -> Any:  # noqa: ANN401  the transport's own
    """Return the confirmation with which the keeper opens a name."""
    try:
        message = await call.read()
    except grpc.aio.AioRpcError as error:
        await refused(context, error, OPEN)
        raise
    if message is grpc.aio.EOF:
        raise LogUnavailableError(_SILENT)
    return _Confirmation.FromString(message)


async def _over(call: Any) -> bool:  # noqa: ANN401  the transport's own
    """Wait for the end of a silent call; return whether the keeper ended it."""
    try:
        await call.read()
    except grpc.aio.AioRpcError:
        return False
    return True
