# SPDX-License-Identifier: MIT
"""What the command line accepts, and that files which cannot be written are named."""

import argparse
import contextlib
import io
import tempfile
import unittest
from pathlib import Path

from rig import bench, logs, main, values
from rig.errors import RigError
from rig.verbs import boot


def _refusal(*words):
    """What the driver's parser says of these words, or None when it takes them."""
    said = io.StringIO()
    with contextlib.redirect_stderr(said):
        try:
            main._parser().parse_args(words)
        except SystemExit:
            return said.getvalue()
    return None


class Ranges(unittest.TestCase):
    def test_nonsense_is_refused(self):
        for words in (
            "boot --memory -5",
            "boot --direct --memory 0",
            "boot --memory 999999999",
            "boot --memory some",
            "boot --vcpus 0",
            "boot --direct --vcpus 100",
            "boot --guests 0",
            "boot --guests 29",
            "boot --processors 0",
            "boot --processors 256",
            "boot --idle -1",
            "boot --idle nan",
            "bench --memory 0",
            "bench --timeout -1",
            "test --only [",
            'boot --command-line x"y',
            "boot --command-line x\\",
            f"boot --command-line {'x' * 1024}",
            "attach 0",
        ):
            option = words.split()[-2].removeprefix("attach")
            with self.subTest(words):
                self.assertRegex(_refusal(*words.split()) or "", f"error: argument {option}.* not ")

    def test_presets_are_those_that_build_what_is_needed(self):
        for words, taken in (
            ("build --preset host", True),
            ("build --preset clang-debug", True),
            ("build --preset nonsense", False),
            ("boot --preset gcc-debug", True),
            ("boot --preset host", False),
            ("test --preset host", False),
            ("bench --preset host", False),
        ):
            with self.subTest(words):
                said = _refusal(*words.split())
                self.assertIn("invalid choice", said or "invalid choice")
                self.assertEqual(said is None, taken)

    def test_sense_is_taken(self):
        for words in (
            "boot",
            "boot --direct --memory 6 --vcpus 64 --processors 1 --idle 0.5",
            "boot --guests 28 --memory 16",
            "bench --memory 64 --timeout 60",
            "test --only conformance|system:.*",
            f"boot --command-line {'x' * 1023}",
            "attach 28",
        ):
            with self.subTest(words):
                self.assertIsNone(_refusal(*words.split()))

    def test_too_many_guests_says_why(self):
        said = "29 is not from 1 to 28 (each has a serial port"
        for words in ("boot --guests 29", "attach 29"):
            with self.subTest(words):
                self.assertIn(said, _refusal(*words.split()))

    def test_message(self):
        with self.assertRaisesRegex(argparse.ArgumentTypeError, r"^7 is not from 1 to 6 \(why\)$"):
            values.whole_number(1, 6, "why")("7")


class Combinations(unittest.TestCase):
    @staticmethod
    def _check(*words):
        boot.check(main._parser().parse_args(["boot", *words]))

    def test_refused(self):
        half = values.host_memory() // 2
        for words, said in (
            (["--direct", "--guests", "2"], "--guests"),
            (["--guests", "3", "--memory", str(half)], "this machine has"),
        ):
            with self.subTest(words), self.assertRaisesRegex(RigError, said):
                self._check(*words)

    def test_taken(self):
        self._check("--direct", "--guests", "1", "--memory", "6")
        self._check("--guests", "2", "--memory", "16")


class Files(unittest.TestCase):
    def test_logs_that_cannot_be_kept(self):
        with tempfile.NamedTemporaryFile() as file:
            for folder in ("/proc", "/proc/x", file.name, f"{file.name}/below"):
                with self.subTest(folder), self.assertRaisesRegex(RigError, folder):
                    logs.fresh_directory("unit", Path(folder))

    def test_logs_that_can(self):
        with tempfile.TemporaryDirectory() as folder:
            chosen = Path(folder, "a", "b")
            self.assertEqual(logs.fresh_directory("unit", chosen), chosen.resolve())
            self.assertEqual(list(chosen.iterdir()), [])

    def test_figures_that_cannot_be_written(self):
        with self.assertRaisesRegex(RigError, "/proc/x"):
            bench.check_target("/proc/x")
        bench.check_target("-")


if __name__ == "__main__":
    unittest.main()
