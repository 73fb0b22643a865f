"""The writer's own disclaimer and imprint. The program writes both into every copy, so the text need not.

Rule: whole sentences are taken out, and only such as say nothing but that this is one person's account; what
reads like one elsewhere in the text is left, and shown.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from newsletter.documents.blocks import Block, Kind, cut, merged, stripped, text_of
from newsletter.documents.mending.masthead import Author
from newsletter.documents.mending.steps import Blocks, Change, Mended

STEP = "disclaimer"
IMPRINT = "imprint"

_HEAD, _FOOT = 12, 14
"""Blocks from either end in which a disclaimer stands."""
_LONGEST_WORDS = 60
_SENTENCE = re.compile(r"(?:\s*\b[Nn]\.[Bb]\.)?[^.!?\n]+(?:[.!?](?=\w)[^.!?\n]*)*(?:[.!?]+[\"”’)\]]*|$|(?=\n))")
_I = re.IGNORECASE
_NOT_OFFICIAL = re.compile(
    r"""
    \b(?:not|nor|\w+n[’']t|rather\ than|neither|never|no|nobody|without
        |nothing\ (?:in\ (?:this|these|my)|here|above|said\ here))\b
    [^.!?]{0,70}?
    \b(?:official|formal|approved|agreed|authori[sz]ed|endorsed|verbatim|minutes?)\b
    | \bunofficial\b
    """,
    _I | re.VERBOSE,
)
_OWN = re.compile(
    r"""
    \b(?: personal(?:ly)? | my\ own | mine | individual | one\ member[’']s
        | solely\ (?:my|those\ of\ the\ (?:author|writer)) )\b
    """,
    _I | re.VERBOSE,
)
_ACCOUNT = re.compile(
    r"\b(?:account|report|record|notes?|bulletin|summary|views?|opinions?|impressions?|capacity|minutes"
    r"|recollections?|statements?)\b",
    _I,
)
_VIEWS = re.compile(
    r"""
    \b(?:views?|opinions?|comments?|interpretations?)\b [^.!?]{0,60} \b(?:are|is)\b [^.!?]{0,30}
    \b(?:my\ own|mine|personal|those\ of\ the\ (?:author|writer)|my\ personal)\b
    | \b(?:does|do|should|must|may|can)\s*(?:not|n[’']t)\b [^.!?]{0,40}
    \b(?:represent|reflect|be\ (?:taken|read|treated|regarded|quoted|cited|seen|considered|used)\ as)\b
    [^.!?]{0,60}
    \b(?:views?|positions?|policy|official|opinions?|party|committee|NEC|executive)\b
    """,
    _I | re.VERBOSE,
)
_ABOUT_ITSELF = re.compile(
    r"""
    ^[\W_]*
    (?: (?: (?:please\ (?:note|remember|be\ aware)|note|nb|disclaimer|caveat|important)\b | n\.b\. ) \W* )?
    (?:that\s+)?
    (?: this | these | it | they | the\ (?:views|opinions|above|contents?|notes|report) | any | all | views
        | opinions | my | a | an | personal | not | as\ (?:always|ever|usual)
        | nothing\ (?:in|here|above|said\ here) | written
        | I\ (?:circulate|send|share|offer|publish)\ (?:this|these|it)
        | I\ (?:write|am\ writing|have\ written)
        | (?:please\s+)? (?:do\ not|don[’']t) \s+\w+\s+ (?:this|these|it|them) ) \b
    """,
    _I | re.VERBOSE,
)
_IS_OWN = re.compile(
    r"""
    \b(?:is|are|represents?|reflects?|gives?)\s+ (?:only\s+|just\s+|purely\s+|all\s+)?
    (?: mine\b | my\s+own\b | \w+[’']s\s+own\b | one\s+(?:member|person)[’']s\b
        | (?:(?:a|my)\s+)? (?:own\s+)? (?:purely\s+)? personal\b )
    | \b(?:write|writing|written|prepared|produced|issued|given|made)\b [^.!?]{0,40} \bpersonal\ capacity\b
    | \bmy\b [^.!?]{0,60} \bnot\ (?:that|those)\ of\b
    """,
    _I | re.VERBOSE,
)
_SAYS_MORE = re.compile(r"\bthat\b(?!\s+of\b)", _I)
"""“It is my personal view that we were misled” says something of its own."""
_TELLS = re.compile(r"\b(?:was|were)(?:\s+not|n[’']t)\b", _I)
"""“This was not agreed, and a report will come in July” tells of the meeting."""
_LABEL = re.compile(r"^\W*disclaimer\W*$", _I)
_PERMITS = re.compile(
    r"""
    ^(?P<kept> .* \b(?:circulate|share|forward|post|publish|copy|reproduce|distribute|pass|use)\b .*? )
    (?P<cut> ,?\s* (?:but\s+)? (?:only\s+)?
        (?: as | on\ the\ basis\ that\ it\ is
            | provided\ (?:that\ )? it\ is\ (?:made\ )? clear\ that\ (?:it|this)\ is ) \s+
        (?:a|my)\s+personal\b .*? )
    (?P<end> [.!?]* )$
    """,
    _I | re.DOTALL | re.VERBOSE,
)
_IMPRINT = re.compile(
    r"\b(?:printed,? (?:published|promoted)|published|promoted)\b[^.\n]{0,30}\bby\b", re.IGNORECASE
)
_POINTS = re.compile(
    r"\W*(?:for\ the|the)?\ ?(?:official|formal|approved)\ (?:record|minutes?|report|account)\b.*"
    r"\b(?:see|follow|published|available|issued|found|circulated|consult|read)\b",
    _I,
)
"""“For the official record see the minutes” says beside a disclaimer what the program's own says."""
_WORD = re.compile(r"\w+")


def mend(blocks: Blocks, author: Author) -> Mended:
    """Take out what the program says itself."""
    changes: list[Change] = []
    mended: list[Block] = []
    last = len(blocks)
    for index, block in enumerate(blocks):
        at_edge = index < _HEAD or index >= last - _FOOT
        block_left = _imprint(block, author, changes) if index >= last - _FOOT else block
        if block_left is not None:
            block_left = _block(block_left, author, changes, at_edge=at_edge)
        if block_left is not None:
            mended.append(block_left)
    return Mended.of(_without_labels(mended, changes), changes)


def _block(block: Block, author: Author, changes: list[Change], *, at_edge: bool) -> Block | None:
    """A block without the disclaimer in it; None where it holds nothing else."""
    if block.kind not in {Kind.PARAGRAPH, Kind.POINT, Kind.HEADING}:
        return block
    runs, text = block.runs, block.text
    taken = False
    sentences = list(_SENTENCE.finditer(text))
    beside = any(_is_disclaimer(each[0], author) for each in sentences)
    for found in reversed(sentences):
        sentence = found[0]
        if not (_is_disclaimer(sentence, author) or (beside and _POINTS.match(sentence))):
            continue
        if not at_edge:
            return replace(block, look=(*block.look, f"reads like a disclaimer: “{_shortened(sentence)}”"))
        start, end, said = _what_to_cut(found)
        changes.append(Change(STEP, said))
        runs = merged((*cut(runs, 0, start), *cut(runs, end)))
        taken = True
    if not taken:
        return block
    runs = stripped(runs)
    return block.having(STEP, runs=runs) if any(map(str.isalnum, text_of(runs))) else None


def _what_to_cut(found: re.Match[str]) -> tuple[int, int, str]:
    """The sentence; of one that also lets people pass the report on, only the end."""
    permits = _PERMITS.match(found[0])
    if permits and not _OWN.search(permits["kept"]):
        start = found.start() + permits.start("cut")
        return start, found.start() + permits.end("cut"), permits["cut"]
    return found.start(), found.end(), found[0]


def _is_disclaimer(sentence: str, author: Author) -> bool:
    words = sentence.split()
    if len(words) < 3 or len(words) > _LONGEST_WORDS:  # noqa: PLR2004 - “Not official.” is no disclaimer
        return False
    if author.disclaimer and _same_words(sentence, author.disclaimer):
        return True
    not_official = bool(_NOT_OFFICIAL.search(sentence))
    own = bool(_OWN.search(sentence)) and bool(_ACCOUNT.search(sentence))
    permits = bool(_PERMITS.match(sentence))
    if not_official and own and (permits or _ABOUT_ITSELF.match(sentence) or _ACCOUNT.search(sentence)):
        return True
    about_itself = bool(_ABOUT_ITSELF.match(sentence))
    return about_itself and (
        bool(_VIEWS.search(sentence))
        or (not_official and bool(_ACCOUNT.search(sentence)) and not _TELLS.search(sentence))
        or _is_only_personal(sentence)
        or permits
    )


def _is_only_personal(sentence: str) -> bool:
    """“This is my personal account of the meeting.”"""
    says_so = bool(_IS_OWN.search(sentence)) and bool(_ACCOUNT.search(sentence))
    return says_so and not _SAYS_MORE.search(sentence)


def _same_words(sentence: str, disclaimer: str) -> bool:
    """Whether a sentence is one of the program's own disclaimer."""
    said = " ".join(_WORD.findall(disclaimer.lower()))
    return " ".join(_WORD.findall(sentence.lower())) in said and len(sentence.split()) > 4  # noqa: PLR2004


def _imprint(block: Block, author: Author, changes: list[Change]) -> Block | None:
    """A block without the imprint, where it is the one that every mail carries."""
    if block.kind is not Kind.PARAGRAPH or not _IMPRINT.search(block.text):
        return block
    own = set(_WORD.findall(author.imprint.lower()))
    words = set(_WORD.findall(block.text.lower()))
    if own and words <= own | {
        "printed",
        "published",
        "promoted",
        "and",
        "by",
        "on",
        "behalf",
        "of",
        "at",
        "in",
        "electronically",
    }:
        changes.append(Change(IMPRINT, block.text))
        return None
    return replace(block, look=(*block.look, "an imprint: every mail carries the one of newsletter.yaml"))


def _without_labels(blocks: list[Block], changes: list[Change]) -> Iterator[Block]:
    """Without a heading that announced the disclaimer and nothing else."""
    taken = bool(changes)
    for block in blocks:
        if taken and _LABEL.match(block.text) and block.kind in {Kind.HEADING, Kind.PARAGRAPH}:
            changes.append(Change(STEP, block.text))
        else:
            yield block


def _shortened(text: str) -> str:
    said = " ".join(text.split())
    return said if len(said) <= 70 else f"{said[:69].rstrip()}…"  # noqa: PLR2004 - a line on a terminal
