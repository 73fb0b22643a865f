"""The page in a browser: every control, and what is in the frames afterwards."""

from __future__ import annotations

import time
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from tests.cli.small import DRAFT, ISSUE, JANE, SIAN, Small
from tests.preview.conftest import Seen, Served, start, stop, watched

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def test_the_page_asks_nothing_of_anybody_else(seen: Seen) -> None:
    """Whatever is clicked, each request goes to the preview itself, and nothing is complained of."""
    for name in ("inbox", "text", "people", "checks", "inside", "send", "mail"):
        seen.tab(name)
    for choice in ("dark", "inverted"):
        seen.page.click(f"label:has([name=look][value={choice}])")
    for choice in ("outlook", "gmail"):
        seen.page.click(f"label:has([name=client][value={choice}])")
    seen.page.wait_for_timeout(300)
    assert seen.asked
    assert {url for url in seen.asked if not url.startswith((seen.origin, "data:"))} == set()
    assert seen.complaints == []


def test_stepping_through_the_readers_shows_each_ones_copy(seen: Seen) -> None:
    """First, next, round and round; nobody shows the defaults again."""
    assert "Dear friend," in seen.mail()
    for step, name in (("first", "Siân"), ("next", "Tom"), ("next", "Siân"), ("previous", "Tom")):
        seen.page.click(f"[data-step={step}]")
        seen.until_in_mail(f"Dear {name},")
    assert "Tom O'Brien" in seen.text("#who")
    assert "t…@example.org" in seen.text("#who")
    seen.page.click("[data-step=nobody]")
    seen.until_in_mail("Dear friend,")


def test_the_longest_name_and_the_missing_one_are_a_click_away(seen: Seen) -> None:
    """Both are those of the edition that is looked at."""
    seen.small.change("lists/members.csv", '"""Doe, Jane"""', "")
    seen.page.select_option("#edition", "members")
    seen.until(lambda: "(1)" in seen.text("[data-step=nameless]"))
    seen.page.click("[data-step=longest]")
    seen.until_in_mail("Dear {{ first_name }},")
    assert seen.text("[data-step=nameless]") == "No first name (1)"
    seen.page.click("[data-step=nameless]")
    seen.until(lambda: "j…@example.net" in seen.text("#who"))
    seen.until_in_mail("Dear friend,")


def test_a_reader_is_found_by_name_with_the_keyboard_alone(seen: Seen) -> None:
    """Typing, arrow down, Enter: their copy, in their edition."""
    seen.page.focus("#find")
    seen.page.keyboard.type("a&b")
    seen.page.locator("#found button").first.wait_for()
    seen.page.keyboard.press("ArrowDown")
    seen.page.keyboard.press("Enter")
    seen.until_in_mail("Dear A&B <script>,")
    assert seen.page.input_value("#edition") == "members"


def test_an_edition_shows_only_what_is_for_it(seen: Seen) -> None:
    """The secretaries' part is in theirs, and in nobody else's copy."""
    agenda = "Please put this on the agenda"
    assert agenda in seen.mail()
    seen.page.select_option("#edition", "")
    seen.until(lambda: "Dear friend," in seen.mail() and agenda not in seen.mail())
    assert seen.page.is_disabled("[data-step=first]")


def test_what_differs_is_marked_and_can_be_gone_through(seen: Seen) -> None:
    """The part for secretaries is marked; a tick takes the marks away; the arrows lead to each."""
    marked = "[...there.querySelectorAll('[data-differs]')].map((each) => each.innerText)"
    assert any("Please put this on the agenda" in text for text in seen.frame(marked))
    assert int(seen.text("#differences")) == len(seen.frame(marked))
    assert seen.frame("there.documentElement.classList.contains('marking')")
    seen.page.click("#next-difference")
    seen.page.click("#previous-difference")
    seen.page.uncheck("#marking")
    assert not seen.frame("there.documentElement.classList.contains('marking')")
    assert seen.page.is_hidden("#next-difference")


@pytest.mark.parametrize(("width", "pixels"), [("phone", 375), ("tablet", 768), ("desktop", 960)])
def test_each_width_draws_the_mail_at_that_width(seen: Seen, width: str, pixels: int) -> None:
    """The frame is as wide as the screen it stands for, however small it is drawn."""
    seen.page.click(f"label:has([name=width][value={width}])")
    assert seen.until(lambda: seen.frame("there.documentElement.clientWidth", width)) == pixels


def test_all_widths_stand_side_by_side(seen: Seen) -> None:
    """Three frames, in one row, all with the mail in them."""
    seen.page.click("label:has([name=width][value=all])")
    for device in ("phone", "tablet", "desktop"):
        seen.until_in_mail("Dear friend,", device)
    tops = [box["y"] for each in seen.page.locator(".device").all() if (box := each.bounding_box())]
    assert len(set(tops)) == 1
    assert len(tops) == 3


def test_dark_is_the_mails_own_whatever_this_machine_prefers(seen: Seen) -> None:
    """A browser in light shows the mail's dark ground, and its light one again."""
    ground = "getComputedStyle(there.querySelector('.page')).backgroundColor"
    assert seen.frame(ground) == "rgb(255, 255, 255)"
    seen.page.click("label:has([name=look][value=dark])")
    seen.until(lambda: seen.frame(ground) == "rgb(31, 32, 35)")
    assert "own dark styles" in seen.text("#view-words")
    seen.page.click("label:has([name=look][value=light])")
    seen.until(lambda: seen.frame(ground) == "rgb(255, 255, 255)")


def test_light_stays_light_on_a_dark_machine(seen: Seen) -> None:
    """The mail's dark styles are shown when they are asked for, and not because of who looks."""
    seen.page.emulate_media(color_scheme="dark")
    seen.page.reload()
    seen.settle()
    assert seen.frame("getComputedStyle(there.querySelector('.page')).backgroundColor") == "rgb(255, 255, 255)"


def test_inversion_outlook_and_gmail_each_change_the_frame(seen: Seen) -> None:
    """A filter; Word's own tables; no comment and no dark style left."""
    seen.page.click("label:has([name=look][value=inverted])")
    seen.until(lambda: "invert" in seen.frame("getComputedStyle(there.documentElement).filter"))
    seen.page.click("label:has([name=look][value=light])")
    assert seen.frame("there.querySelectorAll('table[width=\"640\"]').length") == 0
    seen.page.click("label:has([name=client][value=outlook])")
    seen.until(lambda: seen.frame("there.querySelectorAll('table[width=\"640\"]').length") > 0)
    assert "Word" in seen.text("#view-words")
    seen.page.click("label:has([name=client][value=gmail])")
    seen.until(lambda: not seen.frame("there.documentElement.outerHTML.includes('<!--[if')"))
    assert "prefers-color-scheme" not in seen.frame("there.documentElement.outerHTML")


def test_pictures_can_be_taken_away(seen: Seen) -> None:
    """With pictures a box stands for what is not fetched; without, the words that stand for it."""
    seen.small.change(
        "newsletter.yaml", "smtp:", "theme_settings: {logo: 'https://reports.example.org/logo.png'}\nsmtp:"
    )
    source = "there.images[0].getAttribute('src')"
    seen.until(
        lambda: str(seen.frame("there.images.length ? " + source + " : ''")).startswith("data:image/svg")
    )
    seen.until(lambda: "reports.example.org" in seen.text("#view-words"))
    seen.page.uncheck("#pictures")
    assert seen.frame(source) is None
    assert seen.frame("there.images[0].alt") == "Maya Hollins"
    seen.page.check("#pictures")
    assert seen.frame(source).startswith("data:image/svg")
    assert all(url.startswith((seen.origin, "data:")) for url in seen.asked)


def test_a_link_in_the_mail_leads_nowhere_but_within_it(seen: Seen) -> None:
    """A click says where it would lead; the contents of the mail still work."""
    box = seen.page.frame_locator(".device:not([hidden]) iframe")
    box.get_by_role("link", name="the Treasurer").click()
    seen.until(lambda: "https://example.org/accounts" in seen.text("#notice"))
    sections = "".join(f"## Subject {number}\n\nSaid.\n\n" for number in range(4))
    seen.small.change(f"drafts/{DRAFT}.md", "## Keeping in touch", f"{sections}## Keeping in touch")
    seen.until_in_mail("Subject 3")
    box.get_by_role("link", name="Keeping in touch").click()
    seen.until(lambda: seen.frame("there.defaultView.scrollY") > 0)
    assert {url for url in seen.asked if "accounts" in url} == set()


def test_a_saved_change_appears_and_keeps_the_place(seen: Seen) -> None:
    """Scroll position, width and reader stay; the new words come."""
    seen.page.click("[data-step=next]")
    seen.page.click("label:has([name=width][value=phone])")
    seen.until_in_mail("Dear Siân,", "phone")
    seen.frame("there.defaultView.scrollTo(0, 200)", "phone")
    seen.small.change(f"drafts/{DRAFT}.md", "it was long", "it was short")
    seen.until_in_mail("it was short", "phone")
    assert seen.frame("there.defaultView.scrollY", "phone") == 200
    assert "Dear Siân," in seen.mail("phone")
    assert "Siân" in seen.text("#who")


def test_a_change_of_theme_list_or_settings_appears_too(seen: Seen) -> None:
    """Each by itself, without anything being clicked."""
    seen.small.change("newsletter.yaml", "role: Member", "role: Treasurer of the party")
    seen.until_in_mail("Treasurer of the party")
    before = seen.text("#fact-people")
    seen.small.change("lists/members.csv", f'{JANE},"""Doe, Jane""",,Anytown,website form,2024-01-03\n', "")
    seen.until(lambda: seen.text("#fact-people") != before)
    seen.small.write("templates/parts/contents.mjml", "<mj-text>Seen at once</mj-text>")
    seen.until_in_mail("Seen at once")


def test_a_reader_whose_row_changes_is_shown_anew(seen: Seen) -> None:
    """What the list says now, in the edition they belong to now; and nobody once they are not in it."""
    seen.page.click("[data-step=previous]")
    seen.until_in_mail("Dear Tom,")
    seen.small.change("lists/clp-secretaries.csv", "Tom,", "Tomos,")
    seen.until_in_mail("Dear Tomos,")
    seen.small.change("lists/clp-secretaries.csv", "Upper Thornby,secretary", "Upper Thornby,treasurer")
    seen.until(lambda: seen.page.input_value("#edition") == "members")
    seen.until(lambda: "Dear Tomos," in seen.mail() and "on the agenda" not in seen.mail())
    seen.small.change("lists/clp-secretaries.csv", "tom.o", "tim.o")
    seen.until_in_mail("Dear friend,")
    assert "no longer among those who get it" in seen.text("#notice")


def test_a_draft_that_is_wrong_from_the_start_is_shown_when_it_is_mended(
    browser: Browser, small: Small
) -> None:
    """The mistake stands there alone until then."""
    small.change(f"drafts/{DRAFT}.md", "title:", "titel:")
    running = start(small)
    context = browser.new_context()
    try:
        seen = watched(context, small, running.origin)
        seen.page.goto(running.link)
        seen.page.wait_for_url(f"{running.origin}{running.room}")
        seen.until(lambda: "line 3" in seen.text("#trouble"))
        assert seen.text("#title") == "This draft cannot be shown yet"
        small.change(f"drafts/{DRAFT}.md", "titel:", "title:")
        seen.settle()
    finally:
        context.close()
        stop(running)


def test_a_folder_put_in_the_place_of_another_is_still_watched(seen: Seen) -> None:
    """As when an older version is checked out: the drafts of the new folder are the ones that count."""
    drafts = seen.small.root / "drafts"
    drafts.rename(drafts.with_name("old"))
    drafts.mkdir()
    seen.until(lambda: seen.page.is_visible("#trouble"))
    (drafts.with_name("old") / f"{DRAFT}.md").rename(drafts / f"{DRAFT}.md")
    seen.until(lambda: seen.page.is_hidden("#trouble"))
    seen.small.change(f"drafts/{DRAFT}.md", "it was long", "it was moved")
    seen.until_in_mail("it was moved")
    drafts.with_name("old").rmdir()


def test_a_mistake_is_shown_with_its_line_over_the_last_good_view(seen: Seen) -> None:
    """The line stands in the words and among its neighbours; mending it takes the message away."""
    seen.small.change(f"drafts/{DRAFT}.md", "::: only clp-secretaries", "::: only clp-secretary")
    seen.until(lambda: seen.page.is_visible("#trouble"))
    assert f"drafts/{DRAFT}.md, line 17" in seen.text("#trouble")
    assert seen.text("#trouble .here") == "::: only clp-secretary"
    assert "Did you mean 'clp-secretaries'?" in seen.text("#trouble")
    assert "Please put this on the agenda" in seen.mail()
    seen.small.change(f"drafts/{DRAFT}.md", "::: only clp-secretary", "::: only clp-secretaries")
    seen.until(lambda: seen.page.is_hidden("#trouble"))


def test_the_inbox_lines_show_what_is_cut(seen: Seen) -> None:
    """Sender, subject and first words, on a phone and on a desktop."""
    seen.small.change(f"drafts/{DRAFT}.md", "November, for", "A subject far too long for a telephone, for")
    seen.until(lambda: seen.text("#fact-inbox") == "subject cut on a phone")
    seen.tab("inbox")
    phone = seen.page.locator('.inbox[data-client="phone"]')
    assert phone.locator(".subject").text_content() == "A subject far too long for a telephon…"
    assert "e, for you" in (phone.locator("li q").first.text_content() or "")


def test_the_text_part_is_shown_with_what_differs(seen: Seen) -> None:
    """In a fixed width; the secretaries' part is marked."""
    seen.tab("text")
    assert "This is my personal account" in seen.text("#text")
    assert "Please put this on the agenda" in "".join(seen.page.locator("#text mark").all_text_contents())
    assert "mono" in seen.page.evaluate("getComputedStyle(document.getElementById('text')).fontFamily")


def test_who_gets_it_is_counted_searched_and_masked(seen: Seen) -> None:
    """The numbers of the plan; addresses only when they are asked for; reasons for those left out."""
    seen.tab("people")
    assert seen.text("#people-title") == "5 people would get it"
    assert "Belongs to another segment" in seen.text("#counts")
    seen.page.fill("#people-text", "upper thornby")
    seen.until(lambda: seen.text("#people-count") == "2 rows")
    assert "t…@example.org" in seen.text("#people")
    assert "tom.o" not in seen.page.content()
    seen.page.check("#addresses")
    seen.until(lambda: "tom.o'brien@example.org" in seen.text("#people"))
    seen.page.fill("#people-text", "")
    seen.page.select_option("#people-show", "other_segment")
    seen.until(lambda: "belongs to another segment" in seen.text("#people tbody"))
    seen.page.select_option("#people-show", "sent")
    seen.page.select_option("#people-segment", "members")
    seen.until(lambda: seen.text("#people-count") == "3 rows")
    seen.page.get_by_role("button", name="See their copy: A&B").click()
    seen.until_in_mail("Dear A&B <script>,")
    assert seen.page.evaluate("document.activeElement.id") == "tab-mail"


def test_long_lists_come_in_pages(seen: Seen) -> None:
    """Fifty rows each; forward and back."""
    many = "".join(f"reader{n}@example.net,Ann,,Anytown,website form,2024-01-01\n" for n in range(60))
    with (seen.small.root / "lists/members.csv").open("a", encoding="utf-8") as file:
        file.write(many)
    seen.tab("people")
    seen.until(lambda: seen.text("#people-page") == "Page 1 of 2")
    assert seen.page.locator("#people tbody tr").count() == 50
    seen.page.click("#people-on")
    seen.until(lambda: seen.text("#people-page") == "Page 2 of 2")
    assert seen.page.is_disabled("#people-on")
    seen.page.click("#people-back")
    seen.until(lambda: seen.text("#people-page") == "Page 1 of 2")


def test_a_check_leads_to_its_reason_its_line_and_its_place(seen: Seen) -> None:
    """What was found, why it matters, the line of the draft, and the words in the mail."""
    seen.small.change(f"drafts/{DRAFT}.md", "We met, and it was long.", "We met, TODO: say when.")
    seen.until_in_mail("TODO")
    seen.tab("checks")
    card = seen.page.locator(".problem", has_text="TODO").first
    card.wait_for()
    card.locator("summary").click()
    assert "Why it matters" in (card.text_content() or "")
    card.get_by_role("button", name=f"drafts/{DRAFT}.md, line 11").click()
    seen.until(lambda: seen.text("#lines .here") == "We met, TODO: say when.")
    card.get_by_role("button", name="Show in the mail").click()
    seen.until(lambda: "TODO" in str(seen.frame("there.querySelector('[data-found]')?.innerText")))


def test_what_is_open_and_where_one_is_stay_over_a_save(seen: Seen) -> None:
    """A reason that was opened, the focus, and the lines of the file, as they are now; then all is mended."""
    seen.small.change(f"drafts/{DRAFT}.md", "We met, and it was long.", "We met, TODO: say when.")
    seen.tab("checks")
    card = seen.page.locator(".problem", has_text="TODO").first
    card.locator("summary").click()
    card.get_by_role("button", name="line 11").click()
    seen.until(lambda: seen.page.evaluate("document.activeElement.id") == "lines-title")
    card.get_by_role("button", name="Show in the mail").focus()
    seen.small.change(f"drafts/{DRAFT}.md", "TODO: say when.", "TODO: say when and where.")
    seen.until(lambda: seen.text("#lines .here") == "We met, TODO: say when and where.")
    assert card.locator("details").get_attribute("open") is not None
    assert seen.page.evaluate("document.activeElement.textContent") == "Show in the mail"
    seen.small.change(f"drafts/{DRAFT}.md", "TODO: say when and where.", "and it was short.")
    seen.until(lambda: seen.text("#fact-checks") == "ready")
    assert seen.page.is_hidden("#lines")
    assert "What was looked for" in seen.text("#rules-title")


def test_a_check_of_a_line_shows_the_edition_that_has_it(seen: Seen) -> None:
    """What stands in one segment's part, while another edition is looked at; the subject, in the inbox."""
    seen.page.select_option("#edition", "members")
    seen.small.change(f"drafts/{DRAFT}.md", "Please put this on", "Please put TODO this on")
    seen.small.change(f"drafts/{DRAFT}.md", "November, for", "NOVEMBER TODO IN CAPITALS, FOR")
    seen.tab("checks")
    place = seen.page.locator(".problem .from", has=seen.page.locator("button", has_text="line 18"))
    place.get_by_role("button", name="Show in the mail").click()
    seen.until(lambda: "agenda" in str(seen.frame("there.querySelector('[data-found]')?.innerText")))
    assert seen.page.input_value("#edition") == "clp-secretaries"
    seen.tab("checks")
    place = seen.page.locator(".problem .from", has=seen.page.locator("button", has_text="line 5")).first
    place.get_by_role("button", name="Show in the mail").click()
    seen.until(lambda: seen.page.is_visible("#panel-inbox"))


def test_a_check_of_the_mail_itself_leads_to_its_place_in_its_edition(seen: Seen) -> None:
    """A narrow link that only members get: their edition is shown, at that very link."""
    only = "::: only members\nRead [1](https://example.org/notes) as well.\n:::\n\n## Keeping in touch"
    seen.small.change(f"drafts/{DRAFT}.md", "## Keeping in touch", only)
    seen.until(lambda: "finding" in seen.text("#fact-checks"))
    seen.tab("checks")
    card = seen.page.locator(".problem", has_text="too narrow for a thumb").first
    card.get_by_role("button", name="Show in the mail").click()
    seen.until(lambda: "as well" in str(seen.frame("there.querySelector('[data-found]')?.innerText")))
    assert seen.page.input_value("#edition") == "members"


def test_behind_it_stand_size_fields_headers_and_source(seen: Seen) -> None:
    """Each header in words; the address masked in the source until it is asked for; the file to save."""
    seen.page.click("[data-step=first]")
    seen.until_in_mail("Dear Siân,")
    seen.tab("inside")
    assert "of 102 KB" in seen.text("#fact-inside")
    seen.until(lambda: "Siân" in seen.text("#merged"))
    assert "Lets mail programs show their own Unsubscribe button" in seen.text("#headers")
    seen.page.click("#source-details summary")
    seen.until(lambda: "s…@example.org" in seen.text("#source"))
    assert SIAN not in seen.text("#source")
    with seen.page.expect_download() as saved:
        seen.page.click("#save")
    assert SIAN in saved.value.path().read_text()


def test_a_test_copy_goes_to_the_members_own_address_and_nowhere_else(seen: Seen) -> None:
    """By the outbox it stands on this disk, marked, with links that do nothing."""
    seen.tab("send")
    seen.page.click("#test")
    seen.until(lambda: "outbox/" in seen.text("#test-done"))
    written = seen.small.outbox(f"{ISSUE}-test")
    assert list(written) == ["maya@reports.example.org"]
    assert written["maya@reports.example.org"]["Subject"].startswith("[TEST] ")
    seen.page.select_option("#way", "smtp")
    assert seen.text("#test-done") == ""
    # A choice that is still on its way would be made in the next test.
    seen.until(lambda: "--transport smtp" in seen.text("#command"))


def test_a_yes_is_bound_to_what_was_seen(seen: Seen) -> None:
    """It stands in the ledger for this receipt; a change of the draft voids it. A rehearsal needs none."""
    seen.tab("send")
    seen.until(lambda: "needs nobody’s yes" in seen.text("#yes-words"))
    assert seen.page.is_disabled("#approve")
    seen.page.select_option("#way", "smtp")
    seen.small.change(f"drafts/{DRAFT}.md", "We met, and", "We met to say yes, and")
    receipt = seen.small.receipt("--transport", "smtp")
    seen.until(lambda: seen.text("#receipt") == receipt)
    seen.page.fill("#approver", "Maya Hollins")
    seen.page.click("#approve")
    seen.until(lambda: seen.text("#fact-send") == "approved by Maya Hollins")
    assert "said yes to 5 copies" in seen.text("#approve-done")
    assert "could not check" in seen.text("#fact-checks")
    assert seen.page.is_disabled("#approve")
    seen.small.change(f"drafts/{DRAFT}.md", "it was long", "it was short")
    seen.until(lambda: seen.text("#fact-send") == "not approved yet")
    assert seen.text("#receipt") != receipt
    assert seen.text("#approve-done") == ""
    seen.small.change(f"drafts/{DRAFT}.md", "title:", "titel:")
    seen.until(lambda: "before the mistakes" in seen.text("#yes-words"))
    assert seen.page.is_disabled("#approve")


def test_the_command_sends_this_and_nothing_else(seen: Seen) -> None:
    """To the chosen segments, the chosen way, by the receipt that is shown."""
    seen.tab("send")
    assert seen.text("#command") == f"newsletter send drafts/{DRAFT}.md"
    seen.page.select_option("#way", "smtp")
    seen.until(lambda: "--transport smtp" in seen.text("#command"))
    seen.page.locator("#segments input[value=members]").focus()
    seen.page.keyboard.press("Space")
    seen.until(lambda: seen.text("#fact-people") == "2 people")
    assert seen.page.evaluate("document.activeElement.value") == "members"
    receipt = seen.small.receipt("--segment", "clp-secretaries", "--transport", "smtp")
    assert seen.text("#receipt") == receipt
    words = f"newsletter send drafts/{DRAFT}.md --segment clp-secretaries --transport smtp --receipt {receipt}"
    assert seen.text("#command") == words


def test_what_is_not_ready_cannot_be_approved(seen: Seen) -> None:
    """The reason stands beside the button that is at rest."""
    seen.small.change("newsletter.yaml", "limits: {", "limits: {max_recipients: 3, ")
    seen.tab("send")
    seen.until(lambda: seen.text("#fact-send") == "cannot go yet")
    assert seen.page.is_disabled("#approve")
    assert "more than max_recipients allows" in seen.text("#yes-words")


def test_a_real_send_without_an_id_cannot_be_approved(seen: Seen) -> None:
    """A rehearsal needs none; by the mail server the reason is told at once."""
    seen.small.change(f"drafts/{DRAFT}.md", f"id: {ISSUE}\n", "")
    seen.tab("send")
    seen.page.select_option("#way", "smtp")
    seen.until(lambda: seen.text("#fact-send") == "cannot go yet")
    assert seen.page.is_disabled("#approve")


def test_a_segment_that_matches_nobody_is_told_over_the_last_good_view(seen: Seen) -> None:
    """A send would be refused for it, so the page says so, with the place."""
    seen.small.change("lists/segments.yaml", "role: secretary", "role: secretery")
    seen.until(lambda: seen.page.is_visible("#trouble"))
    assert "lists/segments.yaml, line" in seen.text("#trouble")
    assert "Dear friend," in seen.mail()


def test_a_draft_without_segments_is_shown_and_asks_for_them(seen: Seen) -> None:
    """The mail is seen, with what is missing over it; once some are chosen, their people are counted."""
    seen.small.change(f"drafts/{DRAFT}.md", "segments: [clp-secretaries, members]\n", "")
    seen.until(lambda: "the draft names no segments" in seen.text("#trouble"))
    seen.page.reload()
    seen.until_in_mail("Dear friend,")
    assert "Add: segments: [clp-secretaries, members]" in seen.text("#trouble")
    seen.tab("send")
    assert seen.page.is_disabled("#approve")
    seen.page.uncheck("#segments input[value=members]")
    seen.until(lambda: seen.text("#fact-people") == "2 people")
    assert seen.text("#command") == f"newsletter send drafts/{DRAFT}.md --segment clp-secretaries"
    assert seen.page.is_hidden("#trouble")
    seen.page.check("#segments input[value=members]")
    seen.until(lambda: seen.text("#fact-people") == "5 people")


def test_another_draft_can_be_chosen(seen: Seen) -> None:
    """All of the page is then about that one."""
    text = (seen.small.root / f"drafts/{DRAFT}.md").read_text(encoding="utf-8")
    seen.small.write("drafts/january.md", text.replace("November", "January").replace(ISSUE, "nec-january"))
    seen.until(lambda: seen.page.locator("#draft option").count() == 2)
    seen.page.select_option("#draft", "january.md")
    seen.until(lambda: seen.text("#title") == "Report of the January meeting")
    seen.until_in_mail("Report of the January meeting")


@pytest.mark.parametrize(("scheme", "width"), [("light", 1400), ("dark", 390)])
def test_the_page_can_be_used_by_everybody(seen: Seen, scheme: Literal["light", "dark"], width: int) -> None:
    """axe-core (WCAG 2.2 A and AA, and good practice) finds nothing on any side, nor in a mistake."""
    seen.small.change(f"drafts/{DRAFT}.md", "it was long", "it was TODO")
    seen.page.emulate_media(color_scheme=scheme)
    seen.page.set_viewport_size({"width": width, "height": 900})
    seen.page.reload()
    seen.settle()
    seen.until(lambda: "finding" in seen.text("#fact-checks"))
    for name in ("inbox", "text", "people", "checks", "inside", "send"):
        seen.tab(name)
        if name == "checks":
            seen.page.locator(".problem .link").first.click()
            for closed in seen.page.locator("#panel-checks summary").all():
                closed.click()
        assert_usable(seen, name, width)
    seen.tab("mail")
    if width > 960:
        seen.page.fill("#find", "anytown")
        seen.page.locator("#found button").first.wait_for()
    seen.small.change(f"drafts/{DRAFT}.md", "title:", "titel:")
    seen.until(lambda: seen.page.is_visible("#trouble"))
    assert_usable(seen, "mail", width)


def assert_usable(seen: Seen, name: str, width: int) -> None:
    """Nothing is found in what is shown, and the page is no wider than the screen (WCAG 2.2, 1.4.10)."""
    # The mail in its frames is not the page; the preflight looks at the mail.
    found = Axe().run(seen.page, context={"exclude": [["iframe"]]}, options={"runOnly": RULES})
    assert found.violations_count == 0, f"{name}: {found.generate_report()}"
    assert seen.page.evaluate("document.documentElement.scrollWidth") <= width, name


def test_the_tabs_are_reached_by_arrow_keys(seen: Seen) -> None:
    """One stop for the tab key; the arrows choose; the ends are joined."""
    seen.page.focus("#tab-mail")
    seen.page.keyboard.press("ArrowDown")
    seen.until(lambda: seen.page.is_visible("#panel-inbox"))
    seen.page.keyboard.press("End")
    assert seen.page.is_visible("#panel-send")
    seen.page.keyboard.press("ArrowDown")
    assert seen.page.is_visible("#panel-mail")


def test_the_page_says_when_the_preview_was_closed(browser: Browser, own: Served) -> None:
    """Ctrl-C ends the preview well and at once; the page does not pretend to be live."""
    context = browser.new_context()
    seen = watched(context, own.small, own.origin)
    seen.page.goto(own.link)
    seen.page.wait_for_url(f"{own.origin}{own.room}")
    seen.settle()
    began = time.monotonic()
    assert stop(own) == 0
    assert time.monotonic() - began < 5
    seen.until(lambda: "closed" in seen.text("#live"))
    context.close()


def test_a_draft_above_the_workspace_is_followed_and_nothing_spins(small: Small, browser: Browser) -> None:
    """What each count writes below that folder is not taken for something saved."""
    draft = small.root / "drafts" / f"{DRAFT}.md"
    above = draft.rename(small.root.parent / "above.md")
    running = start(small, draft=str(above))
    context = browser.new_context()
    try:
        seen = watched(context, small, running.origin)
        seen.page.goto(running.link)
        seen.page.wait_for_url(f"{running.origin}{running.room}")
        seen.settle()
        # Past the reading that follows the beginning of the watches, and its count.
        seen.page.wait_for_timeout(1500)
        seen.asked.clear()
        seen.page.wait_for_timeout(2000)
        assert [url for url in seen.asked if url.endswith("/state")] == []
        above.write_text(
            above.read_text(encoding="utf-8").replace("it was long", "it was short"), encoding="utf-8"
        )
        seen.until_in_mail("it was short")
    finally:
        context.close()
        stop(running)
