"""The command line: the only room that prints, asks, exits and reads the clock.

Rule: stdout is data, stderr is talk. Whatever goes wrong on purpose ends here as a message and an exit code.
"""

from __future__ import annotations

import gc
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import typer

INTERRUPTED = 130

_COLLECT_EVERY = 50_000


def main() -> None:
    """Run the command line and exit with its code."""
    from newsletter.errors import NewsletterError  # the console script imports nothing it may not need

    spare_collector()
    try:
        sys.exit(_run())
    except NewsletterError as error:
        print(f"error: {error.message}", file=sys.stderr)
        if error.hint:
            print(error.hint, file=sys.stderr)
        sys.exit(error.exit_code)
    except BrokenPipeError:
        # The reader of our output left (`| head`); there is nobody to tell.
        sys.stderr.close()
        sys.exit(1)


def spare_collector() -> None:
    """Look for cycles less often: what is imported stays, and would be walked through again and again."""
    gc.set_threshold(_COLLECT_EVERY)


def _run() -> int:
    import typer

    from newsletter.cli.commands import command

    try:
        code = command()(sys.argv[1:] or ["--help"], standalone_mode=False)
    except typer.TyperException as error:
        print(f"error: {_in_words(error)}", file=sys.stderr)
        print("See: newsletter --help, or newsletter COMMAND --help", file=sys.stderr)
        return error.exit_code
    except typer.Abort:
        print("interrupted", file=sys.stderr)
        return INTERRUPTED
    return code if isinstance(code, int) else 0


def _in_words(error: typer.TyperException) -> str:
    """What is wrong with the command; of an option's value, in the words of `newsletter.yaml`."""
    if error.__cause__ is None:
        return error.format_message()
    from pydantic import ValidationError

    from newsletter.yaml_source import expected

    if isinstance(error.__cause__, ValidationError):
        # typer takes over the first message of pydantic, which speaks to programmers.
        found = error.__cause__.errors(include_url=False)[0]
        words = expected(dict(found))
        error.message = words if found["type"] == "value_error" else f"expected {words}"
    return error.format_message()
