"""The printed readings of an expression: LaTeX, and plain text that reads well where nothing is typeset."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from backprop.expressions import (
    Apply,
    Expression,
    ExpressionError,
    Name,
    Number,
    decimal,
    needs_parentheses,
    rebuild,
)
from backprop.model import BACKWARD, Model
from backprop.operations import OPERATIONS
from backprop.printed import Notation
from backprop.scope import Scope, shape_of

LATEX, PLAIN = STYLES = ("latex", "plain")

GREEK = (
    *("alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa", "lambda", "mu", "nu"),
    *("xi", "omicron", "pi", "rho", "sigma", "tau", "upsilon", "phi", "chi", "psi", "omega"),
    *("Gamma", "Delta", "Theta", "Lambda", "Xi", "Pi", "Sigma", "Upsilon", "Phi", "Psi", "Omega"),
)
LETTERS = dict(zip(GREEK, "αβγδεζηθικλμνξοπρστυφχψωΓΔΘΛΞΠΣΥΦΨΩ", strict=True))


def symbol(name: str, style: str) -> str:
    """A quantity's name as mathematics: `W_Q` with a subscript, `eta` as η, `scores` upright, `Q_new` as new Q."""
    if name.endswith("_new") and len(name) > 4:
        old = symbol(name[:-4], style)
        return f"{{{old}}}^{{\\text{{new}}}}" if style == LATEX else f"{old}_new"
    head, *tail = name.split("_")
    if style == PLAIN:
        return "_".join([LETTERS.get(head, head), *tail])
    subscript = ", ".join(_word(t, plain_digits=True) for t in tail if t)
    return f"{_word(head)}_{{{subscript}}}" if subscript else _word(head)


def _word(word: str, plain_digits: bool = False) -> str:
    if word in LETTERS:
        return f"\\{word}"
    numbered = re.fullmatch(r"([A-Za-z])(\d+)", word)
    if numbered and not plain_digits:
        return f"{numbered[1]}_{{{numbered[2]}}}"
    return word if len(word) == 1 or word.isdigit() else f"\\mathrm{{{word}}}"


def markdown_words(words: str) -> str:
    """Words in Markdown that print as they were typed, on one line."""
    return re.sub(r"([\\`*_{}\[\]<>#|~$&])", r"\\\1", " ".join(words.split()))


@dataclass(frozen=True)
class Printer:
    """Prints expressions of one model in one style; gradients print as ∂L/∂X."""

    style: str
    scope: Scope
    gradients: Mapping[str, str] = field(default_factory=dict)  # dX → X
    loss: str = "L"  # the symbol of what is differentiated
    renamed: Mapping[str, str] = field(default_factory=dict)  # names with a symbol of their own

    @staticmethod
    def of(model: Model, style: str, loss: str | None = None) -> Printer:
        """A printer for a model; the loss that it differentiates prints as L where that letter is free."""
        gradients = {line.name: line.name[1:] for line in model.part(BACKWARD)}
        short = loss == "loss" and "L" not in model.scope.known()
        renamed = {"loss": "L", "loss_new": symbol("L_new", style)} if short else {}
        return Printer(style, model.scope, gradients, "L" if short else symbol(loss or "L", style), renamed)

    def name(self, name: str) -> str:
        """A name as mathematics."""
        if name in self.renamed:
            return self.renamed[name]
        if name in self.gradients:
            below = symbol(self.gradients[name], self.style)
            if self.style == LATEX:
                return rf"\frac{{\partial {self.loss}}}{{\partial {below}}}"
            return f"∂{self.loss}/∂{below}"
        return symbol(name, self.style)

    def entry_name(self, name: str, i: int, j: int) -> str:
        """An entry of a named matrix, counted from 1: Q₁₂."""
        return self._entry(name, str(i + 1), str(j + 1))

    def _entry(self, name: str, i: str, j: str) -> str:
        comma = "" if len(i) == len(j) == 1 else ","
        if self.style == PLAIN:
            return f"{self.name(name)}[{i},{j}]"
        if name in self.gradients:
            below = self._entry(self.gradients[name], i, j)
            return rf"\frac{{\partial {self.loss}}}{{\partial {below}}}"
        whole = self.name(name)
        # A second subscript needs parentheses around the first.
        whole = rf"({whole})" if "_{" in whole or "^{" in whole else whole
        return rf"{whole}_{{{i}{comma}{j}}}"

    def expression(self, expression: Expression) -> str:
        """An expression, with parentheses where it needs them."""
        match expression:
            case Number(value):
                return self.number(value)
            case Name(id):
                return self.name(id)
            case Apply("entry", (Name(id), i, j)):
                return self._entry(id, self._index(i), self._index(j))
            case Apply(operation, arguments):
                return self._apply(operation, arguments)

    def number(self, value: Fraction) -> str:
        sign = ("-" if self.style == LATEX else "−") if value < 0 else ""
        size = abs(value)
        if short := decimal(size):
            return sign + short
        over = (
            rf"\frac{{{size.numerator}}}{{{size.denominator}}}"
            if self.style == LATEX
            else f"{size.numerator}/{size.denominator}"
        )
        return sign + over

    def _apply(self, operation: str, arguments: tuple[Expression, ...]) -> str:
        entry = OPERATIONS[operation]
        notation = entry.notation
        if entry.matrices and all(self._is_matrix(a) for a in arguments):
            notation = entry.matrices
        parts = []
        for position, (kind, argument) in enumerate(zip(entry.takes, arguments, strict=True)):
            shown = self._index(argument) if kind == "i" else self.expression(argument)
            if kind != "i" and self._in_parentheses(operation, notation, position, argument):
                shown = rf"\left({shown}\right)" if self.style == LATEX else f"({shown})"
            parts.append(shown)
        if notation is None:
            called = ", ".join(parts)
            return rf"\mathrm{{{operation}}}\left({called}\right)" if self.style == LATEX else f"{operation}({called})"
        return (notation.latex if self.style == LATEX else notation.plain)(*parts)

    def _in_parentheses(self, operation: str, notation: Notation | None, position: int, argument: Expression) -> bool:
        if operation not in ("+", "-", "*", "/", "@", "**", "neg", ".T"):
            return False
        if operation in ("**", ".T") and isinstance(argument, Name):
            # A superscript on a fraction needs parentheses, and in LaTeX so does a second superscript.
            return argument.id in self.gradients or (self.style == LATEX and argument.id.endswith("_new"))
        if self.style == LATEX:
            if notation is not None and notation.bar:
                return False
            if operation in ("+", "-", "*", "@", "neg") and self._has_bar(argument):
                return False
        return needs_parentheses(operation, position, argument)

    def _has_bar(self, argument: Expression) -> bool:
        return (
            isinstance(argument, Apply)
            and argument.operation == "/"
            and not all(map(self._is_matrix, argument.arguments))
        )

    def _is_matrix(self, argument: Expression) -> bool:
        try:
            return shape_of(argument, self.scope) != ()
        except ExpressionError:
            return False

    def _index(self, argument: Expression) -> str:
        """An index for a reader, who counts from 1."""
        match argument:
            case Number(value):
                return "last" if value == -1 else str(int(value) + 1) if value >= 0 else f"{-int(value)} from the end"
        return self.expression(argument)


def with_numbers(expression: Expression, values: Mapping[tuple[str, int, int], Fraction]) -> Expression:
    """An entry's expression with the numbers of one sheet in the place of its leaves."""
    match expression:
        case Apply("entry", (Name(id), Number(i), Number(j))):
            return Number(values[id, int(i), int(j)])
        case Name(id) if (id, 0, 0) in values:
            return Number(values[id, 0, 0])
    return rebuild(expression, lambda part: with_numbers(part, values))
