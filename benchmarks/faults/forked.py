"""A run of the command line in a fork of this process: it spares the second that Python and handprop take to start."""

from __future__ import annotations

import os
import select
import signal
import sys
import tempfile
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from subprocess import TimeoutExpired
from time import monotonic

import handprop.cli
import worksheets.course  # noqa: F401 - all that a run would load
from benchmarks.faults import struck


class Forked:
    """Of subprocess.Popen what faults needs; it is in a session of its own."""

    def __init__(self, arguments: Sequence[str], strike: Sequence[str], folder: Path, names: Mapping[str, str]) -> None:
        sys.stdout.flush()
        sys.stderr.flush()
        self._out, self._heard, self.returncode = tempfile.TemporaryFile(), b"", 0  # noqa: SIM115 - open while it runs
        self._pipe, said = os.pipe()
        self.pid = os.fork()
        if not self.pid:
            self._be(arguments, strike, folder, names, said)
        os.close(said)
        self._end = os.pidfd_open(self.pid)

    def _be(
        self, arguments: Sequence[str], strike: Sequence[str], folder: Path, names: Mapping[str, str], said: int
    ) -> None:
        """The run: does not return."""
        code: object = 1
        try:
            os.setsid()
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            signal.signal(signal.SIGINT, signal.default_int_handler)
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            os.dup2(self._out.fileno(), 1)
            os.dup2(said, 2)
            sys.stdout, sys.stderr = open(1, "w", closefd=False), open(2, "w", closefd=False)  # noqa: SIM115
            os.chdir(folder)
            os.environ.update(names)
            tempfile.tempdir = None
            sys.argv = ["handprop", *strike, *arguments]
            struck.run() if strike else handprop.cli.main()
        except SystemExit as ended:
            code = ended.code or 0
        except BaseException:
            traceback.print_exc()
        finally:
            if loky := sys.modules.get("joblib.externals.loky"):  # where a process ends, so do its workers
                loky.get_reusable_executor().shutdown(wait=True)
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code if isinstance(code, int) else 1)

    def wait(self, timeout: float) -> int:
        if not select.select([self._end], [], [], timeout)[0]:
            raise TimeoutExpired("handprop", timeout)
        return self.returncode

    def communicate(self, timeout: float = 1e6) -> tuple[str, str]:
        """What it said, once it and all that it started are gone."""
        until = monotonic() + timeout
        while True:
            if not select.select([self._pipe], [], [], max(until - monotonic(), 0))[0]:
                raise TimeoutExpired("handprop", timeout)
            heard = os.read(self._pipe, 1 << 16)
            self._heard += heard
            if not heard:
                break
        self.returncode = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        self._out.seek(0)
        out = self._out.read()
        self._out.close()
        os.close(self._pipe)
        os.close(self._end)
        return out.decode(errors="replace"), self._heard.decode(errors="replace")
