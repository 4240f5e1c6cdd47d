"""The pages in HTML: every formula in a real browser, what their source must hold to, names, paper."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pypdfium2
import pytest
from browser import opened, written
from classroom import TINY, labelled_sheet, records, roster_file, small_set
from playwright.sync_api import Browser

from course.roster import load_roster
from printing import web
from worksheets import generate, load_problem, load_set
from worksheets.preview import preview_sheet
from worksheets.problem import bundled_problems

TEMPLATES = Path(__file__).parent.parent / "templates"
SHEET = load_problem("attention-backprop").variant(seed=7)


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


LOOP = TINY.replace('update = "eta"', 'update = "eta"\nsteps = 3\nagain = ["loss"]')


def test_help_and_a_training_loop_print(chrome: Browser, tmp_path: Path) -> None:
    text = 'title = "x"\n[[problem]]\nuse = "tiny.toml"\n[[problem]]\nuse = "attention-backprop"\n'
    sheet = preview_sheet(small_set(tmp_path, text + 'ask = ["backward"]\nfade = "worked"\n', LOOP))
    context = chrome.new_context()
    blank, solved = (opened(context, written(tmp_path, sheet, solution)) for solution in (False, True))
    assert blank.page.locator('.solved [id="2.dlogits"]').count() == 1
    assert blank.page.locator('input[data-answer="2.dlogits"]').count() == 0
    assert blank.page.locator('.answer:has([id="2.dV"]) .hint').inner_text().startswith("Hint: ")
    assert blank.page.locator(".hint .katex").count() > 5
    plot = solved.page.get_by_alt_text(", then ")
    assert plot.evaluate("image => image.naturalWidth") > 200
    assert [found.page.locator(".katex-error").count() for found in (blank, solved)] == [0, 0]
    assert blank.trouble == solved.trouble == []
    context.close()


FONTS = """[...document.querySelectorAll('.katex-html *')].filter(e => [...e.childNodes].some(n => n.nodeType === 3))
    .map(e => getComputedStyle(e).fontFamily.split(',')[0].replaceAll('"', ''))"""
"""The fonts in which formulas are set."""


class Source(HTMLParser):
    """Every element of a page, and whether they close as they opened."""

    VOID = frozenset({"meta", "input", "br", "link", "img"})

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
        assert not any(attribute.startswith("on") for attribute in attributes)
        assert str(attributes.get("src", "data:")).startswith("data:")
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
    carried = web.carried(("sheet.css",), ("numbers.js", "matrices.js", "sheet.js"))
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


def test_a_script_that_is_not_the_pages_own_does_not_run(chrome: Browser, tmp_path: Path) -> None:
    path = tmp_path / "sheet.html"
    worse = "<script>document.title = 'ran'</script><img src='https://example.org/x.png'></form>"
    path.write_text(labelled_sheet(tmp_path).print("html").decode().replace("</form>", worse), encoding="utf-8")
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
        page.get_by_label("1.Q row 1 column 1").fill("0.8712")
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
