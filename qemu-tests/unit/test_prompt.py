# SPDX-License-Identifier: MIT
"""When a guest counts as started, and how long a pipe waits for it."""

import os
import tempfile
import threading
import unittest
from pathlib import Path
from unittest import mock

from rig import prompt, terminal
from rig.console import Console

_BANNER = "Lavandin on xen-3.0-x86_64, 16 MiB\n"


class Reached(unittest.TestCase):
    def test_not_yet(self):
        for text in ("", _BANNER, f"{_BANNER}type lavandin> here\n"):
            with self.subTest(text):
                self.assertFalse(prompt.reached(text))

    def test_a_shell_that_waits_or_has_waited(self):
        for text in ("lavandin> ", "lavandin> sleep 9\n", "stub> "):
            with self.subTest(text):
                self.assertTrue(prompt.reached(_BANNER + text))

    def test_not_when_the_shell_has_ended_since(self):
        ends = (
            "[    1.234567] init: shell ended with status 1\n",
            "init: shell has failed 6 times in a row and is not started again\n",
            "[    1.234567] init: program shell could not be started: there is no such program\n",
        )
        for end in ends:
            with self.subTest(end):
                self.assertFalse(prompt.reached(f"{_BANNER}lavandin> exit\n{end}"))
                self.assertTrue(prompt.reached(f"{_BANNER}lavandin> exit\n{end}lavandin> "))

    def test_other_ends_do_not_matter(self):
        said = "lavandin> kill 4\n[    1.234567] init: console was ended\n"
        self.assertTrue(prompt.reached(_BANNER + said))


class From_a_pipe(unittest.TestCase):
    """Nothing is typed, and one may be idle for no time at all."""

    def setUp(self):
        directory = self.enterContext(tempfile.TemporaryDirectory())
        self.console = Console("guest", Path(directory, "log"))
        self.addCleanup(self.console.close)
        self.finished = threading.Event()
        self.enterContext(mock.patch.object(terminal, "write_out"))
        reading, writing = os.pipe()
        os.close(writing)
        self.addCleanup(os.close, reading)
        self.enterContext(mock.patch.object(terminal, "interactive", lambda: False))
        before = os.dup(0)
        self.addCleanup(os.close, before)
        os.dup2(reading, 0)
        self.addCleanup(os.dup2, before, 0)

    def _connect(self):
        return terminal.connect(self.console, self.finished.is_set, 0)

    def test_a_prompt_is_enough(self):
        self.console.feed(f"{_BANNER}lavandin> ".encode())
        self.assertEqual(self._connect(), "idle")

    def test_silence_before_it_is_waited_out(self):
        self.console.feed(_BANNER.encode())
        threading.Timer(0.3, self.finished.set).start()
        self.assertEqual(self._connect(), "ended")

    def test_output_that_cannot_be_written_ends_it(self):
        self.console.feed(_BANNER.encode())
        terminal.write_out.side_effect = BrokenPipeError
        with self.assertRaises(BrokenPipeError):
            self._connect()

    def test_but_not_for_ever(self):
        self.console.feed(_BANNER.encode())
        with mock.patch.object(terminal, "_START", 0.2):
            self.assertEqual(self._connect(), "idle")
        self.assertFalse(prompt.reached(self.console.text))


if __name__ == "__main__":
    unittest.main()
