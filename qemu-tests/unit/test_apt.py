# SPDX-License-Identifier: MIT
"""How packages are installed by somebody who is not root."""

import contextlib
import io
import os
import subprocess
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from rig import apt
from rig.errors import RigError

_COMMAND = ["apt-get", "-q", "install", "thing"]


class As_somebody_else(unittest.TestCase):
    def setUp(self):
        self.path = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.enterContext(mock.patch.dict(os.environ, {"PATH": str(self.path)}))
        self.enterContext(mock.patch.object(os, "geteuid", lambda: 1000))
        self.said = io.StringIO()
        self.enterContext(contextlib.redirect_stderr(self.said))

    def _script(self, name, text):
        file = self.path / name
        file.write_text(f"#!/bin/sh\n{text}\n")
        file.chmod(0o755)

    def test_without_sudo_it_says_what_root_has_to_do(self):
        with self.assertRaisesRegex(RigError, "no sudo. As root: apt-get -q install thing$"):
            apt._as_root(_COMMAND, "installing", 10)

    def test_sudo_is_asked_after_a_line_that_says_so(self):
        self._script("sudo", f'echo "$@" >{self.path}/asked')
        apt._as_root(_COMMAND, "installing with apt: thing", 10)
        asked = (self.path / "asked").read_text()
        self.assertEqual(asked, f"env DEBIAN_FRONTEND=noninteractive {' '.join(_COMMAND)}\n")
        self.assertIn("installing with apt: thing (with sudo)", self.said.getvalue())

    def test_a_refusal_is_an_error(self):
        self._script("sudo", "exit 1")
        with self.assertRaisesRegex(RigError, "^failed: sudo env .* thing$"):
            apt._as_root(_COMMAND, "installing", 10)

    def test_a_sudo_that_hangs_is_not_waited_for_for_ever(self):
        self._script("sudo", "exec /bin/sleep 60")
        child = subprocess.Popen(["/bin/sleep", "60"])
        try:
            with mock.patch.object(apt, "_GRACE", 0.1):
                apt._end(child)
            self.assertIn(f"process {child.pid} (/bin/sleep) does not end", self.said.getvalue())
        finally:
            child.kill()
            child.wait()


if __name__ == "__main__":
    unittest.main()
