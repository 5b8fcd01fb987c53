# SPDX-License-Identifier: MIT
"""The agent's protocol, seen from the rig: answers in any order, among noise, or damaged."""

import base64
import re
import tempfile
import unittest
from pathlib import Path

from rig.dom0 import Dom0
from rig.errors import Dom0Silent, GuestGone, RigError, TimedOut
from rig.transcript import Transcript


def answer(number, status, output):
    coded = base64.b64encode(output).decode()
    return f"!rsp {number} {status} {len(output)} {coded}\r\n".encode()


class Protocol(unittest.TestCase):
    def setUp(self):
        self.sent = b""
        self.notes = []
        self.dom0 = Dom0(self._send, self.notes.append)

    def _send(self, data):
        self.sent += data

    def test_request(self):
        self.dom0.start("echo hello", 7)
        number, limit, script = re.search(rb"\n!req (\d+) (\d+) (\S+)\n", self.sent).groups()
        self.assertEqual((number, limit), (b"1", b"7"))
        self.assertEqual(base64.b64decode(script), b"echo hello")

    def test_answers_out_of_order_in_pieces_among_noise(self):
        first, second = self.dom0.start("a"), self.dom0.start("b")
        stream = b"noise\n[ 1.0] kernel words" + answer(2, 0, b"two") + b"\xff\xfe\n"
        stream += answer(1, 3, b"one\n")
        for byte in stream:
            self.dom0.feed(bytes([byte]))
        self.assertEqual((first.result(0).status, first.result(0).output), (3, "one\n"))
        self.assertEqual(second.result(0).output, "two")

    def test_empty_output(self):
        future = self.dom0.start("true")
        self.dom0.feed(b"!rsp 1 0 0 \n")
        self.assertEqual(future.result(0).output, "")

    def test_cut_short(self):
        future = self.dom0.start("a")
        self.dom0.feed(b"!rsp 1 0 5 YQ==\n")
        with self.assertRaises(RigError):
            future.result(0)

    def test_not_decodable(self):
        future, other = self.dom0.start("a"), self.dom0.start("b")
        self.dom0.feed(b"!rsp 1 0 5 YQ\n" + answer(2, 0, b""))
        with self.assertRaises(RigError):
            future.result(0)
        self.assertTrue(other.done())  # what came after it is read

    def test_damaged_or_unknown_is_ignored(self):
        future = self.dom0.start("a")
        self.dom0.feed(b"!rsp 1 x 5 YQ==\n!rsp 99 0 1 YQ==\n!rsp\n")
        self.assertFalse(future.done())
        with self.assertRaises(TimedOut):
            self.dom0.wait(future, "a", 0.01)

    def test_ready_note_failure(self):
        self.dom0.feed(b"!note loading modules\n!fail no xenfs\n")
        self.assertEqual((self.notes, self.dom0.failures), (["loading modules"], ["no xenfs"]))
        self.assertFalse(self.dom0.ready.is_set())
        self.dom0.feed(b"!agent 1\n")
        self.assertTrue(self.dom0.ready.is_set())

    def test_silence_is_looked_into(self):
        self.dom0 = Dom0(self._send, self.notes.append, silent=lambda: "what was found")
        taken, lost = self.dom0.start("a"), self.dom0.start("b")
        self.dom0.feed(b"!got 1\n!got x\n")
        for future, fate in ((taken, "it took the command"), (lost, "it did not take the command")):
            with self.assertRaises(Dom0Silent) as raised:
                self.dom0.wait(future, "c", 0.01)
            self.assertIn(fate, str(raised.exception))
            self.assertIn("what was found", str(raised.exception))

    def test_transcript(self):
        with tempfile.TemporaryDirectory() as directory:
            file = Path(directory) / "agent.log"
            transcript = Transcript(file)
            self.dom0 = Dom0(self._send, self.notes.append, transcript)
            self.dom0.start("echo a")
            self.dom0.feed(b"\n!got 1\nnoise\n")
            transcript.close()
            lines = [line.split(None, 1)[1] for line in file.read_text().splitlines()]
            self.assertEqual(lines, ["> 1 'echo a'", "< '!got 1'", "< 'noise'"])

    def test_the_end_of_dom0_ends_all_waiting(self):
        future = self.dom0.start("a")
        self.dom0.close()
        for pending in (future, self.dom0.start("b")):
            with self.assertRaises(GuestGone):
                pending.result(0)


if __name__ == "__main__":
    unittest.main()
