# SPDX-License-Identifier: MIT
"""Installs the build tools and QEMU with apt, and downloads Xen, its tools, the Linux kernel of
dom0 and newlib's source as packages, which are unpacked under build/packages and not installed.

The other verbs do the part that they need by themselves; this one does all of it."""

from __future__ import annotations

import argparse

from .. import packages

HELP = "install build tools and QEMU, download Xen and what it needs"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--list", action="store_true", help="only print the packages")


def run(options: argparse.Namespace) -> int:
    if options.list:
        print("installed with apt:")
        for name in packages.host_packages(*packages.host_groups()):
            print(f"    {name}")
        print("downloaded and unpacked under build/packages, not installed:")
        for pin in packages.pins():
            print(f"    {pin.name} {pin.version}")
        return 0
    packages.ensure_host(*packages.host_groups())
    packages.ensure(*packages.GROUPS)
    print("everything is there")
    return 0
