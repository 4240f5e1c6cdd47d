"""Whatever reading one file does to the process that reads it, the next file is read."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import bad_work
import pytest
from bad_work import well

from grader import guard
from grader.guard import BROKEN, TOO_LONG, TOO_MUCH, Stopped, guarded

BAD = {
    "forever": TOO_LONG,
    "stopped": TOO_LONG,
    "crash": BROKEN,
    "deep": BROKEN,
    "large": TOO_MUCH,
}


@pytest.mark.parametrize("bad", BAD)
def test_bad_work_ends_and_the_next_is_done(bad: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "SECONDS", 0.1)
    assert guarded(well, 1) == 2
    if bad == "stopped":
        monkeypatch.setattr(guard, "WAITING", 0.2)
    with pytest.raises(Stopped, match=BAD[bad]) as ended:
        guarded(getattr(bad_work, bad), 1)
    assert ended.value.place or BAD[bad] != BROKEN
    monkeypatch.undo()
    assert guarded(well, 2) == 3


def test_the_place_of_an_error_is_told() -> None:
    with pytest.raises(Stopped) as ended:
        guarded(bad_work.raises, 7)
    assert "bad_work.py" in ended.value.place
    assert ended.value.place.strip().endswith("KeyError: 7")


def test_a_process_is_kept_and_one_that_was_killed_is_replaced() -> None:
    process = guarded(bad_work.whose, 0)
    assert process != os.getpid()
    assert guarded(bad_work.whose, 0) == process
    os.kill(process, signal.SIGKILL)
    assert guarded(bad_work.whose, 0) not in (process, os.getpid())


def test_threads_do_not_read_each_other_s_files() -> None:
    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(lambda number: guarded(well, number), range(40))) == list(range(1, 41))


def test_without_processes_files_are_read_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with ThreadPoolExecutor(1) as pool:  # this thread has a process already
        assert pool.submit(guarded, bad_work.whose, 0).result() == os.getpid()
        with pytest.raises(Stopped, match=BROKEN):
            pool.submit(guarded, bad_work.raises, 0).result()


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="looks for a process in /proc")
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_no_process_stays_behind(how: signal.Signals) -> None:
    program = (
        f"import sys; sys.path[:] = {sys.path!r}\n"
        "import bad_work; from grader import guard\n"
        "print(guard.guarded(bad_work.whose, 0), flush=True)\n"
        "guard.WAITING = 1.0; guard.guarded(bad_work.asleep, 0)"
    )
    waiting = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert waiting.stdout
    with waiting.stdout:
        process = int(waiting.stdout.readline())
    waiting.send_signal(how)
    assert waiting.wait(10) != 0
    while _runs(process):
        time.sleep(0.01)


def _runs(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
