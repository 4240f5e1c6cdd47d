"""Answers, formulas and traces that nobody means: right ones cut up, spliced and blown up, and values of every type.

    python -m benchmarks.fuzz --answers 100000

Each is judged on its own. Counted are those that raise, those that only the guard around them caught, and those that
take longer than `SLOW` seconds of the processor's time; each of these is shown.
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache, partial
from typing import Any

from backprop.notation import LATEX, PLAIN, Printer
from backprop.writing import text
from course.answer_names import FORMULA, TRACE
from course.records import Marking, ProblemRecord, SheetRecord
from grader.formulas.functions import FUNCTIONS
from grader.marking.sheets import grade, judge_of
from grader.reading.answers import read
from grader.reading.guarding import LOG
from worksheets.problem import bundled_problems, load_problem
from worksheets.problem_set import WITH_FORMULAS, Asked, ProblemSet
from worksheets.sheet import Sheet

SLOW = 0.1
PROBLEMS = tuple(bundled_problems())
SHAPES = ((), (1, 1), (2, 2), (1, 4), (4, 1), (2, 3), (3, 2), (4, 4))

PIECES = (
    *"0123456789.,;:+-−*/^_'=()[]{}|&%$#@!?~\\\"`<>×·⊙∘⊘√‖∂∇δσΣ∑∏⊤ᵀ½²⁻¹…→⇒",
    *" \t\n\x00\x0b\x0c\x1b\x85\u2028\u202e\u200b\ufeff",
    "٣", "५", "Ⅷ", "①", "𝟏", "𝒙", "é", "字", "👍", "\ud800", "ß", "İ", "K", "²³", "⅟", "１２", "e", "x", "X", "T", "L",
    ".T", "^T", "^{T}", "^\\top", "'", ".grad", ".sum(", ".T.T", "[0]", "[-1:]", "[:, 1]", "[1, 2]", "_{1}", "^{new}",
    "\\frac{", "\\frac12", "}{", "\\sum_i", "\\begin{pmatrix}", "\\end{pmatrix}", "\\\\", "\\left(", "\\right)",
    "\\begin{array}{cc}", "\\text{", "\\mathrm{", "\\partial ", "\\cdot", "\\times", "\\sqrt", "\\num{", "\\phantom{",
    "row 1 of ", "last row of ", "in row 2, 0 elsewhere", "the row target of", "axis=1", "axis=-1", "dim=0", "axis=e",
    "keepdims=True", "axis=99999999999999999999", "np.", "torch.", "1/0", "1e999", "1e-999", "9^9^9^9", "10**400",
    "1" * 400, "0x1F", "1_000", "nan", "inf", "-inf", "None", "True", "1e5", "1,234", "1.234,5", "0,5", "2.10^-3",
    "then ", " and ", "->", "\\to ", "<br>", "<b>", "&#0;", "&#x110000;", "&nbsp;", "array(", "tensor(", "matrix(c(",
    "rbind(c(", "c(1,2)", "nrow=0", "nrow=2", "ncol=9999", "[■(1&2@3&4)]", "|---|", "| 1 | 2 |", "\r\n", "1 2\n3 4",
    "__import__('os')", "lambda: 0", "%s%n{0}", "=HYPERLINK(1)", "(" * 30, "[" * 120, ")" * 9, "-" * 90, "√" * 60,
)  # fmt: skip
"""What is put in somewhere: signs, scripts, words of every language that is read, and what breaks other programs."""


@dataclass(frozen=True)
class Ground:
    """A bundled problem of which everything is asked, one of its sheets, and right answers to begin from."""

    problem: ProblemRecord
    sheet: Sheet
    formulas: tuple[tuple[str, str], ...]  # a line, and one way of writing its formula
    names: tuple[str, ...]
    gradients: tuple[str, ...]

    @property
    def given(self) -> Any:
        return self.sheet.record.given[0]


@cache
def ground(name: str) -> Ground:
    """A bundled problem made ready."""
    problem = load_problem(name)
    lines = problem.model.lines
    trained = frozenset(line.name for line in lines if line.part == "backward")
    asked = Asked(problem, frozenset(line.name for line in lines), 4, None, formulas=True, traces=trained)
    sheet_set = ProblemSet("x", (asked,), Marking()).record()
    record = sheet_set.problems[0]
    sheet = Sheet(sheet_set, SheetRecord("AAAA-AAAA", "s1", (problem.variant(seed=3).record.given[0],)))
    model = record.model()
    printers = [Printer.of(model, style, record.loss) for style in (PLAIN, LATEX)]
    formulas = [
        (line.name, way)
        for line in model.lines
        if line.part in WITH_FORMULAS
        for way in (text(line.expression), *(printer.expression(line.expression) for printer in printers))
    ]
    names = (*model.scope.known(), *(printers[1].name(line.name) for line in model.lines))
    return Ground(record, sheet, tuple(formulas), names, tuple(line.name for line in lines if line.name in trained))


# --- texts that were changed ------------------------------------------------------------------------------------------


def mutated(rng: random.Random, text: str, names: tuple[str, ...], others: tuple[str, ...]) -> str:
    """A text with one to six changes, each of another kind."""
    for _ in range(rng.choice((1, 1, 2, 2, 3, 6))):
        text = rng.choice(_CHANGES)(rng, text, names, others)[:3000]
    return text


Change = Callable[[random.Random, str, tuple[str, ...], tuple[str, ...]], str]


def _cut(rng: random.Random, text: str) -> tuple[int, int]:
    start = rng.randint(0, len(text))
    return start, min(len(text), start + rng.choice((0, 1, 1, 2, 5, 20)))


def _piece_in(rng: random.Random, text: str, names: tuple[str, ...], others: tuple[str, ...]) -> str:
    start, stop = _cut(rng, text)
    return text[:start] + rng.choice(PIECES) + text[rng.choice((start, stop)) :]


def _name_in(rng: random.Random, text: str, names: tuple[str, ...], others: tuple[str, ...]) -> str:
    start, stop = _cut(rng, text)
    return text[:start] + rng.choice((" ", "", "*")) + rng.choice(names) + text[rng.choice((start, stop)) :]


def _left_out(rng: random.Random, text: str, names: tuple[str, ...], others: tuple[str, ...]) -> str:
    start, stop = _cut(rng, text)
    return text[:start] + text[stop:]


def _repeated(rng: random.Random, text: str, names: tuple[str, ...], others: tuple[str, ...]) -> str:
    start, stop = _cut(rng, text)
    return text[:start] + text[start:stop] * rng.choice((2, 3, 10, 100)) + text[stop:]


def _wrapped(rng: random.Random, text: str, names: tuple[str, ...], others: tuple[str, ...]) -> str:
    """A part of it as an argument of a function, or in brackets many times over."""
    start, stop = _cut(rng, text)
    function = rng.choice((*sorted(FUNCTIONS), "", "", "f", "\\sqrt", "‖"))
    opened, closed = rng.choice(("()", "()", "()", "{}", "[]", "(]"))
    more = rng.choice(("", "", ", 1", ", 2", ", axis=1", ", n", f", {rng.choice(names)}", ", -1, 3", ",,", ", 0.5"))
    deep = rng.choice((1, 1, 1, 2, 39, 45))
    return f"{text[:start]}{function}{opened * deep}{text[start:stop]}{more}{closed * deep}{text[stop:]}"


def _spliced(rng: random.Random, text: str, names: tuple[str, ...], others: tuple[str, ...]) -> str:
    other = rng.choice(others)
    sign = rng.choice((" ", " @ ", " * ", " + ", " - ", " / ", " = ", ", ", "\n", ""))
    return text[: rng.randint(0, len(text))] + sign + other[rng.randint(0, len(other)) :]


def _joined(rng: random.Random, text: str, names: tuple[str, ...], others: tuple[str, ...]) -> str:
    """A product of sums, or powers of them."""
    sign = rng.choice(("*", " ", "@", "·", "×", "/", "⊙", "+", "**2*"))
    return sign.join([f"({text})"] * rng.choice((2, 3, 8, 40)))


_CHANGES: tuple[Change, ...] = (
    *(_piece_in, _piece_in, _piece_in, _name_in, _name_in),
    *(_left_out, _repeated, _wrapped, _wrapped, _spliced, _joined),
)


# --- values of every type ---------------------------------------------------------------------------------------------


def value(rng: random.Random, texts: Callable[[], str], depth: int = 3) -> object:
    """Anything that JSON can hold, and a little more."""
    kind = rng.randrange(14 if depth else 9)
    if kind < 5:
        return texts()
    if kind == 5:
        return rng.choice((0, -1, 0.5, 1e308, -1e301, 10**400, float("nan"), float("inf"), -0.0, 5e-324))
    if kind == 6:
        return rng.choice((None, True, False, {}, [], "", [[]], [[], []], {"a": [1]}, [None], [[True]]))
    if kind == 7:
        return round(rng.uniform(-3, 3), 4)
    if kind == 8:
        return deep(rng.choice(([], "", 1, texts())), rng.choice((5, 45, 900)))
    width = rng.choice((1, 2, 2, 3, 4, 40))
    items = [value(rng, texts, depth - 1) for _ in range(width)]
    return dict(enumerate(items)) if kind == 9 else items


def deep(inside: object, levels: int) -> object:
    """A list in a list in a list."""
    for _ in range(levels):
        inside = [inside]
    return inside


# --- what is tried ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Case:
    """Something typed, where it was typed, and what judges it."""

    place: str
    typed: Any
    judge: Callable[[Any], object]

    def seconds(self, typed: Any) -> float:
        """How long it takes to judge this, in seconds of the processor's time."""
        start = time.process_time()
        self.judge(typed)
        return time.process_time() - start

    @property
    def took(self) -> float:
        """How long it takes; where it was long, tried again, since what is worked once a problem is not counted."""
        first = self.seconds(self.typed)
        if first < SLOW:
            return first
        return min(first, self.seconds(self.typed + " " if isinstance(self.typed, str) else self.typed))


def formula_cases(rng: random.Random, count: int) -> Iterator[Case]:
    """Formulas of all bundled problems."""
    for i in range(count):
        here = ground(PROBLEMS[i % len(PROBLEMS)])
        if here.formulas:
            line, right = rng.choice(here.formulas)
            typed = _typed(rng, right, here.names, tuple(way for _, way in here.formulas))
            yield Case(f"{here.problem.name} {line}", typed, partial(_in_words, here, FORMULA, line))


def trace_cases(rng: random.Random, count: int) -> Iterator[Case]:
    """Traces of all bundled problems."""
    for i in range(count):
        here = ground(PROBLEMS[i % len(PROBLEMS)])
        if here.gradients:
            line = rng.choice(here.gradients)
            right = rng.choice((", ", " ", "\n", " -> ", " → ")).join(here.gradients)
            typed = _typed(rng, right, here.names, (right, *here.names))
            yield Case(f"{here.problem.name} {line}", typed, partial(_in_words, here, TRACE, line))


def _typed(rng: random.Random, right: str, names: tuple[str, ...], others: tuple[str, ...]) -> object:
    if rng.random() < 0.9:
        return mutated(rng, right, names, others)
    return value(rng, lambda: mutated(rng, right, names, others))


def _read(shape: tuple[int, ...], typed: object) -> object:
    return read(typed, shape)


def _in_words(here: Ground, kind: str, line: str, typed: object) -> object:
    record = next(one for one in here.problem.lines if one.name == line)
    return judge_of(kind, here.problem).marks(line, record, typed, here.given)


RIGHT = (
    *("0.25", "-1/3", "1,25", "1.2e-3", "3·10^{-2}", "e^-1/(1+e^-1)", "sqrt(2)/2", "50%", "1½", "[[0.5]]", "-0.1234"),
    *("[[0.1, -0.2], [0.3, 0.4]]", "0.1 0.2; 0.3 -0.4", "0,1 0,2\n0,3 0,4", "| 0.1 | 0.2 |\n|---|---|\n| 0.3 | 0.4 |"),
    *("\\begin{pmatrix} 1 & 2 \\\\ 3 & 4 \\end{pmatrix}", "matrix(c(1, 3, 2, 4), nrow=2)", "[ __ 0.2 ]\n[ 0.3 __ ]"),
    *("array([[1., 2.],\n       [3., 4.]])", "rbind(c(1,2), c(3,4))", "- 1 2\n- 3 4", "1 2 3 4", "A = [1 2; 3 4]"),
    *("tensor([[1., 2.], [3., 4.]], grad_fn=<MmBackward0>)", "[,1] [,2]\n[1,] 1 2\n[2,] 3 4", "{{1,2},{3,4}}", "1 - 4"),
)  # fmt: skip


def answer_cases(rng: random.Random, count: int) -> Iterator[Case]:
    """Numbers and matrices of many shapes."""
    for _ in range(count):
        right, shape = rng.choice(RIGHT), rng.choice(SHAPES)
        typed = _typed(rng, right, ("0.5", "-0.25", "1,5", "____"), RIGHT)
        yield Case(f"{shape}", typed, partial(_read, shape))


def sheet_cases(rng: random.Random, count: int) -> Iterator[Case]:
    """Whole sheets, with everything that is asked answered in some way."""
    for i in range(count):
        here = ground(PROBLEMS[i % len(PROBLEMS)])
        answers: dict[str, object] = {}
        for line in here.problem.lines:
            answers[line.name] = _typed(rng, rng.choice(RIGHT), ("0.5", "1,234"), RIGHT)
            for kind in line.in_words:
                way = rng.choice((*here.formulas, ("", ", ".join(here.gradients))))[1]
                answers[f"{line.name}.{kind}"] = _typed(rng, way, here.names, (way, *here.names))
        yield Case(here.problem.name, answers, partial(grade, here.sheet))


CASES = {"answers": answer_cases, "formulas": formula_cases, "traces": trace_cases}


@dataclass
class Found:
    """What came of so many tries."""

    tried: int = 0
    raised: list[str] = field(default_factory=list)
    caught: list[str] = field(default_factory=list)
    slow: list[tuple[float, str]] = field(default_factory=list)
    longest: float = 0.0

    def __str__(self) -> str:
        return (
            f"{self.tried:,} tried, {len(self.raised)} raised, {len(self.caught)} caught by the guard, "
            f"{len(self.slow)} slow, the longest {self.longest:.3f} s"
        )


class _Caught(logging.Handler):
    """Counts what the guard logs."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def emit(self, record: logging.LogRecord) -> None:
        self.count += 1


def tried(kind: str, count: int, seed: int, slow: float = SLOW) -> Found:
    """So many answers of a kind, each judged on its own."""
    for name in PROBLEMS:
        ground(name)
    found, handler = Found(), _Caught()
    LOG.addHandler(handler)
    cases = sheet_cases if kind == "sheets" else CASES[kind]
    try:
        for case in cases(random.Random(f"{kind} {seed}"), count):
            before, took = handler.count, 0.0
            says = f"{case.place} {_shown(case.typed)}"
            try:
                took = case.took
            except Exception as error:
                found.raised.append(f"{type(error).__name__} {says}")
            found.tried += 1
            found.longest = max(found.longest, took)
            if handler.count > before:
                found.caught.append(says)
            if took > slow:
                found.slow.append((took, f"{took:.3f} s {says}"))
    finally:
        LOG.removeHandler(handler)
    return found


def _shown(typed: object) -> str:
    try:
        return ascii(typed)[:700]
    except RecursionError:
        return "a list in lists"
