"""Each theme of the example workspace in turn."""

from __future__ import annotations

import pytest

from tests.render.samples import THEMES


@pytest.fixture(params=THEMES)
def theme(request: pytest.FixtureRequest) -> str:
    """The name of a theme."""
    name: str = request.param
    return name
