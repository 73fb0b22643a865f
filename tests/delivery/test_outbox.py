"""The outbox as a folder: replaced as a whole, never somebody else's things, and told when it cannot be."""

from __future__ import annotations

import mailbox
from pathlib import Path

import pytest

from newsletter.delivery.transports.outbox import Outbox
from newsletter.errors import TransportStopped
from tests.delivery.parts import Collected, address_of, parcels


def rehearse(folder: Path, people: int) -> None:
    outbox = Outbox(folder)
    outbox.clear()
    outbox.connect().deliver(parcels(people), Collected())


def test_the_next_rehearsal_replaces_the_last(tmp_path: Path) -> None:
    """Nobody of the last is left behind."""
    rehearse(tmp_path / "outbox", 5)
    rehearse(tmp_path / "outbox", 2)
    assert len(list((tmp_path / "outbox" / "new").iterdir())) == 2
    assert [path.name for path in tmp_path.iterdir()] == ["outbox"]


def test_what_a_killed_process_was_taking_away_is_taken_away(tmp_path: Path) -> None:
    """It was killed before it made the new folder: the messages of the old one do not lie about."""
    rehearse(tmp_path / "outbox", 2)
    (tmp_path / "outbox").rename(tmp_path / ".outbox.old")
    rehearse(tmp_path / "outbox", 1)
    assert [path.name for path in tmp_path.iterdir()] == ["outbox"]


def test_it_is_a_maildir(tmp_path: Path) -> None:
    """Python's own reader finds every message in it."""
    rehearse(tmp_path / "outbox", 3)
    found = mailbox.Maildir(tmp_path / "outbox", create=False)
    assert sorted(str(message["To"]).rpartition("<")[2].rstrip(">") for message in found) == [
        address_of(number) for number in (1, 2, 3)
    ]


def test_a_folder_with_other_things_is_not_emptied(tmp_path: Path) -> None:
    """The run stops, and they are still there."""
    folder = tmp_path / "outbox"
    folder.mkdir()
    (folder / "minutes.txt").write_text("Mine.", encoding="utf-8")
    with pytest.raises(TransportStopped, match="holds other things"):
        Outbox(folder).clear()
    assert (folder / "minutes.txt").read_text(encoding="utf-8") == "Mine."


def test_a_place_that_cannot_be_written_stops_the_run(tmp_path: Path) -> None:
    """With the place and the reason."""
    (tmp_path / "outbox").write_text("a file", encoding="utf-8")
    with pytest.raises(TransportStopped, match="cannot be written"):
        Outbox(tmp_path / "outbox").connect()


def test_a_rehearsal_cut_short_goes_on_where_it_was(tmp_path: Path) -> None:
    """Writing somebody again replaces the same file."""
    outbox = Outbox(tmp_path / "outbox")
    for _ in range(2):
        outbox.connect().deliver(parcels(3), Collected())
    assert len(list((tmp_path / "outbox" / "new").iterdir())) == 3
