# SPDX-License-Identifier: MIT
"""A guest's console: everything it said, waiting for it to say something, and answering."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from pathlib import Path

from .errors import GuestGone, TimedOut
from .logs import LogFile

Listener = Callable[[bytes], None]


class Console:
    """Fed by the pump's thread, read by any other."""

    def __init__(self, name: str, log: Path, send: Callable[[bytes], None] | None = None) -> None:
        self.name = name
        self.log = log
        self._send = send
        self._file = LogFile(log)
        self._text = bytearray()
        self._cursor = 0  # expect() searches from here
        self._changed = threading.Condition()
        self._listeners: list[Listener] = []
        self._closed = False
        self.last_output = time.monotonic()

    # The pump's side.

    def feed(self, data: bytes) -> None:
        if not data:
            return
        with self._changed:
            if self._closed:
                return
            self._file.write(data)
            self._text += data
            self.last_output = time.monotonic()
            self._changed.notify_all()
            listeners = list(self._listeners)
        for listener in listeners:
            listener(data)

    def close(self) -> None:
        """No more will come."""
        with self._changed:
            if not self._closed:
                self._closed = True
                self._file.close()
            self._changed.notify_all()

    # The reader's side.

    @property
    def closed(self) -> bool:
        return self._closed

    @property
    def text(self) -> str:
        """All output so far, with carriage returns removed."""
        with self._changed:
            return bytes(self._text).decode(errors="replace").replace("\r", "")

    def tail(self, lines: int = 25) -> str:
        return "\n".join(self.text.rstrip("\n").split("\n")[-lines:])

    def listen(self, listener: Listener, replay: bool = False) -> Callable[[], None]:
        """Calls the listener with all further output; returns what ends that."""
        with self._changed:
            if replay and self._text:
                listener(bytes(self._text))
            self._listeners.append(listener)
        return lambda: self._forget(listener)

    def _forget(self, listener: Listener) -> None:
        with self._changed:
            if listener in self._listeners:
                self._listeners.remove(listener)

    def send(self, text: str | bytes) -> None:
        """Types into the console, as it is: a newline is to be given as `\\n`."""
        if self._send is None:
            raise GuestGone(f"{self.name} takes no input")
        self._send(text.encode() if isinstance(text, str) else text)

    def expect(self, pattern: str, timeout: float = 60) -> re.Match[bytes]:
        """Waits for a regular expression (multi-line) in output not yet matched by earlier calls.

        Raises GuestGone when the console ends first, TimedOut when the time does; both show the
        console's last lines."""
        compiled = re.compile(pattern.encode(), re.M)
        deadline = time.monotonic() + timeout
        with self._changed:
            while True:
                found = compiled.search(self._text, self._cursor)
                if found:
                    found = compiled.search(bytes(self._text), self._cursor)  # a copy to keep
                    assert found
                    self._cursor = found.end()
                    return found
                left = deadline - time.monotonic()
                if self._closed or left <= 0:
                    break
                self._changed.wait(min(left, 1))
        what = f"{self.name}: waited for {pattern!r}"
        if self._closed:
            raise GuestGone(f"{what}, but the guest ended; last lines:\n{self.tail()}")
        raise TimedOut(f"{what} for {timeout:.0f} s; last lines:\n{self.tail()}")

    def wait(self, condition: Callable[[], bool], timeout: float) -> bool:
        """Waits until the condition, looked at after each output, holds or the console ends."""
        with self._changed:
            return self._changed.wait_for(lambda: self._closed or condition(), timeout)
