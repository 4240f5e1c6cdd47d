"""Formulas judged: by their values on random draws, at the sheet's own sizes and at others, never by their looks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from itertools import islice, product
from typing import Any, TypeVar

from backprop import mistakes as known
from backprop.expressions import Apply, Expression, Name, Number, number, rebuild, walk
from backprop.language import MOST_CHARACTERS
from backprop.notation import PLAIN, Printer, full_stop
from backprop.scope import shape_of
from backprop.shapes import describe
from course.answer_names import FORMULA
from course.records import LineRecord, ProblemRecord
from grader.formulas.functions import Misfit
from grader.formulas.names import Vocabulary
from grader.formulas.parsing import NotAccepted, is_blank, parse_formula
from grader.formulas.readings import Tries, sizes_differ
from grader.formulas.values import Ground, at_sizes, named
from grader.marking.marks import LineMarks, Mistake, Verdict
from grader.marking.mistakes import sentence
from grader.reading.numbers import Refused

Kept = TypeVar("Kept")
StandIns = Mapping[Expression, list[Expression]]
MOST_STAND_INS, MOST_TYPED, MOST_SHOWN, MOST_KEPT = 24, 60, 200, 20_000


@dataclass(frozen=True)
class Judged:
    """What became of one formula."""

    verdict: Verdict
    message: str
    mistake: Mistake | None = None


class Formulas:
    """Judges the formulas of one problem; each text is judged once."""

    def __init__(self, problem: ProblemRecord) -> None:
        self.problem, self.model = problem, problem.model()
        self.vocabulary = Vocabulary(self.model, problem.loss, problem.labels)
        self.printer = Printer.of(self.model, PLAIN, problem.loss)
        self.own = Ground(self.model, self.printer)
        # Where sizes are equal, as on most sheets, a product can fit by chance: so all of them differ, and then none.
        apart = {name: 3 + i for i, name in enumerate(problem.sizes)}
        self.apart = at_sizes(problem, apart, named)
        self.square = at_sizes(problem, dict.fromkeys(problem.sizes, 3), describe)
        self._read: dict[object, Expression | Judged] = {}
        self._kept: dict[object, Judged] = {}

    def marks(self, name: str, record: LineRecord, typed: object, given: Mapping[str, Any]) -> LineMarks:
        """The marks for the formula of a line; `given` are the numbers of the student's sheet."""
        judged = self.judge(record.name, typed, given)
        out_of = record.in_words[FORMULA]
        score = out_of if judged.verdict == "correct" else 0.0
        entries = ((judged.verdict,),)
        notes = (judged.message,) if judged.verdict == "unreadable" else ()
        name, message = f"{name}.{FORMULA}", judged.message
        return LineMarks(name, judged.verdict, score, out_of, entries, ((None,),), judged.mistake, message, notes)

    def judge(self, name: str, typed: object, given: Mapping[str, Any] | None = None) -> Judged:
        """The verdict on a formula, whatever was typed, with a message for the student."""
        if not isinstance(typed, str) or len(typed) > MOST_CHARACTERS:
            read = self._parsed(name, typed)
        else:
            read = _once(self._read, (name, typed), lambda: self._parsed(name, typed))
        if isinstance(read, Judged):
            return read
        # What a number stands for is a matter of the student's sheet; a formula without one is judged for everyone.
        numbers = self._stand_ins(given or {}) if _numbers(read) else {}
        key = name, typed, tuple((leaf, tuple(names)) for leaf, names in numbers.items())
        return _once(self._kept, key, lambda: self._judged(read, name, numbers))

    def _parsed(self, name: str, typed: object) -> Expression | Judged:
        if is_blank(typed):
            return Judged("blank", "Left blank.")
        try:
            return parse_formula(typed, self.vocabulary, self.model.by_name[name])
        except Refused as refused:
            return _refused(refused)

    def _judged(self, formula: Expression, name: str, numbers: StandIns) -> Judged:
        try:
            tries = Tries()
            return self._right(formula, name, numbers, tries) or self._wrong(formula, name, tries)
        except Refused as refused:
            return _refused(refused)

    def _right(self, formula: Expression, name: str, numbers: StandIns, tries: Tries) -> Judged | None:
        """The verdict on a formula that is right in one of its readings."""
        for variant, said in self._variants(formula, numbers):
            try:
                found = (self.apart or self.own).read(variant, name, tries)
            except Refused:
                continue
            for expression in found:
                if all(ground.is_right(expression, name) for ground in (self.own, self.apart) if ground):
                    return Judged("correct", full_stop(f"Right. Read as {self._shown(expression)}{said}"))
        if all(leaf in (number(0), number(1)) for leaf in _numbers(formula)):
            return None
        try:
            found = self.own.read(formula, name, tries)  # with numbers of this sheet's sizes: 2 for √d_k
        except Misfit:
            return None
        right = (expression for expression in found if self.own.is_right(expression, name))
        return next((Judged("correct", full_stop(f"Right. Read as {self._shown(one)}")) for one in right), None)

    def _wrong(self, formula: Expression, name: str, tries: Tries) -> Judged:
        """The verdict on a formula that is right in no reading: what does not fit, or which mistake it is."""
        readings, misfits = self._read_everywhere(formula, name, tries)
        explained = ((e, m) for ground, found in readings for e in found if (m := ground.mistake(e, name)) is not None)
        shown, mistake = next(explained, (readings[0][1][0] if readings else None, None))
        mistake = mistake or self._turned(formula, name, tries)
        named = sentence([mistake], self.printer) if mistake else None
        said = ["Not right."]
        if shown is not None:
            said.append(full_stop(f"Read as {self._shown(shown)}"))
        if self.own in misfits:
            said.append(f"It does not fit: {misfits[self.own]}")
        elif self.apart in misfits and named is None:
            said.append(f"It fits only because sizes are equal on this sheet: {misfits[self.apart]}")
        elif named is None and shown is not None:
            said.append(self._of_another_size(shown, name))
        said.append(named.says if named else "")
        return Judged("wrong", " ".join(part for part in said if part), named)

    def _shown(self, expression: Expression) -> str:
        """How a formula was read, as the sheet prints formulas; only the beginning where it is long."""
        shown = self.printer.expression(expression)
        return shown if len(shown) <= MOST_SHOWN else f"{shown[:MOST_SHOWN]}…"

    def _read_everywhere(
        self, formula: Expression, name: str, tries: Tries
    ) -> tuple[list[tuple[Ground, list[Expression]]], dict[Ground | None, Misfit]]:
        """What a formula can mean at each choice of sizes, and where it does not fit."""
        readings: list[tuple[Ground, list[Expression]]] = []
        misfits: dict[Ground | None, Misfit] = {}
        for ground in (self.own, self.apart, self.square):
            if ground is not None:
                try:
                    readings.append((ground, ground.read(formula, name, tries)))
                except Misfit as misfit:
                    misfits[ground] = misfit
        return readings, misfits

    def _turned(self, formula: Expression, name: str, tries: Tries) -> known.Mistake | None:
        """Whether the formula is right but for lying on its side, as with columns where the sheet has rows."""
        try:
            found = (self.apart or self.own).read(Apply("transpose", (formula,)), name, tries)
        except Refused:
            return None
        for expression in found:
            if self.own.is_right(expression, name):
                says = f"this is the transpose of {{{name}}}"
                return known.Mistake("transpose", expression, says, expression.T, expression)
        return None

    def _of_another_size(self, expression: Expression, name: str) -> str:
        line, shape = self.model.by_name[name], shape_of(expression, self.model.scope)
        if tuple(shape) == tuple(line.shape):
            return ""
        says = sizes_differ(shape, line, self.printer)
        return says[0].upper() + says[1:]

    # Numbers that stand for names: 2 for d_k, 0.5 for η, as this student's sheet has them.

    def _stand_ins(self, given: Mapping[str, Any]) -> StandIns:
        """What a number in a formula may stand for on a sheet: a size, a scalar or an index, or the last row."""
        found: dict[Expression, list[Expression]] = {}
        for name, size in self.model.sizes.items():
            found.setdefault(number(size), []).append(Name(name))
        for size in sorted({*self.model.sizes.values()}):
            for last in (size - 1, size):  # places are counted from 0 or from 1
                if last > 0 and number(-1) not in found.setdefault(number(last), []):
                    found[number(last)].append(number(-1))
        for g in self.model.givens:
            if not g.shape and isinstance(given.get(g.name), int | float):
                value = Fraction(str(given[g.name]))
                said: list[Expression] = [number(value)]
                if g.index is not None:
                    said += [number(value + 1), Apply("label", (number(value),))]
                for leaf in said:
                    found.setdefault(leaf, []).append(Name(g.name))
        return found

    def _variants(self, formula: Expression, numbers: StandIns) -> Iterator[tuple[Expression, str]]:
        """The formula as it is, then with names in the place of its numbers, and what is said of that."""
        yield formula, ""
        if len(list(walk(formula))) > MOST_TYPED:
            return
        typed = list(dict.fromkeys(_numbers(formula)))[:3]
        choices = [[leaf, *numbers.get(leaf, [])] for leaf in typed]
        for chosen in islice(product(*choices), 1, MOST_STAND_INS):
            put = {leaf: its for leaf, its in zip(typed, chosen, strict=True) if its != leaf}
            said = [
                f"{self.printer.number(leaf.value)} as {self.printer.name(its.id)}"
                for leaf, its in put.items()
                if isinstance(its, Name) and isinstance(leaf, Number)
            ]
            yield _replaced(formula, put), f", with {' and '.join(said)}" if said else ""


def _numbers(formula: Expression) -> list[Expression]:
    """The numbers and labels in a formula, but for exponents."""
    match formula:
        case Number() | Apply("label", _):
            return [formula]
        case Apply("power", (base, _)):
            return _numbers(base)
        case Apply(_, arguments):
            return [leaf for argument in arguments for leaf in _numbers(argument)]
    return []


def _replaced(formula: Expression, put: Mapping[Expression, Expression]) -> Expression:
    match formula:
        case Number() | Apply("label", _):
            return put.get(formula, formula)
        case Apply("power", (base, exponent)):
            return Apply("power", (_replaced(base, put), exponent))
    return rebuild(formula, lambda part: _replaced(part, put))


def _refused(refused: Refused) -> Judged:
    if isinstance(refused, NotAccepted):
        return Judged("wrong", f"Not accepted. {refused}")
    says = str(refused)
    says = says[0].upper() + says[1:] if says.startswith(("character", "line")) else says
    return Judged("unreadable", f"This could not be read. {says}")


def _once(kept: dict[object, Kept], key: object, work: Callable[[], Kept]) -> Kept:
    """What was worked before for this key, or is worked now."""
    if key not in kept:
        if len(kept) >= MOST_KEPT:
            kept.clear()
        kept[key] = work()
    return kept[key]


@lru_cache(maxsize=512)
def formulas_of(problem: ProblemRecord) -> Formulas:
    """What judges the formulas of a problem, kept for a class."""
    return Formulas(problem)
