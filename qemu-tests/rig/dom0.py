# SPDX-License-Identifier: MIT
"""Commands in dom0, through the agent on its second serial port (qemu-tests/dom0/agent)."""

from __future__ import annotations

import base64
import binascii
import itertools
import re
import threading
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import dataclass

from .errors import Dom0Silent, GuestGone, RigError, TimedOut
from .transcript import Transcript

_RESPONSE = re.compile(rb"!rsp (\d+) (\d+) (\d+) ?([A-Za-z0-9+/=]*)$")
_PIECE = 12 * 1024  # bytes of a file per request, see the agent about its buffer
_GRACE = 15.0  # seconds for an answer to arrive after the command's own time is over
_KILLED = 137


@dataclass(frozen=True)
class Result:
    status: int
    output: str


class Dom0:
    """run() may be called from several threads; commands then run side by side. `silent` is called
    when an answer does not come, and says what it found."""

    def __init__(
        self,
        send: Callable[[bytes], None],
        note: Callable[[str], None],
        transcript: Transcript | None = None,
        silent: Callable[[], str] = lambda: "",
    ) -> None:
        self._send = send
        self._note = note
        self._transcript = transcript or Transcript()
        self._silent = silent
        self._buffer = b""
        self._ids = itertools.count(1)
        self._pending: dict[int, tuple[str, Future[Result]]] = {}
        self._taken: set[int] = set()
        self._lock = threading.Lock()
        self._sending = threading.Lock()
        self.ready = threading.Event()
        self.ended = False
        self.failures: list[str] = []

    # The pump's side.

    def feed(self, data: bytes) -> None:
        *lines, self._buffer = (self._buffer + data).split(b"\n")
        for line in lines:
            self._line(line.rstrip(b"\r"))

    def close(self) -> None:
        self.ended = True
        self.ready.set()
        with self._lock:
            pending, self._pending = self._pending, {}
        for command, future in pending.values():
            future.set_exception(GuestGone(f"dom0 ended during: {command}"))

    def _line(self, line: bytes) -> None:
        begin = line.find(b"!")  # noise without a newline may stand before
        self._transcript.received(line)
        if begin < 0:
            return
        word, _, rest = line[begin:].partition(b" ")
        if word == b"!agent":
            self.ready.set()
        elif word == b"!note":
            self._note(rest.decode(errors="replace"))
        elif word == b"!fail":
            self.failures.append(rest.decode(errors="replace"))
        elif word == b"!got" and rest.isdigit():
            self._taken.add(int(rest))
        elif word == b"!rsp":
            self._response(line[begin:])

    def _response(self, line: bytes) -> None:
        found = _RESPONSE.match(line)
        if not found:
            return  # damaged: the request times out and says so
        with self._lock:
            _, future = self._pending.pop(int(found.group(1)), ("", None))
        if future is None:
            return
        try:
            output = base64.b64decode(found.group(4))
        except binascii.Error:
            output = None
        if output is None or len(output) != int(found.group(3)):
            future.set_exception(RigError("dom0's answer was damaged on its way"))
        else:
            future.set_result(Result(int(found.group(2)), output.decode(errors="replace")))

    # The caller's side.

    def start(self, command: str, timeout: float = 60) -> Future[Result]:
        """Begins a shell command (or script) and returns what its result will appear in."""
        number = next(self._ids)
        future: Future[Result] = Future()
        with self._lock:
            self._pending[number] = (command, future)
        if self.ended:
            self.close()
            return future
        script = base64.b64encode(command.encode()).decode()
        with self._sending:
            self._transcript.sent(number, command)
            self._send(f"\n!req {number} {max(int(timeout), 1)} {script}\n".encode())
        return future

    def run(
        self, command: str, timeout: float = 60, check: bool = True, title: str | None = None
    ) -> Result:
        """Runs a shell command (or script) to its end. With `check` a non-zero status raises;
        the error calls the command by its `title`."""
        what = title or command
        result = self.wait(self.start(command, timeout), what, timeout + _GRACE)
        if result.status == _KILLED:
            raise TimedOut(f"in dom0, {what!r} took more than {timeout:.0f} s")
        if check and result.status:
            raise RigError(
                f"in dom0, {what!r} ended with status {result.status}:\n{result.output}"
            )
        return result

    def wait(self, future: Future[Result], command: str, timeout: float) -> Result:
        try:
            return future.result(timeout)
        except FutureTimeout:
            what = f"dom0 did not answer within {timeout:.0f} s: {command!r} ({self._fate(future)})"
            raise Dom0Silent("\n".join(filter(None, (what, self._silent())))) from None

    def _fate(self, future: Future[Result]) -> str:
        with self._lock:
            number = next((n for n, (_, other) in self._pending.items() if other is future), 0)
        return "it took the command" if number in self._taken else "it did not take the command"

    def put(self, path: str, data: bytes) -> None:
        """Writes a file in dom0. For large ones, MachineOptions.files is much faster."""
        self.run(f"mkdir -p $(dirname '{path}'); : >'{path}'")
        for begin in range(0, len(data), _PIECE):
            piece = base64.b64encode(data[begin : begin + _PIECE]).decode()
            self.run(f"base64 -d >>'{path}' <<'EOF'\n{piece}\nEOF\n")
