"""Word documents, part by part, with the structures that Word writes."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Mapping
from io import BytesIO
from xml.sax.saxutils import escape, quoteattr

_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_MC = "http://schemas.openxmlformats.org/markup-compatibility/2006"
_NAMESPACES = (
    f'xmlns:w="{_W}" xmlns:r="{_R}" xmlns:mc="{_MC}" xmlns:v="urn:schemas-microsoft-com:vml" '
    'xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing" '
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
    'xmlns:pic="http://schemas.openxmlformats.org/drawingml/2006/picture" '
    'xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape"'
)
HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_TYPES = f"""{HEAD}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">\
<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>\
<Default Extension="xml" ContentType="application/xml"/><Default Extension="png" ContentType="image/png"/>\
<Override PartName="/word/document.xml" \
ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/>\
<Override PartName="/word/styles.xml" \
ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.styles+xml"/>\
<Override PartName="/word/numbering.xml" \
ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.numbering+xml"/></Types>"""
_RELATIONS = f"""{HEAD}<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">\
<Relationship Id="rId1" Type="{_R}/officeDocument" Target="word/document.xml"/></Relationships>"""
STYLES = f"""{HEAD}<w:styles {_NAMESPACES}><w:docDefaults><w:rPrDefault><w:rPr><w:sz w:val="22"/></w:rPr></w:rPrDefault>\
</w:docDefaults>\
<w:style w:type="paragraph" w:default="1" w:styleId="Normal"><w:name w:val="Normal"/></w:style>\
<w:style w:type="paragraph" w:styleId="Title"><w:name w:val="Title"/><w:basedOn w:val="Normal"/></w:style>\
<w:style w:type="paragraph" w:styleId="Rubrik1"><w:name w:val="heading 1"/><w:basedOn w:val="Normal"/>\
<w:pPr><w:outlineLvl w:val="0"/></w:pPr></w:style>\
<w:style w:type="paragraph" w:styleId="Rubrik2"><w:name w:val="heading 2"/><w:basedOn w:val="Normal"/>\
<w:pPr><w:outlineLvl w:val="1"/></w:pPr></w:style>\
<w:style w:type="paragraph" w:styleId="Section"><w:name w:val="NEC Section"/><w:basedOn w:val="Rubrik2"/></w:style>\
<w:style w:type="paragraph" w:styleId="Quote"><w:name w:val="Quote"/><w:basedOn w:val="Normal"/></w:style>\
<w:style w:type="paragraph" w:styleId="ListBullet"><w:name w:val="List Bullet"/><w:basedOn w:val="Normal"/></w:style>\
<w:style w:type="paragraph" w:styleId="ListBullet2"><w:name w:val="List Bullet 2"/><w:basedOn w:val="Normal"/></w:style>\
<w:style w:type="paragraph" w:styleId="Emphatic"><w:name w:val="My bold line"/><w:basedOn w:val="Normal"/>\
<w:rPr><w:b/></w:rPr></w:style>\
</w:styles>"""
NUMBERING = f"""{HEAD}<w:numbering {_NAMESPACES}>\
<w:abstractNum w:abstractNumId="0">\
<w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="bullet"/><w:lvlText w:val="&#xF0B7;"/></w:lvl>\
<w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="bullet"/><w:lvlText w:val="o"/></w:lvl>\
<w:lvl w:ilvl="2"><w:start w:val="1"/><w:numFmt w:val="bullet"/><w:lvlText w:val="&#xF0A7;"/></w:lvl></w:abstractNum>\
<w:abstractNum w:abstractNumId="1">\
<w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:lvlText w:val="%1."/></w:lvl>\
<w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="lowerLetter"/><w:lvlText w:val="(%2)"/></w:lvl></w:abstractNum>\
<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num><w:num w:numId="2"><w:abstractNumId w:val="1"/></w:num>\
</w:numbering>"""
BULLETS, NUMBERS = 1, 2


def run(text: str, properties: str = "") -> str:
    """A run; tabs and line breaks in the text become what Word makes of them."""
    properties = f"<w:rPr>{properties}</w:rPr>" if properties else ""
    pieces = escape(text).replace("\t", '</w:t><w:tab/><w:t xml:space="preserve">')
    pieces = pieces.replace("\n", '</w:t><w:br/><w:t xml:space="preserve">')
    return f'<w:r>{properties}<w:t xml:space="preserve">{pieces}</w:t></w:r>'


def bold(text: str) -> str:
    return run(text, "<w:b/>")


def raised(text: str) -> str:
    return run(text, '<w:vertAlign w:val="superscript"/>')


def paragraph(*runs: str, style: str = "", numbering: tuple[int, int] | None = None, indent: int = 0) -> str:
    """A paragraph of runs. `numbering` is a list and a level, `indent` counts twentieths of a point."""
    properties = f"<w:pStyle w:val={quoteattr(style)}/>" if style else ""
    if numbering:
        properties += f'<w:numPr><w:ilvl w:val="{numbering[1]}"/><w:numId w:val="{numbering[0]}"/></w:numPr>'
    if indent:
        properties += f'<w:ind w:left="{indent}"/>'
    return f"<w:p><w:pPr>{properties}</w:pPr>{''.join(runs)}</w:p>"


def inserted(runs: str) -> str:
    return f'<w:ins w:id="9" w:author="Jo" w:date="2027-03-17T10:00:00Z">{runs}</w:ins>'


def deleted(text: str) -> str:
    kept = escape(text)
    return (
        '<w:del w:id="8" w:author="Jo" w:date="2027-03-17T10:00:00Z"><w:r>'
        f'<w:delText xml:space="preserve">{kept}</w:delText></w:r></w:del>'
    )


def comment_mark(number: int) -> str:
    return f'<w:r><w:commentReference w:id="{number}"/></w:r>'


def footnote_mark(number: int) -> str:
    return f'<w:r><w:footnoteReference w:id="{number}"/></w:r>'


def comments(texts: Iterable[str]) -> str:
    held = "".join(
        f'<w:comment w:id="{number}" w:author="Jo Bell" w:initials="JB"><w:p><w:r><w:annotationRef/></w:r>{run(text)}</w:p></w:comment>'
        for number, text in enumerate(texts)
    )
    return f"{HEAD}<w:comments {_NAMESPACES}>{held}</w:comments>"


def footnotes(texts: Iterable[str]) -> str:
    held = "".join(
        f'<w:footnote w:id="{number}"><w:p><w:r><w:footnoteRef/></w:r>{run(f" {text}")}</w:p></w:footnote>'
        for number, text in enumerate(texts, start=1)
    )
    separator = '<w:footnote w:type="separator" w:id="-1"><w:p><w:r><w:separator/></w:r></w:p></w:footnote>'
    return f"{HEAD}<w:footnotes {_NAMESPACES}>{separator}{held}</w:footnotes>"


def table(rows: Iterable[Iterable[str]], *, head: bool = False) -> str:
    """A table of plain cells."""
    made = []
    for number, row in enumerate(rows):
        marked = "<w:trPr><w:tblHeader/></w:trPr>" if head and number == 0 else ""
        cells = "".join(f"<w:tc><w:tcPr/>{paragraph(run(cell))}</w:tc>" for cell in row)
        made.append(f"<w:tr>{marked}{cells}</w:tr>")
    return f"<w:tbl><w:tblPr/>{''.join(made)}</w:tbl>"


def picture(description: str) -> str:
    return (
        f'<w:r><w:drawing><wp:inline><wp:docPr id="1" name="Picture 1" descr={quoteattr(description)}/><a:graphic>'
        '<a:graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/picture"><pic:pic><pic:blipFill>'
        '<a:blip r:embed="rId9"/></pic:blipFill></pic:pic></a:graphicData></a:graphic></wp:inline></w:drawing></w:r>'
    )


def link(text: str, relation: str) -> str:
    shown = run(text, '<w:rStyle w:val="Hyperlink"/>')
    return f'<w:hyperlink r:id="{relation}">{shown}</w:hyperlink>'


def box(inner: str, *, old: bool = True) -> str:
    """A text box, as it is there for new programs and, with `old`, once more for old ones."""
    new = f'<mc:Choice Requires="wps"><w:drawing><wps:txbx><w:txbxContent>{inner}</w:txbxContent></wps:txbx></w:drawing></mc:Choice>'
    fallback = f"<mc:Fallback><w:pict><v:shape><v:textbox><w:txbxContent>{inner}</w:txbxContent></v:textbox></v:shape></w:pict></mc:Fallback>"
    return f"<w:r><mc:AlternateContent>{new}{fallback if old else ''}</mc:AlternateContent></w:r>"


def page_part(kind: str, text: str) -> str:
    """A header or a footer."""
    return f"{HEAD}<w:{kind} {_NAMESPACES}>{paragraph(run(text))}</w:{kind}>"


def document(
    *paragraphs: str, links: Mapping[str, str] | None = None, parts: Mapping[str, str | bytes] | None = None
) -> bytes:
    """A whole document."""
    relations = "".join(
        f'<Relationship Id="{key}" Type="{_R}/hyperlink" Target={quoteattr(target)} TargetMode="External"/>'
        for key, target in (links or {}).items()
    )
    relations += f'<Relationship Id="rId9" Type="{_R}/image" Target="media/image1.png"/>'
    relations += f'<Relationship Id="rId1" Type="{_R}/styles" Target="styles.xml"/>'
    relations += f'<Relationship Id="rId2" Type="{_R}/numbering" Target="numbering.xml"/>'
    for name in parts or {}:
        kind = name.removeprefix("word/").removesuffix(".xml")
        if kind in {"comments", "footnotes", "endnotes"}:
            relations += f'<Relationship Id="rId{kind}" Type="{_R}/{kind}" Target="{kind}.xml"/>'
    held: dict[str, str | bytes] = {
        "[Content_Types].xml": _TYPES,
        "_rels/.rels": _RELATIONS,
        "word/document.xml": f"{HEAD}<w:document {_NAMESPACES}><w:body>{''.join(paragraphs)}<w:sectPr/></w:body></w:document>",
        "word/_rels/document.xml.rels": (
            f'{HEAD}<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{relations}</Relationships>'
        ),
        "word/styles.xml": STYLES,
        "word/numbering.xml": NUMBERING,
        **(parts or {}),
    }
    return packed(held)


def packed(parts: Mapping[str, str | bytes]) -> bytes:
    """Parts as a zip archive."""
    made = BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content, zipfile.ZIP_STORED if name == "mimetype" else None)
    return made.getvalue()
