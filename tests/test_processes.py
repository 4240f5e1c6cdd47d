"""Work shared out among processes: in order, a bounded number ahead, and a lost or unfit worker is said."""

from __future__ import annotations

import operator
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from course import workers
from course.clusters import cluster
from course.errors import CourseError
from course.processes import AHEAD, spread


def counted(pieces: int, taken: list[int]) -> Iterator[int]:
    for piece in range(pieces):
        taken.append(piece)
        yield piece


@pytest.mark.parametrize("jobs", [1, 2])
def test_results_come_in_order_and_pieces_are_taken_as_they_are_needed(jobs: int) -> None:
    taken: list[int] = []
    results = spread(operator.neg, counted(100, taken), jobs)
    assert not taken
    assert next(results) == 0
    assert len(taken) <= AHEAD * jobs
    assert list(results) == [-n for n in range(1, 100)]


@pytest.mark.parametrize("pieces", [0, 1])
def test_a_single_piece_stays_in_this_process(pieces: int) -> None:
    here = [os.getpid()] * pieces
    assert list(spread(lambda piece: os.getpid(), range(pieces), 2)) == here


@pytest.mark.parametrize("jobs", [1, 2])
def test_what_a_piece_raises_is_raised_here(jobs: int, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="absent"):
        list(spread(os.stat, [tmp_path, tmp_path / "absent", tmp_path], jobs))


@pytest.mark.parametrize("jobs", [1, 2])
def test_what_taking_a_piece_raises_is_raised_here(jobs: int) -> None:
    def some() -> Iterator[int]:
        yield from range(3)
        raise CourseError("no more")

    with pytest.raises(CourseError, match="no more"):
        list(spread(operator.neg, some(), jobs))


def test_work_that_is_given_up_says_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    results = spread(operator.neg, range(100), 2)
    next(results)
    results.close()  # type: ignore[attr-defined]
    assert capfd.readouterr().err == ""


def test_a_process_that_the_system_stops_is_said_and_the_next_work_goes_on() -> None:
    with pytest.raises(CourseError, match=r"a process was stopped .* memory .* fewer processes \(--jobs\)"):
        list(spread(os._exit, [1, 1], 2))
    assert list(spread(operator.neg, [1, 2], 2)) == [-1, -2]


def test_a_worker_says_what_it_lacks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "records.jsonl"
    file.write_bytes(b"{}\n")
    expected = workers.expected_of([file, tmp_path])
    assert workers.work((operator.neg, 1, expected)) == -1
    file.write_bytes(b"")
    with pytest.raises(workers.Unfit, match=r"does not see .*records\.jsonl as it is here"):
        workers.work((operator.neg, 1, expected))
    file.unlink()
    with pytest.raises(workers.Unfit, match=r"a disk that all workers share"):
        workers.work((operator.neg, 1, expected))
    monkeypatch.setattr(workers, "_versions", lambda: dict.fromkeys(workers.DECIDING, "9.9"))
    with pytest.raises(workers.Unfit, match=r"has handprop 9\.9, not .*install the same versions"):
        workers.work((operator.neg, 1, expected))


@pytest.mark.parametrize(
    ("backend", "scheduler", "says"),
    [
        ("dusk", None, "--backend “dusk”: there are loky, dask, ray"),
        ("dask", None, "--backend dask: say where its scheduler is, as in --scheduler tcp://"),
        ("ray", "", "--backend ray: say where its scheduler is"),
        ("loky", "tcp://127.0.0.1:8786", "say --backend dask or --backend ray beside it"),
    ],
)
def test_a_cluster_that_cannot_be_used_is_said(backend: str, scheduler: str | None, says: str) -> None:
    with pytest.raises(CourseError, match=says), cluster(backend, scheduler):
        pass
