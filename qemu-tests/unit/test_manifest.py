# SPDX-License-Identifier: MIT
"""What of the manifest the rig reads, and what a main program needs by it."""

import unittest

from rig import manifest

_TEXT = """\
# A comment.

[server memory]
quota = 128K
pool = 50%
client = init, roles 4
client = console

[server names]
quota = 20%

[policy 1]
module = fair

[program shell]
about = reads = and runs
quota = 256K

[program large]
quota = 24M

[program small]
quota = 128K

[program *]
quota = 1M
"""


class Manifest(unittest.TestCase):
    def test_sections_in_their_order(self):
        found = manifest.sections(_TEXT)
        self.assertEqual(
            [(each.kind, each.name) for each in found],
            [("server", "memory"), ("server", "names"), ("policy", "1"), ("program", "shell"),
             ("program", "large"), ("program", "small"), ("program", "*")],
        )
        self.assertEqual(found[0].lines[2:], (("client", "init, roles 4"), ("client", "console")))
        self.assertEqual(found[3].value("about"), "reads = and runs")
        self.assertEqual(found[3].value("group"), "")

    def test_beside_the_shell(self):
        for program, kib in (("shell", 0), ("large", 24 * 1024 - 384), ("nosuch", 1024 - 384)):
            with self.subTest(program):  # of all, half is a pool, and of the rest a fifth a quota
                said = manifest.beside_shell(program, _TEXT)
                self.assertEqual(said, kib * 1024 * 2 * 5 // 4)

    def test_a_small_program_needs_less(self):
        self.assertLess(manifest.beside_shell("small", _TEXT), 0)


if __name__ == "__main__":
    unittest.main()
