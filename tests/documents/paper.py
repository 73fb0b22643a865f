"""PDF documents made by hand: lines of text at places on pages, as a word processor's printing leaves them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from pdfminer.fontmetrics import FONT_METRICS

WIDTH, HEIGHT = 595.0, 842.0
"""A4, in points."""
MARGIN = 70.0
_FONTS = {"F1": "Helvetica", "F2": "Helvetica-Bold", "F3": "Helvetica-Oblique"}


@dataclass(frozen=True, slots=True)
class Piece:
    """Text at a place, measured from the left and from the top."""

    text: str
    x: float
    y: float
    size: float = 11.0
    font: str = "F1"
    underlined: bool = False


def width(text: str, size: float, font: str = "F1") -> float:
    """How wide a text is, in points."""
    widths = FONT_METRICS[_FONTS[font]][1]
    return sum(widths.get(character, 556) for character in text) * size / 1000


def wrapped(text: str, room: float, size: float, font: str = "F1") -> list[str]:
    """A text in lines that fit."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if width(longer, size, font) > room and lines[-1]:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


@dataclass(slots=True)
class Paper:
    """Pages that are filled from the top."""

    header: str = ""
    footer: str = ""
    bottom: float = HEIGHT - 90
    pages: list[list[Piece]] = field(default_factory=list)
    y: float = 0.0

    def __post_init__(self) -> None:
        self._new_page()

    def _new_page(self) -> None:
        self.pages.append([])
        self.y = MARGIN + 30

    def write(
        self,
        text: str,
        *,
        size: float = 11.0,
        font: str = "F1",
        indent: float = 0.0,
        marker: str = "",
        before: float = 6.0,
        hanging: float = 14.0,
    ) -> None:
        """A paragraph; with a marker, one that hangs beside it."""
        self.y += before
        start = MARGIN + indent + (hanging if marker else 0)
        for number, line in enumerate(wrapped(text, WIDTH - MARGIN - start, size, font)):
            if self.y > self.bottom:
                self._new_page()
            if marker and number == 0:
                self.pages[-1].append(Piece(marker, MARGIN + indent, self.y, size))
            self.pages[-1].append(Piece(line, start, self.y, size, font))
            self.y += size * 1.25

    def pdf(self) -> bytes:
        """The finished file, with the head and foot on every page."""
        total = len(self.pages)
        pages: list[list[Piece]] = []
        for number, pieces in enumerate(self.pages, start=1):
            around = [Piece(self.header, MARGIN, 40, 9)] if self.header else []
            foot = self.footer.format(number=number, total=total)
            around += [Piece(foot, WIDTH / 2 - 20, HEIGHT - 40, 9)] if foot else []
            pages.append([*around[:1], *pieces, *around[1:]])
        return written(pages)


def _string(text: str) -> str:
    encoded = text.encode("cp1252", "replace").decode("latin-1")
    return encoded.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")


def _stream(pieces: Iterable[Piece]) -> bytes:
    shown = [
        f"BT /{piece.font} {piece.size} Tf {piece.x:.2f} {HEIGHT - piece.y:.2f} Td ({_string(piece.text)}) Tj ET"
        for piece in pieces
    ]
    shown += [
        f"{piece.x:.2f} {HEIGHT - piece.y - 2:.2f} {width(piece.text, piece.size, piece.font):.2f} 0.6 re f"
        for piece in pieces
        if piece.underlined
    ]
    return "\n".join(shown).encode("latin-1")


def written(pages: Sequence[Sequence[Piece]], *, trailer: str = "", extra: Sequence[bytes] = ()) -> bytes:
    """Pages of pieces as a PDF file."""
    fonts = " ".join(f"/{key} {3 + at} 0 R" for at, key in enumerate(_FONTS))
    objects: list[bytes] = [b"<< /Type /Catalog /Pages 2 0 R >>", b""]
    objects += [
        f"<< /Type /Font /Subtype /Type1 /BaseFont /{name} /Encoding /WinAnsiEncoding >>".encode()
        for name in _FONTS.values()
    ]
    kids = []
    for pieces in pages:
        stream = _stream(pieces)
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream))
        content = len(objects)
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {WIDTH} {HEIGHT}] /Contents {content} 0 R "
            f"/Resources << /Font << {fonts} >> >> >>".encode()
        )
        kids.append(f"{len(objects)} 0 R")
    objects[1] = f"<< /Type /Pages /Kids [{' '.join(kids)}] /Count {len(kids)} >>".encode()
    objects += extra
    made = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
    places = []
    for number, held in enumerate(objects, start=1):
        places.append(len(made))
        made += b"%d 0 obj\n%s\nendobj\n" % (number, held)
    start = len(made)
    made += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    made += b"".join(b"%010d 00000 n \n" % place for place in places)
    made += (
        f"trailer << /Size {len(objects) + 1} /Root 1 0 R {trailer} >>\nstartxref\n{start}\n%%EOF\n".encode()
    )
    return bytes(made)
