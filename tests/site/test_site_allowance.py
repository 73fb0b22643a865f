"""How often one may ask: so many at once, then one at a time, each client its own, in bounds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.site.allowance import Allowance, client_name


class Hand:
    """Time turned by hand."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_burst_and_then_one_at_a_time() -> None:
    """Three at once; the fourth is told how long to wait, and is allowed then."""
    clock = Hand()
    allowance = Allowance(burst=3, every_s=10, clock=clock)
    assert [allowance.take("a") for _ in range(4)] == [0, 0, 0, 10]
    clock.now = 9.0
    assert allowance.take("a") == pytest.approx(1)
    clock.now = 10.0
    assert [allowance.take("a") for _ in range(2)] == [0, 10]
    assert allowance.take("b") == 0


@given(st.lists(st.floats(0, 30), max_size=60), st.integers(1, 5), st.floats(0.5, 20))
def test_nobody_gets_more_than_is_allowed(pauses: list[float], burst: int, every_s: float) -> None:
    """In any while of time: the burst, and one for each `every_s` of it."""
    clock = Hand()
    allowance = Allowance(burst=burst, every_s=every_s, clock=clock)
    taken: list[float] = []
    for pause in pauses:
        clock.now += pause
        if allowance.take("a") == 0:
            taken.append(clock.now)
    for first in range(len(taken)):
        for last in range(first, len(taken)):
            assert last - first + 1 <= burst + (taken[last] - taken[first]) / every_s + 1e-6


def test_what_is_remembered_is_bounded() -> None:
    """Whoever was silent longest is forgotten first."""
    allowance = Allowance(burst=1, every_s=100, clock=Hand(), most_known=3)
    for name in ("a", "b", "c", "d"):
        assert allowance.take(name) == 0
    assert [name for name in ("b", "c", "d") if allowance.take(name) == 0] == []
    assert allowance.take("a") == 0


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:0db8:0001:0002"),
        ("2001:db8:1:2:ffff::1", "2001:0db8:0001:0002"),
        ("", ""),
        ("x" * 5_000, "x" * 64),
    ],
)
def test_a_client_is_what_it_cannot_easily_change(host: str, name: str) -> None:
    """Of IPv6 the network, of which a client has all the addresses; whatever a proxy writes is cut."""
    assert client_name(host) == name
