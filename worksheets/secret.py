"""A course's secret, from which its sheets' numbers follow: made once, readable by its owner alone."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from worksheets.authoring import AuthoringError

SHORTEST = 16


def secret_file(instructor: Path) -> Path:
    """Where a course's secret lies."""
    return instructor / "secret"


def make_secret(instructor: Path) -> Path:
    """A new secret in the instructor's folder. Raises FileExistsError where there is one."""
    path = secret_file(instructor)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(secrets.token_hex(32) + "\n")
    return path


def kept_secret(instructor: Path) -> bytes:
    """The course's secret: made on the first run, then kept."""
    path = secret_file(instructor)
    if not path.exists():
        make_secret(instructor)
    secret = path.read_bytes().strip()
    if len(secret) < SHORTEST:
        raise AuthoringError(
            f"{path}: this is no secret; remove the file to have one made (where no sheets are out yet)"
        )
    return secret
