"""Records that are damaged, made by hand, or of another version: refused whole, by grade and generate alike."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from classroom import ONE_MORE, SET, TINY, contents, handprop, of_version_1, roster_file, sealed, small_set

from course.errors import CourseError
from course.roster import Roster, load_roster
from course.stored import FILES, SUMS, load_course
from worksheets import generate, load_set
from worksheets.problem_set import ProblemSet

Edit = Callable[[Path], None]
Made = tuple[ProblemSet, Roster]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """What the course is made from."""
    folder = tmp_path_factory.mktemp("set")
    return load_set(small_set(folder)), load_roster(roster_file(folder))


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, made: Made) -> Path:
    """A course of three students; tests work on copies."""
    course = tmp_path_factory.mktemp("class") / "course"
    generate(*made, course, ())
    return course


@pytest.fixture
def course(whole: Path, tmp_path: Path) -> Path:
    return shutil.copytree(whole, tmp_path / "course")


def edited(name: str, change: Callable[[bytes], bytes]) -> Edit:
    def edit(course: Path) -> None:
        path = course / "instructor" / name
        before = path.read_bytes()
        path.write_bytes(change(before))
        assert path.read_bytes() != before

    return edit


def of_set(change: Callable[[dict[str, Any]], object]) -> Edit:
    """An edit of set.json, as whoever makes one by hand would: it is sealed with checksums of its own."""
    return _of_json("set.json", lambda text: [change(text)])


def of_problem(change: Callable[[dict[str, Any]], object]) -> Edit:
    return of_set(lambda record: change(record["problems"][0]))


def of_line(change: Callable[[dict[str, Any]], object]) -> Edit:
    return of_problem(lambda problem: change(problem["lines"][0]))


def of_sheet(change: Callable[[dict[str, Any]], object]) -> Edit:
    return _of_json("records.jsonl", lambda record: change(record))


def of_given(name: str, value: object) -> Edit:
    return of_sheet(lambda record: record["given"][0].update({name: value}))


def _of_json(name: str, change: Callable[[dict[str, Any]], object]) -> Edit:
    def edit(course: Path) -> None:
        path = course / "instructor" / name
        first, *rest = [path.read_text("utf-8")] if name == "set.json" else path.read_text("utf-8").splitlines(True)
        record = json.loads(first)
        change(record)
        path.write_text("".join([json.dumps(record), "\n" * bool(rest), *rest]), encoding="utf-8")
        if (course / "instructor" / "SHA256SUMS").exists():
            sealed(course)

    return edit


def without(key: str) -> Callable[[dict[str, Any]], object]:
    return lambda record: record.pop(key)


DAMAGE: dict[str, Edit] = {
    "the last record is missing": edited("records.jsonl", lambda data: b"".join(data.splitlines(True)[:-1])),
    "the first record is missing": edited("records.jsonl", lambda data: b"".join(data.splitlines(True)[1:])),
    "no record is left": edited("records.jsonl", lambda data: b""),
    "a record is there twice": edited("records.jsonl", lambda data: data + data.splitlines(True)[0]),
    "two records have changed places": edited("records.jsonl", lambda data: b"".join(data.splitlines(True)[::-1])),
    "records are cut": edited("records.jsonl", lambda data: data[:-40]),
    "records are cut by a byte": edited("records.jsonl", lambda data: data[:-1]),
    "an edited number": edited("records.jsonl", lambda data: re.sub(rb"\d\.\d", b"3.5", data, count=1)),
    "a flipped byte of the records": edited(
        "records.jsonl", lambda data: data[:60] + bytes([data[60] ^ 1]) + data[61:]
    ),
    "a flipped byte of the set": edited("set.json", lambda data: data.replace(b"softmax(z)", b"softmax(x)")),
    "marks in the set": edited("set.json", lambda data: data.replace(b'"marks": 1.25', b'"marks": 9.25', 1)),
    "the set is cut": edited("set.json", lambda data: data[:-200]),
    "the set is empty": edited("set.json", lambda data: b""),
    "the roster is another": edited("roster.json", lambda data: data.replace(b"s3", b"s4")),
    "no checksums": lambda course: (course / "instructor" / "SHA256SUMS").unlink(),
    "checksums that are none": edited("SHA256SUMS", lambda data: b"none\n"),
    "checksums of one file": edited("SHA256SUMS", lambda data: data.splitlines(True)[0]),
    "checksums of another file": edited("SHA256SUMS", lambda data: data.replace(b"keys", b"kevs")),
    "an empty file of checksums": edited("SHA256SUMS", lambda data: b""),
    "version 1 is claimed": edited("set.json", lambda data: data.replace(b'"version": 2', b'"version": 1')),
}
"""What disks, editors and copies do to records of this version: told by the checksums."""

MARKS = re.compile(rb'"marks": ?[0-9.]+')
BY_HAND: dict[str, Edit] = {
    "not JSON": edited("set.json", lambda data: b"# a course"),
    "JSON of another kind": edited("set.json", lambda data: b"[1, 2]"),
    "nested without end": edited("set.json", lambda data: b"[" * 100_000),
    "not UTF-8": edited("records.jsonl", lambda data: data.replace(b"Ada", b"\xff\xfe\xfd")),
    "version 99": of_set(lambda record: record.update(version=99)),
    "version 0": of_set(lambda record: record.update(version=0)),
    "version -1": of_set(lambda record: record.update(version=-1)),
    "version as text": of_set(lambda record: record.update(version="1")),
    "version 1.5": of_set(lambda record: record.update(version=1.5)),
    "version true": of_set(lambda record: record.update(version=True)),
    "no version": of_set(without("version")),
    "an unknown key of the set": of_set(lambda record: record.update(notes="x")),
    "an unknown key that clears a terminal": of_set(lambda record: record.update({"\x1b[2J\n": "x"})),
    "a set without end": edited("set.json", lambda data: data + b" " * 11_000_000),
    "an unknown key without end": of_set(lambda record: record.update({"x" * 10_000: "x"})),
    "an unknown key of a problem": of_problem(lambda problem: problem.update(hard=True)),
    "an unknown key of a line": of_line(lambda line: line.update(formula_marks=1.0)),
    "an unknown key of a sheet": of_sheet(lambda record: record.update(secret="x")),
    "an unknown key of marking": of_set(lambda record: record["marking"].update(kind="mild")),
    "no problems": of_set(lambda record: record.update(problems=[])),
    "follows above 1": of_set(lambda record: record["marking"].update(follows=2.0)),
    "marks below 0": of_line(lambda line: line.update(marks=-1.0)),
    "marks as text": of_line(lambda line: line.update(marks="4")),
    "marks without end": edited(
        "set.json", lambda data: re.sub(rb'"marks": ?[\d.]+', b'"marks": 1e999', data, count=1)
    ),
    "marks that are no number": edited(
        "set.json", lambda data: re.sub(rb'"marks": ?[\d.]+', b'"marks": NaN', data, count=1)
    ),
    "marks for what is not asked": of_problem(lambda problem: problem.update(own_marks={"q": 1.0})),
    "marks for a kind that is none": of_line(lambda line: line.update(in_words={"song": 1.0})),
    "mathematics in the intro that is none": of_problem(lambda problem: problem.update(intro="See {W @}.")),
    "no decimals": of_problem(lambda problem: problem.update(decimals=0)),
    "decimals without end": of_problem(lambda problem: problem.update(decimals=10**9)),
    "a size of 0": of_problem(lambda problem: problem.update(sizes={"n": 0})),
    "a size of a billion": of_problem(lambda problem: problem.update(sizes={"n": 10**9})),
    "a size that is not there": of_problem(lambda problem: problem.update(sizes={})),
    "a part that is none": of_line(lambda line: line.update(part="sideways")),
    "a name that is none": of_line(lambda line: line.update(name="z; rm -rf")),
    "a name twice": of_problem(lambda problem: problem["lines"].append(problem["lines"][0])),
    "a given without a shape": of_problem(lambda problem: problem["given"][0].update(shape=["n"])),
    "rows of no kind": of_problem(lambda problem: problem["given"][0].update(rows="curly")),
    "a loss that is no line": of_problem(lambda problem: problem.update(loss="gain")),
    "labels that do not fit": of_problem(lambda problem: problem.update(labels={"n": ["A"]})),
    "another shape than the line's": of_line(lambda line: line.update(shape=[3, 3])),
    "zeros outside": of_line(lambda line: line.update(always_zero=[[7, 0]])),
    "zeros before the first": of_line(lambda line: line.update(always_zero=[[-1, 0]])),
    "nothing asked": of_problem(lambda problem: [line.update(asked=False) for line in problem["lines"]]),
    "a line that is Python": of_line(lambda line: line.update(expression="__import__('os').system('true')")),
    "a line that cannot be read": of_line(lambda line: line.update(expression="x @")),
    "a line with a name that is not known": of_line(lambda line: line.update(expression="x @ Q")),
    "a line without end": of_line(lambda line: line.update(expression="x" + " + x" * 10_000)),
    "brackets without end": of_line(lambda line: line.update(expression="(" * 500 + "x" + ")" * 500)),
    "a power without end": of_line(lambda line: line.update(expression="x ** 999999999")),
    "zeros by the billion": of_line(lambda line: line.update(expression="onehot(target, 999999999)")),
    "lines by the thousand": of_problem(lambda p: p.update(lines=p["lines"][:1] * 3000)),
    "no problem for a sheet": of_sheet(lambda record: record.update(given=[])),
    "a problem too many": of_sheet(lambda record: record["given"].append({})),
    "a given that is missing": of_sheet(lambda record: record["given"][0].pop("W")),
    "a given too many": of_given("Q", 1.0),
    "a given in another shape": of_given("W", [[1.0, 2.0]]),
    "ragged rows": of_given("W", [[1.0, 2.0], [1.0]]),
    "a number for a matrix": of_given("W", 1.0),
    "a matrix for a number": of_given("eta", [[1.0]]),
    "text for a number": of_given("eta", "0.5"),
    "true for a number": of_given("eta", True),
    "nothing for a number": of_given("eta", None),
    "true in a matrix": of_given("x", [[True, 1.0]]),
    "NaN": of_given("eta", float("nan")),
    "infinity": of_given("eta", float("inf")),
    "a number without end": of_given("eta", 1e300),
    "an index above": of_given("target", 2),
    "an index below": of_given("target", -1),
    "an index that is no whole number": of_given("target", 0.5),
    "an index that is true": of_given("target", True),
    **{
        f"sheet “{id[:20]}”": of_sheet(lambda record, id=id: record.update(sheet=id))  # type: ignore[misc]
        for id in ("", "A", "7kqf-m2px", "7KQF-M2PX ", "7KQF-M2PX\n", "../x", "7KQF M2PX", "A" * 100_000)
    },
    "a sheet's id that is no text": of_sheet(lambda record: record.update(sheet=7)),
    "no student": of_sheet(lambda record: record.update(student="")),
    "a student that cannot be printed": of_sheet(lambda record: record.update(student="s\0")),
    "a student twice": of_sheet(lambda record: record.update(student="s2")),
    "a folder twice": of_sheet(lambda record: record.update(folder="S2")),
    "a roster of numbers": of_sheet(lambda record: record.update(roster={"id": 7})),
    **{
        f"folder {folder[:30]!r}": of_sheet(lambda record, folder=folder: record.update(folder=folder))  # type: ignore[misc]
        for folder in (
            *(
                "../../../pwned",
                "..",
                ".",
                "",
                "/tmp/pwned",
                "a/b",
                "a\\b",
                "..\\x",
                "C:",
                "C:\\x",
                "~",
                "s1\0",
                "s1\n",
            ),
            *("s1/", " s1", "s1 ", ".hidden", "s1.", "x" * 70, "x" * 5000, "CON", "nul.txt", "Lpt1", "ä", "$HOME"),
        )
    },
    "a folder that is no text": of_sheet(lambda record: record.update(folder=["s1"])),
}
"""What can be written by hand: refused by what it says, whatever its checksums."""


def refused(course: Path, made: Made) -> str:
    """What is said of a course by all that load one: alike, and nothing is written."""
    before = contents(course)
    with pytest.raises(CourseError) as graded:
        load_course(course)
    with pytest.raises(CourseError) as generated:
        generate(*made, course, ())
    assert contents(course) == before
    assert str(graded.value) == str(generated.value)
    return str(graded.value)


def checked(says: str, course: Path) -> None:
    """A message names the file, is short, and says what to do."""
    assert re.match(
        rf"{re.escape(str(course / 'instructor'))}/(set\.json|records\.jsonl|roster\.json|SHA256SUMS)", says
    )
    assert "put the course's instructor folder back as generate wrote it" in says or "Upgrade handprop" in says
    assert len(says) < 700
    assert "\n" not in says


@pytest.mark.parametrize("what", DAMAGE)
def test_damage_is_refused(course: Path, made: Made, what: str) -> None:
    DAMAGE[what](course)
    checked(refused(course, made), course)


@pytest.mark.parametrize("what", BY_HAND)
def test_what_cannot_be_is_refused_whatever_its_checksums(course: Path, made: Made, what: str) -> None:
    BY_HAND[what](course)
    checked(refused(sealed(course), made), course)


@pytest.mark.parametrize("what", BY_HAND)
def test_what_cannot_be_is_refused_in_version_1(course: Path, what: str) -> None:
    BY_HAND[what](of_version_1(course))
    with pytest.raises(CourseError) as found:
        load_course(course)
    checked(str(found.value), course)


def test_a_newer_version_is_said_to_be_one(course: Path, made: Made) -> None:
    BY_HAND["version 99"](course)
    assert "of version 99, made by a newer handprop; this one reads them up to version 2" in refused(course, made)


def test_how_many_sheets_are_there_is_said(course: Path, made: Made) -> None:
    DAMAGE["the last record is missing"](course)
    assert "records.jsonl: 2 of 3 sheets are there" in refused(course, made)


def test_the_command_line_says_it_once(course: Path, tmp_path: Path) -> None:
    DAMAGE["an edited number"](course)
    ran = handprop("grade", course, course / "instructor" / "secret", "--out", tmp_path / "results")
    assert (ran.code, ran.out, ran.err.count("\n")) == (2, "", 1)
    assert "records.jsonl: this is not as generate wrote it" in ran.err
    assert not (tmp_path / "results").exists()


@pytest.mark.parametrize("name", [*FILES[:2], SUMS])
@pytest.mark.parametrize("kind", [os.mkfifo, os.mkdir])
def test_what_is_no_file_is_not_waited_for(course: Path, made: Made, name: str, kind: Callable[[Path], None]) -> None:
    (course / "instructor" / name).unlink()
    kind(course / "instructor" / name)
    for load in (load_course, lambda course: generate(*made, course, ())):
        with pytest.raises(CourseError, match=rf"{name}: this cannot be read: it is not a file"):
            load(course)


def test_keys_of_version_1_tell_that_a_sheet_is_missing(course: Path) -> None:
    DAMAGE["the last record is missing"](of_version_1(course))
    with pytest.raises(CourseError, match=r"2 of 3 sheets are there; put .* was killed, remove keys\.jsonl"):
        load_course(course)
    (course / "instructor" / "keys.jsonl").unlink()
    assert len(load_course(course).sheets) == 2


def test_checksums_are_those_of_sha256sum(course: Path) -> None:
    call = ["sha256sum", "-c", "--quiet", "--strict", "SHA256SUMS"]
    done = subprocess.run(call, cwd=course / "instructor", capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert (course / "instructor" / "SHA256SUMS").read_text(encoding="ascii").count("\n") == 4


def test_a_name_that_is_a_word_of_pythons_may_be_given(tmp_path: Path) -> None:
    problem = TINY.replace("eta", "lambda")
    text = small_set(tmp_path, SET, problem)
    course = tmp_path / "course"
    generate(load_set(text), load_roster(roster_file(tmp_path)), course, ())
    assert all("lambda" in sheet.given[0] for sheet in load_course(course).sheets.values())


# --- a run that was killed --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("moved", range(6))
def test_what_a_killed_run_had_ready_is_read_where_nothing_can_be_written(
    whole: Path, tmp_path: Path, made: Made, moved: int
) -> None:
    """Of the files that a run had ready, some are in their place."""
    roster = load_roster(roster_file(tmp_path, ONE_MORE))
    grown = shutil.copytree(whole, tmp_path / "grown")
    generate(made[0], roster, grown, ())
    course = shutil.copytree(whole, tmp_path / "course")
    ready = course / "instructor" / ".ready"
    ready.mkdir()
    for place, name in enumerate(sorted((*FILES, SUMS))):
        shutil.copy(grown / "instructor" / name, course / "instructor" if place < moved else ready)
    before = contents(course)
    assert len(load_course(course).sheets) == 4
    assert contents(course) == before
    assert generate(made[0], roster, course, ()).kept == 4
    assert contents(course) == contents(grown)
