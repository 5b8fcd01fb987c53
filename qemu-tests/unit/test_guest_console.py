# SPDX-License-Identifier: MIT
"""dom0's guest-console under dom0's own shell, between a terminal in place of the serial port and a
xenconsole that passes on one line and ends, as the real one does when its guest starts anew."""

import os
import pty
import select
import shutil
import subprocess
import tempfile
import time
import tty
import unittest
from pathlib import Path

from rig import paths

from . import _dom0_shell

_PATIENCE = 30.0  # seconds
_COMMANDS = {
    "xl": "[ -e {guest} ] && echo 7",
    "xenconsole": "[ -t 0 ] && echo it forgets what was typed\n"
    "read -r line\nrm {guest}\necho got $line",
    "usleep": "sleep 0.5",  # so that the script has more patience than a busy machine needs
}


class GuestConsole(unittest.TestCase):
    def setUp(self):
        self.directory = Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.directory)
        self.guest = self.directory / "guest"
        self.opened = self.directory / "opened"
        self.commands = _dom0_shell.commands_in(self.directory)
        for name, text in _COMMANDS.items():
            self._command(name, "#!/bin/sh\n" + text.format(guest=self.guest) + "\n")
        self.port, far = pty.openpty()
        tty.setraw(far)
        self.addCleanup(os.close, self.port)
        self.addCleanup(os.close, far)
        terminal = os.ttyname(far).removeprefix("/dev/")
        self.script = subprocess.Popen(
            [self.commands / "sh", paths.QEMU_TESTS / "dom0/guest-console"]
            + ["name", terminal, self.opened],
            env={"PATH": str(self.commands), "TMPDIR": str(self.directory)},
            start_new_session=True,
        )
        self.addCleanup(self._end)

    def _command(self, name, text):
        file = self.commands / name
        file.unlink(missing_ok=True)
        file.write_text(text)
        file.chmod(0o755)

    def _end(self):
        os.killpg(self.script.pid, 9)
        self.script.wait()

    def _wait_for(self, condition, what):
        deadline = time.monotonic() + _PATIENCE
        while not condition():
            self.assertLess(time.monotonic(), deadline, what)
            time.sleep(0.01)

    def _heard(self, text):
        heard = b""
        while text not in heard:
            ready = select.select([self.port], [], [], _PATIENCE)[0]
            self.assertTrue(ready, f"no {text!r} in {heard!r}")
            heard += os.read(self.port, 4096)
        return heard

    def test_what_is_typed_waits_for_the_guest(self):
        self._wait_for(self.opened.exists, "the port is not open")
        os.write(self.port, b"early\n")
        self.guest.touch()
        self.assertNotIn(b"forgets", self._heard(b"got early\n"))

    def test_what_is_typed_between_two_lives_waits(self):
        self._wait_for(self.opened.exists, "the port is not open")
        for number in range(3):
            os.write(self.port, b"%d\n" % number)
            self.guest.touch()
            self._heard(b"got %d\n" % number)
            self.assertFalse(self.guest.exists())

    def test_a_line_does_not_wait_for_the_next(self):
        self.guest.touch()
        self._wait_for(self.opened.exists, "the port is not open")
        os.write(self.port, b"at once\n")
        self._heard(b"got at once\n")


if __name__ == "__main__":
    unittest.main()
