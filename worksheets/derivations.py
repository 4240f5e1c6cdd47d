"""What SymPy says of a set: whether every gradient is proved, and its symbolic form.

SymPy is slow to start: it is loaded only where something is to be proved or derived.
"""

from __future__ import annotations

from collections.abc import Iterator

from backprop.entries import cells
from backprop.notation import Printer
from course.records import SetRecord
from worksheets import cache
from worksheets.authored import AuthoredProblem
from worksheets.authoring import AuthoringError, nearest
from worksheets.effort import bounded

SECONDS, PROOF = 8.0, "the proof of its gradients"


def proved(sheet_set: SetRecord) -> SetRecord:
    """The set, once SymPy has confirmed every gradient line entry by entry. Raises AuthoringError where it cannot."""
    for problem in sheet_set.problems:
        if problem.loss and not cache.load("proofs", problem, bool):
            from backprop.symbolic import prove_model

            with bounded(problem.name, PROOF, SECONDS):
                proofs = list(prove_model(problem.model(), problem.loss))
            for proof in proofs:
                if not proof.holds:
                    raise AuthoringError(f"{problem.name}: SymPy cannot confirm {proof.line}, entries {proof.wrong}")
            cache.save("proofs", problem, True)
    return sheet_set


def derivation(problem: AuthoredProblem, weight: str, style: str) -> Iterator[str]:
    """The gradient with respect to one quantity: its matrix form, then each entry as SymPy derives it.

    Raises AuthoringError where the problem has no such gradient.
    """
    from backprop.symbolic import Symbolic, prove_model

    model = problem.model
    line = model.by_name.get(f"d{weight}")
    if line is None or line.part != "backward":
        known = [other.name[1:] for other in model.part("backward")]
        raise AuthoringError(
            f"{problem.name} has no gradient with respect to {weight}; {nearest(weight, known, 'there are')}"
        )
    loss = problem.derivation.gradients_of or ""
    reading, printer = Symbolic(model, loss), Printer.of(model, style, loss)
    with bounded(problem.where, PROOF, SECONDS):
        proof = next(proof for proof in prove_model(model, loss) if proof.line == line.name)
    if not proof.holds:
        raise AuthoringError(f"{problem.name}: SymPy cannot confirm {line.name}, entries {proof.wrong}")
    yield f"{printer.name(line.name)} = {printer.expression(line.expression)}"
    with bounded(problem.where, f"SymPy's form of {line.name}", SECONDS):
        forms = {(i, j): reading.form(line, i, j, style) for i, j in cells(line.shape)}
    for (i, j), form in forms.items():
        place = printer.entry_name(line.name, i, j) if line.shape else printer.name(line.name)
        yield f"{place} = {form}"
