"""At a real terminal: the number that must be typed, and Ctrl-C."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from select import select

from tests.cli.command import clean_environment, finish, spawn
from tests.cli.relay import Relay
from tests.cli.small import AMP, DRAFT, EVERYBODY, ISSUE, JANE, Small, part


@contextmanager
def at_a_terminal(
    *arguments: str, cwd: Path, env: Mapping[str, str] | None = None
) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """A command whose stdin and stderr are a terminal; what a person types is written to the number given."""
    keyboard, terminal = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "newsletter", *arguments],
        cwd=cwd,
        env=clean_environment({"TERM": "xterm", **(env or {})}),
        stdin=terminal,
        stdout=subprocess.PIPE,
        stderr=terminal,
        start_new_session=True,
    )
    os.close(terminal)
    try:
        yield process, keyboard
    finally:
        os.close(keyboard)
        process.kill()
        process.communicate()


def type_at_prompt(keyboard: int, *answers: str, asked: bytes = b"Type the number") -> str:
    """Answer each question once the first stands on the screen; everything the screen showed to the end."""
    screen = read_until(keyboard, asked)
    for answer in answers:
        os.write(keyboard, f"{answer}\n".encode())
    return (screen + read_until(keyboard, None)).decode()


def read_until(keyboard: int, wanted: bytes | None) -> bytes:
    screen = b""
    until = time.monotonic() + 60
    while wanted is None or wanted not in screen:
        assert select([keyboard], [], [], max(until - time.monotonic(), 0))[0], screen
        try:
            read = os.read(keyboard, 4096)
        except OSError:  # The other end is closed: the process has ended.
            break
        if not read:
            break
        screen += read
    return screen


def test_a_real_send_by_hand_asks_for_the_number_of_recipients(small: Small, relay: Relay) -> None:
    """The plan stands on stdout, the question on the terminal; the right number sends."""
    with at_a_terminal("send", DRAFT, cwd=small.root) as (process, keyboard):
        screen = type_at_prompt(keyboard, "5")
        assert process.wait(timeout=30) == 0, screen
        assert process.stdout is not None
        assert b"to send: 5" in process.stdout.read()
    assert "Type the number of recipients to send to all 5 of them" in screen
    assert relay.addresses == Counter(EVERYBODY)


def test_a_wrong_number_sends_nothing(small: Small, relay: Relay) -> None:
    """Exit 1, and nothing is frozen."""
    with at_a_terminal("send", DRAFT, cwd=small.root) as (process, keyboard):
        screen = type_at_prompt(keyboard, "4")
        assert process.wait(timeout=30) == 1
    assert "that is not the number; nothing was sent" in screen
    assert relay.taken == []
    assert small.good("status", "--json").json == []


def test_a_list_that_moved_too_far_is_asked_about_first(small: Small, relay: Relay) -> None:
    """With what changed in it; the number of those who moved uses it, and then the recipients are asked for."""
    assert small.send().code == 0
    small.change(f"drafts/{DRAFT}.md", f"id: {ISSUE}", "id: next")
    small.change(f"drafts/{DRAFT}.md", "it was long", "it was short")
    small.change("lists/members.csv", JANE, "new@example.net")
    for answers, code in ((("3",), 1), (("2", "5"), 0)):
        with at_a_terminal("send", DRAFT, cwd=small.root) as (process, keyboard):
            screen = type_at_prompt(keyboard, *answers, asked=b"Type how many people moved")
            assert process.wait(timeout=30) == code, screen
        assert f"lists/members.csv since {ISSUE}: 1 new (n…@example.net), 1 gone (j…@example.net)" in screen
    assert relay.addresses["new@example.net"] == 1


def test_erasing_somebody_asks_for_their_address(small: Small) -> None:
    """Another address erases nobody; theirs, however spelt, does."""
    for typed, code in ((AMP, 1), (JANE.upper(), 0)):
        with at_a_terminal("erase-person", JANE, cwd=small.root) as (process, keyboard):
            screen = type_at_prompt(keyboard, typed, asked=b"Type the address again")
            assert process.wait(timeout=30) == code, screen
        listed = (small.root / "lists/members.csv").read_text(encoding="utf-8")
        assert (JANE in listed) is (code == 1)


def test_ctrl_c_at_the_question_sends_nothing(small: Small, relay: Relay) -> None:
    """Exit 130, without a traceback."""
    with at_a_terminal("send", DRAFT, cwd=small.root) as (process, keyboard):
        read_until(keyboard, b"Type the number")
        process.send_signal(signal.SIGINT)
        screen = read_until(keyboard, None).decode()
        assert process.wait(timeout=30) == 130
    assert "Traceback" not in screen
    assert relay.taken == []


def test_ctrl_c_stops_cleanly_and_resume_reaches_the_rest_once(small: Small) -> None:
    """Exit 130 with the way to go on; after `resume` everybody has had it exactly once, and the writer too."""
    small.change("newsletter.yaml", "connections: 2", "connections: 1")
    with Relay(delay_s=0.3) as relay:
        small.use_relay(relay.port)
        with spawn("send", DRAFT, "--receipt", small.receipt(), cwd=small.root) as process:
            assert relay.first.wait(20)
            process.send_signal(signal.SIGINT)
            stopped = finish(process)
        assert stopped.code == 130
        assert f"newsletter resume {ISSUE}" in stopped.err
        assert "Traceback" not in stopped.err
        stands = small.good("status", ISSUE, "--json").json
        assert relay.own_copies == []
        assert stands["accepted"] == len(relay.addresses) < len(EVERYBODY)
        assert (stands["accepted"] + stands["pending"], stands["unknown"]) == (5, 0)
        relay.delay_s = 0.0
        assert small.run("resume", ISSUE).code == 0
    assert relay.addresses == Counter(EVERYBODY)
    assert {"on the agenda" in part(copy, "plain") for copy in relay.own_copies} == {True, False}
    assert len(relay.own_copies) == 2


def test_a_killed_send_is_finished_by_resume_without_doing_anyone_twice(small: Small) -> None:
    """After `kill -9` the numbers still add up; whoever was in flight is unknown, and is left to a person."""
    small.change("newsletter.yaml", "connections: 2", "connections: 1")
    with Relay(delay_s=0.3) as relay:
        small.use_relay(relay.port)
        with spawn("send", DRAFT, "--receipt", small.receipt(), cwd=small.root) as process:
            assert relay.first.wait(20)
            process.kill()
            finish(process)
        relay.delay_s = 0.0
        resumed = small.run("resume", ISSUE, "--json")
    stands = resumed.json
    assert stands["accepted"] + stands["unknown"] == stands["planned"] == 5
    assert resumed.code == (7 if stands["unknown"] else 0)
    assert stands["unknown"] <= 1
    assert max(relay.addresses.values()) == 1
    assert stands["accepted"] <= len(relay.addresses) <= 5


def test_progress_is_shown_on_a_terminal_alone(small: Small, relay: Relay) -> None:
    """A log file holds no bar: stderr of a send without terminal is words."""
    sent = small.send()
    assert "\x1b" not in sent.err + sent.text
    assert "━" not in sent.err
    assert relay.addresses[JANE] == 1
