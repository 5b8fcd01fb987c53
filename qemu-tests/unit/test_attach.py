# SPDX-License-Identifier: MIT
"""The console of a guest, served to another terminal."""

import socket
import tempfile
import threading
import time
import types
import unittest
from pathlib import Path
from unittest import mock

from rig import attach
from rig.console import Console
from rig.errors import RigError


class Served(unittest.TestCase):
    def setUp(self):
        directory = self.enterContext(tempfile.TemporaryDirectory())
        self.typed: list[bytes] = []
        console = Console("guest", Path(directory, "log"), self.typed.append)
        self.addCleanup(console.close)
        self.guest = types.SimpleNamespace(console=console, ended=False)
        self.enterContext(mock.patch.object(attach, "_LAST_WORD", 0.1))
        self.enterContext(mock.patch.object(attach, "_LOOK", 0.02))

    def _attach(self):
        client, far = socket.socketpair()
        client.settimeout(20)
        self.addCleanup(client.close)
        thread = threading.Thread(target=attach._serve, args=(far, self.guest), daemon=True)
        thread.start()
        self.addCleanup(thread.join, 20)
        return client

    def _all(self, client):
        text = b""
        while data := client.recv(4096):
            text += data
        return text

    def test_from_the_first_word_to_the_last(self):
        self.guest.console.feed(b"first\n")
        client = self._attach()
        self.assertEqual(client.recv(4096), b"first\n")
        client.sendall(b"poweroff\n")
        deadline = time.monotonic() + 20
        while not self.typed and time.monotonic() < deadline:
            time.sleep(0.01)
        self.guest.ended = True
        self.guest.console.feed(b"last\n")
        self.assertEqual(self._all(client), b"last\n")
        self.assertEqual(self.typed, [b"poweroff\n"])

    def test_a_guest_that_ended_before_is_shown(self):
        self.guest.console.feed(b"all of it\n")
        self.guest.ended = True
        self.assertEqual(self._all(self._attach()), b"all of it\n")

    def test_a_client_that_leaves_is_forgotten(self):
        client = self._attach()
        client.close()
        self.guest.console.feed(b"x" * 100_000)
        self.guest.ended = True


class Ended(unittest.TestCase):
    """The machine goes while somebody is attached."""

    def test_what_was_typed_last_was_not_read(self):
        client, far = socket.socketpair()
        with client:
            client.sendall(b"ps\n")
            far.close()  # resets the connection, as there is something unread
            attach.typed(client, b"more\n")
            self.assertEqual(attach.received(client), b"")

    def test_nobody_listens_any_more(self):
        with tempfile.TemporaryDirectory() as directory:
            machine = attach.Running(Path(directory), "direct", "gcc-release", ("lavandin",))
            for _ in range(2):
                with self.assertRaisesRegex(RigError, "^the machine has just ended$"):
                    attach.connect(machine, 1)
                # Now there is a socket, of a process that is gone.
                with socket.socket(socket.AF_UNIX) as listener:
                    Path(directory, "console-1.sock").unlink(missing_ok=True)
                    listener.bind(f"{directory}/console-1.sock")
