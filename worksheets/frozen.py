"""What of a set stays as it is once sheets were made: what their numbers and questions depend on, and nothing else.

It is the author who changes a set. Where only the program derives a line otherwise than it did, or shares marks out
otherwise, the lines and marks of the records hold, for new students too.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from backprop.expressions import names
from backprop.language import parse
from backprop.model import BACKWARD, FORWARD, THEN
from course.records import LineRecord, ProblemRecord, SetRecord, SheetRecord
from course.stored import SET, Course, in_place
from worksheets.authoring import AuthoringError
from worksheets.derivations import proved
from worksheets.given import FIXED
from worksheets.recorded import with_marks

MOST_NAMED = 6


@dataclass(frozen=True)
class Settled:
    """The set as it holds from now on, the sheets that are already there, and a word on what has changed since.

    `replaced` is set.json as it was, where lines of it were corrected.
    """

    set: SetRecord
    sheets: Sequence[SheetRecord] = ()
    said: Sequence[str] = ()
    replaced: bytes = b""


def settled(fresh: SetRecord, course: Course | None, folder: Path, corrected: bool = False) -> Settled:
    """The set as it holds from now on. A set is proved where it is new, or corrected.

    Raises AuthoringError where it is another than that of the sheets, and not corrected; or where what is given is.
    """
    if course is None or not course.sheets:
        return Settled(proved(fresh))
    earlier, sheets = course.set, list(course.sheets.values())
    if kept := list(_of_numbers(earlier, fresh)):
        raise _changed(folder, kept, corrected)
    pairs = list(zip(earlier.problems, fresh.problems, strict=True))
    changed = [[*_of_lines(*pair), *_of_values(place, *pair, sheets)] for place, pair in enumerate(pairs)]
    differing = [
        f"problem {number}, {new.name}: {said}"
        for number, (new, of_problem) in enumerate(zip(fresh.problems, changed, strict=True), 1)
        for said in of_problem
    ]
    if differing and not corrected:
        raise _changed(folder, differing)
    problems = tuple(new if other else _merged(old, new) for (old, new), other in zip(pairs, changed, strict=True))
    now = msgspec.structs.replace(fresh, problems=problems)
    said = _said(list(_free_changes(earlier, now)), len(sheets))
    if not differing:
        return Settled(now, sheets, said)
    return Settled(proved(now), sheets, [_said_corrected(differing), *said], in_place(folder / "instructor", SET))


def _changed(folder: Path, differing: Sequence[str], corrected: bool = False) -> AuthoringError:
    if corrected:
        advice = (
            "Generate into a new folder, or undo the change: a corrected problem keeps what is given, since its numbers"
            " are printed."
        )
    else:
        advice = (
            "Generate into a new folder, or undo the change. (Titles, intros, labels, hints, marks, follows and reveal "
            "may change. Where what is given is the same and a problem was corrected, --corrected keeps the sheets' "
            "numbers and grades by the lines as they are now.)"
        )
    return AuthoringError(
        f"{folder}: the set has changed since its sheets were made: {'; '.join(differing)}. Nothing was written: "
        f"students may have them. {advice}"
    )


def _said(changes: Sequence[str], sheets: int) -> list[str]:
    if not changes:
        return []
    return [
        f"changed in the set: {', '.join(changes)}. New pages and grading follow the set as it is now; "
        f"pages that were already made ({sheets} sheets) stay as they are"
    ]


def _said_corrected(differing: Sequence[str]) -> str:
    return (
        f"corrected: {'; '.join(differing)}. Grading and new pages follow the corrected set, on the numbers that were "
        "printed; pages that were already made stay (worked solutions too: remove the old ones to have them made "
        "anew), and the earlier set is kept beside set.json. Where marks were given already, handprop regrade shows "
        "who changes"
    )


def _of_numbers(earlier: SetRecord, fresh: SetRecord) -> Iterator[str]:
    """What differs of that by which the sheets' numbers are those of this set at all."""
    if len(earlier.problems) != len(fresh.problems):
        yield f"it had {len(earlier.problems)} problems and has {len(fresh.problems)}"
        return
    for number, (old, new) in enumerate(zip(earlier.problems, fresh.problems, strict=True), 1):
        where = f"problem {number}, {new.name}"
        if (old.sizes, old.given) == (new.sizes, new.given):
            continue
        if old.name != new.name:
            yield f"{where}: it was {old.name}"
        elif old.sizes != new.sizes:
            yield f"{where}: its sizes were {', '.join(f'{name} = {size}' for name, size in old.sizes.items())}"
        else:
            now = {given.name: given for given in new.given}
            other = [given.name for given in old.given if now.pop(given.name, None) != given]
            yield f"{where}: what is given, {_some(other + list(now)) or 'its order'}"


def _of_lines(old: ProblemRecord, new: ProblemRecord) -> Iterator[str]:
    """What an author changed of a problem's lines and questions."""
    if old.name != new.name:
        yield f"it was {old.name}"
    if old.decimals != new.decimals:
        yield f"its decimals were {old.decimals}"
    if not old.authored or old.authored != new.authored:
        yield from _differing_lines(old, new)
        if old.loss not in (None, new.loss):
            yield f"gradients were of {old.loss}"


def _differing_lines(old: ProblemRecord, new: ProblemRecord) -> Iterator[str]:
    before, now = ({line.name: _frozen(line) for line in problem.lines} for problem in (old, new))
    if not old.authored:
        before, now = _without_the_programs(before, now)
    if gone := [name for name in before if name not in now]:
        yield f"line {_some(gone)} is gone"
    if added := [name for name in now if name not in before]:
        yield f"line {_some(added)} is new"
    both = [name for name in before if name in now]
    if not (gone or added) and list(before) != list(now):
        yield "the order of its lines"
    for name in both:
        if before[name].expression != now[name].expression:
            yield f"line {name} was {before[name].expression}"
    if asked := [name for name in both if _questions(before[name]) != _questions(now[name])]:
        yield f"what is asked of {_some(asked)}"
    rest = [n for n in both if before[n].expression == now[n].expression and n not in asked and before[n] != now[n]]
    if rest:
        yield f"line {_some(rest)}"


Lines = dict[str, LineRecord]


def _without_the_programs(before: Lines, now: Lines) -> tuple[Lines, Lines]:
    """The lines with only such differences as an author makes, where no record says what the author wrote.

    The forward pass and what is asked are the author's; which gradients there are, and how a derived line is written,
    is the program's, but what an update or a line worked again is worked from.
    """
    before = {name: line for name, line in before.items() if name in now or line.part != BACKWARD}
    found = {}
    for name, line in now.items():
        if (was := before.get(name)) is None:
            if line.part != BACKWARD:
                found[name] = line
        elif line.part in (FORWARD, THEN):
            found[name] = msgspec.structs.replace(line, always_zero=was.always_zero)
        elif line.part == BACKWARD or _uses(line) == _uses(was):
            found[name] = msgspec.structs.replace(was, asked=line.asked, help=line.help, in_words=line.in_words)
        else:
            found[name] = line
    if before.keys() == found.keys():
        order = [name for name in before if before[name].part != BACKWARD]
        if order == [name for name in found if found[name].part != BACKWARD]:
            found = {name: found[name] for name in before}
    return before, found


def _uses(line: LineRecord) -> set[str]:
    return set(names(parse(line.expression)))


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:MOST_NAMED]) + (", …" if len(names) > MOST_NAMED else "")


def _questions(line: LineRecord) -> object:
    return line.asked, line.help, line.in_words


def _frozen(line: LineRecord) -> LineRecord:
    """A line without its marks and hints; of its help only whether it is worked on the sheet."""
    in_words = dict.fromkeys(line.in_words, 0.0)
    return msgspec.structs.replace(line, marks=0.0, help="worked" if line.worked else "bare", in_words=in_words)


def _of_values(place: int, old: ProblemRecord, new: ProblemRecord, sheets: Sequence[SheetRecord]) -> Iterator[str]:
    """The givens that are the same for everyone, or were, and were something else on the sheets that there are."""
    for name, now in new.numbers.items():
        if old.authored:
            was = old.numbers.get(name, "")
            if was != now and (was + now).count(FIXED):
                yield f"given {name} was {was or 'drawn'}"
        elif now.startswith(FIXED):
            value = json.loads(now.removeprefix(FIXED))
            if not any(sheet.given[place][name] == value for sheet in sheets):
                yield f"given {name} was {sheets[-1].given[place][name]}"


def _merged(old: ProblemRecord, new: ProblemRecord) -> ProblemRecord:
    """A problem with the lines that were printed, and what may change as it is now.

    The marks are those that were printed where the set says none but those: another version may share the same marks
    out in another way.
    """
    now = {line.name: line for line in new.lines}
    lines = [_with_help(line, now.get(line.name)) for line in old.lines]
    alike = [line.name for line in old.lines] == [line.name for line in new.lines]
    total = old.marks if new.total is None and not alike else new.total or new.marks
    if (old.marks, old.own_marks) != (total, new.own_marks):
        lines = with_marks(lines, new.total, new.own_marks)
    return msgspec.structs.replace(new, lines=tuple(lines))


def _with_help(line: LineRecord, now: LineRecord | None) -> LineRecord:
    return line if now is None or line.worked or now.worked else msgspec.structs.replace(line, help=now.help)


def _free_changes(earlier: SetRecord, now: SetRecord) -> Iterator[str]:
    if earlier.title != now.title:
        yield "the title"
    for field in msgspec.structs.fields(earlier.marking):
        was, is_now = getattr(earlier.marking, field.name), getattr(now.marking, field.name)
        if was != is_now:
            yield f"{field.name} ({was} before, {is_now} now)"
    for number, (old, new) in enumerate(zip(earlier.problems, now.problems, strict=True), 1):
        changed = [field for field in ("title", "intro", "labels") if getattr(old, field) != getattr(new, field)]
        before = {line.name: line for line in old.lines}
        pairs = [(before[line.name], line) for line in new.lines if line.name in before]
        if any((a.marks, a.in_words) != (b.marks, b.in_words) for a, b in pairs):
            changed.append("marks")
        if any(a.help != b.help for a, b in pairs):
            changed.append("hints")
        drawn = [n for n in new.numbers if old.authored and old.numbers.get(n, "") != new.numbers[n]]
        if drawn:
            changed.append(f"how {_some(drawn)} {'are' if len(drawn) > 1 else 'is'} drawn")
        if changed:
            yield f"{', '.join(changed)} of problem {number}"
