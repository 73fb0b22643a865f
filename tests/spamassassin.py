"""SpamAssassin for the tests that are about it: a program that stands in for it, and the real one."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from tests.conftest import SATISFIED

MARKED = """X-Spam-Checker-Version: SpamAssassin 4.0.1
X-Spam-Status: Yes, score=6.3 required=5.0 tests=HTML_MESSAGE,
\tSUBJ_ALL_CAPS autolearn=no autolearn_force=no version=4.0.1
Subject: Report

Text
"""


def stand_in(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put a `spamassassin` first on the path that answers with `folder/marked` and keeps what it is given."""
    program = folder / "bin" / "spamassassin"
    program.parent.mkdir()
    (folder / "marked").write_text(MARKED, encoding="utf-8")
    program.write_text(
        f'#!/bin/sh\necho "$@" > {folder}/arguments\ncat > {folder}/message\ncat {folder}/marked\n'
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent), prepend=":")


def use_the_real_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put the machine's own first again. Without it a laptop skips, and the continuous build fails."""
    path = os.pathsep.join(
        folder for folder in os.environ["PATH"].split(os.pathsep) if folder != str(SATISFIED)
    )
    if shutil.which("spamassassin", path=path) is None:
        words = "this test needs SpamAssassin: apt-get install spamassassin"
        pytest.fail(words) if os.environ.get("CI") == "true" else pytest.skip(words)
    monkeypatch.setenv("PATH", path)
