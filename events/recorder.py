"""The log as a persistence module of the eventsourcing library.

What lives here: thin recorders over either store, so that the library's event store,
repositories and tools read and write this log as their own. What never does: another
way into the log; a recorder appends entries like everybody, and its events are opaque
to the registry (fingerprint zero), in streams that are none of ours.

    PERSISTENCE_MODULE=events.recorder
    CHILDREGISTRY_LOG=/path/to/log.sqlite    CHILDREGISTRY_REGISTRY=<the log's origin>
    CHILDREGISTRY_SERVERS, CHILDREGISTRY_TOPIC              where the log is on Kafka

One call of `insert_events` is one entry, with a key of its own. Where another writer
was first, it is chained anew while its streams have not moved; a version that is
taken is an IntegrityError. Tracking is an event on the stream `tracking/<application>`
whose version is the notification's id, so a lower one never follows a higher one.
Notification ids count the events that the library sees: no announcements, no
tracking. An originator id that is a UUID's text is given back as UUID. Snapshots are
no part of the record and stay in a file beside the log.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from eventsourcing.persistence import (
    AggregateRecorder,
    ApplicationRecorder,
    InfrastructureFactory,
    IntegrityError,
    Notification,
    OperationalError,
    ProcessRecorder,
    StoredEvent,
    Subscription,
    Tracking,
    TrackingRecorder,
)
from eventsourcing.sqlite import SQLiteAggregateRecorder, SQLiteDatastore
from eventsourcing.utils import Environment, EnvType, resolve_topic

from events.codec import EVENTS
from events.draft import Draft, DraftEvent, OpaqueContent, assemble
from events.embedded import EmbeddedLog
from events.entry import (
    TRACKING_STREAMS,
    Authentication,
    AuthenticationKind,
    Provenance,
)
from events.files import uri_of
from events.frame import SALT_BYTES
from events.log import Accepted, LogError, VoidReason
from events.store import Store

AUTHORITY: Final = "eventsourcing"
"""Who submits the library's entries: no authority of law."""
TIMEOUT_S: Final = 30.0


class _OnLog:
    """What every recorder here has: a log, and the one way to append to it."""

    def __init__(self, log: Any) -> None:  # noqa: ANN401  a store that is a log
        self.log: Any = log
        self._appending = threading.Lock()

    def _append(self, events: Sequence[DraftEvent]) -> None:
        """Append events as one entry. Raises IntegrityError, OperationalError."""
        deadline = time.monotonic() + TIMEOUT_S
        key = secrets.token_hex(16)
        with self._appending:
            while time.monotonic() < deadline:
                head = self.log.head()
                self._refuse_taken(events)
                record = assemble(
                    _draft(self.log.registry, key, events),
                    head.hash,
                    max(time.time_ns() // 1_000, head.recorded_at + 1),
                    lambda: secrets.token_bytes(SALT_BYTES),
                    EVENTS,
                )
                try:
                    (verdict,) = self.log.append([record], deadline)
                except LogError as error:
                    raise OperationalError(str(error)) from error
                if isinstance(verdict, Accepted):
                    return
                if verdict.reason is VoidReason.TOO_LARGE:
                    message = f"{len(events)} events are too large for one entry"
                    raise OperationalError(message)
        message = "other writers won every attempt"
        raise OperationalError(message)

    def _refuse_taken(self, events: Sequence[DraftEvent]) -> None:
        last: dict[str, int] = {}
        for event in events:
            stream = event.stream
            before = last.get(stream, self.log.newest_version(stream))
            if before is not None and event.version <= before:
                message = f"{stream} has version {before}"
                raise IntegrityError(message)
            last[stream] = event.version


class LogAggregateRecorder(_OnLog, AggregateRecorder):
    """Events of single aggregates."""

    def insert_events(
        self,
        stored_events: Sequence[StoredEvent],
        **kwargs: Any,  # noqa: ANN401  the library's
    ) -> Sequence[int] | None:
        """Append events as one entry. Raises IntegrityError, OperationalError."""
        drafts = [_event(stored) for stored in stored_events]
        tracking: Tracking | None = kwargs.get("tracking")
        if tracking is not None:
            drafts.append(_tracking(tracking))
        if drafts:
            self._append(drafts)
        return None

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[StoredEvent]:
        """Return events of a stream in the order of their versions."""
        above = -1 if gt is None else gt
        found = [
            StoredEvent(_originator(body.stream), body.version, body.type, body.body)
            for body in self.log.stream(str(originator_id), above)
            if lte is None or body.version <= lte
        ]
        return (found[::-1] if desc else found)[:limit]


class LogApplicationRecorder(LogAggregateRecorder, ApplicationRecorder):
    """Events of aggregates, in the order of the log."""

    def insert_events(
        self,
        stored_events: Sequence[StoredEvent],
        **kwargs: Any,  # noqa: ANN401  the library's
    ) -> Sequence[int] | None:
        """Append events as one entry; return their notification ids."""
        super().insert_events(stored_events, **kwargs)
        return [
            self.log.notification_id(str(e.originator_id), e.originator_version)
            for e in stored_events
        ]

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> Sequence[Notification]:
        """Return notifications in order."""
        with self.log.shown() as recorder:
            found: Sequence[Notification] = recorder.select_notifications(
                start, limit, stop, topics, inclusive_of_start=inclusive_of_start
            )
        return [
            Notification(
                _originator(str(one.originator_id)),
                one.originator_version,
                one.topic,
                one.state,
                id=one.id,
            )
            for one in found
        ]

    def max_notification_id(self) -> int | None:
        """Return the last notification's id, or None where there is none."""
        with self.log.shown() as recorder:
            last: int | None = recorder.max_notification_id()
        return last

    def subscribe(
        self, gt: int | None = None, topics: Sequence[str] = ()
    ) -> Subscription[ApplicationRecorder]:
        """Refuse: whoever follows this log reads entries, not single events."""
        message = f"follow the log instead (after {gt}, {topics})"
        raise NotImplementedError(message)


class LogTrackingRecorder(_OnLog, TrackingRecorder):
    """How far this application has read of others."""

    def insert_tracking(self, tracking: Tracking) -> None:
        """Record a position. Raises IntegrityError where it is not above the last."""
        self._append([_tracking(tracking)])

    def max_tracking_id(self, application_name: str) -> int | None:
        """Return the last position of an application, or None."""
        stream = f"{TRACKING_STREAMS}{application_name}"
        last: int | None = self.log.newest_version(stream)
        return last


class LogProcessRecorder(LogTrackingRecorder, LogApplicationRecorder, ProcessRecorder):
    """Events and the position they follow from, in one entry."""


class Factory(InfrastructureFactory[LogTrackingRecorder]):
    """Makes recorders over the log that the environment names."""

    LOG = "CHILDREGISTRY_LOG"
    REGISTRY = "CHILDREGISTRY_REGISTRY"
    SERVERS = "CHILDREGISTRY_SERVERS"
    TOPIC = "CHILDREGISTRY_TOPIC"

    def __init__(self, env: Environment | EnvType | None) -> None:
        """Open the log. Raises OSError where the environment does not name one."""
        super().__init__(env)
        path, registry = self.env.get(self.LOG), self.env.get(self.REGISTRY)
        if not path or not registry:
            message = f"{self.LOG} and {self.REGISTRY} must be set"
            raise OSError(message)
        self._path = Path(path)
        self.log: Store = self._opened(self._path, registry)
        self._snapshots: SQLiteDatastore | None = None

    def aggregate_recorder(self, purpose: str = "events") -> AggregateRecorder:
        """Return a recorder of events, or of snapshots in a file beside the log."""
        if purpose == "events":
            return LogAggregateRecorder(self.log)
        if self._snapshots is None:
            beside = self._path.with_name(f"{self._path.name}.{purpose}")
            self._snapshots = SQLiteDatastore(uri_of(beside))
        recorder = SQLiteAggregateRecorder(self._snapshots, f"stored_{purpose}")
        recorder.create_table()
        return recorder

    def application_recorder(self) -> ApplicationRecorder:
        """Return a recorder of events in the order of the log."""
        return LogApplicationRecorder(self.log)

    def tracking_recorder(
        self, tracking_recorder_class: type[LogTrackingRecorder] | None = None
    ) -> LogTrackingRecorder:
        """Return a recorder of positions, of a given class or the environment's."""
        topic = self.env.get(self.TRACKING_RECORDER_TOPIC)
        made = tracking_recorder_class
        if made is None:
            made = resolve_topic(topic) if topic else LogTrackingRecorder
        return made(self.log)

    def process_recorder(self) -> ProcessRecorder:
        """Return a recorder of events together with positions."""
        return LogProcessRecorder(self.log)

    def close(self) -> None:
        """Close the log and the snapshots."""
        self.log.close()
        if self._snapshots is not None:
            self._snapshots.close()

    def _opened(self, path: Path, registry: str) -> Store:
        servers, topic = self.env.get(self.SERVERS), self.env.get(self.TOPIC)
        if not servers or not topic:
            return EmbeddedLog(path, registry)
        # The embedded log needs no client of Kafka.
        from events.kafka import KafkaTopic  # noqa: PLC0415
        from events.replica import ReplicatedLog  # noqa: PLC0415

        log = ReplicatedLog(path, registry, KafkaTopic(servers, topic))
        log.start()
        log.catch_up(time.monotonic() + TIMEOUT_S)
        return log


def _originator(stream: str) -> UUID | str:
    try:
        found = UUID(stream)
    except ValueError:
        return stream
    return found if str(found) == stream else stream


def _event(stored: StoredEvent) -> DraftEvent:
    return DraftEvent(
        stream=str(stored.originator_id),
        version=stored.originator_version,
        event=OpaqueContent(type=stored.topic, content=stored.state),
        concerns=None,
        jurisdiction=None,
        urgent=False,
    )


def _tracking(tracking: Tracking) -> DraftEvent:
    return DraftEvent(
        stream=f"{TRACKING_STREAMS}{tracking.application_name}",
        version=tracking.notification_id,
        event=OpaqueContent(type="Tracking", content=b""),
        concerns=None,
        jurisdiction=None,
        urgent=False,
    )


def _draft(registry: str, key: str, events: Sequence[DraftEvent]) -> Draft:
    return Draft(
        registry=registry,
        authority=AUTHORITY,
        request_id=key,
        request=OpaqueContent(type="insert_events", content=b""),
        authentication=Authentication(
            kind=AuthenticationKind.CLAIMED, fingerprint=None
        ),
        provenance=Provenance.LIVE,
        writer=AUTHORITY,
        cause="",
        events=tuple(events),
    )
