# SPDX-License-Identifier: MIT
"""The least memory that a domain is built with. Sizes and outcomes are as Xen 4.17 and its xl had
them."""

import struct
import tempfile
import unittest
from pathlib import Path

from rig import least_memory
from rig.elf import Elf
from rig.errors import RigError
from rig.machine import GuestConfig

_MIB = 1 << 20
_KERNEL, _IMAGE = 0x62054, 4837376


def _elf(*segments):
    """A file with program headers only; segments are type, address, size in memory."""
    header = b"\x7fELF\x02\x01".ljust(0x20, b"\0") + struct.pack("<Q", 64)
    header = header.ljust(0x36, b"\0") + struct.pack("<HH", 56, len(segments))
    rows = [struct.pack("<IIQQQQQQ", kind, 5, 0, at, at, 0, size, 1) for kind, at, size in segments]
    return header.ljust(64, b"\0") + b"".join(rows)


class Least_memory(unittest.TestCase):
    def test_what_was_seen(self):
        for mode, kernel, image, least in (
            ("direct", _KERNEL, _IMAGE, 9),  # refused with 8
            ("full", _KERNEL, _IMAGE, 9),  # refused with 8
            ("direct", 0x113000, 0, 4),  # the rig's stub, refused with 3
        ):
            with self.subTest(mode=mode, image=image):
                self.assertEqual(least_memory.to_build(mode, kernel, image), least)

    def test_kernel_and_image_have_room(self):
        for mode in ("direct", "full"):
            for size in range(64):
                found = least_memory.to_build(mode, _KERNEL, size * _MIB)
                self.assertGreater(found * _MIB, _KERNEL + size * _MIB)

    def test_the_padding_is_kept(self):
        """What ends just below 4 MiB gets 4 MiB more."""
        self.assertEqual(least_memory.to_build("direct", 3 * _MIB, 0), 4)
        self.assertEqual(least_memory.to_build("direct", 4 * _MIB - 513 * 1024, 0), 8)

    def test_working_needs_no_less_than_building(self):
        for mode in ("direct", "full"):
            for size in range(0, 64, 7):
                built = least_memory.to_build(mode, _KERNEL, size * _MIB)
                worked = least_memory.to_work(mode, _KERNEL, size * _MIB)
                self.assertGreaterEqual(worked, built)


class Check(unittest.TestCase):
    def setUp(self):
        directory = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.kernel, self.image = directory / "kernel", directory / "image"
        self.kernel.write_bytes(_elf((1, 0xFFFFFFFF80000000, _KERNEL)))
        self.image.write_bytes(bytes(_IMAGE))

    def _check(self, mode, memory, command_line=""):
        config = GuestConfig(
            kernel=self.kernel, boot_image=self.image, memory=memory, command_line=command_line
        )
        least_memory.check(mode, config, "gcc-release")

    def test_too_little_says_how_much(self):
        for mode, enough in (("direct", 12), ("full", 13)):
            for memory in range(1, 9):
                said = f"^{memory} MiB of memory are too little: {enough} MiB are needed"
                with self.subTest(mode=mode, memory=memory):
                    with self.assertRaisesRegex(RigError, f"{said} .*less than 9 "):
                        self._check(mode, memory)

    def test_another_program_than_the_shell(self):
        for line, program in (
            ("run=bench", "bench"),
            ("processors=2 run=shell run=bench more", "bench"),
            ("xrun=bench run=shell", "shell"),
        ):
            enough = least_memory.to_work("direct", _KERNEL, _IMAGE, program)
            with self.subTest(line), self.assertRaisesRegex(RigError, f": {enough} MiB are needed"):
                self._check("direct", 4, line)
        self.assertGreater(least_memory.to_work("direct", _KERNEL, _IMAGE, "bench"), 50)

    def test_what_is_built_says_the_rest_itself(self):
        for mode in ("direct", "full"):
            self._check(mode, 9)

    def test_files_in_dom0_are_not_judged(self):
        least_memory.check("full", GuestConfig(kernel="/guest/bad", memory=1), "gcc-release")


class Loaded(unittest.TestCase):
    def _loaded(self, *segments):
        with tempfile.NamedTemporaryFile() as file:
            file.write(_elf(*segments))
            file.flush()
            return Elf(Path(file.name)).loaded()

    def test_from_the_lowest_to_the_end_of_the_highest(self):
        found = self._loaded((1, 0x3000, 0x54), (4, 0, 1), (1, 0x1000, 2))
        self.assertEqual(found, (0x1000, 0x3054))

    def test_nothing_to_load(self):
        with self.assertRaisesRegex(ValueError, "nothing to load"):
            self._loaded((4, 0, 1))


if __name__ == "__main__":
    unittest.main()
