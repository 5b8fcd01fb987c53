# SPDX-License-Identifier: MIT
"""Reads what the rig needs from ELF files: symbols, the libraries a program asks for, and where it
is loaded."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_SHT_SYMTAB, _SHT_DYNAMIC, _DT_NEEDED = 2, 6, 1
_PT_LOAD = 1
_STT_NOTYPE, _STT_OBJECT, _STT_FUNC = 0, 1, 2


@dataclass(frozen=True, order=True)
class Symbol:
    address: int
    size: int
    name: str
    function: bool


@dataclass(frozen=True)
class _Section:
    kind: int
    offset: int
    size: int
    link: int


class Elf:
    """A little-endian ELF64 file. Raises ValueError when it is not one."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._data = path.read_bytes()
        if self._data[:6] != b"\x7fELF\x02\x01":
            raise ValueError(f"{path} is not a 64-bit ELF file")
        try:
            self._sections = list(self._read_sections())
        except struct.error as error:
            raise ValueError(f"{path} is cut short") from error

    def _read_sections(self) -> Iterator[_Section]:
        (table,) = struct.unpack_from("<Q", self._data, 0x28)
        size, count = struct.unpack_from("<HH", self._data, 0x3A)
        for index in range(count):
            _, kind, _, _, offset, length, link = struct.unpack_from(
                "<IIQQQQI", self._data, table + index * size
            )
            yield _Section(kind, offset, length, link)

    def _string(self, section: _Section, offset: int) -> str:
        begin = section.offset + offset
        return self._data[begin : self._data.index(b"\0", begin)].decode(errors="replace")

    def symbols(self) -> list[Symbol]:
        """Defined functions, objects and labels, sorted by address."""
        found = set()
        for table in (s for s in self._sections if s.kind == _SHT_SYMTAB):
            names = self._sections[table.link]
            body = self._data[table.offset : table.offset + table.size]
            for name, info, _, section, address, size in struct.iter_unpack("<IBBHQQ", body):
                if section and name and info & 15 in (_STT_NOTYPE, _STT_OBJECT, _STT_FUNC):
                    text = self._string(names, name)
                    found.add(Symbol(address, size, text, info & 15 == _STT_FUNC))
        return sorted(found)

    def needed(self) -> list[str]:
        """The names of the shared libraries that the file asks for."""
        names = []
        for table in (s for s in self._sections if s.kind == _SHT_DYNAMIC):
            body = self._data[table.offset : table.offset + table.size]
            for tag, value in struct.iter_unpack("<qQ", body):
                if tag == _DT_NEEDED:
                    names.append(self._string(self._sections[table.link], value))
        return names

    def loaded(self) -> tuple[int, int]:
        """The lowest address that the file is loaded at, and the end of the highest."""
        (table,) = struct.unpack_from("<Q", self._data, 0x20)
        size, count = struct.unpack_from("<HH", self._data, 0x36)
        rows = (
            struct.unpack_from("<IIQQQQQQ", self._data, table + index * size)
            for index in range(count)
        )
        places = [(row[3], row[3] + row[6]) for row in rows if row[0] == _PT_LOAD]
        if not places:
            raise ValueError(f"{self.path} has nothing to load")
        return min(begin for begin, _ in places), max(end for _, end in places)
