"""The table of operations. Read it second, after expressions.py.

Everything about an operation stands side by side in one entry, in the file of its family. This is all of tanh:

    Operation(
        "tanh",
        "the hyperbolic tangent of each entry",
        values=np.tanh,
        adjoint=("g * (1 - out ** 2)",),
        bounds=bounds_of_tanh,
        sympy="tanh",
        notation=called("tanh", r"\\tanh", "tanh"),
        mistakes=(Known("missing-term", "g * (1 - out ** 2)", "g * (1 - out)", "the square was left out …"), …),
    )

The adjoint is a line of the language, as a textbook prints it: `g` is the gradient of the result, `out` the result,
`a` and `b` the arguments. So is a mistake. What can be derived is not declared; `record.py` says what is read from
what. SymPy proves every adjoint from the entries, NumPy is held against both, and finite differences against all three:
the tests loop over this table, so a new entry brings its tests with it.
"""

from __future__ import annotations

from backprop.operations import arithmetic, functions, losses, picking, softmax, sums
from backprop.operations.record import Argument, Known, Operation

__all__ = ["FUNCTIONS", "OPERATIONS", "Argument", "Known", "Operation"]

FAMILIES = (arithmetic, functions, softmax, sums, picking, losses)

OPERATIONS: dict[str, Operation] = {entry.name: entry for family in FAMILIES for entry in family.OPERATIONS}
"""Every operation by its name, in the order in which documentation lists them."""

FUNCTIONS = [name for name, entry in OPERATIONS.items() if entry.operator is None]
"""The operations that are written as a call."""
