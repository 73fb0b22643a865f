"""Whose row has been met: what a dict would say, in less memory."""

from __future__ import annotations

import tracemalloc

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from newsletter.audience import met
from newsletter.audience.met import Met

KEYS = st.text(st.sampled_from("ab@.1é"), min_size=1, max_size=4)


@pytest.fixture(params=[1, 3, met._SHELVES])
def shelves(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Few shelves, on which many keys stand side by side, and as many as there are."""
    monkeypatch.setattr(met, "_SHELVES", request.param)


@pytest.mark.usefixtures("shelves")
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(KEYS, st.integers(0, 2**34))), KEYS)
def test_it_says_what_a_dict_would(noted: list[tuple[str, int]], asked: str) -> None:
    """Also of keys that begin or end as others do, and of keys that look like another's number."""
    held, plain = Met(), dict[str, int]()
    for key, number in noted:
        assert held.note(key, number) == plain.get(key)
        plain.setdefault(key, number)
    assert held.get(asked) == plain.get(asked)
    assert [held.get(key) for key in plain] == list(plain.values())


def test_asking_keeps_nothing() -> None:
    """Who was asked about and not noted is still nobody."""
    held = Met()
    assert held.get("a@example.org") is None
    assert held.note("a@example.org", 7) is None
    assert held.note("a@example.org", 8) == 7


def test_it_takes_less_than_half_of_a_dict(monkeypatch: pytest.MonkeyPatch) -> None:
    """At four keys a shelf, as a million people have."""
    monkeypatch.setattr(met, "_SHELVES", 8_000)

    def held(table: Met | dict[str, int]) -> int:
        note = table.note if isinstance(table, Met) else table.setdefault
        before, _ = tracemalloc.get_traced_memory()
        for each in range(30_000):
            note(f"somebody.of.this.name{each}@mail{each % 400}.example", 2**33 + each)
        return tracemalloc.get_traced_memory()[0] - before

    tracemalloc.start()
    try:
        assert held(Met()) < held({}) / 2
    finally:
        tracemalloc.stop()
