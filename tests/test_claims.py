"""Somebody else's sheet, handed in by a student: the owner's marks never fall, and the instructor is told."""

from __future__ import annotations

import io
import json
import os
import zipfile
from collections.abc import Callable, Mapping
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from classroom import hand_in, lines_of, marked, reasons, records, right_answers, small_course

ROSTER = "id,name\ns001,Ada Lovelace\ns002,Emmy Noether\n"
NOW = 1_760_000_000


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course of an owner, Ada, and another, Emmy; tests only read it."""
    return small_course(tmp_path_factory.mktemp("claims"), ROSTER, formats=())


Files = Mapping[str, bytes]


def packed(files: Files) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, (2026, 11, 28, 10, 0, 0)), content)
    return made.getvalue()


def many(content: bytes) -> bytes:
    """A file of several sheets."""
    other = json.dumps({"sheet": "AAAA-BBBB", "answers": {"1.z": "1"}}).encode()
    return content + b"\n" + other + b"\n"


CLAIMS: dict[str, Callable[[bytes], tuple[str, bytes]]] = {
    "own folder": lambda c: ("s002/answers.json", c),
    "own folder, named after the owner": lambda c: ("s002/s001.json", c),
    "own folder, the owner's folder in it": lambda c: ("s002/s001/answers.json", c),
    "own file": lambda c: ("s002.json", c),
    "own archive": lambda c: ("s002.zip", packed({"answers.json": c})),
    "own archive, the owner's name in it": lambda c: ("s002.zip", packed({"s001/answers.json": c})),
    "archive in an archive": lambda c: ("s002.zip", packed({"s001.zip": packed({"s001.json": c})})),
    "many in a folder": lambda c: ("s002/all.jsonl", many(c)),
    "many under the owner's name": lambda c: ("s002/s001.jsonl", many(c)),
    "many under no name": lambda c: ("all.jsonl", many(c)),
    "many in an archive": lambda c: ("s002.zip", packed({"all.jsonl": many(c)})),
    "Moodle, folders": lambda c: ("Emmy Noether_48212_assignsubmission_file_/answers.json", c),
    "Moodle, folders, named after the owner": lambda c: ("Emmy Noether_48212_assignsubmission_file_/s001.json", c),
    "Moodle, flat": lambda c: ("Emmy Noether_48212_assignsubmission_file_answers.json", c),
    "Moodle, flat, named after the owner": lambda c: ("Emmy Noether_48212_assignsubmission_file_s001.json", c),
    "Canvas": lambda c: ("noetheremmy_34_56_answers.json", c),
    "Canvas, late": lambda c: ("noetheremmy_LATE_34_56_answers.json", c),
    "Canvas, named after the owner": lambda c: ("noetheremmy_34_56_s001.json", c),
    "Blackboard": lambda c: ("Sheet 3_s002_attempt_2026-11-28-10-00-00_answers.json", c),
    "Blackboard, named after the owner": lambda c: ("Sheet 3_s002_attempt_2026-11-28-10-00-00_s001.json", c),
}
OWNERS = (
    "s001/answers.json",
    "s001.json",
    "Ada Lovelace_48211_assignsubmission_file_/answers.json",
    "Ada Lovelace_48211_assignsubmission_file_answers.json",
    "lovelaceada_12_34_answers.json",
    "Sheet 3_s001_attempt_2026-11-27-10-00-00_answers.json",
    "answers.json",  # under no name
)


def claim(course: Path, blank: bool) -> bytes:
    """The owner's sheet, filled in by the other."""
    form = right_answers(course, "s001")
    answer: Any = "" if blank else "7"
    return json.dumps({**form, "answers": dict.fromkeys(form["answers"], answer)}).encode()


def put(folder: Path, name: str, content: bytes, when: float) -> None:
    path = folder / "in" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    os.utime(path, (when, when))


@pytest.mark.parametrize("claimed", CLAIMS)
def test_the_owners_marks_never_fall(course: Path, tmp_path: Path, claimed: str) -> None:
    own = json.dumps(right_answers(course, "s001")).encode()
    cases = product((OWNERS[len(claimed) % 6], OWNERS[6]), (True, False), (-99, 99))
    for number, (owner, blank, when) in enumerate(cases):
        name, content = CLAIMS[claimed](claim(course, blank))
        if name == owner or (claimed == "many under no name" and owner == OWNERS[6] and when < 0):
            continue
        folder = tmp_path / str(number)
        put(folder, owner, own, NOW)
        put(folder, name, content, NOW + when)
        found = marked(course, folder, folder / "in")
        of_owner = [marks for marks in found.marks if marks.student == "s001"]
        assert [(marks.source, marks.percent) for marks in of_owner] == [(owner, 100.0)], (owner, blank, when)
        told = {path: says for path, says in reasons(folder).items() if path.startswith(name)}
        assert told, (owner, blank, when)
        if "many" not in claimed:
            assert all("Ada Lovelace" in says or owner in says for says in told.values()), told


@pytest.mark.parametrize("claimed", CLAIMS)
def test_a_claim_alone_makes_no_marks_for_the_owner(course: Path, tmp_path: Path, claimed: str) -> None:
    name, content = CLAIMS[claimed](claim(course, blank=False))
    put(tmp_path, name, content, NOW)
    found = marked(course, tmp_path, tmp_path / "in")
    assert [marks for marks in found.marks if "flat, named" not in claimed and "named after" not in claimed] == []
    assert reasons(tmp_path) or "named after" in claimed


def test_the_better_founded_counts_in_a_later_run(course: Path, tmp_path: Path) -> None:
    put(tmp_path, "s001.json", json.dumps(right_answers(course, "s001")).encode(), NOW)
    marked(course, tmp_path, tmp_path / "in")
    for claimed, (blank, when) in product(CLAIMS, ((True, 99), (False, 99))):
        name, content = CLAIMS[claimed](claim(course, blank))
        put(tmp_path / "later" / claimed, name, content, NOW + when)
    marked(course, tmp_path, tmp_path / "later")
    (line,) = lines_of(tmp_path / "results" / "marks.jsonl")
    assert (line["source"], line["score"]) == ("s001.json", line["out_of"])


HONEST = {
    "a pair, in a file": ("s001 s002.json",),
    "a pair, in a folder": ("Ada Lovelace and Emmy Noether/answers.json",),
    "a tutor's folder": ("Tutor Paul/group 2/s001.json",),
    "a tutor's folder, Moodle": ("Tutor Paul/Ada Lovelace_48211_assignsubmission_file_/answers.json",),
    "an archive of all": ("submissions.zip",),
    "no name": ("answers.json",),
}


@pytest.mark.parametrize("case", HONEST)
def test_honest_names_count(course: Path, tmp_path: Path, case: str) -> None:
    (name,) = HONEST[case]
    own = json.dumps(right_answers(course, "s001")).encode()
    content = packed({"s001/answers.json": own}) if name.endswith(".zip") else own
    put(tmp_path, name, content, NOW)
    (marks,) = marked(course, tmp_path, tmp_path / "in").marks
    assert (marks.student, marks.percent) == ("s001", 100.0)
    assert reasons(tmp_path) == {}


def test_under_no_name_the_later_counts(course: Path, tmp_path: Path) -> None:
    own = json.dumps(right_answers(course, "s001")).encode()
    for first, second in (("a/answers.json", "b/answers.json"), ("b/answers.json", "a/answers.json")):
        folder = tmp_path / first[0]
        put(folder, first, claim(course, blank=False), NOW)
        put(folder, second, own, NOW + 9)
        (marks,) = marked(course, folder, folder / "in").marks
        assert (marks.source, marks.percent) == (second, 100.0)
        assert "An earlier submission" in reasons(folder)[first]


def test_a_file_of_many_counts_where_it_is_named_itself(course: Path, tmp_path: Path) -> None:
    lines = "\n".join(json.dumps(right_answers(course, student)) for student in records(course))
    path = hand_in(tmp_path, "in/all.jsonl", lines)
    assert [marks.percent for marks in marked(course, tmp_path, path).marks] == [100.0, 100.0]
    assert len(marked(course, tmp_path / "folder", tmp_path / "in").marks) == 0
    assert "several students" in reasons(tmp_path / "folder")["all.jsonl"]
