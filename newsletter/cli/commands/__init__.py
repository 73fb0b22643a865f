"""What the commands are called, their options and their help. What they do stands in the modules of `cli/`.

Rule: importing this costs no more than typer itself; each command imports what it needs.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import typer

from newsletter.cli.commands import drafts, people, sending, upkeep

app = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,  # a traceback with values in it could show an address
    rich_markup_mode=None,  # plain help starts in half the time, and pipes well
)


@app.callback()
def newsletter() -> None:
    """Render draft reports into mail and send them to segments; a dry run shows who, how many and why not.

    Start with: newsletter init my-reports
    """


for group in (drafts, sending, people, upkeep):
    app.add_typer(group.app)


@cache
def command() -> Any:
    """The whole command line, built once: that takes 20 ms, and one process may run many commands."""
    return typer.main.get_command(app)
