"""What tests of the preflight start from, beside what they build themselves."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli import small as small_workspace
from tests.cli.small import Small


@pytest.fixture
def small(tmp_path: Path) -> Small:
    """A fresh workspace of five people."""
    return small_workspace.make(tmp_path)
