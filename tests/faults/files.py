"""Small files that cost much where nobody counts."""

import io
import random
import struct
import zipfile
import zlib

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
LINKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
KINDS = "application/vnd.openxmlformats-officedocument.spreadsheetml"
HEAD = "<row r='1'><c r='A1' t='inlineStr'><is><t>SKU</t></is></c></row>"


def book(rows="", *, styles="", strings=""):
    """Return a workbook of one sheet, written by hand."""
    sheet = f"<worksheet xmlns='{MAIN}'><sheetData>{HEAD}{rows}</sheetData></worksheet>"
    names = {"worksheet": "worksheets/sheet1", "styles": "styles", "sharedStrings": "sharedStrings"}
    kinds = {"worksheet": "worksheet", "styles": "styles", "sharedStrings": "sharedStrings"}
    parts = {
        "[Content_Types].xml": f"<Types xmlns='{TYPES}'>"
        "<Default Extension='rels' "
        "ContentType='application/vnd.openxmlformats-package.relationships+xml'/>"
        "<Default Extension='xml' ContentType='application/xml'/>"
        f"<Override PartName='/xl/workbook.xml' ContentType='{KINDS}.sheet.main+xml'/>"
        + "".join(
            f"<Override PartName='/xl/{names[one]}.xml' ContentType='{KINDS}.{kind}+xml'/>"
            for one, kind in kinds.items()
        )
        + "</Types>",
        "_rels/.rels": f"<Relationships xmlns='{LINKS.replace('officeDocument', 'package')}'>"
        f"<Relationship Id='rId1' Type='{LINKS}/officeDocument' Target='xl/workbook.xml'/>"
        "</Relationships>",
        "xl/_rels/workbook.xml.rels": "<Relationships "
        f"xmlns='{LINKS.replace('officeDocument', 'package')}'>"
        + "".join(
            f"<Relationship Id='rId{n}' Type='{LINKS}/{one}' Target='{name}.xml'/>"
            for n, (one, name) in enumerate(names.items(), start=1)
        )
        + "</Relationships>",
        "xl/workbook.xml": f"<workbook xmlns='{MAIN}' xmlns:r='{LINKS}'>"
        "<sheets><sheet name='A' sheetId='1' r:id='rId1'/></sheets></workbook>",
        "xl/worksheets/sheet1.xml": sheet,
        "xl/styles.xml": f"<styleSheet xmlns='{MAIN}'>{styles}</styleSheet>",
        "xl/sharedStrings.xml": f"<sst xmlns='{MAIN}'>{strings}</sst>",
    }
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return file.getvalue()


def noise(count):
    """Return numbers that do not compress to nothing: a bomb is found by its ratio."""
    dice = random.Random(1)
    return [dice.randrange(10**9) for _ in range(count)]


def wide_row(cells=150_000):
    """Return a workbook with one row of very many cells, none of which says where it is."""
    return book(f"<row r='2'>{''.join(f'<c><v>{n}</v></c>' for n in noise(cells))}</row>")


def long_cell(letters=5_000_000):
    """Return a workbook with one cell of very many letters."""
    text = "".join(map(str, noise(letters // 9)))
    return book(f"<row r='2'><c t='inlineStr'><is><t>{text}</t></is></c></row>")


def many_styles(styles=120_000):
    """Return a workbook whose table of styles is long."""
    rows = "".join(f"<xf numFmtId='{n % 50}' applyFont='{n}'/>" for n in noise(styles))
    return book(styles=f"<cellXfs count='{styles}'>{rows}</cellXfs>")


def many_texts(texts=2_000_100):
    """Return a workbook with very many shared texts, which no cell uses."""
    return book(strings="".join(f"<si><t>{n:x}</t></si>" for n in noise(texts)))


def one_text_everywhere(rows=60, cells=900):
    """Return a workbook whose every cell is the same long text, which it holds once."""
    text = "".join(map(str, noise(3_600)))[:32_000]
    row = "<c t='s'><v>0</v></c>" * cells
    return book(
        "".join(f"<row>{row}</row>" for _ in range(rows)), strings=f"<si><t>{text}</t></si>"
    )


def picture(width=7_900, height=7_900):
    """Return a PNG of one color: tiny as a file, 250 MB once it is unpacked."""

    def chunk(name, content):
        check = struct.pack(">I", zlib.crc32(name + content))
        return struct.pack(">I", len(content)) + name + content + check

    packer = zlib.compressobj(9)
    row = b"\0" * (1 + width * 4)
    lines = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    header = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    return b"".join(
        (
            b"\x89PNG\r\n\x1a\n",
            chunk(b"IHDR", header),
            chunk(b"IDAT", lines),
            chunk(b"IEND", b""),
        )
    )
