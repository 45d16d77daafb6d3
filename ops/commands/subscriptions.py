"""Subscriptions and deliveries on the command line.

What lives here: arguments and what is shown. What never does: following
(`ops.commands.feed`), the answer.
"""

from __future__ import annotations

from typing import Annotated, Any
from uuid import uuid4

import typer

from ops.options import DEFAULT_SERVER, AsJson, Authority, OfficeName, Server, TlsFolder

Values = list[str] | None
Name = Annotated[str, typer.Argument(help="A name of one's own.")]
Types = Annotated[Values, typer.Option("--type", help="Of events.")]
Children = Annotated[Values, typer.Option("--child", help="By id.")]
Jurisdictions = Annotated[Values, typer.Option("--jurisdiction")]
Submitters = Annotated[Values, typer.Option("--submitter")]
Causes = Annotated[Values, typer.Option("--cause")]
After = Annotated[
    int, typer.Option(help="Begin after this position; -1: from this entry on.")
]
Urgent = Annotated[
    int, typer.Option(help="Seconds in which urgent events are to be acknowledged.")
]
RequestId = Annotated[
    str, typer.Option(help="A UUID; the same again is the same submission.")
]
DAY_S = 24 * 3_600

group = typer.Typer(help="What bureaus asked to be told.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    """Join the commands of this room."""
    app.add_typer(group, name="subscriptions")
    app.command()(deliveries)


@group.command()
def create(
    name: Name,
    types: Types = None,
    children: Children = None,
    jurisdictions: Jurisdictions = None,
    submitters: Submitters = None,
    causes: Causes = None,
    after: After = 0,
    urgent_within_s: Urgent = DAY_S,
    request_id: RequestId = "",
    server: Server = DEFAULT_SERVER,
    tls: TlsFolder = None,
    authority: Authority = "",
    office: OfficeName = "",
    as_json: AsJson = False,
) -> None:
    """Ask to be told, under a name that was never used before."""
    from childregistry.v1 import commands_pb2 as pb

    chosen = _selection(types, children, jurisdictions, submitters, causes)
    command = pb.CreateSubscription(
        subscription=name, selection=chosen, urgent_within_s=urgent_within_s
    )
    if after >= 0:
        command.after = after
    who = (authority, office)
    _submit("create_subscription", command, request_id, (server, tls, who), as_json)


@group.command()
def change(
    name: Name,
    types: Types = None,
    children: Children = None,
    jurisdictions: Jurisdictions = None,
    submitters: Submitters = None,
    causes: Causes = None,
    after: After = -1,
    urgent_within_s: Urgent = DAY_S,
    request_id: RequestId = "",
    server: Server = DEFAULT_SERVER,
    tls: TlsFolder = None,
    authority: Authority = "",
    office: OfficeName = "",
    as_json: AsJson = False,
) -> None:
    """Ask for something else: a new epoch begins, the old one is read to its end."""
    from childregistry.v1 import commands_pb2 as pb

    chosen = _selection(types, children, jurisdictions, submitters, causes)
    command = pb.RefilterSubscription(
        subscription=name, selection=chosen, urgent_within_s=urgent_within_s
    )
    if after >= 0:
        command.after = after
    who = (authority, office)
    _submit("refilter_subscription", command, request_id, (server, tls, who), as_json)


@group.command()
def end(
    name: Name,
    request_id: RequestId = "",
    server: Server = DEFAULT_SERVER,
    tls: TlsFolder = None,
    authority: Authority = "",
    office: OfficeName = "",
    as_json: AsJson = False,
) -> None:
    """Ask for nothing more under a name."""
    from childregistry.v1 import commands_pb2 as pb

    command = pb.EndSubscription(subscription=name)
    who = (authority, office)
    _submit("end_subscription", command, request_id, (server, tls, who), as_json)


@group.command("list")
def list_(
    everyone: Annotated[
        bool, typer.Option("--everyone", help="Of all bureaus.")
    ] = False,
    server: Server = DEFAULT_SERVER,
    tls: TlsFolder = None,
    authority: Authority = "",
    office: OfficeName = "",
    as_json: AsJson = False,
) -> None:
    """Say how far each has come, and who is behind; exit 1 where there is an alarm."""
    from childregistry.v1 import subscription_service_pb2 as pb
    from ops.submission_file import as_json as told
    from ops.terminal import Exit, connection, ending, say

    request, alarm, shown = pb.ListSubscriptionsRequest(everyone=everyone), False, 0
    with ending(), connection(server, tls, (authority, office)) as client:
        for got in client.pages("ListSubscriptions", request):
            for one in got.subscriptions:
                alarm = alarm or any(epoch.alarm for epoch in one.epochs)
                for line in [told(one)] if as_json else _lines(one, got.head):
                    say(line)
            shown += len(got.subscriptions)
    if not shown and not as_json:
        say("no subscriptions")
    raise typer.Exit(Exit.WRONG if alarm else Exit.DONE)


def deliveries(
    position: Annotated[int, typer.Argument(help="Of the entry.")] = 0,
    request_id: Annotated[
        str, typer.Option(help="Of a submission of one's own, instead.")
    ] = "",
    server: Server = DEFAULT_SERVER,
    tls: TlsFolder = None,
    authority: Authority = "",
    office: OfficeName = "",
    as_json: AsJson = False,
) -> None:
    """Say who should have had an entry, got it, acknowledged it, and when.

    Exit 1 where an urgent event is not acknowledged although its limit is over.
    """
    from childregistry.v1 import subscription_service_pb2 as pb
    from ops.submission_file import as_json as told
    from ops.terminal import Exit, connection, ending, say

    request = pb.ListDeliveriesRequest()
    if request_id:
        request.request_id = request_id
    else:
        request.position = position
    alarm, shown = False, 0
    with ending(), connection(server, tls, (authority, office)) as client:
        for got in client.pages("ListDeliveries", request):
            for one in got.deliveries:
                alarm = alarm or one.alarm
                say(told(one) if as_json else _delivery(one))
            shown += len(got.deliveries)
    if not shown and not as_json:
        say(f"position {got.position}: nobody asked for it")
    raise typer.Exit(Exit.WRONG if alarm else Exit.DONE)


def _selection(*values: Values) -> Any:  # noqa: ANN401  a generated message
    from childregistry.v1 import commands_pb2 as pb

    names = [field.name for field in pb.Selection.DESCRIPTOR.fields]
    given = zip(names, values, strict=True)
    return pb.Selection(**{name: some or [] for name, some in given})


def _submit(
    field: str,
    command: Any,  # noqa: ANN401  a generated message
    request_id: str,
    where: tuple[Any, Any, tuple[str, str]],
    as_json: bool,  # noqa: FBT001  an option handed on
) -> None:
    from childregistry.v1 import submission_service_pb2 as pb
    from ops.client import CallError
    from ops.show import console, receipt
    from ops.submission_file import as_json as told
    from ops.terminal import BY_STATUS, Exit, complain, connection, ending, say

    request = pb.SubmitSubscriptionRequest(**{field: command})
    request.envelope.request_id = request_id or str(uuid4())
    with ending(), connection(*where) as client:
        try:
            got = client.called("SubmitSubscription", request)
        except CallError as error:
            complain(error, as_json=as_json)
            code = BY_STATUS.get(error.status, Exit.WRONG)
            raise typer.Exit(code) from error
    if as_json:
        say(told(got.receipt))
    else:
        receipt(console(), got.receipt)


def _lines(one: Any, head: int) -> list[str]:  # noqa: ANN401  a generated message
    lines = []
    for epoch in one.epochs:
        over = f", over at {epoch.until}" if epoch.until else ""
        acknowledged = epoch.acknowledged.position or epoch.after
        line = (
            f"{one.authority}/{one.subscription} epoch {epoch.number}{over}: "
            f"offered to {epoch.offered.position or epoch.after}, "
            f"acknowledged to {acknowledged} of {epoch.until or head}"
        )
        if epoch.first_missing:
            since = f"{epoch.behind_since.ToDatetime():%Y-%m-%d %H:%M:%S}Z"
            line += f"; behind since {since} (position {epoch.first_missing})"
        if epoch.alarm:
            line += f"; ALARM: urgent at {epoch.first_urgent}"
        lines.append(line)
    return lines


def _delivery(one: Any) -> str:  # noqa: ANN401  a generated message
    from childregistry.v1 import subscription_service_pb2 as pb

    name = pb.DeliveryState.Name(one.state).removeprefix("DELIVERY_STATE_")
    said = name.lower().replace("_", " ")
    for field in ("offered_at", "acknowledged_at"):
        if one.HasField(field):
            moment = getattr(one, field).ToDatetime()
            said += f", {field.removesuffix('_at')} {moment:%Y-%m-%d %H:%M:%S}Z"
    urgent = "  URGENT" if one.urgent else ""
    alarm = "  ALARM" if one.alarm else ""
    return (
        f"{one.authority}/{one.subscription} epoch {one.epoch}: {said}{urgent}{alarm}"
    )
