"""The formats in which sheets and solutions are printed, all from the same strings."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from backprop.printed import quoted
from backprop.records import SetRecord, SheetRecord
from printing import typesetting, web
from printing.rendering import render
from printing.style import Html, Latex, Markdown, Notebook, Spreadsheet, Typst
from worksheets.drawn import drawn
from worksheets.graph import drawings, spoken
from worksheets.notebook import notebook
from worksheets.pages import page
from worksheets.plots import loss_plot
from worksheets.workbook import workbook

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


def jupyter(sheet_set: SetRecord, record: SheetRecord, keys: Keys, solution: bool) -> bytes:
    strings = page(sheet_set, record, keys, Notebook(), solution)
    pictures = {
        f"picture-{number}-{i}.png": picture
        for number, problem in enumerate(sheet_set.problems, 1)
        for i, picture in enumerate(drawn(problem), 1)
    }
    pictures |= {
        f"losses-{problem['number']}.png": loss_plot(problem["losses"], "png")
        for problem in strings["problems"]
        if problem["losses"]
    }
    return notebook(render("sheet.ipynb.jinja", strings), record.sheet, pictures)


def spreadsheet(sheet_set: SetRecord, record: SheetRecord, keys: Keys, solution: bool) -> bytes:
    strings = page(sheet_set, record, keys, Spreadsheet(), solution)
    plots = [[loss_plot(p["losses"], "png")] if p["losses"] else [] for p in strings["problems"]]
    return workbook(strings, [(*drawn(p), *plot) for p, plot in zip(sheet_set.problems, plots, strict=True)])


def html(sheet_set: SetRecord, record: SheetRecord, keys: Keys, solution: bool) -> bytes:
    style = Html()
    strings = page(sheet_set, record, keys, style, solution)
    found = web.drawings(tuple(source for problem in sheet_set.problems for source in drawings(problem)))
    told = [style.text(says) for problem in sheet_set.problems for says in spoken(problem)]
    pictures = map(web.labelled, found.pictures, told)
    for problem in strings["problems"]:
        problem["pictures"] = [{**picture, "svg": next(pictures)} for picture in problem["pictures"]]
        losses = problem["losses"]
        problem["plot"] = base64.b64encode(loss_plot(losses, "svg")).decode() if losses else ""
        problem["told_losses"] = ", then ".join(f"{loss:.4f}" for loss in losses)
    carried = web.carried() if solution else web.carried(("sheet.css",), ("sheet.js",))
    return render("sheet.html.jinja", {**strings, "carried": carried, "letters": found.letters}).encode()


FORMATS: dict[str, Callable[[SetRecord, SheetRecord, Keys, bool], bytes]] = {
    "md": markdown,
    "tex": latex,
    "pdf": pdf,
    "html": html,
    "ipynb": jupyter,
    "xlsx": spreadsheet,
}
"""Each format by the ending of its file: a sheet, or its worked solution, as the bytes of a page."""
