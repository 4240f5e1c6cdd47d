"""Choosing and printing: problems, variants, sheets and worked solutions."""

from worksheets.problem import load_problem
from worksheets.problem_set import load_set

__all__ = ["generate", "load_problem", "load_set"]


def __getattr__(name: str) -> object:
    # `generate` brings SymPy, which is slow to start: only who asks for it waits for it.
    if name == "generate":
        from worksheets.course import generate

        return generate
    raise AttributeError(name)
