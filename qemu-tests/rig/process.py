# SPDX-License-Identifier: MIT
"""Child processes that cannot outlive the driver.

Each child leads a session of its own, so that the terminal's Ctrl-C reaches only the driver, which
then ends its children in order. Three nets below that: the kernel kills a direct child when the
driver dies (PR_SET_PDEATHSIG, set by util-linux's setpriv); orphaned grandchildren become children
of the driver (PR_SET_CHILD_SUBREAPER); and `sweep` ends every descendant left at exit. Only
processes found to be descendants of this one are ever signalled, by their id."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .errors import Interrupted, RigError, TimedOut
from .progress import Step

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def guard() -> None:
    """Call once, first: turns signals into `Interrupted` and adopts orphaned descendants."""
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    for number in _SIGNALS:
        signal.signal(number, _interrupt)


def fork() -> int:
    """As os.fork, for a child that is a driver of its own: it leads a session, is interrupted when
    this process dies, and adopts its descendants. No signal interrupts either before that."""
    parent = os.getpid()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    pid = os.fork()
    if pid == 0:
        os.setsid()
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
        guard()
        if os.getppid() != parent:
            os._exit(128 + signal.SIGTERM)
        return 0  # with signals blocked: see let_signals_in
    signal.pthread_sigmask(signal.SIG_SETMASK, before)
    return pid


def let_signals_in() -> None:
    """What a forked child calls once it is ready to be interrupted."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)


def _interrupt(number: int, _frame: object) -> None:
    ignore_signals()  # what follows is cleaning up, which is bounded and must not be cut short
    raise Interrupted(number)


def ignore_signals() -> None:
    for number in _SIGNALS:
        signal.signal(number, signal.SIG_IGN)


def spawn(arguments: Sequence[str | Path], **options: Any) -> subprocess.Popen[bytes]:
    """Starts a child that dies with the driver. Must be called from the main thread, because the
    kernel counts the end of the creating *thread* as the parent's death."""
    assert threading.current_thread() is threading.main_thread()
    options.setdefault("stdin", subprocess.DEVNULL)
    return subprocess.Popen(
        ["setpriv", "--pdeathsig", "KILL", "--", *map(str, arguments)],
        start_new_session=True,
        **options,
    )


def stop(child: subprocess.Popen[bytes], grace: float = 5, first: int = signal.SIGTERM) -> None:
    """Ends a child and its process group: asks, waits `grace` seconds, kills."""
    for number, patience in ((first, grace), (signal.SIGKILL, 5.0)):
        if child.poll() is None or number == signal.SIGKILL:
            try:
                os.killpg(child.pid, number)
            except (ProcessLookupError, PermissionError):
                pass
        try:
            child.wait(patience)
        except subprocess.TimeoutExpired:
            pass


def run(
    arguments: Sequence[str | Path],
    *,
    timeout: float,
    step: Step | None = None,
    log: Path | None = None,
    check: bool = True,
    grace: float = 5,
    **options: Any,
) -> tuple[int, str]:
    """Runs a command to its end and returns (status, output). Its last line shows as the step's
    detail; everything goes to `log` too. A failure shows the output's tail."""
    child = spawn(arguments, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **options)
    output: list[bytes] = []
    reader = threading.Thread(target=_collect, args=(child, output, log, step), daemon=True)
    reader.start()
    try:
        status = child.wait(timeout)
    except subprocess.TimeoutExpired:
        raise TimedOut(f"{arguments[0]} took more than {timeout:.0f} s") from None
    finally:
        stop(child, grace, signal.SIGINT)
        reader.join(5)
    text = b"".join(output).decode(errors="replace")
    if check and status:
        tail = "\n".join(text.rstrip().split("\n")[-60:])
        where = f"\n(all of it: {log})" if log else ""
        raise RigError(
            f"{' '.join(map(str, arguments))}\nended with status {status}:\n{tail}{where}"
        )
    return status, text


def _collect(
    child: subprocess.Popen[bytes], output: list[bytes], log: Path | None, step: Step | None
) -> None:
    assert child.stdout
    sink = log.open("ab") if log else None
    with child.stdout:
        for line in child.stdout:
            output.append(line)
            if sink:
                sink.write(line)
                sink.flush()
            if step and line.strip():
                step.update(line.decode(errors="replace").strip())
    if sink:
        sink.close()


def descendants() -> list[int]:
    """The ids of all processes whose chain of parents leads here."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                stat = (entry / "stat").read_text()
            except OSError:
                continue
            state, parent = stat[stat.rindex(")") + 2 :].split()[:2]
            if state != "Z":
                parents[int(entry.name)] = int(parent)
    family = {os.getpid()}
    while True:
        more = {child for child, parent in parents.items() if parent in family} - family
        if not more:
            return sorted(family - {os.getpid()})
        family |= more


def processor_seconds() -> float:
    """What this process, its descendants and those of them that have ended have used so far."""
    mine = os.times()
    ticks = 0
    for child in descendants():
        try:
            stat = Path(f"/proc/{child}/stat").read_text()
        except OSError:
            continue
        ticks += sum(map(int, stat[stat.rindex(")") + 2 :].split()[11:15]))
    return sum(mine[:4]) + ticks / os.sysconf("SC_CLK_TCK")


def sweep(grace: float = 3) -> None:
    """Ends every descendant that is still there."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        for child in descendants():
            try:
                os.kill(child, number)
            except (ProcessLookupError, PermissionError):  # it is gone; it is sudo's
                pass
        deadline = time.monotonic() + grace
        while descendants() and time.monotonic() < deadline:
            _reap()
            time.sleep(0.02)
    _reap()


def _reap() -> None:
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass
