"""The outbox: each message a file that a mail client opens, and nothing leaves the machine.

Rule: what stands under `outbox/ISSUE/` is one whole rehearsal. The last one is taken away before the first
message of the next is written, and a file has its name only once it is complete.

The folder is a Maildir (`tmp`, `new`, `cur`). A message is named after the person's opaque code and ends in
`.eml`, so that a mail client and a double click both open it; it goes to `new` by a rename, and, unlike
mail, without being forced to the disk: it can be made again.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from newsletter.delivery.outcome import Outcome, State
from newsletter.delivery.transports import Parcel, Report
from newsletter.errors import TransportStopped


class Outbox:
    """The transport `outbox`, into one folder."""

    name = "outbox"

    def __init__(self, folder: Path, *, lines: int = 2, batch: int = 100) -> None:
        self._folder = folder
        self.lines = lines
        self.batch = batch

    def clear(self) -> None:
        """Take the last rehearsal away: the folder is empty afterwards, or as it was before.

        Raises `TransportStopped` for a folder that is not an outbox, or cannot be written.
        """
        try:
            _refuse_other_things(self._folder)
            old = self._folder.with_name(f".{self._folder.name}.old")
            # Of a process that was killed just here, whether or not it left the other.
            shutil.rmtree(old, ignore_errors=True)
            if self._folder.exists():
                self._folder.rename(old)
                shutil.rmtree(old)
            _make(self._folder)
        except OSError as error:
            raise _cannot_write(self._folder, error) from None

    def connect(self) -> OutboxLine:
        try:
            _make(self._folder)
        except OSError as error:
            raise _cannot_write(self._folder, error) from None
        return OutboxLine(self._folder)


class OutboxLine:
    """Writes one message after another."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._tmp = str(folder / "tmp")
        self._new = str(folder / "new")

    def deliver(self, parcels: Sequence[Parcel], report: Report) -> None:
        for parcel in parcels:
            if report.stopping():
                return
            message = parcel.skeleton.message(parcel.person)
            try:  # Never "handed over": whoever writes it again replaces the same file.
                self._write(f"{parcel.person.code}.eml", message)
            except OSError as error:
                raise _cannot_write(self._folder, error) from None
            report(Outcome(parcel.person.id, State.ACCEPTED))

    def close(self) -> None:
        """Nothing is open between two messages."""

    def _write(self, name: str, message: bytes) -> None:
        unfinished = os.path.join(self._tmp, name)  # noqa: PTH118 - three times as fast as Path
        file = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            written = os.write(file, message)
            while written < len(message):
                written += os.write(file, message[written:])
        finally:
            os.close(file)
        os.rename(unfinished, os.path.join(self._new, name))  # noqa: PTH104, PTH118


def _make(folder: Path) -> None:
    for name in ("tmp", "new", "cur"):
        (folder / name).mkdir(mode=0o700, parents=True, exist_ok=True)


def _refuse_other_things(folder: Path) -> None:
    """A folder that holds more than a Maildir was not written by us, and is not ours to take away."""
    if folder.exists() and {each.name for each in folder.iterdir()} - {"tmp", "new", "cur"}:
        raise TransportStopped(
            f"{folder} holds other things than a rehearsal, and would be emptied",
            "Move them elsewhere, or give the draft another id.",
        )


def _cannot_write(folder: Path, error: OSError) -> TransportStopped:
    return TransportStopped(f"{folder} cannot be written: {error.strerror}", "Is there room, and is it yours?")
