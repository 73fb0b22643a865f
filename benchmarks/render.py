"""From a draft to two editions, against the official MJML command line and juice.

    npm install --prefix SOMEWHERE mjml@4.18.0 juice@11
    NEWSLETTER_NODE_MODULES=SOMEWHERE/node_modules python -m benchmarks.render

Ours is a whole process: it opens the example workspace, reads lists and draft, renders, inlines and verifies
both editions. Theirs begin half-way, with the MJML that ours makes of the draft: one run of `mjml` for both
editions and one of `juice` for each. Warm is the second time in one process.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.harness import ROOT, Figure, Numbers, Ran, Stopwatch, main, part, ran, scratch

if TYPE_CHECKING:
    from newsletter.mailing import Mailing

_ME = "benchmarks.render"
_DRAFT = "2026-11-17-nec"
_MODULES = os.environ.get("NEWSLETTER_NODE_MODULES", "")


def measure(quick: bool) -> Sequence[Figure]:
    """Cold against the peers, warm by the clock of the processor."""
    rounds = 3 if quick else 7
    with scratch() as folder:
        sources = _write_mjml(folder)
        runs = [(_ours(), _theirs(sources, folder)) for _ in range(rounds)]
    ours, theirs = zip(*runs, strict=True)
    peers_s = [their for their in theirs if their is not None]
    warm = part(_ME, "warm", rounds)
    return [
        Figure(
            what="a draft to two editions, whole process",
            against="mjml 4.18 and juice 11",
            measured=min(ours) / min(peers_s) if peers_s else None,
            unit="×",
            at_most=0.5,
        ),
        Figure(what="the same, warm", against="–", measured=warm["cpu_s"] * 1_000, unit="ms", at_most=120),
    ]


def _opened() -> Mailing:
    # As a command does: what it needs is imported once the collector is spared.
    from newsletter.mailing import open_mailing  # noqa: PLC0415
    from newsletter.workspace import Workspace  # noqa: PLC0415

    workspace = Workspace.open(ROOT, {"NEWSLETTER_SECRET": "of the benchmark"})
    return open_mailing(workspace, _DRAFT, at=datetime(2026, 11, 18, 9, tzinfo=UTC))


def _write_mjml(folder: Path) -> list[Path]:
    """What the peers begin with."""
    paths = []
    for name, edition in _opened().editions.items():
        paths.append(folder / f"{name}.mjml")
        paths[-1].write_text(edition.mjml, encoding="utf-8")
    return paths


def _ours() -> float:
    return ran([sys.executable, "-m", _ME, "--part", "cold"]).cpu_s


def _theirs(sources: Sequence[Path], folder: Path) -> float | None:
    """Seconds of the processor; None where they are not installed."""
    programs = Path(_MODULES) / ".bin"
    if not _MODULES or not (programs / "mjml").exists():
        return None
    runs: list[Ran] = [ran([str(programs / "mjml"), *map(str, sources), "-o", str(folder)])]
    for source in sources:
        page = source.with_suffix(".html")
        runs.append(ran([str(programs / "juice"), str(page), str(page.with_suffix(".inlined"))]))
    return sum(each.cpu_s for each in runs)


def _cold() -> Numbers:
    return {"editions": len(_opened().editions)}


def _warm(rounds: str) -> Numbers:
    """The best of several, after a first."""
    _cold()
    watch, taken = Stopwatch(), []
    for _ in range(int(rounds)):
        watch.read()
        _cold()
        taken.append(watch.read().cpu_s)
    return {"cpu_s": min(taken)}


if __name__ == "__main__":
    main(measure, __doc__, {"cold": _cold, "warm": _warm})
