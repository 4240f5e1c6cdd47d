"""Formulas judged: by their values on random draws, at the sheet's own sizes and at others, never by their looks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from itertools import islice, product
from typing import Any, TypeVar

import numpy as np

from backprop import mistakes as known
from backprop.evaluate import evaluate, work_lines
from backprop.expressions import Apply, Expression, ExpressionError, Name, Number, number, rebuild, walk
from backprop.intervals import Array
from backprop.language import MOST_CHARACTERS
from backprop.model import Model
from backprop.notation import PLAIN, Printer
from backprop.records import LineRecord, ProblemRecord, formula_of
from backprop.records import given as as_given
from backprop.scope import shape_of
from backprop.shapes import Shape, describe
from grader.formula_functions import Misfit
from grader.formula_names import Vocabulary
from grader.formula_readings import readings, sizes_differ
from grader.formulas import NotAccepted, is_blank, parse_formula
from grader.marks import LineMarks, Mistake, Verdict
from grader.naming import sentence
from grader.numbers import Refused

DRAWS = 8
RELATIVE, ABSOLUTE = 1e-9, 1e-13
Kept = TypeVar("Kept")
MOST_STAND_INS, MOST_KEPT = 24, 20_000


@dataclass(frozen=True)
class Judged:
    """What became of one formula."""

    verdict: Verdict
    message: str
    mistake: Mistake | None = None


@dataclass(frozen=True, eq=False)
class _Ground:
    """A problem's lines worked on random draws at certain sizes: where formulas are told apart by their values."""

    model: Model
    printer: Printer
    describe: Any = describe
    _mistakes: dict[str, list[tuple[known.Mistake, Array]]] = field(default_factory=dict)

    @cached_property
    def values(self) -> Mapping[str, Array]:
        """Half of the draws are positive throughout, so that a logarithm of a given has values too."""
        rng = np.random.default_rng(0)
        sign = np.where(np.arange(DRAWS) < DRAWS // 2, -1, 1)
        drawn: dict[str, Array] = {}
        for g in self.model.givens:
            shape = (*map(int, g.shape), DRAWS)
            signs = np.where(rng.random(shape) < 0.5, sign, 1)
            drawn[g.name] = rng.uniform(0.2, 1.2, shape) * signs
            if g.index is not None:
                drawn[g.name] = rng.permutation(np.arange(DRAWS) % int(g.index))
        return work_lines(self.model.lines, drawn, self.model.sizes)

    def read(self, typed: Expression, name: str) -> list[Expression]:
        """What a formula can mean here. Raises Misfit where its sizes do not fit."""
        return readings(typed, self.model.scope, self.model.by_name[name], self.printer, self.describe)

    def is_right(self, expression: Expression, name: str) -> bool:
        """Whether a formula gives the line's value on every draw."""
        return self._same(self._value(expression, self.values[name]), self.values[name])

    def mistake(self, expression: Expression, name: str) -> known.Mistake | None:
        """The known mistake that gives this formula's value on every draw."""
        if name not in self._mistakes:
            found = known.mistakes(self.model, self.model.by_name[name])
            self._mistakes[name] = [(m, self._value(m.expression, self.values[name])) for m in found]
        value = self._value(expression, self.values[name])
        same = [mistake for mistake, its in self._mistakes[name] if self._same(value, its)]
        return next((m for m in same if m.expression == expression), same[0] if same else None)

    def _value(self, expression: Expression, like: Array) -> Array:
        value = evaluate(expression, self.values, self.model.sizes)
        if like.ndim == 1:
            return np.broadcast_to(value.reshape(-1), (DRAWS,))
        return np.broadcast_to(value, (*like.shape[:-1], DRAWS))

    def _same(self, value: Array, right: Array) -> bool:
        value, right = value.reshape(-1, DRAWS), right.reshape(-1, DRAWS)
        finite = np.isfinite(right).all(axis=0)
        with np.errstate(invalid="ignore", over="ignore"):
            near = np.abs(value - right) <= RELATIVE * np.abs(right).max(axis=0) + ABSOLUTE
        return bool(finite.any() and near[:, finite].all())


def _at_sizes(problem: ProblemRecord, sizes: dict[str, int], describe: Any) -> _Ground | None:
    """The problem at other sizes; None where its lines fit only at its own."""
    try:
        givens = tuple(as_given(g, sizes) for g in problem.given)
        lines = ((line.name, line.expression, line.part) for line in problem.lines)
        model = Model(sizes, givens, ()).extended(lines)
    except ExpressionError:
        return None
    return _Ground(model, Printer.of(model, PLAIN, problem.loss), describe)


def _named(shape: Shape) -> str:
    """A shape by the names of its sizes."""
    return "×".join(map(str, shape)) or "a scalar"


class Formulas:
    """Judges the formulas of one problem; each text is judged once."""

    def __init__(self, problem: ProblemRecord) -> None:
        self.problem, self.model = problem, problem.model()
        self.vocabulary = Vocabulary(self.model, problem.loss, problem.labels)
        self.printer = Printer.of(self.model, PLAIN, problem.loss)
        self.own = _Ground(self.model, self.printer)
        # Where sizes are equal, as on most sheets, a product can fit by chance: so all of them differ, and then none.
        apart = {name: 3 + i for i, name in enumerate(problem.sizes)}
        self.apart = _at_sizes(problem, apart, _named)
        self.square = _at_sizes(problem, dict.fromkeys(problem.sizes, 3), describe)
        self._read: dict[object, Expression | Judged] = {}
        self._kept: dict[object, Judged] = {}

    def marks(self, name: str, record: LineRecord, typed: object, given: Mapping[str, Any]) -> LineMarks:
        """The marks for the formula of a line; `given` are the numbers of the student's sheet."""
        judged = self.judge(record.name, typed, given)
        out_of = record.formula_marks or 0.0
        score = out_of if judged.verdict == "correct" else 0.0
        entries = ((judged.verdict,),)
        return LineMarks(
            formula_of(name), judged.verdict, score, out_of, entries, ((None,),), judged.mistake, judged.message
        )

    def judge(self, name: str, typed: object, given: Mapping[str, Any] | None = None) -> Judged:
        """The verdict on a formula, whatever was typed, with a message for the student."""
        if not isinstance(typed, str) or len(typed) > MOST_CHARACTERS:
            read = self._parsed(name, typed)
        else:
            read = _once(self._read, (name, typed), lambda: self._parsed(name, typed))
        if isinstance(read, Judged):
            return read
        # What a number stands for is a matter of the student's sheet; a formula without one is judged for everyone.
        numbers = self._stand_ins(given or {}) if any(isinstance(node, Number) for node in walk(read)) else {}
        key = name, typed, tuple((n, tuple(names)) for n, names in numbers.items())
        return _once(self._kept, key, lambda: self._judged(read, name, numbers))

    def _parsed(self, name: str, typed: object) -> Expression | Judged:
        if is_blank(typed):
            return Judged("blank", "Left blank.")
        try:
            return parse_formula(typed, self.vocabulary, self.model.by_name[name])
        except Refused as refused:
            return _refused(refused)

    def _judged(self, formula: Expression, name: str, numbers: Mapping[Fraction, list[Expression]]) -> Judged:
        try:
            return self._right(formula, name, numbers) or self._wrong(formula, name)
        except Refused as refused:
            return _refused(refused)

    def _right(self, formula: Expression, name: str, numbers: Mapping[Fraction, list[Expression]]) -> Judged | None:
        """The verdict on a formula that is right in one of its readings."""
        for variant, said in self._variants(formula, numbers):
            try:
                found = (self.apart or self.own).read(variant, name)
            except Refused:
                continue
            for expression in found:
                if all(ground.is_right(expression, name) for ground in (self.own, self.apart) if ground):
                    return Judged("correct", f"Right. Read as {self.printer.expression(expression)}{said}.")
        return None

    def _wrong(self, formula: Expression, name: str) -> Judged:
        """The verdict on a formula that is right in no reading: what does not fit, or which mistake it is."""
        readings, misfits = self._read_everywhere(formula, name)
        explained = ((e, m) for ground, found in readings for e in found if (m := ground.mistake(e, name)) is not None)
        shown, mistake = next(explained, (readings[0][1][0] if readings else None, None))
        mistake = mistake or self._turned(formula, name)
        named = sentence([mistake], self.printer) if mistake else None
        said = ["Not right."]
        if shown is not None:
            said.append(f"Read as {self.printer.expression(shown)}.")
        if self.own in misfits:
            said.append(f"It does not fit: {misfits[self.own]}")
        elif self.apart in misfits and named is None:
            said.append(f"It fits only because sizes are equal on this sheet: {misfits[self.apart]}")
        elif named is None and shown is not None:
            said.append(self._of_another_size(shown, name))
        said.append(named.says if named else "")
        return Judged("wrong", " ".join(part for part in said if part), named)

    def _read_everywhere(
        self, formula: Expression, name: str
    ) -> tuple[list[tuple[_Ground, list[Expression]]], dict[_Ground | None, Misfit]]:
        """What a formula can mean at each choice of sizes, and where it does not fit."""
        readings: list[tuple[_Ground, list[Expression]]] = []
        misfits: dict[_Ground | None, Misfit] = {}
        for ground in (self.own, self.apart, self.square):
            if ground is not None:
                try:
                    readings.append((ground, ground.read(formula, name)))
                except Misfit as misfit:
                    misfits[ground] = misfit
        return readings, misfits

    def _turned(self, formula: Expression, name: str) -> known.Mistake | None:
        """Whether the formula is right but for lying on its side, as with columns where the sheet has rows."""
        try:
            found = (self.apart or self.own).read(Apply("transpose", (formula,)), name)
        except Refused:
            return None
        for expression in found:
            if self.own.is_right(expression, name):
                return known.Mistake("transpose", expression, f"this is the transpose of {{{name}}}")
        return None

    def _of_another_size(self, expression: Expression, name: str) -> str:
        line, shape = self.model.by_name[name], shape_of(expression, self.model.scope)
        if tuple(shape) == tuple(line.shape):
            return ""
        says = sizes_differ(shape, line, self.printer)
        return says[0].upper() + says[1:]

    # Numbers that stand for names: 2 for d_k, 0.5 for η, as this student's sheet has them.

    def _stand_ins(self, given: Mapping[str, Any]) -> dict[Fraction, list[Expression]]:
        """What a number in a formula may stand for on a sheet: a size, a scalar or an index, or the last row."""
        found: dict[Fraction, list[Expression]] = {}
        for name, size in self.model.sizes.items():
            found.setdefault(Fraction(size), []).append(Name(name))
        for size in sorted({*self.model.sizes.values()}):
            for last in (size - 1, size):  # counted from 0 or from 1
                if last > 0 and number(-1) not in found.setdefault(Fraction(last), []):
                    found[Fraction(last)].append(number(-1))
        for g in self.model.givens:
            if not g.shape and isinstance(given.get(g.name), int | float):
                found.setdefault(Fraction(str(given[g.name])), []).append(Name(g.name))
        return found

    def _variants(
        self, formula: Expression, numbers: Mapping[Fraction, list[Expression]]
    ) -> Iterator[tuple[Expression, str]]:
        """The formula as it is, then with names in the place of its numbers, and what is said of that."""
        yield formula, ""
        typed = dict.fromkeys(node.value for node in walk(formula) if isinstance(node, Number))
        choices = [[number(value), *numbers.get(value, [])] for value in list(typed)[:3]]
        for chosen in islice(product(*choices), 1, MOST_STAND_INS):
            put = {value: its for value, its in zip(typed, chosen, strict=False) if its != number(value)}
            said = [
                f"{self.printer.number(value)} as {self.printer.name(its.id)}"
                for value, its in put.items()
                if isinstance(its, Name)
            ]
            yield _replaced(formula, put), f", with {' and '.join(said)}" if said else ""


def _replaced(formula: Expression, put: Mapping[Fraction, Expression]) -> Expression:
    if isinstance(formula, Number):
        return put.get(formula.value, formula)
    if isinstance(formula, Apply) and formula.operation == "power":
        base, exponent = formula.arguments
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


_KEPT: dict[int, tuple[ProblemRecord, Formulas]] = {}


def formulas_of(problem: ProblemRecord) -> Formulas:
    """What judges the formulas of a problem, made once."""
    if id(problem) not in _KEPT or _KEPT[id(problem)][0] is not problem:
        _KEPT[id(problem)] = problem, Formulas(problem)
    return _KEPT[id(problem)][1]
