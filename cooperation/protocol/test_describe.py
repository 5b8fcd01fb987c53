#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Does describe.py find a specification that says something else than the headers?"""

from __future__ import annotations

import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

sys.path.insert(0, str(Path(__file__).resolve().parent))
import describe  # noqa: E402  (the path above must be set first)


class Differences(unittest.TestCase):
    def findings(self, page: str) -> list[str]:
        with tempfile.TemporaryDirectory() as directory:
            path = Path(directory, "page.md")
            path.write_text(page)
            with mock.patch.object(describe, "PAGE", path):
                return describe.check()

    def setUp(self) -> None:
        self.page = describe.described(describe.PAGE.read_text())

    def test_the_page_as_made_passes(self) -> None:
        self.assertEqual(self.findings(self.page), [])

    def test_another_offset_is_found(self) -> None:
        row = "| 4 | u32 | `state` |"
        self.assertIn(row, self.page)
        self.assertTrue(self.findings(self.page.replace(row, "| 8 | u32 | `state` |")))

    def test_a_row_too_many_is_found(self) -> None:
        row = "| 1 | `COOP_GRANTED` |"
        extra = f"| 9 | `COOP_MAYBE` | |\n{row}"
        self.assertTrue(self.findings(self.page.replace(row, extra)))

    def test_another_magic_number_is_found(self) -> None:
        magic = "`COOP_VMM_MAGIC` is 0x31564f43"
        self.assertIn(magic, self.page)
        self.assertTrue(self.findings(self.page.replace(magic, "`COOP_VMM_MAGIC` is 0x1")))

    def test_a_table_that_is_missing_is_found(self) -> None:
        page = self.page.replace("<!-- struct coop_hello -->", "")
        self.assertIn("page.md: no table of struct coop_hello", self.findings(page))

    def test_offsets_are_those_of_natural_alignment(self) -> None:
        fields = ("uint16_t x; // one", "uint64_t y[2];", "uint8_t z; // last")
        text = "".join(["struct a {\n", *(f"    {each}\n" for each in fields), "};\n"])
        kind, name, body = describe.BLOCK.findall(text)[0]
        block = describe._struct(name, body, {})
        self.assertEqual([row.offset for row in block.rows], [0, 8, 24])
        self.assertEqual((kind, block.size), ("struct", 32))


if __name__ == "__main__":
    unittest.main()
