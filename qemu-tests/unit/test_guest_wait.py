# SPDX-License-Identifier: MIT
"""dom0's guest-wait under dom0's own shell, with an xl that shows one row after the other."""

import os
import subprocess
import tempfile
import unittest
from pathlib import Path

from rig import paths

from . import _dom0_shell

_RUNS, _SHUT_DOWN, _CRASHED, _MISSING = "r----- -", "---s-- {}", "---sc- {}", ""
_ROW = "Name ID Mem VCPUs State Time UUID Reason\\nname 7 16 1 {} 0.1 uuid {}\\n"
_COMMANDS = {
    # One event for each row, then nothing more.
    "xenstore-watch": "cat {rows} | while read -r _; do echo event; done; exec sleep 60",
    # The row of the next call; a domain that is missing has an empty one.
    "xl": 'row=$(sed -n 1p {rows}); sed -i 1d {rows}; [ -n "$row" ] && printf "$row"',
    "usleep": "true",
}


class GuestWait(unittest.TestCase):
    def setUp(self):
        directory = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.rows = directory / "rows"
        self.commands = _dom0_shell.commands_in(directory)
        for name, text in _COMMANDS.items():
            file = self.commands / name
            file.unlink(missing_ok=True)
            file.write_text("#!/bin/sh\n" + text.format(rows=self.rows) + "\n")
            file.chmod(0o755)

    def _ends_by(self, on_reboot, *states):
        """What it says when xl shows these, and how many of them it did not look at."""
        rows = [_ROW.format(*state.split()) if state else "" for state in states]
        self.rows.write_text("".join(f"{row}\n" for row in rows))
        done = subprocess.run(
            [self.commands / "sh", paths.QEMU_TESTS / "dom0/guest-wait"]
            + [f"unit-{os.getpid()}", on_reboot],
            env={"PATH": str(self.commands), "TMPDIR": str(self.rows.parent)},
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        return done.stdout, len(self.rows.read_text().splitlines())

    def test_the_reason_is_told(self):
        for reason in ("0", "1", "3"):
            states = (_RUNS, _SHUT_DOWN.format(reason), _RUNS)
            self.assertEqual(self._ends_by("preserve", *states), (f"{reason}\n", 1))

    def test_a_reboot_that_xl_answers_is_no_end(self):
        again = (_SHUT_DOWN.format(1), _MISSING, _MISSING, _RUNS, _SHUT_DOWN.format(1), _RUNS)
        self.assertEqual(self._ends_by("restart", *again, _SHUT_DOWN.format(0)), ("0\n", 0))
        self.assertEqual(self._ends_by("restart", *again, _CRASHED.format(3)), ("3\n", 0))

    def test_one_that_stays_away_is_gone(self):
        self.assertEqual(self._ends_by("preserve", _RUNS, *[_MISSING] * 20), ("gone\n", 0))
        self.assertEqual(self._ends_by("restart", _SHUT_DOWN.format(1), *[_MISSING] * 20)[0],
                         "gone\n")


if __name__ == "__main__":
    unittest.main()
