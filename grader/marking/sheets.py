"""Whole submissions marked, as the lines of marks.jsonl: all students of a line at once.

What is said of a line that is right depends on a few yes and no only. So it is put into words for the first student
in that case, and the others share it, each with the numbers that were read of theirs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from functools import lru_cache
from typing import Any, NamedTuple, Protocol

import msgspec
import numpy as np

from backprop.rounding import Array
from course.answer_names import FORMULA, AnswerName
from course.records import LineRecord, ProblemRecord, SetRecord, SheetRecord, answers_of, decoder
from grader.handed_in import Submission, printable
from grader.marking.columns import mark_problem
from grader.marking.commas import settled
from grader.marking.line import EXACT_WORK, Class
from grader.marking.marks import LineMarks, Marks, Verdict
from grader.reading.columns import read_column
from grader.reading.guarding import guarded

MOST_SHARED = 20_000

encode = msgspec.json.Encoder().encode


class Sheet(Protocol):
    """A sheet as the grader needs it: the set as it was derived, and the numbers that were printed."""

    @property
    def set(self) -> SetRecord: ...

    @property
    def record(self) -> SheetRecord: ...


class Judge(Protocol):
    """What marks answers that are text, of one problem."""

    def marks(self, name: str, record: LineRecord, typed: object, given: Mapping[str, Any]) -> LineMarks:
        """The marks for what was typed of a line, on a sheet with these numbers."""


def judge_of(kind: str, problem: ProblemRecord) -> Judge:
    """What marks a kind of answer that is text; loaded only where one is asked, since its grammar takes a while."""
    if kind == FORMULA:
        from grader.formulas.marking import formulas_of

        return formulas_of(problem)
    from grader.marking.traces import traces_of

    return traces_of(problem)


class Marked(NamedTuple):
    """A submission marked: its line of marks.jsonl, and its score."""

    line: bytes
    score: float


class Shared(NamedTuple):
    """What stands around the numbers that were read of a line, and around what exact work gives; and its score."""

    before: bytes
    between: bytes
    behind: bytes
    score: float


HandedIn = Sequence[tuple[SheetRecord, Submission]]
Scored = tuple[Sequence[bytes], Sequence[float]]
"""A line of every student: as JSON, and its score."""


def grade(sheet: Sheet, answers: Mapping[str, object], source: str = "") -> Marks:
    """One student's answers, marked. A name is `1.dQ`, or `dQ` where the sheet has one problem.

    Whatever is typed, this returns: what cannot be read is marked as unreadable, with a message.
    """
    return grade_all(sheet.set, [(sheet.record, submission_of(sheet, answers, source))])[0]


def submission_of(sheet: Sheet, answers: Mapping[str, object], source: str = "") -> Submission:
    """Answers that may be arrays, as they would be handed in."""
    plain = {name: value.tolist() if isinstance(value, np.ndarray) else value for name, value in answers.items()}
    return Submission(source, sheet.record.sheet, plain)


def grade_all(sheet_set: SetRecord, handed_in: HandedIn) -> list[Marks]:
    """Submissions of one set, marked in one pass over all of them."""
    decode = decoder(Marks).decode
    return [decode(marked.line) for marked in mark(sheet_set, handed_in)]


def mark(sheet_set: SetRecord, handed_in: HandedIn, copied: Set[str] = frozenset()) -> list[Marked]:
    """Submissions of one set, marked in one pass over all of them, as they are written.

    On the lines that are `copied`, answers of another sheet stand: what follows from them is not paid.
    """
    if not handed_in:
        return []
    lines: list[Scored] = []
    for number, problem in enumerate(sheet_set.problems, 1):
        lines += _problem_marked(sheet_set, number, problem, handed_in, copied)
    scores = [round(sum(of_lines), 4) for of_lines in zip(*(scores for _, scores in lines), strict=True)]
    shown = zip(*(pieces for pieces, _ in lines), strict=True) if lines else [()] * len(handed_in)
    if not lines:
        scores = [0.0] * len(handed_in)
    out_of = round(sum(_out_of(sheet_set)), 4)
    names = set(map(str, asked(sheet_set)))
    found = []
    for (record, submission), pieces, score in zip(handed_in, shown, scores, strict=True):
        notes = () if submission.answers.keys() <= names else _notes(sheet_set, submission)
        frame = encode(Marks(record.sheet, record.student, printable(submission.source), score, out_of, (), notes))
        before, between, behind = frame.rpartition(b',"lines":[')
        found.append(Marked(b"".join((before, between, b",".join(pieces), behind)), score))
    return found


def asked(sheet_set: SetRecord) -> Iterator[AnswerName]:
    """All answers that are asked."""
    for number, problem in enumerate(sheet_set.problems, 1):
        for line in problem.lines:
            yield from answers_of(number, line)


def _out_of(sheet_set: SetRecord) -> Iterator[float]:
    for problem in sheet_set.problems:
        for line in problem.lines:
            yield from [line.marks] * line.asked
            yield from line.in_words.values()


def _notes(sheet_set: SetRecord, submission: Submission) -> tuple[str, ...]:
    """A word on names that are no answer's on this sheet."""
    known = set(map(str, asked(sheet_set)))
    if len(sheet_set.problems) == 1:  # dQ for 1.dQ, where that is not there itself
        known |= {name.within for name in asked(sheet_set) if str(name) not in submission.answers}
    unknown = [printable(str(name)) for name in submission.answers if name not in known]
    return tuple(
        f"“{name[:40]}” is not the name of an answer on this sheet; it was passed over." for name in unknown[:10]
    )


def typed(sheet_set: SetRecord, answer: AnswerName, handed_in: HandedIn) -> list[object]:
    """An answer of all students as it was typed."""
    name = str(answer)
    try:
        return [submission.answers[name] for _, submission in handed_in]
    except KeyError:
        short = answer.within if len(sheet_set.problems) == 1 else name
        return [submission.answers.get(name, submission.answers.get(short)) for _, submission in handed_in]


def class_of(
    sheet_set: SetRecord, number: int, problem: ProblemRecord, handed_in: HandedIn, copied: Set[str] = frozenset()
) -> Class:
    """One problem's answers and verdicts, of all students; some lines, by their answers' names, are `copied`."""
    answers = {
        line.name: read_column(typed(sheet_set, AnswerName(number, line.name), handed_in), line.shape)
        for line in problem.lines
        if line.asked
    }
    given = [record.given[number - 1] for record, _ in handed_in]
    answers = dict(settled(problem, given, answers, [submission.answers for _, submission in handed_in]))
    verdicts = mark_problem(problem, given, {name: column.numbers for name, column in answers.items()}, naming=True)
    of_another = {line.name for line in problem.lines if str(AnswerName(number, line.name)) in copied}
    return Class(number, problem, sheet_set.marking.follows, answers, verdicts, of_another)


def _problem_marked(
    sheet_set: SetRecord, number: int, problem: ProblemRecord, handed_in: HandedIn, copied: Set[str]
) -> Iterator[Scored]:
    """The lines of one problem of all students."""
    marked = class_of(sheet_set, number, problem, handed_in, copied)
    for line in problem.lines:
        if line.asked:
            yield _line_of_all(marked, line)
        for kind in line.in_words:
            judge, texts = judge_of(kind, problem), typed(sheet_set, AnswerName(number, line.name, kind), handed_in)
            marks = [
                marked_in_words(judge, kind, marked.name(line.name), line, text, record.given[number - 1], record.sheet)
                for text, (record, _) in zip(texts, handed_in, strict=True)
            ]
            yield [encode(one) for one in marks], [one.score for one in marks]


def marked_in_words(
    judge: Judge, kind: str, name: str, line: LineRecord, typed: object, given: Mapping[str, Any], sheet: str
) -> LineMarks:
    """The marks for one answer that is text; none where something in it makes the judge itself fail."""

    def unreadable(says: str) -> LineMarks:
        verdict: Verdict = "unreadable"
        out_of = line.in_words[kind]
        return LineMarks(f"{name}.{kind}", verdict, 0.0, out_of, ((verdict,),), ((None,),), None, says, (says,))

    return guarded(lambda: judge.marks(name, line, typed, given), unreadable, typed, f"{sheet} {name}.{kind}")


READ, BEHIND, EXACT = b',"read":', b',"mistake":', EXACT_WORK.encode()


def _line_of_all(marked: Class, line: LineRecord) -> Scored:
    """A line of all students: one by one where it is not right, as others have it where it is."""
    shared = _shared(marked.problem, marked.number, marked.follows, line.name)
    if len(shared) > MOST_SHARED:
        shared.clear()
    pieces: list[bytes] = []
    scores: list[float] = []
    numbers = _encoded(marked.answers[line.name].numbers)
    cases, exact = _cases(marked, line)
    for member, (case, shown) in enumerate(zip(cases, numbers, strict=True)):
        if case is None:
            marks = marked.line(line, member)
            pieces.append(encode(marks))
            scores.append(marks.score)
            continue
        found = shared.get(case)
        if found is None:
            found = shared[case] = _split(marked.line(line, member), exact.get(member, b""))
        pieces.append(found.before + shown + found.between + exact.get(member, b"") + found.behind)
        scores.append(found.score)
    return pieces, scores


def _split(marks: LineMarks, exact: bytes) -> Shared:
    """A line's marks around what others have otherwise."""
    before, read, rest = encode(marks).partition(READ)
    _, mistake, rest = rest.partition(BEHIND)
    said, gives, behind = rest.partition(EXACT)
    return Shared(before + read, mistake + said + gives, behind.removeprefix(exact), marks.score)


@lru_cache(maxsize=2000)
def _shared(problem: ProblemRecord, number: int, follows: float, line: str) -> dict[bytes, Shared]:
    """What students share of a line that is right, by the case that they are in."""
    return {}


def _encoded(numbers: Array) -> list[bytes]:
    """The numbers of every student in JSON, rows of entries."""
    together = encode(np.moveaxis(numbers, -1, 0).tolist())[1:-1]
    return together.replace(b"]],[[", b"]]\n[[").split(b"\n")


def _cases(marked: Class, line: LineRecord) -> tuple[list[bytes | None], Mapping[int, bytes]]:
    """For each student all that decides what is said of a line that is right; None where more does.

    And what exact work gives, as it is printed, for those whose answer is further off than rounding it explains.
    """
    column, found, decimals = marked.answers[line.name], marked.verdicts[line.name], marked.problem.decimals
    earlier = marked.worked_from(line.name)
    count = column.numbers.shape[-1]
    special: Array = ~np.asarray(found.right.all(axis=(0, 1)))
    for used in earlier:
        special |= np.isnan(marked.answers[used].numbers).any(axis=(0, 1))
    special[list(column.odd)] = True
    special |= bool(marked.copied)
    far = found.far(column.numbers, decimals).reshape(-1, count)
    far &= ~found.follows.any(axis=(0, 1))
    place = np.where(far.any(axis=0), far.argmax(axis=0) + 1, 0).astype(np.uint16)  # the first such entry, from 1
    drifted = np.flatnonzero(place)
    values = found.value.reshape(-1, count)[place[drifted] - 1, drifted].tolist()
    exact = {member: b"%.*f" % (decimals, value) for member, value in zip(drifted.tolist(), values, strict=True)}
    bits = [found.follows.reshape(-1, count), found.earns.reshape(-1, count), found.own.reshape(-1, count)]
    bits += [found.free.reshape(-1, count), found.vague.reshape(-1, count)]
    bits += [marked.verdicts[used].slipped[None] for used in earlier]
    packed = np.concatenate([np.packbits(np.concatenate(bits), axis=0), place.view(np.uint8).reshape(count, 2).T])
    width, flat = len(packed), packed.T.tobytes()
    cases = [flat[start : start + width] for start in range(0, width * count, width)]
    return [None if odd else case for odd, case in zip(special.tolist(), cases, strict=True)], exact
