# SPDX-License-Identifier: MIT
"""The driver, interrupted at any moment: nothing that it started stays."""

from __future__ import annotations

import contextlib
import os
import re
import select
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from rig import paths, process
from rig.testing.jobs import Built
from rig.testing.system import Context, system_test

from . import _checkout

_PATIENCE = 300  # seconds until a stage is reached


def _handles_interrupts(process_id: int) -> bool:
    status = Path(f"/proc/{process_id}/status").read_text()
    handled = re.search(r"^SigCgt:\s*([0-9a-f]+)$", status, re.M)
    return handled is not None and bool(int(handled.group(1), 16) >> (signal.SIGINT - 1) & 1)


@contextlib.contextmanager
def _started(arguments: list[str], root: Path = paths.ROOT) -> Iterator[subprocess.Popen[bytes]]:
    """The driver of a checkout, which ends inside; nothing of it may be left then."""
    before = set(process.descendants())
    child = process.spawn(
        [root / "lavandin", *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    try:
        yield child
    finally:
        left = set(process.descendants()) - before - {child.pid}
        process.stop(child)
    assert not left, f"{arguments}: processes left: {left}"
    assert not (root / "build/run" / str(child.pid)).exists(), f"{arguments}: files left"


def _interrupt_after(arguments: list[str], delay: float) -> None:
    """Interrupts the driver a while after its start."""
    with _started(arguments) as child:
        time.sleep(delay)
        early = not _handles_interrupts(child.pid)
        os.kill(child.pid, signal.SIGINT)
        _, said = child.communicate(timeout=30)
    expected = [128 + signal.SIGINT]
    python_began = early and b"Fatal Python error" in said
    if early:  # the rig was not loaded, unless it was just now
        expected.append(1 if python_began else -signal.SIGINT)
    assert child.returncode in expected, (delay, child.returncode, said)
    assert b"Traceback" not in said or python_began, said


def _read_until(child: subprocess.Popen[bytes], pattern: bytes) -> bytes:
    """What it says on standard error, until that appears there."""
    assert child.stderr
    said, deadline = b"", time.monotonic() + _PATIENCE
    while not re.search(pattern, said):
        assert time.monotonic() < deadline, f"no {pattern!r} in {said!r}"
        if select.select([child.stderr], [], [], 0.5)[0]:
            more = os.read(child.stderr.fileno(), 4096)
            assert more, f"it ended without {pattern!r}: {said!r}"
            said += more
    return said


def _interrupt_in(
    stage: bytes, arguments: list[str], delay: float, root: Path = paths.ROOT
) -> None:
    """Interrupts the driver a while after it has named a stage, which lasts longer than that."""
    with _started(arguments, root) as child:
        said = _read_until(child, stage)
        time.sleep(delay)
        os.kill(child.pid, signal.SIGINT)
        _, more = child.communicate(timeout=90)  # apt gets a minute
    said += more
    assert child.returncode == 128 + signal.SIGINT, (stage, delay, child.returncode, said)
    assert b"lavandin: interrupted" in said and b"Traceback" not in said, (stage, delay, said)


@system_test("SIGINT during a direct start leaves no process", timeout=180, about=20)
def interrupted_direct(context: Context) -> None:
    for delay in (0.02, 0.1, 0.2, 0.4, 0.6, 0.9, 1.2, 1.6, 2.0, 3.0):
        _interrupt_after(["boot", "--direct"], delay)


@system_test("SIGINT during a full start leaves no process", timeout=180, about=30)
def interrupted_full(context: Context) -> None:
    for delay in (0.2, 1, 3, 5, 8, 11):  # what is alike in a direct start is interrupted there
        _interrupt_after(["boot", "--memory", "16"], delay)


@system_test("SIGINT in each stage of setup and build leaves no process", timeout=900, slow=True,
             processors=2, about=60)
def interrupted_in_a_fresh_checkout(context: Context) -> None:
    with tempfile.TemporaryDirectory(prefix="interrupted-", dir=paths.BUILD) as directory:
        checkout = Path(directory)
        _checkout.copy(checkout)
        _interrupt_in(rb"downloading \d+ packages", ["setup"], 0, checkout)
        shutil.rmtree(checkout / "build")
        _checkout.add_built(checkout)
        for stage, arguments, delay in (
            (b"configuring gcc-release", ["build"], 0),
            (b"configuring gcc-release", ["build"], 0.5),
            (b"building gcc-release", ["build"], 0),
            (b"building gcc-release", ["boot"], 3),
            (b"building dom0", ["build", "--preset", "dom0"], 2),
        ):
            _interrupt_in(stage, arguments, delay, checkout)


@system_test("SIGINT in each stage of a start leaves no process", timeout=900, slow=True,
             needs=(Built(paths.DOM0_PRESET),), about=120)
def interrupted_in_a_start(context: Context) -> None:
    for stage, delays in (
        (b"building gcc-release", (0,)),
        (b"building dom0", (0,)),
        (b"booting Xen and dom0", (0, 1, 3)),
        (b"xl create lavandin", (0, 0.3)),
        (b"console of lavandin", (0, 1)),
    ):
        for delay in delays:
            _interrupt_in(stage, ["boot", "--coop", "--memory", "16"], delay)
