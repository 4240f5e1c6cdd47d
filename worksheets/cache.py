"""What was worked out and proved for a problem, kept between runs in a folder that may be deleted at any time.

A file's name is a hash of the problem's content, the program's version and its sources, so that nothing is ever read
that another problem or another program left. A folder that cannot be read or written is as good as an empty one.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from importlib import metadata, resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from platformdirs import user_cache_path

FOLDER = "HANDPROP_CACHE"
"""The environment variable that names another folder than the user's own cache."""
DIGEST = hashlib.sha256().digest_size
"""A file begins with a hash of the rest: one that was damaged is not read."""
SOURCES = ("backprop", "course", "worksheets")

Kept = TypeVar("Kept")


def load(what: str, content: Any, kind: type[Kept]) -> Kept | None:
    """What was kept for a problem's content; None where nothing was, or it cannot be read."""
    with suppress(OSError, msgspec.MsgspecError, UnicodeDecodeError):
        data = _file(what, content).read_bytes()
        if data[:DIGEST] == hashlib.sha256(data[DIGEST:]).digest():
            return msgspec.json.decode(data[DIGEST:], type=kind)
    return None


def save(what: str, content: Any, value: Any) -> None:
    """Keeps what was worked out for a problem's content: whole, or not at all where the folder cannot be written."""
    path, data = _file(what, content), msgspec.json.encode(value)
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        # Whoever reads meanwhile has the whole file or none; what is left of a full disk goes with the folder.
        with tempfile.TemporaryDirectory(dir=path.parent) as folder:
            unfinished = Path(folder, path.name)
            unfinished.write_bytes(hashlib.sha256(data).digest() + data)
            os.replace(unfinished, path)


def _file(what: str, content: Any) -> Path:
    folder = Path(os.environ.get(FOLDER) or user_cache_path("handprop"))
    key = hashlib.sha256(b"\0".join((what.encode(), program(), msgspec.json.encode(content))))
    return folder / what / f"{key.hexdigest()}.json"


@cache
def program() -> bytes:
    """The program's version and a hash of the sources that derive, draw and prove."""
    try:
        version = metadata.version("handprop")
    except metadata.PackageNotFoundError:  # a checkout that is not installed
        version = ""
    found = hashlib.sha256(version.encode())
    for package in SOURCES:
        for name, text in _sources(resources.files(package), package):
            found.update(f"\0{name}\0".encode() + text)
    return found.digest()


def _sources(folder: Traversable, name: str) -> Iterator[tuple[str, bytes]]:
    for entry in sorted(folder.iterdir(), key=lambda e: e.name):
        inside = f"{name}/{entry.name}"
        if entry.is_dir():
            yield from _sources(entry, inside)
        elif entry.name.endswith(".py"):
            yield inside, entry.read_bytes()
