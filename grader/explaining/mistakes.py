"""The mistakes and slips that were looked for on a line that is wrong: what each gives, and why it fits or does not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from backprop import mistakes as known
from backprop.notation import spoken
from course.numbers import number_text, typed_numbers
from course.records import LineRecord, ProblemRecord
from grader.explaining.numbers import rows_of
from grader.explaining.record import LookedFor, Tried
from grader.marking.behind_blanks import fits_behind_blanks, instead_of
from grader.marking.columns import Pass, search_of
from grader.marking.line import Class
from grader.marking.marks import Mistake
from grader.marking.mistakes import Candidate, candidates, explained, known_mistakes, printer_of
from grader.marking.search import Search
from grader.marking.slips import LESS_LIKELY, LIKELIER, Slips, Wrong, transposed
from grader.marking.two_at_once import in_words, pairs_of, pairs_that_fit
from grader.reading.answers import Reading

SLIPS, SLIPS_AFTER = "Slips in writing down the right numbers", "Other slips"
ON_THE_LINE, BEHIND, TWO = "Mistakes on this line", "Mistakes on the lines left blank before", "Two mistakes at once"
TURNED = "The right numbers in the shape turned"
FITS, FITS_NEARLY = "gives these very numbers", "gives these numbers, once rounding on the way is allowed for"
NEAR, NEAR_ONE = "near, but rounding does not explain the rest", "near, but another gives these very numbers"
BY_CHANCE = "near, but so are too many other numbers: it may be chance"
EXPLAINS, NOT_ALL = "explains every wrong entry", "does not explain every wrong entry"
NOT_ALONE = "fits, but so does another pair"


def looked_for(marked: Class, passed: Pass, line: LineRecord) -> tuple[LookedFor, ...]:
    """What was looked for on a line, in the order in which the first that fits is named; nothing where it is right."""
    column, found = marked.answers[line.name], marked.verdicts[line.name]
    reading = column.reading(0)
    wrong = marked.wrong(line, reading, 0)
    if reading.raw is not None:
        return (_turned(reading, wrong),)
    if not wrong.wrong.any():
        return ()
    numbers = {name: answer.numbers for name, answer in marked.answers.items()}
    search = search_of([passed], numbers, marked.model.by_name[line.name], found, np.zeros(1, dtype=int))
    alone = list(_one_mistake(marked, search))
    none = not any(one.fits for one in alone)
    after = [_slips(SLIPS_AFTER, LESS_LIKELY, wrong), *([_two_mistakes(marked, search)] if none else [])]
    return (_slips(SLIPS, LIKELIER, wrong), *alone, *after)


def _turned(reading: Reading, wrong: Wrong) -> LookedFor:
    found = transposed(reading, wrong.low, wrong.high, wrong.decimals)
    return LookedFor(TURNED, 1, (_slip("rows stand where columns belong", found),))


def _slips(what: str, slips: Slips, wrong: Wrong) -> LookedFor:
    return LookedFor(what, len(slips), tuple(_slip(says, explains(wrong)) for says, explains in slips.items()))


def _slip(says: str, found: Mistake | None) -> Tried:
    return Tried(found.kind, found.says, True, EXPLAINS) if found else Tried("", says, False, NOT_ALL)


def _one_mistake(marked: Class, search: Search) -> Iterator[LookedFor]:
    """Known mistakes on the line; and on lines left blank before it, where none fits or one may stand for these."""
    problem, model = marked.problem, marked.model
    (fitting,) = explained(problem, search)
    tried = tuple(_tried(problem, candidate, fitting, search) for candidate in candidates(problem, search))
    on_the_line = LookedFor(ON_THE_LINE, len(tried), tried)
    if search.blanks and (not fitting or instead_of(fitting[0], search.blanks, 0)):
        (behind,) = fits_behind_blanks(problem, search)
        behind.sort(key=lambda fit: instead_of(fit[1], search.blanks, 0))
        count = sum(len(known_mistakes(model, model.by_name[name])) for name in search.blanks)
        fits = (Tried(m.kind, f"{marked.name(name)}: {_words(problem, m)}", True, FITS) for name, m in behind)
        yield LookedFor(BEHIND, count, tuple(fits))
    yield on_the_line


def _two_mistakes(marked: Class, search: Search) -> LookedFor:
    (pairs,) = pairs_that_fit(marked.problem, search)
    both = (in_words(marked.problem, *pair) for pair in pairs)
    alone = len(pairs) == 1
    tried = (Tried(mistake.kind, mistake.says, alone, FITS if alone else NOT_ALONE) for mistake in both)
    return LookedFor(TWO, len(pairs_of(marked.model, search.line)), tuple(tried))


def _tried(problem: ProblemRecord, candidate: Candidate, fitting: Sequence[known.Mistake], search: Search) -> Tried:
    """A known mistake, with what it gives on the student's numbers."""
    mistake, rows = candidate.mistake, rows_of(np.broadcast_to(candidate.value, _shape(search)))
    fits = mistake in fitting
    why = _why(candidate, fits, bool(fitting)) or _furthest(candidate, search, problem.decimals)
    worked = printer_of(problem).expression(mistake.expression)
    return Tried(mistake.kind, _words(problem, mistake), fits, why, worked, rows)


def _shape(search: Search) -> tuple[int, ...]:
    return (*map(int, search.line.shape), 1)


def _why(candidate: Candidate, fits: bool, others_fit: bool) -> str:
    """Why a mistake fits, or does not though it is near; "" where it is far."""
    close, near, told = (bool(of_all[0]) for of_all in (candidate.close, candidate.near, candidate.told))
    if fits:
        return FITS if close else FITS_NEARLY
    if not near:
        return ""
    if not told:
        return BY_CHANCE
    return NEAR_ONE if others_fit else NEAR


def _furthest(candidate: Candidate, search: Search, decimals: int) -> str:
    """The entry by which a mistake is told not to be the one."""
    apart, wrote = search.wrote.apart(candidate.value)[..., 0], search.wrote.numbers[..., 0]
    i, j = np.unravel_index(int(np.argmax(apart)), apart.shape)
    value = float(np.broadcast_to(candidate.value, _shape(search)).reshape(*apart.shape)[i, j])
    gives = number_text(value, decimals) if np.isfinite(value) else "no number"
    where = "" if apart.size == 1 else f" in row {i + 1}, column {j + 1}"
    return f"gives {gives}{where}, not {typed_numbers(float(wrote[i, j]))}"


def _words(problem: ProblemRecord, mistake: known.Mistake) -> str:
    """What was done, without the rule."""
    return spoken(mistake.says, printer_of(problem)).partition(";")[0]
