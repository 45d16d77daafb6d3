"""The configuration of a node: one TOML file, read into `registry.bootstrap.Config`.

What lives here: reading and refusing. What never does: defaults that decide safety; a
file says its registry, node and folder, and nothing else is guessed.

    registry = "registry.example/cn-320300"   # the log's origin, for ever
    node = "xuzhou-1"                          # this node's name in entries
    data_dir = "data"                          # beside this file where relative
    address = "127.0.0.1:50051"

    [kafka]                                    # left out: the embedded store
    servers = "kafka-1:9092,kafka-2:9092"
    topic = "childregistry-cn-320300"
    min_in_sync = 2
    accepted = []                              # audit faults accepted by name
    deliveries = "childregistry-cn-320300-deliveries"  # the ledger of deliveries
    [kafka.security]                           # to the Kafka client as it is
    security_protocol = "SSL"

    [signing]                                  # left out: no heads, no tiles
    key = "log.key"                            # made by `childregistry keys new`
    heads = "/other-disk/heads"                # another failure domain than data_dir
    topic = "childregistry-cn-320300-heads"    # on Kafka; left out: a file in `heads`
    tiles = "127.0.0.1:8080"                   # over HTTP; left out: not served
    more_keys = ["log-2.key"]                  # keys before and after `key`
    quorum = 1                                 # witnesses that must sign a head
    tsa = "http://tsa.example/"                # stamps of RFC 3161; left out: none
    tsa_every_s = 3600
    [[signing.witness]]                        # left out: nobody is asked
    url = "https://witness.example"
    key = "audit.example/w1+…"                 # its key, which it gave you

    [published]                                # left out: nothing is published
    topic = "childregistry-cn-320300-events"   # `topics create --published`
    servers = "kafka-1:9092"                   # with `security`; left out: [kafka]'s
    checkpoint_s = 60                          # an idle partition says how far it is
    [published.schema_ids]                     # of a schema registry, by fingerprint
    484269c9a1729a28 = 1

    [readers]                                  # left out: one process does all
    processes = 2                              # beside the keeper, on the same port

    [feed]                                     # left out: the feed at `address` only
    address = "127.0.0.1:50052"                # given there by a process of its own

    [tls]                                      # left out: loopback, claimed identity
    key = "server.key"
    chain = "server.pem"
    clients = "clients-ca.pem"
    identities = "identities.toml"

    [[peers]]                                  # left out: this node appends by itself
    node = "xuzhou-2"                          # as its own configuration names it
    address = "node-2:50051"
    certificate = "node-2.pem"                 # with [tls]: the chain's first, alone
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from events.frame import FINGERPRINT_BYTES
from events.notes import KeyKind, NoteError, parse_verifier
from registry.bootstrap import Config, KafkaConfig, SigningConfig
from registry.peers import Peer
from registry.relay import CHECKPOINT_S
from registry.server import Listen, Tls
from registry.stamper import EVERY_S
from registry.witnesses import MAX_WITNESSES, Asked

MAX_PORT = 65_535
MAX_SCHEMA_ID = 2**31 - 1
"""Schema registries count with four bytes and a sign."""
_TOP = {"registry", "node", "data_dir", "address"}
_TOP |= {"kafka", "signing", "published", "readers", "feed", "tls", "peers"}
_SIGNING = {
    "key",
    "heads",
    "topic",
    "tiles",
    "more_keys",
    "witness",
    "quorum",
    "tsa",
    "tsa_every_s",
}
MAX_READERS = 64
"""More than any machine's cores gain by: a slip of the hand, not a wish."""
MAX_PEERS = 16
"""Each node keeps a channel to every other: more nodes than one topic gains from."""
_KINDS: dict[str, type] = {
    "servers": str,
    "topic": str,
    "min_in_sync": int,
    "accepted": list,
    "security": dict,
    "deliveries": str,
}


class ConfigError(Exception):
    """The configuration is wrong: says which key breaks which rule."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedConfig:
    """Where the published topic is, and what is accepted of it as of a log's topic."""

    servers: str
    topic: str
    min_in_sync: int = 1
    accepted: frozenset[str] = frozenset()
    security: Mapping[str, Any] = field(default_factory=dict)
    checkpoint_s: float = CHECKPOINT_S
    schema_ids: Mapping[bytes, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeConfig:
    """What a node is, and where it listens; `tiles` is empty where none are served.

    `readers` are the processes that answer questions beside the keeper; at `feed`, if
    that is not empty, one more gives the feed.
    """

    config: Config
    listen: Listen
    tiles: str = ""
    published: PublishedConfig | None = None
    readers: int = 0
    feed: str = ""


def load(path: Path) -> NodeConfig:
    """Read a configuration. Raises ConfigError."""
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        message = f"{path}: {error}"
        raise ConfigError(message) from error
    _known(told, _TOP, "")
    base = path.parent
    listen = Listen(
        address=_text(told, "address", "127.0.0.1:50051"),
        tls=_tls(told, base),
        peers=_peers(told, base),
    )
    config = Config(
        data_dir=base / _text(told, "data_dir"),
        registry=_text(told, "registry"),
        node=_text(told, "node"),
        kafka=_kafka(told),
        signing=_signing(told, base),
    )
    if config.signing is not None and config.signing.topic and config.kafka is None:
        message = "signing.topic: needs [kafka]"
        raise ConfigError(message)
    tiles = _address(told.get("signing", {}))
    published = _published(told, config.kafka)
    return NodeConfig(
        config=config,
        listen=listen,
        tiles=tiles,
        published=published,
        readers=_readers(told),
        feed=_feed(told, listen.address),
    )


def _readers(told: dict[str, Any]) -> int:
    if "readers" not in told:
        return 0
    given = _table(told, "readers")
    _known(given, {"processes"}, "readers.")
    processes = given.get("processes")
    if type(processes) is not int or not 0 <= processes <= MAX_READERS:
        message = f"readers.processes: is 0 to {MAX_READERS}"
        raise ConfigError(message)
    return processes


def _feed(told: dict[str, Any], taken: str) -> str:
    """Return where the feed has a process of its own; empty where it has none."""
    if "feed" not in told:
        return ""
    given = _table(told, "feed")
    _known(given, {"address"}, "feed.")
    found = _host_and_port(given, "address", "feed.")
    # It is bound again after a death, so the port is one that followers know.
    if found == taken or found.endswith(":0"):
        message = "feed.address: has a port of its own"
        raise ConfigError(message)
    return found


def _signing(told: dict[str, Any], base: Path) -> SigningConfig | None:
    if "signing" not in told:
        return None
    given = _table(told, "signing")
    _known(given, _SIGNING, "signing.")
    asked = tuple(_witnesses(given))
    quorum = _number(given, "quorum", 0)
    if not 0 <= quorum <= len(asked) <= MAX_WITNESSES:
        message = f"signing.quorum: is 0 to {len(asked)}, the number of witnesses"
        raise ConfigError(message)
    every_s = _number(given, "tsa_every_s", int(EVERY_S))
    if every_s < 1:
        message = "signing.tsa_every_s: is 1 or more"
        raise ConfigError(message)
    return SigningConfig(
        key=base / _text(given, "key", prefix="signing."),
        heads=base / _text(given, "heads", prefix="signing."),
        topic=_text(given, "topic", prefix="signing.") if "topic" in given else "",
        more_keys=tuple(base / name for name in _texts(given, "more_keys")),
        witnesses=asked,
        quorum=quorum,
        tsa=_text(given, "tsa", prefix="signing.") if "tsa" in given else "",
        tsa_every_s=float(every_s),
    )


def _witnesses(given: dict[str, Any]) -> Iterator[Asked]:
    """Yield the witnesses of a configuration. Raises ConfigError."""
    tables = given.get("witness", [])
    if not isinstance(tables, list) or not all(isinstance(t, dict) for t in tables):
        message = "signing.witness: is a list of tables"
        raise ConfigError(message)
    for told in tables:
        _known(told, {"url", "key"}, "signing.witness.")
        url = _text(told, "url", prefix="signing.witness.").removesuffix("/")
        try:
            key = parse_verifier(_text(told, "key", prefix="signing.witness."))
        except NoteError as error:
            message = f"signing.witness.key: {error}"
            raise ConfigError(message) from error
        if key.kind is not KeyKind.WITNESS:
            message = "signing.witness.key: is no witness's key"
            raise ConfigError(message)
        yield Asked(url=url, key=key)


def _number(told: dict[str, Any], name: str, default: int) -> int:
    value = told.get(name, default)
    if not isinstance(value, int) or isinstance(value, bool):
        message = f"signing.{name}: is a whole number"
        raise ConfigError(message)
    return value


def _texts(told: dict[str, Any], name: str) -> list[str]:
    value = told.get(name, [])
    if not isinstance(value, list) or not all(isinstance(v, str) and v for v in value):
        message = f"signing.{name}: is a list of texts"
        raise ConfigError(message)
    return value


def _address(signing: dict[str, Any]) -> str:
    """Return where tiles are served, `host:port`; empty where they are not."""
    if "tiles" not in signing:
        return ""
    return _host_and_port(signing, "tiles", "signing.")


def _host_and_port(given: dict[str, Any], name: str, prefix: str) -> str:
    told = _text(given, name, prefix=prefix)
    host, _, port = told.rpartition(":")
    if not host or not port.isascii() or not port.isdigit() or int(port) > MAX_PORT:
        message = f"{prefix}{name}: is host:port"
        raise ConfigError(message)
    return told


def _kafka(told: dict[str, Any]) -> KafkaConfig | None:
    if "kafka" not in told:
        return None
    given = _table(told, "kafka")
    _known(given, {field.name for field in fields(KafkaConfig)}, "kafka.")
    for name, value in given.items():
        if not isinstance(value, _KINDS[name]):
            message = f"kafka.{name}: is a {_KINDS[name].__name__}"
            raise ConfigError(message)
    for name in ("servers", "topic"):
        _text(given, name, prefix="kafka.")
    accepted = frozenset(str(name) for name in given.pop("accepted", ()))
    return KafkaConfig(accepted=accepted, **given)


def _published(
    told: dict[str, Any], kafka: KafkaConfig | None
) -> PublishedConfig | None:
    if "published" not in told:
        return None
    given, prefix = _table(told, "published"), "published."
    _known(given, {field.name for field in fields(PublishedConfig)}, prefix)
    _text(given, "topic", prefix=prefix)
    if "servers" not in given and kafka is not None:
        given["servers"], given["security"] = kafka.servers, kafka.security
        given.setdefault("min_in_sync", kafka.min_in_sync)
    _text(given, "servers", prefix=prefix)
    wait_s = given.get("checkpoint_s", CHECKPOINT_S)
    if not isinstance(wait_s, int | float) or not wait_s > 0:
        message = "published.checkpoint_s: is seconds above 0"
        raise ConfigError(message)
    if not isinstance(given.get("min_in_sync", 1), int):
        message = "published.min_in_sync: is an int"
        raise ConfigError(message)
    accepted = frozenset(map(str, given.pop("accepted", ())))
    ids = _schema_ids(given.pop("schema_ids", {}))
    return PublishedConfig(accepted=accepted, schema_ids=ids, **given)


def _schema_ids(given: Any) -> dict[bytes, int]:  # noqa: ANN401  what a file says
    message = "published.schema_ids: sixteen hex digits = an id of 1 to 2147483647"
    try:
        found = {bytes.fromhex(name): value for name, value in dict(given).items()}
    except (ValueError, TypeError) as error:
        raise ConfigError(message) from error
    for name, value in found.items():
        sound = isinstance(value, int) and 0 < value <= MAX_SCHEMA_ID
        if len(name) != FINGERPRINT_BYTES or not sound:
            raise ConfigError(message)
    return found


def _tls(told: dict[str, Any], base: Path) -> Tls | None:
    if "tls" not in told:
        return None
    given = _table(told, "tls")
    names = [field.name for field in fields(Tls)]
    _known(given, set(names), "tls.")
    return Tls(**{name: base / _text(given, name, prefix="tls.") for name in names})


def _peers(told: dict[str, Any], base: Path) -> tuple[Peer, ...]:
    """Return the other nodes; all nodes may have one list, each leaves itself out."""
    listed = told.get("peers", [])
    if not isinstance(listed, list) or len(listed) > MAX_PEERS:
        message = f"peers: are up to {MAX_PEERS} tables, [[peers]]"
        raise ConfigError(message)
    if listed and "kafka" not in told:
        message = "peers: needs [kafka]"
        raise ConfigError(message)
    found: dict[str, Peer] = {}
    for number, given in enumerate(listed, 1):
        where = f"peers[{number}]"
        peer = _peer(given, where, base, secured="tls" in told)
        if peer.node in found:
            message = f"{where}.node: is listed twice"
            raise ConfigError(message)
        found[peer.node] = peer
    found.pop(str(told.get("node")), None)
    return tuple(found.values())


def _peer(given: object, where: str, base: Path, *, secured: bool) -> Peer:
    if not isinstance(given, dict):
        message = f"{where}: is a table"
        raise ConfigError(message)
    prefix = f"{where}."
    _known(given, {"node", "address", "certificate"}, prefix)
    if secured is not ("certificate" in given):
        rule = "is required" if secured else "says nothing without [tls]"
        message = f"{prefix}certificate: {rule}"
        raise ConfigError(message)
    certificate = None
    if secured:
        certificate = base / _text(given, "certificate", prefix=prefix)
    return Peer(
        node=_text(given, "node", prefix=prefix),
        address=_host_and_port(given, "address", prefix),
        certificate=certificate,
    )


def _table(told: dict[str, Any], name: str) -> dict[str, Any]:
    given = told[name]
    if not isinstance(given, dict):
        message = f"{name}: is a table"
        raise ConfigError(message)
    return dict(given)


def _known(told: dict[str, Any], names: set[str], prefix: str) -> None:
    for name in told:
        if name not in names:
            message = f"{prefix}{name}: is no key; keys are {', '.join(sorted(names))}"
            raise ConfigError(message)


def _text(
    told: dict[str, Any], name: str, default: str | None = None, prefix: str = ""
) -> str:
    value = told.get(name, default)
    if not isinstance(value, str) or not value:
        message = f"{prefix}{name}: is required and is text"
        raise ConfigError(message)
    return value
