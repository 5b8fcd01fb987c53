# SPDX-License-Identifier: MIT
"""What tests of dom0's scripts need: dom0's own shell and its commands."""

import subprocess

from rig import packages, paths


def commands_in(directory):
    """A folder of busybox's commands, which the scripts find first, as in dom0."""
    packages.ensure("dom0")
    busybox = paths.PACKAGES / "dom0/bin/busybox"
    commands = directory / "bin"
    commands.mkdir()
    names = subprocess.run([busybox, "--list"], capture_output=True, text=True, check=True)
    for name in names.stdout.split():
        (commands / name).symlink_to(busybox)
    return commands
