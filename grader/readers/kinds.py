"""What a file is, told by what is in it; its ending is a hint where that does not say."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence

from grader.handed_in import SHEET, Refused
from grader.readers import own

HEAD = 65_536
"""So many bytes of a file are looked at to tell what it is."""

TOLD_APART = (".json", ".jsonl", ".md", ".tex", ".ipynb", ".pdf", ".xlsx", ".xlsm")
"""The kinds that are told apart by what is in them."""

ARCHIVE, PAGE, ON_A_PAGE, PASTED = ".zip", ".html", "text on a page", "JSON in other text"
_WORKBOOK = "In your spreadsheet program, save it as .xlsx, and hand that in."
WHAT_TO_DO: Mapping[str, str] = {
    ON_A_PAGE: "This is a web page, but none of a sheet's answers is in it.",
    ARCHIVE: "This archive is damaged: its beginning is missing. Pack it again, or hand in the files.",
    **dict.fromkeys((".xls", ".ods", ".numbers"), f"This is a workbook of another kind. {_WORKBOOK}"),
}
"""What to hand in instead of a file whose content does not say what it is, by its ending."""

_MAGIC: Sequence[tuple[int, bytes, str]] = (
    *((0, b"\x89PNG\r\n", "a PNG picture"), (0, b"\xff\xd8\xff", "a JPEG picture"), (0, b"GIF8", "a GIF picture")),
    *((8, b"WEBP", "a WebP picture"), (0, b"II*\0", "a TIFF picture"), (0, b"MM\0*", "a TIFF picture")),
    *((4, b"ftyphei", "a HEIC picture"), (4, b"ftypmif1", "a HEIC picture"), (4, b"ftypavif", "an AVIF picture")),
    *((0, b"BM", "a BMP picture"), (4, b"ftyp", "a video"), (0, b"RIFF", "a sound or a video"), (0, b"ID3", "a sound")),
    *(
        (0, b"{\\rtf", "a rich text document (RTF)"),
        (0, b"%!PS", "a PostScript file"),
        (0, b"\x1f\x8b", "a gzip archive"),
    ),
    *((0, b"Rar!", "a RAR archive"), (0, b"7z\xbc\xaf", "a 7-Zip archive"), (0, b"BZh", "a bzip2 archive")),
    *((0, b"\xfd7zXZ", "an xz archive"), (257, b"ustar", "a tar archive"), (0, b"SQLite format 3", "a database")),
    *((0, b"\x7fELF", "a program"), (0, b"MZ", "a program"), (0, b"\x93NUMPY", "a NumPy array")),
    *((0, b"bplist", "a property list"), (0, b"\0\0\1\0", "an icon"), (0, b"8BPS", "a Photoshop picture")),
)
"""Where which bytes stand in files that no answers are read from."""

_PACKED: Sequence[tuple[str, str]] = (
    ("word/", "a Word document"),
    ("ppt/", "a PowerPoint presentation"),
    ("Index/", "a document of Pages, Numbers or Keynote"),
    ("Index.zip", "a document of Pages, Numbers or Keynote"),
    ("META-INF/container.xml", "an EPUB book"),
    ("AndroidManifest.xml", "a program"),
)
"""What a packed document is, by the names of its parts."""

_OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

_WEB_PAGE = re.compile(
    r"(?:<\?xml[^>]*>\s*)?(?:<!--.{0,2000}?-->\s*)?<(?:!doctype\s+html|html|head|body|meta)\b", re.I | re.S
)
_TAGGED = re.compile(r"<(?:p|div|span|br|table|pre|h[1-6]|ul|ol|li|b|i|strong|em|a|font|center|code)\b[^>]*>", re.I)
_OBJECT = re.compile(r"\{\s*[\"}]|\[\s*[\[{\"\]\d]")
_PASTED = re.compile(r"\{\s*[\"“”„](?:sheet|answers)[\"“”„]\s*:")
_SHORTCUT = re.compile(r"\[InternetShortcut\]|\{[^{}]*\"url\"\s*:|<\?xml[^>]*>\s*<!DOCTYPE plist")
_LATEX = re.compile(r"^[ \t]*%[ \t]*answer[ \t]+[0-9]+\.|\{%[ \t]*answer[ \t]+[0-9]+\.|\\documentclass\b", re.M)
_LABEL = re.compile(
    r"^[ \t>*`$_-]{0,20}[0-9]{1,3}\\?\.[ ]?[^\W\d][\w\\{}.]{0,60}[`*$_ \t]{0,9}(?::|=|≈|\\approx)", re.M
)


_ENDING = re.compile(r"\.[a-z0-9]{1,8}$", re.IGNORECASE)


def ending(name: str, known: Collection[str] = ()) -> str:
    """The ending that says most: programs put .txt behind another, which is passed over where it is not known."""
    last = _last_ending(name)
    while last == ".txt" and last not in known:
        name = name[: -len(last)]
        last = _last_ending(name)
    return {".markdown": ".md", ".mdown": ".md", ".ndjson": ".jsonl"}.get(last, last)


def _last_ending(name: str) -> str:
    found = _ENDING.search(name, max(0, len(name) - 9))
    return found[0].lower() if found else ""


def is_packed(head: bytes) -> bool:
    """Whether a file with these first bytes is packed: an archive, or a document that is kept as one."""
    return head.startswith((b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")) and b"%PDF-" not in head[:1024]


class NoAnswers(Refused):
    """A file is of a kind that no answers are read from; says which."""


def kind_of(head: bytes, ending: str, known: Collection[str]) -> str:
    """The kind of a file as the ending of its reader, one of the known: by its first bytes, then by its own ending.

    Raises Refused, with the name of what it is, where no answers are read from such files, and for handprop's own.
    """
    if b"%PDF-" in head[:1024]:
        return ".pdf"
    if is_packed(head):
        return ARCHIVE
    if head.startswith(_OLD_OFFICE):
        return _old_office(head, ending)
    for place, magic, what in _MAGIC:
        if head.startswith(magic, place):
            raise NoAnswers(f"This is {what}.")
    wide = head.startswith((b"\xff\xfe", b"\xfe\xff"))
    if not wide and b"\0" in head:
        return _by_ending(ending, known, "This is no text and no document of a known kind.")
    text = head.decode("utf-16" if wide else "utf-8-sig", errors="replace").strip()
    kind = _object(text, ending)
    if kind in (".json", ".jsonl"):
        return kind
    own.check_text(text)
    if not text:
        return _by_ending(ending or ".md", known, "This file is empty.")
    return kind or _text(text, ending, known)


def is_json(head: bytes, ending: str) -> bool:
    """Whether a file with these first bytes is one submission in JSON, or many."""
    return (
        head[:1] == b"{" and b"\0" not in head and _object(head.decode(errors="replace"), ending) in (".json", ".jsonl")
    )


def _old_office(head: bytes, ending: str) -> str:
    if ending in (".doc", ".ppt", ".msg"):
        raise NoAnswers("This is a document of an older Office program.")
    return ".xlsx"  # a locked workbook, or one of an older kind: its reader has a word on it


def _object(text: str, ending: str) -> str:
    """The kind of an object in JSON, or of many, one a line; "" for anything else."""
    if not _OBJECT.match(text):
        return ""
    if any(key in text for key in ('"nbformat"', '"cell_type"', '"worksheets"')):
        return ".ipynb"
    first = text.partition("\n")[0].strip()
    if ending == ".jsonl" and len(first) >= HEAD // 4:
        return ending
    if '"answers"' not in text and '"sheet"' not in text:
        return ""
    lines = first.endswith("}") and (ending == ".jsonl" or text[len(first) :].lstrip().startswith("{"))
    return ".jsonl" if lines else ".json"


def _text(text: str, ending: str, known: Collection[str]) -> str:
    """The kind of another text."""
    if _WEB_PAGE.match(text) or (ending in (".html", ".htm", ".xhtml")):
        return PAGE
    if ending in known and ending not in TOLD_APART:
        return ending
    if _TAGGED.match(text) and ending not in TOLD_APART:
        return PAGE
    if _LATEX.search(text) or (ending == ".tex" and not _LABEL.search(text)):
        return ".tex"
    if _PASTED.search(text):
        return PASTED
    if SHEET.search(text) or _LABEL.search(text):
        return ".md"
    if _SHORTCUT.match(text):
        raise NoAnswers("This is a link to a document, not the document itself.")
    return _by_ending(ending, known, "This is text, but none of a sheet's answers is in it.")


def _by_ending(ending: str, known: Collection[str], otherwise: str) -> str:
    if ending in known:
        return ending
    if ending in WHAT_TO_DO:
        raise Refused(WHAT_TO_DO[ending])
    raise NoAnswers(otherwise)


def pasted(text: str) -> str:
    """The object in JSON that stands in other text, with quotation marks as they were before an editor curled them."""
    return re.sub("[“”„]", '"', text[text.index("{") : text.rindex("}") + 1] if "}" in text else text)


def packed(names: Sequence[str], mimetype: bytes) -> str:
    """The kind of a packed file, by the names in it: a workbook, or a folder. Raises Refused for another document."""
    if any(name.lstrip("/").startswith(("xl/", "xl\\")) for name in names):
        return ".xlsx"
    if kind := re.match(rb"application/vnd\.oasis\.opendocument\.(\w+)", mimetype):
        if kind[1] == b"spreadsheet":
            raise Refused(f"This is an OpenDocument workbook. {_WORKBOOK}")
        raise NoAnswers("This is an OpenDocument text or drawing.")
    for start, what in _PACKED:
        if any(name.startswith(start) for name in names):
            raise NoAnswers(f"This is {what}.")
    damaged = any(name.startswith(("docProps/", "_rels/")) for name in names)
    return ".xlsx" if damaged else ARCHIVE  # what is left of a workbook is answered by its reader
