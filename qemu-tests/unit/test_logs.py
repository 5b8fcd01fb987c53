# SPDX-License-Identifier: MIT
"""Where logs go, also while another driver keeps its own under the same name, and what happens
when there is no room for them."""

import contextlib
import errno
import fcntl
import io
import os
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from rig import logs, main, paths
from rig.console import Console
from rig.transcript import Transcript
from rig.verbs import clean


class Last(unittest.TestCase):
    def setUp(self):
        self.place = Path(self.enterContext(tempfile.TemporaryDirectory()), "logs")
        self.enterContext(mock.patch.object(paths, "LOGS", self.place))
        self.mine: dict[Path, int] = {}
        self.enterContext(mock.patch.object(logs, "_mine", self.mine))
        self.addCleanup(lambda: [os.close(lock) for lock in self.mine.values()])

    def test_it_is_emptied_and_used_again(self):
        first = logs.fresh_directory("boot")
        (first / "guest.log").write_text("old")
        (first / "below").mkdir()
        self.assertEqual(logs.fresh_directory("boot"), first)
        self.assertEqual(list(first.iterdir()), [])

    def test_what_another_driver_writes_is_left_alone(self):
        theirs = self.place / "last-boot"
        theirs.mkdir(parents=True)
        (theirs / "guest.log").write_text("theirs")
        lock = os.open(theirs, os.O_RDONLY)
        fcntl.flock(lock, fcntl.LOCK_EX)
        self.assertEqual(logs.fresh_directory("boot"), self.place / "last-boot-2")
        os.close(lock)
        self.assertEqual((theirs / "guest.log").read_text(), "theirs")

    def test_after_its_end_the_name_is_free(self):
        theirs = self.place / "last-boot"
        theirs.mkdir(parents=True)
        (theirs / "guest.log").write_text("theirs")
        self.assertEqual(logs.fresh_directory("boot"), theirs)
        self.assertEqual(list(theirs.iterdir()), [])

    def test_a_name_that_is_gone_is_made_again(self):
        first = logs.fresh_directory("boot")
        first.rmdir()
        self.assertEqual(logs.fresh_directory("boot"), first)
        self.assertTrue(first.is_dir())


class Full(unittest.TestCase):
    def setUp(self):
        self.said = io.StringIO()
        self.enterContext(contextlib.redirect_stderr(self.said))

    def test_the_guest_is_heard_and_the_loss_is_said_once(self):
        console = Console("guest", Path("/dev/full"))
        for word in (b"first\n", b"last\n"):
            console.feed(word)
        self.assertEqual(console.text, "first\nlast\n")
        lost = "/dev/full: No space left on device; no more is written there\n"
        self.assertEqual(self.said.getvalue(), lost)
        console.close()

    def test_dom0_is_heard_without_a_transcript(self):
        transcript = Transcript(Path("/dev/full"))
        for number in (1, 2):
            transcript.sent(number, "true")
            transcript.received(b"!got %d" % number)
        transcript.close()
        self.assertEqual(self.said.getvalue().count("/dev/full: No space left"), 1)

    def _end(self, error):
        with (
            mock.patch.object(clean, "run", side_effect=error),
            mock.patch.multiple(main.process, guard=mock.DEFAULT, ignore_signals=mock.DEFAULT,
                                sweep=mock.DEFAULT),
            mock.patch.object(paths, "remove_run_directory"),
        ):
            return main.main(["clean"])

    def test_what_has_no_room_says_so(self):
        self.assertEqual(self._end(OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))), 1)
        self.assertEqual(self.said.getvalue(), "lavandin: No space left on device\n")

    def test_a_mistake_of_the_rig_shows_where(self):
        with self.assertRaises(OSError):
            self._end(OSError(errno.EBADF, os.strerror(errno.EBADF)))


if __name__ == "__main__":
    unittest.main()
