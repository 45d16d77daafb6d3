"""What an auditor asks of a running server: heads, proofs, samples, replays.

What lives here: arguments and output, one line of JSON a thing. What never does:
verification; who doubts the server asks the tiles.
"""

from __future__ import annotations

from typing import Annotated, Any

import typer

from ops.options import DEFAULT_SERVER, Server, TlsFolder
from ops.terminal import Exit, connection, ending, progress_bar, say

MANY = 1_000
LOOK_S = 0.2
"""How often a report under way is looked at."""


def add_to(app: typer.Typer) -> None:
    """Add the group `audit`."""
    group = typer.Typer(help="Questions of an auditor.", no_args_is_help=True)
    app.add_typer(group, name="audit")
    commands = (heads, prove, sample, voids, quarantined, replay, report, reports)
    for command in commands:
        group.command()(command)


def heads(server: Server = DEFAULT_SERVER, tls: TlsFolder = None) -> None:
    """List every head that was ever signed."""
    from childregistry.v1 import audit_service_pb2 as pb

    _listed(server, tls, "ListTreeHeads", pb.ListTreeHeadsRequest, "heads")


def voids(server: Server = DEFAULT_SERVER, tls: TlsFolder = None) -> None:
    """List what the server read and did not accept, with the reason."""
    from childregistry.v1 import audit_service_pb2 as pb

    _listed(server, tls, "ListVoids", pb.ListVoidsRequest, "voids")


def quarantined(server: Server = DEFAULT_SERVER, tls: TlsFolder = None) -> None:
    """List the entries that cannot be read, with the reason and whom they concern."""
    from childregistry.v1 import audit_service_pb2 as pb

    request = pb.ListQuarantinedRequest
    _listed(server, tls, "ListQuarantined", request, "entries")


def report(
    number: Annotated[
        int, typer.Argument(help="A report that is kept; 0: make one now.")
    ] = 0,
    server: Server = DEFAULT_SERVER,
    tls: TlsFolder = None,
) -> None:
    """Replay the whole log beside the live answers, and print the report; 1: differs.

    Its signed digest goes where errors go.
    """
    import json
    import sys
    import time

    from childregistry.v1 import audit_service_pb2 as pb

    with ending(), connection(server, tls) as client:
        if not number:
            begun = client.called("CreateReplayReport", pb.CreateReplayReportRequest())
            number = begun.report.number
        with progress_bar("replaying") as progress:
            while True:
                request = pb.GetReplayReportRequest(number=number)
                found = client.called("GetReplayReport", request).report
                if found.state != pb.ReplayReport.STATE_RUNNING:
                    break
                progress(found.position, found.head or 1)
                time.sleep(LOOK_S)
    if found.state == pb.ReplayReport.STATE_FAILED:
        say(f"report {number} failed: {found.failure}")
        raise typer.Exit(Exit.WRONG)
    say(found.content.decode().removesuffix("\n"))
    sys.stderr.write(found.note.decode())
    equal = json.loads(found.content)["equal"]
    raise typer.Exit(Exit.DONE if equal else Exit.WRONG)


def reports(server: Server = DEFAULT_SERVER, tls: TlsFolder = None) -> None:
    """List the numbers of the replay reports that are kept."""
    from childregistry.v1 import audit_service_pb2 as pb

    with ending(), connection(server, tls) as client:
        got = client.called("ListReplayReports", pb.ListReplayReportsRequest())
    for number in got.numbers:
        say(str(number))


def prove(
    position: Annotated[int, typer.Argument(help="The entry.")],
    server: Server = DEFAULT_SERVER,
    tls: TlsFolder = None,
) -> None:
    """Print the .tlog-proof of an entry."""
    from childregistry.v1 import audit_service_pb2 as pb

    request = pb.GetInclusionProofRequest(position=position)
    with ending(), connection(server, tls) as client:
        got = client.called("GetInclusionProof", request)
    say(got.tlog_proof.decode().removesuffix("\n"))


def sample(
    seed: Annotated[str, typer.Argument(help="Public randomness, 16 characters up.")],
    count: Annotated[int, typer.Option(help="How many entries.")] = 10,
    server: Server = DEFAULT_SERVER,
    tls: TlsFolder = None,
) -> None:
    """Draw entries by a public seed; anyone redraws them from the tiles."""
    from childregistry.v1 import audit_service_pb2 as pb
    from ops.submission_file import as_json as told

    request = pb.SampleEventsRequest(seed=seed, count=count)
    with ending(), connection(server, tls) as client:
        say(told(client.called("SampleEvents", request)))


def replay(
    child: Annotated[str, typer.Argument(help="The child's id.")],
    as_of: Annotated[str, typer.Option(help="The legal date, YYYY-MM-DD.")],
    server: Server = DEFAULT_SERVER,
    tls: TlsFolder = None,
) -> None:
    """Fold a child's history anew beside the live answers; 1 where they differ."""
    from childregistry.v1 import audit_service_pb2 as pb
    from ops.submission_file import as_json as told

    request = pb.ReplayHistoryRequest(child=child, date=as_of)
    differences = 0
    with ending(), connection(server, tls) as client:
        for got in client.stream("ReplayHistory", request):
            say(told(got))
            differences += got.summary.differences
    raise typer.Exit(Exit.WRONG if differences else Exit.DONE)


def _listed(server: str, tls: Any, method: str, make: Any, field: str) -> None:  # noqa: ANN401  messages of any kind
    """Print a list of many pages."""
    from ops.submission_file import as_json as told

    with ending(), connection(server, tls) as client:
        for got in client.pages(method, make(page_size=MANY)):
            for one in getattr(got, field):
                say(told(one))
