"""Many submissions in one stream: decided in their order, answered one by one.

What lives here: how many are under way at once, and what is said of a row that fails.
What never does: a submission of its own.

Rows are handed to the writer in the order they come, so a child's file is recorded in
its order; outcomes come in the same order, each as soon as it is known. The fault of
a row is an outcome and ends nothing. Where the stream breaks, every row without an
outcome is sent again under the same request id: what was recorded gives its receipt.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Final

from childregistry.v1 import submission_service_pb2 as pb
from childregistry.v1.error_reason_pb2 import ErrorReason
from registry.refusal import InvalidError
from registry.services.call import Undecodable
from registry.services.errors import PREFIX, answer_of, status_of

UNDER_WAY: Final = 128
"""Rows of one stream that wait for their outcome: two groups of the writer."""

Submit = Callable[[Any], Awaitable[pb.Receipt]]
_Row = tuple[int, asyncio.Task[pb.Receipt]]


async def imported(
    rows: AsyncIterator[Any], submit: Submit
) -> AsyncIterator[pb.ImportSubmissionsResponse]:
    """Yield each row's outcome, in order, while later rows are decided."""
    waiting: asyncio.Queue[_Row | Exception | None] = asyncio.Queue(UNDER_WAY)
    reader = asyncio.create_task(_read(rows, submit, waiting))
    try:
        while (found := await waiting.get()) is not None:
            if isinstance(found, Exception):
                raise found
            yield await _outcome(*found)
    finally:
        reader.cancel()
        while not waiting.empty():
            left = waiting.get_nowait()
            if isinstance(left, tuple):
                left[1].cancel()


async def _read(
    rows: AsyncIterator[Any],
    submit: Submit,
    into: asyncio.Queue[_Row | Exception | None],
) -> None:
    """Hand on each row as it comes, then None, or what broke the stream."""
    try:
        async for row in rows:
            number = 0 if isinstance(row, Undecodable) else row.row
            await into.put((number, asyncio.create_task(_submitted(row, submit))))
    except Exception as error:  # noqa: BLE001  the one who waits raises it
        await into.put(error)
    else:
        await into.put(None)


async def _submitted(row: Any, submit: Submit) -> pb.Receipt:  # noqa: ANN401  any message
    if isinstance(row, Undecodable):
        raise InvalidError("message", "is one of the contract's")
    chosen = row.WhichOneof("submission")
    if chosen is None:
        raise InvalidError("submission", "one of its submissions is required")
    return await submit(getattr(row, chosen))


async def _outcome(
    row: int, task: asyncio.Task[pb.Receipt]
) -> pb.ImportSubmissionsResponse:
    try:
        return pb.ImportSubmissionsResponse(row=row, receipt=await task)
    except Exception as error:  # noqa: BLE001  every error is the outcome of its row
        return pb.ImportSubmissionsResponse(row=row, fault=_fault(error))


def _fault(error: Exception) -> pb.ImportFault:
    answer = answer_of(error)
    fault = pb.ImportFault(
        reason=ErrorReason.Value(PREFIX + answer.reason), again=answer.retry
    )
    if isinstance(error, InvalidError):
        fault.field, fault.rule = error.field, error.rule
    elif answer.reason == "INTERNAL":
        fault.rule = str(status_of(error).details)  # logged under this reference
    else:
        fault.rule = str(error)
    return fault
