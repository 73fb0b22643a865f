"""Documents that are broken, locked or made to do harm: a clear refusal, in little time and memory."""

from __future__ import annotations

import resource
import struct
import time
import zipfile
import zlib
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest

from newsletter import documents, quarantine
from newsletter.documents import Document, formats, readers
from newsletter.documents.formats import Format
from newsletter.errors import Refused, SourceError, about_file
from tests.documents import office, paper, word
from tests.documents.rates import TODAY
from tests.spreadsheets import books

PROSE = "We met in person, and I write this on the train home while I still remember what was said. "
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)
Read = Callable[[bytes, Format, str], Document]
LONGEST_S = 60
"""Far above what any of these takes; without a limit the worst would take hours."""


def in_this_process(data: bytes, form: Format, name: str) -> Document:
    """Read where a parser that went wild would be noticed by this test's own limits."""
    try:
        return readers.reader(form).read(data)
    except Refused as error:
        raise about_file(name, error.what, error.hint) from None


def in_a_child(data: bytes, form: Format, name: str) -> Document:
    """Read as the command does."""
    return Document.from_json(quarantine.answer("newsletter.documents.readers", form.value, data, name=name))


def refusal(data: bytes, name: str, *, read: Read = in_this_process) -> str:
    """What is said of a document."""
    began = time.monotonic()
    with pytest.raises(SourceError) as error:
        read(data, documents.recognised(data, name), name)
    assert time.monotonic() - began < LONGEST_S
    assert error.value.exit_code == 3
    assert error.value.message.startswith(f"{name}: ")
    return error.value.message


def with_part(name: str, content: str | bytes) -> bytes:
    return word.document(word.paragraph(word.run(PROSE)), parts={name: content})


def bomb(size: int) -> bytes:
    """A document whose text is one letter, over and over: a thousandth of its size when packed."""
    head = f'{word.HEAD}<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body><w:p><w:r><w:t>'
    return with_part(
        "word/document.xml", head.encode() + b"a" * size + b"</w:t></w:r></w:p></w:body></w:document>"
    )


def test_a_zip_bomb_is_not_unpacked() -> None:
    """By what it declares of itself."""
    assert "this is no report" in refusal(bomb(40_000_000), "bomb.docx")


def test_a_bomb_that_lies_about_its_size_is_stopped_while_it_unpacks() -> None:
    """The declared size is one field in a file that somebody else wrote."""
    honest = bomb(20_000_000)
    with zipfile.ZipFile(BytesIO(honest)) as archive:
        info = archive.getinfo("word/document.xml")
    for declared in (struct.pack("<L", info.file_size),):
        lying = honest.replace(declared, struct.pack("<L", 4_000))
    assert refusal(lying, "liar.docx").startswith("liar.docx: ")


def test_an_archive_of_thousands_of_parts_is_no_report() -> None:
    """Each part costs, however small."""
    parts = {f"word/media/image{number}.png": "" for number in range(5_000)}
    assert "files: this is no report" in refusal(word.document(parts=parts), "many.docx")


@pytest.mark.parametrize("name", ["word/document.xml", "word/styles.xml", "word/footnotes.xml"])
def test_entities_are_never_expanded(name: str) -> None:
    """A billion laughs, in whichever part: no word processor writes a document type."""
    lol = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    text = f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY l0 "lol">{lol}]><x>&l9;</x>'
    assert "has a document type" in refusal(with_part(name, text), "laughs.docx")


def test_nothing_outside_the_document_is_read() -> None:
    """An entity that names a file of this machine."""
    text = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]><x>&e;</x>'
    assert "has a document type" in refusal(office.document(parts={"content.xml": text}), "outside.odt")


def test_elements_nested_without_end_are_refused() -> None:
    """Neither Python's stack nor C's is reached."""
    deep = '<w:tbl xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:tr><w:tc>'
    shut = "</w:tc></w:tr></w:tbl>"
    made = word.document(deep * 300 + word.paragraph(word.run(PROSE)) + shut * 300)
    assert refusal(made, "deep.docx").startswith("deep.docx: ")


@pytest.mark.parametrize("share", [0.2, 0.9, 0.99])
@pytest.mark.parametrize("name", ["report.docx", "report.odt", "report.pdf"])
def test_half_a_document_is_called_damaged(name: str, share: float) -> None:
    """As a download that broke off leaves it."""
    whole = {
        "report.docx": word.document(word.paragraph(word.run(PROSE * 200))),
        "report.odt": office.document(office.p(PROSE * 200)),
        "report.pdf": _pdf(),
    }[name]
    assert "damaged" in refusal(whole[: int(len(whole) * share)], name)


def _pdf() -> bytes:
    page = paper.Paper()
    for _ in range(60):
        page.write(PROSE)
    return page.pdf()


def test_a_password_of_word_is_recognised() -> None:
    """Word wraps a protected document into its old format."""
    data = OLE + "EncryptedPackage".encode("utf-16-le") + bytes(4_000)
    assert "protected by a password" in refusal(data, "secret.docx")


def test_an_old_document_of_word_is_recognised() -> None:
    """It says how to save it anew."""
    assert "Word 97" in refusal(OLE + bytes(4_000), "old.doc")


def test_an_old_spreadsheet_is_sent_to_the_lists() -> None:
    """It has the same first bytes as a document of Word 97."""
    said = refusal(books.xls(), "people.xls")
    assert "Excel 97" in said
    assert "newsletter lists import" in said


def test_a_password_of_libreoffice_is_recognised() -> None:
    """The manifest says so, and the text is noise."""
    manifest = "<manifest:manifest><manifest:encryption-data/></manifest:manifest>"
    assert "password" in refusal(office.document(parts={"META-INF/manifest.xml": manifest}), "secret.odt")


def test_a_password_of_a_pdf_is_recognised() -> None:
    """Its dictionary of encryption asks for one."""
    locked = (
        b"<< /Filter /Standard /V 1 /R 2 /Length 40 /P -4 /O <" + b"41" * 32 + b"> /U <" + b"42" * 32 + b"> >>"
    )
    made = paper.written(
        [[paper.Piece("text", 70, 70)]], trailer="/Encrypt 8 0 R /ID [<41><41>]", extra=[locked]
    )
    assert "password" in refusal(made, "secret.pdf")


def test_a_pdf_of_pictures_has_no_text() -> None:
    """A scan: the letters are in the picture."""
    assert "no text in the PDF" in refusal(paper.written([[]]), "scan.pdf")


def test_a_pdf_that_unpacks_without_end_runs_out_of_its_memory_and_not_of_ours() -> None:
    """The child has a gigabyte, and this process stays as large as it was."""
    packer = zlib.compressobj(1)
    packed = b"".join(packer.compress(bytes(1 << 20)) for _ in range(1_100)) + packer.flush()
    stream = b"<< /Length %d /Filter /FlateDecode >>\nstream\n%s\nendstream" % (len(packed), packed)
    made = paper.written([[paper.Piece("text", 70, 70)]], extra=[stream])
    made = made.replace(b"/Contents 6 0 R", b"/Contents 8 0 R")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert "needs more memory" in refusal(made, "bomb.pdf", read=in_a_child)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 500_000


def test_five_megabytes_of_text_are_no_report() -> None:
    """A book is read within the limits, and then said to be none."""
    made = word.document(*(word.paragraph(word.run(f"{PROSE * 60}{number}")) for number in range(950)))
    with zipfile.ZipFile(BytesIO(made)) as archive:
        assert archive.getinfo("word/document.xml").file_size > 5_000_000
    document = in_a_child(made, Format.DOCX, "book.docx")
    with pytest.raises(SourceError, match="this is no report"):
        documents.draft_of(document, documents.Author(), name="book.docx", today=TODAY, segments=[])


def test_five_megabytes_of_pictures_are_a_report_with_pictures() -> None:
    """They are never unpacked, so they cost nothing."""
    noise = zlib.compress(b"")  # a few bytes; the archive stores the rest as it is
    photographs = {f"word/media/photo{n}.jpeg": noise + bytes(str(n), "ascii") * 500_000 for n in range(10)}
    made = word.document(
        word.paragraph(word.run(PROSE)), word.paragraph(word.picture("The hall")), parts=photographs
    )
    assert in_this_process(made, Format.DOCX, "photos.docx").blocks[0].text == PROSE.strip()


def test_what_is_far_too_large_is_not_even_opened() -> None:
    """Whatever it is."""
    assert "MB is the most" in refusal(b"PK\x03\x04" + bytes(formats.MAX_BYTES), "huge.docx")


@pytest.mark.parametrize(
    ("data", "name", "said"),
    [
        (b"{\\rtf1\\ansi hello}", "report.rtf", "Rich Text"),
        (
            word.packed({"xl/workbook.xml": "", "[Content_Types].xml": ""}),
            "list.xlsx",
            "newsletter lists import",
        ),
        (word.packed({"ppt/presentation.xml": ""}), "talk.pptx", "slides"),
        (word.packed({"photo.jpg": "x"}), "photos.zip", "no document in it"),
        (b"\x89PNG\r\n\x1a\n" + bytes(99), "scan.png", "picture"),
        (b"---\ntitle: x\n---\n", "report.md", "Markdown already"),
        (b"  \n", "empty.txt", "empty"),
        (bytes(range(256)) * 20, "noise.txt", "neither a document nor text"),
    ],
)
def test_what_cannot_be_read_is_called_by_its_name(data: bytes, name: str, said: str) -> None:
    """The message says what it is, and what to do instead."""
    assert said in refusal(data, name)


def test_the_child_reads_what_this_process_would() -> None:
    """What crosses between the two loses nothing: every kind of block, run and note."""
    made = word.document(
        word.paragraph(word.run("Title"), style="Title"),
        word.paragraph(word.bold("one"), numbering=(word.NUMBERS, 0)),
        word.paragraph(
            word.run("It was "), word.run("not", "<w:strike/>"), word.footnote_mark(1), word.deleted("x")
        ),
        word.table([["a", "b"], ["c", "d"]], head=True),
        word.paragraph(word.picture("hall")),
        parts={"word/footnotes.xml": word.footnotes(["A note."])},
    )
    assert in_a_child(made, Format.DOCX, "x.docx") == in_this_process(made, Format.DOCX, "x.docx")


def test_a_document_without_text_makes_no_draft() -> None:
    """An empty page, saved."""
    document = in_this_process(word.document(word.paragraph()), Format.DOCX, "empty.docx")
    with pytest.raises(SourceError, match="no text in the document"):
        documents.draft_of(document, documents.Author(), name="empty.docx", today=TODAY, segments=[])


def test_what_a_parser_stumbles_over_is_the_file_s_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reader that fails in a way that nobody foresaw is told as a damaged file, not as one of ours."""
    (tmp_path / "stumbles.py").write_text("def answer(form, data):\n    raise ZeroDivisionError(data)\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(SourceError, match=r"x\.pdf: the file is damaged"):
        quarantine.answer("stumbles", "pdf", b"secret", name="x.pdf")
