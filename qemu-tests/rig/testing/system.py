# SPDX-License-Identifier: MIT
"""System tests (qemu-tests/tests): functions that boot machines and look at what happens.

    @system_test("a guest of 16 MiB boots", timeout=120)
    def boots_small(context: Context) -> None:
        guest = context.guest("full", memory=16)
        guest.console.expect("lavandin>")

`context.guest` takes the machine that tests of a mode share in a lane (each guest is removed at the
test's end); `context.machine` boots one of the test's own."""

from __future__ import annotations

import importlib
import re
import signal
import traceback
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from .. import modes, paths
from ..errors import RigError, TimedOut
from ..full import FullMachine
from ..full_guest import FullGuest
from ..ktap import Case
from ..logs import fresh_directory
from ..machine import Guest, GuestConfig, Machine, MachineOptions
from .jobs import Built, Job, Need
from .results import Selection

NAME = "system"
_SHARED = {"guests": 4, "guest_memory": 1024}


class Skip(Exception):
    """Raised by a test that cannot run here, with the reason."""


@dataclass(frozen=True)
class Test:
    name: str
    function: Callable[[Context], None]
    timeout: float
    slow: bool
    needs_build: bool
    needs: tuple[Need, ...]
    processors: int
    about: float


_tests: list[Test] = []
_provided: dict[str, Callable[[], Path | bytes]] = {}


def provide(path: str, make: Callable[[], Path | bytes]) -> str:
    """Has the shared machine's dom0 hold a file, made when that machine boots. Returns the path.
    Everything a test boots there must come this way: over the serial port it would take minutes."""
    _provided[path] = make
    return path


def system_test(
    name: str,
    *,
    timeout: float = 120,
    slow: bool = False,
    needs_build: bool = True,
    needs: tuple[Need, ...] = (),
    processors: int = 1,
    about: float = 0,
) -> Callable:
    """Registers a test. Slow ones run only with `--full`; `needs_build=False` is for those that
    boot something else than Lavandin. What a test needs to be made is called before, `processors`
    is how many it keeps busy, `about` how many seconds it takes if many (jobs.py)."""

    def register(function: Callable[[Context], None]) -> Callable[[Context], None]:
        _tests.append(
            Test(name, function, timeout, slow, needs_build, needs, processors, about)
        )
        return function

    return register


class Context:
    """What a test works with. Everything it started ends with the test."""

    def __init__(self, preset: str, pool: Pool) -> None:
        self.preset = preset
        self._pool = pool
        self._machines: list[Machine] = []
        self._guests: list[tuple[FullMachine, FullGuest]] = []
        self._logs: Path | None = None

    def machine(self, mode: str, **options: Any) -> Machine:
        """A machine of this test's own, with these MachineOptions."""
        if "logs" not in options:
            name = f"system-{self._pool.current}-{len(self._machines)}"
            options["logs"] = fresh_directory(name)
        self._logs = options["logs"]
        machine = modes.start(mode, MachineOptions(preset=self.preset, **options))
        self._machines.append(machine)
        return machine

    def guest(self, mode: str, **config: Any) -> Guest:
        """A guest with this GuestConfig: in a shared full machine, or in a direct one."""
        if mode == "direct":
            return self.machine("direct").create_guest(GuestConfig(**config))
        machine = self._pool.full()
        config.setdefault("name", f"{self._pool.current}-{len(self._guests)}")
        guest = machine.create_guest(GuestConfig(**config))
        self._guests.append((machine, guest))
        return guest

    def expect_end(self, guest: Guest, reason: str, timeout: float = 90) -> None:
        """Waits for the guest's end and fails unless it gives that reason."""
        got = guest.wait_for_shutdown(timeout)
        assert got == reason, f"{guest.name} ended by {got}, not {reason}\n{guest.console.tail()}"

    @property
    def shared(self) -> FullMachine:
        """The full machine that tests share, for commands in dom0."""
        return self._pool.full()

    def finish(self, failed: bool) -> str:
        """Ends what the test started; returns where its logs are."""
        places = [str(self._logs.relative_to(paths.ROOT))] if self._logs else []
        for machine in self._machines:
            machine.stop()
        for full, guest in self._guests:
            places.append(str(guest.console.log.relative_to(paths.ROOT)))
            try:
                full.destroy_guest(guest)
            except (RigError, OSError):
                failed = True
        if failed:
            self._pool.drop()  # the next test begins with a machine that is surely sound
        return ", ".join(places)


class Pool:
    """The full machine that tests share, booted when the first one asks for it. Each lane has its
    own copy of the pool, and so a machine of its own."""

    def __init__(self, preset: str) -> None:
        self.preset = preset
        self.lane = 0
        self._options = MachineOptions(preset=preset, **_SHARED)  # type: ignore[arg-type]
        self._machine: FullMachine | None = None
        self._boots = 0
        self.current = ""

    def full(self) -> FullMachine:
        if self._machine is None:
            self._boots += 1
            logs = fresh_directory(f"system-shared-{self.lane}-{self._boots}")
            files = {path: make() for path, make in _provided.items()}
            # Booting has its own limit; it must not use up the time of whichever test is first.
            left, _ = signal.setitimer(signal.ITIMER_REAL, 0)
            machine = modes.start("full", replace(self._options, logs=logs, files=files))
            signal.setitimer(signal.ITIMER_REAL, left)
            assert isinstance(machine, FullMachine)
            self._machine = machine
        return self._machine

    def drop(self) -> None:
        if self._machine:
            self._machine.stop()
            self._machine = None


def load() -> list[Test]:
    """All registered tests, in the order of their files."""
    if not _tests:
        for file in sorted((paths.QEMU_TESTS / "tests").glob("[!_]*.py")):
            importlib.import_module(f"tests.{file.stem}")
    return _tests


def jobs(pool: Pool, selection: Selection) -> list[Job]:
    """One for each test that is selected. Whoever runs them drops the pool in the end."""
    return [
        _job(test, pool, selection.slow)
        for test in load()
        if selection.wants(NAME, test.name)
    ]


def _job(test: Test, pool: Pool, slow: bool) -> Job:
    if test.slow and not slow:
        skipped = Case(test.name, "skipped", "slow: runs with --full")
        return Job(NAME, test.name, lambda _lane: [skipped])
    kernel = (Built(pool.preset),) if test.needs_build else ()
    needs = (modes.prepare, *kernel, *test.needs)
    processors, about = test.processors, test.about
    return Job(NAME, test.name, lambda lane: [_run(test, pool, lane)], needs, processors, about)


def _run(test: Test, pool: Pool, lane: int) -> Case:
    pool.lane = lane
    pool.current = re.sub(r"[^a-z0-9]+", "-", test.name.lower()).strip("-")[:40]
    context = Context(pool.preset, pool)

    def expired(_number: int, _frame: object) -> None:
        raise TimedOut(f"the test took more than {test.timeout:.0f} s")

    signal.signal(signal.SIGALRM, expired)
    signal.setitimer(signal.ITIMER_REAL, test.timeout)
    case = Case(test.name, "passed")
    try:
        test.function(context)
    except Skip as reason:
        case = Case(test.name, "skipped", str(reason))
    except RigError as error:
        case = Case(test.name, "failed", f"{error}\n{_place(error)}")
    except Exception:  # whatever a test raises is that test's failure
        case = Case(test.name, "failed", traceback.format_exc())
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        logs = context.finish(case.outcome == "failed")
    if case.outcome == "failed" and logs:
        case = replace(case, detail=f"{case.detail}\nlogs: {logs}")
    return case


def _place(error: BaseException) -> str:
    """The line of the test itself that the error came from."""
    for frame in traceback.extract_tb(error.__traceback__):
        if f"{paths.QEMU_TESTS}/tests/" in frame.filename:
            return f"at {Path(frame.filename).name}:{frame.lineno}: {frame.line}"
    return ""
