# SPDX-License-Identifier: MIT
"""`clean` removes what was built, and only when nobody works with it."""

import contextlib
import subprocess
import sys
import tempfile
import threading
import unittest
from pathlib import Path
from unittest import mock

from rig import build, cache, paths
from rig.errors import RigError


class Clean(unittest.TestCase):
    def setUp(self):
        root = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.build = root / "build"
        for name, value in (
            ("ROOT", root),
            ("BUILD", self.build),
            ("PACKAGES", self.build / "packages"),
            ("RUN", self.build / "run"),
        ):
            self.enterContext(mock.patch.object(paths, name, value))
        for name in ("gcc-release", "logs", "packages"):
            (self.build / name).mkdir(parents=True)

    def _names(self):
        return sorted(entry.name for entry in self.build.iterdir())

    def test_nothing_is_there(self):
        build.clean(True)
        self.assertEqual(build.clean(False), [])
        self.assertFalse(self.build.exists())

    def test_packages_stay(self):
        with cache.exclusive("build-gcc-release"):
            pass
        self.assertEqual(build.clean(False), ["build/gcc-release", "build/logs"])
        self.assertEqual(self._names(), ["packages"])

    def test_everything_goes_but_what_links_lead_to(self):
        elsewhere = Path(self.enterContext(tempfile.TemporaryDirectory()))
        (self.build / "packages").rmdir()
        (self.build / "packages").symlink_to(elsewhere)
        build.clean(True)
        self.assertFalse(self.build.exists())
        self.assertTrue(elsewhere.exists())

    def test_a_lock_is_respected(self):
        for what in ("build-gcc-release", "packages", "other"):
            with cache.exclusive(what):
                with self.assertRaisesRegex(RigError, f"nothing was removed.*: {what} is locked"):
                    build.clean(True)
            self.assertIn("logs", self._names())

    def test_a_running_driver_is_named(self):
        program = "print(flush=True), input()"
        command = [sys.executable, "-c", program, "/x/lavandin", "boot", "--direct"]
        pipe = subprocess.PIPE
        with subprocess.Popen(command, stdin=pipe, stdout=pipe) as driver:
            driver.stdout.readline()  # it has begun
            (self.build / "run" / str(driver.pid)).mkdir(parents=True)
            expected = rf": \./lavandin boot --direct \(process {driver.pid}\)$"
            with self.assertRaisesRegex(RigError, expected):
                build.clean(False)
            driver.communicate(b"\n")
        self.assertEqual(build.clean(False), ["build/gcc-release", "build/logs"])

    def test_who_waited_for_a_removed_lock_takes_the_new_one(self):
        taken = threading.Event()

        def wait():
            with cache.exclusive("x"):
                taken.set()

        with contextlib.ExitStack() as stack:
            self.assertEqual(cache.exclusive_now(["x"], stack), [])
            waiter = threading.Thread(target=wait, daemon=True)
            with mock.patch.object(cache, "Step"):
                waiter.start()
                self.assertFalse(taken.wait(0.2))
                cache.lock_file("x").unlink()
                stack.close()
                waiter.join(10)
        self.assertTrue(taken.is_set())
        self.assertTrue(cache.lock_file("x").exists())


if __name__ == "__main__":
    unittest.main()
