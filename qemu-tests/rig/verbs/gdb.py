# SPDX-License-Identifier: MIT
"""Runs gdb on the machine that `./lavandin boot` runs in another terminal, with the symbols of the
kernel and of Xen loaded, through QEMU's debugger stub.

The stub sees the whole machine, Xen and every domain: an address is the kernel's only while one of
its VCPUs runs. So use hardware breakpoints, which do not write into memory that may not be mapped
at that moment:

    (gdb) hbreak system_call_entry
    (gdb) continue
    (gdb) thread apply all backtrace     # one thread per processor of the machine

To stop at the very beginning: ./lavandin boot --direct --gdb, then ./lavandin gdb, hbreak,
continue. What follows `--` goes to gdb, for example: -- -batch -ex "info threads"."""

from __future__ import annotations

import argparse
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path

from .. import attach, packages, paths, xen
from ..errors import RigError
from ..progress import say

HELP = "debug a running guest, with the kernel's symbols"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--symbols", metavar="ELF", help="another file than the preset's kernel")
    parser.add_argument("gdb_arguments", nargs="*", metavar="ARGUMENT", help="for gdb, after --")


def run(options: argparse.Namespace) -> int:
    if options.symbols and not Path(options.symbols).is_file():
        raise RigError(f"--symbols {options.symbols}: there is no such file")
    machine = attach.newest()  # before anything is installed for it
    packages.ensure_host("gdb")
    kernel = Path(options.symbols or paths.kernel(machine.preset)).resolve()
    hypervisor = xen.symbols()
    say(banner(kernel, hypervisor))
    try:
        # gdb needs the terminal, so it stays in our session.
        child = subprocess.Popen(
            command(machine.gdb_socket, kernel, hypervisor, options.gdb_arguments),
            cwd=machine.directory,
        )
    except OSError as error:
        raise RigError(f"cannot run gdb: {error}") from error
    return attend(child)


def attend(child: subprocess.Popen) -> int:
    """Its exit status. Ctrl-C meanwhile is gdb's: it stops the guest."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        return child.wait()
    finally:
        signal.signal(signal.SIGINT, before)


def banner(kernel: Path, hypervisor: Path | None) -> str:
    """Which symbols there are, and how to get from where the machine is now into the guest."""
    lines = [f"symbols: {kernel}{'' if kernel.is_file() else ' (not there)'}"]
    lines.append(f"of Xen: {hypervisor or 'none to be had; its functions are addresses only'}")
    lines.append(
        "An idle guest is not on a processor: what you see first is Xen. Into the guest:\n"
        "    hbreak system_call_entry\n"
        "    continue                      # and press a key on the guest's console"
    )
    return "\n".join(lines)


def command(
    socket: str, kernel: Path, hypervisor: Path | None, more: Sequence[str] = ()
) -> list[str]:
    """gdb's command line; a kernel that is not there is left out."""
    words = ["gdb", "-q", "-ex", "set confirm off"]
    if hypervisor:
        words += ["-ex", f'add-symbol-file "{hypervisor}"']
    words += ["-ex", f"target remote {socket}", *more]
    return [*words, str(kernel)] if kernel.is_file() else words
