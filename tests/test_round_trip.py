"""Every kind of page, filled in by the same student, gives the same marks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from classroom import TINY, small_set

from grader import grade
from grader.handed_in import Submission
from grader.marking.marks import Marks
from grader.readers import FILLERS, READERS
from grader.readers.files import on_disk
from worksheets.formats import FORMATS
from worksheets.preview import preview_sheet
from worksheets.sheet import Sheet

SET = """\
title = "Everything at once"
formulas = true

[[problem]]
use = "tiny.toml"
ask = ["backward", "update"]
trace = ["W"]

[[problem]]
use = "attention-backprop"
fade = "worked"
sizes = { n = 3 }
"""


@pytest.fixture(scope="module")
def sheet(tmp_path_factory: pytest.TempPathFactory) -> Sheet:
    """A sheet with numbers, formulas, a trace, hints and worked lines."""
    return preview_sheet(small_set(tmp_path_factory.mktemp("set"), SET, TINY))


def one_students(sheet: Sheet) -> dict[str, Any]:
    """What a student hands in: most of it right, some of it wrong, typed oddly, or left blank."""
    answers: dict[str, Any] = {}
    for name in sheet.blank_answers()["answers"]:
        number, line, *kind = name.split(".")
        problem, key = sheet.set.problems[int(number) - 1], sheet.keys[int(number) - 1]
        if kind == ["formula"]:
            answers[name] = problem.model().by_name[line].text.replace("dscores", "dscaled")
        elif kind == ["trace"]:
            answers[name] = "dz, dW"
        else:
            answers[name] = np.round(key[line], 4).tolist()
    assert {"1.dz", "1.dW.formula", "2.dscores", "2.weights", "2.dV", "2.loss_new"} <= set(answers)
    answers["1.dz"] = [["1/3", "−0,25"]]  # typed as it is, in every format
    answers["2.dscores"][0][0] = ""
    answers["2.weights"] = np.round(np.add(answers["2.weights"], 0.25), 4).tolist()
    answers["2.dV"] = ""
    answers["2.loss_new"] = ""
    answers["2.dK.formula"] = ""
    return answers


def told(marks: Marks) -> list[tuple[Any, ...]]:
    return [(line.name, line.score, line.entries, line.read, line.mistake, line.message) for line in marks.lines]


@pytest.mark.parametrize("ending", FILLERS)
def test_every_format_gives_the_marks_of_the_same_answers(tmp_path: Path, sheet: Sheet, ending: str) -> None:
    answers = one_students(sheet)
    blank = json.dumps(sheet.blank_answers()).encode() if ending == "json" else sheet.print(ending)
    path = tmp_path / f"handed-in.{ending}"
    path.write_bytes(FILLERS[ending](blank, answers))
    (found,) = READERS[f".{ending}"].read(on_disk(path), path.name)
    assert isinstance(found, Submission)
    assert found.sheet == sheet.record.sheet
    marks = grade(sheet, found.answers)
    assert marks.notes == ()
    assert told(marks) == told(grade(sheet, answers))
    assert 0 < marks.score < marks.out_of


@pytest.mark.parametrize("ending", FILLERS)
def test_an_empty_page_is_blank_throughout(tmp_path: Path, sheet: Sheet, ending: str) -> None:
    path = tmp_path / f"handed-in.{ending}"
    path.write_bytes(json.dumps(sheet.blank_answers()).encode() if ending == "json" else sheet.print(ending))
    (found,) = READERS[f".{ending}"].read(on_disk(path), path.name)
    assert isinstance(found, Submission)
    marks = grade(sheet, found.answers)
    assert (marks.notes, marks.score) == ((), 0)
    assert {line.verdict for line in marks.lines} == {"blank"}


def test_what_can_be_printed_can_be_handed_in() -> None:
    """A sheet in HTML is handed in as the answers.json that it makes: tests/test_html_form.py fills one in."""
    assert set(FORMATS) - set(FILLERS) == {"html"}
    assert {f".{ending}" for ending in FILLERS} <= set(READERS)
