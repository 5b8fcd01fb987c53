# SPDX-License-Identifier: MIT
"""Connects the user's terminal, or a pipe, to a guest's console."""

from __future__ import annotations

import contextlib
import os
import select
import sys
import termios
import time
import tty
from collections.abc import Callable, Iterator

from . import prompt
from .console import Console
from .errors import RigError

ESCAPE = b"\x1d"  # Ctrl-]
ESCAPE_NAME = "Ctrl-]"
_QUIET = 0.7  # seconds without output after which a guest is taken to wait for a line
_START = 60.0  # seconds that a guest may be silent for before it has come to its prompt


@contextlib.contextmanager
def raw(descriptor: int) -> Iterator[None]:
    """The terminal passes every key, Ctrl-C included; restored on the way out."""
    before = termios.tcgetattr(descriptor)
    try:
        tty.setraw(descriptor)
        # Output is left as it is, so that messages of the driver keep their line ends.
        settings = termios.tcgetattr(descriptor)
        settings[1] |= termios.OPOST | termios.ONLCR
        termios.tcsetattr(descriptor, termios.TCSANOW, settings)
        yield
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)


def write_out(data: bytes) -> None:
    """Straight to standard output: what cannot be written is not tried again at the end."""
    sys.stdout.flush()
    try:
        while data:
            data = data[os.write(sys.stdout.fileno(), data) :]
    except BrokenPipeError:
        raise  # whoever read has enough
    except OSError as error:
        raise RigError(f"standard output: {error.strerror}") from error


class _Output:
    """Shows what a console says, from the pump's thread; what goes wrong there is raised here."""

    def __init__(self) -> None:
        self._error: Exception | None = None

    def __call__(self, data: bytes) -> None:
        if self._error is None:
            try:
                write_out(data)
            except (OSError, RigError) as error:
                self._error = error

    def unless(self, finished: Callable[[], bool]) -> Callable[[], bool]:
        """`finished`, which raises when there is nowhere to show anything any more."""

        def look() -> bool:
            if self._error is not None:
                raise self._error
            return finished()

        return look


def interactive() -> bool:
    """Whether somebody sits there."""
    return sys.stdin.isatty()


def show(console: Console, finished: Callable[[], bool], idle: float) -> str:
    """Shows what a console says from now on; nothing is typed into it. Ends as connect() does."""
    output = _Output()
    finished = output.unless(finished)
    forget = console.listen(output)
    begun = time.monotonic()
    try:
        if not interactive():
            while not finished():
                if time.monotonic() - max(console.last_output, begun) >= idle:
                    return "idle"
                time.sleep(0.1)
            return "ended"
        with raw(0):
            while not finished():
                if select.select([0], [], [], 0.2)[0] and _leaves(os.read(0, 1024)):
                    return "left"
        return "ended"
    finally:
        forget()


def _leaves(typed: bytes) -> bool:
    """The escape key; or Ctrl-C, where nobody else wants it; or nobody is there any more."""
    return ESCAPE in typed or b"\x03" in typed or not typed


def connect(console: Console, finished: Callable[[], bool], idle: float) -> str:
    """Shows the console and feeds it from standard input, until the guest is finished ("ended"),
    the user presses the escape key ("left"), or, when standard input is no terminal, it is used
    up and the console was silent for `idle` seconds, for longer where there is no prompt yet
    ("idle")."""
    output = _Output()
    finished = output.unless(finished)
    forget = console.listen(output, replay=True)
    try:
        if interactive():
            with raw(0):
                return _from_terminal(console, finished)
        return _from_pipe(console, finished, idle)
    finally:
        forget()


def _from_terminal(console: Console, finished: Callable[[], bool]) -> str:
    while not finished():
        readable, _, _ = select.select([0], [], [], 0.2)
        if not readable:
            continue
        typed = os.read(0, 1024)
        if ESCAPE in typed or not typed:
            return "left"
        console.send(typed)
    return "ended"


def _from_pipe(console: Console, finished: Callable[[], bool], idle: float) -> str:
    """Sends line by line, each when the console has said something and is silent: a guest that
    is still starting, or a program that reads its input away, would lose what comes too early."""
    lines: list[bytes] = []
    rest, ended, last_sent = b"", False, time.monotonic()
    while not finished():
        if not ended and select.select([0], [], [], 0.1)[0]:
            data = os.read(0, 65536)
            ended = not data
            *complete, rest = (rest + data).split(b"\n")
            lines += [line + b"\n" for line in complete]
            if ended and rest:
                lines.append(rest)
        elif ended:
            time.sleep(0.1)
        silent = time.monotonic() - max(console.last_output, last_sent)
        if lines and console.text and silent >= _QUIET:
            console.send(lines.pop(0))
            last_sent = time.monotonic()
        if ended and not lines and silent >= idle:
            if silent >= _START or prompt.reached(console.text):
                return "idle"
    return "ended"
