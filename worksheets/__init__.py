"""Choosing and printing: problems, variants, sheets and worked solutions."""

from typing import TYPE_CHECKING

from worksheets.problem_set import load_set

if TYPE_CHECKING:  # what prints and what proves are slow to start: only who asks for them waits for them
    from worksheets.course import generate
    from worksheets.problem import load_problem

__all__ = ["generate", "load_problem", "load_set"]


def __getattr__(name: str) -> object:
    if name == "generate":
        from worksheets.course import generate

        return generate
    if name == "load_problem":
        from worksheets.problem import load_problem

        return load_problem
    raise AttributeError(name)
