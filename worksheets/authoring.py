"""Reading what an instructor wrote: TOML files, with errors that name the file, the key and what would fit."""

from __future__ import annotations

import re
import tomllib
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")


class AuthoringError(ValueError):
    """A problem, set or roster that cannot be used as it is; says where and why, to its author."""


def read_toml(path: Path) -> dict[str, Any]:
    """A TOML file's contents. Raises AuthoringError where there is none or it cannot be read."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise AuthoringError(f"{path}: there is no such file") from None
    except IsADirectoryError:
        raise AuthoringError(f"{path}: this is a folder, not a .toml file") from None
    except UnicodeDecodeError:
        raise AuthoringError(f"{path}: this is not UTF-8 text") from None
    except tomllib.TOMLDecodeError as error:
        raise AuthoringError(f"{path}: not valid TOML: {error}") from None
    except OSError as error:
        raise AuthoringError(f"{path}: cannot be read: {error.strerror}") from None


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
        keys = [f.encode_name for f in msgspec.structs.fields(kind)] if issubclass(kind, msgspec.Struct) else []
        return f"unknown key “{unknown[1]}”; {nearest(unknown[1], keys, 'keys here')}"
    if missing := re.fullmatch(r"Object missing required field `(.*)`", message):
        return f"the key “{missing[1]}” is missing"
    message = message.replace("`", "").replace("Expected ", "expected ").replace("Object", "table")
    for theirs, ours in (
        ("str", "text"),
        ("int", "a whole number"),
        ("float", "a number"),
        ("array", "a list"),
        ("object", "a table"),
    ):
        message = re.sub(rf"\b{theirs}\b", ours, message)
    return f"{key}: {message}" if key else message


def nearest(word: str, known: list[str], what: str) -> str:
    """A hint: the nearest known word, or all of them."""
    near = get_close_matches(word, known, 1)
    return f"did you mean “{near[0]}”?" if near else f"{what}: {', '.join(known)}"
