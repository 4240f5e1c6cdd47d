"""Sets: which problems are on a sheet, what is asked, and for how many marks."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec

from course.records import Help, Marking, SetRecord
from course.versions import VERSION
from worksheets.asking import BARE, WORKED, asked_lines, help_with, traced_lines
from worksheets.authored import bundled, load_authored
from worksheets.authoring import AuthoringError, NotThere, fitted, nearest, read_toml
from worksheets.given import Override
from worksheets.limits import LONGEST_TITLE, MOST_PROBLEMS, check_amounts, check_letters
from worksheets.recorded import WITH_FORMULAS, Asked, problem_record
from worksheets.sharing import Marks, said_marks


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
    check_amounts(str(path), {"[[problem]]": source.problem}, MOST_PROBLEMS)
    check_letters(str(path), {"title": source.title}, LONGEST_TITLE)
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
    said = {"ask": use.ask, "trace": sorted(use.trace), "formulas": formulas, "worked": _worked(use.fade)}
    traced = traced_lines(model, use.trace, where)
    found = Asked(problem, blank, decimals, None, help, formulas, traced, said=said)
    total, own_marks = said_marks(use.marks, [answer.within for answer in found.answers], where)
    return replace(found, marks=total, own_marks=own_marks)


def _worked(fade: Help | dict[str, Help]) -> list[str]:
    """What is worked on the sheet, as the set says it."""
    return sorted(name for name, level in fade.items() if level == WORKED) if isinstance(fade, dict) else [fade]
