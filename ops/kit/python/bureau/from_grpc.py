"""A consumer of the feed over gRPC: checks, shows, keeps its place, goes on.

    python -m bureau.from_grpc SERVER STATE [UNTIL]

Each new event is one line of JSON; with UNTIL it ends when all up to that position was
shown. The place is kept after the lines were written: after a kill the last ones may
come again, with the same position and index, and none is left out.
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import grpc

from bureau.feed_check import Event, Filter, Place, advance, passed
from bureau.places import keep, load
from childregistry.v1 import event_service_pb2 as pb
from childregistry.v1.event_service_pb2_grpc import EventServiceStub

WANTED = Filter()
WHO = (("childregistry-authority", "bureau"), ("childregistry-office", "civil_affairs"))
"""Where a server knows nobody by certificate (loopback); over TLS it is ignored."""


def place_of(message: pb.FeedPlace) -> Place:
    """Return a place of the contract as the check has it."""
    return Place(message.position, message.number, message.link.hex())


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


def follow(stub: Any, state: Path, until: int) -> bool:  # noqa: ANN401  a generated stub
    """Follow one stream to its end; whether `until` is reached."""
    place = Place(**load(state))
    asked = pb.SubscribeEventsRequest(after=0, until=until)
    if place.link:
        kept = pb.FeedPlace(
            position=place.position,
            number=place.number,
            link=bytes.fromhex(place.link),
        )
        asked = pb.SubscribeEventsRequest(resume=kept, until=until)
    for got in stub.SubscribeEvents(asked, metadata=WHO):
        signal = got.WhichOneof("signal")
        if signal == "batch":
            for entry in got.batch.entries:
                told = place_of(entry.place)
                place, events = advance(place, WANTED, 0, told, entry.record)
                show(events)
        elif signal == "confirmation":
            told = place_of(got.confirmation.place)
            place = passed(place, told) if place.link else told
        else:
            told = got.ended.place if signal == "ended" else getattr(got, signal)
            place = passed(place, place_of(told))
        sys.stdout.flush()
        keep(state, asdict(place))
        if signal == "ended":
            return bool(got.ended.why == pb.SubscribeEventsResponse.WHY_UNTIL)
    return False


def main() -> None:
    """Run; a server that is gone is waited for."""
    server, state, *rest = sys.argv[1:]
    until = int(rest[0]) if rest else 0
    while True:
        with grpc.insecure_channel(server) as channel:
            try:
                if follow(EventServiceStub(channel), Path(state), until):
                    return
            except grpc.RpcError as error:
                if error.code() not in {
                    grpc.StatusCode.UNAVAILABLE,
                    grpc.StatusCode.CANCELLED,
                    grpc.StatusCode.UNKNOWN,
                }:
                    raise
        time.sleep(0.5)


if __name__ == "__main__":
    main()
