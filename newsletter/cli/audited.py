"""Which commands are written down in the audit log: those that change something, or hand people's data out.

Rule: it happens here, around the command, and not in each. What cannot be written down is not done.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

Command = Callable[..., Any]
Given = Mapping[str, Any]


def audited(unless: Callable[[Given], bool] = lambda _given: False) -> Callable[[Command], Command]:
    """Write the command down, `unless` what it was given says that it only shows."""

    def around(command: Command) -> Command:
        @wraps(command)
        def noted(**given: Any) -> Any:
            if unless(given):
                return command(**given)
            from newsletter.cli import auditing

            return auditing.noted(command, given)

        return noted

    return around
