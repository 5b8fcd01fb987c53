# SPDX-License-Identifier: MIT
"""cpio archives, ELF files made by the system's own tools, and the table of pins."""

import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

from rig.cpio import Archive
from rig.elf import Elf
from rig.packages import GROUPS, pins
from rig.symbols import Image, Symboliser


class Cpio(unittest.TestCase):
    def test_layout(self):
        archive = Archive()
        archive.program("a/b/tool", b"#!x")
        archive.symlink("a/link", "b/tool")
        data = archive.bytes()
        self.assertEqual(len(data) % 512, 0)
        self.assertLess(data.index(b"a\0"), data.index(b"a/b\0"))
        self.assertLess(data.index(b"a/b\0"), data.index(b"a/b/tool\0"))
        self.assertEqual(data.count(b"070701"), 5)  # two folders, a file, a link, the trailer

    def test_goes_on_after_bytes(self):
        archive = Archive()
        archive.file("one", b"1")
        archive.bytes()
        archive.file("two", b"2")
        self.assertEqual(archive.bytes().count(b"TRAILER!!!"), 1)


class Programs(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.TemporaryDirectory()
        self.addCleanup(self.directory.cleanup)

    def test_needed(self):
        self.assertIn("libc.so.6", Elf(Path("/bin/ls")).needed())

    def test_not_elf(self):
        file = Path(self.directory.name, "x")
        for content in (b"", b"#!/bin/sh", b"\x7fELF\x02\x01" + b"\0" * 10):
            file.write_bytes(content)
            with self.assertRaises(ValueError):
                Elf(file)

    @unittest.skipUnless(shutil.which("as") and shutil.which("ld"), "no assembler")
    def test_symbols(self):
        file = Path(self.directory.name, "program")
        source = (
            ".globl _start\n.type _start,@function\n_start: nop\nnop\nret\n.size _start, .-_start\n"
        )
        unit = file.with_suffix(".o")
        subprocess.run(["as", "-o", unit, "-"], input=source.encode(), check=True)
        subprocess.run(["ld", "-Ttext=0xffffffff80000000", "-o", file, unit], check=True)
        image = Image(file)
        self.assertEqual(image.function(0xFFFFFFFF80000001), "_start+0x1")
        self.assertIsNone(image.function(0xFFFFFFFF70000000))
        self.assertTrue(image.in_function(0xFFFFFFFF80000001))
        self.assertFalse(image.in_function(0xFFFFFFFF80000000))
        symboliser = Symboliser(file, Path(self.directory.name))
        self.assertEqual(symboliser.annotation(b"at [<ffffffff80000002>]"), b" | _start+0x2")
        self.assertEqual(
            symboliser.annotation(b"[<program:0xffffffff80000001>]"), b" | _start+0x1"
        )
        self.assertEqual(symboliser.annotation(b"[<missing:0x10>] [<0000000000001000>]"), b"")


class Pins(unittest.TestCase):
    def test_well_formed(self):
        for pin in pins():
            self.assertIn(pin.group, GROUPS)
            self.assertTrue(pin.version[0].isdigit())


if __name__ == "__main__":
    unittest.main()
