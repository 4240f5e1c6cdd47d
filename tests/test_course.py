"""The course folder: what is in it, what may be published, and that running again changes nothing that is there."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import numpy as np
import pytest
from classroom import (
    ONE_MORE,
    SET,
    again,
    contents,
    keys,
    lines_of,
    records,
    roster_file,
    small_course,
    small_set,
)

import worksheets.course
from course.roster import load_roster
from worksheets import generate, load_set
from worksheets.course import sheet_id
from worksheets.start import start_course

INSTRUCTOR = ("set.json", "records.jsonl", "keys.jsonl", "roster.json", "SHA256SUMS", "secret")


def test_the_folder_is_what_the_contract_says(tmp_path: Path) -> None:
    course = small_course(tmp_path, formats=("md", "tex"))
    handout = {f"handout/{s}/{name}" for s in ("s1", "s2", "s3") for name in ("sheet.md", "sheet.tex", "answers.json")}
    solutions = {f"instructor/solutions/{s}/solution.{ending}" for s in ("s1", "s2", "s3") for ending in ("md", "tex")}
    instructor = {f"instructor/{name}" for name in INSTRUCTOR}
    assert set(contents(course)) == handout | solutions | instructor
    assert stat.S_IMODE((course / "instructor" / "secret").stat().st_mode) == 0o600


def test_the_records_are_what_the_contract_says(tmp_path: Path) -> None:
    course = small_course(tmp_path)
    set_record = json.loads((course / "instructor" / "set.json").read_text(encoding="utf-8"))
    assert (set_record["version"], set_record["title"]) == (2, "Practice sheet")
    (problem,) = set_record["problems"]
    assert (problem["name"], problem["decimals"], problem["sizes"]) == ("tiny", 4, {"n": 2})
    z, *_, w_new = problem["lines"]
    parts = {"name": "z", "expression": "x @ W", "shape": [1, 2], "part": "forward", "asked": True, "marks": 1.25}
    assert {key: z[key] for key in parts} == parts
    assert (w_new["name"], w_new["expression"], w_new["part"]) == ("W_new", "W - eta * dW", "update")
    loss = next(line for line in problem["lines"] if line["name"] == "loss")
    assert loss["shape"] == []

    for student, record in records(course).items():
        assert (record["student"], len(record["given"])) == (student, 1)
        assert set(record["given"][0]) == {"x", "W", "target", "eta"}
        assert record["roster"] == {"id": student, "name": record["roster"]["name"], "email": record["roster"]["email"]}
        form = json.loads((course / "handout" / student / "answers.json").read_text(encoding="utf-8"))
        names = ["1.z", "1.p", "1.loss", "1.dz", "1.dW", "1.W_new"]
        assert form == {"sheet": record["sheet"], "answers": dict.fromkeys(names, "")}
    for student, (key,) in keys(course).items():
        given = records(course)[student]["given"][0]
        assert np.allclose(key["z"], np.array(given["x"]) @ np.array(given["W"]), atol=1e-12)
        assert isinstance(key["loss"], float)


def test_an_id_says_nothing(tmp_path: Path) -> None:
    ids = [sheet_id(b"secret of one course", f"s{i:04}") for i in range(2000)]
    assert len(set(ids)) == 2000
    assert ids != [sheet_id(b"secret of another", f"s{i:04}") for i in range(2000)]
    assert all(len(id) == 9 and id[4] == "-" and not set(id) & set("ILOU") for id in ids)
    # Neither order nor likeness of the students' ids is seen in the sheets'.
    ranks = np.argsort(np.argsort(ids))
    assert abs(np.corrcoef(ranks, np.arange(2000))[0, 1]) < 0.1
    assert len({id[0] for id in ids[:200]}) > 20
    assert sheet_id(b"secret", "s1", {sheet_id(b"secret", "s1")}) != sheet_id(b"secret", "s1")


def test_the_numbers_come_from_the_secret_and_the_student(tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        (tmp_path / name).mkdir()
    first = small_course(tmp_path / "a", formats=())
    secret = (first / "instructor" / "secret").read_text(encoding="utf-8")
    (tmp_path / "b" / "course" / "instructor").mkdir(parents=True)
    (tmp_path / "b" / "course" / "instructor" / "secret").write_text(secret, encoding="utf-8")
    same = small_course(tmp_path / "b", "name,id\nX,s9\nAda,s1\n", formats=())
    other = small_course(tmp_path / "c", formats=())
    assert records(first)["s1"]["given"] == records(same)["s1"]["given"]
    assert records(first)["s1"]["sheet"] == records(same)["s1"]["sheet"]
    assert records(first)["s1"]["given"] != records(other)["s1"]["given"]
    assert not {r["sheet"] for r in records(first).values()} & {r["sheet"] for r in records(other).values()}
    assert records(first)["s1"]["given"] != records(first)["s2"]["given"]


def test_running_again_keeps_every_file_and_adds_the_new_students(tmp_path: Path) -> None:
    course = small_course(tmp_path)
    before = contents(course)
    done = again(course)
    assert (done.new, done.kept, done.printed) == (0, 3, 0)
    assert contents(course) == before

    done = again(course, roster=ONE_MORE)
    assert (done.new, done.kept, done.printed) == (1, 3, 3)
    after = contents(course)
    assert json.loads(after.pop("instructor/roster.json"))["students"] == ["s1", "s2", "s3", "s4"]
    del before["instructor/roster.json"]
    grown = {"instructor/records.jsonl", "instructor/keys.jsonl"}
    counted = {"instructor/set.json", "instructor/SHA256SUMS"}
    assert {path: data for path, data in after.items() if path in before and path not in grown | counted} == {
        path: data for path, data in before.items() if path not in grown | counted
    }
    set_record = json.loads(before["instructor/set.json"])
    assert json.loads(after["instructor/set.json"]) == {**set_record, "sheets": 4}
    assert all(after[path].startswith(before[path]) for path in grown)
    assert set(after) - set(before) == {
        "handout/s4/sheet.md",
        "handout/s4/answers.json",
        "instructor/solutions/s4/solution.md",
    }


def test_who_leaves_the_roster_keeps_a_sheet_and_its_folder(tmp_path: Path) -> None:
    course = small_course(tmp_path)
    before = contents(course / "handout")
    again(course, roster="id,name\nS1,Another\ns2,Emmy with a new name\n")
    assert {path: contents(course / "handout")[path] for path in before} == before
    assert list(records(course)) == ["s1", "s2", "s3", "S1"]
    folders = [record["folder"].casefold() for record in records(course).values()]
    assert len(set(folders)) == 4


def test_records_only(tmp_path: Path) -> None:
    course = small_course(tmp_path, formats=())
    assert set(contents(course)) == {f"instructor/{name}" for name in INSTRUCTOR}
    drawn = records(course)
    assert again(course).printed == 9
    assert records(course) == drawn


# --- who may see what -------------------------------------------------------------------------------------------------


def numbers(value: object) -> list[float]:
    return [float(x) for x in np.ravel(np.asarray(value, dtype=float))]


def test_nothing_in_the_handout_gives_the_key_away(tmp_path: Path) -> None:
    text = 'title = "x"\n[[problem]]\nuse = "attention-backprop"\n'
    course = small_course(tmp_path, text=text, formats=("md", "tex"))
    secret = (course / "instructor" / "secret").read_text(encoding="utf-8").strip()
    for student, (key,) in keys(course).items():
        pages = {path: data.decode() for path, data in contents(course / "handout" / student).items()}
        assert set(pages) == {"sheet.md", "sheet.tex", "answers.json"}
        given = {f"{abs(x):.4f}" for value in records(course)[student]["given"][0].values() for x in numbers(value)}
        hidden = {f"{abs(x):.{d}f}" for value in key.values() for x in numbers(value) for d in (3, 4)}
        # What is as short as a given number can stand there by chance.
        hidden = {number for number in hidden - given if len(number.rstrip("0")) >= 6}
        assert len(hidden) > 50
        for path, page in pages.items():
            assert not [number for number in hidden if number in page], path
            assert secret not in page
            assert "instructor" not in page


def test_a_line_that_is_not_asked_is_printed_with_its_value(tmp_path: Path) -> None:
    course = small_course(tmp_path, text=SET + 'ask = ["backward"]\n')
    for student, (key,) in keys(course).items():
        sheet = (course / "handout" / student / "sheet.md").read_text(encoding="utf-8")
        assert f"{key['loss']:.4f}" in sheet
        assert f"{key['p'][0][0]:.4f}" in sheet
        assert "1.dW" in sheet
        assert "1.loss" not in sheet


def modes(folder: Path) -> dict[str, int]:
    """Whom each file and folder of a folder is open to."""
    found = {path.relative_to(folder).as_posix(): path.stat().st_mode for path in [folder, *folder.rglob("*")]}
    return {path: stat.S_IMODE(mode) for path, mode in found.items() if not path.endswith(".lock")}


def private(folder: Path) -> dict[str, int]:
    return {path: 0o700 if (folder / path).is_dir() else 0o600 for path in modes(folder)}


def test_the_instructor_s_folder_is_its_owner_s_alone(tmp_path: Path) -> None:
    course = small_course(tmp_path)
    instructor = course / "instructor"
    assert modes(instructor) == private(instructor)
    assert all(mode & 0o044 for mode in modes(course / "handout").values())
    for path in (instructor, *instructor.rglob("*")):  # as an earlier version left them
        path.chmod(0o755 if path.is_dir() else 0o644)
    again(course)
    assert modes(instructor) == private(instructor)


def test_so_it_is_in_a_course_that_is_only_started(tmp_path: Path) -> None:
    start_course(tmp_path / "course")
    instructor = tmp_path / "course" / "instructor"
    assert modes(instructor) == {".": 0o700, "secret": 0o600}


# --- formats and processes --------------------------------------------------------------------------------------------


def test_printing_on_several_processes_gives_the_same_pages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    roster = "id,name\n" + "".join(f"s{i},Student {i}\n" for i in range(12))
    course = small_course(tmp_path, roster, formats=())
    instructor = contents(course)
    again(course, roster=roster, formats=("md", "tex"), jobs=1)
    serial = contents(course)
    for path in set(serial) - set(instructor):
        (course / path).unlink()
    monkeypatch.setattr(worksheets.course, "FEW_PAGES", 0)
    assert again(course, roster=roster, formats=("md", "tex"), jobs=2).printed == 60
    assert contents(course) == serial


def test_progress_is_told(tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    problem_set, roster = load_set(small_set(tmp_path)), load_roster(roster_file(tmp_path))
    generate(problem_set, roster, tmp_path / "course", ["md"], lambda *said: told.append(said))
    assert told == [(what, done, 3) for what in ("drawing numbers", "printing") for done in (1, 2, 3)]


def test_lines_of_the_key_are_one_a_sheet(tmp_path: Path) -> None:
    course = small_course(tmp_path, text=SET + '[[problem]]\nuse = "tiny.toml"\nask = ["loss"]\n')
    for line in lines_of(course / "instructor" / "keys.jsonl"):
        first, second = line["key"]
        assert set(first) == set(second) == {"z", "p", "loss", "dz", "dW", "W_new"}
        assert first != second
