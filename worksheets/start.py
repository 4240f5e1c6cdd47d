"""A course folder to start from: a set, a problem of one's own and a roster, all commented, and a secret."""

from __future__ import annotations

import os
import secrets
from importlib import resources
from pathlib import Path

from worksheets.authoring import AuthoringError
from worksheets.course import write_new

FILES = ("set.toml", "problem.toml", "roster.csv")


def start_course(folder: Path) -> list[Path]:
    """Writes set.toml, problem.toml, roster.csv and a secret into a folder, and says what was written.

    Raises AuthoringError, and writes nothing, where one of them is already there.
    """
    source = resources.files("worksheets") / "start"
    try:
        secret = folder / "instructor" / "secret"
        if secret.exists():
            raise AuthoringError(f"{secret} is already there; nothing was written")
        write_new({folder / name: (source / name).read_text(encoding="utf-8") for name in FILES})
        secret.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(secret, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_hex(32) + "\n")
    except (FileExistsError, NotADirectoryError):
        raise AuthoringError(f"{folder} is a file; init makes a folder") from None
    except PermissionError as error:
        raise AuthoringError(f"{error.filename}: this cannot be written: permission denied") from None
    return [*(folder / name for name in FILES), secret]
