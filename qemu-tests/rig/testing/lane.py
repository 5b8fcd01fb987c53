# SPDX-License-Identifier: MIT
"""A lane: a process, forked from the driver, that runs jobs one after the other. It has machines,
a run directory and log directories of its own; what it prints goes to a file that the driver
reads when a job is done."""

from __future__ import annotations

import os
import signal
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection, Pipe, wait
from pathlib import Path
from typing import NoReturn

from .. import paths, process, progress
from ..errors import Interrupted
from .jobs import Done, Job, failed, perform

_GRACE = 30.0  # seconds to end its machines in
_CLOSED = (EOFError, ConnectionResetError)


class Lane:
    """The driver's side. `jobs` are all there are; `at_end` ends what they have left in a lane."""

    def __init__(self, number: int, jobs: Sequence[Job], at_end: Callable[[], None]) -> None:
        self.number = number
        self.doing: int | None = None
        self._jobs = jobs
        self._log = paths.run_directory() / f"lane-{number}.log"
        self._log.write_bytes(b"")
        self._read = 0
        self._began = 0.0
        self.connection, far = Pipe()
        sys.stdout.flush()
        sys.stderr.flush()
        self.pid = process.fork()
        if self.pid == 0:
            self.connection.close()
            _live(number, jobs, at_end, far, self._log)
        far.close()

    def begin(self, job: int) -> None:
        self.doing, self._began = job, time.monotonic()
        try:
            self.connection.send(job)
        except OSError:
            pass  # it is dead, which `result` finds

    def result(self) -> Done | None:
        """What came of the job that it was doing; None when the lane has died with it."""
        assert self.doing is not None
        try:
            cases, processor_seconds = self.connection.recv()
        except _CLOSED:
            return None
        self.doing = None
        seconds = time.monotonic() - self._began
        return Done(cases, self._said(), seconds, processor_seconds)

    def death(self) -> Done:
        """For the job that it died with."""
        assert self.doing is not None
        job, self.doing = self._jobs[self.doing], None
        status = self._reap(5) or self._kill()
        cases = failed(job, f"lane {self.number} died with it: {_ending(status)}")
        return Done(cases, self._said(), time.monotonic() - self._began)

    def _said(self) -> str:
        with self._log.open("rb") as log:
            log.seek(self._read)
            text = log.read()
        self._read += len(text)
        return text.decode(errors="replace")

    def ask_to_end(self) -> None:
        """At once if it is doing something, or else as soon as its machines are ended."""
        try:
            if self.doing is not None:
                os.kill(self.pid, signal.SIGTERM)
            self.connection.send(None)
        except OSError:
            pass  # it has ended

    def wait_for_end(self) -> None:
        if self._reap(_GRACE) is None:
            self._kill()
        self.connection.close()

    def _reap(self, timeout: float) -> int | None:
        """The status that it ended with; None when it has not in that time."""
        deadline = time.monotonic() + timeout
        while True:
            try:
                pid, status = os.waitpid(self.pid, os.WNOHANG)
            except ChildProcessError:
                return 0
            if pid:
                return status
            if time.monotonic() > deadline:
                return None
            time.sleep(0.02)

    def _kill(self) -> int:
        """Its machines die with it; what else it had becomes the driver's, who ends that."""
        try:
            os.kill(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        return self._reap(5) or 0


def ready(lanes: Sequence[Lane]) -> list[Lane]:
    """Waits until a lane is done with its job, or dead; returns those."""
    busy = {lane.connection: lane for lane in lanes if lane.doing is not None}
    return [busy[connection] for connection in wait(list(busy))]  # type: ignore[index]


def _ending(status: int) -> str:
    code = os.waitstatus_to_exitcode(status)
    return f"signal {-code}" if code < 0 else f"status {code}"


# The lane's own side.


def _live(
    number: int,
    jobs: Sequence[Job],
    at_end: Callable[[], None],
    connection: Connection,
    log: Path,
) -> NoReturn:
    status = 70
    try:
        process.let_signals_in()
        _redirect(log)
        progress.no_terminal()
        _serve(number, jobs, connection)
        status = 0
    except Interrupted as interruption:
        status = 128 + interruption.number
    except Exception:
        traceback.print_exc()
    finally:
        try:
            process.ignore_signals()
            at_end()
        finally:
            process.sweep()
            paths.remove_run_directory()
            sys.stdout.flush()
            os._exit(status)


def _redirect(log: Path) -> None:
    sink = os.open(log, os.O_WRONLY | os.O_APPEND)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(sink, 1)
    os.dup2(sink, 2)
    os.close(sink)
    os.close(nothing)
    sys.stdout.reconfigure(line_buffering=True)  # between what goes to stderr  # type: ignore


def _serve(number: int, jobs: Sequence[Job], connection: Connection) -> None:
    """Does what it is told, until it is told no more or the driver is gone."""
    while True:
        try:
            which = connection.recv()
        except _CLOSED:
            return
        if which is None:
            return
        before = process.processor_seconds()
        cases = perform(jobs[which], number)
        sys.stdout.flush()
        sys.stderr.flush()
        connection.send((cases, process.processor_seconds() - before))
