"""The mails by which people confirm, on the disk until each has left or is let go: a restart loses none.

Rules:

1. What is kept is the sealed token and nothing else, in a file named by the person's code: nobody can read it
   without the secret, and whoever erases the person finds it.
2. A file is locked by the process that has the mail in its hands, and taken up by another when that has ended.
"""

from __future__ import annotations

import fcntl
import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from newsletter.errors import NewsletterError
from newsletter.workspace import write_down_names

_MOST_BYTES: Final = 4_096


class NotKept(NewsletterError):
    """A mail could not be written down, so that nobody may be told that it will come."""


@dataclass(frozen=True, slots=True)
class Kept:
    """One that waits. Whoever has it has the lock on its file."""

    path: Path
    token: str = field(repr=False)
    descriptor: int

    @property
    def code(self) -> str:
        return self.path.name.partition(".")[0]

    @property
    def is_there(self) -> bool:
        """Whether it is still wanted: an erasure takes the file away."""
        return self.path.exists()

    def drop(self) -> None:
        """It has left, or is let go."""
        self.path.unlink(missing_ok=True)
        os.close(self.descriptor)


class Waiting:
    """The folder of those that wait."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, code: str, token: str) -> Kept:
        """Write one down, on the disk when this returns. Raises `NotKept`."""
        path = self._folder / f"{code}.{secrets.token_hex(6)}"
        # By a name with a dot no other process takes it up before all of it is there.
        fresh = path.with_name(f".{path.name}")
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(fresh, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        except OSError as error:
            raise _not_kept(error) from None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.write(descriptor, token.encode())
            os.fsync(descriptor)
            fresh.rename(path)
            write_down_names(self._folder)
        except OSError as error:
            fresh.unlink(missing_ok=True)
            path.unlink(missing_ok=True)
            os.close(descriptor)
            raise _not_kept(error) from None
        return Kept(path, token, descriptor)

    def left_over(self) -> Iterator[Kept]:
        """Those of processes that have ended, oldest first; they are this one's now.

        What was never kept, since its process ended over it, is deleted: nobody was told that it would come.
        """
        for path in sorted(self._folder.iterdir() if self._folder.is_dir() else (), key=_age):
            try:
                descriptor = os.open(path, os.O_RDWR)
            except OSError:
                continue
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                token = os.read(descriptor, _MOST_BYTES).decode("ascii", "replace")
            except OSError:
                os.close(descriptor)
                continue
            kept = Kept(path, token, descriptor)
            if path.name.startswith("."):
                kept.drop()
            else:
                yield kept


def _age(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def _not_kept(error: OSError) -> NotKept:
    return NotKept(f"a confirmation cannot be kept: {error.strerror}", "Is there room on the disk?")
