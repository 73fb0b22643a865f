"""Workbooks, part by part, and exports with the headers that each tool writes."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Mapping, Sequence
from datetime import date
from xml.sax.saxutils import escape

from tests.documents.word import packed

Cell = str | int | float | bool | date
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_DATE_STYLE = 1

MAILCHIMP = (
    "Email Address,First Name,Last Name,Constituency,MEMBER_RATING,OPTIN_TIME,OPTIN_IP,CONFIRM_TIME,CONFIRM_IP,"
    "LATITUDE,LONGITUDE,REGION,LAST_CHANGED,LEID,EUID,NOTES,TAGS"
)
NATIONBUILDER = (
    "nationbuilder_id,signup_type,first_name,last_name,email,email_opt_in,do_not_contact,unsubscribed_at,"
    "email1_is_bad,party,support_level,created_at"
)
LISTMONK = "uuid,email,name,attributes,status,created_at,updated_at"
SENDGRID = (
    "EMAIL,FIRST_NAME,LAST_NAME,ADDRESS_LINE_1,CITY,STATE_PROVINCE_REGION,COUNTRY,POSTAL_CODE,ALTERNATE_EMAILS,"
    "PHONE_NUMBER,WHATSAPP,UNIQUE_NAME,CREATED_AT,UPDATED_AT,CONTACT_ID,constituency"
)


def export(head: str, *rows: str) -> bytes:
    """A CSV file."""
    return "\r\n".join([head, *rows, ""]).encode()


def xlsx(sheets: Mapping[str, Sequence[Sequence[Cell]]]) -> bytes:
    """A workbook of Excel."""
    names = list(sheets)
    listed = "".join(f'<sheet name="{escape(n)}" sheetId="{i}" r:id="rId{i}"/>' for i, n in enumerate(names, 1))
    related = "".join(
        f'<Relationship Id="rId{i}" Type="{_RELATIONS}/worksheet" Target="worksheets/sheet{i}.xml"/>'
        for i in range(1, len(names) + 1)
    )
    styles = f'<Relationship Id="rId99" Type="{_RELATIONS}/styles" Target="styles.xml"/>'
    parts = {
        "[Content_Types].xml": f'{_HEAD}<Types xmlns="{_PACKAGE}/content-types"><Default Extension="xml" ContentType='
        '"application/xml"/><Default Extension="rels" ContentType='
        '"application/vnd.openxmlformats-package.relationships+xml"/></Types>',
        "_rels/.rels": f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" '
        f'Type="{_RELATIONS}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'{_HEAD}<workbook xmlns="{_MAIN}" xmlns:r="{_RELATIONS}"><sheets>{listed}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">{related}{styles}</Relationships>',
        "xl/styles.xml": f'{_HEAD}<styleSheet xmlns="{_MAIN}"><cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>',
    }
    for number, name in enumerate(names, 1):
        rows = "".join(_xlsx_row(at, row) for at, row in enumerate(sheets[name], 1))
        parts[f"xl/worksheets/sheet{number}.xml"] = (
            f'{_HEAD}<worksheet xmlns="{_MAIN}"><sheetData>{rows}</sheetData></worksheet>'
        )
    return packed(parts)


def _xlsx_row(at: int, row: Sequence[Cell]) -> str:
    cells = "".join(_xlsx_cell(f"{chr(65 + column)}{at}", cell) for column, cell in enumerate(row))
    return f'<row r="{at}">{cells}</row>'


def _xlsx_cell(place: str, cell: Cell) -> str:
    match cell:
        case bool():
            return f'<c r="{place}" t="b"><v>{int(cell)}</v></c>'
        case date():
            return f'<c r="{place}" s="{_DATE_STYLE}"><v>{(cell - date(1899, 12, 30)).days}</v></c>'
        case int() | float():
            return f'<c r="{place}"><v>{cell}</v></c>'
        case _:
            return f'<c r="{place}" t="inlineStr"><is><t>{escape(cell)}</t></is></c>'


def ods(rows: Sequence[Sequence[str]]) -> bytes:
    """A workbook of LibreOffice."""
    oasis = "urn:oasis:names:tc:opendocument:xmlns"
    names = " ".join(f'xmlns:{name}="{oasis}:{name}:1.0"' for name in ("office", "table", "text"))
    made = "".join(
        "<table:table-row>"
        + "".join(
            f'<table:table-cell office:value-type="string"><text:p>{escape(cell)}</text:p></table:table-cell>'
            for cell in row
        )
        + "</table:table-row>"
        for row in rows
    )
    return packed(
        {
            "mimetype": "application/vnd.oasis.opendocument.spreadsheet",
            "content.xml": f"{_HEAD}<office:document-content {names}><office:body><office:spreadsheet><table:table "
            f'table:name="People">{made}</table:table></office:spreadsheet></office:body></office:document-content>',
            "META-INF/manifest.xml": f'{_HEAD}<manifest:manifest xmlns:manifest="{oasis}:manifest:1.0"/>',
        }
    )


def xls() -> bytes:
    """A workbook of Excel 97: two people with an accent each and a day of consent, as xlwt wrote it."""
    return zlib.decompress(base64.b85decode(_XLS))


_XLS = (
    "c-rk)O=uHA6#izCG-*iEq_#pUlu)p0Ef(?OrA=FHduoYZ)GE}iStPXClx+^`L94Y#LGYw_Db$0P`g8CHMHD=E5Gr~Q1R>F5PlAev"
    "w(Fa>o7%<-4QL^<-!gCByqRxjX5YM--F-73%g@|vET9CP@L<`hM%5~tpj2HfL_zhIrPN{`pk%qIC{zc?kySoC3BUF$A1Z$rAaU3G"
    "f+X;X(g}=XFl*@XO+*imK@(~W9V7*Ak|lx$9#t*NQ!KZzyu&S@vg~5Z6_y>;HZO)SpBQZ2@2ujZvYG25Q1^YvoDXc-i+a3LtN6lI"
    "VYl_6+e~X?6;{#Y4Ph4K(0<*}O;rx#mWt1V?E~${2zk_zt7q}eiUVJZG5tL5+BerOK=vPN?fyU51LVR|`!(qWCSjfA5SgYW-Q%^x"
    "IH_mH$Mi)USIdBt59rNk>9HWtmo_JIaYM`KA>csPn9z+}Jf-FI8bC{FUHTa<L+m|S^Rx%(PH7Qf<a>#ED7z3;Cj##v(KS0rm?JAh"
    "GKCt}V;o;mn#AJmFK-7%l8IrqO!BE=pDo+fWMJW<Vh}mPHJ%mO%8cDCFY#TsvEInCjwVQXOS0Zk`lh(eWv*?Ze)cimC3dXRcalE6"
    "aOhFf^ykDb(&zdM=j!I(CuY!0XI+Z;>Y75EXcITCD?CmVbK&emA6Yj1wkHK-)ET?w9H2E=LXg!MOS`0=j#w#4=UFMXScff`?Qz-*"
    "W~=9RUaFF$G2MSDnJw30OJ@5Vw(XfJhb@^cpGkDeT0BrqX)pbSAY8a`;lhOr7cN{>It0IQ+V9t1`y+wh2mQ`}oh3@k?r)O+7Kf3g"
    "D@UJ|y)Y;@aki}WvlTv3yqDM@r})26;Ry9^ViY4hj?uE$FMY3w)$`dfG5YsHsNDXS%NgfC?*Au9G3e?"
)
