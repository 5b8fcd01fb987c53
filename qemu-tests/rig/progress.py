# SPDX-License-Identifier: MIT
"""Says what a long step waits for: one line updating in place on a terminal, plain lines else."""

from __future__ import annotations

import os
import sys
import threading
import time
from types import TracebackType

_terminal = sys.stderr.isatty()
_colour = _terminal and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"

BOLD, RED, GREEN, YELLOW, DIM = "1", "31", "32", "33", "2"


def paint(text: str, code: str, stream: object = None) -> str:
    """The text in colour when it goes to a terminal."""
    to_terminal = _colour if stream is None else (_colour and stream.isatty())  # type: ignore
    return f"\033[{code}m{text}\033[0m" if to_terminal else text


def no_terminal() -> None:
    """From now on the output goes elsewhere, whatever it went to at the start."""
    global _terminal, _colour
    _terminal = _colour = False


def clear() -> None:
    """Makes room for lines on standard output where a step's line may stand."""
    if _terminal:
        sys.stderr.write("\r\033[K")
        sys.stderr.flush()


def say(text: str) -> None:
    """One plain line to standard error."""
    print(text, file=sys.stderr, flush=True)


class Step:
    """`with Step("booting Xen") as step: step.update("waiting for dom0")`.

    On a terminal the line is redrawn each half second with the time passed. Elsewhere one line is
    printed at the start and one at the end, and nothing at all when `quiet`."""

    def __init__(self, title: str, quiet: bool = False) -> None:
        self._title = title
        self._detail = ""
        self._quiet = quiet
        self._began = time.monotonic()
        self._done = threading.Event()
        self._ticker: threading.Thread | None = None

    def update(self, detail: str) -> None:
        self._detail = detail
        self._draw()

    def note(self, detail: str) -> None:
        """The last detail, which stays on the finished line."""
        self._detail = detail

    def _elapsed(self) -> float:
        return time.monotonic() - self._began

    def _text(self) -> str:
        return f"{self._title}: {self._detail}" if self._detail else self._title

    def _draw(self) -> None:
        if not _terminal or self._quiet:
            return
        width = os.get_terminal_size(2).columns if sys.stderr.isatty() else 80
        line = f"{self._text()} ({self._elapsed():.0f} s)"[: max(width - 1, 20)]
        sys.stderr.write("\r\033[K" + line)
        sys.stderr.flush()

    def _tick(self) -> None:
        while not self._done.wait(0.5):
            self._draw()

    def __enter__(self) -> Step:
        if self._quiet:
            return self
        if _terminal:
            self._draw()
            self._ticker = threading.Thread(target=self._tick, daemon=True)
            self._ticker.start()
        else:
            say(f"{self._title} ...")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._quiet:
            return
        self._done.set()
        if self._ticker:
            self._ticker.join()
            clear()
        stopped = kind is not None and not issubclass(kind, Exception)
        outcome = "done" if kind is None else "stopped" if stopped else "failed"
        mark = paint(outcome, GREEN if kind is None else RED)
        say(f"{self._text()}: {mark} ({self._elapsed():.1f} s)")
