"""Old and new releases on one topic, as processes: who stops, who goes on.

A release is this one with a format less, or with other rules, which its process is told
before it imports anything else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from childregistry.v1 import custody_service_pb2 as custody
from childregistry.v1 import submission_service_pb2 as submission
from ops.broker import Cluster
from ops.client import CallError, Client, connected
from ops.fire.history import entries
from ops.fire.servers import Server
from registry.services.translate import message_of
from tests.support.registry import child_id
from tests.support.stories import FATHER, born, judgment, outcome

WITHOUT_A_FORMAT = "tests.support.release_without_a_format"
OTHER_RULES = "tests.support.release_of_other_rules"
THIS = "ops.cli"
ELDER, YOUNGER = child_id("elder"), child_id("younger")
POLICE, COURT = ("xuzhou-police", "police"), ("tongshan-court", "court")


@contextmanager
def node(
    folder: Path, name: str, program: str, where: tuple[str, str]
) -> Iterator[Server]:
    server = Server(folder / name, f"node-{name}", *where, program=("-m", program))
    try:
        server.start()
        yield server
    finally:
        server.stop()


def birth(client: Client, child: str) -> Any:  # noqa: ANN401  a message
    request = submission.SubmitGuardianshipChangeRequest(
        envelope=submission.Envelope(request_id=child_id(f"birth of {child}")),
        register_child=message_of(born(child, "2004-10", FATHER)),
    )
    return client.called("SubmitGuardianshipChange", request, POLICE).receipt


def judged(client: Client, child: str, on: str = "2015-02-04") -> Any:  # noqa: ANN401  a message
    decided = judgment(
        on, outcome(child, disqualified=(FATHER,)), case=child_id(f"case of {on}")
    )
    request = submission.SubmitDecisionRequest(
        envelope=submission.Envelope(request_id=child_id(f"judgment {child} {on}")),
        record_decision=message_of(decided),
    )
    return client.called("SubmitDecision", request, COURT).receipt


def asked(client: Client, child: str, at_least: int) -> Any:  # noqa: ANN401  a message
    consistency = custody.Consistency(any=True)
    if at_least:
        consistency = custody.Consistency(at_least=at_least)
    request = custody.GetCustodyRequest(child=child, consistency=consistency)
    return client.called("GetCustody", request)


def reason(call: Callable[[], object]) -> str:
    with pytest.raises(CallError) as refused:
        call()
    return refused.value.reason


def same(*servers: Server) -> int:
    """Stop nodes, compare what they hold; return how many entries that is."""
    held = []
    for server in servers:
        server.stop()
        found = entries("", server.log)
        held.append([(entry.position, entry.hash) for entry in found])
    assert held[0]
    assert all(one == held[0] for one in held)
    return len(held[0])


def test_a_format_is_adopted_while_an_older_release_runs(
    tmp_path: Path, cluster: Cluster, new_topic: Callable[[], str]
) -> None:
    where = (cluster.addresses, new_topic())
    with ExitStack() as stack:
        older = stack.enter_context(node(tmp_path, "older", WITHOUT_A_FORMAT, where))
        newer = stack.enter_context(node(tmp_path, "newer", THIS, where))
        old = stack.enter_context(connected(older.address))
        new = stack.enter_context(connected(newer.address))
        # The newer one may not write before its formats are adopted, and answers.
        first = birth(old, ELDER)
        assert reason(lambda: birth(new, YOUNGER)) == "NOT_ADOPTED"
        again = birth(new, ELDER)
        assert (again.position, again.hash, again.repeated) == (
            first.position,
            first.hash,
            True,
        )
        assert asked(new, ELDER, first.position).custody.child == ELDER
        newer.stop()
        adopted = newer.operate("adopt")
        assert adopted.returncode == 0, adopted.stderr
        newer.start()
        # The older one goes on, until an entry uses what it does not have.
        assert birth(old, YOUNGER).position == first.position + 2
        used = judged(new, ELDER)
        assert asked(new, ELDER, used.position).read_state.applied >= used.position
        stopped = reason(lambda: asked(old, ELDER, used.position))
        assert stopped == "PROJECTION_STOPPED"
        assert asked(old, ELDER, 0).read_state.applied == used.position - 1
        assert reason(lambda: judged(old, ELDER, "2016-02-04")) == "PROJECTION_STOPPED"
        unread = older.pages()
        assert "a-newer-release-wrote" in unread
        # What it can read it still decides; it cannot show it any more.
        third = birth(old, child_id("a third"))
        assert third.position == used.position + 1
        assert birth(new, child_id("a third")).hash == third.hash
        assert same(older, newer) == third.position


def test_rules_are_adopted_while_nodes_of_the_older_ones_run(
    tmp_path: Path, cluster: Cluster, new_topic: Callable[[], str]
) -> None:
    where = (cluster.addresses, new_topic())
    with ExitStack() as stack:
        older = stack.enter_context(node(tmp_path, "older", THIS, where))
        newer = stack.enter_context(node(tmp_path, "newer", OTHER_RULES, where))
        old = stack.enter_context(connected(older.address))
        new = stack.enter_context(connected(newer.address))
        first = birth(old, ELDER)
        assert reason(lambda: birth(new, YOUNGER)) == "NOT_ADOPTED"
        newer.stop()
        assert newer.operate("adopt").returncode == 0
        newer.start()
        # From that entry on the older one stops writing, and goes on answering.
        second = birth(new, YOUNGER)
        assert reason(lambda: judged(old, ELDER)) == "NOT_ADOPTED"
        assert birth(old, ELDER).repeated
        assert birth(old, YOUNGER).hash == second.hash
        assert asked(old, YOUNGER, second.position).custody.child == YOUNGER
        assert older.pages() == ["not-adopted"]
        decided = judged(new, ELDER)
        assert decided.position == second.position + 1 > first.position
        assert same(older, newer) == decided.position
