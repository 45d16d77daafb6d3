"""The published topic from the command line, and read by a tool that is not ours."""

from __future__ import annotations

import json
import re
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from bureau.topic_check import Record
from events.published_rule import Rule
from ops.broker import Cluster, free_port, tools
from ops.cache import cache_folder
from ops.casebook import FOLDER
from ops.config import ConfigError, PublishedConfig, load
from ops.doctor_feeds import outgoing
from ops.publish import create_published
from ops.terminal import Exit
from registry.bootstrap import open_log
from tests.ops.test_cli import COMMAND
from tests.support.published import expected, facts, records
from tests.support.registry import ORIGIN

RULE = Rule(registry=ORIGIN, partitions=2)
NODE = """registry = "registry.example/cn-320300"
node = "xuzhou-1"
data_dir = "data"
address = "127.0.0.1:{port}"
"""
PUBLISHED = """[published]
servers = "{servers}"
topic = "{topic}"
checkpoint_s = 0.2
"""


def configured(folder: Path, servers: str, topic: str) -> tuple[Path, str]:
    port = free_port()
    path = folder / "childregistry.toml"
    published = PUBLISHED.format(servers=servers, topic=topic)
    path.write_text(NODE.format(port=port) + published)
    return path, f"127.0.0.1:{port}"


def called(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [COMMAND, *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@contextmanager
def serving(config: Path) -> Iterator[None]:
    command = [COMMAND, "serve", f"--config={config}", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert json.loads(process.stdout.readline())["port"]
            yield
        finally:
            process.terminate()
            process.wait(30)


def last_of(found: list[list[Record]], type_: str) -> bool:
    """Whether an event of a type has come."""
    return any(fact[2] == type_ for fact in facts(found))


def console_consumer(where: PublishedConfig, count: int) -> list[str]:
    """Read the topic as README.md says, with what Apache Kafka ships."""
    found = subprocess.run(
        [
            "java",
            "-Xmx128m",
            "-XX:TieredStopAtLevel=1",
            "-cp",
            f"{tools(cache_folder())}/*",
            "org.apache.kafka.tools.consumer.ConsoleConsumer",
            f"--bootstrap-server={where.servers}",
            f"--topic={where.topic}",
            "--from-beginning",
            "--formatter-property=print.headers=true",
            "--formatter-property=print.key=true",
            "--formatter-property=print.value=false",
            "--formatter-property=print.partition=true",
            f"--max-messages={count}",
            "--timeout-ms=60000",
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return found.stdout.splitlines()


def test_a_node_publishes_while_it_serves_and_a_stock_consumer_reads_it(
    tmp_path: Path, cluster: Cluster, new_name: Callable[[], str]
) -> None:
    where = PublishedConfig(servers=cluster.addresses, topic=new_name())
    config, address = configured(tmp_path, where.servers, where.topic)
    create = ["topics", "create", "--published", f"--config={config}"]
    create += ["--replicas=1", "--partitions=2"]
    for _ in range(2):  # also after a kill in between
        assert called(*create).returncode == Exit.DONE
    with serving(config):
        case = str(FOLDER / "2015-tongshan.jsonl")
        assert called("submit", case, f"--server={address}").returncode == Exit.DONE
        node = load(config).config
        deadline = time.monotonic() + 60
        while not last_of(records(where, 2), "DecisionRecorded"):
            assert time.monotonic() < deadline
    with open_log(node) as log:
        facts_there = expected(log, RULE)
    assert called("publish", "--once", f"--config={config}").returncode == Exit.DONE
    found = records(where, 2)
    assert facts(found) == facts_there
    lines = console_consumer(where, sum(map(len, found)))
    shown = [line for line in lines if "ce_type:childregistry.event." in line]
    told = [
        re.search(r"ce_id:(\d+)-(\d+),.*ce_type:childregistry\.event\.(\w+)", line)
        for line in shown
    ]
    assert sorted(
        (int(one[1]), int(one[2]), one[3]) for one in told if one is not None
    ) == [fact[:3] for fact in facts_there]
    keys = {re.split(r"\t", line)[-1] for line in shown}
    assert {fact[3].removeprefix("child/") for fact in facts_there} >= keys


def test_doctor_says_that_nothing_is_published_or_that_the_topic_is_another(
    tmp_path: Path, cluster: Cluster, new_name: Callable[[], str]
) -> None:
    config, address = configured(tmp_path, cluster.addresses, new_name())
    create = ("topics", "create", "--published", f"--config={config}", "--replicas=1")
    assert called(*create).returncode == Exit.DONE
    published = config.read_text()
    config.write_text(published[: published.index("[published]")])
    with serving(config):  # it publishes nothing
        case = str(FOLDER / "2015-tongshan.jsonl")
        assert called("submit", case, f"--server={address}").returncode == Exit.DONE
    config.write_text(published)
    node = load(config)
    (stopped,) = outgoing(node, late_s=0.0)
    assert stopped.page == "nothing-is-published"
    assert "position 2 was recorded" in stopped.says
    (soon,) = outgoing(node, late_s=3_600.0)
    assert soon.well
    assert called("publish", "--once", f"--config={config}").returncode == Exit.DONE
    (well,) = outgoing(node, late_s=0.0)
    assert (well.well, well.says) == (True, "the topic has all entries")
    listed = called("doctor", "--json", f"--config={config}").stdout.splitlines()
    assert "published" in {json.loads(line)["about"] for line in listed}

    assert node.published is not None
    away = replace(node.published, servers=f"127.0.0.1:{free_port()}")
    (gone,) = outgoing(replace(node, published=away))
    assert gone.page == "nothing-is-published"
    other = replace(node.published, topic=new_name())
    create_published(other, replace(RULE, registry="registry.example/other"), 1)
    (another,) = outgoing(replace(node, published=other))
    assert another.page == "the-published-topic-is-another"


def test_another_rule_for_a_topic_that_is_there_is_refused(
    tmp_path: Path, cluster: Cluster, new_name: Callable[[], str]
) -> None:
    config, _ = configured(tmp_path, cluster.addresses, new_name())
    create = ("topics", "create", "--published", f"--config={config}", "--replicas=1")
    assert called(*create).returncode == Exit.DONE
    for wrong in (("--kind=report",), ("--type=WishHerd",)):
        named = called(*create, *wrong)
        assert named.returncode == Exit.USAGE
        assert "--type" in named.stderr
    refused = called(*create, "--kind=report", "--type=ReportFiled")
    assert refused.returncode == Exit.WRONG
    assert "another rule" in refused.stderr
    assert called(*create, "--partitions=0").returncode == Exit.USAGE


WRONG = [
    ("", "published.topic"),
    ('topic = "t"', "published.servers"),
    ('topic = "t"\nservers = "s"\nmore = 1', "published.more"),
    ('topic = "t"\nservers = "s"\ncheckpoint_s = 0', "published.checkpoint_s"),
    ('topic = "t"\nservers = "s"\nschema_ids = {"00" = 1}', "published.schema_ids"),
    (
        'topic = "t"\nservers = "s"\nschema_ids = {"484269c9a1729a28" = 0}',
        "published.schema_ids",
    ),
    ('topic = "t"\nservers = "s"\nmin_in_sync = "2"', "published.min_in_sync"),
]


@pytest.mark.parametrize(("text", "key"), WRONG)
def test_a_wrong_configuration_is_refused_by_the_name_of_its_key(
    tmp_path: Path, text: str, key: str
) -> None:
    path = tmp_path / "childregistry.toml"
    path.write_text(NODE.format(port=1) + f"[published]\n{text}\n")
    with pytest.raises(ConfigError, match=re.escape(key)):
        load(path)


def test_ids_of_a_schema_registry_are_read_by_fingerprint(tmp_path: Path) -> None:
    path = tmp_path / "childregistry.toml"
    text = 'topic = "t"\nservers = "s"\n[published.schema_ids]\n484269c9a1729a28 = 7\n'
    path.write_text(NODE.format(port=1) + f"[published]\n{text}")
    published = load(path).published
    assert published is not None
    assert published.schema_ids == {bytes.fromhex("484269c9a1729a28"): 7}
