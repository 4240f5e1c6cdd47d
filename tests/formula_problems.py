"""What the tests of formulas share: problems whose formulas are asked, as records."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache

from formula_forms import GIVEN, SIZES

from course.records import Marking, ProblemRecord, SheetRecord
from grader.formulas.marking import Formulas
from worksheets import load_problem
from worksheets.problem import Problem, bundled_problems
from worksheets.problem_set import ProblemSet
from worksheets.recorded import Asked
from worksheets.sheet import Sheet


def asked(problem: Problem) -> Asked:
    """Everything of a problem, with its formulas."""
    return Asked(problem, frozenset(line.name for line in problem.model.lines), 4, None, formulas=True)


def record(problem: Problem) -> ProblemRecord:
    return ProblemSet("x", (asked(problem),), Marking()).record().problems[0]


@cache
def attention() -> Formulas:
    """The problem of the table of forms."""
    return Formulas(record(load_problem("attention-backprop").adapted(SIZES, {})))


@cache
def small_attention(**sizes: int) -> Formulas:
    """The problem at its own sizes, where n = d = d_k = d_v = 2, or at others."""
    return Formulas(record(load_problem("attention-backprop").adapted(sizes, {})))


def sheet(problem: Problem, given: Mapping[str, object] = GIVEN) -> Sheet:
    """A sheet of one problem with its formulas asked."""
    drawn = problem.variant(seed=3).record.given[0]
    return Sheet(ProblemSet("x", (asked(problem),), Marking()).record(), SheetRecord("AAAA-AAAA", "s1", (drawn,)))


def every_problem() -> Iterator[tuple[str, ProblemRecord]]:
    """All bundled problems."""
    for name in bundled_problems():
        yield name, record(load_problem(name))
