#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The boot image tool against the reader: make_boot_image_test.py TOOL READER"""
import pathlib
import struct
import subprocess
import sys
import tempfile
import unittest

TOOL, READER = sys.argv[1:3]
LOAD, DYNAMIC, RELRO = 1, 2, 0x6474E552


def sample(**changes: int) -> bytearray:
    """Text at 0x1000; data at 0x2010, protected up to 0x3000, with zeroed data up to 0x5000."""
    elf = bytearray(0x3080)
    headers = [
        (LOAD, 4, 0, 0, 0, 0x800, 0x800, 4096),
        (LOAD, changes.get("text_flags", 5), 0x1000, 0x1000, 0, 0x800, 0x800, 4096),
        (LOAD, 6, 0x2010, 0x2010, 0, 0x1070, 0x2FF0, 4096),
        (DYNAMIC, 6, 0x2100, 0x2100, 0, 64, 64, 8),
        (RELRO, 4, 0x2010, 0x2010, 0, changes.get("protected", 0xFF0), 0xFF0, 1),
    ]
    headers[4] = headers[4][:6] + (changes.get("protected", 0xFF0), 1)
    struct.pack_into(
        "<16sHHIQQQIHHHHHH",
        elf,
        0,
        b"\x7fELF\x02\x01\x01",
        changes.get("kind", 3),
        62,
        1,
        0x1010,
        64,
        0,
        0,
        64,
        56,
        len(headers),
        0,
        0,
        0,
    )
    for i, header in enumerate(headers):
        struct.pack_into("<IIQQQQQQ", elf, 64 + i * 56, *header)
    struct.pack_into("<8Q", elf, 0x2100, 7, 0x600, 8, 48, changes.get("tag", 9), 24, 0, 0)
    struct.pack_into("<QIIq", elf, 0x600, 0x2200, changes.get("relocation", 8), 0, 0x1010)
    struct.pack_into("<QIIq", elf, 0x618, changes.get("place", 0x4F00), 16, 0, 0)
    return elf


class MakeBootImage(unittest.TestCase):
    def setUp(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.path = pathlib.Path(self.folder.name)
        self.addCleanup(self.folder.cleanup)

    def make(self, elf: bytes, *files: str) -> subprocess.CompletedProcess:
        (self.path / "elf").write_bytes(elf)
        arguments = [f"--file={name}={self.path / 'elf'}" for name in files]
        return subprocess.run(
            [TOOL, "--output", self.path / "image", "--first", self.path / "elf", *arguments],
            capture_output=True,
            text=True,
        )

    def read(self) -> list[str]:
        run = subprocess.run([READER, self.path / "image"], capture_output=True, text=True)
        return run.stdout.splitlines()

    def test_the_reader_accepts_what_the_tool_makes(self) -> None:
        self.assertEqual(self.make(sample(), "b", "a", "programs/x").returncode, 0)
        self.assertEqual(
            self.read(),
            [
                "no error",
                "10000000 1000 1",
                "10001000 1000 5",
                "10002000 1000 1",
                "10003000 2000 3",
                f"a {0x3080}",
                f"b {0x3080}",
                f"programs/x {0x3080}",
            ],
        )

    def test_relocations_are_applied(self) -> None:
        self.make(sample())
        image = (self.path / "image").read_bytes()
        offset = struct.unpack_from("<Q", image, 64 + 2 * 40)[0]
        self.assertEqual(struct.unpack_from("<Q", image, offset + 0x200)[0], 0x10001010)

    def test_every_damage_is_listed_as_such(self) -> None:
        self.make(sample(), "a")
        image = bytearray((self.path / "image").read_bytes())
        image[70] ^= 1
        (self.path / "image").write_bytes(image)
        run = subprocess.run([TOOL, "--list", self.path / "image"], capture_output=True, text=True)
        self.assertEqual(run.returncode, 1)
        self.assertIn("WRONG", run.stdout)
        self.assertIn("checksum", self.read()[0])

    def test_bad_programs_are_refused(self) -> None:
        for changes in (
            {"kind": 2},
            {"text_flags": 7},
            {"tag": 1},
            {"relocation": 18},
            {"place": 0x1100},
            {"protected": 0xFE0},
        ):
            run = self.make(sample(**changes))
            self.assertNotEqual(run.returncode, 0, changes)
            self.assertRegex(run.stderr, "^make_boot_image: ", changes)
        for size in range(0, 0x3080, 61):
            run = self.make(bytes(sample()[:size])) if size % 7 == 0 else None
            if run is not None:
                self.assertRegex(run.stderr, "^make_boot_image: ", size)

    def test_bad_names_are_refused(self) -> None:
        self.assertNotEqual(self.make(sample(), "x" * 48).returncode, 0)
        self.assertNotEqual(self.make(sample(), "a", "a").returncode, 0)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
