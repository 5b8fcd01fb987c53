# SPDX-License-Identifier: MIT
"""Removes what was built. Downloaded packages stay, unless --all is given. Nothing is removed while
another ./lavandin works in this checkout."""

from __future__ import annotations

import argparse

from .. import build

HELP = "remove what was built"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--all", action="store_true", help="remove the whole build folder")


def run(options: argparse.Namespace) -> int:
    for name in build.clean(options.all):
        print(f"removed {name}")
    return 0
