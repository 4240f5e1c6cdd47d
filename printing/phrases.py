"""The sentences of a sheet, each said once for all formats.

In a phrase, what stands between backticks is typed so, two stars are for what is not to be missed, and braces are
filled in with what is printed in the page's format already.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

from backprop.model import AGAIN, BACKWARD, FORWARD, THEN, UPDATE
from printing.styles.html import Html
from printing.styles.latex import Latex
from printing.styles.markdown import Markdown
from printing.styles.notebook import Notebook
from printing.styles.spreadsheet import Spreadsheet
from printing.styles.style import Style, words
from printing.styles.typst import Typst

WORKED_SOLUTION = "Worked solution"
ROUNDING = (
    "Every number that you write, or keep on the way, may be rounded, truncated or kept in full at the decimals "
    "asked for."
)
SLIPS = "Work on with your own numbers: a slip costs once, and what follows rightly from it counts."
BLANK = "A blank is no answer. What comes after it is marked all the same."

_READ = "`0.25`, `-1.5`, `1/3` and `sqrt(2)/2` are all read."
_FORMULAS = (
    "Where a formula is asked, write it as you would in Python, LaTeX or on paper: `X.T @ dQ`, `X^T dQ`, `X' * dL/dQ`."
)

HOW: Mapping[type[Style], tuple[str, ...]] = {
    Markdown: (
        f"Write a number in each blank: {_READ} You may also write a whole matrix in place of its blanks, such as "
        "`[[1, 2], [3, 4]]` or one row a line.",
    ),
    Latex: (f"Write a number on each line: {_READ}",),
    Typst: (f"Write a number on each line, or type it into the form: {_READ}",),
    Html: (f"Write a number in each field: {_READ}",),
    Notebook: (
        f"Write a number in the place of each `...` in the code cells: {_READ} You may also write a whole matrix, such "
        "as `[[1, 2], [3, 4]]`, or what NumPy prints.",
        "The cells are read, and never run: write the numbers themselves, not the Python that works them out. Leave "
        "the first line of each, with the answer's name, as it is. Other cells are yours to work in. Save the "
        "notebook, and hand it in.",
    ),
    Spreadsheet: (
        "Type a number into each bordered cell, or a formula: a fraction as `=1/3`, a root as `=SQRT(2)/2`. "
        "A formula's result is read as it was stored, so save the workbook in your spreadsheet program, as .xlsx.",
    ),
}
"""How one fills in each format."""

FORMULAS: Mapping[type[Style], str] = {
    Notebook: "Where a formula is asked, write it between the quotation marks, as in Python, in LaTeX or as on paper: "
    '`"X.T @ dQ"`, `"X^T dQ"`.',
}
"""How one writes a formula, where a format has a way of its own."""

LAST: Mapping[type[Style], str] = {
    Html: "Tab and Enter lead from field to field, arrow keys about a matrix. A whole matrix, typed or pasted into its "
    "first field, fills in all of them. When you have finished, press **Download answers.json** and hand that file in.",
    Spreadsheet: "You may put in rows and columns; leave the answers' names in the first column as they are. "
    "The tab Notes is yours to work on.",
}
"""What is said last on how one fills in a format, where there is more to it."""

FIXED = {
    "how": "How to answer",
    "sheet": "Sheet",
    "worked_solution": WORKED_SOLUTION,
    "given": "Given",
    "model": "The model",
    "told": "These lines are worked out for you",
    "hint": "Hint",
    "a_formula": "a formula",
    "names_in_order": "their names, in order",
    "trace": "Trace the gradient flow",
    "other_orders": "Any other order in which each line comes after those that it is worked from is right as well.",
    "losses": "The loss, step by step",
}
"""What is the same on every sheet."""

DECIMALS = "Give every answer to **{decimals} decimals**."
TRAINABLE = "Trainable: {names}."
TRACE_TASK = (
    "List the gradients that have to be worked on the way from {loss} to {symbol}, in an order in which they can be "
    "worked."
)
MORE = "The other {count} entries are worked in the same way."
OF_STEPS = " (step {step} of {steps})"
INDEX = "number {place} of {size}, the first being number 1"
A_NUMBER, WORKED_FOR_YOU = "a number", "worked for you"

PARTS = {
    FORWARD: ("Forward pass", "Work out every line of the model that is asked for, in order."),
    BACKWARD: (
        "Backward pass",
        "Work out the gradient of {loss} with respect to each quantity, from the loss down to the weights.",
    ),
    UPDATE: ("Update", "Take one step of gradient descent: each weight minus {rate} times its gradient."),
    AGAIN: (
        "Forward pass with the new weights",
        "Work the same lines once more, with every weight replaced by its new value.",
    ),
    THEN: ("And then", "Work these lines from what you have found."),
}


def rules(style: type[Style], slips: bool, formulas: bool) -> tuple[str, ...]:
    """How one answers on a sheet of a format: where a slip costs once, and where formulas are asked."""
    formula = FORMULAS.get(style, _FORMULAS)
    last = [LAST[style]] if style in LAST else []
    return (*HOW[style], ROUNDING, *[SLIPS] * slips, *[formula] * formulas, BLANK, *last)


def said(phrase: str, style: Style, **filled: str) -> str:
    """A phrase in a format, with what it speaks of filled in."""
    printed = []
    for piece in re.split(r"(`[^`]+`|\*\*.+?\*\*|\{\w+\})", phrase):
        if piece.startswith("`"):
            printed.append(style.code(piece[1:-1]))
        elif piece.startswith("**"):
            printed.append(style.strong(said(piece[2:-2], style, **filled)))
        elif piece.startswith("{"):
            printed.append(filled[piece[1:-1]])
        else:
            printed.append(words(piece, style))
    return "".join(printed)


@cache
def fixed(style: type[Style]) -> Mapping[str, str]:
    """What is the same on every sheet of a format, by its name in the templates."""
    return {name: said(phrase, style()) for name, phrase in FIXED.items()}


@cache
def printed_rules(style: type[Style], slips: bool, formulas: bool) -> tuple[str, ...]:
    """How one answers, printed in a format."""
    return tuple(said(rule, style()) for rule in rules(style, slips, formulas))
