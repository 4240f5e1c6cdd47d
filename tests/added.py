"""What CONTRIBUTING.md adds works everywhere: test_recipes.py runs this where its recipes were followed."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from classroom import handprop, right_answers

from backprop.entries import entry_of
from backprop.evaluate import bounds, evaluate
from backprop.language import parse
from backprop.mistakes import mistakes
from backprop.notation import LATEX, PLAIN, TYPST, Printer
from backprop.rounding import Interval, Rounding
from backprop.scope import shape_of
from backprop.writing import text
from grader import grade
from worksheets import load_problem
from worksheets.formats import FORMATS

PROBLEM = load_problem("dense-block")
MODEL = PROBLEM.model
NEW = {"h": "layer_norm(z)", "a": "gelu(h)"}


def sigmoid(x: float) -> float:
    return float(1 / (1 + np.exp(-x)))


def test_it_is_read_with_its_shape_and_its_value() -> None:
    expression = parse("gelu(z)")
    assert text(expression) == "gelu(z)"
    assert shape_of(expression, MODEL.scope) == (1, 3)
    z = np.array([[0.5, -1.0, 2.0]])
    worked = evaluate(expression, {"z": z[..., None]}, {})[..., 0]
    assert worked.tolist() == [[pytest.approx(x * sigmoid(1.702 * x), rel=1e-12) for x in z[0]]]
    normal = evaluate(parse("layer_norm(z)"), {"z": z[..., None]}, {})[..., 0]
    assert normal == pytest.approx((z - z.mean()) / np.sqrt(z.var() + 1e-5), rel=1e-12)


def test_its_entries_are_scalars() -> None:
    assert text(entry_of(parse("gelu(z)"), 0, 1, MODEL.scope)) == "gelu(entry(z, 0, 1))"


@pytest.mark.parametrize("line", NEW)
def test_honest_rounding_is_within_its_bounds(line: str) -> None:
    worked, pen = PROBLEM.variant(seed=1).key, Rounding(3)
    (used,) = MODEL.by_name[line].uses
    known = np.round(worked[used], 3)[..., None]
    allowed = pen.kept(bounds(MODEL.by_name[line].expression, {used: Interval.exact(known)}, MODEL.sizes, pen))
    exact = evaluate(MODEL.by_name[line].expression, {used: known}, MODEL.sizes)
    for written in (exact, np.round(exact, 3), np.trunc(exact * 1000) / 1000):
        assert pen.holds(allowed, written).all()
    assert not pen.holds(allowed, exact + 0.1).any()


def test_it_is_printed_in_every_notation_and_format() -> None:
    printed = [Printer.of(MODEL, style, "loss").expression(parse("gelu(h)")) for style in (PLAIN, LATEX, TYPST)]
    assert printed == ["gelu(h)", r"\mathrm{gelu}(h)", '"gelu"(h)']
    sheet = PROBLEM.variant(seed=1)
    for ending in FORMATS:
        assert sheet.print(ending)
        assert sheet.print(ending, solution=True)
    assert "gelu(h[1,1])" in sheet.solution()


def test_it_is_marked_and_its_mistake_is_named() -> None:
    sheet = PROBLEM.variant(seed=1)
    marks = grade(sheet, {name: np.round(value, 4).tolist() for name, value in sheet.key.items()})
    assert {line.verdict for line in marks.lines} == {"correct"}
    wrong = np.maximum(np.array(sheet.key["h"]), 0).tolist()
    found = grade(sheet, {"z": sheet.key["z"], "h": sheet.key["h"], "a": wrong}).line("a").mistake
    assert found is not None
    assert found.says == "Relu was taken; the line has gelu."
    assert {mistake.kind for mistake in mistakes(MODEL, MODEL.by_name["dz"])} > {"wrong-operand", "sign"}


def test_the_problem_is_listed_and_fit_to_use() -> None:
    assert "dense-block" in handprop("problems").out
    ran = handprop("check", "dense-block")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.endswith("  fit to use\n")
    for gradient in ("dh", "dz"):
        assert re.search(rf"^ +{gradient} += .*\(proved, 3 entries\)$", ran.out, re.MULTILINE)


def test_plain_text_is_handed_in_and_answered_in_the_new_format(tmp_path: Path) -> None:
    course, results = tmp_path / "course", tmp_path / "results"
    source, roster = tmp_path / "set.toml", tmp_path / "roster.csv"
    source.write_text('title = "x"\n[[problem]]\nuse = "dense-block"\nmarks = 10\n', encoding="utf-8")
    roster.write_text("id,name\ns1,Ada\n", encoding="utf-8")
    assert handprop("generate", source, "--roster", roster, "--out", course, "--format", "none").code == 0
    answers = right_answers(course, "s1")
    rows = {"sheet": answers["sheet"], **answers["answers"]}
    handed_in = tmp_path / "s1.txt"
    handed_in.write_text("".join(f"{name}: {value}\n" for name, value in rows.items()), encoding="utf-8")
    assert handprop("grade", course, handed_in, "--out", results, "--feedback", "txt").code == 0
    page = (results / "feedback" / "s1.txt").read_text(encoding="utf-8")
    assert page.startswith("x: 10 of 10 marks\n1.z: Right.\n")
    handed_in.write_text("1.z: 1\n", encoding="utf-8")
    assert handprop("grade", course, handed_in, "--out", results).code == 1
    assert "The sheet's id is missing" in (results / "not_marked.csv").read_text(encoding="utf-8")
