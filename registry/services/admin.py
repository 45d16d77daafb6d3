"""AdminService: rebuilds that an operator begins, follows, ends and switches to.

What lives here: translation, and that only operators call. What never does: rebuilds
(`registry.rebuilds`).
"""

from __future__ import annotations

import asyncio

from childregistry.v1 import admin_service_pb2 as pb
from childregistry.v1.admin_service_pb2_grpc import AdminServiceServicer
from registry.identity import Identities
from registry.rebuilding import Outcome
from registry.rebuilds import Asked, Rebuild, Rebuilds, State
from registry.services.call import Context, answering, operator

_SOURCE = pb.StartRebuildRequest
_STATES = {
    State.RUNNING: pb.Rebuild.STATE_RUNNING,
    State.DONE: pb.Rebuild.STATE_DONE,
    State.CANCELLED: pb.Rebuild.STATE_CANCELLED,
    State.FAILED: pb.Rebuild.STATE_FAILED,
}


class AdminService(AdminServiceServicer):
    """Asks the rebuilds of this node."""

    def __init__(self, rebuilds: Rebuilds, identities: Identities | None) -> None:
        self._rebuilds = rebuilds
        self._identities = identities

    @answering
    async def StartRebuild(  # noqa: N802  the contract's name
        self, request: pb.StartRebuildRequest, context: Context
    ) -> pb.StartRebuildResponse:
        """Begin a rebuild, or return the one that is under way."""
        asked = Asked(
            operator=operator(context, self._identities),
            names=tuple(request.projections),
            workers=request.workers or 1,
            from_topic=request.source == _SOURCE.SOURCE_KAFKA,
            promote_if_equal=request.promote_if_equal,
        )
        found = await asyncio.to_thread(self._rebuilds.start, asked)
        return pb.StartRebuildResponse(rebuild=rebuild_message(found))

    @answering
    async def GetRebuild(  # noqa: N802  the contract's name
        self, request: pb.GetRebuildRequest, context: Context
    ) -> pb.GetRebuildResponse:
        """Tell how far a rebuild is, and what came of it."""
        operator(context, self._identities)
        found = self._rebuilds.get(request.number)
        return pb.GetRebuildResponse(rebuild=rebuild_message(found))

    @answering
    async def ListRebuilds(  # noqa: N802  the contract's name
        self, _request: pb.ListRebuildsRequest, context: Context
    ) -> pb.ListRebuildsResponse:
        """Tell of every rebuild that is known of, but not who differs."""
        operator(context, self._identities)
        listed = [rebuild_message(found) for found in self._rebuilds.newest()]
        for built in (built for one in listed for built in one.projections):
            built.ClearField("different")  # so that a hundred fit in an answer
        return pb.ListRebuildsResponse(rebuilds=listed)

    @answering
    async def CancelRebuild(  # noqa: N802  the contract's name
        self, request: pb.CancelRebuildRequest, context: Context
    ) -> pb.CancelRebuildResponse:
        """End a rebuild that is under way."""
        operator(context, self._identities)
        found = await asyncio.to_thread(self._rebuilds.cancel, request.number)
        return pb.CancelRebuildResponse(rebuild=rebuild_message(found))

    @answering
    async def PromoteRebuild(  # noqa: N802  the contract's name
        self, request: pb.PromoteRebuildRequest, context: Context
    ) -> pb.PromoteRebuildResponse:
        """Begin to switch to what a rebuild has built."""
        operator(context, self._identities)
        found = await asyncio.to_thread(
            self._rebuilds.promote,
            request.number,
            even_if_different=request.even_if_different,
        )
        return pb.PromoteRebuildResponse(rebuild=rebuild_message(found))


def rebuild_message(found: Rebuild) -> pb.Rebuild:
    """Return a rebuild in the contract's words."""
    told = found.told
    message = pb.Rebuild(
        number=found.number,
        state=_STATES[found.state],
        operator=found.asked.operator,
        position=told.position,
        head=told.head,
        events=told.events,
        events_per_second=told.events / told.seconds if told.seconds else 0.0,
        projections=[_built(one) for one in found.outcomes],
        failure=found.failure,
    )
    if told.position:
        left = max(0, told.head - told.position)
        message.seconds_left = left * told.seconds / told.position
    return message


def _built(one: Outcome) -> pb.RebuiltProjection:
    built, comparison = one.built, one.comparison
    return pb.RebuiltProjection(
        projection=built.projection.name,
        file=built.path.name,
        position=built.checkpoint.position,
        equal=one.equal,
        different=comparison.different if comparison else (),
        not_compared=one.why,
        stopped=str(built.stopped or ""),
        promoted=one.promoted,
    )
