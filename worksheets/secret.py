"""A course's secret, from which its sheets' numbers follow: made once, readable by its owner alone."""

from __future__ import annotations

import secrets
from pathlib import Path

from course.whole import write_whole
from worksheets.authoring import AuthoringError

SHORTEST = 16


def secret_file(instructor: Path) -> Path:
    """Where a course's secret lies."""
    return instructor / "secret"


def make_secret(instructor: Path) -> Path:
    """A new secret in the instructor's folder, which has to be kept to this run."""
    path = secret_file(instructor)
    write_whole(path, f"{secrets.token_hex(32)}\n".encode(), 0o600)
    return path


def kept_secret(instructor: Path) -> bytes:
    """The course's secret: made on the first run, then kept."""
    path = secret_file(instructor)
    if not has_secret(instructor):
        make_secret(instructor)
    secret = path.read_bytes().strip()
    if len(secret) < SHORTEST:
        raise AuthoringError(
            f"{path}: this is no secret; remove the file to have one made (where no sheets are out yet)"
        )
    return secret


def has_secret(instructor: Path) -> bool:
    """Whether a secret is there; a file that a full disk or a power cut left empty is none."""
    path = secret_file(instructor)
    return path.exists() and bool(path.read_bytes().strip(b"\0 \t\r\n"))
