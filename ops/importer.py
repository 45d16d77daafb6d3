"""Sending a file's rows in one stream, again where the connection breaks.

What lives here: which rows have no outcome yet. What never does: what rows say.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import Any, Final

from childregistry.v1 import submission_service_pb2 as pb
from ops.client import CallError, Client
from ops.submission_file import FileSubmission

KINDS: Final = {
    "SubmitDecision": "decision",
    "SubmitApplication": "application",
    "SubmitGuardianshipChange": "guardianship_change",
    "SubmitMatter": "matter",
    "SubmitCorrection": "correction",
}
"""The field of an import for each method that it stands for."""
TRIES: Final = 8
"""Streams that may bring nothing, one after the other, before giving up."""
PAUSE_S: Final = 0.5


def send(
    client: Client, rows: Sequence[FileSubmission]
) -> Iterator[tuple[FileSubmission, pb.ImportSubmissionsResponse]]:
    """Yield each row with its outcome, once, those that may be sent again last.

    The rows are one submitter's. Raises CallError where no server takes them.
    """
    left, idle = list(rows), 0
    while left:
        again: list[FileSubmission] = []
        done, failed = 0, None
        try:
            for row, outcome in zip(left, _outcomes(client, left), strict=False):
                done += 1
                if outcome.fault.again and idle < TRIES:
                    again.append(row)
                else:
                    yield row, outcome
        except CallError as error:
            failed = error
        idle = 0 if done > len(again) else idle + 1
        left = again + left[done:]
        if failed is not None and idle >= TRIES:
            raise failed
        if left:
            time.sleep(PAUSE_S)


def _outcomes(
    client: Client, rows: Sequence[FileSubmission]
) -> Iterator[pb.ImportSubmissionsResponse]:
    who = rows[0].authority, rows[0].office
    yield from client.stream("ImportSubmissions", iter(map(_message, rows)), who)


def _message(row: FileSubmission) -> Any:  # noqa: ANN401  a generated message
    message = pb.ImportSubmissionsRequest(row=row.line)
    getattr(message, KINDS[row.method]).CopyFrom(row.request)
    return message
