"""What SymPy says of a set: the symbolic form of an entry of each line, derived once for the shapes and kept.

This module is imported where a course is made or checked, never where it is marked: SymPy is slow to start.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from backprop.entries import cells
from backprop.notation import LATEX, PLAIN, Printer
from backprop.records import ProblemRecord, SetRecord, SymbolicEntry
from backprop.symbolic import Symbolic, prove_model
from worksheets.authoring import AuthoringError, nearest
from worksheets.pages import first_entry
from worksheets.problem import Problem


def with_symbolic(sheet_set: SetRecord) -> SetRecord:
    """The set with the symbolic form of an entry of every line, each gradient proved first.

    Raises AuthoringError where SymPy's derivative is not what was derived by rule.
    """
    return msgspec.structs.replace(sheet_set, problems=tuple(map(_with_forms, sheet_set.problems)))


def _with_forms(problem: ProblemRecord) -> ProblemRecord:
    model = problem.model()
    if problem.loss:
        for proof in prove_model(model, problem.loss):
            if not proof.holds:
                raise AuthoringError(f"{problem.name}: SymPy cannot confirm {proof.line}, entries {proof.wrong}")
    reading = Symbolic(model, problem.loss or "")
    lines = []
    for line, record in zip(model.lines, problem.lines, strict=True):
        i, j = first_entry(line, record)
        entry = SymbolicEntry((i, j), reading.form(line, i, j, LATEX), reading.form(line, i, j, PLAIN))
        lines.append(msgspec.structs.replace(record, symbolic=entry))
    return msgspec.structs.replace(problem, lines=tuple(lines))


def derivation(problem: Problem, weight: str, style: str) -> Iterator[str]:
    """The gradient by one quantity: its matrix form, and every entry as SymPy derives it, line by printed line.

    Raises AuthoringError where the problem has no such gradient.
    """
    model = problem.model
    line = model.by_name.get(f"d{weight}")
    if line is None or line.part != "backward":
        known = [other.name[1:] for other in model.part("backward")]
        raise AuthoringError(f"{problem.name} has no gradient by {weight}; {nearest(weight, known, 'there are')}")
    loss = problem.derivation.gradients_of or ""
    reading, printer = Symbolic(model, loss), Printer.of(model, style, loss)
    proof = next(proof for proof in prove_model(model, loss) if proof.line == line.name)
    if not proof.holds:
        raise AuthoringError(f"{problem.name}: SymPy cannot confirm {line.name}, entries {proof.wrong}")
    yield f"{printer.name(line.name)} = {printer.expression(line.expression)}"
    for i, j in cells(line.shape):
        place = printer.entry_name(line.name, i, j) if line.shape else printer.name(line.name)
        yield f"{place} = {reading.form(line, i, j, style)}"
