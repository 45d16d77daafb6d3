"""Some work killed with -9 at the moment it enters a function, deterministically.

`python -m tests.support.phases MODULE WORK ARGUMENT...` loads the work once, then reads
lines: a function's name and which of its calls. For each a fork does the work and dies
at that call, as a power cut would have it; the line is answered `killed` or `done`.
"""

from __future__ import annotations

import importlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any


def main() -> None:
    module, name, *arguments = sys.argv[1:]
    work = getattr(importlib.import_module(module), name)
    _say("ready")
    for line in sys.stdin:
        function, call = line.split()
        process = os.fork()
        if not process:
            _die_at(function, int(call))
            work(*arguments)
            os._exit(0)
        _, status = os.waitpid(process, 0)
        killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
        said = "killed" if killed else f"done {os.waitstatus_to_exitcode(status)}"
        _say(said)


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _die_at(function: str, call: int) -> None:
    left = call

    def entered(frame: FrameType, event: str, _argument: Any) -> None:  # noqa: ANN401  any
        nonlocal left
        if event == "call" and frame.f_code.co_name == function:
            left -= 1
            if not left:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.setprofile(entered)


class Phases:
    """The other side: asks for one death after the other."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def killed(self, function: str, call: int = 1) -> bool:
        """Do the work and die there; False where it was done before that."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(f"{function} {call}\n")
        self._process.stdin.flush()
        said = self._process.stdout.readline().strip()
        assert said in {"killed", "done 0"}, (function, said)
        return said == "killed"


@contextmanager
def phases(module: str, work: str, *arguments: str) -> Iterator[Phases]:
    command = [sys.executable, "-m", "tests.support.phases", module, work, *arguments]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
        yield Phases(process)
        assert process.stdin
        process.stdin.close()
        assert process.wait(30) == 0


if __name__ == "__main__":
    main()
