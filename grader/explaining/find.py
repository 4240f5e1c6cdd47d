"""The one submission, of all in some files, whose answer is to be explained."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path

from course.errors import CourseError
from course.stored import Course, load_course
from grader.copied import OtherSheets
from grader.counted import place_of
from grader.course import check_paths, student_sheet
from grader.explaining.explain import asked_answer, explanations
from grader.explaining.record import Explanation
from grader.gradebook import of_another
from grader.handed_in import Nameless, NotRead, Submission
from grader.kept import SUBMISSIONS, as_read, lines_in
from grader.marking.sheets import grade_all
from grader.results import MARKS
from grader.submissions import submissions
from grader.whose import Students, called

MOST_NAMED = 5


def explain_submission(folder: Path, paths: Iterable[Path], name: str, student: str = "") -> Explanation:
    """Why an answer in a course's submissions got its marks; `student` says whose, where there are several.

    Raises CourseError where the course cannot be read, nothing of that name is asked, or no submission or more than
    one student's is found.
    """
    course, paths = load_course(folder), list(paths)
    check_paths(paths)
    answer = asked_answer(course.set, name)
    submission, notes = chosen(course, paths, student)
    record = course.sheets[submission.sheet]
    other = OtherSheets(course.set, course.sheets).whose(grade_all(course.set, [(record, submission)])[0])
    lines = set(other.lines) if other else set[str]()
    (found,) = explanations(course.set, record, submission, [answer], lines)
    if other:
        notes = [*notes, f"{called(record)} has on {of_another(other)}"]
    return replace(found, warnings=tuple(notes))


@dataclass
class _Found:
    """What was found in some files: the submission of each sheet that counts, those without a sheet, and the rest."""

    counts: dict[str, Submission] = field(default_factory=dict)
    nameless: list[Nameless] = field(default_factory=list)
    others: list[NotRead] = field(default_factory=list)
    unknown: list[Submission] = field(default_factory=list)


def chosen(course: Course, paths: Sequence[Path], student: str) -> tuple[Submission, list[str]]:
    """The submission that is meant, of several on one sheet the one that counts, and what is to be said of it.

    Raises CourseError where there is none, or are several students'.
    """
    wanted = student_sheet(course, student) if student else ""
    found = _found(course, paths, wanted)
    if wanted:
        return _of_student(course, found, wanted)
    if len(found.counts) > 1:
        named = [called(course.sheets[sheet]) for sheet in [*found.counts][:MOST_NAMED]]
        first = course.sheets[next(iter(found.counts))].student
        raise CourseError(f"several students' answers lie there ({_listed(named)}); name one, such as --as {first}")
    if not found.counts:
        raise CourseError(_nothing(found))
    (submission,) = found.counts.values()
    return submission, _claimed(course, submission)


def _found(course: Course, paths: Sequence[Path], wanted: str) -> _Found:
    """All that lies in some files; without a sheet that is wanted, no more than it takes to see that there are many."""
    found, students = _Found(), Students(course.sheets)
    for one in chain.from_iterable(map(_in_path, paths)):
        if isinstance(one, Nameless):
            found.nameless.append(one)
        elif isinstance(one, NotRead):
            found.others.append(one)
        elif one.sheet not in course.sheets:
            found.unknown.append(one)
        elif not wanted or one.sheet == wanted or len(found.counts) < MOST_NAMED:
            _count(found.counts, one, students)
        if not wanted and len(found.counts) > MOST_NAMED:
            break
    return found


def _in_path(path: Path) -> Iterator[Submission | NotRead]:
    """What lies in a file or folder; of results, what was kept of the submissions that were marked."""
    kept = path / SUBMISSIONS if path.is_dir() and (path / MARKS).is_file() else path
    if kept.name == SUBMISSIONS and kept.is_file():
        try:
            yield from map(as_read, lines_in(kept))
            return
        except ValueError:  # somebody else's file of this name
            pass
    yield from submissions([path])


def _count(counts: dict[str, Submission], found: Submission, students: Students) -> None:
    """Of two submissions of one sheet one counts, as in marking."""
    other = counts.get(found.sheet)
    if other is None or place_of(found, students).counts_before(place_of(other, students)) is not False:
        counts[found.sheet] = found


def _of_student(course: Course, found: _Found, wanted: str) -> tuple[Submission, list[str]]:
    """The student's own submission; where there is none, the only one that may be."""
    whose = called(course.sheets[wanted])
    if wanted in found.counts:
        return found.counts[wanted], _claimed(course, found.counts[wanted])
    if len(found.nameless) == 1 and not found.counts and not found.unknown:
        (one,) = found.nameless
        return Submission(one.source, wanted, one.answers, one.time), []
    rest = [*found.counts.values(), *found.unknown]
    if len(rest) == 1 and not found.nameless:
        (other,) = rest
        says = f"{other.source} carries the code {other.sheet}; it is explained on the numbers of {whose}, as --as says"
        return replace(other, sheet=wanted), [says]
    raise CourseError(f"nothing of {whose} was found there (sheet {wanted})" + ("" if rest else f": {_nothing(found)}"))


def _claimed(course: Course, submission: Submission) -> list[str]:
    """A word where a sheet lies under another student's name, since it is marked for nobody then."""
    students = Students(course.sheets)
    others = [students.called(sheet) for sheet in students.named_beside(submission.sheet, submission.source)]
    if not others:
        return []
    return [f"{submission.source} lies under the name of {_listed(others)}: grade marks it only with --as"]


def _nothing(found: _Found) -> str:
    """Why there is nothing to explain."""
    if found.unknown:
        sheets = _listed([f"{one.source} has sheet {one.sheet[:40]}" for one in found.unknown[:MOST_NAMED]])
        return f"{sheets}, which is not a sheet of this course"
    if found.nameless:
        one = found.nameless[0]
        return f"{one.source}: {one.reason} Where it is clear whose it is, say so with --as."
    if found.others:
        return "; ".join(f"{one.source}: {one.reason}" for one in found.others[:MOST_NAMED])
    return "no submission was found there"


def _listed(items: Sequence[str]) -> str:
    return ", ".join(items)
