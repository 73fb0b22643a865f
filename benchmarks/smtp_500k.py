"""500,000 people by SMTP in one process, and what ten times the audience costs in memory.

    python -m benchmarks.smtp_500k

Messages of 75 KB over ten connections into the fast sink. The run is planned and frozen in one process, as
`newsletter send` does it, and delivered in a second, as `newsletter resume` does it, whose time and peak memory
are these figures: the first must know every address to tell who stands in the lists twice, the second need not.
"""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.harness import Figure, Numbers, main, say, scratch
from benchmarks.sending import delivered, prepared
from benchmarks.sinks import fast_sink

_PEOPLE = 500_000


def measure(quick: bool) -> Sequence[Figure]:
    """Seconds for 500,000, and peak memory against ever smaller audiences."""
    small, tenth, half, full = (size // (25 if quick else 1) for size in (50_000, 100_000, _PEOPLE, 1_000_000))
    done = {size: _sent(size) for size in (small, tenth, half, full)}
    what = f"{_PEOPLE:,} by SMTP into a fast sink"
    seconds = done[half]["wall_s"] * _PEOPLE / half
    return [
        Figure(
            what=what,
            against=f"by {half:,}" if quick else "–",
            measured=seconds,
            unit="s",
            at_most=90,
        ),
        Figure(what=what, against="–", measured=done[half]["peak_mib"], unit="MiB", at_most=128),
        Figure(
            what="its peak memory",
            against=f"{small:,}",
            measured=done[half]["peak_mib"] / done[small]["peak_mib"],
            unit="×",
            at_most=1.1,
        ),
        Figure(
            what=f"peak memory of {full:,}",
            against=f"{tenth:,}",
            measured=done[full]["peak_mib"] / done[tenth]["peak_mib"],
            unit="×",
            at_most=1.1,
        ),
        Figure(
            what="planning and freezing them: memory a recipient",
            against="–",
            measured=(done[full]["planning_mib"] - done[tenth]["planning_mib"]) * 2**20 / (full - tenth),
            unit="bytes",
        ),
    ]


def _sent(size: int) -> Numbers:
    say(f"by SMTP to {size:,}")
    with scratch() as folder, fast_sink() as sink:
        made = prepared(folder, size, sink.port)
        done = delivered(folder)
    assert sink.messages == size, sink.messages
    phases = (made["plan_s"], made["freeze_s"], done["wall_s"])
    say("  planned, frozen and sent in {:.1f}, {:.1f} and {:.1f} s".format(*phases))
    return done | {"planning_mib": made["peak_mib"]}


if __name__ == "__main__":
    main(measure, __doc__)
