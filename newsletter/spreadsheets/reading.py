"""Files of rows, as spreadsheets and other tools write them: bytes in, sheets out.

Rule: a cell is text as a person would read it; a date is ISO 8601, a whole number has no point, and a line that
cannot be parsed stops the reading, since every row after it would stand in the wrong columns.
"""

from __future__ import annotations

import csv
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from datetime import date, datetime, time
from enum import StrEnum
from io import BytesIO, StringIO
from typing import Any

from newsletter.decoding import decoded
from newsletter.errors import Refused
from newsletter.spreadsheets.tables import Sheet, as_json

MAX_BYTES = 60_000_000
"""Half a million people, as tools export them with all that they know."""
_MAX_ROWS = 1_000_000
_MOST_UNPACKED_BYTES = 250_000_000
"""Half a million rows of eight cells are some 200 MB of XML."""
_DELIMITERS = ",;\t|"
_SAMPLE = 20
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")


class Form(StrEnum):
    """What is read."""

    WORKBOOK = "workbook"
    """.xlsx, .ods, .xls: calamine tells them apart."""
    CSV = "csv"
    ZIP = "zip"
    """Several CSV files, as Mailchimp exports an audience."""


def recognised(data: bytes) -> Form:
    """Which form a file has, by its first bytes. Raises `Refused`."""
    if not data.strip():
        raise Refused("the file is empty")
    if len(data) > MAX_BYTES:
        raise Refused(
            f"the file has more than {MAX_BYTES / 1e6:.0f} MB", "Export the columns that are needed alone."
        )
    if data.startswith(_OLE):
        if _ENCRYPTED in data:
            raise Refused(
                "the spreadsheet is protected by a password", "Open it, and save it without the password."
            )
        return Form.WORKBOOK
    if data.startswith(b"PK"):
        is_book = b"xl/" in data or b"content.xml" in data
        return Form.WORKBOOK if is_book else Form.ZIP
    if data.startswith((b"%PDF", b"{\\rtf", b"\x89PNG")) or data[:2000].count(0) > len(data[:2000]) // 2:
        raise Refused("this is no spreadsheet", "Export the people as CSV or as .xlsx.")
    return Form.CSV


def answer(form: str, data: bytes) -> list[dict[str, Any]]:
    """The sheets of a file. Raises `Refused`."""
    match Form(form):
        case Form.WORKBOOK:
            return as_json(list(_workbook(data)))
        case Form.ZIP:
            return as_json(list(_archive(data)))
        case Form.CSV:
            return as_json([Sheet.of("", _csv(data))])


def _workbook(data: bytes) -> Iterator[Sheet]:
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetTypeEnum  # noqa: PLC0415 - heavy

    _refuse_large(data)
    try:
        book = CalamineWorkbook.from_filelike(BytesIO(data))
        for about in book.sheets_metadata:
            if about.typ is SheetTypeEnum.WorkSheet:
                rows = book.get_sheet_by_name(about.name).to_python(skip_empty_area=False, nrows=_MAX_ROWS)
                yield Sheet.of(about.name, [[_text(cell) for cell in row] for row in rows])
    except PasswordError:
        raise Refused("the spreadsheet is protected by a password", "Save it without the password.") from None
    except (CalamineError, ValueError, OSError):
        raise Refused("the spreadsheet is damaged", "Open it in its program, and save it again.") from None


def _refuse_large(data: bytes) -> None:
    """Refuse a workbook by the sizes that it declares; one that lies meets the limits of the process."""
    if not data.startswith(b"PK"):
        return
    with suppress(zipfile.BadZipFile, NotImplementedError), zipfile.ZipFile(BytesIO(data)) as archive:
        size = sum(info.file_size for info in archive.infolist() if info.filename.endswith(".xml"))
        if size > _MOST_UNPACKED_BYTES:
            raise Refused(f"the spreadsheet unpacks to {size / 1e6:,.0f} MB: this is no list of people")


def _text(cell: object) -> str:
    match cell:
        case bool():
            return "true" if cell else "false"
        case float() if cell.is_integer():
            return str(int(cell))
        case datetime():
            return cell.isoformat(sep=" ", timespec="seconds").removesuffix(" 00:00:00")
        case date() | time():
            return cell.isoformat()
        case _:
            return str(cell)


def _archive(data: bytes) -> Iterator[Sheet]:
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            names = [name for name in archive.namelist() if name.lower().endswith(".csv")]
            if not names:
                raise Refused(
                    "there is no CSV file in this archive", "Unpack it, and import the file of the people."
                )
            for name in names:
                if archive.getinfo(name).file_size > MAX_BYTES:
                    raise Refused(f"{name} in it has more than {MAX_BYTES / 1e6:.0f} MB")
                yield Sheet.of(name, _csv(archive.read(name)))
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError, OSError):
        # RuntimeError is what the standard library says of a password.
        raise Refused(
            "the archive is damaged, or protected by a password", "Unpack it, and import its file."
        ) from None


def _csv(data: bytes) -> list[list[str]]:
    text = decoded(data)
    if text.startswith("sep=") and "\n" in text:
        # A line for Excel alone, that some tools write.
        text = "\n" + text.split("\n", 1)[1]
    try:
        return list(csv.reader(StringIO(text, newline=""), delimiter=_delimiter(text), strict=True))
    except csv.Error as error:
        raise Refused(
            f"the file cannot be parsed as CSV: {error}", "Export it again, as “CSV UTF-8”."
        ) from None


def _delimiter(text: str) -> str:
    """What parts most cells, and the same number of them in line after line."""
    lines = [line for line in text.splitlines()[: _SAMPLE * 2] if line.strip()][:_SAMPLE]
    return max(
        _DELIMITERS,
        key=lambda mark: (min((line.count(mark) for line in lines), default=0), lines[0].count(mark)),
    )
