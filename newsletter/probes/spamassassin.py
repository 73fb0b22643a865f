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
    """The score of a whole message; None where SpamAssassin is not installed or says nothing in time."""
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
    except (OSError, subprocess.TimeoutExpired):
        return None
    return _read(ran.stdout)


def _read(marked: bytes) -> SpamScore | None:
    """The score in the header that it adds."""
    status = email.message_from_bytes(marked, policy=email.policy.compat32).get("X-Spam-Status", "")
    found = _STATUS.search(" ".join(str(status).split()))
    if found is None:
        return None
    tests = tuple(name for name in re.split(r"[,\s]+", found["tests"]) if name and name != "none")
    return SpamScore(float(found["score"]), float(found["required"]), tests)
