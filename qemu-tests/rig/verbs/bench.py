# SPDX-License-Identifier: MIT
"""Measures what operations cost, in the deterministic mode: one processor whose virtual time is its
instruction count, Lavandin alone on Xen. The figures are instructions, Xen's included, and repeat
to 0.2 %. They are printed and never judged."""

from __future__ import annotations

import argparse

from .. import bench, build, qemu, stub, values
from ..direct import LEAST_MEMORY
from ..logs import fresh_directory
from ..machine import GuestConfig, MachineOptions
from .build import add_preset

HELP = "measure the costs of operations"


def arguments(parser: argparse.ArgumentParser) -> None:
    add_preset(parser)
    parser.add_argument("--json", metavar="FILE", help="also write the figures there; - for stdout")
    parser.add_argument("--cpu", metavar="MODEL", help=f"QEMU's -cpu (default: {qemu.DEFAULT_CPU})")
    parser.add_argument("--memory", type=values.memory(LEAST_MEMORY), default=64, metavar="MIB")
    parser.add_argument("--timeout", type=values.seconds, default=600, metavar="S")
    parser.add_argument("--stub", action="store_true", help="boot the rig's own test guest instead")


def run(options: argparse.Namespace) -> int:
    if options.json:
        bench.check_target(options.json)
    if not options.stub:
        build.ensure(options.preset)
    machine = MachineOptions(
        preset=options.preset,
        logs=fresh_directory("bench"),
        deterministic=True,
        cpu=options.cpu,
    )
    config = GuestConfig(
        kernel=stub.build() if options.stub else None,
        without_boot_image=options.stub,
        command_line=bench.COMMAND_LINE,
        memory=options.memory,
    )
    result = bench.run(machine, config, options.timeout)
    if options.json != "-":
        print(result.as_table())
    if options.json:
        bench.write(result, options.json)
    return 0
