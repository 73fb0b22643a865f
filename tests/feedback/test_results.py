"""What became of the mail, as it is shown: in the terminal, as JSON, and on a page without a script."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from newsletter.delivery.clock import Clock
from newsletter.dispatch import open_ledger
from newsletter.preview import results
from newsletter.preview.desk import Choice, Desk
from newsletter.workspace import Workspace
from tests.cli.small import ISSUE, Small
from tests.delivery.parts import HandClock, new_run
from tests.feedback.told import BEGAN, COUNTS, PEOPLE, tell


@pytest.fixture
def clock() -> HandClock:
    return HandClock(BEGAN)


def test_status_says_what_was_told_and_when(small: Small, clock: HandClock) -> None:
    """One line for each thing that came about, with a bar for each stretch of the time since the send."""
    tell(small, clock)
    lines = small.good("status", ISSUE).text.splitlines()
    began = next(number for number, line in enumerate(lines) if line.startswith("what was told"))
    told = {line.split()[0]: line.split()[1:] for line in lines[began + 2 :]}
    assert told == {
        "delivered": ["15", "75.0", "%", "█····▂" + "·" * 18],
        "deferred": ["1", "5.0", "%", "█" + "·" * 23],
        "bounced": ["1", "5.0", "%", "······█" + "·" * 17],
        "blocked": ["1", "5.0", "%", "█" + "·" * 23],
        "complained": ["1", "5.0", "%", "·" * 12 + "█" + "·" * 11],
        "unsubscribed": ["1", "5.0", "%", "·" * 23 + "█"],
    }


def test_status_as_json_keeps_its_keys_and_adds_what_was_told(small: Small, clock: HandClock) -> None:
    """The six are as they were: a bounce is another axis."""
    tell(small, clock)
    shown = small.good("status", ISSUE, "--json").json
    assert (shown["accepted"], shown["rejected"], shown["planned"]) == (PEOPLE, 0, PEOPLE)
    over_time = shown["feedback"].pop("over_time")
    assert shown["feedback"] == COUNTS
    assert len(over_time) == 24
    assert {key: value for key, value in over_time[-1].items() if key != "until"} == COUNTS
    assert [each["delivered"] for each in over_time[:7]] == [12, 12, 12, 12, 12, 15, 15]


def test_where_nothing_was_told_nothing_is_shown(small: Small, clock: HandClock) -> None:
    """No row of zeros that looks like an answer."""
    with open_ledger(Workspace.open(small.root, {}), clock) as ledger:
        ledger.freeze(new_run(), [])
    assert "told" not in small.good("status", ISSUE).text
    feedback = small.good("status", ISSUE, "--json").json["feedback"]
    assert feedback == {**dict.fromkeys(COUNTS, 0), "over_time": []}


class Shown(HTMLParser):
    """A page: its tags with their attributes, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data.split()


def page(small: Small, clock: Clock, issue: str | None = None) -> str:
    draft = small.root / "drafts" / "report.md"
    desk = Desk(small.root, {}, Choice(draft), now=lambda _workspace: None, clock=clock)  # type: ignore[arg-type,return-value]
    return results.page(desk, issue)


def test_the_page_shows_each_fate_and_the_same_in_a_table(small: Small, clock: HandClock) -> None:
    """A plot has a name for those who do not see it, and the numbers stand below."""
    tell(small, clock)
    html = page(small, clock)
    shown = Shown(html)
    plots = [attributes["aria-label"] or "" for tag, attributes in shown.tags if tag == "svg"]
    assert [label.split(" by ")[0] for label in plots] == [
        f"{name}: {number}" for name, number in COUNTS.items() if number
    ]
    last = re.findall(r"<tr>(.*?)</tr>", html, re.DOTALL)[-1]
    assert re.findall(r'<td class="number">(\d+)</td>', last) == [str(number) for number in COUNTS.values()]


def test_the_page_needs_no_script_and_fetches_nothing_from_elsewhere(small: Small, clock: HandClock) -> None:
    """Its policy lets neither in, and no style stands in a tag."""
    tell(small, clock)
    shown = Shown(page(small, clock))
    assert not {"script", "img", "iframe", "style"} & {tag for tag, _ in shown.tags}
    assert not any("style" in attributes for _, attributes in shown.tags)
    assert not re.search("open rate|opens|clicks", " ".join(shown.text))


def test_the_page_leads_from_issue_to_issue(small: Small, clock: HandClock) -> None:
    """The newest first; one that is not there is no error, and nothing of it is repeated."""
    tell(small, clock, issue="nec-2026-09-15")
    clock.time += 1
    tell(small, clock)
    newest = page(small, clock)
    assert f"<h1>{ISSUE}</h1>" in newest
    assert "<h1>nec-2026-09-15</h1>" in page(small, clock, "nec-2026-09-15")
    assert page(small, clock, "<b>nothing</b>") == newest


def test_before_the_first_send_the_page_says_so(small: Small, clock: HandClock) -> None:
    """It is linked to from the preview, where everybody starts."""
    assert "Nothing was sent yet" in page(small, clock)


def test_explain_says_what_was_told_of_one_person(small: Small, clock: HandClock) -> None:
    """In the order of time, under the issue that it is about."""
    tell(small, clock)
    lines = small.good("explain", "reader15@members.example").text.splitlines()
    sent = next(number for number, line in enumerate(lines) if line.startswith(f"{ISSUE} (real"))
    assert [line.split()[0] for line in lines[sent + 1 :]] == ["delivered", "bounced"]
    (row,) = small.good("explain", "reader15@members.example", "--json").json["history"]
    assert [each["fate"] for each in row["told"]] == ["delivered", "bounced"]
