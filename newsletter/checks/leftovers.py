"""Rules about what was left behind: notes to oneself, gaps, the words of an empty draft, a tool's debris."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from urllib.parse import unquote

from newsletter.checks.prose import Passage
from newsletter.checks.rules import Evidence, Finding, Severity, rule
from newsletter.drafts import FIELD

TEMPLATE = (
    "The one thing every reader should know",
    "Write how the meeting was, in a sentence or two",
    "First subject",
    "What was said, what was decided, what you think of it",
    "Where you have been, and how to invite you",
)
"""What `newsletter new` writes to be replaced."""

_GREETING = re.compile(
    r"(?:dear|hello|hi|greetings|good (?:morning|afternoon|evening)|comrades?|friends?)\b"
    r"(?:,? [^\s.?;:,]+){0,6}[,.!:]?"
    r"|(?:yours|best wishes|kind regards|regards|in solidarity|with thanks)\b[^.?;:]{0,80}[.,!]?",
    re.IGNORECASE,
)
"""A line that opens a letter, or ends one."""

_SHOWN = 60

_TO_WRITE = re.compile(
    r"""
    \b(?:TODO|TO\ DO|TO-DO|FIXME|TK|TKTK|XXX+)\b
    # A figure or a name to be looked up: XX, £XX,000, xx per cent
    | (?<![\w-])(?:[£$€]\s?)?[xX]{2,}(?:[,.][xX\d]{2,})*(?:\s?(?:%|k|m|bn|per\ cent|members|votes))?(?![\w'’-])
    | [£$€]\s?X(?:\s?(?:k|m|bn|million|billion))?\b(?![\w’'-])
    | (?<![\w.-])(?-i:X)(?:\s?%|\ (?:per\ cent|members?|people|votes?|staff|delegates?|secretaries
        |days?|weeks?|months?)\b)
    | \?{2,} | _{3,} | (?:\.{2}|…)\s?(?:here|to\ follow)(?=\s*(?:[.!?;)\]]|$))
    | \b(?:lorem\ ipsum|dolor\ sit\ amet|consectetur\ adipiscing|blah(?:\ blah)+|asdf\w*)\b
    | \binsert\ (?:[\w’'-]+\ ){1,4}here\b
    | \b(?:text|copy|figures?|names?|links?|quotes?|photo|picture|table|numbers?|dates?)
        \ (?:goes?|to\ go|to\ come)\ here\b
    # Something in brackets that is to be put there
    | \[\s*(?:(?:insert|add|put|check|links?|names?|dates?|figures?|numbers?|tbc|tba|source|quote|photo|picture
        |image|title|your|to\ come|confirm|ask|see|who|when|where|placeholder|details|needs?|missing|xx+)\b
        |\.{2,}|…|\?)[^\]]{0,80}\]
    # [time?], [Dilys or Gwen?]
    | \[[^\W\d_][^\]\[?]{0,40}\?\]
    | \[\s*[xX_]?\s*\]
    """,
    re.VERBOSE | re.IGNORECASE,
)
_ROMAN = re.compile(r"(?:[A-Z][a-z]+|[Cc]lause|[Pp]art|[Rr]ule)\s+$")
"""What stands before a Roman numeral or a name: “Rule XX”, “Generation X members”."""
_CASED = re.compile(r"TK|TKTK|TO DO|TO-DO")
"""Words that mean nothing special in small letters."""

_NOT_SETTLED = re.compile(
    r"""
    \b(?:tbc|tba|tbd)\b | (?<=[(:,–-]\s)to\ be\ confirmed\b | \(to\ be\ confirmed
    # Date and venue to be announced. But: on a date to be announced by the office.
    | (?:(?<=[.!?:;(,–-]\s)|(?<=[(–-])|^)(?:the\s)?(?:(?:exact|final)\s)?_WHAT_(?:(?:,\s|\s(?:and|&)\s)_WHAT_)*
      \sto\ be\ (?:confirmed|announced|advised|decided|agreed|arranged)(?=\s*(?:[.;,)–]|$))
    """.replace("_WHAT_", r"(?:date|time|day|venue|place|room|location|speaker|agenda|detail|chair)s?"),
    re.VERBOSE | re.IGNORECASE,
)
_NOTE_TO_SELF = re.compile(
    r"""
    \b(?:before\ (?:it|this)\ goes(?:\ out)?|before\ (?:we\ )?(?:sending|send|publishing)|note\ to\ self
        |delete\ before|remove\ before|rough\ draft|first\ draft|not\ for\ sending|reword\ this|rewrite\ this
        |is\ this\ (?:right|public|correct)\ ?\?|(?:left|leave|leaving)\ (?:a\ (?:gap|space)|space)
        |(?:to|will)\ supply\ (?:the\ )?(?:figures?|numbers?|names?))\b
    | \((?:figures?\ |details\ |more\ )?to\ (?:follow|come)\)
    | \[\s*(?:nb|note|query|q)\b[^\]]*\]
    # (Jo, can you check this with the office?)
    | [(\[]\s*(?:nb:?\s+)?(?:\w+\s?[-–,:]\s+)?(?:can\ you\s+)?(?:please\s+)?
        (?:check|confirm|verify|ask|double-check|expand|rewrite|shorten|cut)\s
        (?:this|that|with|whether|if|spelling|name|date|figures?|the\ (?:figures?|spelling|date|name|number))\b
        [^)\]]*[)\]]
    """,
    re.VERBOSE | re.IGNORECASE,
)

_DEBRIS = re.compile(
    r"""
    Error!\s(?:Bookmark|Reference|Hyperlink|Not\ a\ valid|No\ text\ of)[^.!]*[.!]?
    | \b(?:PAGEREF|HYPERLINK\s+["“”]|MERGEFIELD|INCLUDEPICTURE|TOC\s\\o)\S*
    | _Toc\d{4,} | \bmso-[a-z-]+:? | </?(?:o|w|v|st1):\w+[^>]* | \[if\ \w+\]
    | Click\ or\ tap\ (?:here\ )?to\ enter\ text
    # A comment in the margin: [MH1], Commented [MH2R1]:
    | (?:Commented\s)?\[[A-Z]{1,4}\d{1,3}(?:R\d{1,2})?\]:?
    """,
    re.VERBOSE,
)
_UNSEEN = re.compile(r"[\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff\u180e\u00ad]")
"""Zero-width characters, and those that set the direction of writing. Joiners have work to do."""
_RIGHT_TO_LEFT = frozenset({"R", "AL"})
_MOJIBAKE = re.compile(r"\ufffd|â€|Ã[\x80-\xbf©¨¡³­ª«]|Â[£§°\xa0·©]|ï¬|[\ue000-\uf8ff]")

_TYPED_MARKUP = re.compile(
    r"""
    # Tags, comments and entities
    </?(?i:a|abbr|article|audio|b|big|blockquote|body|br|button|center|cite|code|col|del|details|div|dl|d[dt]|em
        |figcaption|figure|font|footer|form|h[1-6]|head|header|hr|html|i|iframe|img|input|ins|kbd|label|li|link
        |main|mark|meta|nav|object|ol|option|p|picture|pre|q|s|script|section|select|small|source|span|strike
        |strong|style|su[bp]|summary|svg|table|tbody|td|textarea|tfoot|th|thead|title|tr|tt|u|ul|video|wbr
        )(?:\s[^<>]*|/)?>
    | <!(?:--|[–—]).*?(?:(?:--|[–—])>|$) | <!DOCTYPE\b[^<>]*> | <!\[CDATA\[
    | &(?:nbsp|amp|lt|gt|quot|pound|ndash|mdash|rsquo|lsquo|\#\d+);
    # Markdown that is opened and not closed, or has a gap in it
    | \*{2,} | (?<!\w)_{2}(?=\w) | (?<=\w)_{2}(?!\w) | ~~(?=\S) | ^\#{1,6}(?=\w)
    | (?<![\w*])\*(?=[^\W\d])(?![^*]{0,3}$)
    | \]\s?\(\s?(?:https?:|mailto:|www\.) | (?<=\w)\]\[
    # Other programs' merge fields
    | \*?\|[A-Z]\w*\|\*? | %%\w+%% | %\w+% | <<\s?\w+\s?>> | \[\[\s?\w+\s?\]\]
    | (?<![{\w])\{[A-Za-z]\w{2,}\}(?!\}) | \{%.*?%\} | \$\{\w+\}
    | \[(?i:(?:your\s)?(?:first|last|full|sur)?[\s_-]?name|fname|lname|unsubscribe|recipient|salutation)\]
    | (?<=Dear\s)(?:\[[^\]\[]{1,40}\]|<[^<>]{1,40}>|_{2,}|\.{3,}|…)
    | (?<!\w)-(?:firstName|first_name|name)-(?!\w)
    """,
    re.VERBOSE,
)


@rule("C01", Severity.ERROR)
def gaps_and_notes_to_oneself(evidence: Evidence) -> Iterator[Finding]:
    """What it does: looks for what nobody means to send: TODO, XX for a figure, ??, “[insert link]”, filler.

    Why it matters: it is the one thing that every reader will remember.
    Example: `The deficit is £XX,000.`
    Instead: write what is missing, or take the sentence out.
    """
    for passage in evidence.prose.passages:
        for found in _TO_WRITE.finditer(passage.text):
            if _means_something(found) or _is_merged(found[0], passage):
                continue
            yield Finding(f"“{_shortened(found[0])}” looks unfinished", passage.place(found[0]))


@rule("C02", Severity.WARNING)
def things_still_to_be_settled(evidence: Evidence) -> Iterator[Finding]:
    """What it does: looks for TBC and its like, and for remarks that seem meant for a colleague.

    Why it matters: a reader cannot tell what is open from what was forgotten.
    Example: `(Jo, can you check this with the office?)`
    Instead: settle it, or say in a sentence what is open and when it will be known.
    """
    for passage in evidence.prose.passages:
        for found in _NOT_SETTLED.finditer(passage.text):
            yield Finding(f"“{found[0]}” is still open", passage.place(found[0]))
        for found in _NOTE_TO_SELF.finditer(passage.text):
            yield Finding(f"“{_shortened(found[0])}” reads like a note to a colleague", passage.place(found[0]))


@rule("C03", Severity.ERROR)
def words_of_an_empty_draft(evidence: Evidence) -> Iterator[Finding]:
    """What it does: looks for the sentences that `newsletter new` writes to be replaced, and for a report
    that has a greeting and nothing below it.

    Why it matters: they say nothing, to everybody.
    Example: `What was said, what was decided, what you think of it.`
    Instead: write the section, or take it out with its heading.
    """
    body = [passage for passage in evidence.prose.body if not _GREETING.fullmatch(passage.text)]
    greetings = [passage for passage in evidence.prose.body if _GREETING.fullmatch(passage.text)]
    if greetings and not body and sum(section.holds for section in evidence.prose.sections) <= len(greetings):
        yield Finding(f"nothing stands below the greeting “{greetings[0].text}”", greetings[0].where)
    for passage in evidence.prose.passages:
        if passage.text.rstrip(".") in TEMPLATE:
            yield Finding(f"“{passage.text}” is what an empty draft says", passage.where)


@rule("C04", Severity.ERROR)
def debris_of_other_programs(evidence: Evidence) -> Iterator[Finding]:
    """What it does: looks for a word processor's error texts and codes, for letters of a wrong encoding, and,
    as a warning, for characters that nobody sees: of no width, or turning the direction of writing.

    Why it matters: a reader sees “Error! Bookmark not defined.” or “donâ€™t”, and wonders what else is wrong.
    An unseen character breaks a search, a link or a line, and filters take it for a spammer's trick.
    Example: `of which more in Error! Reference source not found.`
    Instead: write what stood there; paste as plain text.
    """
    for passage in evidence.prose.passages:
        for found in _DEBRIS.finditer(passage.text):
            yield Finding(f"“{_shortened(found[0])}” comes from a word processor", passage.place(found[0]))
        for word in _words_with(_MOJIBAKE, passage):
            yield Finding(f"“{_shortened(word)}” has letters of a wrong encoding", passage.place(word))
        for character, word in _unseen(passage):
            named = unicodedata.name(character, "a control").lower()
            message = f"a character that nobody sees ({named}) stands in “{_shortened(word)}”"
            yield Finding(message, passage.place(word), Severity.WARNING)


@rule("C05", Severity.WARNING)
def markup_that_readers_will_see(evidence: Evidence) -> Iterator[Finding]:
    """What it does: looks for tags, asterisks, brackets and other programs' merge fields that come out as text.

    Why it matters: only Markdown is turned into a layout, and only where it is whole; the rest is shown as it
    was typed.
    Example: `**Income is down`, `<b>down</b>`, `[the paper] (https://…)`, `*|FNAME|*`.
    Instead: close what is opened, leave no space inside a link, and write `{{ first_name | default("friend")
    }}`.
    """
    for passage in evidence.prose.passages:
        for found in _TYPED_MARKUP.finditer(passage.text):
            is_escaped = any(f"\\{found[0][0]}" in line for _, line in passage.lines)
            if not is_escaped and not _is_merged(found[0], passage):
                message = f"“{_shortened(found[0])}” will be shown to readers as it stands"
                yield Finding(message, passage.place(found[0]))


def _is_merged(text: str, passage: Passage) -> bool:
    """Whether it is a merge field that the writer put in brackets, and a reader sees their own words there."""
    fields = (field["name"] for _, line in passage.lines for field in FIELD.finditer(line))
    return any(text == f"[{name}]" for name in fields)


def _means_something(found: re.Match[str]) -> bool:
    """A Roman numeral or a name after the thing it counts, or a small word that is a code only in capitals."""
    word = found[0]
    if _CASED.fullmatch(word.upper()) and not word.isupper():
        return True
    numeral = word.split()[0]
    return numeral.isupper() and set(numeral) == {"X"} and bool(_ROMAN.search(found.string[: found.start()]))


def _words_with(pattern: re.Pattern[str], passage: Passage) -> Iterable[str]:
    return (word for word in passage.text.split() if pattern.search(word))


def _unseen(passage: Passage) -> Iterator[tuple[str, str]]:
    """Characters of no width, each with its word as it is seen; in Hebrew or Arabic they have work to do."""
    texts = [passage.text, *(unquote(link.address) for link in passage.links)]
    for text in filter(_UNSEEN.search, texts):
        if any(unicodedata.bidirectional(letter) in _RIGHT_TO_LEFT for letter in _UNSEEN.sub("", text)):
            continue
        for word in text.split():
            for character in dict.fromkeys(_UNSEEN.findall(word)):
                yield character, _UNSEEN.sub("", word)


def _shortened(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1].rstrip()}…"
