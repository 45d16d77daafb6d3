"""What processes took of the machine, as the system tells it.

What lives here: processor time and memory, of ours and of others. What never does:
rates.
"""

from __future__ import annotations

import os
import re
from pathlib import Path


def spent_s() -> float:
    """Return the processor time of our threads and ended children, in seconds."""
    return sum(os.times()[:4])


def processor_s(process: int) -> float:
    """Return the same of another process that runs."""
    return sum(map(int, stat_of(process)[11:15])) / os.sysconf("SC_CLK_TCK")


def stat_of(process: int) -> list[str]:
    """Return what the system says of a process, from its state on.

    The name before it, in parentheses, may hold anything.
    """
    return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()


def peak_mib(process: int) -> int:
    """Return the most memory that a process ever held at once; 0 once it is gone."""
    try:
        status = Path(f"/proc/{process}/status").read_text()
    except OSError:
        return 0
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    return int(found[1]) >> 10 if found else 0
