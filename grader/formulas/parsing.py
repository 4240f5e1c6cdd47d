"""What a student typed as a formula becomes a tree, or a sentence for the student on what is wrong with it.

The tree is an expression whose operations are the signs as they were typed. Which product `*` or a blank is depends on
sizes: `readings.py` makes expressions of the language of it. Nothing that is typed is run.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction
from functools import cache
from importlib.resources import files
from typing import Any

from lark import Lark, Token, Tree
from lark.exceptions import UnexpectedInput, VisitError
from lark.lexer import Lexer
from lark.visitors import Transformer_InPlace

from backprop.expressions import Apply, Expression, Name, Number, names, number
from backprop.language import MOST_CHARACTERS, MOST_DEPTH, MOST_DIGITS
from backprop.model import UPDATE, Line
from backprop.writing import depth
from grader.formulas.functions import FUNCTIONS
from grader.formulas.names import Vocabulary
from grader.formulas.words import FORMULA_FORMS, plain_formula, words
from grader.reading.numbers import Refused, check_brackets, clip


class NotAccepted(Refused):
    """A formula that was read, and is none for this line: worked from itself, or headed by another line's name."""


_BLANK = re.compile(r"[\s_?.…\-□☐()\[\]{}$]*")
LONGEST_NAME = 120
_NUMBERS = re.compile(r"[\s0-9.,;+\-−()\[\]{}eE]*[0-9][\s0-9.,;+\-−()\[\]{}eE]*")
_EQUALS = re.compile(r":=|==|[-+]=|[=≈←:]")


def is_blank(typed: object) -> bool:
    """Whether nothing was typed, or only the place as it is printed."""
    return typed is None or (isinstance(typed, str) and len(typed) <= MOST_CHARACTERS and bool(_BLANK.fullmatch(typed)))


def parse_formula(typed: object, vocabulary: Vocabulary, line: Line) -> Expression:
    """The formula that was typed for a line, as a tree of the signs that were typed.

    Raises Refused, with one sentence for the student, where it cannot be read, and NotAccepted where it is none for
    this line.
    """
    if not isinstance(typed, str):
        raise Refused(f"Expected a formula, as text. {FORMULA_FORMS}")
    if len(typed) > MOST_CHARACTERS:
        raise Refused(f"This has {len(typed):,} characters; a formula has at most {MOST_CHARACTERS}. {FORMULA_FORMS}")
    if _NUMBERS.fullmatch(typed) and not _is_constant(line, vocabulary):
        raise Refused(f"Numbers stand here, and the formula is asked: how the line is worked. {FORMULA_FORMS}")
    check_brackets(typed)
    text = plain_formula(typed).strip(' \t\n`*"$;,').removesuffix(".")
    if text.startswith("'"):
        text = text.strip("'")  # in quotes
    formula = _tree(_right_side(text, vocabulary, line), vocabulary)
    if depth(formula) > MOST_DEPTH:
        raise Refused(f"More than {MOST_DEPTH} operations stand inside each other here.")
    _check_names(formula, vocabulary, line)
    return formula


def read_name(typed: str, vocabulary: Vocabulary) -> str:
    """The quantity that a name stands for, however it is spelled: dQ for ∂L/∂Q. Raises Refused where it is none."""
    if len(typed) > LONGEST_NAME:
        raise Refused(f"“{clip(typed)}” is too long for the name of a line.")
    found = _tree(plain_formula(typed), vocabulary)
    if not isinstance(found, Name):
        raise Refused(f"“{clip(typed)}” is not the name of a line of this sheet.")
    return found.id


def _right_side(text: str, vocabulary: Vocabulary, line: Line) -> str:
    """What stands after the equals sign; what stands before it must be the line's own name."""
    signs = [found for found in _EQUALS.finditer(text) if _depth(text[: found.start()]) == 0]
    if not signs:
        return text
    if len(signs) > 1:
        raise Refused("More than one equals sign stands here. One formula is asked: write only the last.")
    left, sign, right = text[: signs[0].start()].strip(), signs[0][0], text[signs[0].end() :]
    headed = _tree(re.sub(r"^[0-9]+\s*\.\s*|\.formula$", "", left), vocabulary)
    if sign == "=" and re.fullmatch(r"\s*[\w{}]+\s*", right) and _tree(right, vocabulary) == Name(line.name):
        return left  # X.T @ dQ = dW_Q
    stepping = line.part == UPDATE and sign in (":=", "←", "-=", "+=")
    if headed == Name(line.name) and sign not in ("-=", "+="):
        return right
    if stepping and headed == Name(line.name.removesuffix("_new")):  # W ← W − η dW
        return f"{line.name.removesuffix('_new')} {sign[0]} ({right})" if sign in ("-=", "+=") else right
    raise NotAccepted(f"This is headed “{clip(left)}”; the question is the formula of {line.name}.")


def _depth(text: str) -> int:
    return sum((c in "([{") - (c in ")]}") for c in text)


def _check_names(formula: Expression, vocabulary: Vocabulary, line: Line) -> None:
    """A formula is worked from what is given and the lines before its own."""
    model = vocabulary.model
    used, order = names(formula), [other.name for other in model.lines]
    if not used and not _is_constant(line, vocabulary):
        raise Refused(f"No quantity of this sheet is named here, so this is not a formula. {FORMULA_FORMS}")
    for name in used:
        if name == line.name:
            whole = formula == Name(name)
            says = "This is the line's own name" if whole else f"The line's own name {name} is used"
            raise NotAccepted(f"{says}; the formula says how it is worked from the lines before it.")
        if line.name in model.depends_on(name):
            raise NotAccepted(f"{name} is itself worked from {line.name}, so the formula of {line.name} cannot use it.")
        if name in order and order.index(name) > order.index(line.name):
            raise NotAccepted(f"{name} comes after {line.name} on this sheet; a formula uses the lines before it.")


def _is_constant(line: Line, vocabulary: Vocabulary) -> bool:
    """Whether a line is worked from no quantity: the gradient of a sum is 1 everywhere."""
    return set(line.uses) <= set(vocabulary.model.sizes)


def _tree(text: str, vocabulary: Vocabulary) -> Expression:
    try:
        tree: Tree[Token] = _parser().parse(list(words(text, vocabulary)))
        return _Builder(vocabulary).transform(tree)  # type: ignore[no-any-return]
    except UnexpectedInput as error:
        token = getattr(error, "token", None)
        if token is None or token.type == "$END":
            raise Refused(f"Something is missing at the end of this formula. {FORMULA_FORMS}") from None
        raise Refused(f"“{clip(str(token))}” cannot stand where it does. {FORMULA_FORMS}") from None
    except VisitError as error:
        if isinstance(error.orig_exc, Refused):
            raise error.orig_exc from None
        raise


class _Words(Lexer):
    """Hands the parser the words that were found."""

    def __init__(self, conf: Any) -> None: ...

    def lex(self, data: Any) -> Iterator[Token]:  # type: ignore[override]
        yield from data


@cache
def _parser() -> Lark:
    grammar = files("grader.formulas").joinpath("formula.lark").read_text(encoding="utf-8")
    return Lark(grammar, parser="lalr", lexer=_Words, maybe_placeholders=False)


_SUPERSCRIPTS = str.maketrans("⁺⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "+-0123456789")


class _Builder(Transformer_InPlace):  # type: ignore[type-arg]
    """Builds the tree from the inside out, without recursion."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        super().__init__()
        self.vocabulary = vocabulary

    def __default__(self, data: Any, children: list[Any], meta: Any) -> Expression:
        return Apply(str(data), tuple(c for c in children if not isinstance(c, Token)))

    def name(self, children: list[Token]) -> Expression:
        if children[0] == "e" and not self.vocabulary.has("e"):
            return Apply("e", ())
        return self.vocabulary.find(children[0])

    def unit(self, children: list[Token]) -> Expression:
        return self.vocabulary.find("1_" + children[0].partition("_")[2].strip())

    def number(self, children: list[Token]) -> Expression:
        if len(children[0]) > MOST_DIGITS:
            raise Refused("A number here has too many digits.")
        value = Fraction(str(children[0]))
        if value and not Fraction(1, 10**12) <= value <= 10**9:
            raise Refused("Numbers in a formula lie between 1e-12 and 1e9.")
        return Number(value)

    def fraction(self, children: list[Token]) -> Expression:
        above, below = (int(c) for c in children[0] if c.isdigit())
        return Apply("over", (number(above), number(below)))

    def group(self, children: list[Any]) -> Any:
        return children[1]

    def plus(self, children: list[Any]) -> Any:
        return children[1]

    def superscript(self, children: list[Any]) -> Expression:
        return Apply("power", (children[0], number(int(children[1].translate(_SUPERSCRIPTS)))))

    def new(self, children: list[Any]) -> Expression:
        if not isinstance(children[0], Name):
            raise Refused("“new” stands over something that is not a name.")
        return self.vocabulary.find(f"{children[0].id}_new")

    def grad(self, children: list[Any]) -> Expression:
        return Name(self.vocabulary.gradient(getattr(children[0], "id", "?")))

    def row_of(self, children: list[Any]) -> Expression:
        return Apply("row_of", (children[1], self._row(children[0])))

    def in_row(self, children: list[Any]) -> Expression:
        return Apply("call:place", (children[0], self._row(children[1])))

    def last_row(self, children: list[Any]) -> Expression:
        return Apply("call:place", (children[1], number(-1)))

    def first_row(self, children: list[Any]) -> Expression:
        return Apply("call:place", (children[1], number(0)))

    def _row(self, said: str) -> Expression:
        """A row in words: the last one, a number counted from 1, or an index."""
        which = re.search(r"row\s+(\w+)(\s+from)?", said)
        if which is None or "last row" in " ".join(said.split()):
            return number(-1)
        if which[1].isdecimal():
            return number(-int(which[1]) if which[2] else int(which[1]) - 1)
        return self.vocabulary.find(which[1])

    def norm(self, children: list[Any]) -> Expression:
        return Apply("call:norm", (children[1],))

    def root(self, children: list[Any]) -> Expression:
        return Apply("call:sqrt", (children[1],))

    def arguments(self, children: list[Any]) -> list[Any]:
        return [c for c in children if not isinstance(c, Token)]

    def keyword(self, children: list[Any]) -> Expression:
        return self._keyword(children[0], str(children[1]))

    def negative_keyword(self, children: list[Any]) -> Expression:
        return self._keyword(children[0], f"-{children[2]}")

    def _keyword(self, token: str, value: str) -> Expression:
        """axis=1; what is said of the looks of a result, as keepdims=True, has no meaning here, and axis=None none."""
        said = _word(token)
        if said not in ("axis", "dim") or value == "None":
            return Apply("keyword:", (number(0),))
        if not re.fullmatch(r"-?[0-9]", value):
            raise Refused(f"{said}={clip(value)} is not read: rows are axis 0, columns axis 1.")
        return Apply(f"keyword:{said}", (number(value),))

    def call(self, children: list[Any]) -> Expression:
        given = [c for c in children[1:] if not isinstance(c, Token)]
        arguments = given[0] if given and isinstance(given[0], list) else given
        return Apply(f"call:{str(children[0]).lower()}", tuple(arguments))

    def method(self, children: list[Any]) -> Expression:
        method = _word(children[1])
        if method not in FUNCTIONS:
            raise Refused(f"“.{clip(method)}(…)” has no meaning in a formula here. {FORMULA_FORMS}")
        arguments = next((c for c in children[2:] if isinstance(c, list)), [])
        return Apply(f"call:{method}", (children[0], *arguments))

    def index(self, children: list[Any]) -> Expression:
        given = [c for c in children[1:] if not isinstance(c, Token)]
        return Apply("index", (children[0], *(given[0] if isinstance(given[0], list) else given)))


def _word(token: str) -> str:
    return token.strip(" .=\t\n").lower()
