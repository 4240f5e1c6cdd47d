"""Reading what an instructor wrote: TOML files, with errors that name the file, the key and what would fit."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar, get_args, get_type_hints

import msgspec

from course.errors import AuthoringError as AuthoringError
from course.errors import NotThere as NotThere
from course.regular import read_regular
from worksheets.effort import bounded

T = TypeVar("T")


LARGEST_FILE = 200_000
LONGEST_WORD = 60
"""Letters of a word that is looked for among known ones; longer ones are far from all of them."""


def read_toml(path: Path) -> dict[str, Any]:
    """A TOML file's contents. Raises AuthoringError where there is none or it cannot be read."""
    try:
        text = read_regular(path, LARGEST_FILE).decode("utf-8-sig")
        with bounded(str(path), "reading it", seconds=5):
            return _loaded(text.replace("\r\n", "\n").replace("\r", "\n"))
    except AuthoringError:
        raise
    except UnicodeDecodeError:
        raise AuthoringError(f"{path}: this is not UTF-8 text") from None
    except tomllib.TOMLDecodeError as error:
        raise AuthoringError(f"{path}: not valid TOML: {error}") from None
    except ValueError:
        raise AuthoringError(f"{path}: a number in it has too many digits") from None


def _loaded(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise tomllib.TOMLDecodeError("lists or tables stand too deeply within each other") from None


def within(folder: Path, name: str) -> Path:
    """The path of a file that a set names, links followed. Raises AuthoringError outside the folder of the set.

    A set that somebody sent reads nothing but what came with it.
    """
    path = folder / name
    try:
        inside = path.resolve().is_relative_to(folder.resolve())
    except (OSError, ValueError, RuntimeError):  # a name too long, a NUL, links in a circle
        raise NotThere(f"use = “{name}”: no file can be called so") from None
    if not inside:
        raise AuthoringError(
            f"use = “{name}”: this lies outside the folder of the set; copy the problem's file beside the set, or into "
            "a folder below it"
        )
    return path


def fitted(value: Any, kind: type[T], where: str) -> T:
    """A value of a TOML file as the type that belongs there. Raises AuthoringError that says what would fit."""
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        raise AuthoringError(f"{where}: {_plain(str(error), kind)}") from None


def _plain(message: str, kind: type) -> str:
    """msgspec's message in the words of the file."""
    message, _, path = message.partition(" - at `$")
    key = path.rstrip("`").lstrip(".").replace("[...]", "")
    if unknown := re.fullmatch(r"Object contains unknown field `(.*)`", message):
        says = f"unknown key “{unknown[1]}”; {nearest(unknown[1], _keys(kind, key), 'keys here')}"
        return f"{key}: {says}" if key else says
    if invalid := re.fullmatch(r"Invalid enum value '(.*)'", message):
        return f"{key}: “{invalid[1]}” is not one of {', '.join(dict.fromkeys(_words(_type(kind, key))))}"
    if missing := re.fullmatch(r"Object missing required field `(.*)`", message):
        return f"the key “{missing[1]}” is missing"
    message = message.replace("`", "").replace("Expected ", "expected ").replace("Object", "table")
    for theirs, ours in (
        ("str", "text"),
        ("int", "a whole number"),
        ("float", "a number"),
        ("array", "a list"),
        ("bool", "true or false"),
        ("object", "a table"),
    ):
        message = re.sub(rf"\b{theirs}\b", ours, message)
    return f"{key}: {message}" if key else message


def _keys(kind: Any, path: str) -> list[str]:
    """The keys that a table may have, at a path of keys within a kind of table."""
    return [field.encode_name for field in msgspec.structs.fields(_type(kind, path))]


def _words(kind: Any) -> Iterator[str]:
    """The words that may stand where a type is a choice of words."""
    for argument in get_args(kind):
        yield from [argument] if isinstance(argument, str) else _words(argument)


def _type(kind: Any, path: str) -> Any:
    """The type at a path of keys within a kind of table."""
    for key in filter(None, path.split(".")):
        kind = get_type_hints(kind)[key]
        kind = next((k for k in get_args(kind) if isinstance(k, type) and issubclass(k, msgspec.Struct)), kind)
    return kind


def nearest(word: str, known: list[str], what: str) -> str:
    """A hint: the nearest known word, or all of them."""
    near = [name for name in known if name.casefold() == word.casefold()]
    if not near and len(word) <= LONGEST_WORD:
        near = get_close_matches(word, known, 1)
    return f"did you mean “{near[0]}”?" if near else f"{what}: {', '.join(known) or 'none'}"
