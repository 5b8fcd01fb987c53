# SPDX-License-Identifier: MIT
"""Stream filters for console output: bytes in, bytes out, with nothing delayed that need not be."""

from __future__ import annotations

from .symbols import Symboliser

_XEN_PREFIX = b"(XEN)"


class XenSplitter:
    """Tells Xen's lines, which begin with `(XEN)`, from those of the initial domain.

    Both share Xen's serial console. Only a line's first bytes are held back, and only while they
    could still become the prefix, so that a prompt without a newline passes at once."""

    def __init__(self) -> None:
        self._start = b""
        self._owner: str | None = None  # of the current line, once known

    def feed(self, data: bytes) -> list[tuple[str, bytes]]:
        """Pieces of ("xen" or "domain", bytes) in order."""
        pieces: list[tuple[str, bytes]] = []
        for part in data.splitlines(keepends=True):
            if self._owner is None:
                self._start += part
                # A terminal's clearing sequences and carriage returns may precede the prefix.
                bare = self._start.lstrip(b"\r")
                if len(bare) < len(_XEN_PREFIX) and _XEN_PREFIX.startswith(bare):
                    continue
                self._owner = "xen" if bare.startswith(_XEN_PREFIX) else "domain"
                part, self._start = self._start, b""
            pieces.append((self._owner, part))
            if part.endswith(b"\n"):
                self._owner = None
        return pieces

    def flush(self) -> list[tuple[str, bytes]]:
        rest, self._start = self._start, b""
        return [("domain", rest)] if rest else []


class SymbolFilter:
    """Appends `function+offset (file:line)` to lines that hold code addresses."""

    def __init__(self, symboliser: Symboliser) -> None:
        self._symboliser = symboliser
        self._line = bytearray()

    def feed(self, data: bytes) -> bytes:
        out = bytearray()
        for piece in data.splitlines(keepends=True):
            body = piece.rstrip(b"\r\n")
            out += body
            self._line += body
            if body != piece:
                out += self._symboliser.annotation(bytes(self._line))
                self._line.clear()
                out += piece[len(body) :]
        return bytes(out)
