"""The demonstration: the published cases through a server of their own, checked.

What lives here: a node in a temporary folder, on the embedded store or on a real
broker; the cases submitted through gRPC as any court would; every answer that a
judgment demands, compared; one case corrected, and both states of knowledge shown. A
wrong answer ends with exit code 1. What never does: a way around the server.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console

from childregistry.v1 import commands_pb2, types_pb2
from childregistry.v1 import custody_service_pb2 as custody
from childregistry.v1 import submission_service_pb2 as submission
from events.topic_audit import Replication, create
from ops import story
from ops.before_court import earlier
from ops.broker import Cluster, release
from ops.cache import cache_folder
from ops.casebook import Case, Earlier, Expectation, load
from ops.client import Client, connected
from ops.show import console

CORRECTED = "2015-tongshan"
"""The case whose judgment is corrected at the end, as if the mother were not in it."""
CORRECTION_ID = "0b8f5a3e-6f0e-4d61-9a55-7b1d3c0a9e21"
AFTERWARDS = "2015-03-01"
STOP_S = 20.0
TOPIC = "childregistry-demo"


def main(*, kafka: bool = False) -> int:
    """Tell all cases; return 0 where every answer was the judgment's, else 1."""
    out = console()
    wrong: list[str] = []
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        servers = stack.enter_context(_broker(folder, out)) if kafka else None
        port = stack.enter_context(_node(folder, servers))
        client = stack.enter_context(connected(f"127.0.0.1:{port}"))
        positions: dict[str, int] = {}
        for case in load():
            story.heading(out, case)
            for item in case.submissions:
                who = (item.authority, item.office)
                got = client.called(item.method, item.request, who).receipt
                positions[item.request_id] = got.position
                story.act(out, case, item, got)
            wrong += _found_before(client, case, out)
            wrong += _checked(client, case, out)
        wrong += _corrected(client, positions, out)
    for fault in wrong:
        out.print(f"[bold red]WRONG[/bold red] {fault}")
    told = "every answer is the judgment's" if not wrong else f"{len(wrong)} are wrong"
    out.print(f"\n{len(positions)} submissions, {len(load())} cases: {told}.")
    return 1 if wrong else 0


def differences(
    case: Case, expected: Expectation, found: custody.Custody
) -> Iterator[str]:
    """Give what an answer says other than the judgment demands."""
    where = f"{case.name}, {expected.child} on {expected.date}"
    status = types_pb2.Status.Name(found.status).removeprefix("STATUS_").lower()
    standing = [*found.certain, *found.possible]
    lines = (types_pb2.LINE_RELATION, types_pb2.LINE_COVER)
    holders = {case.part(p.holder.id) for p in standing if p.line in lines}
    to = {case.part(holder.id) for holder in found.hand_over_to}
    cited = {article for period in standing for article in period.articles}
    for name, said, demanded in (
        ("status", status, expected.status),
        ("custody", holders, expected.custody),
        ("hand over to", to, expected.hand_over_to),
    ):
        if said != demanded:
            yield f"{where}: {name} is {said}, must be {demanded}"
    if missing := expected.articles - cited:
        yield f"{where}: {', '.join(sorted(missing))} is not cited"


def anachronisms(case: Case, periods: Any) -> Iterator[str]:  # noqa: ANN401  a repeated field
    """Give citations of law that was not in force when the case's acts were done."""
    for period in periods:
        if period.line == types_pb2.LINE_RELATION and not period.closed_by:
            continue  # majority is judged by the law of its own day
        for article in period.articles:
            if article.startswith(case.never_cited) and period.line in {
                types_pb2.LINE_RELATION,
                types_pb2.LINE_COVER,
                types_pb2.LINE_BAR,
            }:
                yield f"{case.name}: {article} is cited and was not in force"


def _found_before(client: Client, case: Case, out: Console) -> list[str]:
    """Show what the court finds of the time before the application."""
    who = (case.court, "court")
    found = earlier(lambda method, request: client.called(method, request, who), case)
    wrong = unlike(case, found)
    story.before(out, found, right=not wrong)
    return wrong


def unlike(case: Case, found: Earlier) -> list[str]:
    """Return what a court finds other than the case demands."""
    if found == case.earlier:
        return []
    told = f"{case.name}: before the application the court finds"
    return [f"{told} {found}, must find {case.earlier}"]


def _checked(client: Client, case: Case, out: Console) -> list[str]:
    wrong: list[str] = []
    for part, child in case.children.items():
        listed = client.called(
            "ListCustodyPeriods", custody.ListCustodyPeriodsRequest(child=child)
        )
        story.timeline(out, case, part, listed.periods)
        wrong += anachronisms(case, listed.periods)
        for expected in case.expected:
            if expected.child != part:
                continue
            as_of = custody.AsOf(date=expected.date)
            request = custody.GetCustodyRequest(child=child, as_of=as_of)
            found = client.called("GetCustody", request).custody
            faults = list(differences(case, expected, found))
            story.answer(out, case, found, right=not faults)
            wrong += faults
    return wrong


def _corrected(client: Client, positions: dict[str, int], out: Console) -> list[str]:
    """Correct a judgment, and answer as known before and after."""
    case = next(case for case in load() if case.name == CORRECTED)
    decision = next(
        item
        for item in case.submissions
        if item.request.WhichOneof("command") == "record_decision"
    )
    position = positions[decision.request_id]
    right = commands_pb2.RecordDecision()
    right.CopyFrom(decision.request.record_decision)
    del right.children[0].disqualified[1:]
    request = submission.SubmitCorrectionRequest(
        envelope=submission.Envelope(request_id=CORRECTION_ID),
        correct_submission=commands_pb2.CorrectSubmission(
            position=position,
            reason=types_pb2.ANNUL_REASON_WRONG_CONTENT,
            replacement=commands_pb2.Replaceable(record_decision=right),
        ),
    )
    who = (decision.authority, decision.office)
    got = client.called("SubmitCorrection", request, who).receipt
    story.correction(out, case, position, got.position)
    answers = []
    for known_at in (got.position - 1, got.position):
        as_of = custody.AsOf(date=AFTERWARDS, position=known_at)
        ask = custody.GetCustodyRequest(child=case.children["child"], as_of=as_of)
        found = client.called("GetCustody", ask).custody
        story.known(out, case, found, known_at)
        lines = (types_pb2.LINE_RELATION, types_pb2.LINE_COVER)
        answers.append(
            {case.part(p.holder.id) for p in found.certain if p.line in lines}
        )
    demanded = [{"tongshan-civil-affairs"}, {"tongshan-civil-affairs", "mother"}]
    if answers == demanded:
        return []
    return [f"the correction: before and after are {answers}, must be {demanded}"]


@contextmanager
def _broker(folder: Path, out: Console) -> Iterator[str]:
    out.print("starting a broker of Apache Kafka on loopback")
    with Cluster(release(cache_folder()), folder / "kafka") as cluster:
        once = Replication(factor=1, min_in_sync=1)
        create(cluster.addresses, TOPIC, once)
        yield cluster.addresses


@contextmanager
def _node(folder: Path, servers: str | None) -> Iterator[int]:
    """Run a node as an operator does; give its port."""
    config = folder / "childregistry.toml"
    text = (
        'registry = "registry.example/demonstration"\nnode = "demo-1"\n'
        'data_dir = "data"\naddress = "127.0.0.1:0"\n'
    )
    if servers is not None:
        text += f'[kafka]\nservers = "{servers}"\ntopic = "{TOPIC}"\n'
    config.write_text(text)
    command = [sys.executable, "-m", "ops.cli", "serve", "--json", "-c", str(config)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:  # noqa: S603  our own
        try:
            line = server.stdout.readline() if server.stdout else ""
            if not line:
                message = "the server did not start"
                raise RuntimeError(message)
            yield int(json.loads(line)["port"])
        finally:
            server.terminate()
            server.wait(STOP_S)


if __name__ == "__main__":
    sys.exit(main(kafka="--kafka" in sys.argv[1:]))
