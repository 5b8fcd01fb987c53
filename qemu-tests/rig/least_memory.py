# SPDX-License-Identifier: MIT
"""The least memory of a guest: what Xen and xl build a domain with at all, which they say in words
that name no size, and what the system then needs, which it says by itself once it runs."""

from __future__ import annotations

import re
from pathlib import Path

from . import manifest
from .elf import Elf
from .errors import RigError
from .machine import GuestConfig, boot_image_file, kernel_file

_PAGE, _KIB, _MIB = 4 << 10, 1 << 10, 1 << 20
_MAPPING = 4 * _MIB  # what a domain builder maps at first is a multiple of this
_PADDING = 512 * _KIB  # behind the last thing in it
_TABLE = 2 * _MIB  # that a page table of the lowest level maps
_UPPER_TABLES = 3
_PAGES = 4  # start information, store, console, stack
_MOST = {"direct": "Xen starts no initial domain", "full": "xl builds no domain"}
# What the kernel's own tables and the quotas of all servers and a shell take beside kernel and boot
# image. A domU has one server more. tests/memory_sizes.py compares this with what a guest says.
_AT_WORK = {"direct": 7 * _MIB, "full": 8 * _MIB}


def _up(size: int, unit: int) -> int:
    return -(-size // unit) * unit


def _mapped(kernel: int, image: int) -> int:
    """Bytes that a domain builder maps at first (Xen's public/xen.h, "Start-of-day memory
    layout"): the tables that map it are part of it."""
    mapped = 0
    while True:
        pages = _PAGES + _UPPER_TABLES + mapped // _TABLE
        whole = _up(_up(kernel, _PAGE) + _up(image, _PAGE) + pages * _PAGE + _PADDING, _MAPPING)
        if whole == mapped:
            return mapped
        mapped = whole


def to_build(mode: str, kernel: int, image: int) -> int:
    """The MiB that a domain is built with, for sizes in bytes of the loaded kernel and the boot
    image."""
    mapped = _mapped(kernel, image)
    if mode == "direct":
        # The boot image stays where it was loaded; the rest is one piece, of a power of two
        # (Xen 4.17, xen/arch/x86/pv/dom0_build.c).
        rest = mapped - _up(image, _PAGE)
        return _up((1 << (rest - 1).bit_length()) + _up(image, _PAGE), _MIB) // _MIB
    # The physical-to-machine map lies elsewhere, with tables of its own (tools/libs/guest).
    entries = _up(8 * mapped // _PAGE, _PAGE) + _UPPER_TABLES * _PAGE
    return _up(mapped + entries, _MIB) // _MIB


def to_work(mode: str, kernel: int, image: int, program: str = "shell") -> int:
    """The MiB with which the system comes to its prompt, or to another program."""
    more = manifest.beside_shell(program, manifest.FILE.read_text())
    needed = _up(kernel + image + _AT_WORK[mode] + more, _MIB) // _MIB
    return max(needed, to_build(mode, kernel, image))


def _program(command_line: str) -> str:
    """What init starts with it (servers/init/command_line.cpp)."""
    names = re.findall(r"(?:^| )run=([^ ]+)", command_line)
    return names[-1] if names else "shell"


def check(mode: str, config: GuestConfig, preset: str) -> None:
    """Raises RigError when no domain can be built with so little memory. Kernel and boot image
    are files of this machine, and built."""
    kernel_path, image_path = kernel_file(config, preset), boot_image_file(config, preset)
    if isinstance(kernel_path, str) or isinstance(image_path, str):
        return  # files in dom0
    begin, end = Elf(Path(kernel_path)).loaded()
    kernel = end - begin // _MAPPING * _MAPPING
    image = image_path.stat().st_size if image_path else 0
    least = to_build(mode, kernel, image)
    if config.memory >= least:
        return
    program = _program(config.command_line)
    enough = to_work(mode, kernel, image, program) if image else least
    raise RigError(
        f"{config.memory} MiB of memory are too little: {enough} MiB are needed"
        f" (with less than {least} {_MOST[mode]} of this kernel and boot image)"
    )
