"""Runs the command line: in this process, which is fast, or as the process that a person would start.

Rule: nothing of the program is replaced. What a process is given (arguments, folder, environment, streams) is
given here in the same way.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from newsletter import cli

OURS = ("NEWSLETTER_", "SENDGRID_")
"""What the program reads of the environment; a developer's own must not reach a test."""


@dataclass(frozen=True, slots=True)
class Result:
    """What a command left behind."""

    code: int
    out: bytes
    err: str

    @property
    def text(self) -> str:
        return self.out.decode()

    @property
    def json(self) -> Any:
        """The whole of stdout as JSON: one word beside it would fail."""
        return json.loads(self.out)

    @property
    def place(self) -> str:
        """Where the first mistake stands, as `file:line:column`."""
        return self.err.removeprefix("error: ").split(": ")[0]


def run(*arguments: str, cwd: Path, env: Mapping[str, str] | None = None) -> Result:
    """Run a command in this process, without a terminal."""
    out, err = io.BytesIO(), io.BytesIO()
    with _streams(out, err), _environment(env or {}), contextlib.chdir(cwd):
        code = _exit_code(arguments)
    return Result(code, out.getvalue(), err.getvalue().decode())


@contextlib.contextmanager
def spawn(
    *arguments: str, cwd: Path, env: Mapping[str, str] | None = None, python: tuple[str, ...] = ()
) -> Iterator[subprocess.Popen[bytes]]:
    """A command as a process of its own, without a terminal. `python` are options of the interpreter."""
    with subprocess.Popen(
        [sys.executable, *python, "-m", "newsletter", *arguments],
        cwd=cwd,
        env=clean_environment(env or {}),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def finish(process: subprocess.Popen[bytes], *, within_s: float = 30) -> Result:
    """Wait for a process, and give what it left behind."""
    out, err = process.communicate(timeout=within_s)
    return Result(process.returncode, out, err.decode())


def clean_environment(more: Mapping[str, str]) -> dict[str, str]:
    """This environment without anything meant for the program, and `more`."""
    return {name: value for name, value in os.environ.items() if not name.startswith(OURS)} | dict(more)


def _exit_code(arguments: tuple[str, ...]) -> int:
    with mock.patch.object(sys, "argv", ["newsletter", *arguments]), pytest.raises(SystemExit) as end:
        cli.main()
    assert isinstance(end.value.code, int)
    return end.value.code


@contextlib.contextmanager
def _streams(out: io.BytesIO, err: io.BytesIO) -> Iterator[None]:
    """Streams as a process has them when stdin is closed and both outputs are pipes."""
    stdout, stderr = (io.TextIOWrapper(each, encoding="utf-8", write_through=True) for each in (out, err))
    with (
        mock.patch.object(sys, "stdin", io.StringIO()),
        contextlib.redirect_stdout(stdout),
        contextlib.redirect_stderr(stderr),
    ):
        yield
    # Detached, since closing the wrapper would close what is to be read.
    stdout.detach()
    stderr.detach()


@contextlib.contextmanager
def _environment(more: Mapping[str, str]) -> Iterator[None]:
    with mock.patch.dict(os.environ, clean_environment(more), clear=True):
        yield
