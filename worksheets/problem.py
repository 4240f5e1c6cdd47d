"""Problems: the forward pass of a small model, as an instructor writes it, and what is derived from it."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import msgspec
import numpy as np

from backprop.errors import ExpressionError
from backprop.language import parse
from backprop.model import FORWARD, THEN, Model
from backprop.rounding import Array
from backprop.scope import shape_of
from backprop.training import derive
from course.records import GivenRecord
from course.records import given as as_given
from worksheets.authoring import AuthoringError, NotThere, fitted, nearest, read_toml

if TYPE_CHECKING:
    from worksheets.sheet import Sheet

LARGEST_SIZE, MOST_STEPS = 12, 5
LARGEST_NUMBER, MOST_CHOICES = 1_000_000, 1_000_000
NAME = re.compile(r"[A-Za-zΑ-ω][A-Za-z0-9_Α-ω]*")


class Draw(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a given is drawn: in a range, with so many decimals, whole numbers or not; never zero unless allowed."""

    range: tuple[float, float] | None = None
    decimals: int = 1
    whole: bool = False
    zero: bool = False

    @property
    def places(self) -> int:
        return 0 if self.whole else self.decimals

    def choices(self, low: float, high: float) -> Array:
        """The numbers from low to high to choose from, in units of the last decimal."""
        unit = 10.0**-self.places
        # A hair of slack, so that 0.3 / 0.1 counts as 3.
        steps = np.arange(math.ceil(low / unit - 1e-6), math.floor(high / unit + 1e-6) + 1)
        return steps if self.zero else steps[steps != 0]


class GivenSource(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A given as its author writes it: a shape or an index, and numbers that are drawn or the same for everyone."""

    shape: tuple[str | int, ...] = ()
    index: str | int | None = None
    trainable: bool = False
    rows: Literal["onehot", "shares"] | None = None
    value: float | None = None
    values: list[list[float]] | None = None
    draw: Draw | None = None

    @property
    def fixed(self) -> float | list[list[float]] | None:
        return self.value if self.value is not None else self.values


class Override(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a set puts in the place of a problem's own numbers."""

    value: float | None = None
    values: list[list[float]] | None = None
    draw: Draw | None = None


class DeriveSource(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is derived from the forward pass."""

    gradients_of: str | None = None
    update: str | None = None
    again: tuple[str, ...] = ()
    steps: int = 1


class ProblemSource(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A problem file."""

    title: str
    given: dict[str, Any]
    lines: dict[str, Any]
    then: dict[str, Any] = {}
    intro: str = ""
    sizes: dict[str, int] = {}
    labels: dict[str, tuple[str, ...]] = {}
    derive: DeriveSource = DeriveSource()


@dataclass(frozen=True, eq=False)
class Problem:
    """A problem with its sizes and numbers settled, ready to be derived and drawn."""

    name: str
    title: str
    intro: str
    sizes: Mapping[str, int]
    givens: Mapping[str, GivenSource]
    labels: Mapping[str, tuple[str, ...]]
    forward: Mapping[str, str]
    then: Mapping[str, str]
    derivation: DeriveSource
    where: str

    @cached_property
    def model(self) -> Model:
        """The givens and every line: forward, backward, update, again.

        Raises AuthoringError that names the file and the line where one cannot be read or does not fit.
        """
        givens = tuple(as_given(record, dict(self.sizes)) for record in self.given_records)
        try:
            model = Model(dict(self.sizes), givens, ()).extended(
                (name, text, FORWARD) for name, text in self.forward.items()
            )
            wanted = self.derivation
            model = derive(model, wanted.gradients_of, wanted.update, wanted.again, wanted.steps)
            last = max((line.step for line in model.lines), default=1)
            model = model.extended([(name, text, THEN) for name, text in self.then.items()], last)
        except ExpressionError as error:
            raise AuthoringError(f"{self.where}: {error}") from None
        self._check_intro(model)
        return model

    def _check_intro(self, model: Model) -> None:
        """Whether what stands in the intro's braces can be printed as mathematics."""
        for piece in re.findall(r"\{([^{}]*)\}", self.intro):
            try:
                if piece not in model.scope.indices:
                    shape_of(parse(piece), model.scope)
            except ExpressionError as error:
                raise AuthoringError(f"{self.where}: intro, {{{piece}}}: {error}") from None

    @property
    def given_records(self) -> tuple[GivenRecord, ...]:
        return tuple(GivenRecord(name, g.shape, g.index, g.trainable, g.rows) for name, g in self.givens.items())

    def adapted(self, sizes: Mapping[str, int], overrides: Mapping[str, Override]) -> Problem:
        """The problem at other sizes and with other numbers, or another way to draw them.

        Labels that no longer fit their size are dropped. Raises AuthoringError where a name is not the problem's.
        """
        for name, value in sizes.items():
            if name not in self.sizes:
                raise AuthoringError(
                    f"{self.where}: no size is called {name}; {nearest(name, list(self.sizes), 'sizes')}"
                )
            _check_size(name, value, self.where)
        givens = dict(self.givens)
        for name, override in overrides.items():
            if name not in givens:
                raise AuthoringError(
                    f"{self.where}: nothing given is called {name}; {nearest(name, list(givens), 'given')}"
                )
            givens[name] = msgspec.structs.replace(givens[name], **msgspec.structs.asdict(override))
        return _checked(replace(self, sizes={**self.sizes, **sizes}, givens=givens))

    def variant(self, seed: int = 0, decimals: int = 4) -> Sheet:
        """One sheet of this problem alone, with numbers drawn from a seed."""
        from worksheets.sheet import single_sheet

        return single_sheet(self, seed, decimals)


def bundled_problems() -> dict[str, Path]:
    """The problems that come with handprop, by name."""
    return bundled("problems")


def bundled(folder_name: str) -> dict[str, Path]:
    """The .toml files of a folder that comes with handprop, by name."""
    folder = resources.files("worksheets") / folder_name
    return {
        entry.name.removesuffix(".toml"): Path(str(entry))
        for entry in sorted(folder.iterdir(), key=lambda e: e.name)
        if entry.name.endswith(".toml")
    }


def load_problem(name: str, beside: Path | None = None) -> Problem:
    """A bundled problem by its name, or an instructor's own by its file's path (from the folder `beside`).

    Raises AuthoringError where there is none, or where it cannot be used: with the file, the line's name, the reason.
    """
    known = bundled_problems()
    if name in known:
        return read_problem(name, read_toml(known[name]), name)
    path = Path(name) if beside is None else beside / name
    if path.suffix != ".toml" and not path.exists():
        raise NotThere(
            f"no problem is called “{name}”; {nearest(name, list(known), 'bundled problems')} "
            "(or give the path of a .toml file)"
        )
    return read_problem(path.stem, read_toml(path), str(path))


def read_problem(name: str, table: dict[str, Any], where: str) -> Problem:
    """A problem from a file's contents, with every name, size and number checked."""
    source = fitted(table, ProblemSource, where)
    givens = {g: fitted(value, GivenSource, f"{where}: [given] {g}") for g, value in source.given.items()}
    for section, lines in (("lines", source.lines), ("then", source.then)):
        for line, text in lines.items():
            if not isinstance(text, str):
                raise AuthoringError(f'{where}: [{section}] {line}: a line is text in quotes, such as "X @ W"')
    if not 1 <= source.derive.steps <= MOST_STEPS:
        raise AuthoringError(f"{where}: [derive] steps = {source.derive.steps}: from 1 to {MOST_STEPS}")
    for known in (*source.sizes, *givens, *source.lines, *source.then):
        if not NAME.fullmatch(known):
            raise AuthoringError(f"{where}: “{known}” is no name: a letter, then letters, digits and _")
    for size, value in source.sizes.items():
        _check_size(size, value, where)
    for first, second, kinds in (
        (source.sizes, givens, "a size and a given"),
        (source.sizes, source.lines, "a size and a line"),
        (givens, source.lines, "a given and a line"),
        ({**source.sizes, **givens, **source.lines}, source.then, "something else and a line of [then]"),
    ):
        for twice in set(first) & set(second):
            raise AuthoringError(f"{where}: {twice} is the name of {kinds}: each needs its own")
    for size, labels in source.labels.items():
        if len(labels) < source.sizes.get(size, 0):
            raise AuthoringError(f"{where}: [labels] {size}: {len(labels)} for {source.sizes[size]} places")
    problem = Problem(
        name,
        source.title,
        source.intro,
        source.sizes,
        givens,
        source.labels,
        source.lines,
        source.then,
        source.derive,
        where,
    )
    checked = _checked(problem)
    _ = checked.model  # derived now, so that a mistake in a line is found where the file is read
    return checked


def _check_size(name: str, value: int, where: str) -> None:
    if not 1 <= value <= LARGEST_SIZE:
        raise AuthoringError(f"{where}: [sizes] {name} = {value}: a size to work by hand is from 1 to {LARGEST_SIZE}")


def _checked(problem: Problem) -> Problem:
    """The problem, with its givens' numbers fitting their shapes and only labels that fit their size."""
    for name, g in problem.givens.items():
        _check_given(problem, name, g)
    for size in problem.labels:
        if size not in problem.sizes:
            raise AuthoringError(f"{problem.where}: [labels] {size}: no size has this name")
    fitting = {s: labels for s, labels in problem.labels.items() if len(labels) >= problem.sizes[s]}
    return replace(problem, labels={s: labels[: problem.sizes[s]] for s, labels in fitting.items()})


def _check_given(problem: Problem, name: str, g: GivenSource) -> None:
    where = f"{problem.where}: [given] {name}"
    sizes: Sequence[str | int] = [*g.shape, *([] if g.index is None else [g.index])]
    for s in sizes:
        if isinstance(s, str) and s not in problem.sizes:
            raise AuthoringError(f"{where}: {s} is no size; {nearest(s, list(problem.sizes), 'sizes')}")
        if isinstance(s, int):
            _check_size(name, s, where)
    if len(g.shape) not in (0, 2):
        raise AuthoringError(f"{where}: a shape has two sizes, rows and columns; a row vector is [1, …]")
    if sum(source is not None for source in (g.value, g.values, g.draw)) > 1:
        raise AuthoringError(f"{where}: value, values and draw exclude each other")
    if g.index is not None:
        _check_index(problem, g, where)
    _check_numbers(g, tuple(problem.sizes[s] if isinstance(s, str) else s for s in g.shape), where)
    if g.draw is not None:
        _check_draw(g.draw, where)
    if g.rows is not None:
        _check_rows(g, where)


def _check_rows(g: GivenSource, where: str) -> None:
    if not g.shape or g.draw is not None:
        raise AuthoringError(f"{where}: rows says how the rows of a matrix are drawn; it needs a shape, and no draw")
    for row in g.values or ():
        if g.rows == "onehot" and sorted(row) != [0.0] * (len(row) - 1) + [1.0]:
            raise AuthoringError(f"{where}: a row of values is not one-hot: zeros but for a 1")
        if g.rows == "shares" and not (min(row) > 0 and abs(sum(row) - 1) < 1e-9):
            raise AuthoringError(f"{where}: a row of values is no shares: positive numbers that add up to 1")


def _check_index(problem: Problem, g: GivenSource, where: str) -> None:
    if g.shape or g.trainable:
        raise AuthoringError(f"{where}: an index has no shape and cannot be trained")
    if g.draw is not None:
        raise AuthoringError(f"{where}: an index has no draw; it may have a value, the same for everyone")
    count = problem.sizes[g.index] if isinstance(g.index, str) else int(g.index or 0)
    if g.value is not None and g.value not in range(count):
        raise AuthoringError(f"{where}: an index into {count} is a whole number from 0 to {count - 1}")


def _check_numbers(g: GivenSource, shape: tuple[int, ...], where: str) -> None:
    if g.value is not None and shape:
        raise AuthoringError(f"{where}: value is for a scalar; a matrix has values = [[…]]")
    if g.values is not None and (not shape or [len(row) for row in g.values] != [shape[1]] * shape[0]):
        asked = f"the shape is {shape[0]}×{shape[1]}" if shape else "a scalar has value = …"
        lengths = " and ".join(str(len(row)) for row in g.values or ())
        raise AuthoringError(f"{where}: values are rows of {lengths} numbers; {asked}")
    numbers = [g.value] if g.value is not None else [x for row in g.values or [] for x in row]
    if any(not abs(x) <= LARGEST_NUMBER for x in numbers):
        raise AuthoringError(f"{where}: numbers to work by hand lie between −{LARGEST_NUMBER} and {LARGEST_NUMBER}")


def _check_draw(draw: Draw, where: str) -> None:
    low, high = draw.range or (-1, 1)
    if not (-LARGEST_NUMBER <= low < high <= LARGEST_NUMBER) or not 0 <= draw.decimals <= 6:
        raise AuthoringError(f"{where}: draw needs range = [low, high] with low below high, and decimals from 0 to 6")
    if (high - low) * 10**draw.places > MOST_CHOICES:
        raise AuthoringError(f"{where}: draw has more than {MOST_CHOICES} numbers to choose from: use fewer decimals")
    if not draw.choices(low, high).size:
        raise AuthoringError(
            f"{where}: draw leaves no number to choose: no other than 0 with these decimals is in range"
        )
