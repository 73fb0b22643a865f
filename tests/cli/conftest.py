"""What every test of the command line starts from."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli import small as small_workspace
from tests.cli.relay import Relay
from tests.cli.small import Small


@pytest.fixture
def small(tmp_path: Path) -> Small:
    """A fresh workspace of five people."""
    return small_workspace.make(tmp_path)


@pytest.fixture
def relay(small: Small) -> Iterator[Relay]:
    """A mail server, to which the workspace sends by SMTP."""
    with Relay() as server:
        small.use_relay(server.port)
        yield server
