"""A document is read in a process of its own, which may use so much memory and time and no more.

Rule: whatever a document does to a parser, this process goes on, and says in words what happened. The child is
handed bytes, asks nothing of the network, and answers with JSON.
"""

from __future__ import annotations

import json
import subprocess
import sys

from newsletter.documents.blocks import Document
from newsletter.documents.formats import Format, refused

MEMORY_BYTES = 1 << 30
"""mammoth takes some 75 times the size of the XML, of which 8 MB are let in."""
CPU_S = 60
WALL_S = 90
_STOPPED = "it needs more {what} than a report does, and was not read further"
_HINT = "Copy the report alone into a new document, and save that."
_MOST_ANSWER_BYTES = 64_000_000


def read(data: bytes, form: Format, *, name: str) -> Document:
    """Read a document of this format. Raises `SourceError`, which says what is wrong with it."""
    try:
        child = subprocess.run(  # noqa: S603 - our own module
            [sys.executable, "-m", __name__, form.value],
            input=data,
            capture_output=True,
            timeout=WALL_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise refused(name, _STOPPED.format(what="time"), _HINT) from None
    if child.returncode or len(child.stdout) > _MOST_ANSWER_BYTES:
        raise refused(name, _STOPPED.format(what=_exhausted(child.returncode, child.stderr)), _HINT)
    answer = json.loads(child.stdout)
    if "refused" in answer:
        raise refused(name, answer["refused"], answer["hint"])
    return Document.from_json(answer)


def _exhausted(code: int, said: bytes) -> str:
    """What a child ran out of. It is killed by SIGXCPU, or by whatever a parser in C does without memory."""
    import signal  # noqa: PLC0415

    return "time" if code == -signal.SIGXCPU else "memory" if code < 0 or b"MemoryError" in said else "care"


def _limit() -> None:
    import resource  # noqa: PLC0415 - the child's alone

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))


def _main() -> int:
    from newsletter.documents import readers  # noqa: PLC0415 - the child's alone
    from newsletter.documents.readers.refusal import Refused  # noqa: PLC0415

    _limit()
    data = sys.stdin.buffer.read()
    try:
        answer = readers.reader(Format(sys.argv[1])).read(data).as_json()
    except Refused as error:
        answer = {"refused": error.what, "hint": error.hint}
    except MemoryError:
        answer = {"refused": _STOPPED.format(what="memory"), "hint": _HINT}
    sys.stdout.buffer.write(json.dumps(answer).encode())
    return 0


if __name__ == "__main__":
    sys.exit(_main())
