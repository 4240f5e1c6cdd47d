"""Problems that can be drawn and printed one sheet at a time."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from course.records import Marking, SetRecord, SheetRecord
from worksheets.authored import AuthoredProblem, bundled_problems, load_authored, read_authored
from worksheets.problem_set import ProblemSet
from worksheets.recorded import Asked
from worksheets.sheet import Sheet
from worksheets.variants import public_given

__all__ = ["Problem", "bundled_problems", "load_problem", "read_problem"]


@dataclass(frozen=True, eq=False)
class Problem(AuthoredProblem):
    """A problem, with sheets of it alone."""

    def variant(self, seed: int = 0, decimals: int = 4) -> Sheet:
        """One sheet of this problem alone, everything asked, with numbers drawn from a seed."""
        sheet_set = everything_asked(self, decimals)
        given = public_given(self, sheet_set.problems[0], "practice", seed)
        return Sheet(sheet_set, SheetRecord(f"SEED-{seed}", f"seed {seed}", (given,)))


@lru_cache(maxsize=8)
def everything_asked(problem: AuthoredProblem, decimals: int) -> SetRecord:
    """A set of one problem, with every line asked."""
    everything = frozenset(line.name for line in problem.model.lines)
    return ProblemSet(problem.title, (Asked(problem, everything, decimals, None),), Marking()).record()


def load_problem(name: str, beside: Path | None = None) -> Problem:
    """A bundled problem by its name, or an instructor's own by its file's path (from the folder `beside`).

    Raises AuthoringError where there is none, or where it cannot be used: with the file, the line's name, the reason.
    """
    return Problem(**load_authored(name, beside).fields)


def read_problem(name: str, table: dict[str, Any], where: str) -> Problem:
    """A problem from a file's contents, with every name, size and number checked."""
    return Problem(**read_authored(name, table, where).fields)
