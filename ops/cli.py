"""The command line: one command for each thing a person does with a registry.

What lives here: arguments, help and exit codes. What never does: the work; each
command calls the module that does it, imported when it is called.

Exit codes: 0 done; 1 something is wrong with what was looked at; 2 the command was
used wrongly; 3 the input is invalid; 4 not found; 5 the request id names another
submission; 6 try again, with the same request id; 7 the log is damaged; 8 refused by
law (it is recorded, with a receipt).
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from ops.commands import (
    audits,
    care,
    coordination,
    copying,
    counterfactuals,
    docket,
    duties,
    evidence,
    feed,
    generate,
    importing,
    keys,
    kits,
    law,
    limits,
    projections,
    publishing,
    rebuilds,
    receipts,
    snapshots,
    subscriptions,
    topics,
    verifying,
    webhooks,
    witnesses,
)
from ops.options import (
    DEFAULT_CONFIG,
    DEFAULT_SERVER,
    AsJson,
    Authority,
    ConfigFile,
    OfficeName,
    Server,
    TlsFolder,
)
from ops.terminal import (
    BY_STATUS,
    Exit,
    as_of_message,
    bar,
    complain,
    connection,
    ending,
    kafka_of,
    node_of,
    progress_bar,
    rests_on,
    say,
)

app = typer.Typer(
    name="childregistry",
    help="A child protection registry, kept as events.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
clocks = typer.Typer(help="The clock of this node.", no_args_is_help=True)
app.add_typer(clocks, name="clock")
logs = typer.Typer(help="The log of this node.", no_args_is_help=True)
app.add_typer(logs, name="log")
for room in (keys, law, limits, docket, receipts, audits, evidence, witnesses):
    room.add_to(app)
copying.add_to(logs)
counterfactuals.add_to(app)
verifying.add_to(app)


@app.command()
def serve(config: ConfigFile = DEFAULT_CONFIG, as_json: AsJson = False) -> None:
    """Run a node: keep the log, answer and accept submissions until stopped."""
    from ops.serve import run

    with ending():
        node = node_of(config)
        started = time.monotonic()

        def ready(port: int, tiles: str) -> None:
            store = "Kafka" if node.config.kafka else "embedded"
            told = {
                "registry": node.config.registry,
                "store": store,
                "port": port,
                "tls": node.listen.tls is not None,
                "tiles": tiles,
                "started_s": round(time.monotonic() - started, 3),
            }
            say(told if as_json else f"serving {node.config.registry} on port {port}")

        run(node, ready)


@app.command()
def submit(
    file: Annotated[
        Path, typer.Argument(help="A file of submissions, or - for input.")
    ],
    server: Server = DEFAULT_SERVER,
    tls: TlsFolder = None,
    authority: Authority = "",
    office: OfficeName = "",
    as_json: AsJson = False,
) -> None:
    """Submit what a file says, in its order; safe to send again as it is."""
    from ops.client import CallError
    from ops.show import console, receipt
    from ops.submission_file import as_json as told
    from ops.submission_file import read

    with ending():
        content = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    found, faults = read(content)
    for fault in faults:
        complain(fault, as_json=as_json)
    worst = Exit.INVALID if faults else Exit.DONE
    with (
        connection(server, tls, (authority, office)) as client,
        bar(len(found)) as step,
    ):
        for item in found:
            try:
                got = client.called(
                    item.method, item.request, (item.authority, item.office)
                )
            except CallError as error:
                complain(error, as_json=as_json, line=item.line)
                worst = worst or BY_STATUS.get(error.status, Exit.WRONG)
                continue
            finally:
                step()
            if got.receipt.HasField("refused"):
                worst = worst or Exit.REFUSED
            if as_json:
                say(told(got.receipt))
            else:
                receipt(console(), got.receipt)
    raise typer.Exit(worst)


@app.command()
def custody(
    child: Annotated[str, typer.Argument(help="The child's id.")],
    as_of: Annotated[str, typer.Option(help="The legal date, YYYY-MM-DD.")] = "",
    known_at: Annotated[
        str, typer.Option(help="What was known: a position, or a time in ISO 8601.")
    ] = "",
    server: Server = DEFAULT_SERVER,
    tls: TlsFolder = None,
    as_json: AsJson = False,
) -> None:
    """Say who has custody of a child, on a date, as known at a state of the log."""
    from childregistry.v1 import custody_service_pb2 as pb
    from ops.show import console, custody_answer
    from ops.submission_file import as_json as told

    request = pb.GetCustodyRequest(child=child, as_of=as_of_message(as_of, known_at))
    with ending(), connection(server, tls) as client:
        got = client.called("GetCustody", request)
    if as_json:
        say(told(got))
    else:
        custody_answer(console(), got.custody)
        rests_on(got.read_state)


@app.command()
def explain(
    child: Annotated[str, typer.Argument(help="The child's id.")],
    as_of: Annotated[str, typer.Option(help="The legal date, YYYY-MM-DD.")] = "",
    known_at: Annotated[
        str, typer.Option(help="What was known: a position, or a time in ISO 8601.")
    ] = "",
    server: Server = DEFAULT_SERVER,
    tls: TlsFolder = None,
    as_json: AsJson = False,
) -> None:
    """Show an answer with the facts and articles behind it."""
    from childregistry.v1 import custody_service_pb2 as pb
    from ops.show import console, custody_answer, facts
    from ops.submission_file import as_json as told

    request = pb.ExplainCustodyRequest(
        child=child, as_of=as_of_message(as_of, known_at)
    )
    with ending(), connection(server, tls) as client:
        got = client.called("ExplainCustody", request)
    if as_json:
        say(told(got))
    else:
        custody_answer(console(), got.custody)
        console().print(facts(got.facts))
        rests_on(got.read_state)


@app.command()
def events(
    config: ConfigFile = DEFAULT_CONFIG,
    after: Annotated[int, typer.Option(help="Begin after this position.")] = 0,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on.")] = False,
    as_json: AsJson = False,
) -> None:
    """List the entries of this node's log: frames only, no content."""
    from ops.entries import frames

    with ending():
        path = node_of(config).config.data_dir / "log.sqlite"
        for told in frames(path, after, follow=follow):
            if as_json:
                say(told)
                continue
            say(f"{told['position']}  {told['recorded_at']}  {told['authority']}")
            for event in told["events"]:
                urgent = "  URGENT" if event["urgent"] else ""
                say(f"    {event['type']}  {event['stream']}{urgent}")


@app.command()
def backup(
    target: Annotated[Path, typer.Argument(help="The copy: a file that is not there.")],
    config: ConfigFile = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Copy this node's log while it runs, and verify every record of the copy."""
    from ops.backup import copy

    with ending():
        source = node_of(config).config.data_dir / "log.sqlite"
        with progress_bar("copying and verifying") as progress:
            head = copy(source, target, progress)
    told = {"position": head.position, "hash": head.hash.hex(), "file": str(target)}
    say(told if as_json else f"{target}: {head.position} entries, head {told['hash']}")


@app.command()
def adopt(config: ConfigFile = DEFAULT_CONFIG) -> None:
    """Announce this release's formats and rules; upgrade every node first."""
    from registry.announce import adopt as announce
    from registry.bootstrap import keeper, open_log
    from registry.china import CHINA
    from registry.sources import system_sources
    from registry.wire import CODEC

    with ending():
        node = node_of(config).config
        with keeper(node.data_dir), open_log(node) as log:
            before = log.head().position
            announce(log, CODEC, system_sources(), node.node, CHINA)
            say(f"{log.head().position - before} entries, head {log.head().position}")


@app.command()
def doctor(
    config: ConfigFile = DEFAULT_CONFIG,
    webhooks: Annotated[
        Path | None, typer.Option(help="Look at the webhooks of this file too.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say what is wrong with this node, and what to do; changes nothing."""
    from dataclasses import asdict

    from ops.doctor import examine
    from ops.doctor_feeds import outgoing

    with ending():
        node = node_of(config)
        found = [*examine(node.config), *outgoing(node, webhooks)]
    for one in found:
        if as_json:
            say(asdict(one))
            continue
        say(f"{'well ' if one.well else 'WRONG'}  {one.about}: {one.says}")
        if not one.well:
            say(f"       do: {one.do} (runbook: {one.page})")
    raise typer.Exit(Exit.DONE if all(one.well for one in found) else Exit.WRONG)


@clocks.command()
def accept(config: ConfigFile = DEFAULT_CONFIG) -> None:
    """Write on although the last entry is ahead of this clock, which is right."""
    from events.store import Store
    from registry.bootstrap import CLOCK_ACCEPTED, keeper

    with ending():
        node = node_of(config).config
        with keeper(node.data_dir):
            log = Store(node.data_dir / "log.sqlite", node.registry)
            try:
                head = log.head()
                log.remember(CLOCK_ACCEPTED, str(head.recorded_at))
            finally:
                log.close()
    say(f"accepted up to position {head.position}; start the node")


@logs.command()
def restore(config: ConfigFile = DEFAULT_CONFIG) -> None:
    """Produce again what the topic lost and this copy holds; stop every node first."""
    from events.kafka import KafkaTopic
    from ops.restore import TwoHistoriesError
    from ops.restore import restore as again
    from registry.bootstrap import keeper

    with ending():
        node, kafka = node_of(config).config, kafka_of(config)
        topic = KafkaTopic(kafka.servers, kafka.topic, kafka.security)
        try:
            with keeper(node.data_dir), progress_bar("comparing") as progress:
                parted = again(node.data_dir / "log.sqlite", topic, progress)
        except TwoHistoriesError as error:
            complain(error)
            for name in ("topic", "copy"):
                for one in getattr(error.parted, name):
                    say(f"{name}  {one.position}  {one.hash}  {one.request_id}")
            raise typer.Exit(Exit.DAMAGED) from error
        finally:
            topic.close()
    say(f"{len(parted.records)} entries after position {parted.common} produced again")


@app.command()
def demo(
    kafka: Annotated[
        bool, typer.Option("--kafka", help="On a real broker, fetched for it.")
    ] = False,
) -> None:
    """Tell the published cases through a server of their own, every answer checked."""
    from ops.demo import main as tell

    raise typer.Exit(tell(kafka=kafka))


feed.add_to(app)
subscriptions.add_to(app)
generate.add_to(app)
duties.add_to(app)
care.add_to(app)
coordination.add_to(app)
importing.add_to(app)
projections.add_to(app)
publishing.add_to(app)
rebuilds.add_to(app)
snapshots.add_to(app)
topics.add_to(app)
kits.add_to(app)
webhooks.add_to(app)


def main() -> None:
    """Run the command line."""
    app()


if __name__ == "__main__":
    main()
