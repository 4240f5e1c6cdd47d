"""What the command line says: through here, so that no words of a file command a terminal or turn text around."""

from __future__ import annotations

import errno
import os
import re
import sys
from contextlib import suppress
from typing import Any, TextIO

import typer

UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff]")
"""Control codes, and what changes the direction of text or cannot be seen; lines and tabs are what they are."""
LONGEST = 2000


def visible(text: str) -> str:
    """A text in which nothing is hidden: what a terminal would obey is named, as <U+001B>."""
    return UNSEEN.sub(lambda found: f"<U+{ord(found[0]):04X}>", text)


def say(line: object) -> None:
    """A line of what was asked for."""
    typer.echo(visible(str(line)))


def warn(message: object) -> None:
    """A message on what went wrong, or may have; none is longer than a screen."""
    text = str(message)
    shown = text if len(text) <= LONGEST else f"{text[:LONGEST]} …"
    with suppress(OSError):  # where nobody can be told
        typer.echo(f"handprop: {visible(shown)}", err=True)


def open_streams() -> None:
    """Streams that were closed lead nowhere, and none stops at a letter that it lacks: it shows a question mark."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115 - for as long as the program runs
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]


def finish() -> None:
    """Writes what is left to be written. Raises OSError where it cannot be, unless the reader has left."""
    stdout: Any = sys.stdout
    try:
        stdout.flush()
    except OSError as error:
        give_up(stdout)
        if error.errno != errno.EPIPE:
            raise


def give_up(stream: TextIO) -> None:
    """What is left in a stream that cannot be written goes nowhere: the end of the program does not try again."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
