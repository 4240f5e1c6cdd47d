"""Files made to cost a reader far more than their size: by name, what they are called and their bytes."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import zipfile
import zlib
from collections.abc import Callable, Mapping

SHEET = "Sheet 7KQF-M2PX"
GOOD = b'{"sheet": "7KQF-M2PX", "answers": {"1.dQ": "1", "1.loss": 0.5}}'


def pdf(objects: list[bytes], extra: bytes = b"") -> bytes:
    """A PDF of these objects, numbered from 1; the first is its catalogue."""
    out, places = bytearray(b"%PDF-1.7\n"), []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    return bytes(
        out + b"trailer\n<< /Size %d /Root 1 0 R %s>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, extra, start)
    )


def stream(data: bytes, keys: bytes = b"") -> bytes:
    packed = zlib.compress(data, 9)
    return b"<< /Length %d /Filter /FlateDecode %s>>\nstream\n%s\nendstream" % (len(packed), keys, packed)


CATALOGUE = b"<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [%s] >> >>"
PAGES = b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>"
PAGE = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Annots [%s] >>"


def _references(first: int, count: int) -> bytes:
    return b" ".join(b"%d 0 R" % number for number in range(first, first + count))


def shared_value() -> bytes:
    """19,000 fields that share one value of 4 MB."""
    fields = [b"<< /FT /Tx /T (1-dQ-%d-1) /V 4 0 R >>" % number for number in range(1, 19_001)]
    value = b"(" + b"1" * 4_000_000 + b")"
    return pdf([CATALOGUE % _references(5, 19_000), PAGES, PAGE % b"", value, *fields])


def shared_kids() -> bytes:
    """2,000 fields that share one list of 60,000 kids without names."""
    fields = [b"<< /FT /Tx /T (1-dQ-%d-1) /V (1) /Kids 4 0 R >>" % number for number in range(1, 2001)]
    kids = b"[" + b"<<>> " * 60_000 + b"]"
    return pdf([CATALOGUE % _references(5, 2000), PAGES, PAGE % b"", kids, *fields])


def field_chain(deep: int = 15_000, name: bytes = b"a") -> bytes:
    fields = [b"<< /T (%s) /Kids [%d 0 R] >>" % (name, number) for number in range(5, 4 + deep)]
    return pdf([CATALOGUE % b"4 0 R", PAGES, PAGE % b"", *fields, b"<< /FT /Tx /T (x) /V (1) >>"])


def shared_annotations() -> bytes:
    """200 pages that share 100,000 annotations."""
    pages = b"<< /Type /Pages /Kids [%s] /Count 200 >>" % _references(4, 200)
    page = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Annots 3 0 R >>"
    notes = b"[" + b"<< /Subtype /Widget /T (x) >> " * 100_000 + b"]"
    return pdf([CATALOGUE % b"", pages, notes, *[page] * 200])


def object_stream(inside: bytes) -> bytes:
    """An object stream whose one object is this."""
    head = b"3 0 "
    body = stream(head + inside, b"/Type /ObjStm /N 1 /First %d " % len(head))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields 3 0 R >> >>",
        b"<< /Type /Pages /Kids [] /Count 0 >>",
        body,
    ]
    out, places = bytearray(b"%PDF-1.7\n"), []
    for number, one in zip((1, 2, 4), objects, strict=True):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, one)
    rows = [(0, 0, 255), (1, places[0], 0), (1, places[1], 0), (2, 4, 0), (1, places[2], 0), (1, len(out), 0)]
    table = b"".join(bytes([kind]) + place.to_bytes(4, "big") + bytes([last]) for kind, place, last in rows)
    start = len(out)
    xref = stream(table, b"/Type /XRef /Size 6 /W [1 4 1] /Root 1 0 R ")
    return bytes(out + b"5 0 obj\n%s\nendobj\nstartxref\n%d\n%%%%EOF\n" % (xref, start))


def one_page(times: int) -> bytes:
    """A page that is listed many times."""
    pages = b"<< /Type /Pages /Kids [%s] /Count %d >>" % (b"3 0 R " * times, times)
    return pdf([CATALOGUE % b"", pages, PAGE % b""])


def many_pages(count: int = 10_000) -> bytes:
    pages = b"<< /Type /Pages /Kids [%s] /Count %d >>" % (_references(3, count), count)
    return pdf([CATALOGUE % b"", pages, *[PAGE % b""] * count])


def page_tree(deep: int = 20_000) -> bytes:
    kids = [b"<< /Type /Pages /Kids [%d 0 R] /Count 1 >>" % (number + 1) for number in range(2, 2 + deep)]
    return pdf([CATALOGUE % b"", *kids, PAGE % b""])


def value_stream() -> bytes:
    """500 fields whose value is one stream of 9 KB that unpacks to 9 MB."""
    fields = [b"<< /FT /Tx /T (1-dQ-%d-1) /V 4 0 R >>" % number for number in range(1, 501)]
    return pdf([CATALOGUE % _references(5, 500), PAGES, PAGE % b"", stream(b"1" * 9_000_000), *fields])


def filters(times: int = 30) -> bytes:
    """A value packed many times over."""
    packed = bytes(30_000_000)
    for _ in range(times):
        packed = zlib.compress(packed, 9)
    names = b"/FlateDecode " * times
    value = b"<< /Length %d /Filter [%s] >>\nstream\n%s\nendstream" % (len(packed), names, packed)
    return pdf([CATALOGUE % b"5 0 R", PAGES, PAGE % b"", value, b"<< /FT /Tx /T (1-dQ-1-1) /V 4 0 R >>"])


# --- workbooks --------------------------------------------------------------------------------------------------------

_MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
_RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def archive(parts: Mapping[str, bytes | str], kind: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", kind) as packed:
        for name, data in parts.items():
            packed.writestr(name, data)
    return out.getvalue()


def workbook(
    rows: str = "", texts: str = "", styles: str = "", names: str = "", tabs: int = 1, shared: bool = True
) -> bytes:
    sheets = "".join(f'<sheet name="t{i}" sheetId="{i}" r:id="r{i if not shared else 1}"/>' for i in range(1, tabs + 1))
    relations = "".join(
        f'<Relationship Id="r{i}" Type="{_RELATION}/worksheet" Target="worksheets/sheet{i}.xml"/>'
        for i in range(1, (1 if shared else tabs) + 1)
    )
    relations += f'<Relationship Id="s" Type="{_RELATION}/sharedStrings" Target="sharedStrings.xml"/>'
    relations += f'<Relationship Id="y" Type="{_RELATION}/styles" Target="styles.xml"/>'
    parts = {
        "xl/workbook.xml": f'<workbook {_MAIN} xmlns:r="{_RELATION}"><sheets>{sheets}</sheets>'
        f"<definedNames>{names}</definedNames></workbook>",
        "xl/_rels/workbook.xml.rels": f"<Relationships>{relations}</Relationships>",
        "xl/sharedStrings.xml": f"<sst {_MAIN}>{texts}</sst>",
        "xl/styles.xml": f"<styleSheet {_MAIN}>{styles}</styleSheet>",
    }
    for i in range(1, (1 if shared else tabs) + 1):
        parts[f"xl/worksheets/sheet{i}.xml"] = f"<worksheet {_MAIN}><sheetData>{rows}</sheetData></worksheet>"
    return archive(parts)


def _far_ranges() -> bytes:
    names = "".join(f'<definedName name="answer_{i}">t{i}!$A$1:$B$60</definedName>' for i in range(1, 301))
    return workbook("<row r='99999'><c r='ALL99999'><v>1</v></c></row>" * 300, names=names, tabs=300)


# --- text -------------------------------------------------------------------------------------------------------------


def _json(answers: object) -> bytes:
    return json.dumps({"sheet": "7KQF-M2PX", "answers": answers}).encode()


def _answer(text: str) -> bytes:
    return b'{"sheet": "7KQF-M2PX", "answers": {"1.dQ": ' + text.encode() + b"}}"


def _notebook(cells: str, more: str = "") -> bytes:
    return f'{{"nbformat": 4, "nbformat_minor": 5, "metadata": {{{more}}}, "cells": [{cells}]}}'.encode()


def _cell(source: str, kind: str = "code") -> str:
    return json.dumps({"cell_type": kind, "metadata": {}, "outputs": [], "execution_count": None, "source": source})


def nested(depth: int, data: bytes = archive({"a.json": GOOD})) -> bytes:
    for _ in range(depth):
        data = archive({"in.zip": data})
    return data


def overlapping(files: int = 3000) -> bytes:
    """An archive whose files are all the same 20 MB."""
    data = bytearray(archive({"a.json": bytes(19_999_999)}))
    listed = data.index(b"PK\x01\x02")
    entry = bytes(data[listed : data.index(b"PK\x05\x06")])
    out = data[:listed] + entry * files
    size = len(entry) * files
    end = b"PK\x05\x06" + bytes(4) + files.to_bytes(2, "little") * 2 + size.to_bytes(4, "little")
    return bytes(out + end + listed.to_bytes(4, "little") + b"\0\0")


M = 1_000_000
BOMBS: Mapping[str, tuple[str, Callable[[], bytes]]] = {
    "19,000 fields with one value": ("a.pdf", shared_value),
    "2,000 fields with the same kids": ("a.pdf", shared_kids),
    "fields 15,000 deep": ("a.pdf", field_chain),
    "fields 3,000 deep with long names": ("a.pdf", lambda: field_chain(3000, b"a" * 1500)),
    "pages with the same annotations": ("a.pdf", shared_annotations),
    "20 million numbers in an object": ("a.pdf", lambda: object_stream(b"[" + b"1 " * 20 * M + b"]")),
    "an object 2 million deep": ("a.pdf", lambda: object_stream(b"[" * 2 * M + b"]" * 2 * M)),
    "10 million names in an object": ("a.pdf", lambda: object_stream(b"<<" + b"/a 1" * 10 * M + b">>")),
    "a page listed a million times": ("a.pdf", lambda: one_page(M)),
    "10,000 pages": ("a.pdf", many_pages),
    "200,000 pages": ("a.pdf", lambda: many_pages(150_000)),
    "pages 20,000 deep": ("a.pdf", page_tree),
    "500 fields with one packed value": ("a.pdf", value_stream),
    "a value packed 30 times": ("a.pdf", filters),
    "a PDF of ends": ("a.pdf", lambda: b"%PDF-1.7\n" + b"startxref\n1 0 obj " * M),
    "a PDF without a table": ("a.pdf", lambda: b"%PDF-1.7\n" + b"1 0 obj<<>>endobj " * M + b"\nstartxref\n0\n%%EOF"),
    "earlier tables in a ring": ("a.pdf", lambda: pdf([CATALOGUE % b"", PAGES, PAGE % b""], b"/Prev 9 ")),
    "2.2 million empty strings": ("a.xlsx", lambda: workbook(texts="<si/>" * 2_200_000)),
    "900,000 styles": ("a.xlsx", lambda: workbook(styles="<cellXfs>" + '<xf numFmtId="14"/>' * 900_000 + "</cellXfs>")),
    "900,000 formats": ("a.xlsx", lambda: workbook(styles="<numFmts>" + "<numFmt/>" * 2_900_000 + "</numFmts>")),
    "a long format": ("a.xlsx", lambda: workbook(styles=f'<numFmt numFmtId="1" formatCode="{"[" * M}"/>')),
    "1.9 million cells in a row": ("a.xlsx", lambda: workbook("<row>" + "<c/>" * 1_900_000 + "</row>")),
    "3 million rows": ("a.xlsx", lambda: workbook("<row/>" * 3 * M)),
    "a million numbers": ("a.xlsx", lambda: workbook("<row>" + "<c><v>1</v></c>" * M + "</row>")),
    "one tab 300 times": ("a.xlsx", lambda: workbook("<row/>" * 100_000, tabs=300)),
    "2 MB of names": ("a.xlsx", lambda: workbook(names='<definedName name="a">' + "t1!$A$1," * 250_000 + "</definedName>")),
    "300,000 names": ("a.xlsx", lambda: workbook(names='<definedName name="answer_1">t1!$A$1</definedName>' * 300_000)),
    "300 tabs with far ranges": ("a.xlsx", _far_ranges),
    "a tag 4 million deep": ("a.xlsx", lambda: workbook("<c>" * 4_000_000 + "</c>" * 4_000_000)),
    "a million attributes": ("a.xlsx", lambda: workbook("<row " + " ".join(f'a{i}="1"' for i in range(M)) + "/>")),
    "a text in a million pieces": ("a.xlsx", lambda: workbook(texts="<si>" + "<r><t>1</t></r>" * M + "</si>")),
    "texts in texts": ("a.xlsx", lambda: workbook(texts="<si><rPh>" * 2000 + "</rPh></si>" * 2000)),
    "5 MB of \\\\": ("a.tex", lambda: f"{SHEET}\n% answer 1.dQ\n".encode() + b"\\\\" * 2_400_000),
    "5 MB of &": ("a.tex", lambda: f"{SHEET}\n% answer 1.dQ\n".encode() + b"&" * 4_900_000),
    "5 MB of {": ("a.tex", lambda: f"{SHEET}\n% answer 1.dQ\n".encode() + b"{" * 4_900_000),
    "5 MB of \\[": ("a.tex", lambda: f"{SHEET}\n% answer 1.dQ\n".encode() + b"\\\\[" * 1_600_000),
    "5 MB of \\blank": ("a.tex", lambda: f"{SHEET}\n% answer 1.dQ\n".encode() + b"\\blank{}" * 600_000),
    "5 MB of answers": ("a.tex", lambda: f"{SHEET}\n".encode() + b"% answer 1.a\n" * 370_000),
    "5 MB of other answers": ("a.tex", lambda: f"{SHEET}\n".encode() + b"".join(b"%% answer 1.a%d\n1" % i for i in range(250_000))),
    "5 MB of %": ("a.tex", lambda: f"{SHEET}\n% answer 1.dQ\n".encode() + b"%" * 4_900_000),
    "5 MB of backslashes and %": ("a.tex", lambda: f"{SHEET}\n% answer 1.dQ\n".encode() + b"\\" * 4_900_000 + b"%"),
    "20 MB of x": ("a.jsonl", lambda: b"x\n" * 10 * M),
    "20 MB of empty lines": ("a.jsonl", lambda: GOOD + b"\n" * 20 * M),
    "20 MB of {}": ("a.jsonl", lambda: b"{}\n" * 7 * M),
    "good lines, then bad": ("a.jsonl", lambda: (GOOD + b"\n") * 100 + b"x\n" * 10 * M),
    "JSON 100,000 deep": ("a.json", lambda: _answer("[" * 100_000 + "]" * 100_000)),
    "JSON 900 deep": ("a.json", lambda: _answer("[" * 900 + "]" * 900)),
    "JSON with objects 900 deep": ("a.json", lambda: _answer('{"a":' * 900 + "1" + "}" * 900)),
    "a name a million times": ("a.json", lambda: b'{"sheet": "7KQF-M2PX", "answers": {' + b'"1.a":1,' * 600_000 + b'"1.a":1}}'),
    "numbers of 5,000 digits": ("a.json", lambda: _answer("[" + ",".join(["1" * 5000] * 900) + "]")),
    "a number of 4 million digits": ("a.json", lambda: _answer("1" * 4 * M)),
    "a million entries": ("a.json", lambda: _json({"1.dQ": [0] * M})),
    "a million texts": ("a.json", lambda: _json({"1.dQ": ["1"] * 900_000})),
    "300,000 answers": ("a.json", lambda: _json({f"1.a{i}": 1 for i in range(300_000)})),
    "300,000 long names": ("a.json", lambda: _json({f"1.{'a' * 1000}{i}": 1 for i in range(4500)})),
    "an answer of 4 MB": ("a.json", lambda: _json({"1.dQ": "1 " * 2 * M})),
    "quotation marks": ("a.json", lambda: b'{"sheet": "A", "answers": {"1.a": "' + b'" 1.' * 1_200_000),
    "a notebook of 1 GB": ("a.ipynb", lambda: bytes(1_000_000_000)),
    "a million cells": ("a.ipynb", lambda: _notebook(",".join(["{}"] * 6 * M))),
    "20 MB of empty cells": ("a.ipynb", lambda: _notebook(",".join([_cell("")] * 220_000))),
    "a notebook 100,000 deep": ("a.ipynb", lambda: _notebook(_cell("1"), '"a": ' + "[" * 100_000 + "]" * 100_000)),
    "a notebook of {}": ("a.ipynb", lambda: _notebook(_cell("1"), '"a": [' + "{}," * 6_600_000 + "{}]")),
    "a source in millions of pieces": ("a.ipynb", lambda: b'{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [{"cell_type": "code", "metadata": {}, "source": [' + b"1," * 9 * M + b"1]}]}"),
    **{
        f"a cell of {junk!r}": ("a.ipynb", lambda junk=junk: _notebook(_cell("# 1.dQ\ndQ = " + junk * (900_000 // len(junk)))))
        for junk in ("'", '"', "\\", "'''", "[", "a", "a;", "; a", "; a = 1", "# 1.a\n", "# 1.a\na = ", "a = 1\n", "x" , " ", "\n ", "#", "a:", "= ", "nan", "\\a", "____", "1.", "float(", "'\\", "r'")
    },
    **{
        f"a text cell of {junk!r}": ("a.ipynb", lambda junk=junk: _notebook(_cell(f"{SHEET}\n" + junk * (900_000 // len(junk)), "markdown")))
        for junk in ("`", "$ ", "> ", "* ", "1.a = ", "\n1.a =", "sheet ", "sheet-")
    },
    **{
        f"Markdown of {junk!r}": ("a.md", lambda junk=junk: f"{SHEET}\n1.a = ".encode() + (junk * (4_900_000 // len(junk))).encode())
        for junk in (">", "> ", "`", "```\n", "\n1.a = 1", "*", "* ", "*\n", "- ", "_", "\\", "\\_", "sheet ", "sheet-", "1", "1.", "a", "\n1. a\n", "\n1.a", "\n\n", " ", "\n ", "\\ ", "- \n", "# ", "\n# ", "\n~~~", "1) ", "\n1.a{", "\r", "\x0b", "\u2028", "SHEET\n", "-"*30 + "x\n", "sheet........")
    },
    **{
        f"no sheet's {junk!r}": ("a.md", lambda junk=junk: (junk * (4_900_000 // len(junk))).encode())
        for junk in ("1.a", "sheet-", "{\"answers\":", "<", "<!--", "<!-- ", "<p ", "<?xml ", "{", "[", "%", "% answer ", "\\documentclas", "# a -", "# ", "1.", "   1.a ", "<title>", "{ \"url\" :", "{\n", "\n", "1.a\\ ")
    },
    "a million tags": ("a.html", lambda: b"<!doctype html><body>" + b"<p>" * 1_600_000),
    "a million attributes of HTML": ("a.html", lambda: b"<!doctype html><body><p " + b"a=1 " * 1_200_000 + b">"),
    "an open attribute": ("a.html", lambda: b"<!doctype html><body><p a='" + b"a" * 4_800_000),
    **{
        f"HTML of {junk!r}": ("a.html", lambda junk=junk: b"<!doctype html><body>" + (junk * (4_900_000 // len(junk))).encode())
        for junk in ("<", "</", "<!", "<!--", "<?", "<a", "<a ", "<a b", "<a b=", "<a '", "&", "&a", "&#", "&#x1;", "<![", "<![CDATA[", "</p", "<p/", "<script>", "<!DOCTYPE [", "<!-->", "<pre>", "\n", " ", ",", " ,1.a", ", 1.a=", "< ", "<a\x00", "<svg><style>", "<title>", "1.a = 1 ", "\"", "<a\t=", "<a/=")
    },
    **{
        f"JSON in other text, {junk!r}": ("a.txt", lambda junk=junk: b'My answers: {"sheet": "7KQF-M2PX", ' + (junk * (4_900_000 // len(junk.encode()))).encode())
        for junk in ("{", "}", "“", "\"a\":", '{"sheet":', "[")
    },
    "an archive in archives": ("a.zip", lambda: nested(30)),
    "an archive of zeros": ("a.zip", lambda: archive({f"{i}.json": bytes(5 * M) for i in range(20)})),
    "a packed 570 MB": ("a.zip", lambda: archive({f"{i}.json": bytes(19_000_000) for i in range(30)})),
    "archives of archives": ("a.zip", lambda: archive({f"{i}.zip": archive({f"{j}.zip": archive({f"{k}.json": b"x" for k in range(40)}) for j in range(40)}) for i in range(40)})),
    "archives of hidden files": ("a.zip", lambda: archive({f"{i}.zip": archive({f".{j}": b"" for j in range(9000)}) for i in range(20)})),
    "files over each other": ("a.zip", overlapping),
    "60,000 files": ("a.zip", lambda: archive({f"{i}.json": b"x" for i in range(60_000)})),
    "folders 20,000 deep": ("a.zip", lambda: archive({"a/" * 20_000 + f"{i}.json": GOOD for i in range(3)})),
    "gzip": ("a.json", lambda: gzip.compress(bytes(100 * M))),
    "bzip2": ("a.json.bz2", lambda: bz2.compress(bytes(10 * M))),
    "bzip2 in an archive": ("a.zip", lambda: archive({f"{i}.json": bytes(19_000_000) for i in range(5)}, zipfile.ZIP_BZIP2)),
    "LZMA in an archive": ("a.zip", lambda: archive({"a.json": GOOD}, zipfile.ZIP_LZMA)),
    "a picture called a sheet": ("a.xlsx", lambda: b"\x89PNG\r\n\x1a\n" + bytes(M)),
    "a workbook of nothing": ("a.xlsx", lambda: archive({f"xl/{i}": b"" for i in range(90_000)})),
    "an old workbook": ("a.xls", lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(M)),
}  # fmt: skip
