"""Numbers and matrices as people type them, with what was meant known: how many are read as something else.

    python -m benchmarks.typed [--forms 100000] [--seed 0] [--shown 20]

A form is a way of writing a number (a locale, a program, a habit of the pen) in a way of setting out a matrix. It is
read right, asked about or refused, or read as something else: that is the one thing that may not happen.
"""

from __future__ import annotations

import argparse
import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from grader.reading.answers import read

Shape = tuple[int, int]
Grid = list[list[str]]


class Written(NamedTuple):
    """A number as it was typed, and the number that was meant."""

    text: str
    value: float


Writer = Callable[[random.Random], Written]
"""A way of writing numbers: anything that a student may have worked out, in that way."""


def _drawn(rng: random.Random) -> float:
    return round(rng.choice((1, 1, 1, 3, 20)) * rng.uniform(-1, 1), rng.choice((1, 2, 3, 4, 4)))


def plain(rng: random.Random) -> str:
    """The number with a point."""
    return f"{_drawn(rng):.{rng.choice((1, 2, 3, 4))}f}" if rng.random() < 0.9 else str(rng.randint(-12, 30))


def changed(*changes: tuple[str, str]) -> Writer:
    """A plain number with some of its signs written otherwise."""

    def written(rng: random.Random) -> Written:
        text = typed = plain(rng)
        for sign, instead in changes:
            typed = typed.replace(sign, instead)
        return Written(typed, float(text))

    return written


def around(before: str, after: str = "", point: str = ".") -> Writer:
    """A plain number with something around it."""

    def written(rng: random.Random) -> Written:
        text = plain(rng)
        return Written(before + text.replace(".", point) + after, float(text))

    return written


def no_zero(point: str) -> Writer:
    """.25 for 0.25."""

    def written(rng: random.Random) -> Written:
        text = f"{rng.uniform(-0.99, 0.99):.{rng.choice((1, 2, 3, 4))}f}"
        return Written(text.replace("0.", point, 1), float(text))

    return written


def power(between: str, after: str = "", point: str = ".", small: bool = False) -> Writer:
    """2×10^-3 with something between the digits and the exponent; `small` where only a minus tells the exponent."""

    def written(rng: random.Random) -> Written:
        digits = str(rng.randint(1, 9)) if rng.random() < 0.3 else f"{rng.uniform(1, 9.9):.{rng.choice((1, 2, 3))}f}"
        digits = rng.choice(("", "-")) + digits
        exponent = rng.choice((-4, -3, -3, -2, -2, -1, *(() if small else (1, 2))))
        shown = str(exponent)
        if between.endswith("⁻"):
            shown = shown.translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
        typed = digits.replace(".", point) + between.removesuffix("⁻") + shown + after
        return Written(typed, float(f"{digits}e{exponent}"))

    return written


def percent(after: str, point: str = ".") -> Writer:
    def written(rng: random.Random) -> Written:
        text = f"{rng.uniform(0, 99):.{rng.choice((0, 1, 2))}f}"
        return Written(text.replace(".", point) + after, float(text) / 100)

    return written


def fraction(form: str) -> Writer:
    """A fraction of two whole numbers, as in "{a}/{b}"."""

    def written(rng: random.Random) -> Written:
        a, b = rng.choice((-1, 1)) * rng.randint(1, 20), rng.randint(2, 12)
        sign = "-" if a < 0 else ""
        return Written(form.format(a=a, b=b, sign=sign, above=abs(a)), a / b)

    return written


VULGAR = {"½": 1 / 2, "⅓": 1 / 3, "⅔": 2 / 3, "¼": 1 / 4, "¾": 3 / 4, "⅛": 1 / 8}


def vulgar(rng: random.Random) -> Written:
    sign, value = rng.choice(list(VULGAR.items()))
    whole = rng.choice((0, 0, 1, 2))
    return Written(f"{whole or ''}{sign}", whole + value)


def grouped(separator: str, point: str) -> Writer:
    """Thousands in groups: 12'345.6."""

    def written(rng: random.Random) -> Written:
        text = f"{rng.uniform(1000, 99999):.{rng.choice((1, 2))}f}"
        whole, _, rest = text.partition(".")
        return Written(f"{int(whole):,}".replace(",", separator) + point + rest, float(text))

    return written


def digits_of(script: str, point: str) -> Writer:
    """Digits of another script."""
    return changed(*zip("0123456789", script, strict=True), (".", point))


POINTS: dict[str, Writer] = {
    "plain": around(""),
    "plus": changed(("-", "-")),
    "no zero": no_zero("."),
    "minus sign": changed(("-", "−")),
    "en dash": changed(("-", "–")),
    "em dash": changed(("-", "—")),
    "hyphen": changed(("-", "‐")),
    "nonbreaking hyphen": changed(("-", "\u2011")),
    "small minus": changed(("-", "﹣")),
    "wide minus": changed(("-", "－")),
    "raised minus": changed(("-", "⁻")),
    "minus in braces": changed(("-", "{-}")),
    "LaTeX minus": changed(("-", "\\textminus ")),
    "HTML minus": changed(("-", "&minus;")),
    "macron": changed(("-", "¯")),
    "soft hyphen": changed(("-", "\xad")),
    "triangle": changed(("-", "▲")),
    "katakana": changed(("-", "ー")),
    "minus in words": changed(("-", "minus ")),
    "dollars": around("$", "$"),
    "approximately": around("≈"),
    "tilde": around("~"),
    "code": around("`", "`"),
    "bold": around("**", "**"),
    "quoted": around('"', '"'),
    "num": around("\\num{", "}"),
    "sharp s": around("", "ß"),
    "plus minus": around("±"),
    "at most": around("<"),
    "at least": around("≥"),
    "repeating": around("", "..."),
    "dots": around("", "…"),
    "float32": around("np.float32(", ")"),
    "zero width": around("\u200b"),
    "full-width": digits_of("０１２３４５６７８９", "．"),
    "bold digits": digits_of("𝟎𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖𝟗", "."),
    "Devanagari": digits_of("०१२३४५६७८९", "."),
    "Arabic": digits_of("٠١٢٣٤٥٦٧٨٩", "٫"),
    "e": power("e"),
    "E": power("E"),
    "e−": changed(),
    "D": power("D"),
    "*10^": power("*10^"),
    "*10**": power("*10**"),
    "·10^": power("·10^"),
    "⋅10": power("⋅10⁻"),
    "×10⁻": power("×10⁻"),
    " x 10^": power(" x 10^"),
    "x10^": power("x10^"),
    "×10^(": power("×10^(", ")"),
    "cdot": power(" \\cdot 10^{", "}"),
    "times": power(" \\times 10^{", "}"),
    "*^": power("*^"),
    ".10^": power(".10^"),
    ".10^{": power(".10^{", "}"),
    ".10⁻": power(".10⁻"),
    ".10**": power(".10**"),
    "×10-3": power("×10", small=True),
    "*10-3": power("*10", small=True),
    "·10-3": power("·10", small=True),
    ".10-3": power(".10", small=True),
    "*e": power("*e", small=True),
    "e10": power("e10", small=True),
    "EE": power("EE"),
    "10^": power(" 10^"),
    "sup": power(" × 10<sup>", "</sup>"),
    "%": percent("%"),
    " %": percent(" %"),
    "\\%": percent("\\%"),
    "per mille": percent("‰"),
    "a/b": fraction("{a}/{b}"),
    "a / b": fraction("{a} / {b}"),
    "(a)/(b)": fraction("({a})/({b})"),
    "a⁄b": fraction("{a}⁄{b}"),
    "a÷b": fraction("{a}÷{b}"),
    "frac": fraction("{sign}\\frac{{{above}}}{{{b}}}"),
    "dfrac": fraction("\\dfrac{{{a}}}{{{b}}}"),
    "vulgar": vulgar,
    "thousands": grouped(",", "."),
    "apostrophes": grouped("'", "."),
    "thin blanks": grouped("\u202f", "."),
}  # fmt: skip
COMMAS: dict[str, Writer] = {
    "comma": around("", "", ","),
    "comma, no zero": no_zero(","),
    "comma in braces": changed((".", "{,}")),
    "comma, minus": changed((".", ","), ("-", "−")),
    "comma, e": power("e", "", ","),
    "comma, ·10^": power("·10^", "", ","),
    "comma, ×10⁻": power("×10⁻", "", ","),
    "comma, .10^": power(".10^", "", ","),
    "comma, .10⁻": power(".10⁻", "", ","),
    "comma, %": percent(" %", ","),
    "comma, thousands": grouped(".", ","),
    "comma, dollars": around("$", "$", ","),
    "comma, approximately": around("≈ ", "", ","),
}
MIDDLE_DOT: dict[str, Writer] = {"middle dot": changed((".", "·")), "low dot": changed((".", "⋅"))}

WRITERS = {**POINTS, **COMMAS, **MIDDLE_DOT}


# --- how matrices are set out -----------------------------------------------------------------------------------------


def rows(between: str, ends: str, before: str = "", after: str = "", each: str = "{}") -> Callable[[Grid], str]:
    """Entries between something, rows with something at their ends, and something around all of it."""
    return lambda grid: before + ends.join(each.format(between.join(row)) for row in grid) + after


def _r_matrix(grid: Grid) -> str:
    return f"matrix(c({', '.join(cell for column in zip(*grid, strict=True) for cell in column)}), nrow={len(grid)})"


def _r_print(grid: Grid) -> str:
    head = "     " + " ".join(f"[,{j}]" for j in range(1, len(grid[0]) + 1))
    return "\n".join([head, *(f"[{i},] " + "  ".join(row) for i, row in enumerate(grid, 1))])


def _pandas(grid: Grid) -> str:
    head = "     " + "     ".join(map(str, range(len(grid[0]))))
    return "\n".join([head, *(f"{i}  " + "  ".join(row) for i, row in enumerate(grid))])


def _markdown(grid: Grid) -> str:
    head = "|" + "   |" * len(grid[0]) + "\n|" + "---|" * len(grid[0])
    return "\n".join([head, *(f"| {' | '.join(row)} |" for row in grid)])


def _labelled(grid: Grid) -> str:
    head = "|   |" + "".join(f" {chr(65 + j)} |" for j in range(len(grid[0]))) + "\n|" + "---|" * (len(grid[0]) + 1)
    return "\n".join([head, *(f"| {chr(65 + i)} | {' | '.join(row)} |" for i, row in enumerate(grid))])


def _tall_brackets(grid: Grid) -> str:
    sides = [("⎡", "⎤"), *[("⎢", "⎥")] * (len(grid) - 2), ("⎣", "⎦")] if len(grid) > 1 else [("[", "]")]
    return "\n".join(f"{left}{'  '.join(row)}{right}" for row, (left, right) in zip(grid, sides, strict=True))


def _named(grid: Grid) -> str:
    """Entry by entry, each with its name."""
    return ", ".join(f"q{i}{j} = {cell}" for i, row in enumerate(grid, 1) for j, cell in enumerate(row, 1))


def _named_by_columns(grid: Grid) -> str:
    columns = enumerate(zip(*grid, strict=True), 1)
    return ", ".join(f"q{i}{j} = {cell}" for j, column in columns for i, cell in enumerate(column, 1))


LAYOUTS: dict[str, Callable[[Grid], str]] = {
    "JSON": rows(", ", ", ", "[", "]", "[{}]"),
    "JSON, tight": rows(",", ",", "[", "]", "[{}]"),
    "NumPy": rows(" ", "\n ", "[", "]", "[{}]"),
    "np.array": rows(", ", ",\n          ", "np.array([", "])", "[{}]"),
    "tensor": rows(", ", ",\n        ", "tensor([", "], dtype=torch.float64)", "[{}]"),
    "MATLAB": rows(" ", "; ", "[", "]"),
    "MATLAB, commas": rows(", ", "; ", "[", "]"),
    "MATLAB, no brackets": rows(" ", "; "),
    "Octave's print": rows("   ", "\n   ", "ans =\n\n   ", "\n"),
    "blanks": rows("  ", "\n"),
    "tabs": rows("\t", "\n"),
    "commas": rows(", ", "\n"),
    "CSV": rows(",", "\n"),
    "CSV, semicolons": rows(";", "\n"),
    "semicolons": rows("; ", "\n"),
    "brackets in lines": rows(" ", "\n", "", "", "[ {} ]"),
    "bars in lines": rows(" ", "\n", "", "", "| {} |"),
    "bars": rows(" | ", "\n"),
    "brackets": rows(", ", ", ", "", "", "[{}]"),
    "rounds": rows(", ", ", ", "(", ")", "({})"),
    "rounds in lines": rows(", ", "\n", "", "", "({})"),
    "one round": rows(" ", "\n", "(", ")"),
    "braces": rows(", ", ", ", "{", "}", "{{{}}}"),
    "braces, tight": rows(",", ",", "{", "}", "{{{}}}"),
    "Excel": rows(",", ";", "={", "}"),
    "Typst": rows(", ", "; ", "mat(", ")"),
    "Maple": rows("|", ">, <", "<<", ">>"),
    "SymPy": rows(", ", "], [", "Matrix([[", "]])"),
    "pmatrix": rows(" & ", " \\\\ ", "\\begin{pmatrix} ", " \\end{pmatrix}"),
    "bmatrix in lines": rows(" & ", " \\\\\n", "$$\\begin{bmatrix}\n", "\n\\end{bmatrix}$$"),
    "array": rows(" & ", " \\\\ ", "\\left(\\begin{array}{cc}", "\\end{array}\\right)"),
    "Word": rows("&", "@", "[■(", ")]"),
    "R": _r_matrix,
    "rbind": rows(", ", "), c(", "rbind(c(", "))"),
    "R's print": _r_print,
    "pandas": _pandas,
    "Markdown": _markdown,
    "labelled": _labelled,
    "tall brackets": _tall_brackets,
    "bullets": rows(" ", "\n", "", "", "- {}"),
    "numbered": lambda grid: "\n".join(f"{i}. {' '.join(row)}" for i, row in enumerate(grid, 1)),
    "named rows": rows(" ", "\n", "", "", "row 1: {}"),
    "headed": rows(", ", ", ", "dQ = [", "]", "[{}]"),
    "slashes": rows(" ", " / "),
    "HTML rows": rows(" ", "<br>"),
    "one list": rows(", ", ", "),
    "one list, blanks": rows(" ", " "),
    "scaled": rows("   ", "\n   ", "1.0e+00 *\n\n   ", "\n"),
    "scaled beside": rows(" ", "; ", "1e-3*[", "]"),
    "entries": _named,
    "entries by columns": _named_by_columns,
}  # fmt: skip
AFTER_COMMAS = ("JSON", "MATLAB, commas", "commas", "brackets", "rounds", "braces")
"""What some people also write between decimal commas: [0,5, 0,25]."""
LISTS = ("bullets", "numbered")
NO_SHAPE = ("one list", "one list, blanks", "entries", "entries by columns")
SCALED = ("scaled beside",)
SHAPES: tuple[Shape, ...] = ((1, 1), (1, 2), (2, 1), (2, 2), (2, 2), (2, 3), (3, 2), (1, 4), (4, 1), (3, 3), (1, 3))


@dataclass(frozen=True)
class Form:
    """What was typed where a shape is asked, and the numbers that were meant; none where it lies on its side."""

    kind: str
    typed: object
    shape: tuple[int, ...]
    meant: Sequence[Sequence[float | None]] | None


def forms(rng: random.Random, count: int) -> Iterator[Form]:
    """So many forms, each kind of number in each layout."""
    writers = [*POINTS.items(), *COMMAS.items(), *MIDDLE_DOT.items()]
    for i in range(count):
        name, writer = writers[i % len(writers)]
        if rng.random() < 0.3:  # much is written in the commonest ways
            name, writer = rng.choice((("plain", POINTS["plain"]), ("comma", COMMAS["comma"])))
        yield one_number(rng, name, writer) if rng.random() < 0.25 else matrix(rng, name, writer)


def one_number(rng: random.Random, name: str, writer: Writer) -> Form:
    """A number alone."""
    text, value = writer(rng)
    before, after = rng.choice((("", ""), ("", ""), (" ", "\n"), ("L = ", ""), ("", "."), ("[[", "]]"), ("1.Q: ", "")))
    return Form(f"number: {name}", before + text + after, (), [[value]])


def matrix(rng: random.Random, name: str, writer: Writer) -> Form:
    """A matrix in one layout, some of them with blanks, mixed with plain numbers, or on their sides."""
    rows_, columns = rng.choice(SHAPES)
    layouts = [
        layout
        for layout in LAYOUTS
        if (rows_ > 1 or layout not in LISTS)
        and (name not in COMMAS or "," not in LAYOUTS[layout]([["1", "1"]] * 2) or layout in AFTER_COMMAS)
    ]
    layout = rng.choice(layouts)
    written = [[writer(rng) for _ in range(columns)] for _ in range(rows_)]
    meant: list[list[float | None]] = [[one.value for one in row] for row in written]
    grid = [[one.text for one in row] for row in written]
    turned = rng.random() < 0.1 and rows_ != columns and 1 not in (rows_, columns) and layout not in NO_SHAPE
    if turned:
        grid = [list(column) for column in zip(*grid, strict=True)]
    elif rng.random() < 0.1:
        i, j = rng.randrange(rows_), rng.randrange(columns)
        grid[i][j], meant[i][j] = rng.choice(("____", "?", "_", "…")), None
    scale = 1e-3 if layout in SCALED else 1.0
    right = [[None if value is None else scale * value for value in row] for row in meant]
    kind = f"{layout}: {name}{', on its side' if turned else ''}"
    return Form(kind, LAYOUTS[layout](grid), (rows_, columns), None if turned else right)


# --- what comes of them -----------------------------------------------------------------------------------------------


def outcome(form: Form) -> str:
    """Whether a form was read right, was asked about or refused in some entry, or is something else than was meant."""
    found = [[entry.value for entry in row] for row in read(form.typed, form.shape).entries]
    if form.meant is None:
        return "refused" if all(value is None for row in found for value in row) else "else"
    pairs = [pair for row, meant in zip(found, form.meant, strict=True) for pair in zip(row, meant, strict=True)]
    if any(value is not None and not _same(value, meant) for value, meant in pairs):
        return "else"
    return "right" if all(value is not None or meant is None for value, meant in pairs) else "refused"


def _same(value: float, meant: float | None) -> bool:
    return meant is not None and abs(value - meant) <= 1e-9 * max(1.0, abs(meant))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--forms", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--shown", type=int, default=20)
    options = parser.parse_args()
    found: Counter[str] = Counter()
    others: dict[str, list[Form]] = {}
    for form in forms(random.Random(options.seed), options.forms):
        came = outcome(form)
        found[came] += 1
        if came == "else":
            others.setdefault(form.kind, []).append(form)
    shares = ", ".join(f"{came} {count:,} ({count / options.forms:.3%})" for came, count in sorted(found.items()))
    print(f"{options.forms:,} forms: {shares}")
    for kind, of_kind in sorted(others.items(), key=lambda item: -len(item[1]))[: options.shown]:
        print(f"    {len(of_kind):6,} {kind}: {of_kind[0].typed!r} for {of_kind[0].shape}")


if __name__ == "__main__":
    main()
