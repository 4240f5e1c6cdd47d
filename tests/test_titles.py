"""A title may look like a sheet's id; the sheet is known by its own all the same, in every format."""

from __future__ import annotations

from pathlib import Path

import pytest
from classroom import SET, marked, reasons, right_answers, small_course

from grader.handed_in import sheets_in
from grader.readers import FILLERS

FORMATS = tuple(ending for ending in FILLERS if ending not in ("json", "pdf"))  # of a PDF only fields are read


def test_a_title_like_an_id(tmp_path: Path) -> None:
    title = "Sheet ABCD-2345, exercise sheet 2026-2027"
    roster = "id,name\n" + "".join(f"{ending}-1,Student of {ending}\n" for ending in FORMATS)
    course = small_course(tmp_path, roster, SET.replace("Practice sheet", title), FORMATS)
    for ending in FORMATS:
        name = f"sheet.{ending}"
        page = (course / "handout" / f"{ending}-1" / name).read_bytes()
        path = tmp_path / "in" / f"{ending}-1" / name
        path.parent.mkdir(parents=True)
        path.write_bytes(FILLERS[ending](page, right_answers(course, f"{ending}-1")["answers"]))
    marks = marked(course, tmp_path, tmp_path / "in").marks
    assert not reasons(tmp_path)
    assert {(one.student, one.percent) for one in marks} == {(f"{ending}-1", 100.0) for ending in FORMATS}


@pytest.mark.parametrize(
    "line", ["**Sheet 7KQF-M2PX** · s1", "% sheet 7KQF-M2PX", "> Sheet: 7kqf–m2px", "\\textbf{Sheet 7KQF-M2PX}"]
)
@pytest.mark.parametrize(
    "title", ["# Exercise sheet 2026-2027", "# Sheet ABCD-2345", "See sheet 7KQF-M2PX, sheet 1234-5678"]
)
def test_the_line_of_the_sheet_comes_before_its_title(title: str, line: str) -> None:
    for text in (f"{title}\n\n{line}\n", f"{line}\n{title}"):
        assert sheets_in(text)[0] == "7KQF-M2PX"
        assert len(sheets_in(text)) == 2
    assert not sheets_in("Worksheet 1-2")
