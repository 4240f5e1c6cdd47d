"""The formats in which sheets and solutions are printed, all from the same strings.

The libraries of a format take longer to load than a sheet to print: each is loaded where it is printed.
"""

from __future__ import annotations

import base64
from collections.abc import Callable

from backprop.operations.printed import quoted
from printing.rendering import render
from printing.styles.html import Html
from printing.styles.latex import Latex
from printing.styles.markdown import Markdown
from printing.styles.notebook import Notebook
from printing.styles.spreadsheet import Spreadsheet
from printing.styles.typst import Typst
from worksheets.pages import Worked, page


def markdown(sheet: Worked, solution: bool) -> bytes:
    return render("sheet.md.jinja", page(sheet, Markdown(), solution)).encode()


def latex(sheet: Worked, solution: bool) -> bytes:
    return render("sheet.tex.jinja", page(sheet, Latex(), solution)).encode()


def pdf(sheet: Worked, solution: bool) -> bytes:
    from printing import typesetting
    from worksheets.plots import loss_plot

    strings = page(sheet, Typst(), solution)
    for problem in strings["problems"]:
        problem["plot"] = quoted(loss_plot(problem["losses"], "svg").decode()) if problem["losses"] else ""
    source = render("sheet.typ.jinja", {**strings, "title_string": quoted(_running(sheet.set.title))})
    return typesetting.pdf(source, tagged=not solution)


LONGEST_RUNNING = 90


def _running(title: str) -> str:
    """A title as it stands at the head of every page, where there is one line for it."""
    return title if len(title) <= LONGEST_RUNNING else f"{title[: LONGEST_RUNNING - 1]}…"


def jupyter(sheet: Worked, solution: bool) -> bytes:
    from worksheets.drawn import drawn
    from worksheets.notebook import notebook
    from worksheets.plots import loss_plot

    strings = page(sheet, Notebook(), solution)
    pictures = {
        f"picture-{number}-{i}.png": picture
        for number, problem in enumerate(sheet.set.problems, 1)
        for i, picture in enumerate(drawn(problem), 1)
    }
    pictures |= {
        f"losses-{problem['number']}.png": loss_plot(problem["losses"], "png")
        for problem in strings["problems"]
        if problem["losses"]
    }
    return notebook(render("sheet.ipynb.jinja", strings), sheet.record.sheet, pictures)


def spreadsheet(sheet: Worked, solution: bool) -> bytes:
    from worksheets.drawn import drawn
    from worksheets.plots import loss_plot
    from worksheets.workbook import workbook

    strings = page(sheet, Spreadsheet(), solution)
    plots = [[loss_plot(p["losses"], "png")] if p["losses"] else [] for p in strings["problems"]]
    return workbook(strings, [(*drawn(p), *plot) for p, plot in zip(sheet.set.problems, plots, strict=True)])


def html(sheet: Worked, solution: bool) -> bytes:
    from printing import web
    from worksheets.graph import drawings, spoken
    from worksheets.plots import loss_plot

    style = Html()
    strings = page(sheet, style, solution)
    found = web.drawings(tuple(source for problem in sheet.set.problems for source in drawings(problem)))
    told = [style.text(says) for problem in sheet.set.problems for says in spoken(problem)]
    pictures = map(web.labelled, found.pictures, told)
    for problem in strings["problems"]:
        problem["pictures"] = [{**picture, "svg": next(pictures)} for picture in problem["pictures"]]
        losses = problem["losses"]
        problem["plot"] = base64.b64encode(loss_plot(losses, "svg")).decode() if losses else ""
        problem["told_losses"] = ", then ".join(f"{loss:.4f}" for loss in losses)
    carried = web.carried() if solution else web.carried(("sheet.css",), ("numbers.js", "matrices.js", "sheet.js"))
    return render("sheet.html.jinja", {**strings, "carried": carried, "letters": found.letters}).encode()


FORMATS: dict[str, Callable[[Worked, bool], bytes]] = {
    "md": markdown,
    "tex": latex,
    "pdf": pdf,
    "html": html,
    "ipynb": jupyter,
    "xlsx": spreadsheet,
}
"""Each format by the ending of its file: a sheet, or its worked solution, as the bytes of a page."""
