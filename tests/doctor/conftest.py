"""What the doctor's tests start from."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from newsletter.doctor import records
from tests.cli import small as small_workspace
from tests.cli.small import Small
from tests.doctor import stage as stages
from tests.doctor.mail import Signer
from tests.doctor.name_server import NameServer
from tests.doctor.stage import Stage


@pytest.fixture
def names() -> Iterator[NameServer]:
    """A name server that knows nothing of the domain yet."""
    records.forget()
    with NameServer() as server:
        yield server


@pytest.fixture
def stage(tmp_path: Path, names: NameServer) -> Stage:
    """A workspace that asks this name server."""
    return stages.make(tmp_path, names)


@pytest.fixture
def small(tmp_path: Path) -> Small:
    """A workspace with a draft and people."""
    return small_workspace.make(tmp_path)


@pytest.fixture(scope="session")
def signer() -> Signer:
    """A mail service that signs; its key takes a moment to make."""
    return Signer.new()
