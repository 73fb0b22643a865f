"""What every crash test starts from."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache

import pytest

from tests.crash import ways
from tests.crash.stage import Stages


@pytest.fixture(scope="module")
def stages_of(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Stages]]:
    """The stages of a way out by its name, with its other side running to the end of the tests."""
    with ExitStack() as stack:

        @cache
        def made(name: str) -> Stages:
            return Stages(stack.enter_context(ways.opened(name)), tmp_path_factory.mktemp("stages"))

        yield made
