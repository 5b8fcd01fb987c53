# SPDX-License-Identifier: MIT
"""Looking into a dom0 that fell silent: everything is asked for, and nothing of it may fail."""

import tempfile
import unittest
import unittest.mock
from pathlib import Path

from rig import silence
from rig.console import Console
from rig.errors import RigError

_SWITCH = b"\x01\x01\x01"


class Silence(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.logs = Path(directory.name)
        self.xen = Console("xen", self.logs / "xen.log")
        self.dom0 = Console("dom0", self.logs / "dom0.log")
        for console in (self.xen, self.dom0):
            self.addCleanup(console.close)
            console.feed(b"before\n")
        patience = unittest.mock.patch.object(silence, "_QUIET", 0.01)
        patience.start()
        self.addCleanup(patience.stop)
        self.typed = []
        self.asked = []
        self.xen_listens = False

    def _monitor(self, command):
        self.asked.append(command)
        return f"answer to {command}"

    def _serial(self, data):
        """Xen's and dom0's kernel's end of the serial port."""
        self.typed.append(data)
        if data == _SWITCH:
            self.xen_listens = not self.xen_listens
        else:
            console = self.xen if self.xen_listens else self.dom0
            console.feed(b"heard %r\n" % data)

    def _report(self):
        said = silence.report(self._monitor, self._serial, (self.xen, self.dom0), self.logs)
        self.assertIn("dom0-silent.log", said)
        return (self.logs / "dom0-silent.log").read_text()

    def test_all_are_asked(self):
        text = self._report()
        self.assertIn("answer to info registers -a", text)
        for key in "rqed0aiz":
            self.assertIn(f"heard b'{key}'", text)
        self.assertIn("heard b'\\x0fw'", self.dom0.text)
        self.assertFalse(self.xen_listens)  # the keyboard is dom0's again
        self.assertNotIn("before", text)

    def test_a_qemu_that_is_gone(self):
        def gone(_command):
            raise RigError("QEMU's monitor is gone")

        self._monitor = gone
        self.assertIn("QEMU's monitor is gone", self._report())

    def test_a_serial_port_that_nobody_reads(self):
        def full(_data):
            raise TimeoutError("timed out")

        self._serial = full
        text = self._report()
        self.assertIn("answer to info pic", text)
        self.assertIn("timed out", text)


if __name__ == "__main__":
    unittest.main()
