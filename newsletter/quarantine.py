"""A file from somebody else is read in a process of its own, which may use so much memory and time and no more.

Rule: whatever a file does to a parser, this process goes on, and says in words what happened. The child is
handed bytes, asks nothing of the network, and answers with JSON.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from importlib import import_module
from typing import Any

from newsletter.errors import Refused, about_file

MEMORY_BYTES = 1 << 30
"""mammoth takes some 75 times the size of the XML, of which 8 MB are let in."""
CPU_S = 60
WALL_S = 90
_STOPPED = "it needs more {what} than such a file does, and was not read further"
_AGAIN = "Open it in its program, and save it under another name."
_HINT = "Copy what is wanted into a new file, and save that."
_MOST_ANSWER_BYTES = 200_000_000
"""Half a million people with all the columns of an export."""


def answer(worker: str, form: str, data: bytes, *, name: str) -> Any:
    """What the function `answer(form, data)` of the module `worker` makes of a file in this format.

    Raises `SourceError`, which says what is wrong with the file.
    """
    command = [sys.executable, "-m", __name__, worker, form]
    try:
        child = subprocess.run(command, input=data, capture_output=True, timeout=WALL_S, check=False)  # noqa: S603 - our own module
    except subprocess.TimeoutExpired:
        raise about_file(name, _STOPPED.format(what="time"), _HINT) from None
    if child.returncode or len(child.stdout) > _MOST_ANSWER_BYTES:
        raise about_file(name, _STOPPED.format(what=_exhausted(child.returncode)), _HINT)
    said = json.loads(child.stdout)
    if "refused" in said:
        raise about_file(name, said["refused"], said["hint"])
    return said["answer"]


def _exhausted(code: int) -> str:
    """What a child ran out of: it is killed by SIGXCPU, or by whatever a parser does without memory."""
    return "time" if code == -signal.SIGXCPU else "memory"


def _limit() -> None:
    import resource  # noqa: PLC0415 - the child's alone

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))


def _main(worker: str, form: str) -> int:
    module = import_module(worker)
    _limit()
    data = sys.stdin.buffer.read()
    said: dict[str, Any]
    try:
        said = {"answer": module.answer(form, data)}
    except Refused as error:
        said = {"refused": error.what, "hint": error.hint}
    except MemoryError:
        said = {"refused": _STOPPED.format(what="memory"), "hint": _HINT}
    except Exception:  # noqa: BLE001 - the child's door: whatever a parser stumbles over, the file is to be blamed
        said = {"refused": "the file is damaged, or is not what it seems", "hint": _AGAIN}
    sys.stdout.buffer.write(json.dumps(said).encode())
    return 0


if __name__ == "__main__":
    sys.exit(_main(*sys.argv[1:]))
