# SPDX-License-Identifier: MIT
"""Builds the kernel and its boot image into build/PRESET with CMake and Ninja.

Products: lavandin (the kernel with debug information), lavandin.stripped, boot.image; of the preset
host, the host units; of dom0, programs for dom0."""

from __future__ import annotations

import argparse

from .. import build, paths

HELP = "build the kernel and the boot image"


def add_preset(parser: argparse.ArgumentParser, *more: str) -> None:
    """For a preset that builds the system, or one of `more`."""
    choices = (*paths.PRESETS, *more)
    parser.add_argument(
        "--preset",
        choices=choices,
        default=paths.DEFAULT_PRESET,
        metavar="PRESET",
        help=f"of CMake: {', '.join(choices)} (default: %(default)s)",
    )


def arguments(parser: argparse.ArgumentParser) -> None:
    add_preset(parser, paths.HOST_PRESET, paths.DOM0_PRESET)


def run(options: argparse.Namespace) -> int:
    build.ensure(options.preset)
    for file in (
        paths.kernel(options.preset),
        paths.stripped_kernel(options.preset),
        paths.boot_image(options.preset),
    ):
        if file.exists():
            print(f"{file.relative_to(paths.ROOT)}: {file.stat().st_size / 1024:.0f} KiB")
    return 0
