"""The rules about what was asked of the world: links that were fetched, and SpamAssassin on this machine.

Rule: they are silent where nobody asked.
"""

from __future__ import annotations

from collections.abc import Iterator

from newsletter.checks.places import in_mail
from newsletter.checks.rules import Evidence, Finding, Severity, rule
from newsletter.checks.world import Answer

HEAVY_BYTES = 500_000
"""Half a megabyte: two seconds on a poor connection, for one picture."""
TELLING_SCORE = 2.0

_GONE = frozenset({404, 410})
_FAULTY = range(400, 600)
_REFUSED_TO_US = frozenset({401, 403, 405, 406, 429, 503, 999})
"""What sites say to programs, and not to people."""


@rule("C28", Severity.WARNING)
def links_that_answer(evidence: Evidence) -> Iterator[Finding]:
    """What it does: with `newsletter check --online`, fetches every link on the web and says which is not
    there.

    Why it matters: the one link that matters is the one that was moved yesterday.
    Example: a page that answers 404.
    Instead: open it, and copy the address of where it is now. A site that does not answer could not be checked.
    """
    for address, answer in (evidence.answers or {}).items():
        found = _fault(answer)
        if found:
            yield Finding(f"{found[0]}: {address}", _place(evidence, address), found[1])


@rule("C29", Severity.WARNING)
def pictures_too_heavy(evidence: Evidence) -> Iterator[Finding]:
    """What it does: with `newsletter check --online`, asks how large each picture is; warns above 500 KB.

    Why it matters: it is fetched by everybody who reads, often on a telephone's connection, each time.
    Example: a photograph as the camera made it, of 6 MB.
    Instead: make it 1,200 points wide and save it as a JPEG.
    """
    for address, description in _pictures(evidence).items():
        answer = (evidence.answers or {}).get(address)
        if answer and (answer.size_bytes or 0) > HEAVY_BYTES:
            weight = f"{(answer.size_bytes or 0) / 1e6:.1f} MB"
            yield Finding(f"the picture “{description}” weighs {weight}", _place(evidence, address))


@rule("S10", Severity.WARNING)
def score_of_spamassassin(evidence: Evidence) -> Iterator[Finding]:
    """What it does: where SpamAssassin is installed on this machine, has it judge a finished message, offline;
    a warning from the score at which it says spam, a note from 2. Where it is there and does not answer, the
    verdict is COULD NOT CHECK.

    Why it matters: many servers judge by the same rules.
    Example: a subject in capitals, a text part that says something else.
    Instead: look up the tests it names; most follow from another finding here.
    """
    spam = evidence.spam
    if spam is None:
        return
    place = in_mail(next(iter(evidence.editions), "everybody"), "the whole message")
    if spam.score is None:
        said = f"SpamAssassin is installed here and did not answer ({spam.why}); run: spamassassin --lint"
        yield Finding(said, place, Severity.UNKNOWN)
        return
    if spam.score < min(TELLING_SCORE, spam.required):
        return
    tests = ", ".join(spam.tests) or "no test named"
    severity = None if spam.score >= spam.required else Severity.NOTE
    message = (
        f"SpamAssassin gives it {spam.score:.1f} of the {spam.required:.1f} points that make spam: {tests}"
    )
    yield Finding(message, place, severity)


def _fault(answer: Answer) -> tuple[str, Severity | None] | None:
    """What is wrong with a link, and how sure that is."""
    if answer.status is None:
        return f"could not be fetched ({answer.why})", Severity.UNKNOWN
    if answer.status in _GONE:
        return f"is not there ({answer.status})", None
    if answer.status in _REFUSED_TO_US:
        return f"does not answer programs ({answer.status}); open it yourself", Severity.NOTE
    if answer.status in _FAULTY:
        return f"answers with an error ({answer.status})", None
    if answer.location:
        return f"leads on to another site, {answer.location}", Severity.NOTE
    return None


def _pictures(evidence: Evidence) -> dict[str, str]:
    """The address of every picture of the mail, the logo among them → its description."""
    pictures = (picture for page in evidence.pages.values() for picture in page.root.iter("img"))
    return {picture.get("src", ""): picture.get("alt", "") for picture in pictures}


def _place(evidence: Evidence, address: str) -> str:
    """Where the draft has it; in the settings, where it does not."""
    for passage in evidence.prose.passages:
        addresses = [link.address for link in passage.links] + [each.address for each in passage.pictures]
        if address in addresses:
            return passage.place(address)
    return "newsletter.yaml"
