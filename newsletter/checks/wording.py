"""Rules about what the words say: twice, too much, of a paper that is not there, or in somebody else's name."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from newsletter.checks.prose import IN_FRONT, Kind
from newsletter.checks.rules import Evidence, Finding, Severity, rule
from newsletter.checks.told import letters
from newsletter.drafts import FIELD

FEWEST_ALIKE = 8
"""Words: “The motion was carried.” may stand in every section."""
BEGINNING = 6
"""Words by which a paragraph is known."""

_TWICE = re.compile(
    r"(?<![\w’'-])(?P<word>[^\W\d_]+(?:[’'][^\W\d_]+)?)\s+(?P<again>(?P=word))(?![\w’'-])", re.IGNORECASE
)
_MAY_STAND_TWICE = frozenset(
    [
        *(
            "had",
            "that",
            "is",
            "so",
            "very",
            "really",
            "many",
            "long",
            "far",
            "much",
            "no",
            "yes",
            "now",
            "there",
        ),
        *(
            "hear",
            "bye",
            "knock",
            "never",
            "more",
            "in",
            "do",
            "who",
            "her",
            "you",
            "it",
            "was",
            "ha",
            "tut",
            "up",
        ),
    ]
)
"""Good English at times: “I wrote down that that was not an answer”."""

_ATTACHED = re.compile(
    r"""
    \b(?:
    (?:see|find|in|with|read|open)\s+(?:the\s+|an?\s+)?attach(?:ed|ment)\b
    | attachments?\b | please\ find\ attached | the\ attached\b
    | (?:is|are|have)\s+(?:also\s+)?attached\b(?!\s+to\b)
    | I(?:[’']ve|\ have)?\ attach(?:ed)?\b(?!\s+(?:great|no|much|little|too)\b)
    | enclosed\s+(?:is|are|with|please)\b | (?:is|are)\s+enclosed\b
    | (?:pdf|file|paper|document|spreadsheet|agenda|form|copy)s?\s+(?:attached|enclosed)\b
    | (?:attached|enclosed)\s+(?:pdf|file|paper|document|spreadsheet|agenda|form|copy)\b
    )
    """,
    re.VERBOSE | re.IGNORECASE,
)

_BODY = (
    r"(?:the\s+)?(?:whole\s+|entire\s+)?"
    r"(?:NEC|National\s+Executive(?:\s+Committee)?|Executive|committee|party|Leader|General\s+Secretary|officers)"
)
"""In whose name a report could pretend to speak."""
_PAPER = (
    r"(?:record|minutes?|report|account|statement|summary|communication|bulletin|newsletter|position|view"
    r"|response|note)"
)
_THIS = r"(?:this|these|what\s+follows|the\s+following|below|my\s+(?:report|bulletin|newsletter|account))"
_AGREED = r"(?:approved|authori[sz]ed|endorsed|agreed|sanctioned|signed\s+off)"
_IS_THE = rf"\b{_THIS}\s+(?:is|are|serves?\s+as)\s+(?:an?|the|our|your)\s+"
_CLAIMS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"\b{_THIS}\b[^.;:]{{0,60}}?\bofficial\s+{_PAPER}s?\b",
        rf"\bofficial\s+(?:\w+\s+)?{_PAPER}s?\s+of\s+(?:the|our|this)\s+(?:NEC|National|meeting|committee|party)\b",
        rf"\bthe\s+(?:NEC|party|committee)[’']s\s+official\s+{_PAPER}\b",
        rf"\b(?:I|we|this\s+\w+)\b[^.;:]{{0,60}}?\bon\s+behalf\s+of\s+{_BODY}\b",
        rf"{_IS_THE}(?:official|formal)\s+(?:(?:NEC|party|committee|executive)\s+)?{_PAPER}s?\b",
        rf"{_IS_THE}(?:agreed|approved)\s+(?:note|record|account|summary|report)\b",
        rf"\bthese\s+(?:minutes|notes)\s+(?:have|were|are)\s+(?:been\s+)?{_AGREED}\s+by\b",
        rf"^\s*on\s+behalf\s+of\s+{_BODY}\b[^.;]{{0,60}}?\b(?:I|we|may|let\s+me|thank\s+you|thanks)\b",
        rf"\b(?:sent|issued|published|written|circulated)\s+(?:to\s+you\s+)?(?:by|on\s+behalf\s+of|for)\s+{_BODY}\b",
        rf"\b{_THIS}\s+(?:\w+\s+)?(?:has|have|was|were|is|are)\s+(?:been\s+)?{_AGREED}\s+by\s+{_BODY}\b",
        rf"\b{_BODY}\s+(?:has|have)\s+{_AGREED}\s+me\s+to\s+(?:write|tell|say|inform|report|send)\b",
        rf"\bspeak(?:ing)?\s+(?:here\s+)?(?:as|for)\s+(?:the\s+official\s+)?(?:spokes\w+|{_BODY})\b",
        r"\bin\s+my\s+official\s+capacity\b",
        r"\b(?:these|following|below|here)\s+(?:are|is)\s+the\s+(?:agreed\s+|approved\s+|full\s+|draft\s+)?minutes\b",
    )
)
_CLAIMS_IN_FRONT = re.compile(
    rf"(?<!un)\bofficial\b|\bminutes\s+of\s+{_BODY}|^(?:the\s+)?(?:NEC\s+)?minutes\b|\bon\s+behalf\s+of\b",
    re.IGNORECASE,
)
_DENIED = re.compile(
    r"\b(?:not|never|neither|nor|no|without|hardly|rather\s+than|unofficial|cannot)\b|n[’']t\b", re.IGNORECASE
)
_SENTENCE = re.compile(r"[^.!?]*[.!?]*")


@rule("C06", Severity.WARNING)
def words_written_twice(evidence: Evidence) -> Iterator[Finding]:
    """What it does: looks for a word that follows itself; a note where that can be meant (“had had”).

    Why it matters: the eye skips it when writing, and sees nothing else when reading.
    Example: `moved from the the draft`
    Instead: take one out.
    """
    for passage in evidence.prose.passages:
        for found in _TWICE.finditer(passage.text):
            severity = Severity.NOTE if _may_be_meant(found) else None
            yield Finding(f"“{found[0]}” has a word twice", passage.place(found[0]), severity)


@rule("C31", Severity.WARNING)
def paragraphs_that_stand_twice(evidence: Evidence) -> Iterator[Finding]:
    """What it does: looks in every edition for a paragraph or point of eight words or more that stands there
    twice.

    Why it matters: a reader thinks that they have lost their place; most often it was pasted again where it
    was to be moved.
    Example: the last paragraph of one section, and the first of the next, word for word the same.
    Instead: take one out.
    """
    passages = [each for each in evidence.prose.body if each.kind is Kind.TEXT]
    for text, times in Counter(each.text for each in passages).items():
        # Two segments may each have it once, in only blocks of their own.
        if times == 1 or len(text.split()) < FEWEST_ALIKE or not _stands_twice(text, evidence):
            continue
        begins = " ".join(text.split()[:BEGINNING])
        again = [each for each in passages if each.text == text][1]
        yield Finding(f"a paragraph stands there twice: “{begins} …”", again.where)


@rule("C22", Severity.WARNING)
def papers_that_are_not_attached(evidence: Evidence) -> Iterator[Finding]:
    """What it does: looks for “attached” and “enclosed” in a mail without the print edition attached to it.

    Why it matters: such a mail carries no attachment, and hundreds of people will write to ask for it.
    Example: `The paper is attached.`
    Instead: put it on the web and link to it; `paper: attach` attaches the print edition of the report itself.
    """
    if any(edition.attachment for edition in evidence.editions.values()):
        return
    for passage in evidence.prose.passages:
        for found in _ATTACHED.finditer(passage.text):
            yield Finding(f"“{found[0]}”: a mail of yours has no attachment", passage.place(found[0]))


@rule("C23", Severity.WARNING)
def words_that_claim_to_be_official(evidence: Evidence) -> Iterator[Finding]:
    """What it does: looks, outside the disclaimer, for words that call this official, approved, or in others'
    name.

    Why it matters: it contradicts the disclaimer below it, and can be quoted alone.
    Example: `This is the official record of the meeting`, `I write on behalf of the NEC`.
    Instead: say what it is: “my own account of the meeting”.
    """
    for passage in evidence.prose.passages:
        for sentence in _SENTENCE.findall(passage.text):
            claim = _claim(sentence, in_front=passage.kind in IN_FRONT)
            if claim and not _is_disclaimer(sentence, evidence):
                yield Finding(f"“{claim}” claims to be more than a personal account", passage.place(claim))


@rule("C26", Severity.WARNING)
def defaults_that_leave_a_gap(evidence: Evidence) -> Iterator[Finding]:
    """What it does: looks for merge fields whose default is empty, or is the field's own name.

    Why it matters: people who lack the field read “Dear ,” or “Dear first_name,”.
    Example: `Dear {{ first_name | default("") }},`
    Instead: give a word that fits: `{{ first_name | default("friend") }}`.
    """
    report = evidence.report
    texts = [(report.subject, passage_line(report.places, "subject")), (report.preheader or "", 0)]
    texts += [
        (point, passage_line(report.places, f"summary.{index}")) for index, point in enumerate(report.summary)
    ]
    texts += zip(report.body.split("\n"), report.lines, strict=False)
    for text, line in texts:
        for found in FIELD.finditer(text):
            default = found["default"]
            if default is not None and default.strip().casefold() in {"", found["name"].casefold()}:
                where = f"{report.source}:{line}" if line else report.source
                yield Finding(f"{found[0]} leaves a gap for people without '{found['name']}'", where)


def passage_line(places: tuple[tuple[str, int, int], ...], name: str) -> int:
    """The line of a text that is not the body's; 0 where the file has none."""
    return next((line for key, line, _ in places if key == name), 0)


def _stands_twice(text: str, evidence: Evidence) -> bool:
    """Whether any reader has it twice."""
    wanted = letters(text)
    return any(letters(page.visible_text()).count(wanted) > 1 for page in evidence.pages.values())


def _may_be_meant(found: re.Match[str]) -> bool:
    word, again = found["word"], found["again"]
    is_name = word[0].isupper() and again[0].isupper()
    return is_name or word.lower() in _MAY_STAND_TWICE


def _claim(sentence: str, *, in_front: bool) -> str:
    """The words by which a sentence claims to be official; empty where it does not, or denies it."""
    patterns = (_CLAIMS_IN_FRONT, *_CLAIMS) if in_front else _CLAIMS
    for pattern in patterns:
        found = pattern.search(sentence)
        if found and not _DENIED.search(sentence[: found.end()]):
            return found[0].strip(" .!?")
    return ""


def _is_disclaimer(sentence: str, evidence: Evidence) -> bool:
    disclaimer = evidence.settings.disclaimer
    return bool(disclaimer) and sentence.strip() in str(disclaimer)
