"""The formats in which sheets and solutions are printed, all from the same strings."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from backprop.printed import quoted
from backprop.records import SetRecord, SheetRecord
from printing import typesetting
from printing.rendering import render
from printing.style import Latex, Markdown, Typst
from worksheets.pages import page
from worksheets.plots import loss_plot

Keys = Sequence[Mapping[str, Any]]
"""The exact value of every line, a dictionary a problem."""


def markdown(sheet_set: SetRecord, record: SheetRecord, keys: Keys, solution: bool) -> bytes:
    return render("sheet.md.jinja", page(sheet_set, record, keys, Markdown(), solution)).encode()


def latex(sheet_set: SetRecord, record: SheetRecord, keys: Keys, solution: bool) -> bytes:
    return render("sheet.tex.jinja", page(sheet_set, record, keys, Latex(), solution)).encode()


def pdf(sheet_set: SetRecord, record: SheetRecord, keys: Keys, solution: bool) -> bytes:
    strings = page(sheet_set, record, keys, Typst(), solution)
    for problem in strings["problems"]:
        problem["plot"] = quoted(loss_plot(problem["losses"], "svg").decode()) if problem["losses"] else ""
    source = render("sheet.typ.jinja", {**strings, "title_string": quoted(sheet_set.title)})
    return typesetting.pdf(source, tagged=not solution)


FORMATS: dict[str, Callable[[SetRecord, SheetRecord, Keys, bool], bytes]] = {
    "md": markdown,
    "tex": latex,
    "pdf": pdf,
}
"""Each format by the ending of its file: a sheet, or its worked solution, as the bytes of a page."""
