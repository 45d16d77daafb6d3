"""Each peer of the benchmark of cold starts holds what the custody projection holds."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest
from rich.console import Console

from events.kafka_strangers import produce
from events.reading import FollowedLog
from ops.bench.answers import DifferentAnswersError, answer, same
from ops.bench.cold import (
    COLD,
    Field,
    by_poll,
    cold,
    filled,
    on_jvm,
    read,
    read_plainly,
    rebuilt,
    table_of,
)
from ops.bench.histories import REGISTRY, grow
from ops.bench.jvm import KINDS, PeerFailedError, command, jvm_peer
from ops.bench.rebuild import Rate
from ops.broker import Cluster
from ops.cache import cache_folder
from projections.custody import PROJECTION
from projections.rebuild import build

EVENTS = 3_000
pytestmark = pytest.mark.timeout(600)
"""The jars are fetched at first."""


@pytest.fixture(scope="module")
def field(
    cluster: Cluster, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Field]:
    """A topic with a made log's records, and what custody's own file holds of it."""
    folder = tmp_path_factory.mktemp("field")
    grow(folder / "log.sqlite", EVENTS)
    with closing(FollowedLog(folder / "log.sqlite", REGISTRY)) as log:
        filled(cluster.addresses, log)
        (built,) = build(folder, [PROJECTION], log)
        yield Field(
            servers=cluster.addresses,
            log=log,
            folder=folder,
            expected=f"{built.events} {answer(built.path)}",
        )


@pytest.fixture(scope="module")
def java_peers() -> tuple[str, ...]:
    """How the peers on the JVM are run, compiled."""
    return command(cache_folder())


@pytest.mark.parametrize("kind", KINDS)
def test_a_peer_on_the_jvm_holds_the_same_periods_in_both_passes(
    field: Field, java_peers: tuple[str, ...], kind: str
) -> None:
    first, second = on_jvm(field, java_peers, kind).values()
    assert first.processor_s > second.processor_s > 0


def test_the_works_in_python_hold_the_same_periods(field: Field) -> None:
    for work in (cold, rebuilt, by_poll, read, read_plainly):
        (rate,) = work(field).values()
        assert rate.events >= EVENTS
        assert rate.processor_s > 0


def test_an_answer_counts_what_is_held_true_and_what_was(field: Field) -> None:
    events, children, periods, held, digest = field.expected.split()
    assert 0 < int(children) < int(held) < int(periods)
    assert int(events) >= EVENTS
    assert len(digest) == 64


def test_a_work_that_leaves_something_out_stops_the_benchmark(field: Field) -> None:
    same("rebuild", field.expected, field.expected)
    with pytest.raises(DifferentAnswersError, match="a lazy one holds 1 2 3"):
        same("a lazy one", "1 2 3 00", field.expected)


def test_a_table_says_how_many_times_a_row_ours_are_per_core() -> None:
    rows = {
        COLD: Rate(events=1_000, processor_s=2.0, wall_s=4.0),
        "a peer": Rate(events=1_000, processor_s=4.0, wall_s=1.0),
    }
    said = io.StringIO()
    Console(file=said, width=100).print(table_of(rows, "events"))
    (row,) = (line for line in said.getvalue().splitlines() if "a peer" in line)
    assert [cell.strip() for cell in row.split("│")[1:-1]] == [
        "a peer",
        "1,000",
        "250",
        "2.00x",
        "",
    ]


@pytest.mark.parametrize("kind", ["plain", "rocksdb"])
def test_a_peer_ends_where_a_record_is_none(
    cluster: Cluster,
    new_topic: Callable[[], str],
    java_peers: tuple[str, ...],
    kind: str,
) -> None:
    topic = new_topic()
    produce(cluster.addresses, topic, [b"thirteen bytes, and no record"])
    with (
        pytest.raises(PeerFailedError, match="not of this format"),
        jvm_peer(java_peers, kind, cluster.addresses, topic) as peer,
    ):
        peer.fold()
