"""A sheet in HTML in a real browser: filled in, kept, downloaded, marked, loaded again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from browser import opened, written
from classroom import labelled_sheet
from playwright.sync_api import Browser, Dialog, Page, expect

from course.answer_names import AnswerName, Entry
from grader import grade
from grader.submissions import Submission, submissions
from printing.styles.html import Html
from printing.styles.style import Blank
from worksheets.sheet import Sheet


@pytest.fixture
def small(tmp_path: Path) -> Sheet:
    return labelled_sheet(tmp_path)


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
    assert count(page) == "27 of 30 entries filled in, 1 cannot be read"
    assert status(page) == "Saved in this browser."

    page.reload()
    assert count(page) == "27 of 30 entries filled in, 1 cannot be read"
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
    assert count(page) == "27 of 30 entries filled in, 1 cannot be read"

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
    expect(page.locator(field("1.z"))).to_have_value("0.75")


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


# --- how it is read ---------------------------------------------------------------------------------------------------


def told(page: Page, answer: str) -> str:
    return page.locator(f'[id="{answer}.told"]').inner_text()


def marked(page: Page) -> list[str]:
    return [str(x.get_attribute("aria-label")) for x in page.locator('input[aria-invalid="true"]').all()]


def test_how_a_number_is_read_is_said_while_it_is_typed(page: Page) -> None:
    page.locator(field("1.loss")).focus()
    seen = []
    for key in "1/3":
        page.keyboard.press(key)
        seen.append(told(page, "1.loss"))
    assert seen == ["read as 1.", "", "read as 0.3333333333."]
    page.keyboard.press("Tab")
    assert told(page, "1.loss") == "read as 0.3333333333."
    page.locator(field("1.loss")).fill("0.25")
    assert told(page, "1.loss") == "read as 0.25."
    page.locator(field("1.z")).focus()
    assert told(page, "1.loss") == ""  # it says no more than what stands there
    assert page.locator(field("1.loss")).get_attribute("aria-describedby") == "1.loss.told"
    assert page.locator('[id="1.loss.told"]').get_attribute("aria-live") == "polite"


def test_what_cannot_be_read_is_marked_until_it_is_mended(page: Page) -> None:
    for column, text in enumerate(("2 kg", "12,345"), 1):
        page.locator(field("1.dW", 1, column)).fill(text)
    page.locator(field("1.loss")).fill("abc")
    kg, comma = "2 kg: “kg” is not part of a number.", "12,345: is it 12.345 or 12345? Write one of these."
    assert told(page, "1.dW") == f"{kg} {comma}"
    assert told(page, "1.loss") == "not a number."
    assert sorted(marked(page)) == ["1.dW row 1 column 1", "1.dW row 1 column 2", "1.loss"]
    assert count(page) == "3 of 30 entries filled in, 3 cannot be read"
    page.reload()
    assert told(page, "1.dW") == f"{kg} {comma}"
    page.locator(field("1.dW", 2, 1)).fill("0,5")  # now the comma is a decimal one
    assert told(page, "1.dW") == f"{kg} 0,5: read as 0.5."
    page.locator(field("1.dW")).fill("2")
    page.locator(field("1.loss")).fill("")
    assert marked(page) == []
    assert count(page) == "3 of 30 entries filled in"


COMMAS = {
    "commas elsewhere": ({"1.loss": "0,25"}, "1,481: read as 1.481."),
    "commas and points": ({"1.loss": "0,25", "1.p": "0.5"}, "1,481: is it 1.481 or 1481? Write one of these."),
    "points": ({"1.loss": "0.25"}, "1,481: is it 1.481 or 1481? Write one of these."),
    "nothing": ({}, "1,481: is it 1.481 or 1481? Write one of these."),
}


@pytest.mark.parametrize("others", COMMAS)
def test_a_comma_is_decimal_where_those_of_the_sheet_are(page: Page, small: Sheet, others: str, tmp_path: Path) -> None:
    typed, says = COMMAS[others]
    for name, text in typed.items():
        page.locator(field(name)).fill(text)
    page.locator(field("1.dW")).fill("1,481")
    assert told(page, "1.dW") == says
    page.locator(field("1.dW", 2, 2)).focus()
    assert told(page, "1.dW") == says
    answers = json.loads(downloaded(page, tmp_path).read_text(encoding="utf-8"))["answers"]
    read = next(line.read for line in grade(small, answers).lines if line.name == "1.dW")
    assert (read[0][0] == 1.481) == ("read as" in says)


def test_what_is_half_typed_is_marked_once_it_is_left(page: Page) -> None:
    page.locator(field("1.loss")).focus()
    page.keyboard.type("1/")
    assert (told(page, "1.loss"), marked(page)) == ("", [])
    page.keyboard.press("Enter")
    assert (told(page, "1.loss"), marked(page)) == ("not finished.", ["1.loss"])
    assert count(page) == "1 of 30 entries filled in, 1 cannot be read"


def test_what_is_said_moves_nothing_and_is_not_printed(page: Page) -> None:
    fields = "[...document.querySelectorAll('input[data-answer], h3')]"
    places = f"{fields}.map((field) => Math.round(field.getBoundingClientRect().y + scrollY))"
    before = page.evaluate(places)
    page.locator(field("1.dW")).fill("2 kg")
    page.locator(field("1.loss")).fill("1/3")
    assert page.evaluate(places) == before
    page.emulate_media(media="print")
    assert not page.locator('[id="1.dW.told"]').is_visible()


def test_every_keyboard_has_a_minus(page: Page) -> None:
    assert page.locator("[inputmode]").count() == 0  # a phone's keyboard of digits may have none
    assert page.locator('input[data-answer]:not([type="text"])').count() == 0


# --- a whole matrix at once -------------------------------------------------------------------------------------------


def entries(page: Page, answer: str) -> list[str]:
    return [x.input_value() for x in page.locator(f'input[data-answer="{answer}"]').all()]


WHOLE = "[[0.1, -0.2], [1/3, 4]]", "[0.1 -0.2; 1/3 4]", r"\begin{pmatrix} 0.1 & -0.2 \\ 1/3 & 4 \end{pmatrix}"

ON_LINES = "[[ 0.1 -0.2]\n [ 1/3  4. ]]", "0.1 -0.2\n1/3 4\n", "0.1\t-0.2\r\n1/3\t4\r\n"


@pytest.mark.parametrize("text", WHOLE)
def test_a_whole_matrix_typed_into_its_first_field_fills_in_all(page: Page, text: str) -> None:
    page.locator(field("1.dW")).focus()
    page.keyboard.type(text)
    page.keyboard.press("Tab")
    assert entries(page, "1.dW") == ["0.1", "-0.2", "1/3", "4"]
    assert count(page) == "4 of 30 entries filled in"
    assert status(page) == "A whole matrix was filled in. Ctrl+Z takes it back."
    page.keyboard.press("Control+z")
    assert entries(page, "1.dW") == [text, "", "", ""]
    assert marked(page) == []


def test_a_matrix_that_was_typed_displaces_nothing(page: Page) -> None:
    page.locator(field("1.dW", 2, 2)).fill("0.7")
    page.locator(field("1.dW")).focus()
    page.keyboard.type(WHOLE[0])
    page.keyboard.press("Tab")
    assert entries(page, "1.dW") == [WHOLE[0], "", "", "0.7"]
    assert told(page, "1.dW") == f"{WHOLE[0]}: a whole matrix, which needs the other fields blank."


@pytest.mark.parametrize("text", ["1,5", "-1,234", "1 -4"])
def test_a_number_with_a_comma_is_no_matrix(page: Page, text: str) -> None:
    page.locator(field("1.z")).focus()
    page.keyboard.type(text)
    page.keyboard.press("Tab")
    assert entries(page, "1.z") == [text, ""]


@pytest.mark.parametrize("text", [*WHOLE, *ON_LINES])
@pytest.mark.parametrize("at", [(1, 1), (2, 2)])
def test_a_whole_matrix_is_pasted_over_its_fields(page: Page, text: str, at: tuple[int, int]) -> None:
    page.locator(field("1.dW", 1, 2)).fill("9")
    page.locator(field("1.dW", *at)).evaluate(PASTE, text)
    assert [x.rstrip(".") for x in entries(page, "1.dW")] == ["0.1", "-0.2", "1/3", "4"]
    page.keyboard.press("Control+z")
    assert entries(page, "1.dW") == ["", "9", "", ""]


def test_after_more_was_typed_undo_is_the_browsers_own(page: Page) -> None:
    page.locator(field("1.dW")).evaluate(PASTE, WHOLE[0])
    page.locator(field("1.loss")).focus()
    page.keyboard.type("5")
    page.keyboard.press("Control+z")
    assert entries(page, "1.dW") == ["0.1", "-0.2", "1/3", "4"]
    assert page.locator(field("1.loss")).input_value() == ""


def test_a_file_with_a_matrix_in_one_text_is_loaded(page: Page, small: Sheet, tmp_path: Path) -> None:
    path = tmp_path / "mine.json"
    answers = {"1.dW": WHOLE[1], "2.dW": "no matrix"}
    path.write_text(json.dumps({"sheet": small.record.sheet, "answers": answers}), encoding="utf-8")
    page.locator("#file").set_input_files(path)
    page.get_by_text("mine.json was loaded. These answers do not fit their fields and were left out: 2.dW.").wait_for()
    assert entries(page, "1.dW") == ["0.1", "-0.2", "1/3", "4"]


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
    formula = Html().blank(Blank(Entry(AnswerName(1, "dW", "formula"))))
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
