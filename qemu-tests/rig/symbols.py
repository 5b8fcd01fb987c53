# SPDX-License-Identifier: MIT
"""From an address to `function+offset (file:line)`, for the kernel and for programs."""

from __future__ import annotations

import bisect
import functools
import re
import subprocess
from pathlib import Path

from .elf import Elf
from .paths import ROOT

_KERNEL_BASE = 0xFFFF_8000_0000_0000  # the upper half belongs to Xen and the kernel
# Programs are linked at 0 and run here (lavandin/layout.hpp); their heap ends where it does.
_PROGRAM = range(0x1000_0000, 0x2000_0000)
_TOKEN = re.compile(rb"\[<(?:([A-Za-z0-9_.+-]+):)?(?:0x)?([0-9a-fA-F]{1,16})>\]")


class Image:
    """The symbols of one ELF file, and its lines by addr2line when that is installed."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._symbols = Elf(path).symbols()
        self._addresses = [symbol.address for symbol in self._symbols]
        self._end = max((s.address + s.size for s in self._symbols), default=0)

    def function(self, address: int) -> str | None:
        """`name+0x1f` of the nearest symbol at or below; functions win over other labels."""
        index = bisect.bisect_right(self._addresses, address)
        if index == 0 or address > self._end:
            return None
        nearest = self._symbols[index - 1]
        for symbol in reversed(self._symbols[max(index - 16, 0) : index]):
            if symbol.function and symbol.address <= address < symbol.address + symbol.size:
                nearest = symbol
                break
        return f"{_demangled(nearest.name)}+{address - nearest.address:#x}"

    def in_function(self, address: int) -> bool:
        """Whether the address lies behind the first byte of a function, as return addresses do; one
        behind its last byte follows a call that does not return."""
        index = bisect.bisect_right(self._addresses, address)
        around = self._symbols[max(index - 16, 0) : index]
        return any(s.function and s.address < address <= s.address + s.size for s in around)

    @functools.lru_cache(maxsize=4096)
    def line(self, address: int) -> str | None:
        """`file:line`, the file relative to the checkout where it can be."""
        found = _run(["addr2line", "-e", str(self._path), hex(address)]).strip()
        if not found or found.startswith("??"):
            return None
        file, _, number = found.partition(" ")[0].rpartition(":")
        return f"{_relative(file)}:{number}" if number != "?" else None

    @functools.lru_cache(maxsize=4096)
    def describe(self, address: int) -> str | None:
        function = self.function(address)
        if function is None:
            return None
        line = self.line(address)
        return f"{function} ({line})" if line else function


class Symboliser:
    """Describes the `[<address>]` and `[<program:address>]` tokens of a line of console output."""

    def __init__(self, kernel: Path | None, programs: Path | None = None) -> None:
        self._kernel = kernel
        self._programs = programs

    @functools.cached_property
    def _kernel_image(self) -> Image | None:
        return _load(self._kernel)

    @functools.lru_cache(maxsize=64)
    def _program_image(self, name: str) -> Image | None:
        return _load(self._programs / name) if self._programs else None

    def token(self, program: str | None, address: int) -> str | None:
        if program:
            image = self._program_image(program)
            address -= _PROGRAM.start if address in _PROGRAM else 0
        else:
            image = self._kernel_image if address >= _KERNEL_BASE else None
        return image.describe(address) if image else None

    def return_address(self, address: int) -> str | None:
        """Describes a word of a stack that may be a return address into the kernel."""
        image = self._kernel_image
        if image is None or not image.in_function(address):
            return None
        return image.describe(address - 1)  # the call, not what follows it

    def annotation(self, line: bytes) -> bytes:
        """What to append to the line: nothing, or ` | ` and each token's description."""
        if b"[<" not in line:
            return b""
        found = []
        for match in _TOKEN.finditer(line):
            program = match.group(1).decode() if match.group(1) else None
            text = self.token(program, int(match.group(2), 16))
            if text:
                found.append(text)
        return (" | " + ", ".join(found)).encode() if found else b""

    def text(self, text: str) -> str:
        """The same for a whole text, as from xenctx."""
        lines = text.encode().split(b"\n")
        return b"\n".join(line + self.annotation(line) for line in lines).decode(errors="replace")


def _load(path: Path | None) -> Image | None:
    try:
        return Image(path) if path else None
    except (OSError, ValueError):
        return None


def _relative(file: str) -> str:
    try:
        return str(Path(file).resolve().relative_to(ROOT))
    except ValueError:
        return file


@functools.lru_cache(maxsize=4096)
def _demangled(name: str) -> str:
    return (_run(["c++filt", name]).strip() or name) if name.startswith("_Z") else name


def _run(arguments: list[str]) -> str:
    try:
        done = subprocess.run(
            arguments,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout
