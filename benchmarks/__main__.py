"""All figures of speed and size in one table, each against its peer, side by side in one run.

    python -m benchmarks --quick       a few minutes
    python -m benchmarks               a quarter of an hour and more, on two cores
    python -m benchmarks smtp start    these alone; each also runs by itself: python -m benchmarks.smtp

Everything stays on loopback. Exit code 1 where a goal is not met.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping

from benchmarks import assembly, plan_500k, preview, render, sendgrid_500k, smtp, smtp_500k, start, workers
from benchmarks.harness import Figure, Measure, print_table, say

_ALL: Mapping[str, Measure] = {
    "smtp": smtp.measure,
    "smtp_500k": smtp_500k.measure,
    "assembly": assembly.measure,
    "sendgrid_500k": sendgrid_500k.measure,
    "render": render.measure,
    "plan_500k": plan_500k.measure,
    "preview": preview.measure,
    "start": start.measure,
    "workers": workers.measure,
}


def main() -> int:
    """Run those asked for, and print the table."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(_ALL)}; by default all")
    parser.add_argument("--quick", action="store_true", help="small sizes, less to be trusted")
    given = parser.parse_args()
    unknown = set(given.names) - _ALL.keys()
    if unknown:
        parser.error(f"there is no benchmark {', '.join(sorted(unknown))}")
    figures: list[Figure] = []
    for name in given.names or _ALL:
        say(f"== {name}")
        figures += _ALL[name](given.quick)
    print_table(figures)
    return int(any(each.met is False for each in figures))


if __name__ == "__main__":
    sys.exit(main())
