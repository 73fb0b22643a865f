"""What the tests of the mailbox start from: a server, and a workspace whose people were sent to."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli import small as small_workspace
from tests.cli.small import Small
from tests.delivery.smtp_servers import certificate
from tests.feedback.dovecot import Dovecot, dovecot


@pytest.fixture(scope="session")
def server_certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for this machine, with its key."""
    folder = tmp_path_factory.mktemp("certificate")
    certificate(folder)
    return folder / "relay.pem"


@pytest.fixture
def mailbox(server_certificate: Path) -> Iterator[Dovecot]:
    """An empty mailbox."""
    with dovecot(server_certificate) as server:
        yield server


@pytest.fixture
def small(tmp_path: Path) -> Small:
    """A fresh workspace of five people."""
    return small_workspace.make(tmp_path)
