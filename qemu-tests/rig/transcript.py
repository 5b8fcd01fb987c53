# SPDX-License-Identifier: MIT
"""What the rig and dom0's agent said to each other and when, in case one of them falls silent."""

from __future__ import annotations

import threading
import time
from pathlib import Path

from .logs import LogFile

_MOST = 100  # characters of a line


class Transcript:
    """Without a file, nothing is kept."""

    def __init__(self, file: Path | None = None) -> None:
        self._file = LogFile(file) if file else None
        self._lock = threading.Lock()
        self._began = time.monotonic()

    def sent(self, number: int, command: str) -> None:
        self._line(f"> {number} {command!r}")

    def received(self, line: bytes) -> None:
        if line:
            self._line(f"< {line.decode(errors='replace')!r}")

    def close(self) -> None:
        with self._lock:
            if self._file:
                self._file.close()
                self._file = None

    def _line(self, text: str) -> None:
        with self._lock:
            if self._file:
                line = f"{time.monotonic() - self._began:9.3f} {text[:_MOST]}\n"
                self._file.write(line.encode())
