"""The printed readings of an expression: LaTeX, Typst, and plain text that reads well where nothing is typeset."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from backprop.decimals import decimal
from backprop.errors import ExpressionError
from backprop.expressions import Apply, Expression, Name, Number, rebuild
from backprop.language import parse
from backprop.model import BACKWARD, Model
from backprop.operations import OPERATIONS
from backprop.operations.picking import as_leaf
from backprop.operations.printed import LATEX, PLAIN, TYPST, Notation, called, infix, quoted
from backprop.operations.record import ATOM, INDEX
from backprop.scope import Scope, shape_of
from backprop.writing import level, needs_parentheses

__all__ = [
    "LATEX",
    "PLAIN",
    "TYPST",
    "Printer",
    "full_stop",
    "markdown_words",
    "quoted",
    "spoken",
    "symbol",
    "with_numbers",
]

_GREEK = (
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho sigma tau upsilon phi chi "
    "psi omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega"
)
SLASH = infix("/", "/")
MOST_OVER_A_BAR = 10
"""How many numbers and names a numerator may have: no line is broken there, so a longer one stands before a slash."""
LETTERS = dict(zip(_GREEK.split(), "αβγδεζηθικλμνξοπρστυφχψωΓΔΘΛΞΠΣΥΦΨΩ", strict=True))


def symbol(name: str, style: str) -> str:
    """A quantity's name as mathematics: `W_Q` with a subscript, `eta` as η, `scores` upright, `Q_new` as new Q."""
    if style != PLAIN and (later := re.fullmatch(r"(.+)_new(\d*)", name)):
        old, new = symbol(later[1], style), f"new {later[2]}".strip()
        return rf"{{{old}}}^{{\text{{{new}}}}}" if style == LATEX else f'{old}^"{new}"'
    head, *tail = name.split("_")
    if style == PLAIN:
        return "_".join([LETTERS.get(head, head), *tail])
    if numbered := re.fullmatch(r"([A-Za-z])(\d+)", head):  # W1 is W with a subscript
        head, tail = numbered[1], [numbered[2], *tail]
    subscript = ", ".join(_word(t, style) for t in tail if t)
    return _below(_word(head, style), subscript, style) if subscript else _word(head, style)


def _word(word: str, style: str) -> str:
    if word in LETTERS:
        return LETTERS[word] if style == TYPST else f"\\{word}"
    if len(word) == 1 or word.isdigit():
        return word
    return quoted(word) if style == TYPST else f"\\mathrm{{{word}}}"


def _below(whole: str, subscript: str, style: str) -> str:
    return f"{whole}_({subscript})" if style == TYPST else f"{whole}_{{{subscript}}}"


def markdown_words(words: str) -> str:
    """Words in Markdown that print as they were typed, on one line."""
    return re.sub(r"([\\`*_{}\[\]<>#|~$&])", r"\\\1", one_line(words))


def one_line(text: str) -> str:
    """Words on one line, without what cannot be printed: control codes, what turns the direction of text around."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


@dataclass(frozen=True)
class Printer:
    """Prints expressions of one model in one style; gradients print as ∂L/∂X."""

    style: str
    scope: Scope
    gradients: Mapping[str, str] = field(default_factory=dict)  # dX → X
    loss: str = "L"  # what is differentiated
    renamed: Mapping[str, str] = field(default_factory=dict)  # names with a symbol of their own

    @staticmethod
    def of(model: Model, style: str, loss: str | None = None) -> Printer:
        """A printer for a model; the loss that it differentiates prints as L where that letter is free."""
        gradients = {line.name: line.name[1:] for line in model.lines if line.part == BACKWARD}
        short = loss == "loss" and "L" not in model.scope.known()
        renamed = {n: symbol(f"L{n[4:]}", style) for n in model.by_name if re.fullmatch(r"loss(_new\d*)?", n)}
        return Printer(style, model.scope, gradients, "L" if short else loss or "L", renamed if short else {})

    def name(self, name: str) -> str:
        """A name as mathematics."""
        if name in self.renamed:
            return self.renamed[name]
        if name in self.gradients:
            return self._gradient(name, symbol(self.gradients[name], self.style))
        return symbol(name, self.style)

    @property
    def loss_symbol(self) -> str:
        """What is differentiated, as mathematics."""
        return symbol(self.loss, self.style)

    def _gradient(self, name: str, below: str) -> str:
        step = re.search(r"_new\d*$", name)  # of a later step: the gradient of that step's loss
        loss = symbol(f"{self.loss}{step[0] if step else ''}", self.style)
        if self.style == LATEX:
            return rf"\frac{{\partial {loss}}}{{\partial {below}}}"
        return f"frac(∂{loss}, ∂{below})" if self.style == TYPST else f"∂{loss}/∂{below}"

    def entry_name(self, name: str, i: int, j: int) -> str:
        """An entry of a named matrix, counted from 1: Q₁₂."""
        return self._entry(name, str(i + 1), str(j + 1))

    def _entry(self, name: str, i: str, j: str) -> str:
        comma = "" if len(i) == len(j) == 1 else ","
        if self.style == PLAIN:
            return f"{self.name(name)}[{i},{j}]"
        if name in self.gradients:
            return self._gradient(name, self._entry(self.gradients[name], i, j))
        whole = self.name(name)
        # A second subscript needs parentheses around the first.
        whole = f"({whole})" if "_" in whole or "^" in whole else whole
        return _below(whole, f"{i}{comma}{j}", self.style)

    def expression(self, expression: Expression) -> str:
        """An expression, with parentheses where it needs them."""
        if found := as_leaf(expression):
            name, i, j = found
            return self._entry(name, self._index(i), self._index(j))
        match expression:
            case Number(value):
                return self.number(value)
            case Name(id):
                return self.name(id)
            case Apply(operation, arguments):
                return self._apply(operation, arguments)

    def number(self, value: Fraction) -> str:
        sign = ("−" if self.style == PLAIN else "-") if value < 0 else ""
        size = abs(value)
        if short := decimal(size):
            return sign + short
        over = {LATEX: r"\frac{#1}{#2}", TYPST: "frac(#1, #2)", PLAIN: "#1/#2"}[self.style]
        return sign + over.replace("#1", str(size.numerator)).replace("#2", str(size.denominator))

    def _apply(self, operation: str, arguments: tuple[Expression, ...]) -> str:
        entry = OPERATIONS[operation]
        notation = entry.notation
        if entry.matrices and all(self._is_matrix(a) for a in arguments):
            notation = entry.matrices
        if notation is not None and notation.bar and _count(arguments[0]) > MOST_OVER_A_BAR:
            notation = SLASH
        parts = []
        for position, (kind, argument) in enumerate(zip(entry.takes, arguments, strict=True)):
            shown = self._index(argument) if kind is INDEX else self.expression(argument)
            if kind is not INDEX and self._in_parentheses(operation, notation, position, argument):
                # TeX breaks no line between \left and \right: only what is high has parentheses that grow.
                high = self.style == LATEX and r"\frac" in shown
                shown = rf"\left({shown}\right)" if high else f"({shown})"
            parts.append(shown)
        if notation is None:
            return called(operation).printed(self.style, ", ".join(parts))
        return notation.printed(self.style, *parts)

    def _in_parentheses(self, operation: str, notation: Notation | None, position: int, argument: Expression) -> bool:
        if notation is not None and notation.words:  # “row 1 of A · B” would leave open of what
            return level(argument) < ATOM
        entry = OPERATIONS[operation]
        if entry.operator is None or entry.notation is None:
            return False
        if entry.notation.superscript:
            if isinstance(argument, Name):
                # A superscript on a fraction needs parentheses, and in LaTeX so does a second superscript.
                return argument.id in self.gradients or (self.style != PLAIN and "_new" in argument.id)
            if (found := as_leaf(argument)) and entry.operator.level < ATOM:
                return found[0] in self.gradients
        elif self.style != PLAIN:
            if notation is not None and notation.bar:
                return False
            if not entry.notation.bar and self._has_bar(argument):
                return False
        return needs_parentheses(operation, position, argument)

    def _has_bar(self, argument: Expression) -> bool:
        """Whether an expression is typeset as a fraction."""
        if not isinstance(argument, Apply):
            return False
        notation = OPERATIONS[argument.operation].notation
        return notation is not None and notation.bar and not all(map(self._is_matrix, argument.arguments))

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


def _count(expression: Expression) -> int:
    """How many numbers and names are printed of an expression, an entry of a matrix as one."""
    if isinstance(expression, Apply) and not as_leaf(expression):
        return sum(map(_count, expression.arguments))
    return 1


def spoken(says: str, printer: Printer) -> str:
    """A sentence with the formulas in its braces as a student reads them."""
    return re.sub(r"\{([^{}]*)\}", lambda found: printer.expression(parse(found[1])), says)


def full_stop(says: str) -> str:
    """A sentence with its full stop, of which it may have one already."""
    return says if says.endswith((".", "!", "?", "…", ".”")) else f"{says}."


def with_numbers(expression: Expression, values: Mapping[tuple[str, int, int], Fraction]) -> Expression:
    """An entry's expression with the numbers of one sheet in the place of its leaves."""
    match as_leaf(expression):
        case (name, Number(i), Number(j)):
            return Number(values[name, int(i), int(j)])
    if isinstance(expression, Name) and (expression.id, 0, 0) in values:
        return Number(values[expression.id, 0, 0])
    return rebuild(expression, lambda part: with_numbers(part, values))
