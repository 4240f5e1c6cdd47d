"""Sets: which problems are on a sheet, what is asked, and for how many marks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from backprop.evaluate import work_lines
from backprop.model import BACKWARD, UPDATE, Line, Model
from course.answer_names import FORMULA, TRACE, AnswerName
from course.records import Help, LineRecord, Marking, ProblemRecord, SetRecord
from worksheets.asking import BARE, WORKED, asked_lines, help_with, traced_lines
from worksheets.authored import AuthoredProblem, bundled, load_authored
from worksheets.authoring import AuthoringError, NotThere, fitted, nearest, read_toml
from worksheets.given import Override
from worksheets.sharing import Marks, said_marks, shares

VERSION = 1
WITH_FORMULAS = (BACKWARD, UPDATE)
"""The parts whose formulas may be asked: those of the forward pass are printed, and `again` repeats them."""


class UseSource(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A problem's place in a set."""

    use: str
    marks: Marks = None
    decimals: int | None = None
    sizes: dict[str, int] = {}
    ask: tuple[str, ...] | None = None
    fade: Help | dict[str, Help] = BARE
    given: dict[str, Any] = {}
    formulas: bool | None = None
    trace: tuple[str, ...] = ()


class SetSource(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A set file."""

    title: str
    problem: list[Any]
    decimals: int = 4
    marking: Marking = Marking()
    formulas: bool = False


@dataclass(frozen=True)
class Asked:
    """A problem of a set: what of it is asked, at how many decimals, for how many marks, and with how much help."""

    problem: AuthoredProblem
    lines: frozenset[str]
    decimals: int
    marks: float | None
    help: Mapping[str, Help] = field(default_factory=dict)
    formulas: bool = False
    traces: frozenset[str] = frozenset()
    own_marks: Mapping[str, float] = field(default_factory=dict)  # of some answers, by name

    def in_words(self, line: Line) -> list[str]:
        """What is asked of a line beside its numbers: its formula, but where the sheet prints it; the way to it."""
        formula = self.formulas and line.name in self.lines and line.part in WITH_FORMULAS
        return [FORMULA] * formula + [TRACE] * (line.name in self.traces)

    @property
    def answers(self) -> list[AnswerName]:
        """All that is asked, as numbers and as text."""
        return [
            AnswerName(1, line.name, kind)
            for line in self.problem.model.lines
            for kind in (*[""] * (line.name in self.lines), *self.in_words(line))
        ]


@dataclass(frozen=True)
class ProblemSet:
    """A set, with its problems loaded and what is asked of each settled."""

    title: str
    problems: tuple[Asked, ...]
    marking: Marking

    def record(self) -> SetRecord:
        """The set as it was derived: every line of every problem, with its marks."""
        return SetRecord(VERSION, self.title, tuple(map(problem_record, self.problems)), self.marking)


def bundled_sets() -> dict[str, Path]:
    """The sets that come with handprop, by name."""
    return bundled("sets")


def set_file(name: str | Path) -> Path:
    """The file of a set: the one at this path, or else the bundled one of this name."""
    path, known = Path(name), bundled_sets()
    if not path.is_file():
        if path.stem in known and str(path.parent) in (".", "sets") and path.suffix in ("", ".toml"):
            return known[path.stem]
        if not path.suffix and not path.exists():
            raise NotThere(
                f"no set is called “{name}”; {nearest(str(name), list(known), 'bundled sets')} "
                "(or give the path of a .toml file)"
            )
    return path


def load_set(name: str | Path) -> ProblemSet:
    """A set from its file, or a bundled one by its name.

    Raises AuthoringError: which file, which problem, what would fit.
    """
    path = set_file(name)
    source = fitted(read_toml(path), SetSource, str(path))
    if not source.problem:
        raise AuthoringError(f"{path}: a set has at least one [[problem]]")
    if not 0 <= source.marking.follows <= 1:
        raise AuthoringError(f"{path}: [marking] follows is a share, from 0 to 1")
    asked = tuple(_asked(table, source, path, number) for number, table in enumerate(source.problem, 1))
    return ProblemSet(source.title, asked, source.marking)


def _asked(table: Any, source: SetSource, path: Path, number: int) -> Asked:
    where = f"{path}: [[problem]] {number}"
    use = fitted(table, UseSource, where)
    overrides = {name: fitted(value, Override, f"{where}: given {name}") for name, value in use.given.items()}
    try:
        problem = load_authored(use.use, path.parent).adapted(use.sizes, overrides)
        model = problem.model
    except AuthoringError as error:
        raise AuthoringError(f"{where}: {error}") from None
    decimals = source.decimals if use.decimals is None else use.decimals
    if not 1 <= decimals <= 8:
        raise AuthoringError(f"{where}: decimals are from 1 to 8, not {decimals}")
    asked = asked_lines(model, use.ask, where, may_be_none=bool(use.trace))
    help = help_with(model, asked, use.fade, where)
    blank = frozenset(name for name in asked if help[name] != WORKED)
    if asked and not blank:
        raise AuthoringError(f"{where}: fade: every line is worked on the sheet, so nothing is asked")
    formulas = source.formulas if use.formulas is None else use.formulas
    if use.formulas and not any(line.part in WITH_FORMULAS for line in model.lines if line.name in blank):
        raise AuthoringError(
            f"{where}: formulas = true: no line of the backward pass or the updates is asked, and the others' "
            "formulas are printed"
        )
    found = Asked(problem, blank, decimals, None, help, formulas, traced_lines(model, use.trace, where))
    total, own_marks = said_marks(use.marks, [answer.within for answer in found.answers], where)
    return replace(found, marks=total, own_marks=own_marks)


def problem_record(asked: Asked) -> ProblemRecord:
    """A problem as it goes into set.json, its marks shared out over the asked lines."""
    problem, model = asked.problem, asked.problem.model
    zero = always_zero(model)
    # A formula or a trace is one answer more, and counts as one entry.
    counts = {
        answer.within: 1 if answer.kind else entries(model.by_name[answer.line]) - len(zero[answer.line])
        for answer in asked.answers
    }
    for name, worth in asked.own_marks.items():
        if worth and not counts[name]:
            raise AuthoringError(f"{problem.where}: marks: {name} is zero on every sheet, and earns nothing")
    marks = shares(asked.marks, asked.own_marks, counts)
    lines = tuple(
        LineRecord(
            line.name,
            line.text,
            tuple(map(int, line.shape)),
            line.part,
            line.name in asked.lines,
            marks.get(line.name, 0.0),
            zero[line.name],
            line.step,
            asked.help.get(line.name, BARE),
            {kind: marks[f"{line.name}.{kind}"] for kind in asked.in_words(line)},
        )
        for line in model.lines
    )
    return ProblemRecord(
        problem.name,
        problem.title,
        problem.intro,
        asked.decimals,
        dict(problem.sizes),
        problem.given_records,
        lines,
        dict(problem.labels),
        problem.derivation.gradients_of,
        dict(asked.own_marks),
    )


def entries(line: Line) -> int:
    return int(np.prod(line.shape or (1,)))


def always_zero(model: Model) -> dict[str, tuple[tuple[int, int], ...]]:
    """The entries of each line that are zero whatever the numbers: on every one of many random draws."""
    draws, rng = 64, np.random.default_rng(0)
    values = {}
    for g in model.givens:
        shape = (*map(int, g.shape), draws)
        drawn = rng.uniform(0.2, 1.7, shape) * rng.choice([-1, 1], shape)
        values[g.name] = drawn if g.index is None else rng.integers(0, int(g.index), draws)
    worked = work_lines(model.lines, values, model.sizes)
    found = {}
    for line in model.lines:
        value = np.abs(worked[line.name]).reshape(*map(int, line.shape or (1, 1)), -1)
        found[line.name] = tuple((int(i), int(j)) for i, j in np.argwhere((value < 1e-14).all(axis=-1)))
    return found
