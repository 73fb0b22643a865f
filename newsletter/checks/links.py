"""Rules about links and pictures, as the draft writes them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import parse_qsl, unquote, urlsplit

from newsletter.checks.prose import Link, Passage
from newsletter.checks.rules import Evidence, Finding, Severity, rule

MOST_BARE = 60
"""Letters of a typed address that a phone shows on two lines."""

_SAYS_NOTHING = re.compile(
    r"(?:please )?(?:click|tap|press)(?: (?:on )?(?:here|this|this link|the link|below))?"
    r"(?: (?:now|today|please|to (?:read|see|view|find out|learn|open|download)(?: (?:more|it|this|them))?))?"
    r"|(?:just |right |over )?(?:here|there)(?: now)?|(?:this|that)(?: one)?|these|those"
    r"|(?:this|the|a) (?:link|page|website|site|url)|link|links|more|(?:read|see|find out|learn|click for) more"
    r"|more(?: info(?:rmation)?| details)|(?:full )?details|website|web site|go|see|visit|read|download|url"
)
_ADDRESS_AS_TEXT = re.compile(
    r"(?:https?://)?(?P<host>(?:[\w-]+\.)+[a-z]{2,})(?P<rest>[/?#:]\S*)?", re.IGNORECASE
)
_MAILBOX = re.compile(r"[\w.+'-]+@(?:[\w-]+\.)+[a-z]{2,}", re.IGNORECASE)
_FILE_NAME = re.compile(
    r"(?:(?:img|dsc|dscn|dscf|pxl|screenshot|screen shot|scan|image|photo|picture|pic|untitled|whatsapp image)"
    r"[\s_-]*[\d().: _-]*(?:at [\d. ]+|wa\d+)?|.*\.(?:jpe?g|png|gif|webp|heic|svg))",
    re.IGNORECASE,
)
_PRIVATE_HOST = re.compile(
    r"(?:localhost|[\w-]+|(?:[\w-]+\.)*[\w-]+\.(?:local|lan|internal|intranet|corp|home|localhost))",
    re.IGNORECASE,
)
_FOR_EDITORS = re.compile(
    r"(?:docs|drive|sheets|forms)\.google\.com/.*/edit\b|/wp-admin\b|[?&]preview=true|/draft/edit"
)
_TELLING = re.compile(
    r"utm_\w+|fbclid|gclid|dclid|msclkid|mc_[ce]id|mkt_tok|_hs(?:enc|mi)|igshid|vero_id|s_cid|oly_\w+_id"
)
_TRACKING_HOSTS = re.compile(
    r"(?:.*\.)?(?:safelinks\.protection\.outlook\.com|urldefense\.(?:com|proofpoint\.com)|list-manage\.com|ct\.sendgrid\.net"
    r"|click\.\w+\.\w+|protect-\w+\.mimecast\.com|l\.facebook\.com|t\.co|lnkd\.in|google\.com/url|linkprotect\.cudasvc\.com)"
)


@rule("C07", Severity.WARNING)
def links_that_say_nothing(evidence: Evidence) -> Iterator[Finding]:
    """What it does: looks for links whose words are “here”, “click here”, “this link”, “read more”.

    Why it matters: people who listen to a mail jump from link to link, and hear those words alone.
    Example: `For the accounts [click here](https://…).`
    Instead: link the words that name the thing: `See [the accounts](https://…).`
    """
    for passage, link in _links(evidence):
        if _SAYS_NOTHING.fullmatch(link.text.strip(" .,:;!→»>").lower()):
            yield Finding(f"the link “{link.text}” does not say where it leads", passage.place(link.address))


@rule("C08", Severity.WARNING)
def links_that_lead_elsewhere(evidence: Evidence) -> Iterator[Finding]:
    """What it does: compares a link's words with its address, where the words are an address themselves. They
    may leave out the end of it: `example.org/accounts` may lead to `https://example.org/accounts/2026`.

    Why it matters: it is the mark of a fraud, and mail programs warn of it or call it spam.
    Example: `[reports.example.org](https://elsewhere.example/)`
    Instead: make both the same, or let the words say what it is.
    """
    for passage, link in _links(evidence):
        said, meant = _addressee(link.text), _addressee(link.address)
        if said and meant and not _leads_there(said, meant):
            shown = meant.host if said.host != meant.host else f"{meant.host}{meant.path or '/'}"
            yield Finding(f"the link says “{link.text}” and leads to {shown}", passage.place(link.address))


@rule("C09", Severity.WARNING)
def links_that_only_you_can_open(evidence: Evidence) -> Iterator[Finding]:
    """What it does: looks for links to your own machine or network, and to pages for editing.

    Why it matters: readers get an error, or may change what they should only read.
    Example: `http://localhost:8000/report`, a Google document's `/edit`.
    Instead: link to the published page, and open it once in a private window.
    """
    for passage, link in _links(evidence):
        if _is_private(link.address) or _FOR_EDITORS.search(link.address):
            yield Finding(
                f"only you can open the link “{link.text}” ({_host(link.address)})", passage.place(link.address)
            )


@rule("C10", Severity.WARNING)
def links_into_the_report_that_find_nothing(evidence: Evidence) -> Iterator[Finding]:
    """What it does: looks in every edition for the place that a link inside the report leads to.

    Why it matters: nothing happens when the reader follows it.
    Example: a link to `#item-9` in a report of eight items.
    Instead: count again; numbered headings are `#item-1`, `#item-2`, and so on.
    """
    lost: dict[str, list[str]] = {}
    for name, page in evidence.pages.items():
        for target in page.lost_targets():
            lost.setdefault(target, []).append(name)
    for target, names in lost.items():
        where = "" if len(names) == len(evidence.pages) else f" in the edition for {' and '.join(names)}"
        place = next(
            (passage.place(target) for passage, link in _links(evidence) if link.address == target), ""
        )
        yield Finding(f"the link to {target} finds nothing{where}", place)


@rule("C24", Severity.WARNING)
def pictures_without_a_description(evidence: Evidence) -> Iterator[Finding]:
    """What it does: looks for pictures whose description is a file's name or the word “picture”.

    Why it matters: many readers see or hear the description alone: images are off, or they cannot see.
    Example: `![IMG_2034.jpg](https://…)`
    Instead: say what it shows: `![The hall during the vote](https://…)`.
    """
    for passage in evidence.prose.passages:
        for picture in passage.pictures:
            if _FILE_NAME.fullmatch(picture.description.strip()):
                yield Finding(
                    f"“{picture.description}” does not say what the picture shows",
                    passage.place(picture.address),
                )


@rule("C30", Severity.NOTE)
def long_addresses_typed_out(evidence: Evidence) -> Iterator[Finding]:
    """What it does: looks for web addresses of more than 60 letters that stand in the text as they are.

    Why it matters: they break the line on a phone, and are read out letter by letter.
    Example: `https://members.example.org/papers/2026/november/transport/rural.pdf?view=plain`
    Instead: link the words that name the thing; the text part still shows the whole address.
    """
    for passage, link in _links(evidence):
        if link.is_bare and len(link.text) > MOST_BARE:
            yield Finding(
                f"an address of {len(link.text)} letters stands in the text", passage.place(link.address)
            )


@rule("D04", Severity.WARNING)
def links_that_tell_on_the_reader(evidence: Evidence) -> Iterator[Finding]:
    """What it does: looks for tracking marks in links, and for links through another program's tracker.

    Why it matters: they report who clicked, which readers have not agreed to, and a link copied out of your
    own mail reports you.
    Example: `https://example.org/?utm_source=newsletter`, a link through `safelinks.protection.outlook.com`.
    Instead: open the page and copy its own address, up to the question mark.
    """
    for passage, link in _links(evidence):
        marks = [
            name for name, _ in parse_qsl(urlsplit(link.address).query) if _TELLING.fullmatch(name.lower())
        ]
        if marks:
            yield Finding(
                f"the link “{link.text}” is marked for tracking ({', '.join(marks)})",
                passage.place(link.address),
            )
        elif _TRACKING_HOSTS.fullmatch(_host(link.address)):
            yield Finding(
                f"the link “{link.text}” goes through {_host(link.address)}", passage.place(link.address)
            )


def _links(evidence: Evidence) -> Iterator[tuple[Passage, Link]]:
    for passage in evidence.prose.passages:
        for link in passage.links:
            yield passage, link


@dataclass(frozen=True, slots=True)
class _Addressee:
    """Where something leads to: a mailbox, or a host with what follows it."""

    host: str
    path: str = ""


def _addressee(text: str) -> _Addressee | None:
    """What a text names, if it is an address and nothing else."""
    text = unquote(text.strip())
    if text.lower().startswith("mailto:"):
        return _Addressee(text[len("mailto:") :].split("?")[0].lower())
    if _MAILBOX.fullmatch(text):
        return _Addressee(text.lower())
    found = _ADDRESS_AS_TEXT.fullmatch(text)
    if not found:
        return None
    path = (found["rest"] or "").rstrip("./…").casefold()
    return _Addressee(found["host"].lower().removeprefix("www."), path)


def _leads_there(said: _Addressee, meant: _Addressee) -> bool:
    """Whether the words name the address, or how it begins."""
    rest = meant.path.removeprefix(said.path)
    is_begun = meant.path.startswith(said.path) and (not rest or not rest[0].isalnum())
    return said.host == meant.host and (not said.path or is_begun)


def _host(address: str) -> str:
    return (urlsplit(address).hostname or "").lower()


def _is_private(address: str) -> bool:
    host = _host(address)
    if not address.lower().startswith(("http://", "https://")) or not host:
        return False
    try:
        return not ip_address(host).is_global
    except ValueError:
        return _PRIVATE_HOST.fullmatch(host) is not None
