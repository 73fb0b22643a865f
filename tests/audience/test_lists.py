"""Lists as spreadsheets write them: what is read, what is told, what is refused."""

from __future__ import annotations

import csv
from io import BytesIO, StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.audience.lists import CsvList, inspect
from newsletter.errors import SourceError

Rows = list[tuple[int, list[str]]]


def open_list(data: bytes) -> CsvList:
    return inspect("members.csv", lambda: BytesIO(data), folder="lists")


def read(text: str, encoding: str = "utf-8") -> tuple[Rows, Rows]:
    """The good rows, and the bad ones with what is wrong with them."""
    bad: Rows = []
    held = open_list(text.encode(encoding))
    return list(held.rows(lambda line, why: bad.append((line, [why])))), bad


def message(data: bytes) -> str:
    """What a person reads when a list is refused, at once or while it is read."""
    with pytest.raises(SourceError) as wrong:
        list(open_list(data).rows(lambda _line, _why: None))
    assert wrong.value.exit_code == 3
    return str(wrong.value)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_a_list_is_read_whatever_wrote_it(encoding: str, line_end: str) -> None:
    """With and without BOM, with every kind of line end."""
    good, bad = read(line_end.join(["Email,First Name", "jo@example.org,Siân", ""]), encoding)
    assert (good, bad) == ([(2, ["jo@example.org", "Siân"])], [])


def test_windows_1252_is_recognised_and_said() -> None:
    """A spreadsheet's accents arrive right, and the plan can say how they were read."""
    held = open_list("email,first_name\njo@example.org,Siân – “O’Brien”\n".encode("cp1252"))
    assert [row for _, row in held.rows(lambda _line, _why: None)] == [["jo@example.org", "Siân – “O’Brien”"]]
    assert held.notes == ("read as Windows-1252, as spreadsheets write it: not UTF-8",)


@pytest.mark.parametrize(("mark", "word"), [(";", "semicolons"), ("\t", "tabs")])
def test_other_delimiters_are_recognised_and_said(mark: str, word: str) -> None:
    """Semicolons and tabs, as spreadsheets of other countries write them."""
    held = open_list(f'email{mark}"clp"\njo@example.org{mark}Anytown, North\n'.encode())
    assert held.columns == ("email", "clp")
    assert [row for _, row in held.rows(lambda _line, _why: None)] == [["jo@example.org", "Anytown, North"]]
    assert held.notes == (f"separated by {word}",)


def test_cells_are_tidied_at_the_door() -> None:
    """Trimmed, NFC, on one line, without control and steering characters; joiners of emoji stay."""
    good, _ = read(
        'email,a,b,c\n jo@example.org ,"two\nlines\there","Sia\u0302n\x00\u202e\ufeff", 👩\u200d🌾\u00a0\n'
    )
    assert good == [(2, ["jo@example.org", "two lines here", "Siân", "👩\u200d🌾"])]


def test_line_numbers_are_those_of_the_file() -> None:
    """Blank lines and quoted line breaks count; a row is told by the line it starts on."""
    good, bad = read('\nemail,note\n\na@example.org,"one\ntwo\nthree"\n,\nb@example.org,x,y\nc@example.org,z\n')
    assert [line for line, _ in good] == [4, 9]
    assert bad == [(8, ["it has 3 cells, and the header has 2"])]


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("jo@example.org", "it has 1 cell, and the header has 3"),
        ("jo@example.org,Jo", "it has 2 cells, and the header has 3"),
        ("jo@example.org,Jo,Anytown,more", "it has 4 cells, and the header has 3"),
        ('jo@example.org,"Jo" Bloggs,x', "text follows a closing quote; write a quote inside a cell twice"),
        (f"jo@example.org,{'x' * 131_073},y", "it has a cell of more than 131,072 characters"),
    ],
)
def test_a_bad_row_is_told_and_the_others_are_read(row: str, why: str) -> None:
    """Ragged rows and stray quotes cost one row only."""
    good, bad = read(f"email,first_name,clp\na@example.org,A,x\n{row}\nb@example.org,B,y\n")
    assert [cells[0] for _, cells in good] == ["a@example.org", "b@example.org"]
    assert bad == [(3, [why])]


def test_surplus_blank_cells_are_no_fault() -> None:
    """Spreadsheets leave commas at the end of a row, and rows of commas alone."""
    good, bad = read("email,clp\njo@example.org,x,,  \n,,,\n , \n")
    assert (good, bad) == ([(2, ["jo@example.org", "x"])], [])


QUOTE = (
    "a quote is opened here and runs on into other rows\n"
    '    Close it, or write a quote inside a cell twice: "Jo ""the chair"" Bloggs".'
)
SAVE = "    Save it from the spreadsheet as “CSV UTF-8”."


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "lists/members.csv: the list is empty\n    Its first line must name the columns."),
        (b"\n\n", "lists/members.csv: the list is empty\n    Its first line must name the columns."),
        (
            "email\njo@example.org\n".encode("utf-16"),
            f"lists/members.csv: this list is in UTF-16 (“Unicode text”)\n{SAVE}",
        ),
        (
            "email\njo@example.org\n".encode("utf-16-le"),
            f"lists/members.csv: this list is in UTF-16 (“Unicode text”)\n{SAVE}",
        ),
        (b"PK\x03\x04\x14\x00", f"lists/members.csv: this is a spreadsheet, not a CSV file\n{SAVE}"),
        (
            "email,name\na@example.org,Siân\n".encode() + b"b@example.org,Si\xe2n\n",
            (
                "lists/members.csv:3: this line is not UTF-8\n"
                "    Open it in a spreadsheet, mend the letters on that line, and save it as “CSV UTF-8”."
            ),
        ),
        (
            b"email,name\na@example.org,\x81\n",
            (
                "lists/members.csv:2: this line is not UTF-8\n"
                "    Open it in a spreadsheet, mend the letters on that line, and save it as “CSV UTF-8”."
            ),
        ),
        (
            b"E-mail,name\na@example.org,x\n",
            (
                "lists/members.csv:1: there is no column 'email'\n"
                "    Is it 'E-mail'? The column of the addresses must be called email."
            ),
        ),
        (
            b"name,clp\nx,y\n",
            (
                "lists/members.csv:1: there is no column 'email'\n"
                "    The column of the addresses must be called email."
            ),
        ),
        (
            b"a@example.org,Jo\nb@example.org,Sam\n",
            (
                "lists/members.csv:1: the first line holds a person\n"
                "    The first line must name the columns: email, first_name, …"
            ),
        ),
        (
            b"email,First Name,first_name,\na@example.org,x,y,\n",
            (
                "lists/members.csv:1: column 4 has no name\n"
                "    Name it in the first line, or remove the column.\n"
                "lists/members.csv:1: columns 2 and 3 are both 'first_name'\n"
                "    Rename one, or remove it."
            ),
        ),
        (b'"email,name\na@example.org,x\n', f"lists/members.csv:1: {QUOTE}"),
        (b'email,name\na@example.org,"x\nb@example.org,y\nc@example.org,z\n', f"lists/members.csv:2: {QUOTE}"),
        (b'email,name\na@example.org,"x\nb@example.org,"y",z\n', f"lists/members.csv:2: {QUOTE}"),
        (
            b'email,name\na@example.org,"x\nb@example.org,y\n"\nc@example.org,z\n',
            f"lists/members.csv:2: {QUOTE}",
        ),
        (b'email,name\na@example.org,"x\nb@example.org"\nc@example.org,z\n', None),
    ],
)
def test_what_could_lose_many_rows_stops_the_run(data: bytes, told: str | None) -> None:
    """Encodings, headers and quotes that cannot be trusted are refused with the line and what to do."""
    if told is None:
        assert len(list(open_list(data).rows(lambda _line, _why: None))) == 2
    else:
        assert message(data) == told


def test_no_refusal_shows_an_address() -> None:
    """A list without a header is refused without repeating the person on its first line."""
    assert "jo@" not in message(b"jo@example.org,Jo\n")


@pytest.mark.parametrize(
    "changed", [b"email,clp\n\xff\xff,x\n", b"clp,email\nx,a@example.org\n", b'"email,clp\n', b""]
)
def test_a_list_that_changes_between_two_readings_is_refused(changed: bytes) -> None:
    """Another program saved the file: its cells must not land in the wrong columns."""
    texts = iter([b"email,clp\na@example.org,x\n"] * 2 + [changed])
    held = inspect("members.csv", lambda: BytesIO(next(texts)), folder="lists")
    with pytest.raises(SourceError, match=r"lists/members\.csv: the list was changed since it was opened"):
        list(held.rows(lambda _line, _why: None))


CELLS = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=12)


@given(st.lists(st.tuples(CELLS, CELLS), max_size=8), st.sampled_from([",", ";", "\t"]))
def test_whatever_a_csv_writer_writes_is_read_back(people: list[tuple[str, str]], mark: str) -> None:
    """Any cells, with any of the delimiters, come back in NFC, and no row is lost."""
    text = StringIO()
    csv.writer(text, delimiter=mark).writerows([("email", "name"), *people])
    good, bad = read(text.getvalue())
    assert bad == []
    assert [row for _, row in good] == [[_nfc(cell) for cell in person] for person in people]


def _nfc(text: str) -> str:
    from unicodedata import normalize  # noqa: PLC0415

    return normalize("NFC", text)
