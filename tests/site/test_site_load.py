"""200 requests a second, bounded, while a real sending runs: nothing fails, and nobody is taken for another."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from statistics import quantiles

from tests.cli import small as small_workspace
from tests.cli.command import finish, spawn
from tests.cli.small import DRAFT, ISSUE, MEMBERS_CSV, Small
from tests.delivery.smtp_servers import smtp_sink
from tests.site.pages import Site, online, served
from tests.site.test_site_leaving import path_for

PER_SECOND, REQUESTS, HANDS = 200, 1_000, 24
CROWD = tuple(f"member{number}@example.org" for number in range(400))
SENT_PER_SECOND = 40
"""So that the sending takes longer than the load."""

ONE_CLICK = (b"List-Unsubscribe=One-Click", {"Content-Type": "application/x-www-form-urlencoded"})


@dataclass(frozen=True, slots=True)
class Step:
    """One request, when it is due, and what it is answered."""

    at_s: float
    method: str
    path: str
    expected: int
    reader: str


def steps(paths: dict[str, str], leaving: tuple[str, ...]) -> Iterator[Step]:
    """Looks at everybody's page, published files, links that are none, and the clicks of those who leave."""
    leavers, people = iter(leaving), list(paths.values())
    for number in range(REQUESTS):
        at_s, reader = number / PER_SECOND, f"198.51.100.{number % 200}"
        path = people[number % len(people)]
        match number % 20:
            case 0:
                yield Step(at_s, "POST", paths[next(leavers)], 200, reader)
            case 1 | 2:
                yield Step(at_s, "HEAD", path, 200, reader)
            case 3 | 4 | 5:
                yield Step(at_s, "GET", "/issues/nov/", 200, reader)
            case 6:
                yield Step(at_s, "GET", f"{path}x", 404, reader)
            case _:
                yield Step(at_s, "GET", path, 200, reader)


def under_load(site: Site, planned: list[Step]) -> tuple[Counter[str], list[float]]:
    """Do every step at its time, by as many connections as there are hands; what went wrong, and each time.

    A step that is late is begun at once, and its time counts from when it was due.
    """
    wrong: Counter[str] = Counter()
    began = time.monotonic() + 0.2

    def hand(first: int) -> list[float]:
        took: list[float] = []
        connection = HTTPConnection(*site.listens_at, timeout=30)
        for step in planned[first::HANDS]:
            time.sleep(max(0.0, began + step.at_s - time.monotonic()))
            body, headers = ONE_CLICK if step.method == "POST" else (None, {})
            connection.request(step.method, step.path, body, headers | {"X-Forwarded-For": step.reader})
            answer = connection.getresponse()
            answer.read()
            took.append(time.monotonic() - began - step.at_s)
            if answer.status != step.expected:
                wrong[f"{step.method}: {answer.status} instead of {step.expected}"] += 1
        connection.close()
        return took

    with ThreadPoolExecutor(HANDS) as hands:
        return wrong, [each for took in hands.map(hand, range(HANDS)) for each in took]


def until_frozen(small: Small) -> None:
    """Until the sending has begun: whoever leaves before it is planned would not be in it at all."""
    end = time.monotonic() + 30
    while ISSUE not in small.good("status").text:
        assert time.monotonic() < end
        time.sleep(0.1)


def crowded(root: Path, port: int) -> Small:
    small = small_workspace.make(root)
    online(small)
    rows = "".join(f"{address},Mo,,Anytown,website form,2024-01-05\n" for address in CROWD)
    small.write("lists/members.csv", MEMBERS_CSV + rows)
    small.write("site/issues/nov/index.html", f"<!doctype html><title>x</title>{'<p>word</p>' * 4_000}")
    small.change("newsletter.yaml", "per_second: 2000", f"per_second: {SENT_PER_SECOND}")
    small.use_relay(port)
    return small


def test_the_pages_stand_a_load_while_a_sending_runs(tmp_path: Path) -> None:
    """Every answer is the right one, every click counts, and the sending adds up without those who left."""
    with smtp_sink() as port:
        small = crowded(tmp_path, port)
        receipt = small.receipt()
        leaving = CROWD[-REQUESTS // 20 :]
        with served(small) as site:
            paths = {address: path_for(small, address) for address in CROWD}
            with spawn("send", DRAFT, "--receipt", receipt, cwd=small.root, env=small.env) as sending:
                until_frozen(small)
                wrong, took = under_load(site, list(steps(paths, leaving)))
                running = sending.poll() is None
                sent = finish(sending, within_s=60)
            left = site.left()
            ended = site.end()
    percentiles = quantiles(took, n=100)
    print(  # noqa: T201 - for whoever wants to know; no machine is fast enough to be asserted
        f"{len(took)} requests at {PER_SECOND}/s while a sending ran: "
        f"median {percentiles[49] * 1000:.1f} ms, 99 % {percentiles[98] * 1000:.0f} ms, "
        f"longest {max(took) * 1000:.0f} ms"
    )
    assert running, "the sending ended before the load did"
    assert wrong == {}
    assert len(took) == REQUESTS
    assert sorted(left) == sorted(leaving)
    assert "Traceback" not in ended.err
    assert sent.code == 0, sent.err
    stands = small.good("status", ISSUE, "--json").json
    assert stands["accepted"] + stands["suppressed"] == stands["planned"] == len(CROWD) + 5
    assert stands["suppressed"] > 0
