"""Composition root: from a configuration to a registry that runs.

What lives here: `Config`, and `open_registry`, the one place where the parts meet.
What never does: logic. Clock and salts come in as arguments, so that two runs can be
compared byte by byte.
"""

from __future__ import annotations

import fcntl
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from events.embedded import EmbeddedLog
from events.heads import HeadFile
from events.heads_log import HeadsLog, heads_origin
from events.kafka import KafkaTopic
from events.keys import load_key
from events.ledger import Ledger, ledger_origin
from events.log import EMPTY, Log
from events.replica import ReplicatedLog
from events.topic import Topic
from events.topic_audit import TopicFault, audit, unaccepted
from projections.apart import Apart
from projections.barred import Barred
from projections.cold import cold_start
from projections.custody import Custody
from projections.docket import Docket
from projections.limits import Limits
from projections.matters import Matters
from projections.places import Places
from projections.progress import StoppedError
from projections.runner import Runner
from projections.views import open_views
from projections.wards import Wards
from registry.announce import adopt
from registry.china import CHINA
from registry.deliveries import Deliveries
from registry.keyring import Keyring
from registry.pack import LawPack
from registry.publisher import Publisher, nobody
from registry.sources import Sources
from registry.stamper import EVERY_S, STAMPS, Stamper
from registry.subscribed import Subscribed
from registry.watch import Watch
from registry.wire import CODEC
from registry.witnesses import Asked, Witnesses
from registry.writer import Writer

First = Callable[[Topic], None]
"""Takes a topic of which there is no copy yet."""

EMBEDDED_CLOCK_LEAD_US = 1_000_000
"""How far the last entry may be ahead of the clock: time services slew within that."""
KAFKA_CLOCK_LEAD_US = 60_000_000
"""The same with several nodes, whose clocks differ more than one does from itself."""
TILES = "tiles"
"""The folder of tiles in a data folder."""
CLOCK_ACCEPTED = "clock_accepted"
"""What the file remembers of `clock accept`: the last entry's time then."""
LEDGER_FILE = "deliveries.sqlite"
"""In the data folder: the ledger of deliveries, or its copy."""
START_TIMEOUT_S = 60.0
"""How long a start waits for the end of the topic."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KafkaConfig:
    """Where the topic is, the floor of its replication, and what is accepted of it.

    `deliveries` is the topic of the delivery ledger; without one no subscription can be
    followed by its name. `accepted` names the faults of the audit that the operator
    takes upon himself; `security` goes to the client as it is.
    """

    servers: str
    topic: str
    min_in_sync: int = 1
    accepted: frozenset[str] = frozenset()
    security: Mapping[str, Any] = field(default_factory=dict)
    deliveries: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningConfig:
    """The log's key, and where heads are fixed beside the data folder.

    `heads` is a folder in another failure domain than the data folder: another disk,
    another machine. With `topic` the heads log is that topic, the folder its copy, and
    other nodes may sign beside this one. `more_keys` are keys before and after `key`:
    each signs what is of its time. A head is published when `quorum` of the witnesses
    signed it; `tsa` is the address of an authority that stamps heads with its time.
    """

    key: Path
    heads: Path
    topic: str = ""
    more_keys: tuple[Path, ...] = ()
    witnesses: tuple[Asked, ...] = ()
    quorum: int = 0
    tsa: str = ""
    tsa_every_s: float = EVERY_S


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """What a node is: its folder, the log's origin, its own name in entries.

    Without `kafka` the log is the folder's own file; without `signing` it signs no
    heads and builds no tiles.
    """

    data_dir: Path
    registry: str
    node: str
    kafka: KafkaConfig | None = None
    signing: SigningConfig | None = None


class KeeperBusyError(Exception):
    """Another process keeps this data folder."""


class TopicUnfitError(Exception):
    """The topic's settings could lose or change what is recorded; `faults` says how."""

    def __init__(self, faults: list[TopicFault]) -> None:
        super().__init__("; ".join(fault.message for fault in faults))
        self.faults = faults


@dataclass(frozen=True, slots=True)
class Registry:
    """The parts of a running registry."""

    log: Log
    writer: Writer
    custody: Custody
    barred: Barred
    matters: Matters
    places: Places
    limits: Limits
    docket: Docket
    wards: Wards
    runner: Runner | Apart
    subscribed: Subscribed
    config: Config
    deliveries: Deliveries | None = None
    watch: Watch | None = None
    publisher: Publisher | None = None
    heads: HeadsLog | None = None
    stamper: Stamper | None = None
    law: LawPack = CHINA

    @property
    def data_dir(self) -> Path:
        """The folder of all its files."""
        return self.config.data_dir


@contextmanager
def keeper(data_dir: Path) -> Iterator[None]:
    """Hold a data folder as its only keeper. Raises KeeperBusyError."""
    data_dir.mkdir(parents=True, exist_ok=True)
    with (data_dir / "keeper.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            message = f"another process keeps {data_dir}"
            raise KeeperBusyError(message) from error
        yield


@contextmanager
def open_log(config: Config, first: First | None = None) -> Iterator[Log]:
    """Open the log that a configuration names, caught up with its end.

    `first` is given a topic of which there is no copy yet. Raises TopicUnfitError where
    the topic is not what a registry needs, and what the log and the topic raise where
    they cannot be reached.
    """
    path = config.data_dir / "log.sqlite"
    if config.kafka is None:
        log: Log = EmbeddedLog(path, config.registry)
    else:
        log = _replica(path, config.registry, config.kafka, first)
    with closing(log):
        log.catch_up(time.monotonic() + START_TIMEOUT_S)
        yield log


def _replica(
    path: Path, registry: str, kafka: KafkaConfig, first: First | None = None
) -> ReplicatedLog:
    topic = fit_topic(kafka)
    if first is not None and not path.exists():
        first(topic)
    log = ReplicatedLog(path, registry, topic)
    log.start()
    return log


def fit_topic(kafka: KafkaConfig) -> KafkaTopic:
    """Return a topic that is fit to be a log. Raises TopicUnfitError."""
    faults = audit(kafka.servers, kafka.topic, kafka.min_in_sync, kafka.security)
    if unfit := unaccepted(faults, kafka.accepted):
        raise TopicUnfitError(unfit)
    return KafkaTopic(kafka.servers, kafka.topic, kafka.security)


@contextmanager
def open_heads(
    config: Config, signing: SigningConfig, sources: Sources
) -> Iterator[tuple[HeadsLog, HeadFile]]:
    """Open the two domains in which heads are fixed, the heads log first.

    Raises KeeperBusyError, and what `open_log` raises.
    """
    name, path = heads_origin(config.registry), signing.heads / "heads.sqlite"
    with keeper(signing.heads):
        if config.kafka is not None and signing.topic:
            log: Log = _replica(path, name, replace(config.kafka, topic=signing.topic))
        else:
            log = EmbeddedLog(path, name)
        with closing(log):
            log.catch_up(time.monotonic() + START_TIMEOUT_S)
            heads = HeadsLog(log, config.node, sources.clock)
            yield heads, HeadFile(config.data_dir / "head")


@contextmanager
def _delivering(
    config: Config, log: Log, sources: Sources
) -> Iterator[Deliveries | None]:
    """Keep the ledger of deliveries, in a file or a topic of its own."""
    name, path = ledger_origin(config.registry), config.data_dir / LEDGER_FILE
    kafka = config.kafka
    if kafka is not None and not kafka.deliveries:
        yield None
        return

    def opened() -> Ledger:
        if kafka is None:
            kept: Log = EmbeddedLog(path, name)
        else:
            kept = _replica(path, name, replace(kafka, topic=kafka.deliveries))
        try:
            kept.catch_up(time.monotonic() + START_TIMEOUT_S)
        except BaseException:
            kept.close()
            raise
        return Ledger(kept, config.node, sources.clock)

    known = kafka is not None or path.exists()
    deliveries = Deliveries(log, opened() if known else None, opened)
    with closing(deliveries):
        deliveries.start()
        yield deliveries


@contextmanager
def _publishing(
    config: Config, log: Log, sources: Sources
) -> Iterator[tuple[Publisher | None, HeadsLog | None]]:
    """Publish signed heads of a log where a node is configured to."""
    if config.signing is None:
        yield None, None
        return
    with (
        open_heads(config, config.signing, sources) as (heads, file),
        _cosigning(config.signing) as witnesses,
    ):
        publisher = Publisher(
            log,
            config.data_dir / TILES,
            keyring(log, config.signing),
            [heads, file],
            cosign=nobody if witnesses is None else witnesses.cosigned,
            shared=heads if config.signing.topic else None,
        )
        with closing(publisher):
            yield publisher, heads


def keyring(log: Log, signing: SigningConfig) -> Keyring:
    """Return the keys that a node holds. Raises KeyFileError, OtherHistoryError."""
    files = (signing.key, *signing.more_keys)
    return Keyring(log, [load_key(file) for file in files])


@contextmanager
def _cosigning(signing: SigningConfig) -> Iterator[Witnesses | None]:
    """Ask witnesses where a node is configured to."""
    if not signing.witnesses:
        yield None
        return
    with closing(Witnesses(signing.witnesses, signing.quorum)) as witnesses:
        yield witnesses


@contextmanager
def _stamping(config: Config, publisher: Publisher | None) -> Iterator[Stamper | None]:
    """Have heads stamped where a node is configured to."""
    signing = config.signing
    if publisher is None or signing is None or not signing.tsa:
        yield None
        return
    stamper = Stamper(
        config.data_dir / STAMPS,
        signing.tsa,
        lambda: publisher.note,
        signing.tsa_every_s,
    )
    with closing(stamper):
        yield stamper


@contextmanager
def open_registry(
    config: Config,
    sources: Sources,
    law: LawPack = CHINA,
    runner: type[Runner | Apart] = Runner,
) -> Iterator[Registry]:
    """Open the registry of a folder, as its only keeper, under a country's law.

    Its `runner` applies entries in a thread, or in a process of its own.

    Raises KeeperBusyError, KeyFileError, and what `open_log` raises. A new log adopts
    this release's formats and rules; an existing one is taken as it stands.
    """
    with (
        keeper(config.data_dir),
        open_log(config, partial(cold_start, config.data_dir, config.registry)) as log,
        _publishing(config, log, sources) as (publisher, heads),
        _delivering(config, log, sources) as deliveries,
        _stamping(config, publisher) as stamper,
        open_views(config.data_dir) as views,
    ):
        if log.head() == EMPTY:
            adopt(log, CODEC, sources, config.node, law)
        if publisher is not None:
            publisher.start()
        if stamper is not None:
            stamper.start()
        subscribed, watch = Subscribed(log), None
        if deliveries is not None:
            watch = Watch(log, subscribed, deliveries, sources.clock)
        with (
            _applying(config.data_dir, log, runner) as applying,
            closing(_writer(config, log, sources, law)) as writer,
        ):
            yield Registry(
                log,
                writer,
                *views,
                applying,
                subscribed,
                config,
                deliveries,
                watch,
                publisher,
                heads,
                stamper,
                law,
            )


@contextmanager
def _applying(
    folder: Path, log: Log, runner: type[Runner | Apart]
) -> Iterator[Runner | Apart]:
    """Have what is accepted applied; what there is by now is, before anybody asks.

    What cannot be applied is no reason not to start: the runner says so, and what came
    before is answered.
    """
    with closing(runner(folder, log)) as applying:
        applying.start()
        with suppress(StoppedError):
            applying.wait(log.head().position, START_TIMEOUT_S)
        yield applying


def _writer(config: Config, log: Log, sources: Sources, law: LawPack) -> Writer:
    on_kafka = config.kafka is not None
    return Writer(
        log,
        CODEC,
        sources,
        law,
        node=config.node,
        clock_lead_us=KAFKA_CLOCK_LEAD_US if on_kafka else EMBEDDED_CLOCK_LEAD_US,
        clock_accepted_us=int(log.meta(CLOCK_ACCEPTED) or 0),
    )
