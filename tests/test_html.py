"""The pages in HTML, in a real browser: filled in, kept, downloaded, marked, printed; and their source."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pypdfium2
import pytest
from browser import browser, opened
from classroom import TINY, records, roster_file, small_set
from playwright.sync_api import Browser, Dialog, Page

from grader import grade
from grader.submissions import Submission, submissions
from printing import web
from printing.style import Blank, Html
from worksheets import generate, load_problem, load_set
from worksheets.preview import preview_sheet
from worksheets.problem import bundled_problems
from worksheets.roster import load_roster
from worksheets.sheet import Sheet

TEMPLATES = Path(__file__).parent.parent / "templates"
SHEET = load_problem("attention-backprop").variant(seed=7)


@pytest.fixture(scope="module")
def chrome() -> Iterator[Browser]:
    with browser() as running:
        yield running


def written(folder: Path, sheet: Sheet, solution: bool = False) -> Path:
    path = folder / ("solution.html" if solution else "sheet.html")
    path.write_bytes(sheet.print("html", solution))
    return path


@pytest.fixture
def small(tmp_path: Path) -> Sheet:
    """A small sheet with labels, at two problems."""
    labelled = TINY.replace("[lines]", '[labels]\nn = ["A", "B"]\n\n[lines]')
    return preview_sheet(small_set(tmp_path, 'title = "x"\n' + 2 * '[[problem]]\nuse = "tiny.toml"\n', labelled))


@pytest.fixture
def page(chrome: Browser, tmp_path: Path, small: Sheet) -> Iterator[Page]:
    """The small sheet, opened."""
    context = chrome.new_context(accept_downloads=True)
    found = opened(context, written(tmp_path, small))
    yield found.page
    assert found.trouble == []
    context.close()


def downloaded(page: Page, folder: Path) -> Path:
    with page.expect_download() as download:
        page.get_by_role("button", name="Download answers.json").click()
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    return path


def field(name: str, row: int = 1, column: int = 1) -> str:
    return f'input[data-answer="{name}"][data-row="{row}"][data-column="{column}"]'


def agreeing(page: Page) -> list[str]:
    """What the page asks from now on; the answer is yes."""
    asked: list[str] = []

    def answer(dialog: Dialog) -> None:
        asked.append(dialog.message)
        dialog.accept()

    page.on("dialog", answer)
    return asked


def count(page: Page) -> str:
    return page.locator("#count").inner_text()


def status(page: Page) -> str:
    return page.locator("#status").inner_text()


# --- every bundled problem --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("solution", [False, True], ids=["sheet", "solution"])
@pytest.mark.parametrize("name", bundled_problems())
def test_every_formula_prints(chrome: Browser, tmp_path: Path, name: str, solution: bool) -> None:
    sheet = load_problem(name).variant(seed=3)
    context = chrome.new_context()
    found = opened(context, written(tmp_path, sheet, solution))
    assert found.page.locator(".tex").count() > 10
    assert found.page.locator(".tex:not(:has(.katex))").count() == 0
    assert found.page.locator(".katex-error").all_inner_texts() == []
    assert set(found.page.evaluate(FONTS)) <= {path.name.partition("-")[0] for path in (web.KATEX / "fonts").iterdir()}
    assert found.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    found.page.set_viewport_size({"width": 320, "height": 640})
    assert found.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "it scrolls sideways on a phone"
    assert found.trouble == []
    context.close()


FONTS = """[...document.querySelectorAll('.katex-html *')].filter(e => [...e.childNodes].some(n => n.nodeType === 3))
    .map(e => getComputedStyle(e).fontFamily.split(',')[0].replaceAll('"', ''))"""
"""The fonts in which formulas are set."""


class Source(HTMLParser):
    """Every element of a page, and whether they close as they opened."""

    VOID = frozenset({"meta", "input", "br", "link"})

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(page.decode())
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len({name for name, _ in attrs}) == len(attrs), attrs
        self.elements.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, self.getpos()


@pytest.mark.parametrize("solution", [False, True], ids=["sheet", "solution"])
@pytest.mark.parametrize("name", bundled_problems())
def test_the_source_is_well_formed(name: str, solution: bool) -> None:
    sheet = load_problem(name).variant(seed=3)
    page = sheet.print("html", solution)
    assert page == sheet.print("html", solution)
    source = Source(page)
    assert source.open == []
    ids = [attributes["id"] for _, attributes in source.elements if "id" in attributes]
    assert len(set(ids)) == len(ids)
    for _, attributes in source.elements:
        for reference in ("aria-labelledby", "href"):
            assert attributes.get(reference, "").removeprefix("#") in {*ids, ""}  # type: ignore[union-attr]
        assert not any(attribute.startswith("on") or attribute == "src" for attribute in attributes)
    inputs = [a for tag, a in source.elements if tag == "input" and "data-answer" in a]
    entries = sum(int(np.prod(line.shape or (1,))) for line in sheet.set.problems[0].lines if line.asked)
    assert len(inputs) == (0 if solution else entries)
    assert len({a["aria-label"] for a in inputs}) == len(inputs)
    pictures = [a for tag, a in source.elements if tag == "svg" and a.get("role") == "img"]
    assert all(str(a["aria-label"]).count("Arrows lead from ") == 1 for a in pictures)


def test_a_picture_is_told_in_words() -> None:
    page = SHEET.print("html").decode()
    forward, backward = re.findall(r'role="img" aria-label="([^"]*)"', page)
    assert forward.startswith("The computation, forward. Arrows lead from X and W_Q to Q; from X and W_K to K; ")
    assert "from weights and V to output" in forward
    assert "from ∂L/∂scores to ∂L/∂Q" in backward


def test_labels_say_which_entry_it_is() -> None:
    page = SHEET.print("html").decode()
    assert 'aria-label="1.dQ row 1 column 2"' in page
    assert 'aria-label="1.loss"' in page
    assert 'role="group" aria-labelledby="1.dQ"' in page


def test_no_style_or_script_ends_early() -> None:
    carried = web.carried(("sheet.css",), ("sheet.js",))
    assert not any("</" in style for style in carried.styles)
    assert not any(re.search(r"</script|<!--", script, re.IGNORECASE) for script in carried.scripts)
    assert "unsafe" not in carried.policy.partition("script-src")[2].partition(";")[0]


def test_a_page_is_not_large() -> None:
    assert len(SHEET.print("html")) < 550_000


def test_katex_is_the_version_that_is_named() -> None:
    version = re.search(r"KATEX := (\S+)", (TEMPLATES.parent / "Makefile").read_text(encoding="utf-8"))
    assert version is not None
    assert (TEMPLATES / "katex" / "README.md").read_text(encoding="utf-8").startswith(f"# KaTeX {version[1]}\n")
    assert f'version:"{version[1]}"' in (TEMPLATES / "katex" / "katex.min.js").read_text(encoding="utf-8")
    assert "The MIT License" in SHEET.print("html").decode()


# --- filled in --------------------------------------------------------------------------------------------------------


def answered(sheet: Sheet) -> dict[str, Any]:
    """What a student hands in: mostly right, with a blank, a half-filled matrix, and what is no number."""
    answers: dict[str, Any] = {}
    for number, key in enumerate(sheet.keys, 1):
        for name, value in key.items():
            shown = np.round(value, 4)
            answers[f"{number}.{name}"] = [[str(x) for x in row] for row in shown] if shown.ndim else str(shown)
    answers["1.z"][0][1] = ""
    answers["1.dz"] = ""
    answers["1.loss"] = "1/3"
    answers["2.p"][0][0] = "about a half"
    answers["2.dW"][1][0] = "−0,25"
    return answers


def typed(page: Page, sheet: Sheet, answers: dict[str, Any]) -> None:
    """Types everything in the order of the sheet, going on with the tabulator."""
    page.locator("input[data-answer]").first.focus()
    for number, problem in enumerate(sheet.set.problems, 1):
        for line in problem.lines:
            rows, columns = line.shape or (1, 1)
            value = answers[f"{number}.{line.name}"]
            for i in range(rows):
                for j in range(columns):
                    page.keyboard.type("" if value == "" else value[i][j] if line.shape else value)
                    page.keyboard.press("Tab")


def test_filled_in_kept_downloaded_and_marked(page: Page, small: Sheet, tmp_path: Path) -> None:
    answers = answered(small)
    typed(page, small, answers)
    assert page.evaluate("document.activeElement.id") == "download"
    assert count(page) == "27 of 30 entries filled in"
    assert status(page) == "Saved in this browser."

    page.reload()
    assert count(page) == "27 of 30 entries filled in"
    assert status(page) == "Your answers of last time are filled in."
    path = downloaded(page, tmp_path)
    assert path.name == f"answers-{small.record.sheet}.json"
    assert status(page) == f"{path.name} is among your downloads. Hand that file in."
    assert json.loads(path.read_text(encoding="utf-8")) == {"sheet": small.record.sheet, "answers": answers}
    (found,) = submissions([path])
    assert isinstance(found, Submission)
    assert grade(small, found.answers) == grade(small, answers)
    verdicts = {line.name: line.verdict for line in grade(small, found.answers).lines}
    assert (verdicts["1.dz"], verdicts["2.p"], verdicts["1.p"]) == ("blank", "unreadable", "correct")


def test_an_empty_sheet_is_the_blank_form(page: Page, small: Sheet, tmp_path: Path) -> None:
    assert json.loads(downloaded(page, tmp_path).read_text(encoding="utf-8")) == small.blank_answers()


def test_a_downloaded_file_is_loaded_again(page: Page, small: Sheet, tmp_path: Path) -> None:
    answers = answered(small)
    path = tmp_path / "mine.json"
    path.write_text(json.dumps({"sheet": small.record.sheet, "answers": answers}), encoding="utf-8")
    page.locator("#file").set_input_files(path)
    page.get_by_text("mine.json was loaded.").wait_for()
    assert page.locator(field("2.dW", 2, 1)).input_value() == "−0,25"
    assert count(page) == "27 of 30 entries filled in"

    answers |= {"1.z": "[[0.5, 2]]", "1.eta": "1", "1.dW": [["1"]], "1.p": [[0.25, None]], "1.loss": 3}
    path.write_text(json.dumps({"sheet": small.record.sheet, "answers": answers}), encoding="utf-8")
    asked = agreeing(page)
    page.locator("#file").set_input_files(path)
    page.get_by_text("were left out: 1.dW, 1.eta.").wait_for()
    assert asked == ["Replace what is filled in here by what is in mine.json?"]
    assert [page.locator(field("1.z", 1, j)).input_value() for j in (1, 2)] == ["0.5", "2"]
    assert [page.locator(field("1.p", 1, j)).input_value() for j in (1, 2)] == ["0.25", ""]
    assert page.locator(field("1.loss")).input_value() == "3"


def test_a_file_that_is_not_this_sheets_is_refused(page: Page, small: Sheet, tmp_path: Path) -> None:
    path = tmp_path / "other.json"
    for text, says in {
        '{"sheet": "ZZZZ-9999", "answers": {"1.z": "1"}}': "other.json is of sheet ZZZZ-9999, and this is sheet "
        f"{small.record.sheet}. Nothing was loaded.",
        "not json": "other.json is no answers.json. Nothing was loaded.",
        "null": "other.json is no answers.json. Nothing was loaded.",
        '{"sheet": "<img src=x>", "answers": {}}': "other.json is of sheet <img src=x>, and this is",
    }.items():
        path.write_text(text, encoding="utf-8")
        page.evaluate("document.getElementById('status').textContent = ''")
        page.locator("#file").set_input_files(path)
        page.get_by_text(says).wait_for()
        assert count(page) == "0 of 30 entries filled in"


def test_clear_asks_first(page: Page) -> None:
    page.locator(field("1.z")).fill("0.5")
    page.once("dialog", lambda dialog: dialog.dismiss())
    page.get_by_role("button", name="Clear my answers").click()
    assert page.locator(field("1.z")).input_value() == "0.5"
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Clear my answers").click()
    assert count(page) == "0 of 30 entries filled in"
    page.reload()
    assert page.locator(field("1.z")).input_value() == ""


def test_another_window_sees_what_is_typed(page: Page) -> None:
    with page.context.expect_page() as other:
        page.evaluate("open(location.href)")
    other.value.locator(field("1.z")).fill("0.75")
    page.wait_for_function(f"document.querySelector('{field('1.z')}').value === '0.75'")


def test_keys_lead_about(page: Page) -> None:
    def here() -> str:
        return str(page.evaluate("document.activeElement.getAttribute('aria-label') ?? document.activeElement.id"))

    page.locator(field("1.dW")).fill("12")
    page.locator(field("1.dW")).focus()
    for key, leads_to in (
        ("End", "1.dW row 1 column 1"),
        ("ArrowLeft", "1.dW row 1 column 1"),  # within what is typed the caret moves
        ("ArrowRight", "1.dW row 1 column 1"),
        ("ArrowRight", "1.dW row 1 column 2"),
        ("ArrowRight", "1.dW row 1 column 2"),
        ("ArrowDown", "1.dW row 2 column 2"),
        ("ArrowDown", "1.dW row 2 column 2"),
        ("ArrowLeft", "1.dW row 2 column 1"),
        ("ArrowUp", "1.dW row 1 column 1"),
        ("Enter", "1.dW row 1 column 2"),
        ("Enter", "1.dW row 2 column 1"),
        ("Shift+Tab", "1.dW row 1 column 2"),
    ):
        page.keyboard.press(key)
        assert here() == leads_to, key
    page.locator("input[data-answer]").last.focus()
    page.keyboard.press("Enter")
    assert here() == "download"


PASTE = """(element, text) => { const data = new DataTransfer(); data.setData('text/plain', text);
    element.dispatchEvent(new ClipboardEvent('paste', {clipboardData: data, bubbles: true, cancelable: true})); }"""


def test_cells_of_a_spreadsheet_are_pasted_into_their_fields(page: Page) -> None:
    page.locator(field("1.dW")).evaluate(PASTE, "0.1\t0.2\r\n0.3\t0.4\t0.5\n")
    assert [page.locator(field("1.dW", i, j)).input_value() for i in (1, 2) for j in (1, 2)] == [
        *("0.1", "0.2", "0.3", "0.4")
    ]
    assert count(page) == "4 of 30 entries filled in"


WITHOUT_STORAGE = (
    "Object.defineProperty(window, 'localStorage', {get() { throw new DOMException('no', 'SecurityError') }})"
)


def test_a_browser_that_keeps_nothing_says_so_and_asks_before_it_closes(
    chrome: Browser, small: Sheet, tmp_path: Path
) -> None:
    context = chrome.new_context(accept_downloads=True)
    context.add_init_script(WITHOUT_STORAGE)
    found = opened(context, written(tmp_path, small))
    page, asked = found.page, agreeing(found.page)
    says = "Your browser does not keep what you type: download before you close."
    assert status(page) == says
    page.locator(field("1.z")).click()
    page.keyboard.type("0.5")
    assert (status(page), count(page)) == (says, "1 of 30 entries filled in")
    page.reload()
    assert asked == [""]  # a browser words this question itself
    page.locator(field("1.z")).click()
    page.keyboard.type("0.5")
    assert json.loads(downloaded(page, tmp_path).read_text(encoding="utf-8"))["answers"]["1.z"] == [["0.5", ""]]
    page.reload()
    assert asked == [""]  # a browser words this question itself
    assert found.trouble == []
    context.close()


def test_a_field_for_a_formula_goes_under_its_own_name(chrome: Browser, tmp_path: Path, small: Sheet) -> None:
    formula = Html().blank(Blank("1.dW.formula"))
    source = small.print("html").decode().replace("</form>", f"{formula}</form>")
    path = tmp_path / "sheet.html"
    path.write_text(source, encoding="utf-8")
    context = chrome.new_context(accept_downloads=True)
    found = opened(context, path)
    found.page.get_by_label("1.dW.formula").fill("x.T @ dz")
    found.page.locator(field("1.dW")).fill("1")
    answers = json.loads(downloaded(found.page, tmp_path).read_text(encoding="utf-8"))["answers"]
    assert answers["1.dW.formula"] == "x.T @ dz"
    assert answers["1.dW"] == [["1", ""], ["", ""]]
    found.page.reload()
    assert found.page.get_by_label("1.dW.formula").input_value() == "x.T @ dz"
    assert found.trouble == []
    context.close()


def test_without_scripts_formulas_read_as_latex(chrome: Browser, small: Sheet, tmp_path: Path) -> None:
    context = chrome.new_context(java_script_enabled=False)
    page = opened(context, written(tmp_path, small)).page
    text = page.locator("body").inner_text()
    assert r"\mathrm{softmax}(z)" in text
    assert "Scripts are turned off in this browser: formulas stand as they are written in LaTeX" in text
    assert not page.locator("#bar").is_visible()
    context.close()


# --- names, paper, network --------------------------------------------------------------------------------------------

HOSTILE = (
    "<script>document.title = 'ran'</script>",
    r"\input{/etc/passwd}",
    "50% & _co_",
    "</script></title><img src=x onerror=alert(1)>",
    "\"quoted\" 'name' {{7*7}} {% raw %} <!-- &lt; $x$ \\(y\\)",
)


def test_names_print_as_they_were_typed_and_never_run(chrome: Browser, tmp_path: Path) -> None:
    odd = TINY.replace('title = "Tiny"', "title = '''</script><script>document.title = 'ran'</script> & \"x\"'''")
    odd = odd.replace("[lines]", "[labels]\nn = ['<b>A</b>', '\"\\x & B']\n\n[lines]")
    path = small_set(
        tmp_path, "title = '</title><script>document.title = 1</script>'\n[[problem]]\nuse = 'tiny.toml'\n", odd
    )
    roster = "id,name\n" + "".join(f's{i},"{name.replace(chr(34), chr(34) * 2)}"\n' for i, name in enumerate(HOSTILE))
    course = tmp_path / "course"
    generate(load_set(path), load_roster(roster_file(tmp_path, roster)), course, ("html",))
    context = chrome.new_context()
    for student, record in records(course).items():
        sheet, solution = course / "handout" / student, course / "instructor" / "solutions" / student
        for file in (sheet / "sheet.html", *([solution / "solution.html"] if student == "s3" else [])):
            found = opened(context, file)
            text = found.page.locator("body").inner_text()
            assert record["roster"]["name"] in text
            assert "<b>A</b>" in text
            assert "</script><script>document.title = 'ran'</script> & \"x\"" in text
            assert found.page.title().startswith("</title><script>document.title = 1</script>")
            assert found.page.locator("img, table b, h2 script").count() == 0
            assert found.trouble == []
            found.page.close()
    context.close()


def test_a_script_that_is_not_the_pages_own_does_not_run(chrome: Browser, small: Sheet, tmp_path: Path) -> None:
    path = tmp_path / "sheet.html"
    worse = "<script>document.title = 'ran'</script><img src='https://example.org/x.png'></form>"
    path.write_text(small.print("html").decode().replace("</form>", worse), encoding="utf-8")
    context = chrome.new_context()
    found = opened(context, path)
    assert found.page.title() == "x"
    assert any("Content Security Policy" in trouble for trouble in found.trouble)
    context.close()


@pytest.mark.parametrize("solution", [False, True], ids=["sheet", "solution"])
def test_on_paper(chrome: Browser, tmp_path: Path, solution: bool) -> None:
    context = chrome.new_context()
    page = opened(context, written(tmp_path, SHEET, solution)).page
    if not solution:
        page.locator(field("1.Q")).fill("0.8712")
    printed = pypdfium2.PdfDocument(page.pdf(prefer_css_page_size=True))
    pages = [printed[i].get_textpage().get_text_range() for i in range(len(printed))]
    whole = "\n".join(pages)
    assert [round(x) for x in printed[0].get_size()] == [595, 842]
    assert all("Sheet SEED-7" in text and f"{n} of {len(pages)}" in text for n, text in enumerate(pages, 1))
    assert "Download" not in whole
    assert "entries filled in" not in whole
    if not solution:
        assert "0.8712" in whole
    context.close()
