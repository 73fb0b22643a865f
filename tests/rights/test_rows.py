"""One person's rows in the lists: found however they are written, and taken out with nothing else changed."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.rights.rows import names, search, without
from newsletter.workspace import Workspace
from tests.cli.small import SETTINGS, Small

JO = "jo@example.org"
HEAD = "email,first_name,note\r\n"


def workspace(root: Path, **lists: str | bytes) -> Workspace:
    small = Small(root)
    small.write("newsletter.yaml", SETTINGS)
    for name, content in lists.items():
        small.write(f"lists/{name}.csv", content)
    return Workspace.open(root, {"NEWSLETTER_SECRET": "s"})


def taken_out(opened: Workspace, name: str = "members.csv") -> bytes:
    opened.change_list(name, partial(without, name=name, key=JO))
    return (opened.root / "lists" / name).read_bytes()


OTHERS = "a@example.org,A,\r\n"
TWO_LINES = 'b@example.org,B,"x\r\ny"\r\n'
BOTH = '"jo@example.org, b@example.org",Both,\r\n'


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (f"{HEAD}{OTHERS}JO@Example.org,Jo,\r\n{TWO_LINES}", f"{HEAD}{OTHERS}{TWO_LINES}"),
        (f'{HEAD}jo@example.org,Jo,"two\r\nlines"\r\n{TWO_LINES}', f"{HEAD}{TWO_LINES}"),
        (f"\ufeff{HEAD}jo@example.org,Jo,\r\n", f"\ufeff{HEAD}"),
        ("email;name\nb@example.org;B\n jo@example.org ;Jo", "email;name\nb@example.org;B\n"),
        (f"{HEAD}<jo@example.org>,Jo,\r\n\r\n,,\r\njo@example.org,again\r\n", f"{HEAD}\r\n,,\r\n"),
        (f"{HEAD}b@example.org,B,jo@example.org\r\n", f"{HEAD}b@example.org,B,jo@example.org\r\n"),
        (f"{HEAD}{BOTH}", f"{HEAD}{BOTH}"),
    ],
)
def test_their_rows_go_and_every_other_byte_stays(tmp_path: Path, before: str, after: str) -> None:
    """Case, spaces, brackets, rows too short, several lines in a cell, other delimiters; nobody else's row."""
    opened = workspace(tmp_path, members=before)
    assert taken_out(opened).decode() == after


def test_a_list_in_windows_1252_stays_one(tmp_path: Path) -> None:
    """As the spreadsheet wrote it."""
    before = "email,name\r\nb@example.org,Siân\r\njo@example.org,Zoë\r\n".encode("cp1252")
    assert taken_out(workspace(tmp_path, members=before)) == "email,name\r\nb@example.org,Siân\r\n".encode(
        "cp1252"
    )


def test_every_list_is_searched_and_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    """Also those that no segment names; a quote left open would hide the rows behind it."""
    opened = workspace(
        tmp_path,
        spare=f"email\n{JO}\n",
        wide="email\n".encode("utf-16"),
        open_quote=f'email,name\na@example.org,"A\n{JO},Jo\n',
    )
    found = search(opened, JO)
    assert [(row.file, row.first_line) for row in found.rows] == [("spare.csv", 2)]
    assert sorted(found.unreadable) == ["open_quote.csv", "wide.csv"]


@pytest.mark.parametrize(
    ("cell", "theirs"),
    [
        (JO, True),
        (" Jo@EXAMPLE.org ", True),
        ("mailto:jo@example.org", True),
        ("Jo <jo@example.org>", True),
        ("jo@example.org.uk", False),
        ("ajo@example.org", False),
        ("jo@example.org; b@example.org", False),
    ],
)
def test_a_cell_is_theirs_if_it_names_them_and_nobody_else(cell: str, theirs: bool) -> None:
    """However it is written."""
    assert names(cell, JO) is theirs


ROW = st.tuples(
    st.sampled_from([JO, "JO@EXAMPLE.ORG", "a@example.org", "b@example.org", "broken"]),
    st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\x00@"), max_size=6),
)


@given(st.lists(ROW, max_size=8), st.sampled_from(["\n", "\r\n"]))
def test_what_is_left_is_what_others_would_have_written(rows: list[tuple[str, str]], end: str) -> None:
    """Line by line, whatever stands in the cells."""
    lines = [f'{email},"{name.replace(chr(34), chr(34) * 2)}"{end}' for email, name in rows]
    data = f"email,name{end}{''.join(lines)}".encode()
    left = [line for line, (email, _) in zip(lines, rows, strict=True) if email.lower() != JO]
    assert without(data, name="members.csv", key=JO).decode() == f"email,name{end}{''.join(left)}"
