"""Runs the stand-in by hand: it prints how to point the program at it, and each message's first lines."""

from __future__ import annotations

import argparse
import sys
import time

from tests.sendgrid_stand_in import KEY, StandIn


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.sendgrid_stand_in", description=__doc__)
    parser.add_argument("--port", type=int, default=8025, help="the port on 127.0.0.1 (0 picks a free one)")
    parser.add_argument(
        "--fast", action="store_true", help="check nothing, keep nothing, only count: for speed"
    )
    options = parser.parse_args()
    stand_in = StandIn(port=options.port, keep_messages=not options.fast, checks=not options.fast)
    with stand_in:
        say(f"SENDGRID_API_HOST={stand_in.url} SENDGRID_API_KEY={KEY}")
        say("Put this before the command, for example: newsletter send DRAFT --transport sendgrid")
        say("Nothing leaves this machine. Ctrl-C ends it.")
        watch(stand_in)


def watch(stand_in: StandIn) -> None:
    """Print what arrives until interrupted."""
    shown = shown_violations = 0
    try:
        while True:
            for message in stand_in.account.accepted[shown:]:
                shown += 1
                mail = message.mail()
                say(f"{shown}: To {mail['To']}, Subject {mail['Subject']}, {len(message.raw())} bytes")
            for violation in stand_in.violations[shown_violations:]:
                shown_violations += 1
                say(f"refused: {violation.message} ({violation.field})")
            time.sleep(0.2)
    except KeyboardInterrupt:
        say(f"accepted for {stand_in.account.count} people")


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
