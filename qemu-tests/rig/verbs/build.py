# SPDX-License-Identifier: MIT
"""Builds the kernel and its boot image into build/PRESET with CMake and Ninja.

Products: lavandin (the kernel with debug information), lavandin.stripped, boot.image."""

from __future__ import annotations

import argparse

from .. import build, paths

HELP = "build the kernel and the boot image"


def add_preset(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--preset",
        default=paths.DEFAULT_PRESET,
        help=f"CMake preset: {', '.join(paths.PRESETS)}, or host (default: %(default)s)",
    )


def arguments(parser: argparse.ArgumentParser) -> None:
    add_preset(parser)


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
