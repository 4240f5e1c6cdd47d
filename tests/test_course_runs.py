"""Runs that are cut short, or that meet what they cannot read or write: nothing is lost, and the next run goes on."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import filelock
import pytest
from classroom import (
    again,
    contents,
    of_version_1,
    roster_file,
    small_course,
    small_set,
)

import worksheets.course
from course.errors import CourseError
from course.roster import load_roster
from worksheets import generate, load_set
from worksheets.authoring import AuthoringError


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course that nothing cut short; tests only read it."""
    return small_course(tmp_path_factory.mktemp("whole"))


def test_a_run_killed_while_printing_is_finished_by_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "whole").mkdir()
    (tmp_path / "cut").mkdir()
    whole = small_course(tmp_path / "whole")
    secret = (whole / "instructor" / "secret").read_bytes()
    (tmp_path / "cut" / "course" / "instructor").mkdir(parents=True)
    (tmp_path / "cut" / "course" / "instructor" / "secret").write_bytes(secret)
    write, calls = worksheets.course.write_whole, 0

    def cut(path: Path, data: bytes, mode: int | None = None) -> None:
        nonlocal calls
        calls += 1
        if calls == 3:
            path.with_name(path.name + ".part").write_bytes(data[:10])
            raise KeyboardInterrupt
        write(path, data, mode)

    monkeypatch.setattr(worksheets.course, "write_whole", cut)
    with pytest.raises(KeyboardInterrupt):
        small_course(tmp_path / "cut")
    monkeypatch.undo()
    course = tmp_path / "cut" / "course"
    assert len(contents(course)) < len(contents(whole))
    assert again(course).kept == 3
    assert contents(course) == contents(whole)


@pytest.mark.parametrize("last", ["set.json", "keys.jsonl"])
def test_a_run_killed_before_the_records_begins_again(tmp_path: Path, last: str) -> None:
    """As version 1 wrote them, one after another."""
    course = small_course(tmp_path)
    whole = contents(course)
    instructor = of_version_1(course) / "instructor"
    (instructor / "records.jsonl").unlink()
    if last == "set.json":
        (instructor / "keys.jsonl").unlink()
    again(course)
    assert contents(course) == whole


def test_pages_that_were_lost_are_printed_again(tmp_path: Path) -> None:
    course = small_course(tmp_path)
    whole = contents(course)
    (course / "handout" / "s2" / "sheet.md").unlink()
    (course / "instructor" / "solutions" / "s3" / "solution.md").unlink()
    assert again(course).printed == 2
    assert contents(course) == whole


def test_a_page_that_a_full_disk_left_empty_is_printed_again(tmp_path: Path) -> None:
    course = small_course(tmp_path)
    whole = contents(course)
    (course / "handout" / "s2" / "sheet.md").write_bytes(b"")
    assert again(course).printed == 1
    assert contents(course) == whole


FULL = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
SHUT = OSError(errno.EROFS, os.strerror(errno.EROFS))


@pytest.mark.parametrize("written", range(0, 15, 2))
def test_a_disk_that_is_full_or_shut_loses_nothing_and_the_next_run_goes_on(
    whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, written: int
) -> None:
    """Whatever is being written then: the secret, the records, a page."""
    course, calls, trouble = tmp_path / "course", 0, (FULL, SHUT)[written // 2 % 2]
    made = load_set(small_set(tmp_path)), load_roster(roster_file(tmp_path))
    start = (whole / "instructor" / "secret").read_bytes()
    write = Path.write_bytes

    def cut(path: Path, data: bytes) -> int:
        nonlocal calls
        calls += 1
        if calls > written:
            write(path, data[: len(data) // 2])
            raise trouble
        return write(path, data)

    monkeypatch.setattr("worksheets.secret.secrets.token_hex", lambda count: start.decode().strip())
    with monkeypatch.context() as patched:
        patched.setattr(Path, "write_bytes", cut)
        with pytest.raises(CourseError, match=rf"course.*: {str(trouble.strerror).lower()}") as found:
            generate(*made, course, ["md"])
    assert "\n" not in str(found.value)
    assert all(data for data in contents(course).values())
    generate(*made, course, ["md"])
    assert contents(course) == contents(whole)


def test_records_without_their_set_are_not_written_over(tmp_path: Path) -> None:
    course = small_course(tmp_path)
    (course / "instructor" / "set.json").unlink()
    before = contents(course)
    with pytest.raises(CourseError, match=r"set\.json is missing, and .*records\.jsonl is there"):
        again(course)
    assert contents(course) == before


@pytest.mark.parametrize("name", ["set.json", "records.jsonl"])
@pytest.mark.parametrize("content", [b"{", b"[]\n", b"\xff\xfe", b'{"sheet": 3}\n'])
def test_records_that_cannot_be_read_are_said_and_kept(tmp_path: Path, name: str, content: bytes) -> None:
    course = small_course(tmp_path)
    (of_version_1(course) / "instructor" / name).write_bytes(content)
    before = contents(course)
    with pytest.raises(CourseError, match=r"the records cannot be read|1 of 3 sheets are there"):
        again(course)
    assert contents(course) == before


def test_two_runs_at_once_do_not_mix(tmp_path: Path) -> None:
    course = small_course(tmp_path)
    with filelock.FileLock(course / "instructor" / ".lock"), pytest.raises(CourseError, match="another run is"):
        again(course)


def test_a_secret_that_is_none_is_refused(tmp_path: Path) -> None:
    course = tmp_path / "course"
    (course / "instructor").mkdir(parents=True)
    (course / "instructor" / "secret").write_text("our secret\n", encoding="utf-8")
    with pytest.raises(AuthoringError, match="this is no secret"):
        again(course)


@pytest.mark.parametrize("left", [b"", b"\n", b"\0" * 65])
def test_a_secret_that_a_full_disk_left_empty_is_made_anew(tmp_path: Path, left: bytes) -> None:
    course = tmp_path / "course"
    (course / "instructor").mkdir(parents=True)
    (course / "instructor" / "secret").write_bytes(left)
    assert again(course).new == 3
    assert len((course / "instructor" / "secret").read_text(encoding="ascii").strip()) == 64


def test_a_file_in_the_place_of_a_folder_is_named(tmp_path: Path) -> None:
    course = tmp_path / "course"
    course.write_text("", encoding="utf-8")
    with pytest.raises(CourseError, match="course is a file"):
        again(course)
    course.unlink()
    course.mkdir()
    (course / "handout").write_text("", encoding="utf-8")
    with pytest.raises(CourseError, match="handout is a file"):
        again(course)


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "shut").mkdir()

    # Nothing is forbidden to root, so the system's refusal is played.
    def refuse(path: Path, *args: object, **kwargs: object) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))

    monkeypatch.setattr("worksheets.course.Path.mkdir", refuse)
    with pytest.raises(CourseError, match="this cannot be written: permission denied"):
        again(tmp_path / "shut" / "course")
