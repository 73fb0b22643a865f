"""Joining: the form, the mail, the button; and that nobody learns from it who is known here."""

from __future__ import annotations

import csv
import re
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from tests.cli import small as small_workspace
from tests.cli.command import finish
from tests.cli.relay import Relay, free_port
from tests.cli.small import JANE, SIAN, TOM, Small, parsed, part
from tests.sendgrid_stand_in import KEY, StandIn
from tests.site.pages import ONE_CLICK, SITE, Answer, Site, online, served
from tests.site.test_site_leaving import LOUD, path_for
from tests.site.test_site_pages import RULES, SCHEMES, is_guarded

WORDING = "Yes: I would like Maya’s reports by e-mail, until I say “stop”."
FORM = "application/x-www-form-urlencoded"


def until(found: Callable[[], object], *, within_s: float = 20) -> None:
    end = time.monotonic() + within_s
    while not found():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.02)


def open_to_join(small: Small) -> None:
    """Give a workspace a form, and a segment of those who joined by it."""
    online(small)
    small.change("newsletter.yaml", "imprint:", f"subscribe: {{wording: '{WORDING}'}}\nimprint:")
    small.change("lists/segments.yaml", "lists: [members.csv,", "lists: [members.csv, web.csv,")


@dataclass(frozen=True, slots=True)
class Joining:
    """Pages that one can join by, and the mail server that their mails come to."""

    site: Site
    relay: Relay

    def ask(self, email: str, first_name: str = "", client: str = "192.0.2.1", **headers: str) -> Answer:
        """Send the form off."""
        body = "&".join(
            f"{name}={_quoted(value)}" for name, value in (("email", email), ("first_name", first_name))
        )
        given = {"Content-Type": FORM, "X-Forwarded-For": client, **headers}
        return self.site.ask("POST", "/subscribe", body.encode(), given)

    def mails(self, to: str) -> list[EmailMessage]:
        return [parsed(message) for address, message in self.relay.taken if address == to]

    def link(self, to: str) -> str:
        """The path of the link in the newest mail to somebody, once it has come."""
        until(lambda: self.mails(to))
        found = re.search(rf"^{SITE}(/subscribe/\S+/confirm)$", part(self.mails(to)[-1], "plain"), re.MULTILINE)
        assert found
        return found[1]

    def rows(self) -> list[dict[str, str]]:
        """Who stands in the list."""
        with (self.site.small.root / "lists/web.csv").open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    def row(self, email: str) -> list[dict[str, str]]:
        return [row for row in self.rows() if row["email"] == email]


def _quoted(value: str) -> str:
    return "".join(f"%{byte:02X}" for byte in value.encode())


@pytest.fixture(scope="module")
def joining(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Joining]:
    """One process for all tests of the file; each test joins with addresses of its own."""
    small = small_workspace.make(tmp_path_factory.mktemp("joining"))
    open_to_join(small)
    with Relay() as relay:
        small.use_relay(relay.port)
        with served(small) as site:
            yield Joining(site, relay)


def test_whoever_confirms_is_added_with_their_consent_and_gets_the_next_report(tmp_path: Path) -> None:
    """From the form to a real report in their mailbox: source, day and the very words are kept.

    Once the page says thank you the row is on the disk, whatever becomes of the process.
    """
    small = small_workspace.make(tmp_path)
    open_to_join(small)
    with Relay() as relay:
        small.use_relay(relay.port)
        with served(small) as site:
            new = Joining(site, relay)
            new.ask("zoe@example.org", "Zoë")
            link = new.link("zoe@example.org")
            page = site.get(link)
            assert (page.status, page.title) == (200, "Get the reports by mail?")
            assert "z…@example.org" in page.text
            assert new.rows() == []
            assert site.post(link).title == "Thank you"
            site.process.kill()
            assert finish(site.process).err.count("\n") == 1
        (row,) = new.rows()
        assert row.pop("consent_date") == time.strftime("%Y-%m-%d")
        assert row == {
            "email": "zoe@example.org",
            "first_name": "Zoë",
            "consent_source": "website form",
            "consent_wording": WORDING,
        }
        assert (small.root / "lists/web.csv").stat().st_mode & 0o077 == 0
        relay.taken.clear()
        sent = small.send()
        assert sent.code == 0, sent.err
        (report,) = (parsed(message) for to, message in relay.taken if to == "zoe@example.org")
        why = "You get this because you asked for my reports – by website form on"
        said = " ".join(part(report, "plain").split())
        assert why in said
        assert f"You can ask for your own copy at {SITE}/subscribe" in said
    assert "subscribe" in small.good("audit").text


def test_the_mail_asks_and_holds_nothing_that_a_stranger_typed(joining: Joining) -> None:
    """The name is not in it, so that the form cannot be used to write to people; the disclaimer is."""
    joining.ask("typed@example.org", "Buy Gold")
    joining.link("typed@example.org")
    (mail,) = joining.mails("typed@example.org")
    assert mail["Subject"] == "Please confirm: reports from Maya Hollins"
    assert "Gold" not in mail.as_string()
    said = " ".join(part(mail, "plain").split())
    assert "personal account" in said
    assert WORDING in said
    assert "If it was not you, do nothing" in said


def test_looking_at_the_link_joins_nobody_and_twice_is_once(joining: Joining) -> None:
    """Scanners open it; only the button acts."""
    joining.ask("careful@example.org")
    link = joining.link("careful@example.org")
    for method in ("GET", "HEAD", "GET"):
        is_guarded(joining.site.ask(method, link, headers={"Sec-Purpose": "prefetch"}))
    assert joining.row("careful@example.org") == []
    assert [joining.site.post(link).title for _ in range(2)] == ["Thank you"] * 2
    assert len(joining.row("careful@example.org")) == 1


def test_the_answer_is_the_same_whoever_asks(joining: Joining) -> None:
    """On a list, opted out, mailed a minute ago or never heard of: the same page but for the address typed."""
    small = joining.site.small
    small.good("suppress", "add", TOM)
    joining.site.post(path_for(small, SIAN), ONE_CLICK)
    answers = [
        joining.ask(who)
        for who in (JANE, SIAN, TOM, "stranger@example.org", "stranger@example.org", JANE, JANE)
    ]
    assert {answer.status for answer in answers} == {200}
    pages = {re.sub(r"<strong>.*?</strong>", "", answer.text) for answer in answers}
    assert len(pages) == 1
    for who in (JANE, SIAN, TOM):
        joining.link(who)


def test_whoever_left_comes_back_by_confirming_and_the_record_says_so(joining: Joining) -> None:
    """All that kept the mail from them is lifted, with its reason, and nothing is forgotten."""
    small, who = joining.site.small, "back@example.org"
    small.good("suppress", "add", who, "--reason", "asked by phone")
    joining.site.post(path_for(small, who), ONE_CLICK)
    time.sleep(1.1)  # A link says when it was asked for, to the second.
    joining.ask(who)
    joining.site.post(joining.link(who))
    assert who not in joining.site.left()
    history = small.good("explain", who, "--json").json["suppressions"]
    assert [each["reason"] for each in history] == ["asked by phone", "unsubscribed"]
    assert {each["lifted_why"] for each in history} == {
        "asked on the web page to come back, and confirmed it by mail"
    }


def test_a_link_from_before_they_left_is_void(joining: Joining) -> None:
    """Whoever finds the old mail cannot bring them back."""
    who = "gone@example.org"
    joining.ask(who)
    link = joining.link(who)
    joining.site.post(link)
    joining.site.post(path_for(joining.site.small, who), ONE_CLICK)
    again = joining.site.post(link)
    assert (again.status, again.title) == (410, "This link does not hold any more")
    assert who in joining.site.left()


def test_a_link_that_is_not_ours_says_nothing(joining: Joining) -> None:
    """Cut off, altered or made up: not there, and nobody joins."""
    joining.ask("real@example.org")
    link = joining.link("real@example.org")
    broken = [link.replace("/confirm", "x/confirm"), link[:30] + "/confirm", "/subscribe/x/confirm"]
    for path in broken:
        for answer in (joining.site.get(path), joining.site.post(path)):
            assert (answer.status, answer.title) == (404, "This link does not hold any more")
    assert joining.row("real@example.org") == []


def test_nobody_can_be_showered_with_mails(joining: Joining) -> None:
    """Whoever asks, from wherever, in whatever spelling of one mailbox: two mails, and the same answer."""
    spellings = ["v.ictim@example.org", "Victim@Example.org", "victim+1@example.org", "victim@example.org"]
    for number in range(3):
        for who in spellings:
            assert joining.ask(who, client=f"198.51.100.{number}").status == 200
    joining.ask("last@example.org")
    joining.link("last@example.org")
    assert sum(len(joining.mails(who)) for who in [*spellings, "Victim@example.org"]) == 2


def test_a_client_that_asks_for_many_has_to_wait(joining: Joining) -> None:
    """Thirty from one connection are a whole meeting's; the next is refused in words."""
    answers = [joining.ask(f"crowd{number}@example.org", client="203.0.113.5") for number in range(31)]
    assert [answer.status for answer in answers] == [200] * 30 + [429]
    assert int(answers[-1].headers["retry-after"]) > 60
    assert joining.ask("other@example.org", client="203.0.113.6").status == 200


def test_another_sites_page_cannot_ask_for_its_visitors(joining: Joining) -> None:
    """A browser says where a form comes from."""
    assert joining.ask("visitor@example.org", **{"Sec-Fetch-Site": "cross-site"}).status == 403
    assert joining.ask("visitor@example.org", **{"Sec-Fetch-Site": "same-origin"}).status == 200


WRONG = {
    "nothing": ("", "", "there is no address"),
    "no address": ("jo.example.org", "", "it has no @"),
    "two addresses": ("a@example.org, b@example.org", "", "more than one address"),
    "a header": ("a@example.org\r\nBcc: b@example.org", "", "a line break"),
    "a formula": ("=1+1@example.org", "", "can only be added by hand"),
    "a web address": ("a@example.org", "Visit https://spam.example", "A name has letters in it"),
    "markup": ("a@example.org", "<script>alert(1)</script>", "A name has letters in it"),
    "a formula as a name": ("a@example.org", "-Jo", "begins with a sign"),
    "a novel": ("a@example.org", "x" * 61, "too long"),
}


def test_a_form_that_is_not_utf8_is_told(joining: Joining) -> None:
    """Raw or in percent signs: nobody is written to at an address that nobody typed."""
    for body in (b"email=s\xeeb@example.org", b"email=s%EEb@example.org"):
        answer = joining.site.ask("POST", "/subscribe", body, {"Content-Type": FORM})
        assert answer.status == 422
        assert "did not arrive whole" in answer.text


@pytest.mark.parametrize("wrong", WRONG)
def test_what_is_filled_in_wrong_is_told_beside_what_was_typed(joining: Joining, wrong: str) -> None:
    """In words, with the fields as they were, and nothing is sent."""
    email, name, said = WRONG[wrong]
    answer = joining.ask(email, name)
    assert answer.status == 422
    assert said in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert "<script>" not in answer.text
    joining.ask("right@example.org", client="192.0.2.78")
    joining.link("right@example.org")
    assert joining.mails("a@example.org") == []


@pytest.mark.parametrize("name", ["Siân", "O'Brien", "Mary-Jane", "J. R.", "Zoë", "李雷", "नमिता", "D’Arcy"])
def test_a_persons_name_is_taken(joining: Joining, name: str) -> None:
    """Of any script."""
    answer = joining.ask(f"n{len(name)}{ord(name[0])}@example.org", name, client="192.0.2.77")
    assert answer.status == 200


@pytest.mark.parametrize(("scheme", "width"), SCHEMES)
def test_a_reader_joins_in_a_browser(
    joining: Joining, browser: Browser, scheme: Literal["light", "dark"], width: int
) -> None:
    """The form, a mistake, the answer and the button, each found by its label; axe-core finds nothing."""
    who = f"browser.{scheme}@example.org"
    context = browser.new_context(
        bypass_csp=True, color_scheme=scheme, viewport={"width": width, "height": 800}
    )
    page = context.new_page()

    def is_good() -> None:
        found = Axe().run(page, options={"runOnly": RULES})
        assert found.violations_count == 0, found.generate_report()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")

    page.goto(f"{joining.site.base}/subscribe")
    is_good()
    page.get_by_label("Your e-mail address").fill("browser")
    page.get_by_role("button").click()
    assert "it has no @" in (page.get_by_role("alert").text_content() or "")
    is_good()
    page.get_by_label("Your e-mail address").fill(who)
    page.get_by_label("Your first name").fill("Bo")
    page.get_by_role("button").click()
    assert page.get_by_role("heading", level=1).text_content() == "Look into your mailbox"
    is_good()
    page.goto(joining.site.base + joining.link(who))
    is_good()
    page.get_by_role("button").click()
    assert page.get_by_role("heading", level=1).text_content() == "Thank you"
    is_good()
    page.goto(f"{joining.site.base}/subscribe/x/confirm")
    is_good()
    context.close()
    assert joining.row(who)[0]["first_name"] == "Bo"


def test_the_form_works_without_scripts_and_complains_of_nothing(joining: Joining, browser: Browser) -> None:
    """Under the page's own policy."""
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.goto(f"{joining.site.base}/subscribe")
    page.get_by_label("Your e-mail address").fill("plain@example.org")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Look into your mailbox").wait_for()
    page.goto(joining.site.base + joining.link("plain@example.org"))
    page.get_by_role("button").click()
    context.close()
    assert complaints == []
    assert len(joining.row("plain@example.org")) == 1


def test_whoever_was_erased_stays_out_and_may_come_back_by_themselves(joining: Joining) -> None:
    """Their old link names nobody any more; by the form and the button they are written down anew."""
    small, who = joining.site.small, "erased@example.org"
    joining.ask(who)
    joining.site.post(joining.link(who))
    own = path_for(small, who)
    assert "e…@example.org" in joining.site.get(own).text
    small.good("erase-person", who, "--yes")
    assert joining.row(who) == []
    assert (joining.site.get(own).title, "e…@" in joining.site.get(own).text) == (
        "Nothing is sent any more",
        False,
    )
    time.sleep(1.1)  # A link says when it was asked for, to the second.
    joining.relay.taken.clear()
    joining.ask(who)
    joining.site.post(joining.link(who))
    assert len(joining.row(who)) == 1
    assert joining.site.get(own).title == "Stop getting these reports?"


def test_two_processes_add_everybody(joining: Joining) -> None:
    """Both write one list at a time."""
    crowd = [f"both{number}@example.org" for number in range(6)]
    for number, who in enumerate(crowd):
        joining.ask(who, client=f"192.0.2.{100 + number}")
    links = [joining.link(who) for who in crowd]
    with served(joining.site.small) as second:
        for number, link in enumerate(links):
            (second if number % 2 else joining.site).post(link)
    assert all(len(joining.row(who)) == 1 for who in crowd)


def test_a_list_that_cannot_be_written_is_no_loss_and_keeps_nobody_from_leaving(joining: Joining) -> None:
    """The page asks for another try, the list stays as it was, and the same link works when it is mended."""
    small, who = joining.site.small, "later@example.org"
    joining.ask(who)
    link = joining.link(who)
    good = (small.root / "lists/web.csv").read_bytes()
    small.write("lists/web.csv", "email\nbroken\n")
    refused = joining.site.post(link)
    assert (refused.status, refused.title) == (503, "Not just now")
    assert (small.root / "lists/web.csv").read_text() == "email\nbroken\n"
    assert joining.site.post(path_for(small, JANE)).status == 200
    small.write("lists/web.csv", good)
    assert joining.site.post(link).title == "Thank you"
    assert len(joining.row(who)) == 1


@pytest.fixture
def small(tmp_path: Path) -> Small:
    made = small_workspace.make(tmp_path)
    open_to_join(made)
    return made


def test_without_the_settings_there_is_no_form_and_no_mail_leads_here(small: Small) -> None:
    """Off by default; the pages work all the same, and it is said that nobody is led to them."""
    small.change("newsletter.yaml", f"subscribe: {{wording: '{WORDING}'}}\n", "")
    small.change("newsletter.yaml", f"site_url: {SITE}\n", "")
    with served(small) as site:
        for path in ("/subscribe", "/subscribe/x/confirm"):
            assert (site.get(path).status, site.post(path).status) == (404, 404)
        test_page = site.get("/u/test")
        assert (test_page.status, "/subscribe" in test_page.text) == (200, False)
        assert "no site_url" in site.end().err


@pytest.mark.parametrize(
    ("old", "new", "code", "said"),
    [
        ("site_url: https://reports.example.org\n", "", 4, "subscribe needs site_url"),
        (WORDING, "", 4, "subscribe.wording"),
        ("{wording", "{list: ../../x.csv, wording", 4, "the name of a file in lists/"),
        ("smtp:", "transport: sendgrid\nsmtp:", 4, "SENDGRID_API_KEY"),
    ],
)
def test_settings_by_which_nobody_could_join_are_told(
    small: Small, old: str, new: str, code: int, said: str
) -> None:
    """Before anything is served."""
    small.change("newsletter.yaml", old, new)
    result = small.run("serve", "--port", "0")
    assert (result.code, said in result.err) == (code, True), result.err


def test_a_list_that_nobody_can_join_is_told_and_the_pages_open(small: Small) -> None:
    """People must be able to leave all the same."""
    small.write("lists/web.csv", "email\n")
    with served(small) as site:
        assert site.get("/u/test").status == 200
        assert "nobody can join: lists/web.csv: the list has no column" in site.end().err


def test_by_the_outbox_the_mail_is_a_file(small: Small) -> None:
    """For trying it out; it is said that nobody gets it, and that no segment has the list."""
    small.change("lists/segments.yaml", ", web.csv,", ",")
    with served(small) as site:
        site.ask("POST", "/subscribe", b"email=try@example.org", {"Content-Type": FORM})
        folder = small.root / "outbox/confirmations/new"
        until(lambda: folder.is_dir() and list(folder.iterdir()))
        said = site.end().err
    (mail,) = (parsed(path.read_bytes()) for path in folder.iterdir())
    assert mail["To"] == "try@example.org"
    assert "names web.csv: whoever joins gets no mail" in said
    assert "reach nobody" in said


def test_by_sendgrid_the_mail_leaves_without_the_unsubscribe_group(small: Small) -> None:
    """Whoever left by the group must be able to come back."""
    small.change("newsletter.yaml", "smtp:", "transport: sendgrid\nsendgrid: {unsubscribe_group: 7}\nsmtp:")
    with StandIn() as sendgrid:
        small.env.update(SENDGRID_API_KEY=KEY, SENDGRID_API_HOST=sendgrid.url)
        with served(small) as site:
            site.ask("POST", "/subscribe", b"email=grid@example.org", {"Content-Type": FORM})
            until(lambda: sendgrid.addresses)
    (accepted,) = sendgrid.account.accepted
    assert accepted.address == "grid@example.org"
    assert "asm" not in accepted.body
    assert "Please confirm" in sendgrid.mail_to("grid@example.org")["Subject"]


def test_a_mail_server_that_is_away_is_tried_again_and_never_told_of(small: Small) -> None:
    """The answer does not wait for it; what is written down names nobody."""
    with socket.create_server(("127.0.0.1", 0)) as away:
        away.settimeout(20)
        small.use_relay(away.getsockname()[1])
        with served(small) as site:
            answer = site.ask("POST", "/subscribe", b"email=quince@example.org", {"Content-Type": FORM})
            assert answer.title == "Look into your mailbox"
            away.accept()[0].close()
            away.close()
            ended = site.end()
    assert "a confirmation was not sent, and will be again" in ended.err
    assert ended.err.count("ended with confirmations that the next will send: 1") == 1
    assert "quince" not in ended.err


def test_a_mail_that_had_not_left_outlives_the_process(small: Small) -> None:
    """Killed while the mail server is away: the next process sends it, once, and the link in it works."""
    port = free_port()
    small.use_relay(port)
    with served(small) as site:
        body = b"email=quince@example.org&first_name=Zebulon"
        assert site.ask("POST", "/subscribe", body, {"Content-Type": FORM}).title == "Look into your mailbox"
        site.process.kill()
        site.process.wait()
    (kept,) = (small.root / ".newsletter/confirmations").iterdir()
    assert b"quince" not in kept.read_bytes()
    assert kept.stat().st_mode & 0o777 == 0o600
    assert small.good("export-person", "quince@example.org").json["asked_to_confirm"] == 1
    with Relay(port=port) as relay, served(small) as site:
        link = Joining(site, relay).link("quince@example.org")
        assert site.post(link).title == "Thank you"
        until(lambda: not kept.exists())
    with Relay(port=port) as relay, served(small) as site:
        site.get("/subscribe")
        assert relay.taken == []


def test_whoever_is_erased_is_asked_nothing_more(small: Small) -> None:
    """A mail that has not left is held of them too."""
    small.use_relay(free_port())
    with served(small) as site:
        site.ask("POST", "/subscribe", b"email=quince@example.org", {"Content-Type": FORM})
    told = small.good("erase-person", "quince@example.org", "--yes").err
    assert "a mail that asks them to confirm that they want to join does not leave any more" in told
    assert list((small.root / ".newsletter/confirmations").iterdir()) == []


def test_a_mail_that_cannot_be_kept_is_promised_to_nobody(small: Small) -> None:
    """The page says that it is not possible now."""
    small.use_relay(free_port())
    small.write(".newsletter/confirmations", "in the way")
    with served(small) as site:
        answer = site.ask("POST", "/subscribe", b"email=quince@example.org", {"Content-Type": FORM})
        assert (answer.status, answer.title) == (503, "Not just now")
        assert "a confirmation cannot be kept" in site.end().err


def test_the_loudest_process_names_nobody(small: Small) -> None:
    """With every logger heard: no address, no name, no link, of whoever joins, leaves or knocks."""
    small.env.update(PYTHONPATH=LOUD, PYTHONDEVMODE="1", PYTHONWARNINGS="default")
    with Relay() as relay:
        small.use_relay(relay.port)
        with served(small) as site:
            new = Joining(site, relay)
            new.ask("quince@example.org", "Zebulon")
            links = [new.link("quince@example.org"), path_for(small, TOM), "/u/forged.token"]
            for link in links:
                site.get(link)
                site.post(link, ONE_CLICK)
            new.ask("quince@example.org quince")
            said = site.end().err
    assert "every logger is heard" in said
    assert len(new.row("quince@example.org")) == 1
    private = ["quince", "zebulon", "o'brien", "tom.", "forged", *(link.split("/")[2] for link in links)]
    assert [each for each in private if each.lower() in said.lower()] == []
