"""What a process does that was handed a piece of work: it sees to it that it is fit for it, and does it."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterable
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import NamedTuple, TypeVar

Piece = TypeVar("Piece")
Result = TypeVar("Result")

DECIDING = ("handprop", "numpy", "lark", "msgspec", "jinja2", "typst", "matplotlib", "pikepdf", "nbformat", "openpyxl")
"""The programs whose versions decide what is read, drawn, marked and printed."""


class Unfit(Exception):
    """A worker has other programs or other files, or was lost; says which, and what to do."""


class Expected(NamedTuple):
    """What a worker must have: the same programs, and the same files under the same names, by their sizes."""

    versions: dict[str, str]
    sees: dict[Path, int | None]


def expected_of(sees: Iterable[Path]) -> Expected:
    return Expected(_versions(), {path.absolute(): _size(path) for path in sees})


_ONE_AT_A_TIME = threading.Lock()
"""A worker may have several threads, and not all that draws and plots is made for them."""


def work(of: tuple[Callable[[Piece], Result], Piece, Expected]) -> Result:
    """The function of a piece. Raises Unfit where this process lacks what it needs."""
    function, piece, expected = of
    _check(expected)
    with _ONE_AT_A_TIME:
        return function(piece)


def _check(expected: Expected) -> None:
    has, here = _versions(), socket.gethostname()
    other = [f"{name} {has[name] or 'missing'}, not {v}" for name, v in expected.versions.items() if has[name] != v]
    if other:
        raise Unfit(
            f"a worker on {here} has {'; '.join(other)}: it could print or mark otherwise than this machine; "
            "install the same versions on both, and start the worker again"
        )
    for path, size in expected.sees.items():
        if _size(path) != size:
            raise Unfit(
                f"a worker on {here} does not see {path} as it is here; "
                "it has to be on a disk that all workers share, under the same name"
            )


def _size(path: Path) -> int | None:
    """Of a file, in bytes; 0 of a folder, None where nothing is there."""
    try:
        return 0 if path.is_dir() else path.stat().st_size
    except OSError:
        return None


@cache
def _versions() -> dict[str, str]:
    return {name: _version(name) for name in DECIDING}


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:  # a checkout that is not installed
        return ""
