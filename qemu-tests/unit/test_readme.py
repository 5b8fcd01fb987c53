# SPDX-License-Identifier: MIT
"""README.md shows the figures that are recorded, and no others."""

import unittest

from rig import readme, recorded
from rig.errors import RigError


class Table(unittest.TestCase):
    def test_shows_what_is_recorded(self):
        self.assertEqual(readme.shown(), readme.table(recorded.read()))

    def test_a_line(self):
        figures = recorded.read()
        figures["lavandin"]["null system call"] |= {"median": 1234, "floor": 1000}
        figures["linux"]["null system call (getppid)"]["median"] = 5678
        line = "| null system call | 1,234 (1,000) | 5,678 (`getppid`) |\n"
        self.assertIn(line, readme.table(figures))

    def test_a_missing_figure_is_named(self):
        figures = recorded.read()
        del figures["linux"]["dup and close"]  # README does not show it
        readme.table(figures)
        del figures["linux"]["clock_gettime by vDSO"]
        with self.assertRaisesRegex(RigError, "clock_gettime by vDSO"):
            readme.table(figures)
