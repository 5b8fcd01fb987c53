# SPDX-License-Identifier: MIT
"""What is made once and kept: never a part of it, by whichever driver, and only when it is due."""

import tempfile
import threading
import unittest
from pathlib import Path
from unittest import mock

from rig import cache, paths


class Made(unittest.TestCase):
    def setUp(self):
        self.build = Path(self.enterContext(tempfile.TemporaryDirectory()))
        for name, value in (("BUILD", self.build), ("CACHE", self.build / "cache")):
            self.enterContext(mock.patch.object(paths, name, value))
        self.made = 0

    def _make(self, file):
        self.made += 1
        file.write_text(f"number {self.made}")

    def test_once_until_its_content_changes(self):
        for content, number in (("a", 1), ("a", 1), ("b", 2), ("b", 2), ("a", 3)):
            file = cache.made("thing", content, self._make)
            self.assertEqual(file.read_text(), f"number {number}", content)
        file.unlink()
        self.assertEqual(cache.made("thing", "a", self._make).read_text(), "number 4")

    def test_an_interruption_leaves_what_was(self):
        file = cache.made("thing", "a", self._make)

        def interrupted(part):
            part.write_text("half of it")
            raise KeyboardInterrupt

        with self.assertRaises(KeyboardInterrupt):
            cache.made("thing", "b", interrupted)
        self.assertEqual(file.read_text(), "number 1")
        self.assertEqual(cache.made("thing", "a", self._make).read_text(), "number 1")
        self.assertEqual(cache.made("thing", "b", self._make).read_text(), "number 2")

    def test_two_drivers_make_it_once(self):
        began, go_on = threading.Event(), threading.Event()

        def slow(part):
            began.set()
            self.assertTrue(go_on.wait(20))
            self._make(part)

        first = threading.Thread(target=cache.made, args=("thing", "a", slow), daemon=True)
        arguments = ("thing", "a", self._make)
        second = threading.Thread(target=cache.made, args=arguments, daemon=True)
        first.start()
        self.assertTrue(began.wait(20))
        with mock.patch.object(cache, "Step"):
            second.start()
            second.join(0.2)
            self.assertTrue(second.is_alive(), "it did not wait")
            go_on.set()
            first.join(20)
            second.join(20)
        self.assertEqual((self.build / "cache" / "thing").read_text(), "number 1")
