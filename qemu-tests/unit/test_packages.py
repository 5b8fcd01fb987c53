# SPDX-License-Identifier: MIT
"""Which version of a package is taken: the pinned one, or else the newest, and then it is said."""

import argparse
import contextlib
import io
import re
import unittest
from unittest import mock

from rig import apt, packages, paths
from rig.errors import RigError
from rig.verbs import setup


class Versions(unittest.TestCase):
    def _resolve(self, archive, successor=None):
        """What is taken of an archive (versions by name, newest first), and what is said."""
        pin = packages.Pin("thing-1", "thing-1", "1.0", "xen", "thing-1", successor=successor)
        said = io.StringIO()
        with (
            mock.patch.object(apt, "versions", lambda name: archive.get(name, [])),
            mock.patch.object(apt, "first_dependency", lambda name: "thing-2"),
            mock.patch.object(apt, "update") as update,
            contextlib.redirect_stderr(said),
        ):
            taken = packages._resolve(pin)
        return taken, said.getvalue(), update.called

    def test_the_pinned_one_is_taken_silently(self):
        taken, said, updated = self._resolve({"thing-1": ["1.1", "1.0"]})
        self.assertEqual((taken, said, updated), (("thing-1", "1.0"), "", False))

    def test_else_the_newest_is_taken_and_said(self):
        taken, said, updated = self._resolve({"thing-1": ["1.2", "1.1"]})
        self.assertEqual((taken, updated), (("thing-1", "1.2"), True))
        self.assertIn("thing-1 1.0 is gone: taking thing-1 1.2 instead", said)

    def test_a_package_under_another_name_follows(self):
        taken, said, _ = self._resolve({"thing-2": ["2.0"]}, successor="thing")
        self.assertEqual(taken, ("thing-2", "2.0"))
        self.assertIn("thing-1 1.0 is gone: taking thing-2 2.0 instead", said)

    def test_none_at_all_is_an_error(self):
        with self.assertRaisesRegex(RigError, "no package thing-1 to download"):
            self._resolve({})


class Listed(unittest.TestCase):
    def _setup_list(self):
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            setup.run(argparse.Namespace(list=True))
        return said.getvalue().split()

    def test_what_installs_the_driver_is_listed(self):
        """The driver's shell part has the names by itself, as it runs before there is a Python."""
        script = (paths.ROOT / "lavandin").read_text()
        found = re.search(r"^ +install ((?:[a-z0-9.+-]+ )+)>&2", script, re.M)
        names = found.group(1).split()
        self.assertIn("python3", names)
        self.assertEqual(names, packages.host_packages("driver"))
        self.assertEqual([name for name in names if name not in self._setup_list()], [])


if __name__ == "__main__":
    unittest.main()
