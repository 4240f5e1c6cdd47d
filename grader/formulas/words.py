"""A formula's text becomes words for the grammar: LaTeX, NumPy, MATLAB and what is written by hand alike."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lark import Token

from backprop.notation import LETTERS
from grader.formulas.functions import FUNCTIONS, WITHOUT_BRACKETS
from grader.formulas.names import Vocabulary
from grader.reading.numbers import Refused, check_brackets, clip
from grader.reading.plain import SAME

FORMULA_FORMS = r"Accepted: A.T @ dB, A^T dB or A^\top \frac{\partial L}{\partial B}."
NO_SUMS = "A sum over an index is not read here. Write rowsum(A), colsum(A) or sum(A)."

# What JSON makes of a LaTeX command whose backslash was typed once.
_ESCAPED = re.compile("\x08|\x0c|\t(?=imes|op|ext|frac|heta|au|anh)|\r(?=ight|ho|m|Vert)|\n(?=abla|u(?![a-z]))")
_UNESCAPED = {"\x08": "\\b", "\x0c": "\\f", "\t": "\\t", "\r": "\\r", "\n": "\\n"}
_SET_UPRIGHT = re.compile(
    r"([_^]\s*)?\\(?:text|mathrm|mathbf|mathit|mathsf|mathbb|mathcal|mathnormal|operatorname\*?|boldsymbol|bm|textbf|"
    r"textit|textrm|rm|mbox)\s*\{([^{}]*)\}"
)
_SIGNS = {
    **{f"\\{name}": letter for name, letter in LETTERS.items()},
    r"\partial": "∂", r"\nabla": "∇", r"\cdot": "·", r"\bullet": "·", r"\times": "×", r"\odot": "⊙", r"\circ": "∘",
    r"\oslash": "⊘", r"\ast": "*", r"\star": "*", r"\div": "/", r"\top": "⊤", r"\intercal": "⊤", r"\prime": "'",
    r"\sqrt": "√", r"\lVert": "‖", r"\rVert": "‖", r"\Vert": "‖", r"\|": "‖", r"\_": "_", r"\{": "(", r"\}": ")",
    r"\lbrack": "[", r"\rbrack": "]", r"\leftarrow": "←", r"\gets": "←", r"\colon": ":", r"\dfrac": r"\frac",
    r"\tfrac": r"\frac", r"\cfrac": r"\frac", r"\exp": "exp", r"\ln": "ln", r"\log": "log", r"\tanh": "tanh",
    r"\max": "max", r"\mathrm": "", r"\text": "",
}  # fmt: skip
_KEPT = {r"\frac", r"\begin", r"\end", "\\\\"}
_WITHOUT_MEANING = re.compile(
    r"\\(?:left|right|[bB]igg?[lr]?|displaystyle|limits|q?quad|boxed|thinspace|mathopen|mathclose)(?![a-zA-Z])|(?<!\\)\\[,;:!>\s]"
)
_WHOLE_ROW = re.compile(r"\[\s*(-?\w+)\s*(?:,\s*)?:\s*\]")  # A[-1:] and A[-1, :]
_MODULE = re.compile(r"(?<![\w.])(?:np|numpy|jnp|torch|tf|math|nn|F)\.(?:[a-z]+\.)*(?=[A-Za-z_]+\s*\()")


def plain_formula(text: str) -> str:
    """The same formula with one sign for each thing, and without what LaTeX needs for its looks."""
    if "∑" in text:
        raise Refused(NO_SUMS)
    text = _ESCAPED.sub(lambda slip: _UNESCAPED[slip[0]], text).translate(SAME | {0x2217: "*", 0x2032: "'"})
    if "\\" in text:
        text = _WITHOUT_MEANING.sub(" ", text)
        text = _SET_UPRIGHT.sub(_upright, text)
        text = re.sub(r"\\(?:[a-zA-Z]+|[^a-zA-Z])", _sign, text)
    text = _RENEWED.sub(lambda found: f"{found[1]}_new{found[2] or found[3] or found[4] or ''}", text)
    return _WHOLE_ROW.sub(r"[\1]", _MODULE.sub("", text))


def _upright(found: re.Match[str]) -> str:
    before, inside = found[1] or "", found[2].strip()
    if inside in ("d", "∂") and not before:
        return inside
    return f"{before}{{{inside}}}" if before else (inside if inside == "1" else f" {inside} ")


def _sign(found: re.Match[str]) -> str:
    if found[0] in _KEPT:
        return found[0]
    if found[0] == r"\sum":
        raise Refused(NO_SUMS)
    if found[0] not in _SIGNS:
        raise Refused(f"“{clip(found[0])}” has no meaning in a formula here. {FORMULA_FORMS}")
    return _SIGNS[found[0]]


_LETTER = r"[A-Za-zͰ-Ͽ]"
_WORD = rf"{_LETTER}(?:[A-Za-z0-9Ͱ-Ͽ]*)"
_NAME = rf"{_WORD}(?:\s*_\s*(?:\{{[^{{}}]*\}}|[A-Za-z0-9Ͱ-Ͽ]+))*"
# W_Q^{new}, {W_Q}^{new 2}: the name in words that stands above becomes part of the name
_RENEWED = re.compile(
    rf"\{{?\s*({_NAME})\s*\}}?\s*\^\s*"
    r"(?:\{\s*\(?\s*new\s*(\d*)\s*\)?\s*\}|\(\s*new\s*(\d*)\s*\)|new(\d*)(?![A-Za-z]))"
)
_BELOW = rf"(?:[({{]\s*(?P<%s>{_NAME})\s*[)}}]|(?P<%s>{_NAME}))"
_ROW = r"(?:last\s+row|row\s+\w+(?:\s+from\s+the\s+end)?)"

_WORDS = re.compile(
    "|".join(
        f"(?P<{kind}>{pattern})"
        for kind, pattern in (
            ("SKIP", r"[\s&$~`]+"),
            ("ZERO_ABOVE", r"\\begin\{[pbv]?matrix\}\s*0\s*\\\\"),
            ("STACK", r"\\begin\{[pbv]?matrix\}"),
            ("ZERO_BELOW", r"\\\\\s*0\s*\\end\{[pbv]?matrix\}"),
            ("STACK_END", r"\\end\{[pbv]?matrix\}"),
            ("ROW_OF", rf"(?:the\s+)?{_ROW}\s+of(?![A-Za-z])"),
            ("IN_ROW", rf"in\s+(?:the\s+)?{_ROW}\s*,\s*(?:0|zeros?)\s+elsewhere"),
            ("FRACTION", r"\\frac\s*[0-9]\s*[0-9]"),
            (
                "GRADIENT",
                rf"\\frac\s*\{{\s*[∂d]\s*\{{?(?P<top1>{_NAME})\s*\}}?\s*\}}\s*\{{\s*[∂d]\s*"
                + _BELOW % ("below1", "below2")
                + r"\s*\}"
                rf"|[∂d]\s*\{{?(?P<top2>{_NAME})\s*\}}?\s*/\s*[∂d]\s*" + _BELOW % ("below3", "below4"),
            ),
            ("NABLA", r"∇\s*_?\s*" + _BELOW % ("below5", "below6") + r"(?:\s*\{?\s*(?:L|loss)(?![A-Za-z0-9_])\s*\}?)?"),
            ("UNIT", r"[1𝟙]\s*_\s*(?:\{[^{}]*\}|\w+)"),
            ("NUMBER", r"(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][-+]?[0-9]{1,3})?"),
            ("TRANSPOSE", r"\^\s*(?:\{\s*[T⊤t']\s*\}|[⊤T']|t(?![A-Za-z]))|ᵀ|⊤|'"
             r"|\.\s*(?:mT|T|H)(?![A-Za-z0-9])|\.\s*(?:t|transpose)\s*\([\s\d,-]*\)"),
            ("NEW", r"\^\s*(?:\{\s*\(?\s*new\s*\)?\s*\}|\(\s*new\s*\)|new(?![A-Za-z]))"),
            ("GRAD", r"\.\s*grad(?![A-Za-z0-9])"),
            ("METHOD", r"\.\s*[a-z_]+(?=\s*\()"),
            ("KEYWORD", r"(?:axis|dim|keepdims?|dtype)\s*=(?!=)"),
            ("BOOLEAN", r"(?:True|False|None)(?![A-Za-z0-9_])"),
            ("NAME", _NAME),
            ("AT", r"@|%\*%"),
            ("ENTRYWISE", r"⊙|∘|\.\*|⨀|○"),
            ("OSLASH", r"⊘|\./"),
            ("POWER", r"\*\*|\.?\^"),
            ("SUPERSCRIPT", r"[⁺⁻]?[⁰¹²³⁴⁵⁶⁷⁸⁹]+"),
            ("STAR", r"\*"),
            ("DOT", r"[·⋅∙•]"),
            ("TIMES", r"×|⨯"),
            ("SLASH", r"/"),
            ("PLUS", r"\+"),
            ("MINUS", r"-"),
            ("COMMA", r","),
            ("FRAC", r"\\frac"),
            ("ROOT", r"√"),
            ("BAR", r"‖"),
            ("UNDER", r"_"),
            ("OPEN", r"[(\[{]"),
            ("CLOSE", r"[)\]}]"),
        )
    )
)  # fmt: skip
_CALLED = re.compile(r"(\s*(?:'|\^\s*\{?\s*'\s*\}?))?\s*[({\[]")  # f(A), or f'(A)
_ENDS_OPERAND = frozenset(
    ("NAME", "NUMBER", "RPAR", "INDEX_CLOSE", "TRANSPOSE", "SUPERSCRIPT", "NEW", "GRAD", "NORM_CLOSE")
)


def words(text: str, vocabulary: Vocabulary) -> Iterator[Token]:
    """The words of a formula in its plain form. Raises Refused where something is none."""
    check_brackets(text)
    position, before, opened, norm = 0, "", [""], False
    while position < len(text):
        found = _WORDS.match(text, position)
        if found is None:
            raise Refused(f"“{clip(text[position : position + 1])}” has no meaning in a formula. {FORMULA_FORMS}")
        kind, value = found.lastgroup or "", found[0]
        kind = next(k for k in (kind, "GRADIENT", "NABLA") if found.groupdict().get(k) is not None)
        if kind == "GRADIENT" and not vocabulary.is_loss(found["top1"] or found["top2"]):
            below = next(its for group, its in found.groupdict().items() if group.startswith("below") and its)
            if "∂" in value or vocabulary.has_gradient(below):
                raise Refused(
                    f"“{clip(value)}” is not a line of this sheet: only gradients of the loss are, as in ∂L/∂A."
                )
            again = re.compile(rf"{_NAME}|\\frac").match(text, position)  # dX / d_k: two quantities
            kind, value = ("FRAC" if value[0] == "\\" else "NAME"), again[0] if again else value
        position += len(value)
        if kind == "SKIP":
            continue
        if kind in ("GRADIENT", "NABLA"):
            groups = found.groupdict()
            kind, value = (
                "NAME",
                vocabulary.gradient(next(groups[f"below{i}"] for i in range(1, 7) if groups[f"below{i}"])),
            )
        elif kind == "NAME" and value == "x" and before in _ENDS_OPERAND and not vocabulary.has(value):
            kind = "TIMES"
        elif kind == "NAME" and value == "Σ" and not vocabulary.has(value):
            raise Refused(NO_SUMS)
        elif kind == "NAME" and value.lower() in FUNCTIONS and not vocabulary.has(value):
            called = _CALLED.match(text, position)
            if called or value in WITHOUT_BRACKETS:
                kind = "FUNC"
            if called and called[1]:
                value, position = f"{value}'", position + len(called[1])
        elif kind == "OPEN":
            picks = before in _ENDS_OPERAND and _picks(text, position - 1, vocabulary)
            kind = "INDEX_OPEN" if picks else "LPAR"
            opened.append("INDEX_CLOSE" if kind == "INDEX_OPEN" else "RPAR")
        elif kind == "CLOSE":
            kind = opened.pop()
        elif kind == "BAR":
            norm = not norm
            kind = "NORM_OPEN" if norm else "NORM_CLOSE"
        before = kind
        yield Token(kind, value)


def _picks(text: str, start: int, vocabulary: Vocabulary) -> bool:
    """Whether a bracket after a quantity picks an entry or a row: A[1, 2], and not A [B + C]."""
    inside = re.compile(r"\[\s*-?\s*(\w+)\s*(?:,\s*-?\s*(\w+)\s*)?\]").match(text, start)
    return inside is not None and all(place.isdecimal() or vocabulary.is_place(place) for place in inside.groups("0"))
