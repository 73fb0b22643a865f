"""OpenDocument texts, with the structures that LibreOffice writes."""

from __future__ import annotations

from collections.abc import Mapping
from xml.sax.saxutils import escape, quoteattr

from tests.documents.word import packed

_OASIS = "urn:oasis:names:tc:opendocument:xmlns"
_NAMESPACES = " ".join(
    [
        *(f'xmlns:{name}="{_OASIS}:{name}:1.0"' for name in ("office", "style", "text", "table", "drawing")),
        f'xmlns:draw="{_OASIS}:drawing:1.0" xmlns:fo="{_OASIS}:xsl-fo-compatible:1.0"',
        f'xmlns:svg="{_OASIS}:svg-compatible:1.0" xmlns:xlink="http://www.w3.org/1999/xlink"',
        'xmlns:dc="http://purl.org/dc/elements/1.1/"',
    ]
)
_AUTOMATIC = """\
<style:style style:name="P1" style:family="paragraph" style:parent-style-name="Standard"><style:text-properties \
fo:font-weight="bold"/></style:style>\
<style:style style:name="P2" style:family="paragraph" style:parent-style-name="Quotations"/>\
<style:style style:name="P6" style:family="paragraph" style:parent-style-name="Standard"><style:paragraph-properties \
fo:margin-left="1cm"/></style:style>\
<style:style style:name="P7" style:family="paragraph" style:parent-style-name="Standard"><style:text-properties \
text:display="none"/></style:style>\
<style:style style:name="T6" style:family="text"><style:text-properties text:display="none"/></style:style>\
<style:style style:name="T1" style:family="text"><style:text-properties fo:font-weight="bold"/></style:style>\
<style:style style:name="T2" style:family="text"><style:text-properties fo:font-style="italic"/></style:style>\
<style:style style:name="T3" style:family="text"><style:text-properties style:text-position="super 58%"/></style:style>\
<style:style style:name="T4" style:family="text"><style:text-properties style:text-underline-style="solid"/></style:style>\
<style:style style:name="T5" style:family="text"><style:text-properties style:text-line-through-style="solid"/></style:style>\
<text:list-style style:name="L1"><text:list-level-style-bullet text:level="1"/><text:list-level-style-bullet text:level="2"/>\
</text:list-style><text:list-style style:name="L2"><text:list-level-style-number text:level="1" style:num-format="1"/>\
</text:list-style>"""
_STYLES = f"""<office:document-styles {_NAMESPACES}><office:styles>\
<style:style style:name="Standard" style:family="paragraph"/>\
<style:style style:name="Title" style:family="paragraph" style:parent-style-name="Standard"/>\
<style:style style:name="Heading_20_1" style:family="paragraph" style:parent-style-name="Standard"><style:text-properties \
fo:font-weight="bold" fo:font-size="16pt"/></style:style>\
<style:style style:name="Quotations" style:family="paragraph" style:parent-style-name="Standard"/>\
</office:styles></office:document-styles>"""


def p(*inner: str, style: str = "Standard") -> str:
    return f"<text:p text:style-name={quoteattr(style)}>{''.join(inner)}</text:p>"


def h(text: str, level: int = 1) -> str:
    return f'<text:h text:style-name="Heading_20_{level}" text:outline-level="{level}">{escape(text)}</text:h>'


def span(text: str, style: str) -> str:
    return f'<text:span text:style-name="{style}">{escape(text)}</text:span>'


def a(text: str, address: str) -> str:
    return f'<text:a xlink:type="simple" xlink:href={quoteattr(address)}>{escape(text)}</text:a>'


def items(*inner: str, style: str = "L1", more: str = "") -> str:
    """A list; each item is the XML inside it."""
    made = "".join(f"<text:list-item{more}>{each}</text:list-item>" for each in inner)
    return f'<text:list text:style-name="{style}">{made}</text:list>'


def note(text: str, number: int) -> str:
    return (
        f'<text:note text:id="ftn{number}" text:note-class="footnote"><text:note-citation>{number}</text:note-citation>'
        f"<text:note-body>{p(escape(text), style='Footnote')}</text:note-body></text:note>"
    )


def comment(text: str) -> str:
    return f"<office:annotation><dc:creator>Jo Bell</dc:creator><dc:date>2027-03-17T10:00:00</dc:date>{p(escape(text))}</office:annotation>"


def changes(deleted: str) -> str:
    """What was deleted with changes recorded: LibreOffice keeps it at the top."""
    return (
        '<text:tracked-changes text:track-changes="true"><text:changed-region text:id="ct1"><text:deletion>'
        f"<office:change-info><dc:creator>Jo</dc:creator></office:change-info>{p(escape(deleted))}"
        "</text:deletion></text:changed-region></text:tracked-changes>"
    )


def table(*rows: tuple[str, ...], head: bool = False) -> str:
    made = [
        "<table:table-row>"
        + "".join(f"<table:table-cell>{p(escape(cell))}</table:table-cell>" for cell in row)
        + "</table:table-row>"
        for row in rows
    ]
    if head:
        made[0] = f"<table:table-header-rows>{made[0]}</table:table-header-rows>"
    return f"<table:table>{''.join(made)}</table:table>"


def picture(description: str) -> str:
    return (
        '<draw:frame draw:name="Image1"><draw:image xlink:href="Pictures/1.png"/>'
        f"<svg:desc>{escape(description)}</svg:desc></draw:frame>"
    )


def box(*inner: str) -> str:
    return f'<draw:frame draw:name="Frame1"><draw:text-box>{"".join(inner)}</draw:text-box></draw:frame>'


def document(*inner: str, parts: Mapping[str, str | bytes] | None = None) -> bytes:
    """A whole document."""
    content = (
        f"<office:document-content {_NAMESPACES}><office:automatic-styles>{_AUTOMATIC}</office:automatic-styles>"
        f"<office:body><office:text>{''.join(inner)}</office:text></office:body></office:document-content>"
    )
    held: dict[str, str | bytes] = {
        "mimetype": "application/vnd.oasis.opendocument.text",
        "content.xml": content,
        "styles.xml": _STYLES,
        "META-INF/manifest.xml": "<manifest/>",
        **(parts or {}),
    }
    return packed(held)
