"""What of a set stays as it is once sheets were made: what their numbers and questions depend on, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from course.records import LineRecord, ProblemRecord, SetRecord, SheetRecord, decoder, read_lines
from worksheets.authoring import AuthoringError
from worksheets.derivations import proved

MOST_NAMED = 6


def settled(fresh: SetRecord, instructor: Path) -> tuple[SetRecord, Sequence[SheetRecord], str]:
    """The set as it holds from now on, the sheets that are already there, and a word on what has changed since.

    A set is proved where it is new. Raises AuthoringError where it is another than that of the sheets.
    """
    path, records = instructor / "set.json", instructor / "records.jsonl"
    if not path.exists():
        if records.exists():
            raise AuthoringError(f"{path} is missing, and {records} is there: sheets were made. Nothing was written.")
        return proved(fresh), [], ""
    try:
        earlier: SetRecord = decoder(SetRecord).decode(path.read_bytes())
        there = read_lines(records.read_bytes(), SheetRecord) if records.exists() else []
    except msgspec.MsgspecError as error:
        raise AuthoringError(f"{instructor}: the records cannot be read: {error}") from None
    if not there:
        return proved(fresh), [], ""
    if differing := list(_differing(earlier, fresh)):
        raise AuthoringError(
            f"{instructor.parent}: the set has changed since its sheets were made: {'; '.join(differing)}. Nothing was "
            "written: students may have them. Generate into a new folder, or undo the change. (Titles, intros, labels, "
            "hints, marks, follows and reveal may change.)"
        )
    problems = tuple(map(_with_marks_kept, earlier.problems, fresh.problems))
    now = msgspec.structs.replace(fresh, problems=problems)
    return now, there, _said(list(_free_changes(earlier, now)), len(there))


def _said(changes: Sequence[str], sheets: int) -> str:
    if not changes:
        return ""
    return (
        f"changed in the set: {', '.join(changes)}. New pages and grading follow the set as it is now; "
        f"pages that were already made ({sheets} sheets) stay as they are"
    )


def _differing(earlier: SetRecord, fresh: SetRecord) -> Iterator[str]:
    """What differs of that on which numbers and questions depend."""
    if len(earlier.problems) != len(fresh.problems):
        yield f"it had {len(earlier.problems)} problems and has {len(fresh.problems)}"
        return
    for number, (old, new) in enumerate(zip(earlier.problems, fresh.problems, strict=True), 1):
        where = f"problem {number}, {new.name}"
        if old.name != new.name:
            yield f"{where}: it was {old.name}"
            continue
        if old.decimals != new.decimals:
            yield f"{where}: its decimals were {old.decimals}"
        if old.sizes != new.sizes:
            yield f"{where}: its sizes were {', '.join(f'{name} = {size}' for name, size in old.sizes.items())}"
        elif old.given != new.given:
            now = {given.name: given for given in new.given}
            other = [given.name for given in old.given if now.pop(given.name, None) != given]
            yield f"{where}: what is given, {_some(other + list(now)) or 'its order'}"
        else:  # the lines' shapes follow from the sizes, and their names from what is given
            yield from (f"{where}: {said}" for said in _differing_lines(old, new))
        if old.loss not in (None, new.loss):
            yield f"{where}: gradients were of {old.loss}"


def _differing_lines(old: ProblemRecord, new: ProblemRecord) -> Iterator[str]:
    before, now = ({line.name: _frozen(line) for line in problem.lines} for problem in (old, new))
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


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:MOST_NAMED]) + (", …" if len(names) > MOST_NAMED else "")


def _questions(line: LineRecord) -> object:
    return line.asked, line.help, line.in_words


def _frozen(line: LineRecord) -> LineRecord:
    """A line without its marks and hints; of its help only whether it is worked on the sheet."""
    in_words = dict.fromkeys(line.in_words, 0.0)
    return msgspec.structs.replace(line, marks=0.0, help="worked" if line.worked else "bare", in_words=in_words)


def _with_marks_kept(old: ProblemRecord, new: ProblemRecord) -> ProblemRecord:
    """A problem with the marks that were printed, where the set says none but those.

    Another version may share the same marks out in another way.
    """
    if (old.marks, old.own_marks) != (new.marks, new.own_marks):
        return new
    lines = tuple(
        msgspec.structs.replace(line, marks=printed.marks, in_words=printed.in_words)
        for line, printed in zip(new.lines, old.lines, strict=True)
    )
    return msgspec.structs.replace(new, lines=lines)


def _free_changes(earlier: SetRecord, now: SetRecord) -> Iterator[str]:
    if earlier.title != now.title:
        yield "the title"
    for field in msgspec.structs.fields(earlier.marking):
        was, is_now = getattr(earlier.marking, field.name), getattr(now.marking, field.name)
        if was != is_now:
            yield f"{field.name} ({was} before, {is_now} now)"
    for number, (old, new) in enumerate(zip(earlier.problems, now.problems, strict=True), 1):
        changed = [field for field in ("title", "intro", "labels") if getattr(old, field) != getattr(new, field)]
        pairs = list(zip(old.lines, new.lines, strict=True))
        if any((a.marks, a.in_words) != (b.marks, b.in_words) for a, b in pairs):
            changed.append("marks")
        if any(a.help != b.help for a, b in pairs):
            changed.append("hints")
        if changed:
            yield f"{', '.join(changed)} of problem {number}"
