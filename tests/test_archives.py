"""Archives of submissions are read as the folders that they hold, within limits, and never unpacked to disk."""

from __future__ import annotations

import io
import json
import random
import time
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from classroom import contents, hand_in, marked, reasons, right_answers, small_course

from grader import archives
from grader.handed_in import NotRead, Submission
from grader.submissions import submissions

GOOD = json.dumps({"sheet": "7KQF-M2PX", "answers": {"1.dQ": "1", "1.loss": 0.5}}).encode()
THEN = (2026, 10, 9, 8, 7, 6)


def packed(files: Mapping[str, bytes], when: tuple[int, int, int, int, int, int] = THEN) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name, when), data, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def found_in(folder: Path, data: bytes, name: str = "all.zip") -> list[Submission | NotRead]:
    (folder / name).write_bytes(data)
    before = contents(folder)
    found = list(submissions([folder / name]))
    assert contents(folder) == before
    return found


def the_reason(folder: Path, data: bytes) -> str:
    (found,) = found_in(folder, data)
    assert isinstance(found, NotRead), found
    return found.reason


def test_an_archive_is_a_folder(tmp_path: Path) -> None:
    files = {"b/x.json": GOOD, "a.json": GOOD, ".hidden.json": GOOD, "__MACOSX/a.json": GOOD, "c/.git/x.json": GOOD}
    inner = packed({"Ada_1_assignsubmission_file_/answers.json": GOOD})
    found = found_in(tmp_path, packed({**files, "deep/inner.zip": inner, "photo.jpg": b"\xff\xd8\xff"}))
    assert [(item.source, isinstance(item, Submission)) for item in found] == [
        ("all.zip/a.json", True),
        ("all.zip/photo.jpg", False),
        ("all.zip/b/x.json", True),
        ("all.zip/deep/inner.zip/Ada_1_assignsubmission_file_/answers.json", True),
    ]


@pytest.mark.parametrize("name", ["all.zip", "all.json", "all", "all.zip.txt", "all.xlsx"])
def test_an_archive_is_told_by_what_is_in_it(tmp_path: Path, name: str) -> None:
    (found,) = found_in(tmp_path, packed({"a.json": GOOD}), name)
    assert isinstance(found, Submission)


def test_times_in_an_archive_count(tmp_path: Path) -> None:
    (found,) = found_in(tmp_path, packed({"a.json": GOOD}))
    assert isinstance(found, Submission)
    assert found.time == time.mktime((*THEN, 0, 0, -1))
    (found,) = found_in(tmp_path, packed({"a.json": GOOD}, (1980, 1, 1, 0, 0, 0)))
    assert isinstance(found, Submission)
    assert found.time == (tmp_path / "all.zip").stat().st_mtime


def patched(data: bytes, *changes: tuple[bytes, bytes]) -> bytes:
    for old, new in changes:
        assert old in data
        data = data.replace(old, new)
    return data


def locked(data: bytes) -> bytes:
    """An archive whose first file says that it has a password."""
    local, listed = data.index(b"PK\x03\x04"), data.index(b"PK\x01\x02")
    changed = bytearray(data)
    changed[local + 6] |= 1
    changed[listed + 8] |= 1
    return bytes(changed)


def nested(depth: int) -> bytes:
    data = packed({"a.json": GOOD})
    for _ in range(depth):
        data = packed({"in.zip": data})
    return data


BAD = {
    "damaged": packed({"a.json": GOOD})[:-30],
    "password": locked(packed({"a.json": GOOD})),
    "is empty": packed({}),
    "leads out": packed({"../a.json": GOOD}),
    "unpacks to": packed({f"{i}.json": bytes(4_000_000) for i in range(40)}),
    "other here": nested(5),
    "most 5 MB": packed({"a.json": b'{"sheet": "A", "answers": ' + b" " * 6_000_000}),
}


@pytest.mark.parametrize("says", BAD)
def test_a_bad_archive_has_one_reason(tmp_path: Path, says: str) -> None:
    assert says in the_reason(tmp_path, BAD[says])


@pytest.mark.parametrize("name", ["/etc/answers.json", "C:/answers.json", "a/../../answers.json", "..\\answers.json"])
def test_names_that_lead_out_are_not_read(tmp_path: Path, name: str) -> None:
    assert "leads out" in the_reason(tmp_path, packed({name: GOOD}))


def test_a_link_in_an_archive(tmp_path: Path) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        link = zipfile.ZipInfo("a.json", THEN)
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    assert the_reason(tmp_path, out.getvalue()) == archives.LINK


def test_a_damaged_file_stops_no_other(tmp_path: Path) -> None:
    data = packed({"a.json": GOOD, "b.json": GOOD})
    broken = bytearray(data)
    broken[45] ^= 0xFF
    found = found_in(tmp_path, bytes(broken))
    assert [isinstance(item, Submission) for item in found] == [False, True]


def test_too_many_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MOST_FILES", 3)
    assert the_reason(tmp_path, packed({f"{i}.json": GOOD for i in range(4)})) == archives.TOO_MANY
    monkeypatch.setattr(archives, "LARGEST_LIST", 100)
    assert the_reason(tmp_path, packed({f"{i}.json": GOOD for i in range(4)})) == archives.TOO_MANY


def test_names_in_utf_8_that_do_not_say_so(tmp_path: Path) -> None:
    data = packed({"Zoe_x/answers.json": GOOD})
    (found,) = found_in(tmp_path, patched(data, (b"Zoe_", "Zoë".encode())))
    assert found.source == "all.zip/Zoëx/answers.json"


@pytest.mark.parametrize("seed", range(5))
def test_wrong_bytes_raise_nothing(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    data = packed({"a.json": GOOD, "b/c.md": b"Sheet 7KQF-M2PX\n1.a = 1", "in.zip": packed({"a.json": GOOD})})
    for _ in range(60):
        page = bytearray(data)
        for _ in range(chance.choice([1, 5, 50])):
            page[chance.randrange(len(page))] = chance.randrange(256)
        for found in found_in(tmp_path, bytes(page)):
            found.source.encode()


def test_a_class_as_a_learning_system_packs_it(tmp_path: Path) -> None:
    course = small_course(tmp_path)
    blank = (course / "handout" / "s1" / "sheet.md").read_bytes()
    page = {s: json.dumps(right_answers(course, s)).encode() for s in ("s1", "s2")}
    files = {
        "Ada_48211_assignsubmission_file_/answers.json": page["s1"],
        "Ada_48211_assignsubmission_file_/sheet.md": blank,
        "Emmy_48212_assignsubmission_file_/work.zip": packed({"my work/answers.json": page["s2"]}),
        "Emmy_48212_assignsubmission_file_/photo.png": b"\x89PNG\r\n\x1a\n",
    }
    (tmp_path / "download.zip").write_bytes(packed(files))
    found = marked(course, tmp_path, tmp_path / "download.zip")
    assert [(m.student, m.percent) for m in found.marks] == [("s1", 100.0), ("s2", 100.0)]
    assert len(reasons(tmp_path)) == 2


def test_a_course_and_results_in_an_archive_are_passed_over(tmp_path: Path) -> None:
    course = small_course(tmp_path)
    marked(course, tmp_path, hand_in(tmp_path, "s1.json", right_answers(course, "s1")))
    files = {f"course/{name}": data for name, data in contents(course).items()}
    files |= {f"results/{name}": data for name, data in contents(tmp_path / "results").items()}
    found = found_in(tmp_path, packed(files))
    assert [item.source for item in found] == ["all.zip/course"]
