# SPDX-License-Identifier: MIT
"""Program files that are no valid ELF programs: each is refused with a reason, and nothing else
suffers."""

from __future__ import annotations

import struct
from collections.abc import Callable

from rig import paths
from rig.testing.system import Context, provide, system_test

from ._boot_image import BootImage
from ._shell import expect_answer, wait_for_shell

_HEADER_BYTES = 64
_PROGRAM_HEADER_BYTES = 56
_TYPE, _FLAGS, _OFFSET, _ADDRESS, _FILE_BYTES, _MEMORY_BYTES = 0, 4, 8, 16, 32, 40

Change = Callable[[bytearray], None]


def _put(layout: str, at: int, value: int) -> Change:
    return lambda elf: struct.pack_into(f"<{layout}", elf, at, value)


def _put_segment(layout: str, at: int, value: int, index: int = 1) -> Change:
    return _put(layout, _HEADER_BYTES + index * _PROGRAM_HEADER_BYTES + at, value)


def _cut_to(size: int) -> Change:
    def change(elf: bytearray) -> None:
        del elf[size:]

    return change


# Each is `echo`, changed; the words are libos's.
_PROGRAMS: tuple[tuple[str, Change, str], ...] = (
    ("empty", _cut_to(0), "shorter than an ELF header"),
    ("short", _cut_to(40), "shorter than an ELF header"),
    ("magic", _put("B", 1, 0), "no ELF file"),
    ("class", _put("B", 4, 1), "64 bits"),
    ("machine", _put("H", 18, 3), "another processor"),
    ("type", _put("H", 16, 2), "position independent"),
    ("headers", _put("Q", 32, 1 << 40), "program headers"),
    ("no-segment", _put("H", 56, 0), "nothing to load"),
    ("cut", _cut_to(5000), "outside the file"),
    ("offset", _put_segment("Q", _OFFSET, 1 << 40), "outside the file"),
    ("size", _put_segment("Q", _MEMORY_BYTES, 1), "more contents than memory"),
    ("address", _put_segment("Q", _ADDRESS, 1 << 40), "beyond the greatest image"),
    ("rights", _put_segment("I", _FLAGS, 7), "writable and executable"),
    ("entry", _put("Q", 24, 1), "entry is in no executable"),
    ("interpreter", _put_segment("I", _TYPE, 3, 6), "dynamic linker"),
)


def _image() -> bytes:
    """The default boot image with all of these programs in it."""
    image = BootImage.read(paths.boot_image(paths.DEFAULT_PRESET))
    row = image.file("programs/echo")
    good = image.contents[row["offset"] : row["offset"] + row["bytes"]]
    for name, change, _ in _PROGRAMS:
        elf = bytearray(good)
        change(elf)
        image.add(f"programs/bad-{name}", bytes(elf))
    return image.data()


_BAD = provide("/guest/bad-programs", _image)


@system_test("program files that are not valid are refused with a reason", timeout=120)
def bad_programs(context: Context) -> None:
    guest = context.guest("full", memory=32, boot_image=_BAD)
    wait_for_shell(guest)
    for name, _, _ in _PROGRAMS:
        expect_answer(guest, f"bad-{name}", f"^bad-{name}: not a valid program")
    expect_answer(guest, "dmesg", *(rf"init: bad-{n}: .*{said}" for n, _, said in _PROGRAMS))
    expect_answer(guest, "echo still here", "^still here$")
