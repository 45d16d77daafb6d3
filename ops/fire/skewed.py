"""The command line with a wrong clock: `python -m ops.fire.skewed FILE COMMAND ...`.

What lives here: a clock that is off by the microseconds that a file says, read anew at
each look. All else is the command as it is.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path


def main() -> None:
    """Run the command under the clock."""
    off, right = Path(sys.argv[1]), time.time_ns
    time.time_ns = lambda: right() + int(off.read_text() or 0) * 1_000
    del sys.argv[1]
    from ops.cli import main as command  # noqa: PLC0415  under the clock

    command()


if __name__ == "__main__":
    main()
