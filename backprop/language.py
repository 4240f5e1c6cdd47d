"""The language of lines: text to expressions, by Python's own parser, which runs nothing.

What is too long, too deep or too large to be worked is refused here, so that no reading need be afraid of it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from difflib import get_close_matches
from fractions import Fraction
from functools import cache
from itertools import islice
from keyword import iskeyword
from typing import NamedTuple

from backprop.decimals import decimal
from backprop.errors import ExpressionError
from backprop.expressions import Apply, Expression, Name, Number, Span, walk
from backprop.operations import FUNCTIONS, OPERATIONS
from backprop.operations.record import EXPONENT
from backprop.scope import MOST_POWER
from backprop.writing import depth
from backprop.writing import text as written

MOST_CHARACTERS = 600
MOST_DEPTH = 40
MOST_BRACKETS = 100
MOST_DIGITS = 30
LARGEST = Fraction(10) ** 9
SMALLEST = Fraction(1, 10**12)

NAME = r"[A-Za-zΑ-ω][A-Za-z0-9_Α-ω]*"
TOKEN = re.compile(
    rf"\s*(?:(?P<number>(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d{{1,3}})?)|(?P<name>{NAME})"
    rf"|(?P<sign>\.T(?![A-Za-z0-9_])|\*\*|[-+@*/(),]))"
)
SYNTAX = {entry.operator.syntax: name for name, entry in OPERATIONS.items() if entry.operator}
"""Operations by the names that Python's syntax trees have for their signs."""


class Token(NamedTuple):
    kind: str
    text: str
    start: int
    end: int


def parse(text: str) -> Expression:
    """The expression that a line's right-hand side says.

    Raises ExpressionError, with the place in the text, where it is not of the language or too large to be worked.
    """
    if len(text) > MOST_CHARACTERS:
        raise ExpressionError(f"a line has at most {MOST_CHARACTERS} characters; this one has {len(text)}")
    if not text.strip():
        raise ExpressionError("the line is empty")
    try:
        tokens = list(_tokens(text))
        _check(text, tokens)
        expression = _Reader(text, tokens).read()
        if depth(expression) > MOST_DEPTH:
            raise ExpressionError(f"more than {MOST_DEPTH} operations deep: give the inner parts lines of their own")
        if (power := _power(expression)) > MOST_POWER:
            raise ExpressionError(f"powers within powers make a power of {int(power):,}; the most is {MOST_POWER}")
        if len(written(expression)) > MOST_CHARACTERS:
            raise ExpressionError(f"with its spaces this line has more than {MOST_CHARACTERS} characters")
    except ExpressionError as error:
        error.text = text
        raise
    return expression


def is_readable(expression: Expression) -> bool:
    """Whether an expression can be kept as text: its own reads back as the same tree."""
    try:
        return depth(expression) <= MOST_DEPTH and parse(written(expression)) == expression
    except ExpressionError:
        return False


def _power(expression: Expression) -> Fraction:
    """The highest power that anything in an expression is raised to, where powers stand within each other."""
    highest = Fraction(1)
    waiting = [(expression, highest)]
    while waiting:
        node, power = waiting.pop()
        if isinstance(node, Apply):
            for argument, kind in zip(node.arguments, OPERATIONS[node.operation].takes, strict=False):
                if kind is EXPONENT and isinstance(argument, Number) and 1 < abs(argument.value) <= MOST_POWER:
                    power *= abs(argument.value)
            highest = max(highest, power)
            waiting.extend((a, power) for a in node.arguments)
    return highest


def is_too_long(expression: Expression) -> bool:
    """Whether an expression cannot be written as a line, whatever its names; found without writing it."""
    return sum(1 for _ in islice(walk(expression), MOST_CHARACTERS)) == MOST_CHARACTERS


@cache
def parse_rule(rule: str) -> Expression:
    """A line of the table of operations, whose names stand for any expression; parsed once."""
    return parse(rule)


def _tokens(text: str) -> Iterator[Token]:
    end, last = 0, len(text.rstrip())
    while end < last:
        found = TOKEN.match(text, end)
        if found is None:
            break
        kind = found.lastgroup or ""
        yield Token(kind, found[kind], found.start(kind), found.end())
        end = found.end()
    start = end + len(text[end:]) - len(text[end:].lstrip()) if end < last else last
    yield Token("stray" if start < last else "end", text[start : start + 1], start, start + 1)


def _check(text: str, tokens: list[Token]) -> None:
    """Whether each token can stand where it does: operands and operators in turn, each bracket closed."""
    opened: list[bool] = []  # for each bracket whether it is a call's
    wants_operand, before = True, ""
    for token in tokens:
        span = token.start, token.end
        if token.kind == "stray":
            raise ExpressionError(_stray(text, token.start), span=span)
        if token.kind == "end":
            if wants_operand or opened:
                raise ExpressionError("the line ends too early", span=span)
            return
        called = before == "name" and token.text == "("
        closes_call = token.text == ")" and before == "call"
        if wants_operand and not closes_call:
            fits = token.kind != "sign" or token.text in "+-("
            wants_operand = token.kind == "sign"
        else:
            fits = token.kind == "sign" and (token.text not in "()," or called)
            fits |= bool(opened) and (token.text == ")" or (token.text == "," and opened[-1]))
            fits &= not (token.text == ".T" and before == "number")
            wants_operand = token.text not in (")", ".T")
        if not fits:
            product = token.kind != "sign" or token.text == "("
            hint = ": a product is written * (entrywise) or @ (matrix)" if product else ""
            raise ExpressionError(f"“{token.text}” cannot stand here{hint}", span=span)
        if token.text == "(":
            opened.append(called)
            if len(opened) > MOST_BRACKETS:
                raise ExpressionError(f"more than {MOST_BRACKETS} brackets stand inside each other", span=span)
        elif token.text == ")":
            opened.pop()
        before = "call" if called else token.kind


class _Reader:
    """Python's syntax tree of a line, read as an expression."""

    def __init__(self, text: str, tokens: list[Token]) -> None:
        # Every token stands at its own place, so that the tree's places are the text's. In brackets, a line may be
        # broken. Numbers are read here and not by Python, to be exact.
        line = [" "] * len(text)
        for _, token, start, end in tokens[:-1]:
            line[start:end] = _disguised(token)
        self.text, self.line = text, f"({''.join(line)})"
        # Python counts bytes, of which a Greek letter has two.
        self.bytes = self.line.encode()

    def read(self) -> Expression:
        try:
            return self._expression(ast.parse(self.line, mode="eval").body)
        except (SyntaxError, RecursionError, MemoryError):
            reason = f"more than {MOST_DEPTH} operations deep: give the inner parts lines of their own"
            raise ExpressionError(reason) from None

    def _expression(self, node: ast.expr) -> Expression:
        span = self._span(node)
        match node:
            case ast.Constant():
                return _number(self.text[slice(*span)], span)
            case ast.Name():
                return Name(self.text[slice(*span)], span)
            case ast.UnaryOp(ast.UAdd(), inner):
                return self._expression(inner)
            case ast.UnaryOp(operand=inner):
                operand = self._expression(inner)
                if isinstance(operand, Number):
                    return Number(-operand.value, span)
                return Apply(SYNTAX["USub"], (operand,), span)
            case ast.BinOp(left, operator, right):
                name = SYNTAX[type(operator).__name__]
                return Apply(name, (self._expression(left), self._expression(right)), span)
            case ast.Attribute(inner, attribute):
                return Apply(SYNTAX[attribute], (self._expression(inner),), span)
            case ast.Call(function, arguments):
                place = self._span(function)
                return _call(self.text[slice(*place)], [self._expression(a) for a in arguments], place, span)
        raise AssertionError(node)

    def _span(self, node: ast.expr) -> Span:
        ends = (node.col_offset, node.end_col_offset or 0)
        start, end = (len(self.bytes[:byte].decode()) - 1 for byte in ends)
        return start, end


def _disguised(token: str) -> str:
    """A token that Python reads as one of its kind: numbers are plain, and words of Python's own are only names."""
    if token[0].isdigit() or (token[0] == "." and token != ".T"):
        return "1" * len(token)
    if iskeyword(token):  # such as lambda: a letter that Python takes for the same makes a name of it
        return token[:-1] + chr(0x1D5BA + ord(token[-1]) - ord("a"))
    return token


def _number(text: str, span: Span) -> Number:
    if len(text) > MOST_DIGITS:
        raise ExpressionError("this number has too many digits", span=span)
    value = Fraction(text)
    if value > LARGEST or 0 < value < SMALLEST:
        raise ExpressionError("numbers in a line lie between 1e-12 and 1e9", span=span)
    if not 0 < len(decimal(value)) <= MOST_DIGITS:
        raise ExpressionError("this number has too many digits once it is written out", span=span)
    return Number(value, span)


def _call(function: str, arguments: list[Expression], place: Span, span: Span) -> Apply:
    if function not in FUNCTIONS:
        near = get_close_matches(function, FUNCTIONS, 1)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(FUNCTIONS)}"
        raise ExpressionError(f"no function is called {function}: {hint}", span=place)
    operation = OPERATIONS[function]
    if len(arguments) != (count := len(operation.takes)):
        takes = f"{count} argument{'s' * (count != 1)}"
        raise ExpressionError(f"{function} takes {takes} ({operation.says}); {len(arguments)} given", span=place)
    return Apply(function, tuple(arguments), span)


def _stray(text: str, position: int) -> str:
    match text[position]:
        case "^":
            return "a power is written **, as in A ** 2"
        case "." if text[position : position + 2] == ".t":
            return "a transpose is written .T"
        case "'":
            return "a transpose is written .T, as in A.T"
        case "[":
            return "a row is row(A, i) and an entry is entry(A, i, j); there are no brackets in a line"
        case "=":
            return "a line's right-hand side has no “=”"
        case character:
            return f"“{character}” has no meaning here"
