# SPDX-License-Identifier: MIT
"""Not there yet."""

from __future__ import annotations

import argparse

from ..errors import RigError

HELP = "(not there yet)"


def arguments(parser: argparse.ArgumentParser) -> None:
    pass


def run(options: argparse.Namespace) -> int:
    raise RigError("not there yet")
