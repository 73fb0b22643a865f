"""Who is alive, and what the dead left: by locks and a journal, not by process numbers."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from newsletter.delivery.outcome import State
from newsletter.delivery.processes import Mark, Process, Processes, machine

DIES = """
import os, signal, sys
from pathlib import Path
from newsletter.delivery.processes import Mark, Processes
process = Processes(Path(sys.argv[1])).start()
for person in range(1, 9):
    process.add(person)
for person, mark in enumerate([Mark.HANDED_OVER, Mark.ACCEPTED, Mark.DEFERRED, Mark.REJECTED, Mark.UNSENT], 2):
    process.mark(person, mark)
process.mark(8, Mark.ACCEPTED)
process.free(8)
print(process.name, flush=True)
sys.stdin.read(1)
os.kill(os.getpid(), signal.SIGKILL)
"""


def started(folder: Path) -> tuple[subprocess.Popen[str], str]:
    child = subprocess.Popen(
        [sys.executable, "-c", DIES, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    return child, child.stdout.readline().strip()


def killed(folder: Path) -> str:
    child, name = started(folder)
    child.communicate("x")
    assert child.returncode == -9
    return name


def test_a_process_is_alive_until_it_is_killed(tmp_path: Path) -> None:
    """The lock goes with the process, however it ends."""
    processes = Processes(tmp_path)
    child, name = started(tmp_path)
    assert processes.is_alive(name)
    child.communicate("x")
    assert not processes.is_alive(name)


def test_the_journal_outlives_kill_9(tmp_path: Path) -> None:
    """Each mark says what is known: the unreplied is unknown, the unbegun pending, the freed not there."""
    assert Processes(tmp_path).last_words(killed(tmp_path)) == {
        1: State.PENDING,
        2: State.UNKNOWN,
        3: State.ACCEPTED,
        4: State.DEFERRED,
        5: State.REJECTED,
        6: State.PENDING,
        7: State.PENDING,
    }


def test_the_journal_of_another_boot_is_not_believed(tmp_path: Path) -> None:
    """After a power cut the claims in the database are the truth."""
    name = killed(tmp_path)
    path = tmp_path / f"{name}.journal"
    data = bytearray(path.read_bytes())
    data[8:16] = b"00000000"
    path.write_bytes(data)
    assert Processes(tmp_path).last_words(name) is None


@pytest.mark.parametrize("data", [b"", b"short", b"x" * 4096])
def test_a_damaged_journal_is_not_believed(tmp_path: Path, data: bytes) -> None:
    """Cut off, or something else altogether."""
    name = killed(tmp_path)
    (tmp_path / f"{name}.journal").write_bytes(data)
    assert Processes(tmp_path).last_words(name) is None


def test_a_mark_nobody_knows_is_not_believed(tmp_path: Path) -> None:
    """A newer version may have written it."""
    name = killed(tmp_path)
    path = tmp_path / f"{name}.journal"
    data = bytearray(path.read_bytes())
    data[128] = 200
    path.write_bytes(data)
    assert Processes(tmp_path).last_words(name) is None


def test_a_process_of_another_machine_is_taken_to_be_alive(tmp_path: Path) -> None:
    """Its lock cannot be seen from here, and its claims are not ours to judge."""
    assert Processes(tmp_path).is_alive("0badcafe-0123456789ab")


def test_a_process_that_left_in_order_leaves_no_file(tmp_path: Path) -> None:
    """And is not alive any more."""
    processes = Processes(tmp_path)
    process = processes.start()
    assert processes.is_alive(process.name)
    process.close()
    assert not processes.is_alive(process.name)
    assert list(tmp_path.iterdir()) == []


def test_only_the_dead_nobody_waits_for_are_swept(tmp_path: Path) -> None:
    """Not the living, not those whose claims are still to be settled, not those of another machine."""
    processes = Processes(tmp_path)
    living = processes.start()
    orphan, awaited = killed(tmp_path), killed(tmp_path)
    (tmp_path / "0badcafe-0123456789ab.journal").touch()
    processes.sweep(lambda name: name == awaited)
    left = {path.stem for path in tmp_path.iterdir()}
    assert left == {living.name, awaited, "0badcafe-0123456789ab"}
    assert orphan not in left
    living.close()


def test_a_process_that_is_being_made_is_not_swept(tmp_path: Path) -> None:
    """Between the making of its file and its lock nobody else may look."""
    processes = Processes(tmp_path)
    with processes._alone():
        thread = threading.Thread(target=processes.sweep, args=(lambda _: False,), daemon=True)
        thread.start()
        unlocked = tmp_path / f"{machine()}-0123456789ab.journal"
        unlocked.touch()
        thread.join(0.2)
        assert unlocked.exists()
    thread.join(10)
    assert not unlocked.exists()


def test_a_stop_is_heard_at_once(tmp_path: Path) -> None:
    """One byte in the shared file, seen before the next message."""
    processes = Processes(tmp_path)
    process = processes.start()
    assert not process.asked_to_stop()
    Processes(tmp_path).ask_to_stop(process.name)
    assert process.asked_to_stop()
    process.close()


def test_the_file_is_private(tmp_path: Path) -> None:
    """Nobody else on the machine may read or stop it."""
    process = Processes(tmp_path / "processes").start()
    (path,) = (tmp_path / "processes").iterdir()
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    process.close()


def test_slots_are_used_again(tmp_path: Path) -> None:
    """A million people need no more journal than those in hand."""
    process = Process(tmp_path / "x.journal")
    room = process.room
    for person in range(3 * room):
        process.add(person)
        process.mark(person, Mark.ACCEPTED)
        process.free(person)
    assert process.room == room
    assert (tmp_path / "x.journal").stat().st_size < 1_000_000
    process.close()
