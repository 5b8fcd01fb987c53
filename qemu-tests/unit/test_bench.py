# SPDX-License-Identifier: MIT
"""What `bench` says of a guest that measured nothing."""

import tempfile
import types
import unittest
from pathlib import Path
from unittest import mock

from rig import bench
from rig.console import Console
from rig.errors import RigError
from rig.machine import GuestConfig, MachineOptions

_SAID = "init: 16 MiB of memory are too little: the system needs 59 MiB\n"


class Failed(unittest.TestCase):
    def _measure(self, reason):
        console = Console("guest", Path(self.enterContext(tempfile.TemporaryDirectory()), "log"))
        self.addCleanup(console.close)
        console.feed(_SAID.encode())
        guest = types.SimpleNamespace(
            console=console, wait_for_shutdown=lambda timeout: reason, crash_report=lambda: ""
        )
        machine = mock.MagicMock()
        machine.__enter__.return_value.create_guest.return_value = guest
        with mock.patch.object(bench, "start", return_value=machine):
            bench._measure("Lavandin", MachineOptions(quiet=True), GuestConfig(), 1)

    def test_its_last_words_are_shown(self):
        for reason in ("crash", "poweroff"):
            with self.subTest(reason), self.assertRaisesRegex(RigError, _SAID.strip()):
                self._measure(reason)


if __name__ == "__main__":
    unittest.main()
