"""Fixtures of several rooms: brokers, the foreign judge, and what is left out."""

from __future__ import annotations

import itertools
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from events.topic_audit import Replication, create
from ops.broker import Cluster, missing_tools, release
from ops.cache import cache_folder
from ops.fire.programs import TOOLS, missing
from tests.support.judge import (
    Auditor,
    HistoryJudge,
    Judge,
    built,
    built_auditor,
    built_of_histories,
)

_NOT_RUN = pytest.StashKey[int]()
_NOT_JUDGED = pytest.StashKey[int]()
_NOT_BUILT = pytest.StashKey[dict[str, list[str]]]()


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "kafka: needs a real Apache Kafka broker")


def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> None:
    """Leave out what needs a broker or the judge where none can be had; not on CI."""
    if os.environ.get("CI") == "true":
        return
    if not shutil.which("go"):
        foreign = {"judge", "grpcurl", "auditor"}
        judged = [i for i in items if foreign & {*getattr(i, "fixturenames", ())}]
        items[:] = [item for item in items if item not in judged]
        config.stash[_NOT_JUDGED] = len(judged)
    lacking = {name: tools for name in TOOLS if (tools := missing(name))}
    items[:] = [item for item in items if _language(item) not in lacking]
    config.stash[_NOT_BUILT] = lacking
    if not missing_tools():
        return
    needing = [item for item in items if _needs_a_broker(item)]
    items[:] = [item for item in items if item not in needing]
    config.stash[_NOT_RUN] = len(needing)


def _needs_a_broker(item: pytest.Item) -> bool:
    """Whether a test asks for the cluster, by its name or by a parameter `kafka`."""
    parameters = getattr(item, "callspec", None)
    chosen = parameters.params.values() if parameters is not None else ()
    asked = {"cluster", "kit_run"} & set(getattr(item, "fixturenames", ()))
    return bool(asked) or "kafka" in chosen


def _language(item: pytest.Item) -> str:
    """Return the language of the kit or a peer in a test; empty where it has none."""
    if "java_peers" in getattr(item, "fixturenames", ()):
        return "java"
    parameters = getattr(item, "callspec", None)
    return str(parameters.params.get("language", "")) if parameters else ""


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    if count := config.stash.get(_NOT_RUN, 0):
        tools = " and ".join(missing_tools())
        terminalreporter.section("NOT TESTED ON KAFKA", red=True, bold=True)
        terminalreporter.line(f"{count} tests were left out: {tools} not found.")
    if count := config.stash.get(_NOT_JUDGED, 0):
        terminalreporter.section("NOT JUDGED BY FOREIGN TOOLS", red=True, bold=True)
        terminalreporter.line(f"{count} tests were left out: go was not found.")

    for language, lacking in config.stash.get(_NOT_BUILT, {}).items():
        terminalreporter.section("NOT TESTED IN ALL LANGUAGES", red=True, bold=True)
        needed = " and ".join(lacking)
        terminalreporter.line(f"{language} was left out: {needed} not found.")


@pytest.fixture(scope="session")
def judge(tmp_path_factory: pytest.TempPathFactory) -> Judge:
    """The foreign judge, built from `tests/judge`."""
    return built(tmp_path_factory.mktemp("judge"))


@pytest.fixture(scope="session")
def auditor(tmp_path_factory: pytest.TempPathFactory) -> Auditor:
    """The second auditor, built from `ops/auditor`."""
    return built_auditor(tmp_path_factory.mktemp("auditor"))


@pytest.fixture(scope="session")
def foreign(
    tmp_path_factory: pytest.TempPathFactory,
    judge: Judge,  # noqa: ARG001  both are left out where there is no Go
) -> HistoryJudge:
    """The foreign judge of histories, built from `tests/judge/history`."""
    return built_of_histories(tmp_path_factory.mktemp("history-judge"))


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """One real broker for the whole run."""
    with (
        tempfile.TemporaryDirectory() as folder,
        Cluster(release(cache_folder()), Path(folder)) as running,
    ):
        yield running


_numbers = itertools.count(1)


@pytest.fixture
def new_name() -> Callable[[], str]:
    """Return a function that makes up the name of a topic that is not there yet."""
    return lambda: f"made-{os.getpid()}-{next(_numbers)}"


@pytest.fixture
def new_topic(cluster: Cluster) -> Callable[[], str]:
    """Return a function that makes a topic of a registry and returns its name."""

    def make() -> str:
        name = f"registry-{os.getpid()}-{next(_numbers)}"
        once = Replication(factor=1, min_in_sync=1)
        create(cluster.addresses, name, once)
        return name

    return make
