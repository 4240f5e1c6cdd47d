"""From readings to marks: what a student typed, judged and put into words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from course.answer_names import FORMULA, TRACE
from course.records import LineRecord, ProblemRecord, SetRecord, SheetRecord, answers_of
from grader.formulas.marking import formulas_of
from grader.handed_in import Submission
from grader.marking.columns import LineVerdicts, mark_problem
from grader.marking.marks import WORST_FIRST, LineMarks, Marks, Mistake, Verdict
from grader.marking.mistakes import printer_of
from grader.marking.slips import Wrong, slip, transposed
from grader.marking.traces import traces_of
from grader.reading.answers import Reading, read


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


@dataclass(frozen=True)
class _Read:
    """A submission with every asked answer read, by its name on the sheet."""

    sheet: SheetRecord
    source: str
    readings: Mapping[str, Reading]
    in_words: Mapping[str, object]
    notes: tuple[str, ...]


def grade(sheet: Sheet, answers: Mapping[str, object], source: str = "") -> Marks:
    """One student's answers, marked. A name is `1.dQ`, or `dQ` where the sheet has one problem.

    Whatever is typed, this returns: what cannot be read is marked as unreadable, with a message.
    """
    plain = {name: value.tolist() if isinstance(value, np.ndarray) else value for name, value in answers.items()}
    handed_in = Submission(source, sheet.record.sheet, plain)
    return grade_all(sheet.set, [(sheet.record, handed_in)])[0]


def grade_all(sheet_set: SetRecord, handed_in: Sequence[tuple[SheetRecord, Submission]]) -> list[Marks]:
    """Submissions of one set, marked in one pass over all of them."""
    if not handed_in:
        return []
    reads = [_read(sheet_set, record, submission) for record, submission in handed_in]
    verdicts = [
        mark_problem(problem, [r.sheet.given[p] for r in reads], _numbers(problem, p + 1, reads), naming=True)
        for p, problem in enumerate(sheet_set.problems)
    ]
    return [_marks(sheet_set, r, member, verdicts) for member, r in enumerate(reads)]


def _read(sheet_set: SetRecord, record: SheetRecord, submission: Submission) -> _Read:
    single = len(sheet_set.problems) == 1
    readings, in_words, known = {}, {}, set()
    for number, problem in enumerate(sheet_set.problems, 1):
        for line in problem.lines:
            for asked in answers_of(number, line):
                name = str(asked)
                short = asked.within if single and name not in submission.answers else name
                known |= {name, short}
                answer = submission.answers.get(name, submission.answers.get(short))
                if not asked.kind:
                    readings[name] = read(answer, line.shape)
                else:
                    in_words[name] = answer
    unknown = [str(name) for name in submission.answers if name not in known]
    notes = tuple(
        f"“{name[:40]}” is not the name of an answer on this sheet; it was passed over." for name in unknown[:10]
    )
    return _Read(record, submission.source, readings, in_words, notes)


JUDGES: Mapping[str, Callable[[ProblemRecord], Judge]] = {FORMULA: formulas_of, TRACE: traces_of}
"""What marks each kind of answer that is text."""


def _numbers(problem: ProblemRecord, number: int, reads: Sequence[_Read]) -> dict[str, Any]:
    """The numbers of all submissions, batch last; nan where there is none."""
    found = {}
    for line in problem.lines:
        if line.asked:
            found[line.name] = np.stack([_array(r.readings[f"{number}.{line.name}"]) for r in reads], axis=-1)
    return found


def _marks(sheet_set: SetRecord, r: _Read, member: int, verdicts: Sequence[Mapping[str, LineVerdicts]]) -> Marks:
    lines = []
    for number, (problem, found) in enumerate(zip(sheet_set.problems, verdicts, strict=True), 1):
        for line in problem.lines:
            name = f"{number}.{line.name}"
            if line.asked:
                lines.append(_line(sheet_set, problem, name, line, r, found, member))
            for kind in line.in_words:
                judge = JUDGES[kind](problem)
                lines.append(judge.marks(name, line, r.in_words[f"{name}.{kind}"], r.sheet.given[number - 1]))
    score = round(sum(line.score for line in lines), 4)
    out_of = round(sum(line.out_of for line in lines), 4)
    return Marks(r.sheet.sheet, r.sheet.student, r.source, score, out_of, tuple(lines), r.notes)


def _line(
    sheet_set: SetRecord,
    problem: ProblemRecord,
    name: str,
    line: LineRecord,
    r: _Read,
    verdicts: Mapping[str, LineVerdicts],
    member: int,
) -> LineMarks:
    reading, found = r.readings[name], verdicts[line.name]
    entries = tuple(
        tuple(
            _verdict(e.state, bool(found.right[i, j, member]), bool(found.follows[i, j, member]))
            for j, e in enumerate(row)
        )
        for i, row in enumerate(reading.entries)
    )
    verdict = min((v for row in entries for v in row), key=WORST_FIRST.index)
    mistake = _mistake(problem, name, line, r, verdicts, member)
    earlier = _earlier(problem, name, line, r, verdicts, member)
    sentences = [message(verdict, entries, reading, earlier), mistake.says if mistake else ""]
    sentences.append(_drift(found, reading, member, problem.decimals))
    if (found.follows & ~found.earns)[..., member].any():
        sentences.append(FOR_FREE)
    if verdict == "correct" and earlier.slipped and not _follows(found, reading, member, problem.decimals).all():
        sentences.append(KEY_ALONE.format(slipped=listed(earlier.slipped)))
    return LineMarks(
        name,
        verdict,
        round(_score(sheet_set, line, entries, found, member), 4),
        line.marks,
        entries,
        tuple(tuple(e.value for e in row) for row in reading.entries),
        mistake,
        " ".join(said for said in sentences if said),
        (*reading.messages, *reading.notes),
    )


@dataclass(frozen=True)
class Earlier:
    """The answers that a line is worked from, by their names on the sheet."""

    written: tuple[str, ...] = ()  # those with a number
    slipped: tuple[str, ...] = ()  # those with numbers that are not the key's
    missing: tuple[str, ...] = ()  # those where the key stands in, with the reason


def _earlier(
    problem: ProblemRecord, name: str, line: LineRecord, r: _Read, verdicts: Mapping[str, LineVerdicts], member: int
) -> Earlier:
    """What this student wrote for the asked lines that a line is worked from."""
    number = name.partition(".")[0]
    written, slipped, missing = [], [], []
    for used in problem.model().by_name[line.name].uses:
        if used in verdicts:
            answer, found = f"{number}.{used}", verdicts[used]
            reading = r.readings[answer]
            blank = np.isnan(_array(reading))
            if not blank.all():
                written.append(answer)
            if (found.follows[..., member] | ~(found.right[..., member] | blank)).any():
                slipped.append(answer)
            if blank.any():
                unread = any(e.state == "unreadable" for row in reading.entries for e in row)
                why = ("not read" if unread else "left blank") + ("" if blank.all() else " in part")
                missing.append(f"{answer} ({why})")
    return Earlier(tuple(written), tuple(slipped), tuple(missing))


def _mistake(
    problem: ProblemRecord, name: str, line: LineRecord, r: _Read, verdicts: Mapping[str, LineVerdicts], member: int
) -> Mistake | None:
    """The mistake on a line that is wrong: a known one, or a slip of the pen."""
    found, reading = verdicts[line.name], r.readings[name]
    wrote = _array(reading)
    right = found.right[..., member]
    if reading.raw is not None:
        return transposed(reading, found.low[..., member], found.high[..., member], problem.decimals)
    if not (~right & ~np.isnan(wrote)).any():
        return None
    number = name.partition(".")[0]
    others = {other: _array(r.readings[f"{number}.{other}"]) for other in verdicts if other != line.name}
    low, high, value = found.low[..., member], found.high[..., member], found.value[..., member]
    wrong = Wrong(line.name, wrote, right, value, low, high, reading, problem.decimals)
    return slip(wrong, found.named.get(member), others, printer_of(problem))


def _array(reading: Reading) -> Any:
    return np.asarray([[np.nan if e.value is None else e.value for e in row] for row in reading.entries], dtype=float)


def _follows(found: LineVerdicts, reading: Reading, member: int, decimals: int) -> Any:
    """Which entries are right on the student's own earlier numbers; the rest may still be so on the key's."""
    wrote, slack = _array(reading), 1e-6 * 10.0**-decimals
    inside = (wrote >= found.low[..., member] - slack) & (wrote <= found.high[..., member] + slack)
    return found.right[..., member] & inside


def _drift(found: LineVerdicts, reading: Reading, member: int, decimals: int) -> str:
    """A word where an answer is right, but further off than rounding it alone would explain."""
    off = np.abs(_array(reading) - found.value[..., member])
    far = _follows(found, reading, member, decimals) & np.isfinite(off) & (off > 1.01 * 10.0**-decimals)
    if not far.any() or found.follows[..., member].any():
        return ""
    i, j = np.argwhere(far)[0]
    exact = f"{found.value[i, j, member]:.{decimals}f}"
    where = "" if far.shape == (1, 1) else f" in row {i + 1}, column {j + 1}"
    return f"Exact work on your numbers gives {exact}{where}: the difference is what rounding on the way can do."


def _score(
    sheet_set: SetRecord, line: LineRecord, entries: Sequence[Sequence[Verdict]], found: LineVerdicts, member: int
) -> float:
    """The marks for a line: its paid entries' shares, less one for each entry that is zero on every sheet and wrong."""
    worth = {"correct": 1.0, "follows": sheet_set.marking.follows}
    paid, earned = 0, 0.0
    for i, row in enumerate(entries):
        for j, verdict in enumerate(row):
            if (i, j) not in line.always_zero:
                paid += 1
                earned += worth.get(verdict, 0.0) * bool(found.earns[i, j, member])
            elif verdict == "wrong":
                earned -= 1
    return line.marks * max(0.0, earned) / paid if paid else 0.0


def _verdict(state: str, right: bool, follows: bool) -> Verdict:
    if state == "blank":
        return "blank"
    if state == "unreadable":
        return "unreadable"
    if not right:
        return "wrong"
    return "follows" if follows else "correct"


SAYS: Mapping[Verdict, str] = {
    "correct": "Right.",
    "follows": "Not the key's value, but right for what you wrote for {slipped}.",
    "wrong": "Not right for {numbers}.",
    "blank": "Left blank.",
    "unreadable": "This could not be read.",
}
FOR_FREE = "Where your earlier numbers left nothing to work out, it earns nothing."
KEY_ALONE = "It is the key's value, though not what follows from what you wrote for {slipped}."


def message(
    verdict: Verdict, entries: Sequence[Sequence[Verdict]], reading: Reading, earlier: Earlier = Earlier()
) -> str:
    """What a student is told of a line: the verdict, which entries, from what, and how it was read."""
    numbers = "the numbers that you wrote earlier" if earlier.written else "the numbers given"
    sentences = [SAYS[verdict].format(numbers=numbers, slipped=listed(earlier.slipped))]
    count = sum(len(row) for row in entries)
    if count > 1 and verdict in ("wrong", "blank"):
        places = [
            f"row {i + 1}, column {j + 1}" for i, row in enumerate(entries) for j, v in enumerate(row) if v == verdict
        ]
        if len(places) == count:
            sentences = sentences if verdict == "blank" else [f"No entry is right for {numbers}."]
        else:
            sentences = [f"{sentences[0][:-1]}: {'; '.join(places)}."]
    sentences += [*reading.messages, *reading.notes]
    if earlier.missing and any(e.value is not None for row in reading.entries for e in row):
        sentences.append(f"In place of {listed(earlier.missing)} the key's numbers were used.")
    return " ".join(sentences)


def listed(items: Sequence[str]) -> str:
    """One, two and three."""
    return " and ".join(filter(None, [", ".join(items[:-1]), *items[-1:]]))
