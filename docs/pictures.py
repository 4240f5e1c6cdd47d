"""Draws one page of each format for docs/formats.md: `make pictures`.

Needs what is not installed with handprop: chromium for HTML, Markdown and notebooks, pdflatex for LaTeX, LibreOffice
for workbooks. What is missing is named, and its picture stays as it is.
"""

from __future__ import annotations

import html
import io
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import nbformat
import pypdfium2
from markdown_it import MarkdownIt
from PIL import Image
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from grader import grade  # noqa: E402
from grader.feedback.formats import FEEDBACK  # noqa: E402
from printing import web  # noqa: E402
from worksheets import load_problem  # noqa: E402

FOLDER = ROOT / "docs" / "pictures"
SHEET = load_problem("attention-backprop").variant(seed=7)
WIDTH, HEIGHT = 860, 1150


class Missing(Exception):
    """Names a program that is not installed."""


def program(*names: str) -> str:
    for name in names:
        if found := shutil.which(name):
            return found
    raise Missing(" or ".join(names))


def from_pdf(data: bytes, page: int = 0) -> Image.Image:
    """A page of a PDF, its form's fields too."""
    document = pypdfium2.PdfDocument(data)
    document.init_forms()
    return document[page].render(scale=1.45).to_pil()


def from_html(source: str, scroll: int = 0) -> Image.Image:
    """What a browser shows of a page."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        path = Path(folder, "page.html")
        path.write_text(source, encoding="utf-8")
        browser = playwright.chromium.launch(
            executable_path=program("chromium", "google-chrome"), args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        page.goto(path.as_uri())
        page.wait_for_timeout(500)
        page.evaluate(f"scrollTo(0, {scroll})")
        shot = page.screenshot()
        browser.close()
    return Image.open(io.BytesIO(shot))


STYLE = """<style>
body { font: 15px/1.5 sans-serif; max-width: 780px; margin: 24px auto; color: #1f2328 }
pre { background: #f6f8fa; padding: 10px; border-radius: 6px; font-size: 13px; overflow: hidden }
code { background: #f6f8fa } h1, h2 { border-bottom: 1px solid #d1d9e0 } h3 { margin-bottom: 4px }
img { max-width: 100% }
</style>"""


def markdown(data: bytes) -> str:
    return f"<meta charset='utf-8'>{STYLE}{MarkdownIt().render(data.decode())}"


def notebook(data: bytes) -> str:
    """A notebook's cells, with mathematics set by the KaTeX that the pages in HTML carry."""
    carried = web.carried()
    cells = "".join(_cells(nbformat.reads(data.decode(), as_version=4)))
    styles = "".join(f"<style>{style}</style>" for style in carried.styles)
    scripts = "".join(f"<script>{script}</script>" for script in carried.scripts)
    return f"<!doctype html><meta charset='utf-8'>{styles}{STYLE}{cells}{scripts}"


def _cells(found: nbformat.NotebookNode) -> Iterator[str]:
    for cell in found.cells:
        if cell.cell_type == "code":
            yield f"<pre>{html.escape(cell.source)}</pre>"
            continue
        formulas: list[str] = []

        def kept(formula: re.Match[str], formulas: list[str] = formulas) -> str:
            formulas.append(formula[1] or formula[2])
            return f"@@{len(formulas) - 1}@@"

        shown = MarkdownIt("commonmark").render(re.sub(r"\$\$(.+?)\$\$|\$(.+?)\$", kept, cell.source, flags=re.DOTALL))
        for name, kinds in cell.get("attachments", {}).items():
            for kind, coded in kinds.items():
                shown = shown.replace(f"attachment:{name}", f"data:{kind};base64,{coded}")
        yield re.sub(r"@@(\d+)@@", lambda n, f=formulas: f'<span class="tex">{html.escape(f[int(n[1])])}</span>', shown)


def latex(data: bytes) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "page.tex").write_bytes(data)
        for _ in range(2):  # the second run knows the number of pages
            call = [program("pdflatex"), "-no-shell-escape", "-interaction=batchmode", "page.tex"]
            subprocess.run(call, cwd=folder, check=True, capture_output=True, timeout=120)
        return Path(folder, "page.pdf").read_bytes()


def spreadsheet(data: bytes) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "page.xlsx").write_bytes(data)
        call = [program("soffice", "libreoffice"), "--headless", "--convert-to", "pdf", "page.xlsx"]
        subprocess.run(call, cwd=folder, check=True, capture_output=True, timeout=180)
        return Path(folder, "page.pdf").read_bytes()


def told() -> bytes:
    """Feedback to a student who left out a transpose, and the whole row sum of softmax."""
    answers = {f"1.{line.name}": SHEET.key[line.name] for line in SHEET.set.problems[0].lines}
    scores, q = SHEET.key["dscores"], SHEET.key["Q"]
    answers["1.dK"] = [[sum(row[k] * q[k][j] for k in range(2)) for j in range(2)] for row in scores]
    answers["1.loss"] = "1,234"
    answers["1.W_V_new"] = ""
    return FEEDBACK["pdf"](SHEET.set, SHEET.record, grade(SHEET, answers))


PICTURES: Mapping[str, Callable[[], Image.Image]] = {
    "sheet-pdf": lambda: from_pdf(SHEET.print("pdf"), 1),
    "solution-pdf": lambda: from_pdf(SHEET.print("pdf", solution=True), 2),
    "sheet-html": lambda: from_html(SHEET.print("html").decode(), 1250),
    "sheet-tex": lambda: from_pdf(latex(SHEET.print("tex")), 0),
    "sheet-ipynb": lambda: from_html(notebook(SHEET.print("ipynb")), 1150),
    "sheet-xlsx": lambda: from_pdf(spreadsheet(SHEET.print("xlsx")), 2),
    "sheet-md": lambda: from_html(markdown(SHEET.print("md"))),
    "feedback-pdf": lambda: from_pdf(told(), 0),
}


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for name, draw in PICTURES.items():
        try:
            picture = draw().convert("L").quantize(32)
        except Missing as missing:
            print(f"{name}: not drawn, {missing} is not installed")
            continue
        picture.save(FOLDER / f"{name}.png", optimize=True)
        print(f"{name}: {(FOLDER / f'{name}.png').stat().st_size // 1000} KB")


if __name__ == "__main__":
    main()
