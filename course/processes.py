"""Work shared out among processes, of this machine or of a cluster: by whichever of joblib's backends is active."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain, islice
from pathlib import Path
from typing import TypeVar

from course.errors import CourseError
from course.workers import Unfit, expected_of, work

Piece = TypeVar("Piece")
Result = TypeVar("Result")

ALL = -1
"""As many processes as there are cores, here or in the cluster: joblib's own word for it."""

AHEAD = 16
"""So many pieces for each process are handed out at a time: it bounds the memory that pieces and results take."""


def spread(
    function: Callable[[Piece], Result],
    pieces: Iterable[Piece],
    jobs: int,
    sees: Sequence[Path] = (),
    ahead: int = AHEAD,
) -> Iterator[Result]:
    """`function` of each piece, in order; in this process where `jobs` is 1 or there is one piece only.

    The pieces are taken in this thread, a bounded number ahead. `sees` are the files and folders that the function
    reads or writes by name: a worker elsewhere must see them too. Raises CourseError where a worker is lost or unfit.
    """
    pieces = iter(pieces)
    first = list(islice(pieces, 2))
    workers = _workers(jobs) if len(first) > 1 else 1
    pieces = chain(first, pieces)
    if workers == 1:
        yield from map(function, pieces)
        return
    expected = expected_of(sees)
    while some := [(function, piece, expected) for piece in islice(pieces, ahead * workers)]:
        yield from _shared_out(some, jobs)


def _workers(jobs: int) -> int:
    if jobs == 1:
        return 1
    import joblib  # takes a while to load, and one process does without

    with _loss_told():
        return int(joblib.effective_n_jobs(jobs))


def _shared_out(pieces: Sequence[tuple[Callable[[Piece], Result], Piece, object]], jobs: int) -> Iterator[Result]:
    import joblib

    backend, _ = joblib.parallel.get_active_backend()
    ready = "generator" if getattr(backend, "supports_return_generator", False) else "list"  # Ray has lists only
    with _loss_told():
        # A piece is one tuple: each large argument alone would be kept by Dask on one worker, and be lost with it.
        tasks = [joblib.delayed(work)(piece) for piece in pieces]
        results = joblib.Parallel(n_jobs=jobs, return_as=ready, batch_size=1)(tasks)
        try:
            for result in results:  # noqa: UP028 - yield from would close it before the warnings are off
                yield result
        except GeneratorExit:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # joblib's, of work that nobody waits for any more
                getattr(results, "close", list)()
            raise


@contextmanager
def _loss_told() -> Iterator[None]:
    """Turns the loss of a worker into a CourseError."""
    from joblib.externals.loky.process_executor import BrokenProcessPool

    try:
        yield
    except Unfit as unfit:
        raise CourseError(str(unfit)) from None
    except BrokenProcessPool:
        raise CourseError(
            "a process was stopped while it worked, most likely by the system because memory ran out; "
            "run the same command again, with fewer processes (--jobs)"
        ) from None
    except Exception as error:
        if not type(error).__module__.startswith("ray."):
            raise  # is what the piece itself raised
        raise CourseError(
            f"the cluster lost a piece of work ({type(error).__name__}): a worker was stopped, most likely because "
            "memory ran out; run the same command again"
        ) from None
