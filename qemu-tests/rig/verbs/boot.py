# SPDX-License-Identifier: MIT
"""Builds, starts QEMU and Xen, and connects this terminal to the guest's console.

By default a Linux dom0 starts first and Lavandin runs beside it as a domU, made with `xl create`.
With --direct Lavandin is Xen's initial domain: no Linux, up in seconds.
With --coop coopd runs in dom0 before the guests start, and where there is more than one guest this
terminal shows what `coopctl watch` says of them; the guests' consoles are reached from another one.

Ctrl-] leaves the console, which ends the machine; every other key goes to the guest. When standard
input is not a terminal it is sent line by line, each once the console has been silent for a moment;
after the last line the machine ends when the guest does, or when the console has been silent for
--idle seconds and has shown a prompt. A minute of silence without a prompt ends it, too, and is a
failure."""

from __future__ import annotations

import argparse
from pathlib import Path

from .. import attach, build, coop, full, least_memory, prompt, stub, terminal, values
from ..errors import RigError
from ..logs import fresh_directory
from ..machine import Guest, GuestConfig, Machine, MachineOptions
from ..modes import start
from ..progress import BOLD, RED, paint, say
from .build import add_preset

_STUB = "/guest/stub"

HELP = "build, boot, and connect to the guest's console"


def arguments(parser: argparse.ArgumentParser) -> None:
    add_preset(parser)
    add_machine(parser)
    parser.add_argument("--direct", action="store_true", help="Lavandin as the initial domain")
    for name, kind, default, letter, explanation in (
        ("--memory", values.memory(), 64, "MIB", "of each guest"),
        ("--vcpus", values.whole_number(1, values.MOST_VCPUS), None, "N",
         "of each guest (default: 1; 2 with --coop)"),
        ("--guests", values.whole_number(1, full.MOST_GUESTS, full.WHY_NO_MORE), 1, "N",
         f"how many domUs, {full.MOST_GUESTS} at most"),
    ):
        parser.add_argument(name, type=kind, default=default, metavar=letter, help=explanation)
    parser.add_argument("--coop", action="store_true", help="guests share processors: start coopd")
    parser.add_argument(
        "--command-line",
        type=values.command_line,
        default="",
        metavar="STR",
        help="for the guest's kernel",
    )
    parser.add_argument("--keep-logs", type=Path, metavar="DIR", help="logs of Xen, dom0, guests")
    parser.add_argument(
        "--gdb", action="store_true", help="wait for ./lavandin gdb before starting"
    )
    parser.add_argument(
        "--idle",
        type=values.seconds,
        default=10,
        metavar="S",
        help="see above (default: %(default)s)",
    )


def add_machine(parser: argparse.ArgumentParser) -> None:
    """What bench and boot have in common."""
    parser.add_argument("--cpu", metavar="MODEL", help="QEMU's -cpu (Haswell-noTSX has XSAVE)")
    processors = values.whole_number(1, values.MOST_PROCESSORS)
    parser.add_argument(
        "--processors", type=processors, default=2, metavar="N", help="of the machine"
    )
    parser.add_argument("--deterministic", action="store_true", help="virtual time = instructions")
    parser.add_argument("--xen-verbose", action="store_true", help="all of Xen's messages")
    parser.add_argument("--xen-command-line", default="", metavar="STR", help="more for Xen")
    parser.add_argument("--stub", action="store_true", help="boot the rig's own test guest instead")


def machine_options(options: argparse.Namespace, logs: Path) -> MachineOptions:
    return MachineOptions(
        preset=options.preset,
        logs=logs,
        processors=options.processors,
        cpu=options.cpu,
        deterministic=options.deterministic,
        xen_verbose=options.xen_verbose,
        xen_command_line=options.xen_command_line,
        wait_for_gdb=options.gdb,
        guest_memory=options.memory * options.guests,
        guests=options.guests,
        files={_STUB: stub.build()} if options.stub else {},
        programs=coop.programs() if options.coop else {},
    )


def check(options: argparse.Namespace) -> None:
    """Raises RigError when options that are sensible by themselves are not so together."""
    if options.direct and options.guests > 1:
        raise RigError("--guests is for domUs: with --direct the initial domain is the guest")
    if options.direct and options.coop:
        raise RigError("--coop is for domUs: with --direct there is nobody to share with")
    together = options.memory * options.guests
    if together > values.host_memory():
        raise RigError(
            f"{options.guests} guests of {options.memory} MiB need {together} MiB; "
            f"this machine has {values.host_memory()} MiB"
        )


def run(options: argparse.Namespace) -> int:
    check(options)
    if options.vcpus is None:
        options.vcpus = 2 if options.coop else 1
    if not options.stub:
        build.ensure(options.preset)
    mode = "direct" if options.direct else "full"
    kernel = stub.build() if options.stub else None
    wanted = GuestConfig(
        kernel=kernel,
        without_boot_image=options.stub,
        command_line=options.command_line,
        memory=options.memory,
    )
    least_memory.check(mode, wanted, options.preset)
    logs = fresh_directory(f"boot-{mode}", options.keep_logs)
    try:
        with start(mode, machine_options(options, logs)) as machine:
            if options.coop:
                coop.start(machine.dom0)
            guests = [
                machine.create_guest(_config(options, number))
                for number in range(1, (1 if options.direct else options.guests) + 1)
            ]
            attach.Server(machine, guests, options.preset)
            if options.coop and len(guests) > 1:
                return _watch(machine, guests, options)
            return _converse(machine, guests, options)
    except RigError:
        say(f"logs: {logs}")
        raise


def _config(options: argparse.Namespace, number: int) -> GuestConfig:
    kernel: Path | str | None = None
    if options.stub:
        kernel = stub.build() if options.direct else _STUB
    return GuestConfig(
        name="lavandin" if options.guests == 1 else f"lavandin-{number}",
        kernel=kernel,
        without_boot_image=options.stub,
        command_line=options.command_line,
        memory=options.memory,
        vcpus=options.vcpus,
        on_reboot="restart",
    )


def _watch(machine: Machine, guests: list[Guest], options: argparse.Namespace) -> int:
    """Shows coopd's table until all guests have ended, or the user leaves. Where nobody sits at a
    terminal it is shown for as many seconds as one may be idle."""
    assert isinstance(machine, full.FullMachine)
    for number, guest in enumerate(guests, 1):
        say(f"console of {guest.name}: ./lavandin attach {number}")
    say(paint(f"coopctl watch; {terminal.ESCAPE_NAME} ends the machine", BOLD))
    bound = "" if terminal.interactive() else f"--count {max(int(options.idle), 1)}"
    machine.dom0.run(f"coopctl watch {bound} >/dev/hvc0 2>&1 &")
    outcome = terminal.show(
        machine.dom0_console, lambda: all(guest.ended for guest in guests), options.idle
    )
    say("")
    say(f"machine ended ({outcome})")
    return _judge(machine, guests)


def _converse(machine: Machine, guests: list[Guest], options: argparse.Namespace) -> int:
    """Connects to the first guest until it ends, and says how that was."""
    guest = guests[0]
    for number, other in enumerate(guests[1:], 2):
        say(f"console of {other.name}: ./lavandin attach {number}")
    say(paint(f"console of {guest.name}; {terminal.ESCAPE_NAME} ends the machine", BOLD))
    outcome = terminal.connect(guest.console, lambda: guest.ended, options.idle)
    say("")
    if outcome == "idle" and not prompt.reached(guest.console.text):
        raise RigError(f"{guest.name}: silent, and there is no prompt; machine ended")
    if outcome != "ended":
        say(f"{guest.name}: left running at the end of the conversation ({outcome}); machine ended")
    return _judge(machine, guests)


def _judge(machine: Machine, guests: list[Guest]) -> int:
    """Says how those guests ended that did; 1 when it was badly."""
    status = 0
    for guest in (each for each in guests if each.ended):
        reason = guest.wait_for_shutdown(10)
        say(f"{guest.name} ended: {reason}")
        if reason not in ("crash", "watchdog", "gone"):
            continue
        if report := guest.crash_report():
            say(paint(report, RED))
        status = 1
    if status:
        say(f"logs: {machine.options.logs}")
    return status
