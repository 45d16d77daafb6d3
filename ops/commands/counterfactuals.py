"""What would be otherwise under another reading of the law.

What lives here: arguments and output. What never does: the replay
(`ops.counterfactual`).
"""

from __future__ import annotations

from datetime import date
from typing import Annotated

import typer

from ops.options import DEFAULT_CONFIG, AsJson, ConfigFile
from ops.terminal import Exit, ending, node_of, progress_bar, say


def add_to(app: typer.Typer) -> None:
    """Add `counterfactual`."""
    app.command()(counterfactual)


def counterfactual(
    law_of: Annotated[
        str, typer.Option(help="Judge every act by the law of this day, YYYY-MM-DD.")
    ] = "",
    majority_years: Annotated[
        int, typer.Option(min=1, max=30, help="The age that ends childhood (CC 17).")
    ] = 18,
    anyone_ends_covers: Annotated[
        bool, typer.Option(help="A new guardian ends every cover (CC 31(3)).")
    ] = False,
    state_goes_on: Annotated[
        bool,
        typer.Option(help="A restoration leaves the state guardian (CC 38)."),
    ] = False,
    child: Annotated[
        list[str] | None, typer.Option(help="Only these children; else all.")
    ] = None,
    config: ConfigFile = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Say whose custody would differ, on which days and why, were the law read so."""
    from contextlib import closing

    from events.reading import FollowedLog
    from ops.counterfactual import children_in, told
    from ops.counterfactual import counterfactual as replayed
    from registry.reading import Reading

    try:
        day = date.fromisoformat(law_of) if law_of else None
    except ValueError as error:
        message = "is a date of the form YYYY-MM-DD"
        raise typer.BadParameter(message, param_hint="--law-of") from error
    reading = Reading(
        law_of=day,
        majority_years=majority_years,
        anyone_ends_covers=anyone_ends_covers,
        state_goes_on=state_goes_on,
    )
    differ = strange = 0
    with ending():
        node = node_of(config).config
        path = node.data_dir / "log.sqlite"
        children = child or children_in(path)
        with (
            closing(FollowedLog(path, node.registry)) as log,
            progress_bar("replaying") as progress,
        ):
            for done, found in enumerate(replayed(log, children, reading), 1):
                progress(done, len(children))
                if found is None:
                    continue
                differ += found.rederived
                strange += not found.rederived
                if as_json:
                    say(told(found))
                else:
                    _show(told(found))
    total = {"children": len(children), "differ": differ, "not_rederived": strange}
    text = f"{differ} of {len(children)} children would be answered otherwise"
    say(total if as_json else text)
    raise typer.Exit(Exit.WRONG if strange else Exit.DONE)


def _show(found: dict[str, list[dict[str, dict[str, object]]]]) -> None:
    """Print a child's differences in lines."""
    say(f"{found['child']}" + ("" if found["rederived"] else "  NOT REDERIVED"))
    for one in found["differs"]:
        say(f"  {one['from'] or 'ever'} to {one['until'] or 'ever'}")
        for name in ("recorded", "otherwise"):
            answer = one[name]
            say(f"    {name:<9} {answer['status']}: {_periods(answer)}")


def _periods(answer: dict[str, object]) -> str:
    """Return the periods of an answer in a few words."""
    periods = answer["periods"]
    assert isinstance(periods, list)  # noqa: S101  as `told` makes it
    return "; ".join(
        f"{p['role']} {p['holder'] or ''} ({', '.join(p['articles'])})" for p in periods
    )
