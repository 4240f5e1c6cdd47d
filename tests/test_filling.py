"""Every page can be filled in and read back, and gives the same numbers whatever the format."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from blank_pages import BLANK, SHAPES, SHEET_ID

from grader.handed_in import Submission
from grader.readers import FILLERS, READERS
from grader.reading.answers import read
from grader.submissions import submissions

ANSWERS: dict[str, Any] = {
    "1.dW_Q": [[0.125, -0.5], [1e-07, 12345.678]],
    "1.dW_Q_new": "",
    "1.x_": [[0.1, "", 0.3]],
    "1.μ": [[1.0], [-2.0], [0.333]],
    "1.loss": 0.5,
    "1.dW_Q.formula": "X.T @ dQ",
    "2.dW_Q": [[1, 2, 3], [4, 5, 6]],
    "2.lambda": -0.25,
    "11.loss": 7,
}


def numbers(value: object, shape: tuple[int, ...]) -> list[float | str | None]:
    found = read(value, shape)
    return [entry.value if entry.state == "number" else entry.state for row in found.entries for entry in row]


def handed_in(folder: Path, ending: str, data: bytes) -> Submission:
    path = folder / f"s1.{ending}"
    path.write_bytes(data)
    (found,) = submissions([path])
    assert isinstance(found, Submission), found
    return found


def test_every_filler_has_a_reader_and_a_blank_page() -> None:
    assert {f".{ending}" for ending in FILLERS} <= set(READERS)
    assert set(BLANK) == set(FILLERS)


@pytest.mark.parametrize("ending", FILLERS)
def test_what_is_filled_in_is_read_back(tmp_path: Path, ending: str) -> None:
    found = handed_in(tmp_path, ending, FILLERS[ending](BLANK[ending](), ANSWERS))
    assert found.sheet == SHEET_ID
    assert set(found.answers) == set(SHAPES)
    for name, shape in SHAPES.items():
        if name.endswith(".formula"):
            assert found.answers[name] == ANSWERS[name]
        else:
            assert numbers(found.answers[name], shape) == numbers(ANSWERS[name], shape), name


@pytest.mark.parametrize("ending", FILLERS)
def test_a_page_as_it_was_printed_is_blank(tmp_path: Path, ending: str) -> None:
    found = handed_in(tmp_path, ending, BLANK[ending]())
    assert (found.sheet, set(found.answers)) == (SHEET_ID, set(SHAPES))
    for name, shape in SHAPES.items():
        assert set(numbers(found.answers[name], shape)) == {"blank"}, name


@pytest.mark.parametrize("ending", FILLERS)
def test_nothing_filled_in_changes_nothing(tmp_path: Path, ending: str) -> None:
    blank = BLANK[ending]()
    nothing = dict.fromkeys(ANSWERS, "")
    found = handed_in(tmp_path, ending, FILLERS[ending](blank, nothing))
    assert found.answers == handed_in(tmp_path, ending, blank).answers


@pytest.mark.parametrize("ending", FILLERS)
def test_the_same_answers_give_the_same_file(ending: str) -> None:
    blank = BLANK[ending]()
    assert FILLERS[ending](blank, ANSWERS) == FILLERS[ending](blank, ANSWERS)
