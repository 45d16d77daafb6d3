"""A subscriber: follows the feed over any of its servers and believes none of them.

What lives here: resuming, the check of every entry, the file that keeps the place.
What never does: showing, acknowledging (`ops.named`).
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

from childregistry.v1 import event_service_pb2 as pb
from events.entry import Body
from events.feed import FeedBrokenError, Filter, Item, Place, begin, checked
from events.frame import EventHeader
from ops.client import ELSEWHERE, CallError, Client

Named = tuple[str, int]
"""Name and epoch of a subscription that the registry keeps."""
AGAIN_S = 0.5
"""Before another server is asked to go on."""


class OtherSubscriptionError(Exception):
    """The file keeps the place of another filter or beginning."""


@dataclass(frozen=True, slots=True)
class Delivered:
    """An entry that was checked."""

    number: int
    position: int
    recorded_at: datetime
    submitter: str
    request_id: str
    hash: bytes
    events: tuple[EventHeader, ...]
    registry: str
    bodies: tuple[Body | None, ...]
    """Of the events that the filter takes; the others are None."""


class Kept(Protocol):
    """Where a subscription is, and how that is kept."""

    wanted: Filter
    after: int
    place: Place

    def keep(self, place: Place) -> None:
        """Go on to a place, with all that was delivered before it."""
        ...


class State:
    """The place of one subscription, in a file where one is given.

    Raises OtherSubscriptionError where the file is another's.
    """

    def __init__(
        self,
        path: Path | None,
        wanted: Filter,
        after: int,
        named: Named | None = None,
    ) -> None:
        self.wanted = wanted
        self.after = after
        self._named = named
        self.place = Place(position=after, number=0, link=b"")
        self._path = path
        if path is None or not path.exists():
            return
        try:
            told = json.loads(path.read_text(encoding="utf-8"))
            own = (wanted.text, after, [*named] if named else None)
            mine = (told["filter"], told["after"], told.get("named")) == own
            link = bytes.fromhex(told["link"])
            place = Place(position=told["position"], number=told["number"], link=link)
        except (ValueError, KeyError, TypeError) as error:
            message = f"{path}: is no place of a subscription"
            raise OtherSubscriptionError(message) from error
        if not mine:
            message = f"{path}: keeps the place of another filter or beginning"
            raise OtherSubscriptionError(message)
        self.place = place

    def keep(self, place: Place) -> None:
        """Go on to a place; durable on return where there is a file."""
        self.place = place
        if self._path is None:
            return
        told = {
            "filter": self.wanted.text,
            "after": self.after,
            "position": place.position,
            "number": place.number,
            "link": place.link.hex(),
            **({"named": self._named} if self._named else {}),
        }
        scratch = self._path.with_name(f"{self._path.name}.next")
        with scratch.open("w", encoding="utf-8") as out:
            json.dump(told, out)
            out.flush()
            os.fsync(out.fileno())
        scratch.replace(self._path)


def request_of(
    state: Kept, until: int, named: Named | None = None
) -> pb.SubscribeEventsRequest:
    """Return what is asked of a server to go on from a state."""
    place = pb.FeedPlace(
        position=state.place.position,
        number=state.place.number,
        link=state.place.link,
    )
    if named is not None:
        name, epoch = named
        asked = pb.Named(subscription=name, epoch=epoch)
        if state.place.link:
            asked.resume.CopyFrom(place)
        return pb.SubscribeEventsRequest(named=asked, until=until)
    wanted = pb.EventFilter(
        **{
            name: sorted(getattr(state.wanted, name))
            for name in ("types", "children", "jurisdictions", "submitters", "causes")
        }
    )
    request = pb.SubscribeEventsRequest(filter=wanted, until=until)
    if state.place.link:
        request.resume.CopyFrom(place)
    else:
        request.after = state.after
    return request


def follow(client: Client, state: Kept, until: int = 0) -> Iterator[Delivered | str]:
    """Give what is delivered, and the feed's signals by name, until `until`.

    A lost server is left for the next one, from the place that was kept. Raises
    FeedBrokenError, and CallError where no server can go on.
    """
    while True:
        try:
            why = yield from stream(client, state, until)
            ended = why == pb.SubscribeEventsResponse.WHY_UNTIL
        except CallError as error:
            if error.status not in ELSEWHERE:
                raise
            yield "lost"
            ended = False
        if ended:
            return
        time.sleep(AGAIN_S)


def stream(
    client: Client, state: Kept, until: int, named: Named | None = None
) -> Generator[Delivered | str, None, int]:
    """Give what one stream delivers; return why the server ended it, 0 where not.

    Raises FeedBrokenError, CallError.
    """
    asked = request_of(state, until, named)
    for got in client.stream("SubscribeEvents", asked):
        signal = got.WhichOneof("signal")
        if signal == "batch":
            yield from _batch(got.batch.entries, state)
        elif signal == "confirmation":
            _confirm(got.confirmation.place, state)
        elif signal == "ended":
            _pass(got.ended.place, state)
            yield "ended"
            return int(got.ended.why)
        elif signal is not None:
            _pass(getattr(got, signal), state)
            yield signal
    return 0


def _confirm(message: pb.FeedPlace, state: Kept) -> None:
    place = _place(message)
    if not state.place.link:
        state.place = place  # its link is judged with the first entry
    elif place != state.place:
        message_ = f"it begins at {place.position}, not {state.place.position}"
        raise FeedBrokenError(message_)


def _pass(message: pb.FeedPlace, state: Kept) -> None:
    place = _place(message)
    here = state.place
    if (place.number, place.link) != (here.number, here.link):
        message_ = f"number {here.number + 1}: was left out"
        raise FeedBrokenError(message_)
    if place.position < here.position:
        message_ = f"position {place.position}: goes back from {here.position}"
        raise FeedBrokenError(message_)
    state.keep(place)


def _batch(entries: Any, state: Kept) -> Iterator[Delivered]:  # noqa: ANN401  a repeated field
    for entry in entries:
        item = Item(
            place=_place(entry.place),
            hash=entry.hash,
            recorded_at=entry.recorded_at.ToMicroseconds(),
            record=entry.record,
            taken=(),  # what is asked for is the reader's own to say
        )
        frame, record = checked(state.place, state.wanted, item)
        if state.place.number == 0:
            first = begin(frame.registry, state.wanted, state.after)
            if first.link != state.place.link:
                message = "the chain does not begin where it must"
                raise FeedBrokenError(message)
        yield Delivered(
            number=item.place.number,
            position=item.place.position,
            recorded_at=datetime.fromtimestamp(frame.recorded_at / 1e6, UTC),
            submitter=frame.authority,
            request_id=frame.request_id,
            hash=item.hash,
            events=frame.events,
            registry=frame.registry,
            bodies=record.bodies,
        )
        state.keep(item.place)


def told(one: Delivered | str) -> dict[str, Any]:
    """Return what is delivered, or a signal, for programs."""
    if isinstance(one, str):
        return {"signal": one}
    return {
        "number": one.number,
        "position": one.position,
        "hash": one.hash.hex(),
        "recorded_at": one.recorded_at.isoformat(),
        "submitter": one.submitter,
        "request_id": one.request_id,
        "events": [
            {
                "type": header.type,
                "stream": header.stream,
                "version": header.version,
                "urgent": header.urgent,
            }
            for header in one.events
        ],
    }


def _place(message: pb.FeedPlace) -> Place:
    return Place(position=message.position, number=message.number, link=message.link)
