"""Problems as an instructor writes them: the forward pass of a small model, and what is derived from it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import Any, Self, TypeVar

import msgspec

from backprop.errors import ExpressionError
from backprop.model import FORWARD, THEN, Model
from backprop.training import derive
from course.checked import unreadable_in
from course.records import GivenRecord
from course.records import given as as_given
from worksheets.authoring import AuthoringError, NotThere, fitted, nearest, read_toml, within
from worksheets.effort import bounded
from worksheets.given import GivenSource, Override, check_given, check_size
from worksheets.limits import (
    LONGEST_INTRO,
    LONGEST_LABEL,
    LONGEST_NAME,
    LONGEST_TITLE,
    MOST_GIVENS,
    MOST_LINES,
    check_amounts,
    check_letters,
    check_work,
)

MOST_STEPS = 5
NAME = re.compile(r"[A-Za-zΑ-ω][A-Za-z0-9_Α-ω]*")


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
class AuthoredProblem:
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
            with bounded(self.where, "deriving its gradients"):
                model = Model(dict(self.sizes), givens, ()).extended(
                    (name, text, FORWARD) for name, text in self.forward.items()
                )
                wanted = self.derivation
                model = derive(model, wanted.gradients_of, wanted.update, wanted.again, wanted.steps)
                last = max((line.step for line in model.lines), default=1)
                model = model.extended([(name, text, THEN) for name, text in self.then.items()], last)
        except ExpressionError as error:
            raise AuthoringError(f"{self.where}: {error}") from None
        check_work(model, self.where)
        for wrong in unreadable_in(self.intro, model.scope):
            raise AuthoringError(f"{self.where}: intro, {wrong}")
        return model

    @property
    def fields(self) -> dict[str, Any]:
        """What its author wrote, by name."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @property
    def given_records(self) -> tuple[GivenRecord, ...]:
        return tuple(GivenRecord(name, g.shape, g.index, g.trainable, g.rows) for name, g in self.givens.items())

    def adapted(self, sizes: Mapping[str, int], overrides: Mapping[str, Override]) -> Self:
        """The problem at other sizes and with other numbers, or another way to draw them.

        Labels that no longer fit their size are dropped. Raises AuthoringError where a name is not the problem's.
        """
        for name, value in sizes.items():
            if name not in self.sizes:
                raise AuthoringError(
                    f"{self.where}: no size is called {name}; {nearest(name, list(self.sizes), 'sizes')}"
                )
            check_size(name, value, self.where)
        givens = dict(self.givens)
        for name, override in overrides.items():
            if name not in givens:
                raise AuthoringError(
                    f"{self.where}: nothing given is called {name}; {nearest(name, list(givens), 'given')}"
                )
            givens[name] = msgspec.structs.replace(givens[name], **msgspec.structs.asdict(override))
        return _checked(replace(self, sizes={**self.sizes, **sizes}, givens=givens))


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


def load_authored(name: str, beside: Path | None = None) -> AuthoredProblem:
    """A bundled problem by its name, or an instructor's own by its file's path (from the folder `beside`).

    Raises AuthoringError where there is none, or where it cannot be used: with the file, the line's name, the reason.
    """
    known = bundled_problems()
    if name in known:
        return read_authored(name, read_toml(known[name]), name)
    path = Path(name) if beside is None else within(beside, name)
    if path.suffix != ".toml" and not path.exists():
        raise NotThere(
            f"no problem is called “{name}”; {nearest(name, list(known), 'bundled problems')} "
            "(or give the path of a .toml file)"
        )
    return read_authored(path.stem, read_toml(path), str(path))


def read_authored(name: str, table: dict[str, Any], where: str) -> AuthoredProblem:
    """A problem from a file's contents, with every name, size and number checked."""
    source = fitted(table, ProblemSource, where)
    _check_lengths(source, where)
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
        check_size(size, value, where)
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
    problem = AuthoredProblem(
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


def _check_lengths(source: ProblemSource, where: str) -> None:
    """Raises AuthoringError where more stands in the file than it may have."""
    check_amounts(where, {"[sizes]": source.sizes, "[given]": source.given}, MOST_GIVENS)
    check_amounts(where, {"[lines]": source.lines, "[then]": source.then}, MOST_LINES)
    names = (*source.sizes, *source.given, *source.lines, *source.then)
    check_letters(where, {f"the name {name}": name for name in names}, LONGEST_NAME)
    check_letters(where, {"title": source.title}, LONGEST_TITLE)
    check_letters(where, {"intro": source.intro}, LONGEST_INTRO)
    labels = {f"[labels] {size}: {label}": label for size, own in source.labels.items() for label in own}
    check_letters(where, labels, LONGEST_LABEL)


P = TypeVar("P", bound=AuthoredProblem)


def _checked(problem: P) -> P:
    """The problem, with its givens' numbers fitting their shapes and only labels that fit their size."""
    for name, g in problem.givens.items():
        check_given(name, g, problem.sizes, problem.where)
    for size in problem.labels:
        if size not in problem.sizes:
            raise AuthoringError(f"{problem.where}: [labels] {size}: no size has this name")
    fitting = {s: labels for s, labels in problem.labels.items() if len(labels) >= problem.sizes[s]}
    return replace(problem, labels={s: labels[: problem.sizes[s]] for s, labels in fitting.items()})
