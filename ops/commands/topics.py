"""Topics on the command line: made and audited, the log's and the published one.

What lives here: arguments and what is shown. What never does: the work
(`events.topic_audit`, `registry.relay`).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

import typer

from events.published_rule import PUBLIC_KINDS, PUBLIC_TYPES, Wire
from ops.options import DEFAULT_CONFIG, AsJson, ConfigFile
from ops.terminal import Exit, ending, kafka_of, node_of, published_of, say

Values = list[str] | None


def add_to(app: typer.Typer) -> None:
    """Add the group `topics`."""
    group = typer.Typer(help="The topics on Kafka.", no_args_is_help=True)
    app.add_typer(group, name="topics")
    for command in (create, audit):
        group.command()(command)


def create(
    config: ConfigFile = DEFAULT_CONFIG,
    replicas: Annotated[int, typer.Option(help="Brokers that hold each record.")] = 3,
    published: Annotated[
        bool, typer.Option("--published", help="The topic of [published] instead.")
    ] = False,
    partitions: Annotated[
        int, typer.Option(help="Of the published topic, for ever.")
    ] = 6,
    kinds: Annotated[
        Values, typer.Option("--kind", help="Streams published; case and child.")
    ] = None,
    types: Annotated[
        Values,
        typer.Option("--type", help="Events published; the outcomes for guardians."),
    ] = None,
    wire: Annotated[Wire, typer.Option(help="How values begin.")] = Wire.PLAIN,
) -> None:
    """Make the topic that the configuration names, as a registry needs it.

    What a published topic has is chosen here and kept in its first records. Streams
    beside case and child name who reported and who was referred; types beside those
    of the default have a child's wishes, protection orders, whereabouts: think twice.
    """
    from events.published_rule import PublishedFormError, Rule
    from events.topic_audit import Replication
    from events.topic_audit import create as make
    from ops.publish import create_published

    with ending():
        if not published:
            kafka = kafka_of(config)
            replication = Replication(factor=replicas, min_in_sync=kafka.min_in_sync)
            for topic in filter(None, (kafka.topic, kafka.deliveries)):
                make(kafka.servers, topic, replication, kafka.security)
                say(f"{topic}: made")
            return
        node, where = published_of(config)
        _named(kinds, types)
        try:
            rule = Rule(
                registry=node.config.registry,
                partitions=partitions,
                kinds=frozenset(kinds or PUBLIC_KINDS),
                types=frozenset(types or PUBLIC_TYPES),
                wire=wire,
            )
        except PublishedFormError as error:
            raise typer.BadParameter(str(error)) from error
        create_published(where, rule, replicas)
        say(f"{where.topic}: made")


def _named(kinds: Values, types: Values) -> None:
    """Raise BadParameter where a rule would publish nothing of what it names."""
    from events.codec import EVENT_CLASSES

    if kinds and not types:
        message = "names what of these streams is published"
        raise typer.BadParameter(message, param_hint="--type")
    for unknown in set(types or ()) - {one.__name__ for one in EVENT_CLASSES}:
        message = f"{unknown} is no event of this release"
        raise typer.BadParameter(message, param_hint="--type")


def audit(config: ConfigFile = DEFAULT_CONFIG, as_json: AsJson = False) -> None:
    """Say what about the topics could lose or change records; exit 1 where it could."""
    from events.topic_audit import audit as look
    from ops.publish import audit_published

    with ending():
        kafka, node = kafka_of(config), node_of(config)
        unfit = False
        for topic in filter(None, (kafka.topic, kafka.deliveries)):
            faults = look(kafka.servers, topic, kafka.min_in_sync, kafka.security)
            where = replace(kafka, topic=topic)
            unfit |= _shown(where, faults, as_json=as_json)
        if node.published is not None:
            where = node.published
            unfit |= _shown(where, audit_published(where), as_json=as_json)
    raise typer.Exit(Exit.WRONG if unfit else Exit.DONE)


def _shown(where: Any, faults: list[Any], *, as_json: bool) -> bool:  # noqa: ANN401  either configuration
    from events.topic_audit import unaccepted

    unfit = unaccepted(faults, where.accepted)
    for fault in faults:
        accepted = fault not in unfit
        told = {"name": fault.name, "message": fault.message, "accepted": accepted}
        mark = "accepted" if accepted else "FAULT"
        say(told if as_json else f"{mark}  {fault.name}: {fault.message}")
    if not faults and not as_json:
        say(f"{where.topic}: as it must be")
    return bool(unfit)
