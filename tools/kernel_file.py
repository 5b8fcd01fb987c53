# SPDX-License-Identifier: MIT
"""The kernel's file: Xen's ELF notes, rights of sections and segments, size."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from pathlib import Path

LARGEST_STRIPPED = 400 * 1024


@dataclass(frozen=True)
class Section:
    name: str
    kind: int
    flags: int
    offset: int
    size: int


@dataclass(frozen=True)
class Segment:
    kind: int
    flags: int
    offset: int
    address: int
    file_size: int


@dataclass
class Elf:
    """What the checks need of a little-endian ELF64 file. Raises ValueError for anything else."""

    path: Path
    sections: list[Section] = field(default_factory=list)
    segments: list[Segment] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.data = self.path.read_bytes()
        if self.data[:6] != b"\x7fELF\x02\x01":
            raise ValueError(f"{self.path} is not a 64-bit ELF file")
        header = struct.unpack_from("<HHIQQQIHHHHHH", self.data, 16)
        self.entry, program, section = header[3:6]
        program_count, section_size, section_count, names = header[9:13]
        for index in range(program_count):
            kind, flags, offset, address, _, size = struct.unpack_from(
                "<IIQQQQ", self.data, program + index * 56
            )
            self.segments.append(Segment(kind, flags, offset, address, size))
        rows = [
            struct.unpack_from("<IIQQQQ", self.data, section + index * section_size)
            for index in range(section_count)
        ]
        for name, kind, flags, _, offset, size in rows:
            text = self._text(rows[names][4] + name)
            self.sections.append(Section(text, kind, flags, offset, size))

    def _text(self, offset: int) -> str:
        return self.data[offset : self.data.index(b"\0", offset)].decode(errors="replace")

    def file_offset(self, address: int) -> int:
        """Where the byte that is loaded at an address lies in the file."""
        for each in self.segments:
            if each.kind == 1 and each.address <= address < each.address + each.file_size:
                return address - each.address + each.offset
        raise ValueError(f"{address:x} is not loaded from {self.path}")

    def notes(self) -> dict[int, bytes]:
        """Descriptors of the notes that Xen owns, by type."""
        found = {}
        for segment in (each for each in self.segments if each.kind == 4):
            at, end = segment.offset, segment.offset + segment.file_size
            while at + 12 <= end:
                name_size, size, kind = struct.unpack_from("<III", self.data, at)
                name = self.data[at + 12 : at + 12 + name_size]
                at += 12 + (name_size + 3) // 4 * 4
                if name == b"Xen\0":
                    found[kind] = self.data[at : at + size]
                at += (size + 3) // 4 * 4
        return found


# xen/elfnote.h
ENTRY, HYPERCALL_PAGE, VIRT_BASE, PADDR_OFFSET = 1, 2, 3, 4
XEN_VERSION, GUEST_OS, GUEST_VERSION, LOADER, PAE_MODE, INIT_P2M = 5, 6, 7, 8, 9, 15


EXPECTED = {XEN_VERSION: "xen-3.0", GUEST_OS: "Lavandin", LOADER: "generic", PAE_MODE: "yes"}


def check_notes(file: Path) -> list[str]:
    elf = Elf(file)
    notes = elf.notes()
    findings = []
    for kind, text in EXPECTED.items():
        if notes.get(kind) != text.encode() + b"\0":
            findings.append(f"note {kind} is {notes.get(kind)!r}, not {text}")
    if not notes.get(GUEST_VERSION, b"").rstrip(b"\0"):
        findings.append("the note of the version is missing")
    number = {
        kind: struct.unpack("<Q", notes[kind])[0] if len(notes.get(kind, b"")) == 8 else None
        for kind in (ENTRY, HYPERCALL_PAGE, VIRT_BASE, PADDR_OFFSET, INIT_P2M)
    }
    findings += [f"note {kind} is missing or no number" for kind, v in number.items() if v is None]
    if findings:
        return findings
    code = [each for each in elf.segments if each.kind == 1 and each.flags & 1]
    base = min(each.address for each in elf.segments if each.kind == 1)
    if number[ENTRY] != elf.entry:
        findings.append(f"note ENTRY {number[ENTRY]:x} is not the entry point {elf.entry:x}")
    for kind in (ENTRY, HYPERCALL_PAGE):
        if not any(s.address <= number[kind] < s.address + s.file_size for s in code):
            findings.append(f"note {kind} ({number[kind]:x}) does not point to code")
    if number[HYPERCALL_PAGE] % 4096:
        findings.append("the hypercall page is not page-aligned")
    if number[VIRT_BASE] != base or number[PADDR_OFFSET] != base:
        findings.append(f"VIRT_BASE and PADDR_OFFSET are not the lowest address {base:x}")
    if number[INIT_P2M] >> 39 == base >> 39:
        findings.append("INIT_P2M lies in the kernel's part of the address space")
    return findings


def check_rights(file: Path) -> list[str]:
    """Nothing is writable and executable, and sections with different rights share no page."""
    elf = Elf(file)
    findings = [
        f"section {each.name} is writable and executable"
        for each in elf.sections
        if each.flags & 1 and each.flags & 4
    ]
    loaded = [each for each in elf.segments if each.kind == 1]
    findings += [
        f"segment at {each.address:x} is writable and executable"
        for each in loaded
        if each.flags & 1 and each.flags & 2
    ]
    findings += [f"segment at {s.address:x} shares a page" for s in loaded if s.address % 4096]
    if not loaded:
        findings.append("there is no segment to load")
    return findings


def check_size(file: Path) -> list[str]:
    size = file.stat().st_size
    return [f"{size} bytes, more than {LARGEST_STRIPPED}"] if size > LARGEST_STRIPPED else []
