"""Makes a command as talkative as it can be made, and breaks it where a test says. Python imports this at its
start, from PYTHONPATH.

Nothing of the program is replaced: a logger above all others hears everything, and an audit hook raises what
nobody expects. `BREAKS_AT` is the audit event; `FILES_UP_TO` the bytes a file may have, as on a full disk.
"""

from __future__ import annotations

import logging
import os
import resource
import sys


class Unexpected(Exception):
    """No error of the program's, of Python's or of a library's."""


def _break(event: str, _arguments: object) -> None:
    if event == os.environ["BREAKS_AT"]:
        raise Unexpected


logging.basicConfig(level=logging.DEBUG, format="%(levelname)s %(name)s: %(message)s")
logging.getLogger("loud").debug("every logger is heard")
if "BREAKS_AT" in os.environ:
    sys.addaudithook(_break)
if "FILES_UP_TO" in os.environ:
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(os.environ["FILES_UP_TO"]),) * 2)
