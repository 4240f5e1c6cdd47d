"""Answers of one student explained, by the very functions that mark them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from backprop.model import BACKWARD, Line
from course.answer_names import FORMULA, AnswerName, within
from course.errors import CourseError
from course.records import LineRecord, ProblemRecord, SetRecord, SheetRecord
from grader.explaining.mistakes import looked_for
from grader.explaining.numbers import entries, used
from grader.explaining.record import Explanation
from grader.handed_in import NoNumber, Submission, printable
from grader.marking.columns import Pass
from grader.marking.line import Class
from grader.marking.marks import LineMarks
from grader.marking.mistakes import printer_of
from grader.marking.sheets import Sheet, asked, class_of, judge_of, marked_in_words, submission_of, typed
from grader.whose import called

MOST_NAMED, MOST_NEAR, DEEPEST = 8, 3, 4

AS_A_FORMULA = (
    "A formula is judged by its values: on random numbers at the sheet's own sizes, and at sizes that all differ, "
    "since a product can fit by chance where they are equal. How it is written does not count."
)
AS_A_WAY = "Any order is right in which each gradient comes after those that it is worked from."


def explain(sheet: Sheet, answers: Mapping[str, object], name: str, source: str = "") -> Explanation:
    """Why an answer gets the marks that `grade` gives it: `1.dQ`, or `dQ` where the sheet has one problem.

    Raises CourseError where nothing of that name is asked.
    """
    handed_in = submission_of(sheet, answers, source)
    (found,) = explanations(sheet.set, sheet.record, handed_in, [asked_answer(sheet.set, name)])
    return found


def explanations(
    sheet_set: SetRecord,
    record: SheetRecord,
    submission: Submission,
    answers: Iterable[AnswerName],
    copied: Set[str] = frozenset(),
) -> Iterator[Explanation]:
    """Why answers of a submission get their marks; each problem is marked again once, as a class of one.

    On the lines that are `copied`, answers of another sheet stand.
    """
    again: dict[int, tuple[Class, Pass]] = {}
    for answer in answers:
        case = _Case(sheet_set, record, submission, answer)
        if answer.kind:
            yield _in_words(case)
            continue
        if answer.problem not in again:
            again[answer.problem] = _marked_again(case, copied)
        yield _in_numbers(case, *again[answer.problem])


def asked_answer(sheet_set: SetRecord, name: str) -> AnswerName:
    """The answer of that name. Raises CourseError where there is none, with what is nearly called so."""
    answers = {str(answer): answer for answer in asked(sheet_set)}
    short = {answer.within: answer for answer in answers.values()} if len(sheet_set.problems) == 1 else {}
    if found := answers.get(name) or short.get(name):
        return found
    for number, problem in enumerate(sheet_set.problems, 1):
        if any(name in (f"{number}.{line.name}", line.name) for line in problem.lines if not line.asked):
            raise CourseError(f"“{name}” is printed on the sheet with its value: nobody is marked on it")
    advice = f"there are {', '.join([*answers][:MOST_NAMED])}{', …' * (len(answers) > MOST_NAMED)}"
    if near := _nearest(answers.values(), name):
        advice = f"did you mean {' or '.join(near[:MOST_NEAR])}?"
    raise CourseError(f"“{printable(name)}” is not the name of an answer on these sheets; {advice}")


def _nearest(answers: Iterable[AnswerName], name: str) -> list[str]:
    """The answers that are nearly called so, those of the same problem first."""
    known: dict[str, list[str]] = {}
    for answer in answers:
        known.setdefault(answer.within.casefold(), []).append(str(answer))
    short = within(name).casefold()
    near = known.get(short) or [one for like in get_close_matches(short, known, MOST_NEAR, 0.5) for one in known[like]]
    return sorted(near, key=lambda one: one.partition(".")[0] != name.partition(".")[0])


@dataclass(frozen=True)
class _Case:
    """One answer of one submission."""

    set: SetRecord
    record: SheetRecord
    submission: Submission
    answer: AnswerName

    @property
    def problem(self) -> ProblemRecord:
        return self.set.problems[self.answer.problem - 1]

    @property
    def line(self) -> LineRecord:
        return next(line for line in self.problem.lines if line.name == self.answer.line)

    @property
    def worked(self) -> Line:
        return self.problem.model().by_name[self.answer.line]

    @property
    def given(self) -> Mapping[str, Any]:
        return self.record.given[self.answer.problem - 1]

    @property
    def typed(self) -> object:
        return typed(self.set, self.answer, [(self.record, self.submission)])[0]

    @property
    def symbol(self) -> str:
        return printer_of(self.problem).name(self.answer.line)

    @property
    def equation(self) -> str:
        """The line as the sheet prints it."""
        return f"{self.symbol} = {printer_of(self.problem).expression(self.worked.expression)}"

    def explained(self, what: str, marks: LineMarks, **more: Any) -> Explanation:
        """What is known of an answer of either kind, and more of its own kind."""
        whose, source, follows = called(self.record), self.submission.source, self.set.marking.follows
        where = str(self.answer), whose, self.record.sheet, source
        shown, decimals = _shown(self.typed), self.problem.decimals
        return Explanation(*where, decimals, self.symbol, what, shown, marks, follows, **more)


def _marked_again(case: _Case, copied: Set[str]) -> tuple[Class, Pass]:
    """One student's problem, marked, and the pass over its lines with all that they were judged on."""
    marked = class_of(case.set, case.answer.problem, case.problem, [(case.record, case.submission)], copied)
    passed = Pass(case.problem, [case.given], {name: column.numbers for name, column in marked.answers.items()})
    passed.verdicts()
    return marked, passed


def _in_numbers(case: _Case, marked: Class, passed: Pass) -> Explanation:
    """An answer in numbers explained."""
    reading, marks = marked.answers[case.line.name].reading(0), marked.line(case.line, 0)
    return case.explained(
        case.equation,
        marks,
        read=reading.how,
        notes=(*reading.messages, *reading.notes),
        used=used(marked, passed, case.worked),
        entries=entries(marked, passed, case.line, marks),
        looked_for=looked_for(marked, passed, case.line),
    )


def _in_words(case: _Case) -> Explanation:
    """An answer that is text explained: a formula, or the way of a gradient."""
    printer, model, judge = printer_of(case.problem), case.problem.model(), judge_of(case.answer.kind, case.problem)
    name, kind = str(AnswerName(case.answer.problem, case.line.name)), case.answer.kind
    marks = marked_in_words(judge, kind, name, case.line, case.typed, case.given, case.record.sheet)
    if case.answer.kind == FORMULA:
        compared = (f"The line is {case.equation}.", AS_A_FORMULA)
        return case.explained(f"A formula for {case.symbol}", marks, compared_with=compared)
    before = {*model.depends_on(case.line.name), case.line.name}
    way = ", ".join(printer.name(line.name) for line in model.part(BACKWARD) if line.name in before)
    compared = (f"One right way is {way}.", AS_A_WAY)
    return case.explained(f"The gradients on the way to {case.symbol}, in order", marks, compared_with=compared)


def _shown(answer: object, deep: int = 0) -> str:
    """What was typed, whatever it is."""
    if isinstance(answer, NoNumber):
        return answer.typed
    if isinstance(answer, list):
        return "…" if deep > DEEPEST else f"[{', '.join(_shown(item, deep + 1) for item in answer)}]"
    if isinstance(answer, Mapping):
        return "{…}"
    try:
        return "" if answer is None else str(answer)
    except ValueError:
        return "a number of thousands of digits"
