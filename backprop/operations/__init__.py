"""The table of operations. Read it second, after expressions.py.

Everything about an operation is in one entry, in the file of its family. This is all of tanh:

    Operation(
        "tanh",
        "the hyperbolic tangent of each entry",
        values=np.tanh,
        adjoint=("g * (1 - out ** 2)",),
        bounds=bounds_of_tanh,
        sympy="tanh",
        says_itself=True,
        notation=called("tanh", r"\\tanh", "tanh"),
        mistakes=(Known("missing-term", "g * (1 - out ** 2)", "g * (1 - out)", "the square was left out …"), …),
    )

The adjoint is a line of the language, as a textbook prints it: `g` is the gradient of the result, `out` the result,
`a` and `b` the arguments. So is a mistake. Anything that can be derived is left out; `record.py` says from
what. SymPy proves every adjoint from the formula of each entry (entry.py), NumPy is checked against both, and finite
differences against all three: the tests loop over this table, so a new entry brings its tests with it.
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
