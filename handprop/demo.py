"""The demo: a small class made up by the program, from drawn sheets to marked answers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np

from backprop.evaluate import batched, evaluate, plain
from backprop.language import parse
from backprop.rounding import Array
from course.answer_names import AnswerName
from course.records import SetRecord, SheetRecord
from course.roster import load_roster
from course.stored import load_course
from course.whole import write_whole
from grader.course import grade_course
from grader.feedback.formats import FEEDBACK
from grader.readers import FILLERS
from worksheets.course import generate
from worksheets.formats import FORMATS
from worksheets.problem_set import load_set

Rounding = Callable[[Array, int], Array]


def rounded(value: Array, decimals: int) -> Array:
    return np.round(value, decimals)


def truncated(value: Array, decimals: int) -> Array:
    # A hair more than the float, so that 0.69, which a float holds as 0.68999…, is not truncated to 0.68.
    return np.trunc(value * 10.0**decimals + np.sign(value) * 1e-9) / 10.0**decimals


def in_full(value: Array, decimals: int) -> Array:
    return value


@dataclass(frozen=True)
class MadeUp:
    """A student made up: how they round, the lines they get wrong and how, what they leave blank, how they hand in."""

    does: str
    rounding: Rounding = rounded
    mistakes: Mapping[str, str] | None = None
    blank: str = ""  # a pattern of answers' names
    ending: str = "json"


STUDENTS = {
    "s001": MadeUp("rounds every line", ending="md"),
    "s002": MadeUp("truncates every line", truncated, ending="pdf"),
    "s003": MadeUp("keeps full precision in a spreadsheet", in_full, ending="xlsx"),
    "s004": MadeUp("leaves out the transpose in dK, then works on rightly", mistakes={"dK": "dscores @ Q"}),
    "s005": MadeUp("stops after the forward pass", blank=r"1\.(d|W_).*", ending="ipynb"),
    "s006": MadeUp(
        "takes the softmax for its own derivative, and adds the step",
        mistakes={"dscaled": "weights * dweights", "W_O_new": "W_O + eta * dW_O"},
        ending="tex",
    ),
}


def run_demo(out: Path) -> Iterator[str]:
    """The whole round in a folder: sheets, filled-in answers, marks. Yields what to tell the person who looks on."""
    bundled = Path(str(resources.files("worksheets") / "demo"))
    course, handed_in, results = out / "course", out / "submissions", out / "results"
    made = generate(load_set(bundled / "set.toml"), load_roster(bundled / "roster.csv"), course)
    yield f"{made.new + made.kept} sheets with worked solutions in {course}"
    known = load_course(course)
    handed_in.mkdir(parents=True, exist_ok=True)
    for record in known.sheets.values():
        if student := STUDENTS.get(record.student):
            name = "answers.json" if student.ending == "json" else f"sheet.{student.ending}"
            page = (course / "handout" / record.folder / name).read_bytes()
            filled = FILLERS[student.ending](page, fill_in(known.set, record, student))
            path = handed_in / f"{record.folder}.{student.ending}"
            if not path.exists() or path.read_bytes() != filled:  # what is handed in again has another time
                write_whole(path, filled)
    write_whole(handed_in / "broken.json", b'{"sheet": "7KQF')
    yield f"{len(STUDENTS)} filled-in sheets and a broken file in {handed_in}"
    found = grade_course(course, [handed_in], results, tuple(FEEDBACK))
    yield f"{len(found.marks)} marked, {len(found.not_marked)} not marked, {len(found.missing)} missing"
    yield ""
    for marks in found.marks:
        does = f"{STUDENTS[marks.student].does} ({Path(marks.source).suffix})"
        yield f"  {marks.student}  {marks.score:6.2f} of {marks.out_of:g}   {does}"
    for absent in found.missing:
        yield f"  {absent}       –            handed in nothing"
    for refused in found.not_marked:
        yield f"  {refused.source}: {refused.reason}"
    yield ""
    example = known.sheets[found.marks[0].sheet].folder
    handout, solutions, feedback = course / "handout", course / "instructor" / "solutions", results / "feedback"
    yield f"a sheet:     {handout / example / 'sheet.pdf'}, the same as {_others(FORMATS)}"
    yield f"a solution:  {solutions / example / 'solution.pdf'}, the same as {_others(FORMATS)}"
    yield f"feedback:    {feedback / 's004.pdf'}, the same as {_others(FEEDBACK)}"
    yield f"gradebook:   {results / 'gradebook.csv'}"


def _others(endings: Iterable[str]) -> str:
    return ", ".join(ending for ending in endings if ending != "pdf")


def fill_in(sheet_set: SetRecord, record: SheetRecord, student: MadeUp) -> dict[str, Any]:
    """What a made-up student writes: each line worked from their own earlier numbers, right or wrong."""
    answers: dict[str, Any] = {}
    for number, (problem, given) in enumerate(zip(sheet_set.problems, record.given, strict=True), 1):
        own = batched(given)
        model = problem.model()
        for line, asked in zip(model.lines, problem.lines, strict=True):
            wrong = (student.mistakes or {}).get(line.name)
            value = evaluate(parse(wrong) if wrong else line.expression, own, model.sizes)
            own[line.name] = student.rounding(value, problem.decimals)
            if asked.asked:
                name = str(AnswerName(number, line.name))
                answers[name] = "" if student.blank and re.fullmatch(student.blank, name) else plain(own[line.name])
    return answers
