# SPDX-License-Identifier: MIT
"""Measures what operations cost, in the deterministic mode: one processor whose virtual time is its
instruction count, and nothing but the guest on Xen. The figures are instructions, Xen's included,
and repeat to 0.2 %. They are printed; only --check judges them.

A stub kernel is measured first: what its hypercalls, entries and table switches cost is the floor
under Lavandin's figures. Linux comes last, with what is nearest to each of Lavandin's operations,
as the initial domain of the same Xen (docs/measuring.md). Last of all comes what cooperation costs,
with dom0, coopd and guests on one processor."""

from __future__ import annotations

import argparse

from .. import bench, bench_coop, build, least_memory, qemu, recorded, values
from ..logs import fresh_directory
from ..machine import MachineOptions
from .build import add_preset

HELP = "measure the costs of operations"


def arguments(parser: argparse.ArgumentParser) -> None:
    add_preset(parser)
    parser.add_argument("--json", metavar="FILE", help="also write the figures there; - for stdout")
    recording = parser.add_mutually_exclusive_group()
    recording.add_argument(
        "--check",
        action="store_true",
        help="fail when a figure is not as recorded in docs/figures.json, within 2 %%, or "
        "a processor comes later than is wanted",
    )
    recording.add_argument(
        "--record",
        action="store_true",
        help="write docs/figures.json, and README.md and docs/interface.md, which show them",
    )
    parser.add_argument(
        "--without-cooperation",
        action="store_true",
        help="leave out what needs dom0 and coopd, and some minutes",
    )
    parser.add_argument("--cpu", metavar="MODEL", help=f"QEMU's -cpu (default: {qemu.DEFAULT_CPU})")
    parser.add_argument("--memory", type=values.memory(), default=64, metavar="MIB")
    parser.add_argument("--timeout", type=values.seconds, default=600, metavar="S")


def run(options: argparse.Namespace) -> int:
    if options.json:
        bench.check_target(options.json)
    build.ensure(options.preset)
    least_memory.check("direct", bench.guest(options.memory), options.preset)
    machine = MachineOptions(preset=options.preset, logs=fresh_directory("bench"), cpu=options.cpu)
    result = bench.run(
        machine, options.memory, options.timeout, not options.without_cooperation
    )
    if options.json != "-":
        print(result.as_text())
    if options.json:
        bench.write(result, options.json)
    if options.record:
        recorded.write(result.record())
    return check(result) if options.check else 0


def check(result: bench.Report) -> int:
    if result.cooperation and (over := bench_coop.missed(result.cooperation)):
        print("\nmore than is wanted:", *over, sep="\n  ")
        return 1
    old, new = recorded.read(), result.record()
    if other := recorded.other_ground(old, new):
        print("\nnot compared with what was recorded:", *other, sep="\n  ")
        return 0
    if changed := recorded.drift(old, new):
        print("\nnot as recorded (if that is meant: --record):", *changed, sep="\n  ")
        return 1
    print("\nas recorded")
    return 0
