"""A sheet as a Jupyter notebook: the page as a template prints it, cut into cells."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterator, Mapping
from typing import Any

import nbformat

MARKER = re.compile(r"^# %% (?:\[markdown\]|answer (\S+))\n", re.MULTILINE)
"""The line before each cell, in the manner of Jupytext: words, or the place of an answer."""

PROGRAM = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def notebook(text: str, sheet: str, pictures: Mapping[str, bytes]) -> bytes:
    """The notebook of a page in cells; a picture goes with the cell that names it."""
    made = {
        "cells": list(_cells(text, {name: b64encode(data).decode("ascii") for name, data in pictures.items()})),
        "metadata": {**PROGRAM, "handprop": {"sheet": sheet}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    # nbformat.write would check it against its schema, which takes ten times as long; the tests do.
    written: str = nbformat.v4.writes(nbformat.from_dict(made))  # type: ignore[no-untyped-call]
    return f"{written}\n".encode()


def _cells(text: str, pictures: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    _, *pieces = MARKER.split(text)
    for number, (answer, piece) in enumerate(zip(pieces[::2], pieces[1::2], strict=True), 1):
        # nbformat would draw an id at random: the same sheet is to be the same bytes.
        cell: dict[str, Any] = {"id": f"cell-{number}", "metadata": {}, "source": piece.strip()}
        if answer:
            code: dict[str, Any] = {"cell_type": "code", "execution_count": None, "outputs": []}
            yield {**cell, **code, "metadata": {"handprop": {"answer": answer}}}
        else:
            shown = {name: {"image/png": data} for name, data in pictures.items() if f"(attachment:{name})" in piece}
            yield {**cell, "cell_type": "markdown", **({"attachments": shown} if shown else {})}
