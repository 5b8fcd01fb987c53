#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Makes the boot image: the first program, ready to map, and the files that travel with it.

    make_boot_image.py --output boot.image --first ELF [--file NAME=PATH]...
    make_boot_image.py --list boot.image

The format is described in kernel/abi/lavandin/abi/boot_image.hpp.
"""
import argparse
import pathlib
import struct
import sys
import zlib
from typing import NamedTuple, NoReturn

PAGE = 4096
IMAGE_BASE = 0x10000000  # as lavandin/layout.hpp
OWN_MODULE = 1  # as lavandin/thread_locals.hpp

MAGIC, VERSION = 0x544F4F424E564C, 1
HEADER = struct.Struct("<QIIQQII24x")
SEGMENT = struct.Struct("<QQQQQ")
FILE = struct.Struct("<48sQQ")
MAXIMUM_SEGMENTS, MAXIMUM_FILES, MAXIMUM_NAME = 8, 1024, 47
READ, WRITE, EXECUTE = 1, 2, 4

ELF_HEADER = struct.Struct("<16sHHIQQQIHHHHHH")
PROGRAM_HEADER = struct.Struct("<IIQQQQQQ")
DYNAMIC = struct.Struct("<QQ")
RELOCATION = struct.Struct("<QIIq")
LOAD, DYNAMIC_SEGMENT, RELRO = 1, 2, 0x6474E552
DT_NULL, DT_NEEDED, DT_PLTRELSZ, DT_RELA, DT_RELASZ, DT_REL, DT_RELR = 0, 1, 2, 7, 8, 17, 36
R_NONE, R_RELATIVE, R_DTPMOD64 = 0, 8, 16


class Segment(NamedTuple):
    address: int
    contents: bytes
    memory_bytes: int
    rights: int


class Program(NamedTuple):
    entry: int
    segments: list[Segment]


def fail(message: str) -> NoReturn:
    sys.exit(f"make_boot_image: {message}")


def round_up(value: int, unit: int = PAGE) -> int:
    return (value + unit - 1) // unit * unit


def program_headers(elf: bytes, path: pathlib.Path) -> tuple[int, list[tuple]]:
    """The entry and all program headers: (type, flags, offset, address, _, file, memory, align)."""
    if len(elf) < ELF_HEADER.size or elf[:7] != b"\x7fELF\x02\x01\x01":
        fail(f"{path}: no ELF file of 64 bits")
    (_, kind, machine, _, entry, offset, _, _, _, size, count, *_) = ELF_HEADER.unpack_from(elf)
    if (
        kind != 3
        or machine != 62
        or size != PROGRAM_HEADER.size
        or offset + count * size > len(elf)
    ):
        fail(f"{path}: no position independent program for x86-64")
    return entry, [PROGRAM_HEADER.unpack_from(elf, offset + i * size) for i in range(count)]


def relocate(memory: bytearray, headers: list[tuple], elf: bytes, path: pathlib.Path) -> None:
    """Applies the relocations for IMAGE_BASE to the whole image."""
    table = {}
    for kind, _, offset, _, _, size, *_ in headers:
        if kind == DYNAMIC_SEGMENT:
            for tag, value in DYNAMIC.iter_unpack(
                elf[offset : offset + size // DYNAMIC.size * DYNAMIC.size]
            ):
                if tag == DT_NULL:
                    break
                table[tag] = value
    if table.keys() & {DT_NEEDED, DT_PLTRELSZ, DT_REL, DT_RELR}:
        fail(f"{path}: needs a dynamic linker")
    begin, size = table.get(DT_RELA, 0), table.get(DT_RELASZ, 0)
    writable = [
        (a, a + m) for kind, flags, _, a, _, _, m, _ in headers if kind == LOAD and flags & 2
    ]
    for place, kind, symbol, addend in RELOCATION.iter_unpack(bytes(memory[begin : begin + size])):
        if kind == R_NONE:
            continue
        if symbol or kind not in (R_RELATIVE, R_DTPMOD64):
            fail(f"{path}: relocation of type {kind} at {place:#x} is not supported")
        if not any(low <= place and place + 8 <= high for low, high in writable):
            fail(f"{path}: relocation at {place:#x} is outside writable segments")
        value = IMAGE_BASE + addend if kind == R_RELATIVE else OWN_MODULE
        struct.pack_into("<Q", memory, place, value % (1 << 64))


def rights_of(flags: int, path: pathlib.Path) -> int:
    """ELF's execute, write, read (1, 2, 4) as memory permissions."""
    rights = (
        (READ if flags & 4 else 0) | (WRITE if flags & 2 else 0) | (EXECUTE if flags & 1 else 0)
    )
    if rights not in (READ, READ | WRITE, READ | EXECUTE):
        fail(f"{path}: a segment is writable and executable, or not readable")
    return rights


def load_program(path: pathlib.Path) -> Program:
    """Lays the program out as it will be mapped, page by page, relocated."""
    elf = path.read_bytes()
    entry, headers = program_headers(elf, path)
    loads = [h for h in headers if h[0] == LOAD]
    if not loads:
        fail(f"{path}: nothing to load")
    memory = bytearray(round_up(max(h[3] + h[6] for h in loads)))
    for _, _, offset, address, _, file_bytes, memory_bytes, _ in loads:
        if offset + file_bytes > len(elf) or file_bytes > memory_bytes:
            fail(f"{path}: a segment lies outside the file")
        memory[address : address + file_bytes] = elf[offset : offset + file_bytes]
    relocate(memory, headers, elf, path)
    protected = {h[3]: h[3] + h[6] for h in headers if h[0] == RELRO and h[6]}
    segments: list[Segment] = []
    for _, flags, _, address, _, file_bytes, memory_bytes, _ in loads:
        rights, begin, end = rights_of(flags, path), address // PAGE * PAGE, address + memory_bytes
        if segments and begin < segments[-1].address - IMAGE_BASE + round_up(
            segments[-1].memory_bytes
        ):
            fail(f"{path}: segments share a page")
        if address in protected:
            middle = protected[address]
            if middle % PAGE or middle > end:
                fail(f"{path}: what is to be protected does not end on a page")
            segments.append(
                Segment(IMAGE_BASE + begin, bytes(memory[begin:middle]), middle - begin, READ)
            )
            begin = middle
        contents_end = max(begin, min(round_up(address + file_bytes), round_up(end)))
        if rights & WRITE == 0:
            end = contents_end
        if end > begin:
            segments.append(
                Segment(
                    IMAGE_BASE + begin,
                    bytes(memory[begin:contents_end]),
                    round_up(end) - begin,
                    rights,
                )
            )
    return Program(IMAGE_BASE + entry, segments)


def check_files(files: dict[str, bytes]) -> None:
    if len(files) > MAXIMUM_FILES:
        fail(f"more than {MAXIMUM_FILES} files")
    for name in files:
        if not name or len(name.encode()) > MAXIMUM_NAME or "\0" in name:
            fail(f"{name!r} is no name of 1 to {MAXIMUM_NAME} bytes")


def build(program: Program, files: dict[str, bytes]) -> bytes:
    if len(program.segments) > MAXIMUM_SEGMENTS:
        fail(f"the first program has more than {MAXIMUM_SEGMENTS} segments")
    check_files(files)
    names = sorted(files, key=str.encode)
    tables = HEADER.size + SEGMENT.size * len(program.segments) + FILE.size * len(files)
    contents, segment_table, file_table = bytearray(), b"", b""

    def append(data: bytes) -> int:
        offset = round_up(tables) + len(contents)
        contents.extend(data + bytes(round_up(len(data)) - len(data)))
        return offset

    for segment in program.segments:
        segment_table += SEGMENT.pack(
            append(segment.contents),
            segment.address,
            len(segment.contents),
            segment.memory_bytes,
            segment.rights,
        )
    for name in names:
        file_table += FILE.pack(name.encode(), append(files[name]), len(files[name]))
    size = round_up(tables) + len(contents)

    def head(checksum: int) -> bytes:
        return HEADER.pack(
            MAGIC, VERSION, checksum, size, program.entry, len(program.segments), len(files)
        )

    checksum = zlib.crc32(head(0) + segment_table + file_table)
    return (head(checksum) + segment_table + file_table).ljust(round_up(tables), b"\0") + bytes(
        contents
    )


def list_image(path: pathlib.Path) -> None:
    image = path.read_bytes()
    if len(image) < HEADER.size:
        fail(f"{path}: shorter than a header")
    magic, version, checksum, size, entry, segments, files = HEADER.unpack_from(image)
    end = HEADER.size + segments * SEGMENT.size + files * FILE.size
    if magic != MAGIC or version != VERSION or size > len(image) or end > size:
        fail(f"{path}: no boot image of version {VERSION}, or truncated")
    good = zlib.crc32(image[:12] + bytes(4) + image[16:end]) == checksum
    print(
        f"{path}: {size} bytes, entry {entry:#x}, "
        f"checksum {checksum:#010x} {'good' if good else 'WRONG'}"
    )
    for i in range(segments):
        offset, address, file_bytes, memory_bytes, rights = SEGMENT.unpack_from(
            image, HEADER.size + i * SEGMENT.size
        )
        letters = "".join(c if rights & b else "-" for c, b in zip("rwx", (READ, WRITE, EXECUTE)))
        print(
            f"  segment {address:#x} {letters} {file_bytes:>8} of {memory_bytes:>8} bytes "
            f"at {offset:#x}"
        )
    for i in range(files):
        name, offset, length = FILE.unpack_from(image, end - (files - i) * FILE.size)
        print(f"  file    {name.rstrip(bytes(1)).decode():<32} {length:>8} bytes at {offset:#x}")
    if not good:
        sys.exit(1)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--list", type=pathlib.Path, metavar="IMAGE", help="print what an image holds"
    )
    parser.add_argument("--output", type=pathlib.Path, help="image to write")
    parser.add_argument("--first", type=pathlib.Path, help="ELF of the first program")
    parser.add_argument(
        "--file", action="append", default=[], metavar="NAME=PATH", help="a file to add"
    )
    arguments = parser.parse_args()
    if arguments.list:
        return list_image(arguments.list)
    if not arguments.output or not arguments.first:
        parser.error("--output and --first are needed")
    files: dict[str, bytes] = {}
    for item in arguments.file:
        name, equals, path = item.partition("=")
        if not equals or name in files:
            parser.error(f"{item!r} is not NAME=PATH, or its name is taken")
        files[name] = pathlib.Path(path).read_bytes()
    image = build(load_program(arguments.first), files)
    arguments.output.write_bytes(image)
    print(f"{arguments.output}: {len(image)} bytes, {len(files)} files")


if __name__ == "__main__":
    main()
