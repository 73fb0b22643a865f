"""What cannot stand in a draft as it is: pictures, footnotes, text struck through.

Rule: each leaves a sign in its place, so that nobody sends the report before it was looked at.
"""

from __future__ import annotations

from dataclasses import replace

from newsletter.documents.blocks import Block, Kind, Role, Run, Runs, merged, text_of
from newsletter.documents.mending.steps import Blocks, Change, Mended

PICTURES = "pictures"
FOOTNOTES = "footnotes"
STRUCK = "struck text"
NOTES_HEADING = "Notes"
PICTURE_HERE = "picture to put here"
"""In square brackets a check finds it, and says NOT READY."""


def mend(blocks: Blocks) -> Mended:
    """Put a sign for each, and the footnotes under a heading at the end."""
    changes: list[Change] = []
    text = [_block(block, changes) for block in blocks if block.role is not Role.NOTE]
    notes = [_block(block, changes) for block in blocks if block.role is Role.NOTE]
    if notes:
        changes.append(Change(FOOTNOTES, "", NOTES_HEADING))
        heading = Block(kind=Kind.HEADING, level=2, runs=(Run(text=NOTES_HEADING),), done=(FOOTNOTES,))
        text += [heading, *_numbered(notes)]
    return Mended.of((block for block in text if block.runs or block.rows or block.kind is Kind.RULE), changes)


def _numbered(notes: list[Block]) -> list[Block]:
    found: list[Block] = []
    for note in notes:
        is_more = bool(found) and note.number is not None and any(each.number == note.number for each in found)
        kind = Kind.PARAGRAPH if is_more or note.number is None else Kind.POINT
        found.append(note.having(FOOTNOTES, kind=kind, level=1, role=Role.TEXT))
    return found


def _block(block: Block, changes: list[Change]) -> Block:
    runs = _runs(block.runs, changes)
    rows = tuple(tuple(_runs(cell, changes) for cell in row) for row in block.rows)
    if any(run.marked and run.text.strip() for run in block.runs):
        marked = " ".join(text_of(tuple(run for run in block.runs if run.marked)).split())
        block = replace(block, look=(*block.look, f"highlighted in the document: “{marked}”"))
    if runs == block.runs and rows == block.rows:
        return block
    given = [run for row in (block.runs, *(cell for row in block.rows for cell in row)) for run in row]
    look = "a picture stood here" if any(run.role is Role.PICTURE for run in given) else ""
    look = look or ("a footnote is called here" if any(run.role is Role.NOTE for run in given) else "")
    look = look or ("this is struck through" if any(run.struck for run in given) else "")
    return block.having(
        PICTURES if "picture" in look else FOOTNOTES if "footnote" in look else STRUCK,
        look=look,
        runs=runs,
        rows=rows,
    )


def _runs(runs: Runs, changes: list[Change]) -> Runs:
    return merged(tuple(_run(run, changes) for run in runs))


def _run(run: Run, changes: list[Change]) -> Run:
    if run.role is Role.PICTURE:
        said = f"[{PICTURE_HERE}: {run.text}]" if run.text else f"[{PICTURE_HERE}]"
        changes.append(Change(PICTURES, "", said))
        return Run(text=said)
    if run.role is Role.NOTE:
        changes.append(Change(FOOTNOTES, "", f"[{run.text}]"))
        return Run(text=f"[{run.text}]")
    if run.struck and run.text.strip():
        return replace(run, struck=False, text=f"~~{run.text}~~")
    return run
