"""A course folder to start from: a set, a problem of one's own and a roster, all commented, and a secret."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from course.whole import alone
from worksheets.authoring import AuthoringError
from worksheets.course import write_new
from worksheets.kept import keep_private
from worksheets.secret import has_secret, make_secret, secret_file

FILES = ("set.toml", "problem.toml", "roster.csv")


def start_course(folder: Path) -> list[Path]:
    """Writes set.toml, problem.toml, roster.csv and a secret into a folder, and says what was written.

    Raises AuthoringError, and writes nothing, where one of them is already there.
    """
    source, instructor = resources.files("worksheets") / "start", folder / "instructor"
    secret = secret_file(instructor)
    try:
        with alone(instructor, "this course"):
            keep_private(instructor)
            if has_secret(instructor):
                raise AuthoringError(f"{secret} is already there; nothing was written")
            write_new({folder / name: (source / name).read_text(encoding="utf-8") for name in FILES})
            make_secret(instructor)
    except (FileExistsError, NotADirectoryError):
        raise AuthoringError(f"{folder} is a file; init makes a folder") from None
    except PermissionError as error:
        raise AuthoringError(f"{error.filename}: this cannot be written: permission denied") from None
    return [*(folder / name for name in FILES), secret]
