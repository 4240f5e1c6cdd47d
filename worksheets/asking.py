"""What is asked of a problem's lines: which are blank, which are printed, and with how much help."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from backprop.expressions import Name, substitute
from backprop.model import BACKWARD, PARTS, Line, Model
from backprop.writing import text
from course.records import Help
from worksheets.authoring import AuthoringError, nearest

WORKED: Help = "worked"
HINTS: Help = "hints"
BARE: Help = "bare"
LEVELS = (WORKED, HINTS, BARE)


def asked_lines(model: Model, ask: Sequence[str] | None, where: str, may_be_none: bool = False) -> frozenset[str]:
    """The lines that a set asks: parts, names of lines, or, by default, all."""
    lines: set[str] = set()
    for word in PARTS if ask is None else ask:
        if word in PARTS:
            lines |= {line.name for line in model.lines if line.part == word}
            if ask is not None and not model.part(word):
                raise AuthoringError(f"{where}: ask = “{word}”: this problem derives no such lines")
        elif word in model.by_name:
            lines.add(word)
        else:
            raise AuthoringError(
                f"{where}: ask = “{word}”: no such line; {nearest(word, [*PARTS, *model.by_name], 'there are')}"
            )
    if not lines and not may_be_none:
        raise AuthoringError(f"{where}: nothing is asked")
    return frozenset(lines)


def traced_lines(model: Model, quantities: Sequence[str], where: str) -> frozenset[str]:
    """The gradient lines to which the way from the loss is asked, by what they are the gradients of."""
    known = [line.name[1:] for line in model.part(BACKWARD)]
    for name in quantities:
        if name not in known:
            raise AuthoringError(
                f"{where}: trace: no gradient with respect to {name}; {nearest(name, known, 'there are')}"
            )
    return frozenset(f"d{name}" for name in quantities)


def told_lines(model: Model, asked: frozenset[str], traced: frozenset[str] = frozenset()) -> list[Line]:
    """The lines that are not asked, to be printed with their values.

    A line that is worked from an asked one, and that nothing asked is worked from, would only give the answer away
    (a new weight gives its gradient): it is not printed. Nor are gradients on a way that is to be traced.
    """
    needed = set().union(*(model.depends_on(name) for name in asked))
    gradients = {line.name for line in model.part(BACKWARD)}
    way = traced.union(*(model.depends_on(name) & gradients for name in traced))
    hidden = asked | way
    return [
        line
        for line in model.lines
        if line.name not in asked
        and (line.name in needed or not (line.name in way or model.depends_on(line.name) & hidden))
    ]


def help_with(model: Model, asked: frozenset[str], fade: Help | Mapping[str, Help], where: str) -> dict[str, Help]:
    """How much help is given with each asked line: worked in full, a hint, or none.

    `fade` is where help begins, for the first line of each kind, to fade as more lines of the kind come: worked, then
    hints, and the last one bare; or a level for each line by its name. A line is worked on the sheet only where
    everything that it is worked from is printed, so that no answer that is asked is given away.
    """
    lines = [line for line in model.lines if line.name in asked]
    if isinstance(fade, str):
        return _fading(model, lines, fade)
    for name, level in fade.items():
        if name not in asked:
            raise AuthoringError(f"{where}: fade: {name} is not asked; {nearest(name, sorted(asked), 'asked are')}")
        hidden = model.by_name[name].uses
        given_away = [n for n in hidden if n in asked and fade.get(n) != WORKED]
        if level == WORKED and given_away:
            raise AuthoringError(
                f"{where}: fade: {name} cannot be worked on the sheet: that would give {given_away[0]} away, "
                "which is asked"
            )
    return {line.name: fade.get(line.name, BARE) for line in lines}


def _fading(model: Model, lines: Sequence[Line], first: Help) -> dict[str, Help]:
    """A level for each line: the first of its kind as `first` says, the last one bare, hints between."""
    of_kind, seen = Counter(kind(line) for line in lines), Counter[str]()
    levels: dict[str, Help] = {}
    for line in lines:
        seen[kind(line)] += 1
        place, count = seen[kind(line)], of_kind[kind(line)]
        if first == BARE or (place == count and count > 1):
            level: Help = BARE
        elif first == WORKED and place == 1 and all(levels.get(n, WORKED) == WORKED for n in line.uses):
            level = WORKED
        else:
            level = HINTS
        levels[line.name] = level
    # No two lines of a kind, and each worked from the one before: then there would be nothing left to do.
    return dict.fromkeys(levels, HINTS) if set(levels.values()) == {WORKED} else levels


def kind(line: Line) -> str:
    """What is done in a line, whatever it is done to: `x @ x.T` for `Q @ K.T`."""
    return text(substitute(line.expression, dict.fromkeys(line.uses, Name("x"))))
