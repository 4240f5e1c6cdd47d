"""An explanation as lines of text, for a terminal or a letter."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby
from textwrap import wrap

from backprop.rounding import TOLERANCE
from course.numbers import decimals_of, marks_text, number_text
from grader.explaining.record import Bounds, Entry, Explanation, LookedFor, Tried, Used
from printing.styles.markdown import Markdown
from printing.styles.style import one_line

WIDTH, WIDEST_NAME = 100, 48
MOST_SHOWN = 4
"""Of so many entries at most it is shown what widens their bounds: first of those that are not right."""
MOST_TYPED = 400

ORIGINS = {"given": "given on the sheet", "printed": "printed on the sheet"}
STANDS_IN = (
    "* stands in for an entry that is blank or was not read: worked from the student's own numbers before it, or the "
    "key's where these lead to no number."
)
EXACT = "exact: what follows from these numbers without any rounding. right within: what may be written for it."
IF_MENDED = "if mended: the same where what is wrong before is worked rightly instead. This counts as right too."
OF_THE_KEY = "key: the key's value. In full, cut off or rounded it counts as right too."
KEPT = "Between these ends a number may lie, and is kept: in full, cut off or rounded to {decimals} decimals."
ORDER = "Looked for, in this order: the first that fits is named."
NO_NUMBER = "these numbers lead to no number, so nothing bounds it"
ALL_EXACT = "every number on the way is exact, so nothing is widened"
ALWAYS_ZERO = "Zero on every sheet: such an entry earns nothing, and one that is wrong costs what another earns:"
NOTHING_WRONG = "Nothing that was read is wrong, so no mistake was looked for."


def lines_of(explanation: Explanation) -> Iterator[str]:
    """An explanation, line by line."""
    about = explanation
    source = f", in {one_line(about.source)}" if about.source else ""
    yield from _wrapped(f"{about.answer} of {one_line(about.student)}, sheet {one_line(about.sheet)}{source}", "")
    yield from _wrapped(about.asked, "  ")
    yield from _section("What was typed", _typed(about))
    if about.compared_with:
        yield from _section("What it was compared with", about.compared_with)
    else:
        yield from _section("What it was judged on", _worked_from(about), done=True)
        yield from _section("Entry by entry", _table(about), done=True)
        yield from _section("What widens the bounds", _kept(about), done=True)
        yield from _section("Mistakes", _looked_for(about.looked_for), done=True)
    yield from _section("Marks", _marks(about))


def _section(title: str, lines: Iterator[str] | Sequence[str], done: bool = False) -> Iterator[str]:
    """A title and what stands below it, wrapped unless that is done; nothing where nothing does."""
    found = list(lines)
    if found:
        yield from ("", title)
        for line in found:
            yield from [f"  {line}"] if done else _wrapped(line, "  ")


def _wrapped(line: str, indent: str) -> list[str]:
    return wrap(line, WIDTH, initial_indent=indent, subsequent_indent=f"{indent}  ", break_on_hyphens=False) or [""]


def _typed(about: Explanation) -> Iterator[str]:
    typed = one_line(about.typed)
    yield (typed if len(typed) <= MOST_TYPED else f"{typed[:MOST_TYPED]}…") or "nothing"
    if about.read:
        yield about.read[0].upper() + about.read[1:]
    yield from about.notes


# What a line was judged on.


def _worked_from(about: Explanation) -> Iterator[str]:
    behind = ""
    for used in about.used:
        if used.behind != behind:
            behind = used.behind
            yield f"behind {behind}:"
        head = f"{used.symbol} = "
        shown = [used.picks] if used.picks else _matrix(used, about.decimals)
        yield f"{head}{shown[0]}   {_origin(used)}"
        yield from (" " * len(head) + line for line in shown[1:])
    if any(any(row) for used in about.used for row in used.stands_in):
        yield from _wrapped(STANDS_IN, "")


def _origin(used: Used) -> str:
    verdict = "not read" if used.verdict == "unreadable" else used.verdict
    return ORIGINS.get(used.origin) or f"{used.name}, {verdict}"


def _matrix(used: Used, decimals: int) -> list[str]:
    """Numbers as the sheet prints them, those that stand in for an answer starred."""
    if used.origin == "given":
        decimals = max(decimals_of(x) for row in used.numbers for x in row)
    stars = any(any(row) for row in used.stands_in)
    rows = [
        [_written(x, decimals) + ("*" if star else " " if stars else "") for x, star in zip(row, where, strict=True)]
        for row, where in zip(used.numbers, used.stands_in, strict=True)
    ]
    return [rows[0][0]] if len(rows) == len(rows[0]) == 1 else Markdown().matrix(rows).splitlines()


# Entry by entry.


def _table(about: Explanation) -> Iterator[str]:
    """A row for each entry, under its heads, and what the heads mean."""
    mended = any(entry.mended != entry.own for entry in about.entries)
    heads = ["", "read", "verdict", "exact", "right within", *["if mended"] * mended, "key"]
    rows = [[_place(about, entry), *_row(entry, about.decimals, mended)] for entry in about.entries]
    widths = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]
    for row in (heads, *rows):
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
    yield from _wrapped(" ".join([EXACT, *[IF_MENDED] * mended, OF_THE_KEY]), "")
    for why in dict.fromkeys(entry.unpaid for entry in about.entries if entry.unpaid):
        places = [_place(about, entry) for entry in about.entries if entry.unpaid == why]
        yield from _wrapped(f"Right, and worth nothing: {', '.join(places)}. {why}", "")
    if zero := [_place(about, entry) for entry in about.entries if entry.always_zero]:
        yield from _wrapped(f"{ALWAYS_ZERO} {', '.join(zero)}.", "")


def _row(entry: Entry, decimals: int, mended: bool) -> list[str]:
    read = "____" if entry.verdict == "blank" else "?" if entry.read is None else _in_full(entry.read, decimals)
    verdict = "not read" if entry.verdict == "unreadable" else entry.verdict
    within = [_bounds(entry.own, decimals), *[_bounds(entry.mended, decimals)] * mended]
    return [read, verdict, _in_full(entry.value, decimals), *within, _in_full(entry.key, decimals)]


def _place(about: Explanation, entry: Entry) -> str:
    return f"[{entry.row},{entry.column}]" if len(about.entries) > 1 else about.symbol


def _bounds(ends: Bounds, decimals: int) -> str:
    low, high = ends
    if not (math.isfinite(low) or math.isfinite(high)):
        return "no bounds"
    shown = [_in_full(end, decimals) if math.isfinite(end) else "any" for end in ends]
    if shown[0] != shown[1]:
        return " to ".join(shown)
    return shown[0] if math.isclose(*ends, abs_tol=TOLERANCE * 10.0**-decimals) else f"{low:.1g} to {high:.1g}"


def _in_full(x: float, decimals: int) -> str:
    """A number at the decimals asked, or two more where it has more."""
    if not math.isfinite(x):
        return "none"
    shown, short = number_text(x, decimals + 2), number_text(x, decimals)
    return short if shown == f"{short}00" or (decimals == 0 and shown == f"{short}.00") else shown


def _written(x: float, decimals: int) -> str:
    return number_text(x, decimals) if math.isfinite(x) else "none"


def _kept(about: Explanation) -> Iterator[str]:
    """The numbers kept on the way to some entries, and those that are exact."""
    order = {"wrong": 0, "follows": 1, "correct": 1}
    first = sorted(about.entries, key=lambda entry: order.get(entry.verdict, 2))
    shown = sorted(first[:MOST_SHOWN], key=lambda entry: (entry.row, entry.column))
    if shown:
        yield from _wrapped(KEPT.format(decimals=about.decimals), "")
    for entry in shown:
        wide = [number for number in entry.kept if not number.exact]
        width = max((len(number.what) for number in wide if len(number.what) <= WIDEST_NAME), default=0)
        bounded = any(map(math.isfinite, entry.own))
        yield _place(about, entry) + ("" if wide else f" {ALL_EXACT}" if bounded else f" {NO_NUMBER}")
        for number in wide:
            lies, kept = _bounds(number.lies, about.decimals), _bounds(number.kept, about.decimals)
            yield from _beside(number.what, width, f"{lies}{'' if lies == kept else f', kept as {kept}'}")
        if wide and (exact := [number.what for number in entry.kept if number.exact]):
            yield from _wrapped(f"exact, so it widens nothing: {', '.join(exact)}", "  ")
    if len(about.entries) > len(shown):
        yield "The other entries are widened in the same way."


def _beside(name: str, width: int, says: str) -> Iterator[str]:
    """A number's name and its ends, below it where the name is long."""
    if len(name) > WIDEST_NAME:
        yield f"  {name}"
        name = ""
    yield f"  {name:{width}}  {says}"


# Mistakes.


def _looked_for(looked_for: Sequence[LookedFor]) -> Iterator[str]:
    if not looked_for:
        yield NOTHING_WRONG
        return
    yield ORDER
    for number, together in enumerate(looked_for, 1):
        none = "" if together.fits else ": none fits"
        yield f"{number}. {together.what} ({together.count} looked for){none}"
        for kind, alike in groupby(sorted(together.tried, key=_fits_first), key=lambda tried: (tried.fits, tried.kind)):
            yield from _of_one_kind(kind[1], list(alike))


def _fits_first(tried: Tried) -> tuple[bool, str]:
    return not tried.fits, tried.kind


def _of_one_kind(kind: str, alike: Sequence[Tried]) -> Iterator[str]:
    """Mistakes of a kind: each in words, with what it gives."""
    if not kind:
        yield from _wrapped(f"no    {', '.join(tried.says for tried in alike)}: {alike[0].why}", "     ")
        return
    yield f"   {kind.replace('-', ' ')}"
    said = Counter(tried.says for tried in alike)
    for tried in alike:
        mark, worked = "fits" if tried.fits else "no", f", {tried.worked}" if said[tried.says] > 1 else ""
        yield from _wrapped(f"{mark:4}  {tried.says.rstrip('.')}{worked}: {tried.why}", "     ")


def _marks(about: Explanation) -> Iterator[str]:
    marks = about.marks
    share = f" (what follows counts {100 * about.follows:g} %)" if about.follows != 1 else ""
    yield f"{marks.score:g} of {marks_text(marks.out_of)}: {marks.verdict}{share}"
    if marks.mistake:
        yield f"Named: {marks.mistake.kind.replace('-', ' ')}. {marks.mistake.says}"
    yield f"The student was told: “{marks.message}”"
