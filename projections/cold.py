"""A cold start: a node's copy of a topic and its projections, in one pass.

What lives here: `cold_start`. What never does: a file that existed before; what has one
is followed as ever.
"""

from __future__ import annotations

from pathlib import Path

from events.cold import cold_copy
from events.topic import Topic
from projections.files import Files
from projections.rebuild import Tell, build, nothing_to_tell
from projections.runner import PROJECTIONS


def cold_start(
    folder: Path, registry: str, topic: Topic, tell: Tell = nothing_to_tell
) -> None:
    """Make a node's copy of a topic, and fold what has no file, in one pass.

    Raises what `events.cold` and `projections.rebuild.build` raise; of what is not
    whole then, or after a kill, nothing is left that anyone opens.
    """
    missing = [
        one for one in PROJECTIONS if Files(folder, one.name, one.fold).named() is None
    ]
    with cold_copy(folder / "log.sqlite", registry, topic) as copy:
        built = build(folder, missing, copy, tell)
        copy.drain()  # where an entry could not be opened, the copy goes on
        copy.finish()
    for one in built:
        one.files.switch(one.path)
