"""The formats in which sheets and solutions are printed, all from the same strings."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from backprop.printed import quoted
from backprop.records import SetRecord, SheetRecord
from printing import typesetting, web
from printing.rendering import render
from printing.style import Html, Latex, Markdown, Typst
from worksheets.graph import drawings, spoken
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


def html(sheet_set: SetRecord, record: SheetRecord, keys: Keys, solution: bool) -> bytes:
    style = Html()
    strings = page(sheet_set, record, keys, style, solution)
    sources = [drawings(problem) for problem in sheet_set.problems]
    drawn = web.drawings(tuple(source for of_problem in sources for source in of_problem))
    pictures = iter(drawn.pictures)
    for problem, strings_of_problem in zip(sheet_set.problems, strings["problems"], strict=True):
        strings_of_problem["pictures"] = [
            {"caption": picture["caption"], "svg": web.labelled(next(pictures), style.text(says))}
            for picture, says in zip(strings_of_problem["pictures"], spoken(problem), strict=True)
        ]
    carried = web.carried() if solution else web.carried(("sheet.css",), ("sheet.js",))
    return render("sheet.html.jinja", {**strings, "carried": carried, "letters": drawn.letters}).encode()


FORMATS: dict[str, Callable[[SetRecord, SheetRecord, Keys, bool], bytes]] = {
    "md": markdown,
    "tex": latex,
    "pdf": pdf,
    "html": html,
}
"""Each format by the ending of its file: a sheet, or its worked solution, as the bytes of a page."""
