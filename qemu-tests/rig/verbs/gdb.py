# SPDX-License-Identifier: MIT
"""Runs gdb on the machine that `./lavandin boot` runs in another terminal, with the kernel's
symbols loaded, through QEMU's debugger stub.

The stub sees the whole machine, Xen and every domain: an address is the kernel's only while one of
its VCPUs runs. So use hardware breakpoints, which do not write into memory that may not be mapped
at that moment:

    (gdb) hbreak kernel_main
    (gdb) continue
    (gdb) thread apply all backtrace     # one thread per processor of the machine

To stop at the very beginning: ./lavandin boot --direct --gdb, then ./lavandin gdb, hbreak,
continue. What follows `--` goes to gdb, for example: -- -batch -ex "info threads"."""

from __future__ import annotations

import argparse
import subprocess
from pathlib import Path

from .. import attach, packages, paths
from ..errors import RigError

HELP = "debug a running guest, with the kernel's symbols"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--symbols", metavar="ELF", help="another file than the preset's kernel")
    parser.add_argument("gdb_arguments", nargs="*", metavar="ARGUMENT", help="for gdb, after --")


def run(options: argparse.Namespace) -> int:
    packages.ensure_host("gdb")
    machine = attach.newest()
    kernel = Path(options.symbols or paths.kernel(machine.preset)).resolve()
    command = ["gdb", "-q", "-ex", "set confirm off", "-ex", f"target remote {machine.gdb_socket}"]
    try:
        # gdb needs the terminal, Ctrl-C included, so it stays in our session.
        return subprocess.call(
            [*command, *options.gdb_arguments, str(kernel)], cwd=machine.directory
        )
    except OSError as error:
        raise RigError(f"cannot run gdb: {error}") from error
