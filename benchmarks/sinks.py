"""Where the benchmarks send to, on loopback: our own fast sink, and Postfix's `smtp-sink`."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from benchmarks.harness import CACHE, ROOT

_SOURCE = ROOT / "benchmarks" / "fast_sink.c"
_PATIENCE_S = 10.0


@dataclass(slots=True)
class Sink:
    """A server that takes mail; `messages` is known after the end, and only where the sink counts."""

    port: int
    messages: int | None = None


@contextmanager
def fast_sink(latency_ms: int = 0) -> Iterator[Sink]:
    """Our own sink, with each reply late by `latency_ms`."""
    command = [_compiled(), "0", str(latency_ms)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        sink = Sink(int(process.stdout.readline()))
        try:
            yield sink
        finally:
            process.terminate()
            sink.messages = int(process.stdout.read().split()[0])


@contextmanager
def smtp_sink() -> Iterator[Sink]:
    """Postfix's `smtp-sink`: one process, which is soon the bound."""
    sink = Sink(free_port())
    user = ["-u", "nobody"] if os.geteuid() == 0 else []
    with subprocess.Popen(["smtp-sink", *user, f"127.0.0.1:{sink.port}", "128"]) as process:
        try:
            _wait_for(sink.port)
            yield sink
        finally:
            process.terminate()


def is_there(program: str) -> bool:
    """Whether a peer, or what a sink needs, is installed."""
    return shutil.which(program) is not None


def free_port() -> int:
    """A port on which nobody listens now."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def _compiled() -> str:
    """The sink, compiled anew when its source is newer."""
    CACHE.mkdir(exist_ok=True)
    program = CACHE / "fast_sink"
    if not program.exists() or program.stat().st_mtime < _SOURCE.stat().st_mtime:
        warnings = ["-Wall", "-Wextra", "-Werror"]
        subprocess.run(["cc", "-std=c11", "-O2", *warnings, "-o", program, _SOURCE], check=True)
    return str(program)


def _wait_for(port: int) -> None:
    """Until somebody listens."""
    give_up_at = time.monotonic() + _PATIENCE_S
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except ConnectionRefusedError:
            if time.monotonic() > give_up_at:
                raise
            time.sleep(0.05)
        else:
            return
