"""The library's own suites, run on our recorders over both stores.

Nothing of them is left out but what is optional there too: subscriptions (whoever
follows this log reads whole entries) and the transcoder's suite (no recorder's).
"""

from __future__ import annotations

import itertools
import tempfile
import time
import unittest
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, ClassVar
from uuid import UUID, uuid4

import pytest
from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event
from eventsourcing.persistence import IntegrityError, StoredEvent
from eventsourcing.tests import persistence as suite
from eventsourcing.utils import Environment

from events.embedded import EmbeddedLog
from events.entry import MemoryState
from events.guardianship import Office
from events.kafka import KafkaTopic
from events.log import Accepted
from events.recorder import (
    Factory,
    LogAggregateRecorder,
    LogApplicationRecorder,
    LogProcessRecorder,
    LogTrackingRecorder,
)
from events.replica import ReplicatedLog
from events.store import Store
from ops.broker import Cluster
from tests.support.registry import ORIGIN, opened, submission, submit
from tests.support.stories import CHILD, FATHER, born

NewLog = Callable[[], Store]


class OnALog(unittest.TestCase):
    """A fresh log for every recorder that a case of the suite makes."""

    new_log: ClassVar[NewLog]

    def fresh(self) -> Store:
        log = type(self).new_log()
        self.addCleanup(log.close)
        return log


class Aggregates(OnALog, suite.AggregateRecorderTestCase):
    def create_recorder(self) -> LogAggregateRecorder:
        return LogAggregateRecorder(self.fresh())


class Applications(OnALog, suite.ApplicationRecorderTestCase[LogApplicationRecorder]):
    def create_recorder(self) -> LogApplicationRecorder:
        return LogApplicationRecorder(self.fresh())


class Trackings(OnALog, suite.TrackingRecorderTestCase):
    def create_recorder(self) -> LogTrackingRecorder:
        return LogTrackingRecorder(self.fresh())


class Processes(OnALog, suite.ProcessRecorderTestCase):
    def create_recorder(self) -> LogProcessRecorder:
        return LogProcessRecorder(self.fresh())


class NonInterleaving(OnALog, suite.NonInterleavingNotificationIDsBaseCase):
    def create_recorder(self) -> LogApplicationRecorder:
        return LogApplicationRecorder(self.fresh())


class OwnTracking(LogTrackingRecorder):
    """A subclass, as the suite of factories asks for one."""


class Factories(OnALog, suite.InfrastructureFactoryTestCase[Factory]):
    environment: ClassVar[Callable[[Path], dict[str, str]]]

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.env = Environment(env=type(self).environment(Path(folder.name)))
        super().setUp()

    def expected_factory_class(self) -> type[Factory]:
        return Factory

    def expected_aggregate_recorder_class(self) -> type[LogAggregateRecorder]:
        return LogAggregateRecorder

    def expected_application_recorder_class(self) -> type[LogApplicationRecorder]:
        return LogApplicationRecorder

    def expected_tracking_recorder_class(self) -> type[LogTrackingRecorder]:
        return LogTrackingRecorder

    def tracking_recorder_subclass(self) -> type[OwnTracking]:
        return OwnTracking

    def expected_process_recorder_class(self) -> type[LogProcessRecorder]:
        return LogProcessRecorder


SUITES: tuple[type[OnALog], ...] = (
    Aggregates,
    Applications,
    Trackings,
    Processes,
    NonInterleaving,
    Factories,
)
CASES = [
    (suite_, name)
    for suite_ in SUITES
    for name in unittest.defaultTestLoader.getTestCaseNames(suite_)
]
for _hidden in SUITES:  # run below, once for each store, not by themselves
    setattr(_hidden, "__test__", False)


@contextmanager
def store(
    kind: str, request: pytest.FixtureRequest, folder: Path
) -> Iterator[tuple[NewLog, Callable[[Path], dict[str, str]]]]:
    numbers = itertools.count()
    base = {"PERSISTENCE_MODULE": "events.recorder", "CHILDREGISTRY_REGISTRY": ORIGIN}
    if kind == "embedded":

        def embedded() -> Store:
            return EmbeddedLog(folder / f"{next(numbers)}.sqlite", ORIGIN)

        yield embedded, lambda at: {**base, "CHILDREGISTRY_LOG": str(at / "log.sqlite")}
        return
    cluster: Cluster = request.getfixturevalue("cluster")
    new_topic: Callable[[], str] = request.getfixturevalue("new_topic")

    def replicated() -> Store:
        topic = KafkaTopic(cluster.addresses, new_topic())
        log = ReplicatedLog(folder / f"{next(numbers)}.sqlite", ORIGIN, topic)
        log.start()
        log.catch_up(time.monotonic() + 20)
        return log

    yield (
        replicated,
        lambda at: {
            **base,
            "CHILDREGISTRY_LOG": str(at / "log.sqlite"),
            "CHILDREGISTRY_SERVERS": cluster.addresses,
            "CHILDREGISTRY_TOPIC": new_topic(),
        },
    )


def test_the_suites_are_whole() -> None:
    """As many cases as the library ships for the recorders and the factory."""
    shipped = {
        (cls.__name__, name)
        for cls in (
            suite.AggregateRecorderTestCase,
            suite.ApplicationRecorderTestCase,
            suite.TrackingRecorderTestCase,
            suite.ProcessRecorderTestCase,
            suite.NonInterleavingNotificationIDsBaseCase,
            suite.InfrastructureFactoryTestCase,
        )
        for name in unittest.defaultTestLoader.getTestCaseNames(cls)
    }
    assert len(CASES) == len(shipped)


@pytest.mark.parametrize("kind", ["embedded", "kafka"])
@pytest.mark.parametrize(
    ("case", "name"), CASES, ids=[f"{c.__name__}-{n}" for c, n in CASES]
)
def test_a_case_of_the_librarys_suites(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    kind: str,
    case: type[OnALog],
    name: str,
) -> None:
    with store(kind, request, tmp_path) as (new_log, environment):
        members: dict[str, Any] = {
            "new_log": staticmethod(new_log),
            "environment": staticmethod(environment),
        }
        result = unittest.TestResult()
        type(case.__name__, (case,), members)(name).run(result)
    problems = [text for _, text in (*result.errors, *result.failures)]
    assert not problems, problems[0]
    assert result.testsRun == 1
    assert not result.skipped


class Dog(Aggregate):
    """The library's own kind of aggregate."""

    @event("Named")
    def __init__(self, name: str) -> None:
        self.name = name
        self.tricks: list[str] = []

    @event("Taught")
    def teach(self, trick: str) -> None:
        self.tricks.append(trick)


class Kennel(Application[UUID]):
    """The library's own kind of application."""

    is_snapshotting_enabled = True
    snapshotting_intervals: ClassVar[dict[type[Any], int]] = {Dog: 2}


@pytest.mark.parametrize("kind", ["embedded", "kafka"])
def test_the_librarys_application_writes_and_reads_this_log(
    request: pytest.FixtureRequest, tmp_path: Path, kind: str
) -> None:
    with store(kind, request, tmp_path) as (_, environment):
        env = environment(tmp_path)
        with ExitStack() as stack:
            kennel = Kennel(env=env)
            stack.callback(kennel.close)
            dog = Dog("Fido")
            kennel.save(dog)
            for trick in ("sit", "roll over", "play dead"):
                dog.teach(trick)
            kennel.save(dog)
        with ExitStack() as stack:
            again = Kennel(env=env)
            stack.callback(again.close)
            found: Dog = again.repository.get(dog.id)
            assert found.tricks == ["sit", "roll over", "play dead"]
            listed = again.notification_log.select(start=1, limit=10)
            assert [n.originator_version for n in listed] == [1, 2, 3, 4]
            state = MemoryState(ORIGIN)
            factory: Any = again.factory
            source = factory.log
            kept = source.read(0, 100)
            assert len(kept) == 2
            assert all(isinstance(state.apply(e.record), Accepted) for e in kept)


def test_two_servers_use_the_librarys_classes_on_one_topic(
    tmp_path: Path, cluster: Cluster, new_topic: Callable[[], str]
) -> None:
    """Each has its own copy; both teach one dog at once, and neither loses a trick."""
    topic = new_topic()
    base = {
        "PERSISTENCE_MODULE": "events.recorder",
        "CHILDREGISTRY_REGISTRY": ORIGIN,
        "CHILDREGISTRY_SERVERS": cluster.addresses,
        "CHILDREGISTRY_TOPIC": topic,
    }
    with ExitStack() as stack:
        kennels = []
        for name in "ab":
            env = {**base, "CHILDREGISTRY_LOG": str(tmp_path / f"{name}.sqlite")}
            kennels.append(Kennel(env=env))
            stack.callback(kennels[-1].close)
        first, second = kennels
        dog = Dog("Fido")
        first.save(dog)
        caught_up(second)
        found: Dog = second.repository.get(dog.id)
        assert found.name == "Fido"
        # What one server wrote meanwhile, the other may not write over.
        found.teach("sit")
        second.save(found)
        dog.teach("stay")
        with pytest.raises(IntegrityError):
            first.save(dog)

        def teach(kennel: Kennel, tricks: list[str]) -> None:
            for trick in tricks:
                while True:
                    caught_up(kennel)
                    known: Dog = kennel.repository.get(dog.id)
                    known.teach(trick)
                    try:
                        kennel.save(known)
                    except IntegrityError:
                        continue
                    break

        lessons = [[f"{name} {number}" for number in range(8)] for name in "ab"]
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(teach, kennels, lessons))
        told = []
        for kennel, own in zip(kennels, lessons, strict=True):
            caught_up(kennel)
            taught: Dog = kennel.repository.get(dog.id)
            assert [trick for trick in taught.tricks if trick in own] == own
            assert len(taught.tricks) == len(set(taught.tricks)) == 17
            notes = kennel.recorder.select_notifications(1, 100)
            told.append([(n.id, n.originator_version, n.state) for n in notes])
        assert told[0] == told[1]
        assert [number for number, _, _ in told[0]] == list(range(1, 19))


def caught_up(kennel: Kennel) -> None:
    """Read to the end of the log: the library's repositories read the copy as it is."""
    factory: Any = kennel.factory
    factory.log.catch_up(time.monotonic() + 20)


def test_the_librarys_tools_read_the_registrys_own_events(tmp_path: Path) -> None:
    with opened(tmp_path) as registry:
        birth = born(CHILD, "2004-10", FATHER)
        submit(registry, submission(birth, "birth", "xuzhou-police", Office.POLICE))
        recorder = LogApplicationRecorder(registry.log)
        topics = [one.topic for one in recorder.select_events(f"child/{CHILD}")]
        assert topics[0] == "ChildRegistered"
        listed = recorder.select_notifications(1, 10)
        assert [one.topic for one in listed] == topics
        assert [one.id for one in listed] == list(range(1, len(topics) + 1))
        mine = StoredEvent(uuid4(), 0, "Begun", b"{}")
        assert recorder.insert_events([mine]) == [len(topics) + 1]
        with pytest.raises(IntegrityError):
            recorder.insert_events([mine])
        assert recorder.select_events(mine.originator_id) == [mine]
