# SPDX-License-Identifier: MIT
"""What gdb is started with, and what is said before."""

import argparse
import signal
import subprocess
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from rig import attach, packages
from rig.errors import RigError
from rig.verbs import gdb

_XEN = Path("/a folder/xen-syms")


class Gdb(unittest.TestCase):
    def test_symbols_that_are_not_there(self):
        for name in ("/nowhere/kernel", "/proc"):
            options = argparse.Namespace(symbols=name, gdb_arguments=[])
            with self.subTest(name), self.assertRaisesRegex(RigError, f"--symbols {name}: "):
                gdb.run(options)

    def test_nothing_is_installed_where_no_machine_runs(self):
        options = argparse.Namespace(symbols=None, gdb_arguments=[])
        with (
            mock.patch.object(attach, "running", return_value=[]),
            mock.patch.object(packages, "ensure_host") as installed,
            self.assertRaisesRegex(RigError, "^no machine runs"),
        ):
            gdb.run(options)
        installed.assert_not_called()

    def test_interrupts_are_gdbs(self):
        parent = signal.getsignal(signal.SIGINT)
        child = subprocess.Popen(["sh", "-c", "sleep 0.2; kill -INT $PPID; sleep 0.2; exit 7"])
        self.assertEqual(gdb.attend(child), 7)
        self.assertIs(signal.getsignal(signal.SIGINT), parent)

    def test_both_symbols(self):
        with tempfile.NamedTemporaryFile() as file:
            kernel = Path(file.name)
            words = gdb.command("gdb.sock", kernel, _XEN, ["-batch"])
            self.assertEqual(words[-2:], ["-batch", str(kernel)])
            load = words.index('add-symbol-file "/a folder/xen-syms"')
            self.assertLess(load, words.index("target remote gdb.sock"))
            self.assertIn(f"of Xen: {_XEN}\n", gdb.banner(kernel, _XEN))

    def test_no_symbols(self):
        kernel = Path("/nowhere/kernel")
        self.assertEqual(gdb.command("s", kernel, None)[-1], "target remote s")
        said = gdb.banner(kernel, None)
        for words in ("(not there)", "of Xen: none", "hbreak system_call_entry\n", "continue"):
            self.assertIn(words, said)


if __name__ == "__main__":
    unittest.main()
