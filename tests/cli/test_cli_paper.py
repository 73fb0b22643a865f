"""The print edition with a mail: linked or attached, with its size in the plan, the same by every way out."""

from __future__ import annotations

from email.message import EmailMessage
from pathlib import Path

import pytest

from tests.cli import small as small_workspace
from tests.cli.relay import Relay
from tests.cli.small import DISCLAIMER, DRAFT, EVERYBODY, ISSUE, SIAN, WRITER, Small, part
from tests.cli.test_cli_transports import sendgrid_workspace
from tests.sendgrid_stand_in import StandIn

NAME = f"{ISSUE}.pdf"
PAGE = f"https://reports.example.org/issues/{ISSUE}/"


@pytest.fixture
def small(tmp_path: Path) -> Small:
    """A workspace whose mails bring the print edition."""
    made = small_workspace.make(tmp_path)
    made.change("newsletter.yaml", "imprint:", "paper: attach\nimprint:")
    return made


def pdf_of(message: EmailMessage) -> bytes:
    """The one file of a message."""
    (file,) = message.iter_attachments()
    assert isinstance(file, EmailMessage)
    assert (file.get_content_type(), file.get_filename()) == ("application/pdf", NAME)
    content = file.get_payload(decode=True)
    assert isinstance(content, bytes)
    return content


def test_by_every_way_everybody_gets_the_very_same_file(small: Small) -> None:
    """It is the file that `render --format pdf` writes, and the rest of the mail is as ever."""
    wanted = small.good("render", DRAFT, "--format", "pdf").out
    small.good("send", DRAFT)
    ways = [small.outbox()]
    with Relay() as relay, StandIn(senders=[WRITER]) as sendgrid:
        small.use_relay(relay.port)
        assert small.send().code == 0
        ways.append(relay.mail())
        other = small_workspace.make(small.root.with_name("other"))
        other.change("newsletter.yaml", "imprint:", "paper: attach\nimprint:")
        assert sendgrid_workspace(other, sendgrid).send().code == 0
        ways.append({address: sendgrid.mail_to(address) for address in EVERYBODY})
    for messages in ways:
        assert set(EVERYBODY) <= messages.keys()
        for message in messages.values():
            assert pdf_of(message) == wanted
            assert DISCLAIMER in part(message, "plain")
            assert DISCLAIMER in part(message, "html")


def test_the_plan_says_what_it_weighs(small: Small) -> None:
    """The file, what it adds to each message, and to all of them."""
    size = len(small.good("render", DRAFT, "--format", "pdf").out)
    shown = small.good("plan", DRAFT).text
    assert f"print edition: attached, {NAME}, {round(size / 1000)} KB; " in shown
    assert small.good("plan", DRAFT, "--json").json["paper"] == {"way": "attach", "file": NAME, "bytes": size}


def test_another_print_edition_voids_the_receipt(small: Small) -> None:
    """What is attached is part of what was shown."""
    receipt = small.receipt()
    small.write(
        "templates/print/report.typ", "#set text(size: 12pt)\n#title()\n#for s in data.sections { s.anchor }"
    )
    refused = small.run("send", DRAFT, "--receipt", receipt, "--transport", "smtp")
    assert refused.code == 1
    assert "the print edition that is attached" in refused.err


def test_a_frozen_run_keeps_its_file(small: Small) -> None:
    """What was sent can be had again, whatever the draft says since then."""
    with Relay() as relay:
        small.use_relay(relay.port)
        assert small.send().code == 0
        sent = dict(relay.taken)[SIAN]
    small.change("drafts/report.md", "it was long", "it was short")
    again = small.good("render", "--sent", ISSUE, "--to", SIAN, "--format", "eml").out
    assert again == sent


def test_one_draft_can_decide_otherwise(small: Small) -> None:
    """`paper:` in the draft comes before that of the settings."""
    small.change("drafts/report.md", "segments:", "paper: none\nsegments:")
    small.good("send", DRAFT)
    assert not any(list(message.iter_attachments()) for message in small.outbox().values())
    assert "print edition" not in small.good("plan", DRAFT).text


def test_a_link_leads_to_the_published_file(small: Small) -> None:
    """Beside the link to the page, in both parts; the plan says whether it is there, and its size."""
    small.change("newsletter.yaml", "paper: attach", "publish: {url: https://reports.example.org}")
    before = small.run("plan", DRAFT, "--transport", "smtp").text
    assert f"print edition: linked, {NAME}, which is not published yet" in before
    assert (
        f"the mail leads to a page that is not published in site; run: newsletter publish {ISSUE} [W01]"
        in before
    )
    small.good("publish", DRAFT)
    size = round((small.root / f"site/issues/{ISSUE}/{NAME}").stat().st_size / 1000)
    after = small.run("plan", DRAFT, "--transport", "smtp").text
    assert f"print edition: linked, {NAME}, {size} KB" in after
    assert "W01" not in after
    small.good("send", DRAFT)
    message = small.outbox()[SIAN]
    assert f"Print edition (PDF): {PAGE}{NAME}" in " ".join(part(message, "plain").split())
    assert f'<a href="{PAGE}{NAME}"' in part(message, "html")


def test_a_page_that_says_something_else_is_noticed(small: Small) -> None:
    """Another text, or a print edition that was left out."""
    small.change("newsletter.yaml", "paper: attach", "paper: none\npublish: {url: https://reports.example.org}")
    small.good("publish", DRAFT)
    small.change("newsletter.yaml", "paper: none", "paper: link")
    assert "a print edition that is not published" in small.run("plan", DRAFT, "--transport", "smtp").text
    small.good("publish", DRAFT)
    small.change("drafts/report.md", "it was long", "it was short")
    assert "a page that says something else" in small.run("plan", DRAFT, "--transport", "smtp").text


def test_a_server_that_takes_no_large_mail_is_told_of_first(small: Small) -> None:
    """Its limit is compared with the whole message, the file included, before anything is handed over."""
    with Relay(most_bytes=50_000) as relay:
        small.use_relay(relay.port)
        done = small.send()
    assert done.code in {5, 6}
    assert relay.taken == []
    shown = small.good("status", ISSUE, "--list", "rejected").text
    assert "bytes, the server takes 50,000" in shown


def test_pages_published_elsewhere_are_looked_for_where_the_settings_say(small: Small) -> None:
    """Whoever publishes `--to` another folder is told so, and how the checks find the page there."""
    small.change("newsletter.yaml", "paper: attach", "publish: {url: https://reports.example.org}")
    said = " ".join(small.good("publish", DRAFT, "--to", "public").err.split())
    assert "checks look for the pages in site" in said
    assert "publish: {folder: public}" in said
    assert "not published in site" in small.run("plan", DRAFT, "--transport", "smtp").text
    small.change("newsletter.yaml", "publish: {url:", "publish: {folder: public, url:")
    assert "W01" not in small.run("plan", DRAFT, "--transport", "smtp").text
    assert "checks look" not in small.good("publish", DRAFT, "--to", "public").err
