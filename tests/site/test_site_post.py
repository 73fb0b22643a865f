"""The mails to confirm by leave once each, are tried again where that is safe, and let go where it is not."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from newsletter.message.confirmation import Confirmation
from newsletter.model import Person
from newsletter.site.post import Post
from newsletter.site.waiting import Waiting
from newsletter.workspace import Workspace
from tests.cli import small as small_workspace
from tests.cli.relay import Relay, free_port
from tests.delivery.faulty_smtp import Fault, FaultySmtp
from tests.message.test_confirmation import confirmation
from tests.site.test_site_joining import until

JO, BO = Person(0, "quince@example.org", "a" * 16, ()), Person(0, "bo@example.org", "b" * 16, ())


@dataclass(frozen=True, slots=True)
class Box:
    """The post, and the folder of what waits."""

    post: Post
    waiting: Waiting
    folder: Path

    def send(self, person: Person, mail: Confirmation) -> None:
        self.post.send(person, mail, self.waiting.keep(person.code, "a-sealed-token"))

    def left(self) -> list[str]:
        """Whose mails wait, by their codes."""
        return sorted(path.name.partition(".")[0] for path in self.folder.iterdir())


@contextmanager
def post(root: Path, port: int, *again_after_s: float) -> Iterator[Box]:
    """The post of a workspace that sends by SMTP to this port."""
    small = small_workspace.make(root)
    small.use_relay(port)
    workspace = Workspace.open(small.root, {})
    opened = Post(workspace, again_after_s=again_after_s)
    try:
        yield Box(opened, Waiting(workspace.confirmations), workspace.confirmations)
    finally:
        opened.close()


def test_a_server_that_comes_back_gets_the_mail_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """What was never begun is tried again."""
    port = free_port()
    with post(tmp_path, port, 0.5, 30) as opened:
        opened.send(JO, confirmation())
        until(lambda: "will be again" in caplog.text)
        with Relay(port=port) as relay:
            until(lambda: relay.taken)
        assert [to for to, _ in relay.taken] == ["quince@example.org"]
    assert "quince" not in caplog.text


def test_a_refused_mail_is_let_go_and_keeps_nobody_waiting(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """One for good, one for now; the next leaves at once."""
    answers = {JO.address: f"550 5.1.1 no such user {JO.address}", "late@example.org": "450 4.2.0 not now"}
    with Relay(answers=answers) as relay, post(tmp_path, relay.port, 30) as opened:
        opened.send(JO, confirmation())
        opened.send(Person(0, "late@example.org", "c" * 16, ()), confirmation())
        opened.send(BO, confirmation())
        until(lambda: relay.taken)
        assert [to for to, _ in relay.taken] == ["bo@example.org"]
    said = [record.getMessage() for record in caplog.records]
    assert any("let go: 550 5.1.1" in each for each in said)
    assert any("will be again: 450 4.2.0" in each for each in said)
    assert "quince" not in caplog.text


def test_a_mail_that_may_have_arrived_is_not_sent_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The server hung up after the whole of it; its reader can ask for another."""
    with (
        FaultySmtp(Fault("END", take=True), on=0) as server,
        post(tmp_path, server.port, 0.1, 0.1) as opened,
    ):
        opened.send(JO, confirmation())
        until(lambda: "let go" in caplog.text)
        opened.send(BO, confirmation())
        until(lambda: len(server.taken) == 2)
    assert "will be again" not in caplog.text


def test_a_mail_that_cannot_be_written_ends_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A defect in one is told by its name, and the others leave."""
    with Relay() as relay, post(tmp_path, relay.port) as opened:
        opened.send(JO, None)  # type: ignore[arg-type]  # a defect
        opened.send(BO, confirmation())
        until(lambda: relay.taken)
    assert "a confirmation was not sent: AttributeError" in caplog.text


def test_what_waits_is_bounded(tmp_path: Path) -> None:
    """A server that is away for long fills nothing: whoever asks then is told to come again."""
    with post(tmp_path, free_port(), 1000) as opened:
        for _ in range(199):
            opened.send(JO, confirmation())
        assert not opened.post.is_full
        for _ in range(2):  # One may be in hand.
            opened.send(JO, confirmation())
        until(lambda: opened.post.is_full)


def test_what_has_left_or_is_let_go_is_kept_no_longer(tmp_path: Path) -> None:
    """What is to be tried again is, and whoever is erased meanwhile gets no mail."""
    answers = {"gone@example.org": "550 5.1.1 no", "late@example.org": "450 4.2.0 not now"}
    with Relay(answers=answers) as relay, post(tmp_path, relay.port, 0.5, 30) as opened:
        for number, to in enumerate(("gone@example.org", BO.address, "late@example.org")):
            opened.send(Person(0, to, "abc"[number] * 16, ()), confirmation())
        until(lambda: relay.taken and opened.left() == ["c" * 16])
        relay.answers = {}
        (opened.folder / next(opened.folder.iterdir()).name).unlink()
        opened.send(JO, confirmation())
        until(lambda: len(relay.taken) == 2 and not opened.left())
        time.sleep(0.7)
        assert [to for to, _ in relay.taken] == [BO.address, JO.address]


def test_what_one_process_has_in_hand_no_other_takes_up(tmp_path: Path) -> None:
    """Until it ends; then each is taken up by one."""
    one, other = Waiting(tmp_path), Waiting(tmp_path)
    kept = one.keep("a" * 16, "a-sealed-token")
    assert list(other.left_over()) == []
    os.close(kept.descriptor)
    (found,) = other.left_over()
    assert (found.code, found.token) == ("a" * 16, "a-sealed-token")
    assert list(one.left_over()) == []
    found.drop()
    assert list(tmp_path.iterdir()) == []


def test_what_was_half_written_when_its_process_ended_is_deleted(tmp_path: Path) -> None:
    """Nobody was told that it would come, and it must not be held for ever."""
    (tmp_path / f".{'a' * 16}.0123456789ab").write_text("a-sealed-to")
    assert list(Waiting(tmp_path).left_over()) == []
    assert list(tmp_path.iterdir()) == []
