"""Problems on their way into set.json: what is asked, its marks, and a hash of what the author wrote."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import prod
from typing import Any

import msgspec
import numpy as np

from backprop.evaluate import work_lines
from backprop.language import parse
from backprop.model import BACKWARD, UPDATE, Line, Model
from backprop.writing import text
from course.answer_names import FORMULA, TRACE, AnswerName
from course.records import Help, LineRecord, ProblemRecord, answers_of
from worksheets.asking import BARE
from worksheets.authored import AuthoredProblem
from worksheets.authoring import AuthoringError
from worksheets.drawing import draw_class, keyed_random
from worksheets.sharing import shares

WITH_FORMULAS = (BACKWARD, UPDATE)
"""The parts whose formulas may be asked: those of the forward pass are printed, and `again` repeats them."""


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
    said: Mapping[str, Any] = field(default_factory=dict)  # what of its questions the set says itself

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


DRAWS = 8
"""Of a problem's numbers, on none of which a line may lack a value."""


def _check_defined(problem: AuthoredProblem) -> None:
    """Raises AuthoringError where a line has no value, such as a division by zero, whatever numbers are drawn."""
    drawn = draw_class(problem, [keyed_random(b"defined", number) for number in range(DRAWS)])
    worked = work_lines(problem.model.lines, drawn, problem.model.sizes)
    for line in problem.model.lines:
        value = worked[line.name].reshape(-1, worked[line.name].shape[-1])
        if not np.isfinite(value).all(axis=0).any():
            raise AuthoringError(
                f"{problem.where}: line “{line.name}” is not defined, whatever is drawn: it divides by 0, takes the "
                "logarithm or the root of what has none, or grows without end"
            )


def problem_record(asked: Asked) -> ProblemRecord:
    """A problem as it goes into set.json, its marks shared out over the asked lines."""
    problem, model = asked.problem, asked.problem.model
    _check_defined(problem)
    zero = always_zero(model)
    lines = [
        LineRecord(
            line.name,
            line.text,
            tuple(map(int, line.shape)),
            line.part,
            line.name in asked.lines,
            0.0,
            zero[line.name],
            line.step,
            asked.help.get(line.name, BARE),
            dict.fromkeys(asked.in_words(line), 0.0),
        )
        for line in model.lines
    ]
    try:
        lines = with_marks(lines, asked.marks, asked.own_marks)
    except AuthoringError as error:
        raise AuthoringError(f"{problem.where}: {error}") from None
    return ProblemRecord(
        problem.name,
        problem.title,
        problem.intro,
        asked.decimals,
        dict(problem.sizes),
        problem.given_records,
        tuple(lines),
        dict(problem.labels),
        problem.derivation.gradients_of,
        dict(asked.own_marks),
        asked.marks,
        authored(problem, {**asked.said, "decimals": asked.decimals}),
        {name: g.numbers for name, g in problem.givens.items()},
    )


def with_marks(lines: Sequence[LineRecord], total: float | None, own: Mapping[str, float]) -> list[LineRecord]:
    """Lines with the marks for what is asked shared out. Raises AuthoringError where an answer cannot earn its own."""
    # A formula or a trace is one answer more, and counts as one entry.
    counts = {
        answer.within: 1 if answer.kind else prod(line.shape) - len(line.always_zero)
        for line in lines
        for answer in answers_of(1, line)
    }
    for name, worth in own.items():
        if worth and not counts.get(name):
            raise AuthoringError(f"marks: {name} is zero on every sheet, and earns nothing")
    marks = shares(total, own, counts)
    return [
        msgspec.structs.replace(
            line,
            marks=marks.get(line.name, 0.0),
            in_words={kind: marks[f"{line.name}.{kind}"] for kind in line.in_words},
        )
        for line in lines
    ]


def authored(problem: AuthoredProblem, questions: Mapping[str, Any]) -> str:
    """A hash of what an author wrote on which lines and questions depend: neither titles, nor marks, nor numbers.

    What is left as it is by default is left out, so that a default that comes later changes no hash.
    """
    said = {
        "lines": [(name, text(parse(line))) for name, line in problem.forward.items()],
        "then": [(name, text(parse(line))) for name, line in problem.then.items()],
        "sizes": dict(problem.sizes),
        "given": [_without_defaults(g) for g in problem.given_records],
        "derive": _without_defaults(problem.derivation),
        **{key: value for key, value in questions.items() if value},
    }
    return hashlib.sha256(msgspec.json.encode(said)).hexdigest()


def _without_defaults(said: msgspec.Struct) -> dict[str, Any]:
    fields = {field.name: field.default for field in msgspec.structs.fields(said)}
    return {name: value for name, value in msgspec.structs.asdict(said).items() if value != fields[name]}


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
