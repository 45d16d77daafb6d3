"""Every way of saying no, as one table: error, status, reason, whether to try again.

What lives here: the table, and the status with its details. What never does: the text
of an unexpected error; it goes to the server's log under a reference, and the caller
gets the reference. Details stay below 6 KiB: clients lose larger ones.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from google.protobuf import any_pb2, duration_pb2
from google.rpc import code_pb2, error_details_pb2, status_pb2
from grpc_status import rpc_status

from childregistry.v1.error_reason_pb2 import ErrorReason
from events.log import (
    ClockRefusedError,
    LogClosedError,
    LogDamagedError,
    LogUnavailableError,
    OutcomeUnknownError,
    SchemaUnknownError,
)
from projections.files import FoldChangedError, NotBuiltError
from projections.progress import StoppedError
from registry.announce import NotAdoptedError
from registry.deliveries import LedgerRefusedError
from registry.identity import NotAnOperatorError, NotAPeerError, SubmitterUnknownError
from registry.refusal import InvalidError, NotDoneError, NotKnownError
from registry.submission import (
    RETRY_DELAY_S,
    AbortedError,
    AlreadyExistsError,
    OverloadedError,
)

DOMAIN = "childregistry"
PREFIX = "ERROR_REASON_"
MAX_TEXT = 512
"""Field paths and rules are ours and short; a path cannot grow beyond this."""

log = logging.getLogger(__name__)


class PositionNotReachedError(Exception):
    """The state asked for was not reached before the deadline; `position` was."""

    def __init__(self, position: int) -> None:
        super().__init__(f"reached position {position}")
        self.position = position


@dataclass(frozen=True, slots=True)
class Answer:
    """What a caller is told of one class of errors."""

    code: int
    reason: str
    retry: bool


_C = code_pb2
TABLE: Mapping[type[Exception], Answer] = {
    InvalidError: Answer(_C.INVALID_ARGUMENT, "FIELD_INVALID", retry=False),
    NotKnownError: Answer(_C.NOT_FOUND, "NOT_KNOWN", retry=False),
    AlreadyExistsError: Answer(_C.ALREADY_EXISTS, "REQUEST_ID_REUSED", retry=False),
    AbortedError: Answer(_C.ABORTED, "LOST_EVERY_RACE", retry=True),
    OverloadedError: Answer(_C.RESOURCE_EXHAUSTED, "OVERLOADED", retry=True),
    LogUnavailableError: Answer(_C.UNAVAILABLE, "LOG_UNAVAILABLE", retry=True),
    OutcomeUnknownError: Answer(_C.UNAVAILABLE, "WRITE_OUTCOME_UNKNOWN", retry=True),
    LogClosedError: Answer(_C.UNAVAILABLE, "SHUTTING_DOWN", retry=True),
    LogDamagedError: Answer(_C.DATA_LOSS, "LOG_DAMAGED", retry=False),
    ClockRefusedError: Answer(_C.UNAVAILABLE, "CLOCK_REFUSED", retry=True),
    LedgerRefusedError: Answer(_C.FAILED_PRECONDITION, "LEDGER_REFUSED", retry=False),
    NotAdoptedError: Answer(_C.FAILED_PRECONDITION, "NOT_ADOPTED", retry=False),
    SchemaUnknownError: Answer(_C.UNAVAILABLE, "PROJECTION_STOPPED", retry=True),
    StoppedError: Answer(_C.UNAVAILABLE, "PROJECTION_STOPPED", retry=True),
    NotBuiltError: Answer(_C.UNAVAILABLE, "PROJECTION_STOPPED", retry=True),
    FoldChangedError: Answer(_C.UNAVAILABLE, "PROJECTION_STOPPED", retry=True),
    PositionNotReachedError: Answer(
        _C.DEADLINE_EXCEEDED, "POSITION_NOT_REACHED", retry=False
    ),
    SubmitterUnknownError: Answer(_C.UNAUTHENTICATED, "SUBMITTER_UNKNOWN", retry=False),
    NotAPeerError: Answer(_C.PERMISSION_DENIED, "NOT_A_PEER", retry=False),
    NotAnOperatorError: Answer(_C.PERMISSION_DENIED, "NOT_AN_OPERATOR", retry=False),
    NotDoneError: Answer(_C.FAILED_PRECONDITION, "REBUILD_NOT_DONE", retry=False),
}
"""Each error that may reach the edge; everything else is INTERNAL."""

_INTERNAL = Answer(_C.INTERNAL, "INTERNAL", retry=True)


def answer_of(error: Exception) -> Answer:
    """Return what a caller is told of an error's class."""
    return TABLE.get(type(error), _INTERNAL)


def status_of(error: Exception) -> rpc_status._Status:
    """Return the status with its details, ready to abort a call with."""
    answer = answer_of(error)
    metadata = _metadata(error)
    text = str(error)[:MAX_TEXT]
    if answer is _INTERNAL:
        reference = secrets.token_hex(8)
        log.error("internal error, reference %s", reference, exc_info=_BareError(error))
        metadata, text = {"reference": reference}, f"internal error {reference}"
    details = [_packed(_info(answer.reason, metadata))]
    if isinstance(error, InvalidError):
        violation = error_details_pb2.BadRequest.FieldViolation(
            field=error.field[:MAX_TEXT], description=error.rule[:MAX_TEXT]
        )
        details.append(
            _packed(error_details_pb2.BadRequest(field_violations=[violation]))
        )
    if isinstance(error, NotKnownError):
        kind = error.resource.partition("/")[0][:MAX_TEXT]
        details.append(
            _packed(
                error_details_pb2.ResourceInfo(
                    resource_type=kind, resource_name=error.resource[:MAX_TEXT]
                )
            )
        )
    if answer.retry:
        delay = duration_pb2.Duration()
        delay.FromMilliseconds(int(RETRY_DELAY_S * 1000))
        details.append(_packed(error_details_pb2.RetryInfo(retry_delay=delay)))
    return rpc_status.to_status(
        status_pb2.Status(code=answer.code, message=text, details=details)
    )


class _BareError(Exception):
    """Where an error happened and of what class; its text may quote a submission."""

    def __init__(self, error: Exception) -> None:
        super().__init__(type(error).__name__)
        self.with_traceback(error.__traceback__)


def _metadata(error: Exception) -> dict[str, str]:
    match error:
        case AlreadyExistsError():
            return {
                "position": str(error.first.position),
                "hash": error.first.hash.hex(),
            }
        case NotKnownError() | InvalidError() | PositionNotReachedError():
            return {"position": str(error.position)}
        case _:
            return {}


def _info(reason: str, metadata: dict[str, str]) -> error_details_pb2.ErrorInfo:
    ErrorReason.Value(PREFIX + reason)  # the contract lists it
    return error_details_pb2.ErrorInfo(reason=reason, domain=DOMAIN, metadata=metadata)


def _packed(
    detail: error_details_pb2.ErrorInfo
    | error_details_pb2.BadRequest
    | error_details_pb2.ResourceInfo
    | error_details_pb2.RetryInfo,
) -> any_pb2.Any:
    packed = any_pb2.Any()
    packed.Pack(detail)
    return packed
