"""Files that nobody means: filled-in sheets of every format, cut up, spliced and blown up, in their bytes and inside.

    python -m benchmarks.fuzz --files 10000

Each is read as `grade` reads it. Counted are those of which reading had to be stopped, or raised: each is shown, and
how it can be made again.
"""

from __future__ import annotations

import io
import json
import random
import sys
import time
import zipfile
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace

import msgspec
import pikepdf

from grader.finding import Found, found_in
from grader.handed_in import NotRead, Submission
from grader.readers import FILLERS, READERS
from grader.readers.files import File
from grader.submissions import STOPPED, read_file
from worksheets.formats import FORMATS
from worksheets.problem import load_problem

PROBLEM = "output-layer-step"

Change = Callable[[random.Random, bytes, bytes], bytes]
"""Of a file and another one, a third."""

PIECES = (
    *(b"Sheet 7KQF-M2PX", b"Sheet ABCD-2345\n", b"1.dQ = ", b"\n# 1.dQ\ndQ = [", b"% answer 1.dQ\n", b"\\\\", b"\\blank{}"),
    *(b"\xff\xfe", b"\xef\xbb\xbf", b"\xed\xa0\x80", b"\0", b"\x1b[31m", "\u202e\u2028".encode(), b"\r", b"\x85", b"\x0b"),
    *(b"<", b">", b"</", b"<!--", b"<![CDATA[", b"<!DOCTYPE a [", b"&#1114112;", b"&lt;", b"<si>", b"<c r='A1' t='s'><v>", b"_x0000_"),
    *(b"[", b"]", b"{", b"}", b'"', b"'", b"'''", b"(", b")", b"<<", b">>", b" R ", b" obj ", b"endobj", b"stream\n", b"/Kids ", b"/V "),
    *(b"-1", b"99999999999", b"1e999", b"NaN", b"null", b"true", b"1" * 5000, b"0.1, 0.2", b"\\ud800", b"$A$1:$XFD$1048576"),
    *(b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06", b"%PDF-1.7", b"startxref\n0\n%%EOF", b'{"answers": {', b'"cells": [', b"---\n", b"```"),
)  # fmt: skip


def _bytes(chance: random.Random, data: bytes, _other: bytes) -> bytes:
    changed = bytearray(data)
    for _ in range(chance.choice((1, 1, 3, 10, 100))):
        changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed)


def _cut(chance: random.Random, data: bytes, _other: bytes) -> bytes:
    start, end = sorted(chance.randrange(len(data) + 1) for _ in range(2))
    return chance.choice((data[:end], data[start:], data[:start] + data[end:]))


def _spliced(chance: random.Random, data: bytes, other: bytes) -> bytes:
    return data[: chance.randrange(len(data))] + other[chance.randrange(len(other)) :]


def _moved(chance: random.Random, data: bytes, _other: bytes) -> bytes:
    a, b, c = sorted(chance.randrange(len(data) + 1) for _ in range(3))
    return data[:a] + data[b:c] + data[a:b] + data[c:]


def _pieces(chance: random.Random, data: bytes, _other: bytes) -> bytes:
    for _ in range(chance.choice((1, 2, 5))):
        place, many = chance.randrange(len(data) + 1), chance.choice((1, 1, 1, 2, 50, 20_000))
        over = chance.choice((0, 0, 1, 10))
        data = data[:place] + chance.choice(PIECES) * many + data[place + over :]
    return data


def _repeated(chance: random.Random, data: bytes, _other: bytes) -> bytes:
    start = chance.randrange(len(data))
    part = data[start : start + chance.choice((1, 2, 5, 20, 100, 1000))]
    return data[:start] + part * chance.choice((2, 30, 1000, 30_000)) + data[start:]


def _number(chance: random.Random, data: bytes, _other: bytes) -> bytes:
    """A number in the file is another one."""
    places = [i for i in range(len(data)) if data[i : i + 1].isdigit()]
    if not places:
        return data + b"1"
    place = chance.choice(places)
    return data[:place] + chance.choice((b"0", b"-1", b"9999", b"1e9", b"4294967296", b"1.5")) + data[place + 1 :]


CHANGES: Mapping[str, Change] = {
    "bytes": _bytes,
    "cut": _cut,
    "spliced": _spliced,
    "moved": _moved,
    "pieces": _pieces,
    "repeated": _repeated,
    "number": _number,
}


def filled() -> dict[str, bytes]:
    """A sheet filled in, in every format, by its ending."""
    sheet = load_problem(PROBLEM).variant(seed=7)
    sheet = replace(sheet, record=msgspec.structs.replace(sheet.record, sheet="7KQF-M2PX"))
    asked = [line.name for line in sheet.set.problems[0].lines if line.asked]
    answers = {f"1.{name}": msgspec.to_builtins(sheet.key[name]) for name in asked}
    form = json.dumps({"sheet": "7KQF-M2PX", "answers": dict.fromkeys(answers, "")}).encode()
    pages = {ending: FORMATS[ending](sheet, False) for ending in FILLERS if ending != "json"} | {"json": form}
    found = {f".{ending}": FILLERS[ending](page, answers) for ending, page in pages.items()}
    found[".jsonl"] = (found[".json"].replace(b"\n", b"") + b"\n") * 3
    found[".html"] = b"<p>Sheet 7KQF-M2PX</p>" + "".join(f"<p>{n} = {v}</p>" for n, v in answers.items()).encode()
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for ending, data in found.items():
            archive.writestr(f"s1/sheet{ending}", data)
    return {**found, ".zip": out.getvalue()}


def inside(data: bytes, change: Callable[[bytes], bytes], chance: random.Random) -> bytes:
    """A packed file with one of its parts changed, or a PDF with what was packed in it."""
    if data.startswith(b"PK"):
        out = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(data)) as archive, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as copy:
            names = archive.namelist()
            chosen = chance.choice(names)
            for name in names:
                part = archive.read(name)
                copy.writestr(name, change(part) if name == chosen and part else part)
        return out.getvalue()
    if data.startswith(b"%PDF"):
        out = io.BytesIO()
        with pikepdf.open(io.BytesIO(data)) as pdf:
            pdf.save(out, compress_streams=False, object_stream_mode=pikepdf.ObjectStreamMode.disable)
        return change(out.getvalue())
    return change(data)


def made(pages: Mapping[str, bytes], seed: int) -> tuple[str, bytes]:
    """A file from a seed: what it is called, and its bytes."""
    chance = random.Random(seed)
    ending = chance.choice(sorted(pages))
    names = [chance.choice(sorted(CHANGES)) for _ in range(chance.choice((1, 1, 2, 3)))]

    def changed(data: bytes) -> bytes:
        for name in names:
            data = CHANGES[name](chance, data or b" ", pages[chance.choice(sorted(pages))])
        return data

    data = inside(pages[ending], changed, chance) if chance.random() < 0.6 else changed(pages[ending])
    called = ending if chance.random() < 0.8 else chance.choice([*READERS, ".txt", ".zip", ""])
    return f"sheet{called}", data


def tried(count: int, seed: int) -> tuple[Counter[str], list[str]]:
    """What came of so many files, counted; and of those that had to be stopped, which they were."""
    pages, came, shown = filled(), Counter[str](), list[str]()
    for number in range(seed * 10**9, seed * 10**9 + count):
        name, data = made(pages, number)
        start = time.process_time()
        for one in found_in(Found(name, File(name, len(data), 0.0, data=data), named=True)):
            for read in [one] if isinstance(one, NotRead) else read_file(one):
                came[what := _came(read)] += 1
                if what not in ("a submission", "a reason"):
                    shown.append(f"{what}: made(filled(), {number}): {read.source} {len(data):,} bytes\n{_log(read)}")
        if time.process_time() - start > 2:
            came["slow here"] += 1
            shown.append(f"slow here: made(filled(), {number}) {name}")
    return came, shown


def _came(read: Submission | NotRead) -> str:
    read.source.encode()
    if isinstance(read, Submission):
        return "a submission"
    assert read.reason.isprintable(), read.reason
    return next((why for why, says in STOPPED.items() if read.reason == says), "a reason")


def _log(read: Submission | NotRead) -> str:
    return read.log if isinstance(read, NotRead) else ""


def main(count: int, seed: int) -> None:
    """Ends the program with 1 where the reading of a file raised."""
    came, shown = tried(count, seed)
    print(f"files: {count:,}; " + ", ".join(f"{what} {many:,}" for what, many in sorted(came.items())), flush=True)
    for one in shown[:20]:
        print(f"    {one}")
    if came["error"]:
        sys.exit(1)
