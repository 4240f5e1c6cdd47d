"""A course folder to start from: a set, a problem of one's own and a roster, all commented, and a secret."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from course.errors import CourseError
from course.whole import alone, write_whole
from worksheets.authoring import AuthoringError
from worksheets.kept import keep_private
from worksheets.secret import has_secret, make_secret, secret_file

FILES = ("set.toml", "problem.toml", "roster.csv")


def start_course(folder: Path) -> list[Path]:
    """Writes set.toml, problem.toml, roster.csv and a secret into a folder, and says what was written.

    Raises AuthoringError, and writes nothing, where one of them is already there; CourseError where it cannot write.
    """
    source, instructor = resources.files("worksheets") / "start", folder / "instructor"
    files = {folder / name: (source / name).read_bytes() for name in FILES}
    secret = secret_file(instructor)
    try:
        there = [path for path in files if path.exists()] or [secret] * has_secret(instructor)
        if there:
            raise AuthoringError(f"{there[0]} is already there; nothing was written")
        with alone(instructor, "this course"):
            keep_private(instructor)
            for path, data in files.items():
                write_whole(path, data)
            make_secret(instructor)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise CourseError(f"{error.filename or folder}: this cannot be written: {reason}") from None
    return [*files, secret]
