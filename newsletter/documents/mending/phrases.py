"""Words by which a line is known for what it is: a greeting, good wishes, the lead-in of a list.

Rule: only what people write again and again; a line that says nothing of itself is left to its place and style.
"""

from __future__ import annotations

import re

_I = re.IGNORECASE
_GREETING = re.compile(
    r"""
    (?: dear | hello | hi | greetings | good\ (?:morning|afternoon|evening) | comrades | friends | colleagues )
    \b [^.]{0,60} [,:!]? $
    """,
    _I | re.VERBOSE,
)
_CLOSING = re.compile(
    r"""
    (?: (?:with\ )? (?:very\ |all\ |my\ )? (?:best|kind|warm|warmest|kindest|good|many|every\ good)
            (?:\ and\ good)? \ ? (?:wishes|regards|thanks)?
        | (?:with\ )? (?:many\ )? thanks (?:\ and\ (?:best|good|kind)\ (?:wishes|regards))?
        | thank\ you | regards | solidarity | fraternally | cheers | sincerely | all\ the\ best
        | until\ next\ time
        | yours (?:\ (?:sincerely|ever|fraternally|faithfully|in\ solidarity))?
        | (?:yours\ )? in\ (?:solidarity|unity|friendship)
        | with\ every\ good\ wish
    ) \s* [,.!]? $
    """,
    _I | re.VERBOSE,
)
_CONTACT = re.compile(
    r"""
    \S@\S+\.\w | https?:// | \bwww\. | \b0\d{3,4}[ )]?\d{3}
    | ^(?: tel | telephone | phone | mobile | e-?mail | web | website | twitter | facebook | address | x
        | bluesky | contact ) \s* :
    """,
    _I | re.VERBOSE,
)
_WEEKDAY = r"(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day,?\s+)?"
_MONTH = (
    r"(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?|Oct(?:ober)?"
    r"|Nov(?:ember)?|Dec(?:ember)?)"
)
_DATE_ALONE = re.compile(
    rf"{_WEEKDAY}\d{{1,2}}(?:st|nd|rd|th)?\s+(?:of\s+)?{_MONTH},?(?:\s+\d{{4}})?"
    rf"|\d{{1,2}}[./-]\d{{1,2}}[./-]\d{{2,4}}|\d{{4}}-\d{{2}}-\d{{2}}|(?:{_MONTH}|Spring|Summer|Autumn|Winter)\s+\d{{4}}",
    _I,
)
_DETAIL = re.compile(
    r"(?:date|time|day|place|venue|location|where|when|present|in attendance|apologies|chair|clerk|secretary"
    r"|author|subject|title|to|from|cc|actions?|proposed|seconded)\s*:\s*\S.*",
    _I,
)
"""What stands at the top of minutes: “Venue: Village Hall”."""
_PART = re.compile(r"(?!no\b)(?:[\w’'-]+ ){1,4}(?:reports?|business|matters|session|updates?|news)", _I)
_DATE = re.compile(
    rf"\b{_WEEKDAY}(?:the\s+)?\d{{1,2}}(?:st|nd|rd|th)?\s+(?:of\s+)?{_MONTH}(?:,?\s+\d{{4}})?\b"
    r"|\b\d{1,2}[./-]\d{1,2}[./-](?:\d{4}|\d\d)\b|\b\d{4}-\d{2}-\d{2}\b",
    _I,
)
_OFFICE = (
    r"(?:Leader|Deputy|General|Chair|Treasurer|Secretary|President|Director|Executive|National|Regional|Local"
    r"|Shadow|Cabinet|Committee|Conference|Policy|Party|Parliament)\b"
)
_APPOINTMENT = re.compile(
    rf"{_WEEKDAY}\d{{1,2}}(?:st|nd|rd|th)?\s+{_MONTH}\b.*\b\d{{1,2}}(?:[.:]\d\d)?\s*[ap]m\b.*", _I
)
"""“Wednesday 14 February, 7pm, on Zoom”."""
_BYLINE = re.compile(
    r"(?i:(?:(?:a )?(?:personal )?(?:report|notes|account|bulletin|newsletter|minutes)\s+"
    r"(?:(?:to|for)\s[\w ]+?\s)?)?"
    r"(?:(?:taken|written|compiled|prepared|edited)\s+)?(?:by|from))\s+"
    rf"(?!{_OFFICE})[A-Z][a-z]|(?i:by)\s+[A-Z]{{2,}}\b"
)
"""“Report from General Secretary” heads a section; “Report from Ada Finch” says who writes."""
_PERSON = re.compile(
    r"[A-Z][\w'’-]+(?: [A-Z][\w'’.-]+){1,3}(?:,| \(| [–—-] ) ?.*"
    r"\b(?:representative|delegate|member|NEC|section|CLP|councillor|officer|chair|secretary|treasurer|rep)\b.*"
)
_TITLED = re.compile(
    r"(?:Cllr|Councillor|Mrs?|Ms|Miss|Dr|Prof(?:essor)?|Rev|Sir|Dame|Lord|Lady)\.?"
    r"(?: [A-Z](?:[\w-]*[\w]|\.)){1,3}(?:, .*)?"
)
"""“Cllr Ada Finch, Marsh ward”."""
_NAME = re.compile(r"[A-Z][\w’'.-]+(?: [A-Z][\w’'.-]+){1,3}(?:, .+)?")
_ROLE = re.compile(
    r"(?:NEC|CLP)\s+(?:\w+\s+)?[Ss]ection|"
    r"(?:[A-Z][\w’'-]+\s+){0,4}(?:member|representative|delegate)\b(?:\s*[,(–-].*|\s+(?:of|for)\b.*)?"
)
_LEADS_IN = re.compile(
    r"""
    \b(?:follow(?:s|ing)|includ(?:e|es|ed|ing)|said|says|asked|agreed|decided|were|are|was|is|be|been|have|has|had
        |will|would|can|could|should|must|may|might|these|this|those|they|we|you|it|he|she|there|here|who|which
        |wanted|heard|noted|raised|reported|proposed|resolved|voted|approved|means|meant|do|did|does|note|see
        |made|gave|took|set|put|came|went|told|showed|covers|covered|gets|got)\b
    | \b\w{3,}ed\ (?:the|a|an|that|to|us|our|some|his|her|their|its|two|three|four|five)\b
    | \b(?:two|three|four|five|six|seven|eight|nine|ten|several|some)\ (?:\w+\ )?\w+s\s*[:;]?$
    | ^(?:the|this|we|members|colleagues|speakers|people|others|NEC)\b .* \b\w{2,}ed\s*[:;]?$
    | [.!?]\ +[A-Z]
    | ^(?:I|my|among|amongst|including|such\ as)\b | \bI\b
    """,
    _I | re.VERBOSE,
)
_LEADING_ON = frozenset(("a", "an", "and", "at", "by", "from", "of", "or", "that", "the", "to"))
_ASKS = re.compile(r"(?:What|Where|How|Why|When|Who|Whose)\b")
_ONLY_LEADS = re.compile(
    r"""
    (?: (?:the|some|other|my|our|key|main|two|three|four|five|six|more|further|also) \  )*
    (?: points? | questions? | decisions? | actions? | issues? | highlights? | dates? | figures?
        | reasons? | examples? | results? | votes? | arguments? | for | against | in\ brief | in\ short
        | namely | for\ example
        | for\ instance | notably | plus | first | second | finally | summary )
    (?: \ (?:of\ note|discussed|raised|covered|agreed) | \ for\ .* )? \s* :?
    """,
    _I | re.VERBOSE,
)


def is_no_heading(text: str) -> bool:
    """Whether a short line is a greeting, good wishes, a date, a byline, a detail, or how to reach somebody."""
    text = text.strip()
    return bool(
        _GREETING.fullmatch(text)
        or _CLOSING.fullmatch(text)
        or _CONTACT.search(text)
        or _DATE_ALONE.fullmatch(text)
        or _BYLINE.match(text)
        or _PERSON.fullmatch(text)
        or _TITLED.fullmatch(text)
        or _DETAIL.fullmatch(text)
        or _APPOINTMENT.fullmatch(text)
    )


def is_greeting(text: str) -> bool:
    """Whether a line greets the reader, as the first line of a letter does."""
    return bool(_GREETING.fullmatch(text.strip()))


def is_closing(text: str) -> bool:
    """Whether a line is the good wishes at the end of a letter."""
    return bool(_CLOSING.fullmatch(text.strip().split("\n")[0]))


def is_date(text: str) -> bool:
    """Whether a line is a date and nothing else."""
    return bool(_DATE_ALONE.fullmatch(text.strip()))


def is_byline(text: str) -> bool:
    """Whether a line says who wrote this."""
    return bool(_BYLINE.match(text.strip()))


def leads_in(text: str) -> bool:
    """Whether a line that ends in a colon is the beginning of a sentence that a list completes."""
    return bool(_LEADS_IN.search(text))


def leads_on(text: str) -> bool:
    """Whether a line ends with a word after which it goes on below: “changes to the”."""
    return text.rstrip(":; ").rsplit(maxsplit=1)[-1].lower() in _LEADING_ON


def asks(text: str) -> bool:
    """Whether a line begins as a question does that a section answers: “Where I have been”."""
    return bool(_ASKS.match(text))


def is_role(text: str) -> bool:
    """Whether a line says what somebody is: “NEC member (Trade Union Section)”; a name stands above it."""
    return bool(_ROLE.fullmatch(text.strip()))


def names_writer(text: str) -> bool:
    """Whether a whole line says who writes: “By Ada Finch”, “Ada Finch, branch secretary”."""
    return bool(_PERSON.fullmatch(text.strip()) or (text[:1].isupper() and _BYLINE.match(text)))


def may_be_name(text: str) -> bool:
    """Whether a line may be somebody’s name, with a place or not: two to four words with capitals."""
    return bool(_NAME.fullmatch(text.strip())) and not (names_part(text) or re.search(_OFFICE, text))


def is_name_of_section(text: str) -> bool:
    """Whether a line that ends in a colon above a list names a subject."""
    return not leads_in(text) and not _ONLY_LEADS.fullmatch(text.strip())


def names_part(text: str) -> bool:
    """Whether a line names a part of a meeting, so that a heading may follow: “General Secretary’s report”."""
    return bool(_PART.fullmatch(text.strip()))


def without_dates(text: str) -> str:
    """A text without the whole dates in it."""
    return _DATE.sub("", text)
