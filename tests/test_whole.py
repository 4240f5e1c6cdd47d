"""Files that are written whole or not at all: every step of it fails, with each error, and dies, once in turn."""

from __future__ import annotations

import errno
import io
import itertools
import os
import signal
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from course.errors import CourseError
from course.whole import LOCK, READY, UNFINISHED, alone, complete, take_away, together, write_whole

MEMORY = Path("/dev/shm")
STEPS = ("mkdir", "rmdir", "unlink", "replace", "fsync", "chmod")
ERRORS = (errno.ENOSPC, errno.EROFS, errno.EACCES, errno.EIO)
LASTING = {errno.ENOSPC, errno.EROFS}
OLD = {"marks.jsonl": b"old marks", "feedback/a.md": b"old a", "feedback/b.md": b"old b", "overrides.csv": b"yours"}
GOES = "feedback/b.md"
NEW = {"marks.jsonl": b"new marks", "feedback/a.md": b"new a", "feedback/deep/c.md": b"new c", "gradebook.csv": b"new"}


@pytest.fixture(autouse=True)
def no_waiting_for_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", lambda handle: None)


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    """In memory where there is such a folder: a disk takes ten times as long over these thousands of renamings."""
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as folder:
        yield Path(folder).resolve()


class Died(BaseException):
    """The process has ended: nothing that it would still do counts."""


class Trouble:
    """What befalls the steps of writing: at one of them an error, from then on every time, or the end."""

    def __init__(self, at: int, what: int | type[Died], lasts: bool = False) -> None:
        self.at, self.what, self.lasts, self.steps = at, what, lasts, 0

    def step(self, path: Any = None) -> None:
        self.steps += 1
        if self.what is Died and self.steps >= self.at:
            raise Died
        if isinstance(self.what, int) and (self.steps == self.at or (self.lasts and self.steps > self.at)):
            raise OSError(self.what, os.strerror(self.what), path)

    def __enter__(self) -> Trouble:
        self.patch = pytest.MonkeyPatch()
        for name in STEPS:
            self.patch.setattr(os, name, self._before(getattr(os, name), name == "fsync"))
        self.patch.setattr(io, "open", self._open(io.open))
        return self

    def __exit__(self, *_: object) -> None:
        self.patch.undo()

    def _before(self, real: Callable[..., Any], unnamed: bool) -> Callable[..., Any]:
        def step(path: Any, *more: Any, **named: Any) -> Any:
            self.step(None if unnamed else str(path))
            return real(path, *more, **named)

        return step

    def _open(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def opened(path: Any, mode: str = "r", *more: Any, **named: Any) -> Any:
            if mode.startswith("r"):
                return real(path, mode, *more, **named)
            self.step(str(path))
            return Cut(self, path, mode)

        return opened


class Cut(io.FileIO):
    """A file of which half is written where the writing fails, which is told without the file's name."""

    def __init__(self, trouble: Trouble, path: Any, mode: str) -> None:
        super().__init__(path, mode.replace("b", ""))
        self.trouble = trouble

    def write(self, data: Any) -> int:
        try:
            self.trouble.step()
        except BaseException:
            super().write(bytes(data)[: len(data) // 2])
            raise
        return super().write(data)


def troubles(work: Callable[[], Any], again: Callable[[], Any]) -> Iterator[Trouble]:
    """Every trouble at every step of a piece of work; `again` makes all as it was."""
    again()
    with Trouble(10**9, Died) as none:
        work()
    assert none.steps > 2
    kinds = [(Died, False), *((error, error in LASTING) for error in ERRORS)]
    for at, (what, lasts) in itertools.product(range(1, none.steps + 1), kinds):
        again()
        yield Trouble(at, what, lasts)


def raised(trouble: Trouble, work: Callable[[], Any]) -> BaseException | None:
    """What a piece of work raises in its trouble."""
    try:
        with trouble:
            work()
    except (Died, OSError, CourseError) as error:
        return error
    return None


def put(folder: Path, files: dict[str, bytes]) -> None:
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)


def files_in(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def hidden(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir() if path.name.startswith(".")}


def seen(folder: Path) -> dict[str, bytes]:
    return {name: data for name, data in files_in(folder).items() if not name.startswith(".")}


def clear(folder: Path) -> None:
    for path in sorted(folder.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()


def replace_all(folder: Path, new: dict[str, bytes] = NEW) -> None:
    with together(folder) as scratch:
        put(scratch, new)
        take_away(scratch, {GOES})


def after(there: dict[str, bytes]) -> dict[str, bytes]:
    """What is there once all have taken their places."""
    return {name: data for name, data in (there | NEW).items() if name != GOES}


@pytest.mark.parametrize("there", [{}, {"page.md": b"what was there"}])
def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path, there: dict[str, bytes]) -> None:
    path, wanted = tmp_path / "page.md", {"page.md": b"what is new"}

    def again() -> None:
        clear(tmp_path)
        put(tmp_path, there)

    for trouble in troubles(lambda: write_whole(path, wanted["page.md"]), again):
        error = raised(trouble, lambda: write_whole(path, wanted["page.md"]))
        assert isinstance(error, Died | OSError)
        assert seen(tmp_path).get("page.md") == there.get("page.md")
        if isinstance(error, OSError):
            assert error.filename == str(path)
            assert trouble.lasts or files_in(tmp_path) == there
        write_whole(path, wanted["page.md"])
        assert files_in(tmp_path) == wanted  # whatever was left is gone


@pytest.mark.parametrize("there", [{}, OLD], ids=["a new folder", "last week's"])
def test_files_take_their_places_together(tmp_path: Path, there: dict[str, bytes]) -> None:
    def again() -> None:
        clear(tmp_path)
        put(tmp_path, there)

    for trouble in troubles(lambda: replace_all(tmp_path), again):
        error = raised(trouble, lambda: replace_all(tmp_path))
        if isinstance(error, CourseError):
            assert str(tmp_path) in str(error)
            assert os.strerror(trouble.what).lower() in str(error)
            assert ("nothing that was there has changed" in str(error)) == (READY not in hidden(tmp_path))
            assert trouble.lasts or UNFINISHED not in hidden(tmp_path)
        elif error is None:  # a folder that is there already need not be made
            assert files_in(tmp_path) == after(there)
        if READY not in hidden(tmp_path):
            assert seen(tmp_path) in (there, after(there))
        assert hidden(tmp_path) <= {UNFINISHED, READY}
        for name, data in seen(tmp_path).items():
            assert data in (there.get(name), NEW.get(name))
        replace_all(tmp_path)
        assert files_in(tmp_path) == after(there)
        assert hidden(tmp_path) == set()


def test_what_was_ready_is_put_in_its_place_by_the_next_run_whatever_that_one_does(tmp_path: Path) -> None:
    def again() -> None:
        clear(tmp_path)
        put(tmp_path, OLD)
        put(tmp_path / READY, NEW)
        take_away(tmp_path / READY, {GOES, "nowhere.md"})

    for trouble in troubles(lambda: complete(tmp_path), again):
        error = raised(trouble, lambda: complete(tmp_path))
        assert isinstance(error, Died) or (str(tmp_path / READY) in str(error)) == (READY in hidden(tmp_path))
        replace_all(tmp_path, {"later.csv": b"later"})
        assert files_in(tmp_path) == after(OLD) | {"later.csv": b"later"}
        assert hidden(tmp_path) == set()


def test_run_after_run_that_dies_leaves_no_more_than_one(tmp_path: Path) -> None:
    put(tmp_path, OLD)
    for at in [*range(1, 20), *range(20, 1, -1)]:
        assert isinstance(raised(Trouble(at, Died), lambda: replace_all(tmp_path)), Died)
        assert hidden(tmp_path) <= {UNFINISHED, READY}
        assert len(files_in(tmp_path)) <= len(OLD | NEW) + 2 * len(NEW)
    replace_all(tmp_path)
    assert files_in(tmp_path) == after(OLD)


def test_what_is_still_of_use_is_kept(tmp_path: Path) -> None:
    def die(name: str) -> None:
        with together(tmp_path, {"read.jsonl"}) as scratch:
            put(scratch, {name: b"x"})
            raise Died

    for name in ("read.jsonl", "cut.md", "folder/deep/x"):
        with pytest.raises(Died):
            die(name)
    with together(tmp_path, {"read.jsonl"}) as scratch:
        assert set(files_in(scratch)) == {"read.jsonl"}
    assert files_in(tmp_path) == {"read.jsonl": b"x"}


def test_an_error_that_is_not_of_the_disk_changes_nothing(tmp_path: Path) -> None:
    def fail(error: BaseException) -> None:
        with together(tmp_path) as scratch:
            put(scratch, NEW)
            raise error

    put(tmp_path, OLD)
    for error in (CourseError("no such student"), ValueError("a bug"), KeyboardInterrupt()):
        with pytest.raises(type(error)):
            fail(error)
        assert seen(tmp_path) == OLD


def test_two_runs_at_once(tmp_path: Path) -> None:
    with alone(tmp_path / "new", "these results"):
        with (
            pytest.raises(CourseError, match="another run is writing these results; wait for it"),
            alone(tmp_path / "new", "these results"),
        ):
            raise AssertionError("two runs have the folder")
        with alone(tmp_path / "other", "these results"):
            pass
    with alone(tmp_path / "new", "these results"):
        pass


def test_a_run_that_failed_lets_the_next_one_in(tmp_path: Path) -> None:
    for error in (CourseError("wrong"), KeyboardInterrupt()):
        with pytest.raises(type(error)), alone(tmp_path, "this course"):
            raise error
    with alone(tmp_path, "this course"):
        assert set(files_in(tmp_path)) <= {LOCK}


def test_a_run_that_was_killed_lets_the_next_one_in(tmp_path: Path) -> None:
    child = os.fork()
    if not child:
        with alone(tmp_path, "this course"):
            os.kill(os.getpid(), signal.SIGKILL)
    assert os.waitpid(child, 0)[1] == signal.SIGKILL
    with alone(tmp_path, "this course"):
        pass


@pytest.mark.parametrize("error", ERRORS, ids=errno.errorcode.get)
def test_a_folder_that_cannot_be_kept_to_one_run(tmp_path: Path, error: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Any, *_: object, **__: object) -> int:
        raise OSError(error, os.strerror(error), os.fspath(path))

    for step in ("open", "mkdir"):
        with monkeypatch.context() as patch:
            patch.setattr(os, step, refuse)
            folder = tmp_path if step == "open" else tmp_path / "new"
            with pytest.raises(CourseError) as said, alone(folder, "this course"):
                raise AssertionError("it cannot be written")
            assert str(folder) in str(said.value)
            assert os.strerror(error).lower() in str(said.value)


@pytest.mark.parametrize("below", ["", "a", "a/b"])
def test_a_file_where_a_folder_is_to_be(tmp_path: Path, below: str) -> None:
    file = tmp_path / "taken"
    file.write_bytes(b"mine")
    with (
        pytest.raises(CourseError, match="taken is a file; this course needs a folder there"),
        alone(file / below, "this course"),
    ):
        raise AssertionError("it cannot be a folder")
    assert file.read_bytes() == b"mine"


def test_a_private_file_is_never_anyone_elses(tmp_path: Path) -> None:
    path = tmp_path / "secret"

    def again() -> None:
        clear(tmp_path)

    for trouble in troubles(lambda: write_whole(path, b"a secret", 0o600), again):
        raised(trouble, lambda: write_whole(path, b"a secret", 0o600))
        assert all(file.stat().st_mode & 0o77 == 0 for file in tmp_path.iterdir())
        write_whole(path, b"a secret", 0o600)
        assert files_in(tmp_path) == {"secret": b"a secret"}
    (tmp_path / "secret.part").touch(0o644)
    write_whole(path, b"a new one", 0o600)
    assert path.stat().st_mode & 0o777 == 0o600


def test_what_is_no_file_is_written_to_and_stays(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    write_whole(pipe, b"through it")
    assert os.read(reader, 100) == b"through it"
    os.close(reader)
    assert pipe.is_fifo()
    with pytest.raises(IsADirectoryError):
        write_whole(tmp_path, b"a folder")
    assert os.listdir(tmp_path) == ["pipe"]


def test_behind_a_link_the_file_is_written(tmp_path: Path) -> None:
    put(tmp_path, {"far/page.md": b"old"})
    (tmp_path / "page.md").symlink_to(Path("far", "page.md"))
    write_whole(tmp_path / "page.md", b"new")
    assert (tmp_path / "page.md").is_symlink()
    assert files_in(tmp_path / "far") == {"page.md": b"new"}
