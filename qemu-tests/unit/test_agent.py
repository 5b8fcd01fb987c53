# SPDX-License-Identifier: MIT
"""dom0's agent itself, under dom0's own shell, with a terminal in place of the serial port."""

import base64
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


class Agent(unittest.TestCase):
    def setUp(self):
        self.directory = Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.directory)
        commands = _dom0_shell.commands_in(self.directory)
        self.port, far = pty.openpty()
        tty.setraw(far)
        self.addCleanup(os.close, self.port)
        agent = paths.QEMU_TESTS / "dom0/agent"
        self.agent = subprocess.Popen(
            [commands / "sh", agent, os.ttyname(far), self.directory / "jobs"],
            env={"PATH": str(commands)},
            start_new_session=True,
        )
        self.addCleanup(os.close, far)  # open as long as the test, so that reading is no error
        self.addCleanup(self._end)
        self.heard = b""
        self._expect(b"!agent 1\n")

    def _end(self):
        os.killpg(self.agent.pid, 9)
        self.agent.wait()

    def _expect(self, text):
        deadline = time.monotonic() + _PATIENCE
        while text not in self.heard:
            left = deadline - time.monotonic()
            self.assertGreater(left, 0, f"no {text!r} in {self.heard!r}")
            if select.select([self.port], [], [], left)[0]:
                self.heard += os.read(self.port, 4096)

    def _send(self, text):
        os.write(self.port, text)

    @staticmethod
    def _request(number, script):
        return b"\n!req %d 20 %s\n" % (number, base64.b64encode(script.encode()))

    def test_a_command_runs(self):
        self._send(self._request(1, "echo hello; exit 3"))
        self._expect(b"!got 1\n")
        self._expect(b"!rsp 1 3 6 %s\n" % base64.b64encode(b"hello\n"))

    def test_a_job_ends_while_a_request_arrives(self):
        """A serial line brings a request in pieces; what ends meanwhile must not damage it."""
        self._send(self._request(1, "exit 0"))
        request = self._request(2, "echo whole")
        self._send(request[:-8])
        self._expect(b"!rsp 1 0 0 \n")
        time.sleep(0.5)  # for whatever else of the job there is to end
        self._send(request[-8:])
        self._expect(b"!rsp 2 0 6 %s\n" % base64.b64encode(b"whole\n"))

    def test_noise_is_passed_over(self):
        self._send(b"noise\n!rsp 7\n\n" + self._request(1, "true"))
        self._expect(b"!rsp 1 0 0 \n")


if __name__ == "__main__":
    unittest.main()
