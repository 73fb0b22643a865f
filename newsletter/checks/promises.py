"""Rules that guard a promise: what every copy must hold. None of them can be silenced."""

from __future__ import annotations

import html
import re
import textwrap
from collections.abc import Iterator

from newsletter.checks import told
from newsletter.checks.page import filled
from newsletter.checks.rules import Evidence, Finding, Severity, rule
from newsletter.model import UNSUBSCRIBE, Pieces

CLIP_FAIL_BYTES = 100_000
"""Gmail cuts a mail at about 102 KB of HTML, and the footer is what it cuts."""
CLIP_WARN_BYTES = 80_000
SLOT_BYTES = 40
"""What a slot is taken to add, in bytes: a long name; links are longer but few."""
MOST_SHOWN = 60
"""Letters of a passage that is told."""


@rule("P01", Severity.ERROR, guards_promise=True)
def disclaimer_in_both_parts(evidence: Evidence) -> Iterator[Finding]:
    """What it does: looks for the disclaimer, whole, in the HTML and the text part of every edition.

    Why it matters: a report that passes for the official record harms the writer, the party and the reader.
    Example: a theme whose footer was cut out by hand.
    Instead: let the theme call the shared footer; the program refuses to render an edition without it.
    """
    for name, edition in evidence.editions.items():
        parts = (
            ("HTML", edition.html, edition.disclaimer_html),
            ("text", edition.text, edition.disclaimer_text),
        )
        for part, pieces, disclaimer in parts:
            if not disclaimer or not any(disclaimer in static for static in pieces.statics):
                yield Finding(f"the {part} part of the edition for {name} lacks the disclaimer")


@rule("P02", Severity.ERROR, guards_promise=True)
def imprint_present(evidence: Evidence) -> Iterator[Finding]:
    """What it does: looks for your imprint in both parts of every edition.

    Why it matters: readers are entitled to know who promotes political material and from where; for holders of
    public office and candidates the law asks for it in the material itself.
    Example: `newsletter.yaml` without `imprint:`.
    Instead: write `imprint: Promoted by NAME, POSTAL ADDRESS`.
    """
    yield from _stands_in_both(evidence, "imprint", evidence.settings.imprint)


@rule("P03", Severity.ERROR, guards_promise=True)
def postal_address_present(evidence: Evidence) -> Iterator[Finding]:
    """What it does: looks for a postal address in both parts of every edition.

    Why it matters: a sender who can be found is a sender who can be trusted, and mailbox providers ask for it.
    Example: `newsletter.yaml` without `postal_address:`.
    Instead: write `postal_address:`; an office or a PO box will do.
    """
    yield from _stands_in_both(evidence, "postal_address", evidence.settings.postal_address)


@rule("P04", Severity.ERROR, guards_promise=True)
def unsubscribe_in_the_body(evidence: Evidence) -> Iterator[Finding]:
    """What it does: looks for this person's unsubscribe link in both parts of every edition.

    Why it matters: a reader who cannot leave reports the mail as spam, and has a right to leave. The header is
    written by the program into every message; the link in the body is the theme's.
    Example: a copied theme without the shared footer.
    Instead: let the theme call the shared footer.
    """
    for name, edition in evidence.editions.items():
        for part, pieces in (("HTML", edition.html), ("text", edition.text)):
            if not any(slot.field == UNSUBSCRIBE for slot in pieces.slots):
                yield Finding(f"the {part} part of the edition for {name} has no unsubscribe link")


@rule("P05", Severity.ERROR, guards_promise=True)
def one_h1(evidence: Evidence) -> Iterator[Finding]:
    """What it does: counts the first-level headings of every edition.

    Why it matters: people who listen to a mail find their way by its headings; the title is the one at the top.
    Example: a theme that makes the masthead an `h1` too.
    Instead: keep `h1` for the title and start the draft's headings at `##`.
    """
    for name, edition in evidence.editions.items():
        count = len(re.findall(r"<h1[\s>]", "".join(edition.html.statics)))
        if count != 1:
            yield Finding(f"the edition for {name} has {count} first-level headings instead of one")


@rule("P06", Severity.ERROR, guards_promise=True)
def text_part_in_step(evidence: Evidence) -> Iterator[Finding]:
    """What it does: looks in both parts of every edition for each passage of the draft that its readers should
    get, word for word and in order.

    Why it matters: some readers see the text part alone, and others the HTML alone; each must say all of it.
    Example: a theme that leaves out the summary, or the report itself.
    Instead: both parts are written from the draft; mend the theme.
    """
    for name, edition in evidence.editions.items():
        parts = (("HTML", evidence.pages[name].visible_text()), ("text", filled(edition.text)))
        for part, text in parts:
            missing = told.lacking(evidence.report, edition.segment, text)
            if missing:
                first = textwrap.shorten(missing[0], MOST_SHOWN, placeholder=" …")
                more = f", and {len(missing) - 1} more" if len(missing) > 1 else ""
                yield Finding(f"the {part} part of the edition for {name} lacks “{first}”{more}")


@rule("P07", Severity.ERROR, guards_promise=True)
def short_enough_for_gmail(evidence: Evidence) -> Iterator[Finding]:
    """What it does: measures the HTML part with its slots filled; fails from 100 KB, so that all of it, the
    disclaimer among it, stands before the cut.

    Why it matters: Gmail shows about 102 KB and cuts the rest, which is the footer with the disclaimer.
    Example: a report of 6,000 words.
    Instead: shorten it, or split it in two.
    """
    for name, size_bytes in _sizes(evidence):
        if size_bytes >= CLIP_FAIL_BYTES:
            yield Finding(f"the HTML for {name} is {size_bytes / 1000:.0f} KB; Gmail cuts it at about 102 KB")


@rule("P08", Severity.WARNING)
def well_below_the_clip(evidence: Evidence) -> Iterator[Finding]:
    """What it does: measures the HTML part with its slots filled; warns from 80 KB.

    Why it matters: forwarding and mailing services add to a mail, and Gmail cuts at about 102 KB.
    Example: a report of 5,000 words.
    Instead: shorten it, or link to the longer version.
    """
    for name, size_bytes in _sizes(evidence):
        if CLIP_WARN_BYTES <= size_bytes < CLIP_FAIL_BYTES:
            yield Finding(f"the HTML for {name} is {size_bytes / 1000:.0f} KB; Gmail cuts at about 102 KB")


@rule("P09", Severity.ERROR, guards_promise=True)
def unsubscribe_in_the_header(evidence: Evidence) -> Iterator[Finding]:
    """What it does: looks in a finished message of every edition for List-Unsubscribe with an address, and for
    List-Unsubscribe-Post where that is on the web.

    Why it matters: mail programs make their own button of it, and large providers ask for it (RFC 2369, RFC
    8058).
    Example: a line so long that it was folded into an encoded word, which no program reads.
    Instead: the program writes it; a message without it is a fault to report.
    """
    for name, message in evidence.messages.items():
        held = headers(message)
        ways = re.findall(r"<([^<>\s]+)>", held.get("list-unsubscribe", ""))
        if not any(way.startswith(("https:", "mailto:")) for way in ways):
            yield Finding(f"the header of the mail for {name} names no way to unsubscribe")
        elif any(way.startswith("https:") for way in ways) and "list-unsubscribe-post" not in held:
            yield Finding(f"the header of the mail for {name} lacks List-Unsubscribe-Post")


def headers(message: bytes) -> dict[str, str]:
    """The header of a message, unfolded and not decoded; names in lower case."""
    head = message.partition(b"\r\n\r\n")[0].decode("ascii", "replace")
    lines = re.sub(r"\r\n(?=[ \t])", "", head).split("\r\n")
    return {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}


def _stands_in_both(evidence: Evidence, key: str, value: str | None) -> Iterator[Finding]:
    if not value:
        yield Finding(f"newsletter.yaml has no '{key}'", "newsletter.yaml")
        return
    for name, edition in evidence.editions.items():
        for part, text in (("HTML", html.unescape(_joined(edition.html))), ("text", _joined(edition.text))):
            if " ".join(value.split()) not in " ".join(text.split()):
                yield Finding(f"the {part} part of the edition for {name} lacks the {key.replace('_', ' ')}")


def _sizes(evidence: Evidence) -> Iterator[tuple[str, int]]:
    for name, edition in evidence.editions.items():
        yield name, len(_joined(edition.html).encode()) + SLOT_BYTES * len(edition.html.slots)


def _joined(pieces: Pieces) -> str:
    return " ".join(pieces.statics)
