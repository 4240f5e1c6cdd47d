"""A whole matrix typed into the first place of a grid is spread over it, in every format and every layout."""

from __future__ import annotations

from pathlib import Path

import pytest
from blank_pages import BLANK
from handing_in import answers, how
from test_reading import MATRIX_WRITERS, states, values

from grader.readers import FILLERS
from grader.reading.answers import read

MATRIX = [[-0.83, -0.29], [2.31, -0.73]]
TYPED = [write([[f"{x}" for x in row] for row in MATRIX]) for write in MATRIX_WRITERS] + [
    "np.array([[-0.83, -0.29], [2.31, -0.73]])",
    "-0,83 -0,29; 2,31 -0,73",
    "1.dW_Q = [[-0.83, -0.29], [2.31, -0.73]]",
]
PLACES = {
    "a list": lambda typed: [[typed, ""], ["", ""]],
    "a list with nothing": lambda typed: [[typed, None], [None, None]],
    "a list with places": lambda typed: [[typed, "____"], ["____", "____"]],
    "text": lambda typed: f"[ {typed}  ____ ]\n[ ____  ____ ]",
    "a notebook": lambda typed: f"[[{typed}, ...],\n [..., ...]]",
    "LaTeX": lambda typed: f"{typed} & ____ \\\\\n____ & ____",
}


@pytest.mark.parametrize("typed", TYPED)
@pytest.mark.parametrize("where", ["a list", "a list with nothing", "a list with places"])
def test_any_layout_is_spread(typed: str, where: str) -> None:
    assert values(read(PLACES[where](typed), (2, 2))) == MATRIX


@pytest.mark.parametrize("where", PLACES)
def test_lists_and_prints_are_spread_wherever_the_other_places_stand(where: str) -> None:
    for typed in ("[[-0.83, -0.29], [2.31, -0.73]]", "[[-0.83 -0.29]\n [ 2.31 -0.73]]", "[-0.83 -0.29; 2.31 -0.73]"):
        assert values(read(PLACES[where](typed), (2, 2))) == MATRIX


@pytest.mark.parametrize(
    "rows", [("-0.83 -0.29", "2.31 -0.73"), ("[[-0.83, -0.29],", "[2.31, -0.73]]"), ("-0,83; -0,29", "2,31; -0,73")]
)
def test_rows_in_the_first_places_are_spread(rows: tuple[str, str]) -> None:
    assert values(read([[rows[0], ""], [rows[1], ""]], (2, 2))) == MATRIX


@pytest.mark.parametrize("typed", [[[MATRIX, ""], ["", ""]], [[MATRIX[0], ""], [MATRIX[1], None]]])
def test_lists_within_the_first_places(typed: object) -> None:
    assert values(read(typed, (2, 2))) == MATRIX


@pytest.mark.parametrize("ending", FILLERS)
def test_every_format_spreads_it(tmp_path: Path, ending: str) -> None:
    typed = [["[[-0.83, -0.29], [2.31, -0.73]]", ""], ["", ""]]
    page = FILLERS[ending](BLANK[ending](), {"1.dW_Q": typed})
    found = answers(tmp_path, f"s.{ending}", page)["1.dW_Q"]
    assert how(found, (2, 2)) == "read as 2×2 [[-0.83, -0.29], [2.31, -0.73]]"


@pytest.mark.parametrize(
    "typed",
    [
        [["[[1, 2], [3, 4]]", "2"], ["3", "4"]],  # two answers for one place
        [["1 000", ""], ["2 000", ""]],  # digits are never joined, nor parted
        [["[[1, 2, 3], [4, 5, 6]]", ""], ["", ""]],
        [["", "[[1, 2], [3, 4]]"], ["5", ""]],
        [["1 abc", ""], ["3 4", ""]],
    ],
)
def test_what_cannot_be_spread_is_told(typed: object) -> None:
    assert "unreadable" in states(read(typed, (2, 2)))


def test_half_filled_grids_stay_as_they_are() -> None:
    assert values(read([["1 - 4", ""], ["", ""]], (2, 2))) == [[-3, None], [None, None]]
    assert values(read([["1,5", ""], ["", "2"]], (2, 2))) == [[1.5, None], [None, 2]]
