"""What is done to servers, brokers, the network, copies and the topic, one by one.

What lives here: each act as one function of the field, which returns when what it
broke is mended, by itself or by the runbook. What never does: load, judgment.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from itertools import pairwise
from pathlib import Path

from events.draft import Draft, DraftEvent, OpaqueContent, assemble
from events.entry import (
    MAX_ENTRY_BYTES,
    Authentication,
    AuthenticationKind,
    MemoryState,
    Provenance,
)
from events.kafka import KafkaTopic
from events.kafka_strangers import (
    delete_from_the_start,
    leader,
    produce,
    produce_aborted,
    remove,
)
from ops.broker import Broker
from ops.fire.field import TOPIC, Field, OperatorError, until
from ops.fire.proxy import Proxy
from ops.fire.servers import REGISTRY, Server
from registry.wire import CODEC

HOUR_S, YEAR_S = 3_600.0, 31_536_000.0
EXPIRED_S = 7.0
"""A broker frozen for so long answers after the client gave its batch up (5 s)."""
HALF_CLOSED_S = 4.0
"""A client that waits for an answer gives the connection up after three seconds."""
QUERY_S = 5.0
NOTICED_S = 30.0


def kill_server(on: Field) -> None:
    """Kill -9 a server; it is started again soon."""
    server = on.server()
    on.kill(server)
    time.sleep(on.chance.random() * 0.3)
    on.start(server)


def kill_broker(on: Field) -> None:
    """Kill -9 the broker that leads; it is started again soon."""
    broker = _leading(on)
    broker.kill()
    time.sleep(on.chance.random() * 0.3)
    broker.start()


def freeze_server(on: Field) -> None:
    """SIGSTOP a server for 1 to 5 seconds."""
    _frozen(on, 1 + on.chance.random() * 4)


def freeze_server_long(on: Field) -> None:
    """SIGSTOP a server for 40 seconds: longer than everything waits."""
    _frozen(on, 40)


def freeze_broker(on: Field) -> None:
    """SIGSTOP the leading broker until batches in flight have expired.

    They land later, and the producers that sent them are stuck.
    """
    broker = _leading(on)
    broker.freeze()
    time.sleep(EXPIRED_S)
    broker.thaw()


def rolling_restart(on: Field) -> None:
    """Stop and start one server after the other, cleanly."""
    for server in on.servers:
        server.stop()
        on.start(server)


def cut_network(on: Field) -> None:
    """Cut all connections to the brokers, and refuse new ones for a second."""
    _network(on, lambda p: p.cut(refuse=True), 1.0)


def delay_network(on: Field) -> None:
    """Delay everything by 0.3 seconds for some seconds."""
    _network(on, lambda p: setattr(p, "delay_s", 0.3), 3.0)


def half_close_network(on: Field) -> None:
    """End all connections for the brokers alone: nobody answers on them any more."""
    _network(on, lambda p: p.half_close(), HALF_CLOSED_S)


def silence_network(on: Field) -> None:
    """Let nothing pass for some seconds, while connections stay open."""
    _network(on, lambda p: setattr(p, "silent", True), 3.0)


def fill_disk(on: Field) -> None:
    """Let a server's disk take nothing more for a while."""
    server = on.server()
    server.fill_disk()
    time.sleep(2.0)
    server.free_disk()


def flip_bits(on: Field) -> None:
    """Flip a bit in an entry of a stopped server's copy; the doctor must find it."""
    server = on.server()
    on.kill(server)
    _checkpointed(server.log)
    with closing(sqlite3.connect(server.log)) as log:
        (count,) = log.execute("SELECT count(*) FROM entries").fetchone()
        position = on.chance.randrange(1, count + 1)
        (record,) = log.execute(
            "SELECT record FROM entries WHERE position=?", (position,)
        ).fetchone()
    content = bytearray(server.log.read_bytes())
    place = content.index(record[:64]) + on.chance.randrange(64)
    content[place] ^= 1 << on.chance.randrange(8)
    server.log.write_bytes(content)
    _found_damaged(on, server)


def truncate_copy(on: Field) -> None:
    """Cut a stopped server's copy in half; the doctor must find it."""
    server = on.server()
    on.kill(server)
    _checkpointed(server.log)
    with server.log.open("r+b") as file:
        file.truncate(server.log.stat().st_size // 2)
    _found_damaged(on, server)


def foreign_garbage(on: Field) -> None:
    """Write garbage, stale records and huge ones into the topic."""
    topic = KafkaTopic(on.direct, TOPIC)
    try:
        old = topic.read_at(0, QUERY_S)
    finally:
        topic.close()
    again = old.content if old is not None else b""
    huge = bytes(MAX_ENTRY_BYTES + 1)
    produce(on.direct, TOPIC, [b"", b"hello", again, huge, again[: len(again) // 2]])


def aborted_transaction(on: Field) -> None:
    """Abort a transaction that holds a frame upon the head: it counts for everybody."""
    for server in on.servers:
        server.freeze()
    try:
        time.sleep(0.5)  # what they had sent has landed
        record = _fitting(on)
        identity = f"stranger-{on.chance.getrandbits(64)}"
        produce_aborted(on.direct, TOPIC, identity, [record])
    finally:
        for server in on.servers:
            server.thaw()


def clock_back(on: Field) -> None:
    """Set a server's clock back by an hour: it refuses, the other goes on."""
    server = on.server()
    server.set_clock(-HOUR_S)
    time.sleep(2.0)
    server.set_clock(0)


def clock_ahead(on: Field) -> None:
    """Set a server's clock ahead by a year, until an operator accepts what it wrote."""
    server = on.server()
    server.set_clock(YEAR_S)
    time.sleep(2.0)
    server.set_clock(0)
    for one in on.servers:
        if "clock-refused" in one.pages():
            on.recover(one)


def remake_topic(on: Field) -> None:
    """Delete the topic and make it again: every node must stop, and is restored."""
    remove(on.direct, TOPIC)
    on.make_topic()
    _two_histories(on)


def lose_suffix(on: Field) -> None:
    """Let a single broker come back without the last batches it had acknowledged."""
    (broker,) = on.brokers
    broker.kill()
    segment = broker.segments(TOPIC)[-1]
    content = segment.read_bytes()
    ends = _batch_ends(content)
    kept = ends[-min(len(ends), 4)]
    with segment.open("r+b") as file:
        file.truncate(kept)
    broker.start()
    _two_histories(on)


def delete_from_start(on: Field) -> None:
    """Delete the first records: old copies go on; then the topic is made whole."""
    delete_from_the_start(on.direct, TOPIC, 5)
    server = on.server()
    server.stop()
    refused = "the-topic-is-unfit" in server.pages()
    if not refused:
        message = "nobody noticed that the topic's start is gone"
        raise OperatorError(message)
    for one in on.servers:
        one.stop()
    remove(on.direct, TOPIC)
    on.make_topic()
    on.restore()


ACTS: dict[str, Callable[[Field], None]] = {
    act.__name__: act
    for act in (
        kill_server,
        kill_broker,
        freeze_server,
        freeze_server_long,
        freeze_broker,
        rolling_restart,
        cut_network,
        delay_network,
        half_close_network,
        silence_network,
        fill_disk,
        flip_bits,
        truncate_copy,
        foreign_garbage,
        aborted_transaction,
        clock_back,
        remake_topic,
        lose_suffix,
        delete_from_start,
        clock_ahead,
    )
}
"""Every act, by its name."""
ALONE = frozenset({"lose_suffix"})
"""What only a single broker can do: of three, two hold what one lost."""


def _leading(on: Field) -> Broker:
    if len(on.brokers) == 1:
        return on.brokers[0]
    number = leader(on.direct, TOPIC)
    return next(broker for broker in on.brokers if broker.node == number)


def _frozen(on: Field, seconds: float) -> None:
    server = on.server()
    server.freeze()
    time.sleep(seconds)
    server.thaw()


def _network(on: Field, broken: Callable[[Proxy], None], seconds: float) -> None:
    for proxy in on.proxies:
        broken(proxy)
    time.sleep(seconds)
    for proxy in on.proxies:
        proxy.mend()


def _checkpointed(path: Path) -> None:
    """Bring all into the one file, as it lies when nobody has it open."""
    with closing(sqlite3.connect(path)) as log:
        log.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _found_damaged(on: Field, server: Server) -> None:
    pages = server.pages()
    if "the-copy-is-damaged" not in pages:
        message = f"the doctor says {pages} of a damaged copy"
        raise OperatorError(message)
    on.recover(server)
    on.down.discard(server.name)


def _two_histories(on: Field) -> None:
    """Wait until every node says so, as none may go on; then restore."""

    def all_say_so() -> bool:
        return all("two-histories" in server.pages() for server in on.servers)

    if not until(all_say_so, NOTICED_S):
        pages = {server.name: server.pages() for server in on.servers}
        message = f"another history was not noticed: {pages}"
        raise OperatorError(message)
    on.restore()


def _batch_ends(content: bytes) -> list[int]:
    """Return where each record batch of a segment ends (message format v2)."""
    ends = [0]
    while len(content) - ends[-1] > 12:  # noqa: PLR2004  offset and length of a batch
        size = int.from_bytes(content[ends[-1] + 8 : ends[-1] + 12])
        if not size or ends[-1] + 12 + size > len(content):
            break
        ends.append(ends[-1] + 12 + size)
    return [start for start, _ in pairwise(ends)]


def _fitting(on: Field) -> bytes:
    """Return a record upon the head of what the topic holds now."""
    state, topic = MemoryState(REGISTRY), KafkaTopic(on.direct, TOPIC)
    try:
        end, offset = topic.end(QUERY_S), 0
        while offset < end:
            batch = topic.fetch(offset, QUERY_S)
            for record in batch.records:
                state.apply(record.content)
            offset = batch.next_offset
    finally:
        topic.close()
    number = state.head.position + 1
    draft = Draft(
        registry=REGISTRY,
        authority="stranger",
        request_id=f"stranger/{number}",
        request=OpaqueContent(type="ask", content=b""),
        authentication=Authentication(
            kind=AuthenticationKind.CLAIMED, fingerprint=None
        ),
        provenance=Provenance.LIVE,
        writer="stranger",
        cause="",
        events=(
            DraftEvent(
                stream=f"tracking/stranger-{number}",
                version=1,
                event=OpaqueContent(type="Tracking", content=b""),
                concerns=None,
                jurisdiction=None,
                urgent=False,
            ),
        ),
    )
    recorded_at = state.head.recorded_at + 1
    return assemble(draft, state.head.hash, recorded_at, lambda: bytes(16), CODEC)
