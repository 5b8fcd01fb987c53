# SPDX-License-Identifier: MIT
"""Where the driver is started from, and how it and what it started end."""

import os
import signal
import subprocess
import tempfile
import threading
import unittest
from pathlib import Path
from unittest import mock

from rig import apt, paths, process
from rig.errors import Interrupted
from rig.testing.results import Group
from rig.verbs import test as test_verb


class StandardFiles(unittest.TestCase):
    def test_closed_ones_lead_nowhere(self):
        for closed in ("", "<&-", ">&-", "2>&-", "<&- >&-", "<&- >&- 2>&-"):
            with self.subTest(closed):
                done = subprocess.run(
                    ["sh", "-c", f'exec "$0" setup --list {closed}', paths.ROOT / "lavandin"],
                    stdin=subprocess.DEVNULL,
                    capture_output=True,
                    timeout=60,
                    check=False,
                )
                self.assertEqual((done.returncode, done.stderr), (0, b""))
                self.assertEqual(b"newlib-source" in done.stdout, ">&-" not in closed.split())


class Ends(unittest.TestCase):
    def test_what_belongs_to_root_is_left_to_sudo(self):
        remaining = [[1], [1], [], [], []]
        with (
            mock.patch.object(process, "descendants", lambda: remaining.pop(0)),
            mock.patch.object(os, "kill", side_effect=PermissionError),
        ):
            process.sweep(grace=0)

    def test_sudo_is_asked_to_end_and_waited_for(self):
        with tempfile.TemporaryDirectory() as directory:
            sudo, log = Path(directory, "sudo"), Path(directory, "log")
            sudo.write_text(
                "#!/bin/sh\n"
                'if [ "$1" = -n ]; then shift; exec "$@"; fi\n'
                f"trap 'sleep 0.2; echo ended >>{log}; exit 1' INT\n"
                f"echo began >>{log}\n"
                "while :; do sleep 0.05; done\n"
            )
            sudo.chmod(0o755)
            path = f"{directory}:{os.environ['PATH']}"
            with (
                mock.patch.dict(os.environ, {"PATH": path}),
                mock.patch.object(os, "geteuid", lambda: 1000),
                mock.patch.object(apt, "say"),
                self.assertRaises(Interrupted),
            ):
                self._interrupt_when(log.exists, apt._as_root, ["true"], "a title", 60)
            self.assertEqual(log.read_text(), "began\nended\n")

    @staticmethod
    def _interrupt_when(condition, function, *arguments):
        """Calls the function; it gets SIGINT, as the driver does, once the condition holds."""

        def interrupt(_number, _frame):
            raise Interrupted(signal.SIGINT)

        def watch():
            while not condition():
                if over.wait(0.02):
                    return
            os.kill(os.getpid(), signal.SIGINT)

        over = threading.Event()
        before = signal.signal(signal.SIGINT, interrupt)
        watcher = threading.Thread(target=watch, daemon=True)
        watcher.start()
        try:
            function(*arguments)
        finally:
            over.set()
            watcher.join(20)
            signal.signal(signal.SIGINT, before)


class Groups(unittest.TestCase):
    def test_a_mistake_of_the_rig_fails_its_group(self):
        def mistaken(_group):
            raise ValueError("a mistake")

        group = Group("some group")
        with mock.patch("builtins.print"):
            test_verb._run(mistaken, group)
        (case,) = group.cases
        self.assertEqual((case.outcome, "a mistake" in case.detail), ("failed", True))
