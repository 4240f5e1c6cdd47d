"""A sheet: one student's numbers for a set, which can be printed and worked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from typing import Any

import jinja2

from backprop.evaluate import work_model
from backprop.records import KeyRecord, Marking, SetRecord, SheetRecord, formula_of
from worksheets.pages import page
from worksheets.problem import Problem
from worksheets.problem_set import Asked, ProblemSet
from worksheets.style import Latex, Markdown, Style
from worksheets.variants import draw_variant

STYLES: dict[str, Callable[[], Style]] = {"md": Markdown, "tex": Latex}
"""The formats in which a sheet is printed, by the ending of the file; each has a template of its name."""


@dataclass(frozen=True)
class Sheet:
    """One student's sheet: the set as it was derived, and the numbers that were drawn."""

    set: SetRecord
    record: SheetRecord

    @cached_property
    def keys(self) -> tuple[Mapping[str, Any], ...]:
        """The exact value of every line, a dictionary a problem."""
        pairs = zip(self.set.problems, self.record.given, strict=True)
        return tuple(work_model(problem.model(), given) for problem, given in pairs)

    @property
    def key(self) -> Mapping[str, Any]:
        """The exact value of every line of the first problem."""
        return self.keys[0]

    @property
    def key_record(self) -> KeyRecord:
        return KeyRecord(self.record.sheet, tuple(dict(key) for key in self.keys))

    def print(self, ending: str, solution: bool = False) -> str:
        """The sheet, or its worked solution, as a page in the format of a file's ending."""
        sheet_set = self.set
        if solution and any(line.symbolic is None for p in sheet_set.problems for line in p.lines if line.asked):
            from worksheets.derivations import with_symbolic

            sheet_set = with_symbolic(sheet_set)
        context = page(sheet_set, self.record, self.keys, STYLES[ending](), solution)
        return _environment(ending).get_template(f"sheet.{ending}.jinja").render(context)

    def markdown(self) -> str:
        """The sheet in Markdown."""
        return self.print("md")

    def latex(self) -> str:
        """The sheet in LaTeX."""
        return self.print("tex")

    def solution(self, ending: str = "md") -> str:
        """The worked solution; in Markdown unless another format is asked for."""
        return self.print(ending, solution=True)

    def blank_answers(self) -> dict[str, Any]:
        """answers.json: a submission with every answer still empty."""
        names = [
            f"{number}.{name}"
            for number, problem in enumerate(self.set.problems, 1)
            for line in problem.lines
            if line.asked
            for name in (line.name, *([] if line.formula_marks is None else [formula_of(line.name)]))
        ]
        return {"sheet": self.record.sheet, "answers": dict.fromkeys(names, "")}


@cache
def _environment(ending: str) -> jinja2.Environment:
    """Jinja with the delimiters that do not collide with LaTeX's braces where LaTeX is printed."""
    marks: dict[str, Any] = {}
    if ending == "tex":
        marks = {
            "block_start_string": "<%",
            "block_end_string": "%>",
            "variable_start_string": "<<",
            "variable_end_string": ">>",
            "comment_start_string": "<#",
            "comment_end_string": "#>",
        }
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("templates", "."),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
        **marks,
    )
    environment.globals["beside"] = beside
    return environment


def beside(name: str, block: str) -> str:
    """A block of lines beside a name: what follows the first line stands under it."""
    return name + block.replace("\n", "\n" + " " * len(name))


@lru_cache(maxsize=8)
def _everything_asked(problem: Problem, decimals: int) -> SetRecord:
    everything = frozenset(line.name for line in problem.model.lines)
    return ProblemSet(problem.title, (Asked(problem, everything, decimals, None),), Marking()).record()


def single_sheet(problem: Problem, seed: int, decimals: int) -> Sheet:
    """A sheet of one problem alone, with everything asked."""
    sheet_set = _everything_asked(problem, decimals)
    drawn = draw_variant(problem, sheet_set.problems[0], b"practice", seed)
    return Sheet(sheet_set, SheetRecord(f"SEED-{seed}", f"seed {seed}", (dict(drawn.given),)))
