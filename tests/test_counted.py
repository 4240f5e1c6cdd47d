"""Which of several files counts: answers before blanks, the later before the earlier, then the numbers in names."""

from __future__ import annotations

import json
import os
from itertools import permutations, product
from pathlib import Path

import pytest
from classroom import contents, hand_in, marked, reasons, records, right_answers, small_course

from grader import grade_course
from grader.counted import Place, attempt
from grader.readers import FILLERS

FORMATS = ("md", "tex", "ipynb", "xlsx", "pdf")
NOW = 1_760_000_000


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course of three students in every format that is filled in as a file; tests only read it."""
    return small_course(tmp_path_factory.mktemp("class"), formats=FORMATS)


@pytest.fixture(scope="module")
def forms(course: Path) -> dict[str, tuple[bytes, bytes]]:
    """The first student's form in each format, blank and filled in."""
    handout, answers = course / "handout" / "s1", right_answers(course, "s1")["answers"]
    pages = {"json": (handout / "answers.json").read_bytes()}
    pages |= {ending: (handout / f"sheet.{ending}").read_bytes() for ending in FORMATS}
    return {ending: (page, FILLERS[ending](page, answers)) for ending, page in pages.items()}


def handed_in(folder: Path, name: str, page: bytes, when: float = NOW) -> Path:
    path = folder / "in" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(page)
    os.utime(path, (when, when))
    return path


ENDINGS = ("json", *FORMATS)


@pytest.mark.parametrize("answered", ENDINGS)
def test_a_blank_form_never_displaces_answers(
    course: Path, tmp_path: Path, forms: dict[str, tuple[bytes, bytes]], answered: str
) -> None:
    for number, (blank, when) in enumerate(product(ENDINGS, (-9, 0, 9))):
        folder = tmp_path / str(number)
        names = (f"{'a' if number % 2 else 'c'}.{blank}", f"b.{answered}")
        handed_in(folder, names[0], forms[blank][0], NOW + when)
        handed_in(folder, names[1], forms[answered][1])
        (marks,) = marked(course, folder, folder / "in").marks
        assert (marks.source, marks.percent) == (names[1], 100.0), (blank, when)
        assert "A blank form of sheet" in reasons(folder)[names[0]]
        assert names[1] in reasons(folder)[names[0]]


def test_a_handout_folder_with_one_page_filled_in(
    course: Path, tmp_path: Path, forms: dict[str, tuple[bytes, bytes]]
) -> None:
    for answered in ENDINGS:
        folder = tmp_path / answered
        for ending, (blank, filled) in forms.items():
            handed_in(folder, f"sheet.{ending}", filled if ending == answered else blank)
        (marks,) = marked(course, folder, folder / "in").marks
        assert (marks.source, marks.percent) == (f"sheet.{answered}", 100.0)
        assert len(reasons(folder)) == len(ENDINGS) - 1


def test_a_lone_blank_form_is_told_once(course: Path, tmp_path: Path, forms: dict[str, tuple[bytes, bytes]]) -> None:
    for ending, (blank, _) in forms.items():
        folder = tmp_path / ending
        handed_in(folder, f"sheet.{ending}", blank)
        found = marked(course, folder, folder / "in")
        assert {line.verdict for marks in found.marks for line in marks.lines} == {"blank"}
        (page,) = (folder / "results" / "feedback").iterdir()
        text = page.read_text(encoding="utf-8")
        assert text.count("This form is blank: no answer was filled in.") == 1
        assert "Left blank" not in text


IN_ORDER = [
    ("answers.json", "answers (1).json", "answers (2).json", "answers (10).json"),
    ("answers-1.json", "answers-2.json", "answers-10.json"),
    ("answers_9.json", "answers_10.json"),
    ("sheet.json", "sheet v2.json", "sheet v10.json"),
    ("sheet_v1.json", "sheet_v2.json"),
    ("Attempt 2/answers.json", "Attempt 9/answers.json", "Attempt 10/answers.json"),
    ("attempt_9/answers.json", "attempt_10/answers.json"),
    ("9/answers.json", "10/answers.json"),
    ("work (1).zip/answers.json", "work (2).zip/answers.json", "work (10).zip/a/answers.json"),
    ("sheet.ipynb", "sheet (1).md", "answers (2).json.txt"),
    ("answers-QFMP-KXZE.json", "answers-QFMP-KXZE (1).json"),
    ("adaexample_48211_77_answers.json", "adaexample_48211_77_answers-1.json", "adaexample_48211_77_answers-2.json"),
]


@pytest.mark.parametrize("names", IN_ORDER, ids=lambda names: names[-1])
def test_of_equal_times_the_number_in_the_name_decides(names: tuple[str, ...]) -> None:
    sheet = "QFMP-KXZE"
    for i, first in enumerate(names):
        for j, second in enumerate(names):
            decided = Place(first, sheet, NOW).counts_before(Place(second, sheet, NOW))
            assert decided == (None if i == j else i > j), (first, second)


@pytest.mark.parametrize("names", [("a.json", "b.json"), ("b.md", "a.json"), ("2026-11-27.md", "2026-11-28.md")])
def test_where_nothing_decides(names: tuple[str, str]) -> None:
    first, second = (Place(name, "QFMP-KXZE", NOW) for name in names)
    assert first.counts_before(second) is None
    says = first.why_not(second)
    assert "same time" in says
    assert names[1] in says


def test_a_sheets_code_is_no_number() -> None:
    assert attempt("answers-7KQF-0012.json", "7KQF-0012") == (0, 0)


def test_three_in_any_order_come_to_the_same(course: Path, tmp_path: Path) -> None:
    right = right_answers(course, "s1")
    wrong = {**right, "answers": {"1.z": 77}}
    submissions = {"blank": {**right, "answers": {}}, "wrong": wrong, "right": right}
    times = {"blank": NOW + 9, "wrong": NOW, "right": NOW + 2}
    for number, order in enumerate(permutations(submissions)):
        folder = tmp_path / str(number)
        for place, what in enumerate(order):
            name = f"{place}{what}.json"
            hand_in(folder, f"in/{name}", submissions[what])
            os.utime(folder / "in" / name, (times[what], times[what]))
        (marks,) = marked(course, folder, folder / "in").marks
        assert marks.percent == 100.0
        assert all(marks.source in said for said in reasons(folder).values())
        assert len(reasons(folder)) == 2


def test_the_same_time_names_both(course: Path, tmp_path: Path) -> None:
    right = right_answers(course, "s1")
    for name, submission in (("a.json", right), ("b.json", {**right, "answers": {"1.z": 7}})):
        handed_in(tmp_path, name, json.dumps(submission).encode())
    (marks,) = marked(course, tmp_path, tmp_path / "in").marks
    ((other, says),) = reasons(tmp_path).items()
    assert {marks.source, other} == {"a.json", "b.json"}
    assert "same time" in says
    assert marks.source in says


def test_marking_twice_changes_nothing_wherever_the_results_lie(course: Path, tmp_path: Path) -> None:
    for out in ("in/results", "in", "in/deep/results"):
        folder = tmp_path / out.replace("/", "-")
        for student in ("s1", "s2"):
            hand_in(folder, f"in/{student}.json", right_answers(course, student))
        results = folder / out
        grade_course(course, [folder / "in"], results, ("md", "html"))
        before = contents(results)
        assert b"s1.json" in before["marks.jsonl"]
        grade_course(course, [folder / "in"], results, ("md", "html"))
        assert contents(results) == before
        assert before["not_marked.csv"].count(b"\n") == 1


def test_a_sheet_without_any_answers_counts_as_blank(course: Path, tmp_path: Path) -> None:
    sheet = records(course)["s1"]["sheet"]
    hand_in(tmp_path, "in/a.md", f"Sheet {sheet}\n\n1.z = [[1, 2], [3, 4]]\n")
    hand_in(tmp_path, "in/b.md", f"Sheet {sheet}\n\nI could not do it.\n")
    (marks,) = marked(course, tmp_path, tmp_path / "in").marks
    assert marks.source == "a.md"
