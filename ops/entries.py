"""The entries of a node's own file, read beside the running node.

What lives here: frames as plain values, once or as they come. What never does:
bodies; a frame says who, when and what kind of event, and no content.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from events.entry import decode_frame, decode_record
from events.files import opened_read_only

BATCH = 500
POLL_S = 0.2


def frames(path: Path, after: int, *, follow: bool) -> Iterator[dict[str, Any]]:
    """Give each entry's frame after a position; with `follow`, for ever.

    Raises FileNotFoundError where there is no log.
    """
    if not path.exists():
        raise FileNotFoundError(path)
    with closing(opened_read_only(path)) as log:
        while True:
            rows = log.execute(
                "SELECT position, hash, record FROM entries "
                "WHERE position>? ORDER BY position LIMIT ?",
                (after, BATCH),
            ).fetchall()
            for position, hash_, record in rows:
                after = position
                yield _told(position, hash_, record)
            if rows:
                continue
            if not follow:
                return
            time.sleep(POLL_S)


def _told(position: int, hash_: bytes, record: bytes) -> dict[str, Any]:
    frame = decode_frame(decode_record(record).frame)
    moment = datetime.fromtimestamp(frame.recorded_at / 1e6, UTC)
    return {
        "position": position,
        "hash": hash_.hex(),
        "recorded_at": moment.isoformat(),
        "authority": frame.authority,
        "request_id": frame.request_id,
        "authentication": str(frame.authentication.kind),
        "provenance": str(frame.provenance),
        "events": [
            {
                "type": header.type,
                "stream": header.stream,
                "version": header.version,
                "urgent": header.urgent,
            }
            for header in frame.events
        ],
    }
