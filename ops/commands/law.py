"""The law on the command line: the acts, an article, and what was never read.

What lives here: arguments and what is shown. What never does: rules.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ops.options import DEFAULT_CONFIG, AsJson


def add_to(app: typer.Typer) -> None:
    """Join the commands of this room."""
    app.command()(law)


def law(
    article: Annotated[
        str, typer.Argument(help='An article, such as "CC 36" or "CC 36(2)".')
    ] = "",
    unverified: Annotated[
        bool, typer.Option("--unverified", help="What was recalled and not read.")
    ] = False,
    on: Annotated[
        str, typer.Option("--on", help="Ages, deadlines, grounds and roles of a day.")
    ] = "",
    config: Annotated[
        Path | None,
        typer.Option("--config", "-c", help="The node whose events are looked at."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List the acts and their dates, or an article and the events that cite it.

    Events are looked for in the node of --config, or of this folder's
    childregistry.toml where there is one; without either only the law is shown.
    """
    from dataclasses import asdict

    from ops.law_table import articles
    from ops.terminal import say
    from registry import law as rooms
    from registry.law.editions import ACTS

    if article:
        node = config or (DEFAULT_CONFIG if DEFAULT_CONFIG.exists() else None)
        _article(" ".join(article.split()), node, as_json=as_json)
        return
    if on:
        _of_day(on, as_json=as_json)
        return
    if not unverified:
        for act in ACTS:
            spoken = {name: str(value) for name, value in asdict(act).items()}
            say(spoken if as_json else "  ".join(spoken.values()))
        return
    for one in rooms.unverified():
        told = asdict(one)
        shown = f"{one.what}  {one.value}  {one.source}  from {one.from_}  {one.mark}"
        say(told if as_json else shown)
    for article_ in articles():
        if not article_.read:
            said = {"what": article_.function, "source": article_.cited}
            shown = f"{article_.function}  {article_.cited}  its text is not at hand"
            say(said if as_json else shown)


def _of_day(on: str, *, as_json: bool) -> None:
    """Show what a law pack tells people: by the law in force on a day."""
    from dataclasses import asdict

    from events.dates import PartialDate
    from ops.terminal import say
    from registry.china import CHINA

    try:
        day = PartialDate(on)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--on") from error
    for number in CHINA.numbers(day):
        told = f"{number.name}: {number.number} {number.unit} ({number.source})"
        say(asdict(number) if as_json else told)
    for ground, articles in CHINA.grounds.items():
        cited = ", ".join(articles)
        told_ = {"ground": ground.value, "articles": list(articles)}
        say(told_ if as_json else f"ground {ground.value}: {cited}")
    for role, words in CHINA.roles.items():
        named_ = {"role": role.value, **asdict(words)}
        say(named_ if as_json else f"{role.value}: {words.english}, {words.own}")


def _article(article: str, config: Path | None, *, as_json: bool) -> None:
    from ops.law_table import citing, named
    from ops.terminal import Exit, complain, ending, node_of, say

    found = named(article)
    if not found:
        complain(LookupError(f"{article}: no law function cites it"), as_json=as_json)
        raise typer.Exit(Exit.NOT_FOUND)
    for one in found:
        until = str(one.act.until) if one.act.until else ""
        told = {
            "article": one.cited,
            "act": one.act.english,
            "from": str(one.act.from_),
            "until": until,
            "question": one.question,
            "sentence": one.sentence,
            "function": one.function,
            "read": one.read,
        }
        shown = f"{one.cited}  {one.act.english}, {one.act.from_} to {until or 'now'}"
        say(told if as_json else f"{shown}\n{one.question}\n{one.sentence}\n")
    if config is None:
        if not as_json:
            say("No node is named: recorded events were not looked at.")
        return
    with ending():
        path = node_of(config).config.data_dir / "log.sqlite"
        for event in citing(path, article):
            if "not_read_of" in event:
                children = ", ".join(event["not_read_of"])
                place = f"{event['position']}  NOT READ, may cite it too: {children}"
                say(event if as_json else place)
                continue
            cited = ", ".join(event["articles"])
            place = f"{event['position']}  {event['stream']} {event['version']}"
            say(event if as_json else f"{place}  {event['type']}  {cited}")
