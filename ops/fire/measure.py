"""How long nobody was acknowledged, by the kind of fault that it followed.

What lives here: pure arithmetic on a history. What never does: judgment.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from ops.fire.history import OK, WRITE, Call, Fault


@dataclass(frozen=True, slots=True, kw_only=True)
class Unavailable:
    """Seconds without an acknowledgement, of all faults of one kind.

    `beyond_s` counts from when what was broken ran again: a killed broker's restart,
    say, is no time that a client could save.
    """

    count: int
    longest_s: float
    median_s: float
    beyond_s: float


def unavailable(
    calls: Sequence[Call], faults: Sequence[Fault]
) -> dict[str, Unavailable]:
    """Return the longest time without an acknowledged write after each kind of fault.

    A fault answers for all until the next one begins.
    """
    ends = sorted(c.end for c in calls if (c.kind, c.outcome) == (WRITE, OK))
    in_order = sorted(faults, key=lambda fault: fault.start)
    found: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for fault, following in pairwise([*in_order, None]):
        if fault is None:
            break
        until = following.start if following is not None else float("inf")
        longest = _longest(ends, fault.start, until)
        beyond = _longest(ends, fault.end, until)
        found[fault.kind].append((longest, beyond))
    return {
        kind: Unavailable(
            count=len(pairs),
            longest_s=round(max(longest for longest, _ in pairs), 2),
            median_s=round(sorted(longest for longest, _ in pairs)[len(pairs) // 2], 2),
            beyond_s=round(max(beyond for _, beyond in pairs), 2),
        )
        for kind, pairs in sorted(found.items())
    }


def _longest(ends: Sequence[float], start: float, until: float) -> float:
    """Return the longest time between a start and `until` without an end."""
    first = bisect_right(ends, start)
    longest, before = 0.0, start
    for end in ends[first:]:
        longest = max(longest, min(end, until) - before)
        if end >= until:
            break
        before = end
    return longest
