"""Every error the project raises on purpose.

Rule: an error says what, where and what to do, carries its exit code, and never a secret or an address.
About one recipient there is no error but an outcome; about a draft's quality there is a `Problem`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches


@dataclass(frozen=True, slots=True, order=True)
class Where:
    """A place in a file the user wrote. Lines and columns count from 1; 0 means the file as a whole."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return ":".join([self.file, *(str(number) for number in (self.line, self.column) if number)])


@dataclass(frozen=True, slots=True, order=True)
class Mistake:
    """One thing wrong at one place: what is wrong, the offending line, and what was expected."""

    where: Where
    what: str
    hint: str = ""
    line_text: str = ""

    def __str__(self) -> str:
        shown = [f"{self.where}: {self.what}"]
        if self.line_text:
            shown.append(f"    {self.where.line} | {self.line_text}")
        if self.hint:
            shown.append(f"    {self.hint}")
        return "\n".join(shown)


class NewsletterError(Exception):
    """The run cannot go on. `message` says what and where, `hint` what to do."""

    exit_code = 1

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class NotReady(NewsletterError):
    """Not ready, over the cap, not approved, or the receipt does not match."""

    exit_code = 1


class UsageError(NewsletterError):
    """The command cannot be carried out as it was given."""

    exit_code = 2


class SourceError(NewsletterError):
    """A draft, list, segment file or theme is wrong. Holds every mistake found, in order."""

    exit_code = 3

    def __init__(self, mistakes: Iterable[Mistake], hint: str = "") -> None:
        self.mistakes = tuple(sorted(mistakes))
        super().__init__("\n".join(str(mistake) for mistake in self.mistakes), hint)


class SettingsError(SourceError):
    """`newsletter.yaml` or the environment is wrong."""

    exit_code = 4


def about_file(name: str, what: str, hint: str = "") -> SourceError:
    """An error about a file as a whole."""
    return SourceError([Mistake(Where(name), what, hint)])


class Refused(Exception):
    """A file that a reader will not read, and why. Whoever knows its name makes an error of it."""

    def __init__(self, what: str, hint: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.hint = hint


class TransportStopped(NewsletterError):
    """The transport stopped the run: a fault about us (key, sender, policy), not about a recipient."""

    exit_code = 5


class Unreachable(TransportStopped):
    """No line to the relay or provider could be opened, or kept: perhaps from this machine alone."""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A hint that names the nearest known name, or all of them where none is near."""
    names = sorted(set(known))
    near = get_close_matches(name.lower(), names, n=1, cutoff=0.6)
    if near:
        return f"Did you mean '{near[0]}'?"
    return f"Known here: {', '.join(names)}." if names else ""
