"""The same report as different people write it: each form is a function from what was meant to bytes."""

from __future__ import annotations

import re
from collections.abc import Callable
from textwrap import wrap

from tests.documents import word
from tests.documents.paper import Paper
from tests.documents.truth import Truth

Form = Callable[[Truth], tuple[str, bytes]]
"""Gives a file's name and its bytes."""


def word_with_bold_lines(truth: Truth) -> tuple[str, bytes]:
    """Word: bold lines for headings, bullets typed with tabs, raised suffixes."""
    made = []
    for kind, text in truth.items:
        match kind:
            case "T":
                made.append(word.paragraph(word.run(text, '<w:b/><w:sz w:val="32"/>')))
            case "H":
                made.append(word.paragraph(word.bold(text)))
            case "*":
                made.append(word.paragraph(word.run(f"•\t{text}")))
            case "o":
                made.append(word.paragraph(word.run(f"o\t{text}")))
            case "1":
                made.append(word.paragraph(word.run(f"{_number(truth, text)}.\t{text}")))
            case _:
                made.append(word.paragraph(*_with_raised(text)))
        made.append(word.paragraph())
    return "report.docx", word.document(*made)


def word_with_colons(truth: Truth) -> tuple[str, bytes]:
    """Word: headings are plain lines that end in a colon, now and then in a semicolon; lists are typed with dashes."""
    made, headings = [], 0
    for kind, text in truth.items:
        match kind:
            case "H":
                headings += 1
                made.append(
                    word.paragraph(
                        word.run(text if text.endswith("?") else f"{text}{';' if headings % 4 == 0 else ':'}")
                    )
                )
            case "*":
                made.append(word.paragraph(word.run(f"-  {text}")))
            case "o":
                made.append(word.paragraph(word.run(f"      –  {text}")))
            case "1":
                made.append(word.paragraph(word.run(f"({_number(truth, text)}) {text}")))
            case _:
                made.append(word.paragraph(word.run(text)))
    return "report.docx", word.document(*made)


def word_with_real_lists(truth: Truth) -> tuple[str, bytes]:
    """Word: underlined lines for headings, and lists by the button."""
    made = []
    for kind, text in truth.items:
        match kind:
            case "T":
                made.append(word.paragraph(word.run(text), style="Title"))
            case "H":
                made.append(word.paragraph(word.run(text, '<w:u w:val="single"/>')))
            case "*":
                made.append(word.paragraph(word.run(text), numbering=(word.BULLETS, 0)))
            case "o":
                made.append(word.paragraph(word.run(text), numbering=(word.BULLETS, 1)))
            case "1":
                made.append(word.paragraph(word.run(text), numbering=(word.NUMBERS, 0)))
            case _:
                made.append(word.paragraph(word.run(text)))
    return "report.docx", word.document(*made)


def word_with_soft_breaks(truth: Truth) -> tuple[str, bytes]:
    """Word: a section is one paragraph, its heading bold, all else on new lines by Shift and Enter."""
    made: list[str] = []
    runs: list[str] = []
    for kind, text in truth.items:
        if kind in "THPBDX" and runs:
            made.append(word.paragraph(*runs))
            runs = []
        marker = {"*": "\n•\t", "o": "\no\t", "1": f"\n{_number(truth, text)}.\t"}.get(kind, "")
        if kind == "H":
            runs = [word.bold(text), word.run("\n")]
        elif kind in "*o1S":
            runs.append(word.run(f"{marker}{text}" if marker else f"\n{text}"))
        elif made and made[-1] == "H":
            runs.append(word.run(text))
        else:
            runs.append(word.run(text))
    if runs:
        made.append(word.paragraph(*runs))
    return "report.docx", word.document(*made)


def pasted(truth: Truth) -> tuple[str, bytes]:
    """Pasted from Word: a paragraph a line, headings only short, bullets as signs."""
    lines = []
    for kind, text in truth.items:
        marker = {"*": "•\t", "o": "o\t", "1": f"{_number(truth, text)}.\t"}.get(kind, "")
        lines += [f"{marker}{text}", *([""] if kind not in "*o1S" else [])]
    return "report.txt", "\r\n".join(lines).encode()


def pasted_tight(truth: Truth) -> tuple[str, bytes]:
    """Pasted from Word without a single empty line."""
    lines = []
    for kind, text in truth.items:
        marker = {"*": "·\t", "o": "-\t", "1": f"{_number(truth, text)})\t"}.get(kind, "")
        lines.append(f"{marker}{text}")
    return "report.txt", "\n".join(lines).encode("cp1252", "replace")


def in_capitals(truth: Truth) -> tuple[str, bytes]:
    """Typed into a mail of 72 columns: headings in capitals, stars for bullets."""
    lines = []
    for kind, text in truth.items:
        match kind:
            case "H" | "T":
                lines += ["", text.upper(), ""]
            case "*" | "o" | "1":
                marker = {"*": "* ", "o": "    - ", "1": f"{_number(truth, text)}. "}[kind]
                lines += wrap(text, 72, initial_indent=marker, subsequent_indent=" " * len(marker))
            case _:
                lines += [*wrap(text, 72), ""]
    return "report.txt", "\n".join(lines).encode()


def text_layer(truth: Truth) -> tuple[str, bytes]:
    """The text layer of a PDF: broken lines, a running head, page numbers, split ordinals, no empty lines."""
    lines: list[str] = []
    for kind, text in truth.items:
        text = re.sub(r"(\d)(st|nd|rd|th)\b", r"\1 \2", text)  # noqa: PLW2901 - as the page draws it
        marker = {"*": "• ", "o": "o ", "1": f"{_number(truth, text)}. "}.get(kind, "")
        if kind in "*o" and len(text) % 3 == 0:
            # Some programs draw the sign as a line of its own.
            lines.append(marker.strip())
            marker = ""
        lines += wrap(f"{marker}{text}", 92)
    paged = []
    for page, start in enumerate(range(0, len(lines), 46), start=1):
        head = ["NEC report to members"] if page > 1 else []
        paged += [*head, *lines[start : start + 46], f"Page {page} of {-(-len(lines) // 46)}"]
    return "report.txt", "\n".join(paged).encode()


def printed(truth: Truth) -> tuple[str, bytes]:
    """A PDF as a word processor prints it."""
    paper = Paper(header="NEC report to members", footer="{number}")
    for kind, text in truth.items:
        match kind:
            case "T":
                paper.write(text, size=18, font="F2")
            case "H":
                paper.write(text, size=13, font="F2", before=14)
            case "*":
                paper.write(text, marker="•", indent=18)
            case "o":
                paper.write(text, marker="o", indent=36)
            case "1":
                paper.write(text, marker=f"{_number(truth, text)}.", indent=18)
            case _:
                paper.write(text)
    return "report.pdf", paper.pdf()


def printed_plainly(truth: Truth) -> tuple[str, bytes]:
    """A PDF in one size and weight, whose paragraphs are told apart by nothing but short last lines."""
    paper = Paper(footer="- {number} -")
    for kind, text in truth.items:
        marker = {"*": "–", "o": "–", "1": f"{_number(truth, text)})"}.get(kind, "")
        font = "F2" if kind in "TH" else "F1"
        paper.write(text, font=font, marker=marker, indent={"*": 12, "1": 12, "o": 30}.get(kind, 0), before=0)
    return "report.pdf", paper.pdf()


def _number(truth: Truth, text: str) -> int:
    """The number of a point in its list."""
    count = 0
    for kind, each in truth.items:
        count = count + 1 if kind == "1" else 0
        if each == text and kind == "1":
            return count
    return count


def _with_raised(text: str) -> list[str]:
    """Runs in which the suffixes of ordinals are raised, as Word makes them."""
    return [
        word.raised(part) if re.fullmatch("st|nd|rd|th", part) else word.run(part)
        for part in re.split(r"(?<=\d)(st|nd|rd|th)\b", text)
        if part
    ]


FORMS: tuple[Form, ...] = (
    word_with_bold_lines,
    word_with_colons,
    word_with_real_lists,
    word_with_soft_breaks,
    pasted,
    pasted_tight,
    in_capitals,
    text_layer,
    printed,
    printed_plainly,
)
