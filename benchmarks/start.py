"""What it costs to ask for help: the whole process, against importing what the command line is made with.

python -m benchmarks.start
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from benchmarks.harness import Figure, main, ran

_HELP = (sys.executable, "-m", "newsletter", "--help")
_IMPORTS = (sys.executable, "-c", "import typer, rich.console")


def measure(quick: bool) -> Sequence[Figure]:
    """The best of many, in turn."""
    rounds = [(ran(_HELP), ran(_IMPORTS)) for _ in range(5 if quick else 15)]
    ours, theirs = (min(each.cpu_s for each in side) for side in zip(*rounds, strict=True))
    return [
        Figure(
            what="newsletter --help",
            against='python -c "import typer, rich.console"',
            measured=ours / theirs,
            unit="×",
            at_most=1.5,
        )
    ]


if __name__ == "__main__":
    main(measure, __doc__)
