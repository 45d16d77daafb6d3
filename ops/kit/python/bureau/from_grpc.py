"""A consumer of the feed over gRPC: checks, shows, keeps its place, goes on.

    python -m bureau.from_grpc SERVER STATE [UNTIL [SUBSCRIPTION]]

Each new event is one line of JSON; with UNTIL (0: never) it ends when all up to that
position was shown. The place is kept after the lines were written: after a kill the
last ones may come again, with the same position and index, and none is left out.

With SUBSCRIPTION, the name of one that the registry keeps, the filter is that one's,
and what was shown is acknowledged; without a file it goes on behind what was.
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import grpc

from bureau.feed_check import Event, Place, advance, passed
from bureau.followed import (
    WHO,
    Followed,
    acknowledge,
    next_epoch,
    place_of,
    request_of,
)
from bureau.places import keep, load
from childregistry.v1 import event_service_pb2 as pb
from childregistry.v1.event_service_pb2_grpc import EventServiceStub

REFUSALS = 3
"""One after the other before they are an error: a server that has just started does not
know yet what the one before it sent, and is asked again once it sends."""
AGAIN = {
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.CANCELLED,
    grpc.StatusCode.UNKNOWN,
}
_R = pb.SubscribeEventsResponse


def show(events: list[Event]) -> None:
    """Write a line for each."""
    for event in events:
        told = {
            "position": event.position,
            "index": event.index,
            "type": event.type,
            "stream": event.stream,
        }
        sys.stdout.write(json.dumps(told) + "\n")


def step(got: Any, followed: Followed, place: Place) -> Place:  # noqa: ANN401  a message
    """Check and show what came; return the place after it."""
    signal = got.WhichOneof("signal")
    if signal == "batch":
        for entry in got.batch.entries:
            told = place_of(entry.place)
            place, events = advance(
                place, followed.wanted, followed.after, told, entry.record
            )
            show(events)
        return place
    if signal in {"confirmation", "ended"}:
        told = place_of(getattr(got, signal).place)
    else:
        told = place_of(getattr(got, signal))
    # At first there is none: it is judged with the first entry.
    return passed(place, told) if place.link else told


def follow(server: grpc.Channel, state: Path, until: int, name: str) -> bool:
    """Follow one stream to its end; whether there is nothing more to follow."""
    followed = next_epoch(server, name) if name else Followed()
    if followed is None:
        return True
    kept = load(state)
    place = Place()
    if kept.pop("epoch", 0) == followed.epoch:
        place = Place(**kept)
    asked = request_of(followed, place, until)
    for got in EventServiceStub(server).SubscribeEvents(asked, metadata=WHO):
        place = step(got, followed, place)
        sys.stdout.flush()
        keep(state, {**asdict(place), "epoch": followed.epoch})
        ended = got.WhichOneof("signal") == "ended"
        acknowledge(server, followed, place, at_once=not ended)
        if ended and got.ended.why == _R.WHY_TAKEN_OVER:
            message = f"{name}: is followed by another reader"
            raise RuntimeError(message)
        if ended:
            return bool(got.ended.why == _R.WHY_UNTIL)
    return False


def main() -> None:
    """Run; a server that is gone is waited for."""
    server, state, *rest = sys.argv[1:]
    until = int(rest[0]) if rest else 0
    name, refused = rest[1] if len(rest) > 1 else "", 0
    while True:
        with grpc.insecure_channel(server) as channel:
            try:
                if follow(channel, Path(state), until, name):
                    return
                refused = 0
            except grpc.RpcError as error:
                unfit = error.code() is grpc.StatusCode.INVALID_ARGUMENT
                refused = refused + 1 if unfit and name else 0
                if error.code() not in AGAIN and not 0 < refused < REFUSALS:
                    raise
        time.sleep(0.5)


if __name__ == "__main__":
    main()
