"""What SpamAssassin on this machine says of a message.

Rule: it is asked by `-L`, which keeps it off the network: an unpublished report is shown to nobody. It gets
an empty home directory: it would keep there what it learnt of the sender, and judge the next draft by that.
"""

from __future__ import annotations

import email
import email.policy
import os
import re
import shutil
import subprocess
from tempfile import TemporaryDirectory

from newsletter.checks import SpamScore

TIMEOUT_S = 60.0

_STATUS = re.compile(
    r"score=(?P<score>-?[\d.]+)\s+required=(?P<required>[\d.]+)\s+tests=(?P<tests>[\w,\s]*?)(?:\s+\w+=|$)"
)


def score(message: bytes, *, timeout_s: float = TIMEOUT_S) -> SpamScore | None:
    """What it says of a whole message, or why it says nothing; None where it is not installed."""
    program = shutil.which("spamassassin")
    if program is None:
        return None
    try:
        with TemporaryDirectory() as home:
            ran = subprocess.run(  # noqa: S603 - the program was found by name, and is given no argument of ours
                [program, "-L", "-t"],
                input=message.replace(b"\r\n", b"\n"),
                capture_output=True,
                timeout=timeout_s,
                check=False,
                env=os.environ | {"HOME": home},
            )
    except subprocess.TimeoutExpired:
        return SpamScore(None, why=f"it took more than {timeout_s:g} seconds")
    except OSError as error:
        return SpamScore(None, why=f"it could not be started: {error.strerror}")
    if ran.returncode:
        return SpamScore(None, why=f"it ended with exit code {ran.returncode}")
    return _read(ran.stdout) or SpamScore(None, why="it gave no score")


def _read(marked: bytes) -> SpamScore | None:
    """The score in the header that it adds."""
    status = email.message_from_bytes(marked, policy=email.policy.compat32).get("X-Spam-Status", "")
    found = _STATUS.search(" ".join(str(status).split()))
    if found is None:
        return None
    tests = tuple(name for name in re.split(r"[,\s]+", found["tests"]) if name and name != "none")
    return SpamScore(float(found["score"]), float(found["required"]), tests)
