# SPDX-License-Identifier: MIT
"""What `bench` says of a guest that measured nothing, and of one that has too little memory."""

import argparse
import tempfile
import types
import unittest
from pathlib import Path
from unittest import mock

from rig import bench, build, least_memory
from rig.console import Console
from rig.errors import RigError
from rig.machine import GuestConfig, MachineOptions
from rig.verbs import bench as verb

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


class Too_little_memory(unittest.TestCase):
    def test_the_refusal_is_for_what_is_measured(self):
        """The driver asks for the program's memory, not for the shell's."""
        judged = []
        with (
            mock.patch.object(build, "ensure"),
            mock.patch.object(least_memory, "check", side_effect=_refuse(judged)),
            self.assertRaisesRegex(RigError, "refused"),
        ):
            verb.run(argparse.Namespace(json=None, preset="gcc-release", memory=4))
        self.assertEqual(judged, [("direct", bench.guest(4), "gcc-release")])
        self.assertIn("run=bench", bench.guest(4).command_line)


def _refuse(judged):
    def check(*arguments):
        judged.append(arguments)
        raise RigError("refused")

    return check


if __name__ == "__main__":
    unittest.main()
