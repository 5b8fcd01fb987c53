# SPDX-License-Identifier: MIT
"""Full mode: Linux as dom0 from an initramfs of ours, and any number of domUs made with `xl`.

Serial ports: the first is Xen's and dom0's console, the second the agent's (dom0.py), and each
guest's console has a port on a PCI card of its own kind (four to a card, ttyS4 and up), because the
interrupts of the other legacy ports are Xen's."""

from __future__ import annotations

import functools
import threading
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from . import initramfs, paths, qemu, silence, xen
from .console import Console
from .dom0 import Dom0
from .errors import RigError, TimedOut
from .filters import SymbolFilter, XenSplitter
from .full_guest import DEFAULT_BOOT_IMAGE, DEFAULT_KERNEL, FullGuest
from .machine import (
    Guest,
    GuestConfig,
    Machine,
    MachineOptions,
    boot_image_file,
    kernel_file,
)
from .progress import Step
from .pump import Pump
from .transcript import Transcript

_FIRST_PORT, _PORTS_PER_CARD = 4, 4
_PORTS = 32  # Debian's Linux has no more, whatever is asked for (CONFIG_SERIAL_8250_NR_UARTS)
MOST_GUESTS = _PORTS - _FIRST_PORT
WHY_NO_MORE = f"each has a serial port, and dom0's Linux has {MOST_GUESTS} of them for guests"
_XEN_MEMORY = 160  # MiB beside dom0's and the guests'
_GUEST_OVERHEAD = 8  # MiB that Xen and xl take for each guest beside its own
_BOOT_TIMEOUT = 240
_LINUX_LINE = f"console=hvc0 quiet loglevel=4 8250.nr_uarts={_PORTS} panic=5"


def _cpu(options: MachineOptions) -> str:
    """The CPU model, with RDRAND: without it dom0 has no entropy for a long time, and `xl create`
    waits 3 s for some to make the domain's UUID."""
    return f"{options.cpu or qemu.DEFAULT_CPU},+rdrand"


def _channel(port: int) -> str:
    return f"ttyS{port}"


def _console_cards(guests: int) -> tuple[list[str], list[str]]:
    """QEMU's arguments for enough serial cards, and the names of their channels."""
    cards: list[str] = []
    channels: list[str] = []
    while len(channels) < guests:
        first = _FIRST_PORT + len(channels)
        names = [_channel(first + port) for port in range(_PORTS_PER_CARD)]
        ports = ",".join(f"chardev{port}={name}" for port, name in enumerate(names, 1))
        cards += ["-device", f"pci-serial-4x,{ports}"]
        channels += names
    return cards, channels


class FullMachine(Machine):
    mode = "full"

    def __init__(self, options: MachineOptions) -> None:
        if not 1 <= options.guests <= MOST_GUESTS:
            raise RigError(f"from 1 to {MOST_GUESTS} guests: {WHY_NO_MORE}")
        self.options = options
        options.logs.mkdir(parents=True, exist_ok=True)
        self.directory = paths.machine_directory()
        self.xen_console = Console("xen", options.logs / "xen.log")
        self.dom0_console = Console("dom0", options.logs / "dom0.log")
        self._splitter = XenSplitter()
        self._xen_symbols = SymbolFilter(self.symboliser(GuestConfig()))
        self._guests: list[FullGuest] = []
        self._pump = Pump()
        self._step: Step | None = None
        self._transcript = Transcript(options.logs / "agent.log")
        self._dom0 = Dom0(self._send_agent, self._note, self._transcript, self._look)
        self._looked = threading.Lock()
        self._started = False
        try:
            self._boot()
        except BaseException:
            self.stop()
            raise

    @property
    def dom0(self) -> Dom0:
        return self._dom0

    # Starting.

    def _boot(self) -> None:
        options = self.options
        with Step("booting Xen and dom0", options.quiet) as self._step:
            files = self._files()
            self._present = set(files)
            initramfs.write(self.directory / "initrd", files, options.programs)
            cards, channels = _console_cards(options.guests)
            memory = _XEN_MEMORY + options.dom0_memory + options.guest_memory
            memory += _GUEST_OVERHEAD * options.guests
            self.qemu = qemu.Qemu(
                self.directory,
                {"xen": xen.image(), "vmlinuz": initramfs.kernel()},
                ["serial", "agent", *channels],
                [
                    *qemu.machine_arguments(
                        memory, options.processors, _cpu(options), options.deterministic
                    ),
                    *("-serial", "chardev:serial", "-serial", "chardev:agent", *cards),
                    *("-kernel", "xen", "-append", self._xen_line()),
                    *("-initrd", f"vmlinuz {_LINUX_LINE},initrd"),
                ],
                options.logs / "qemu.log",
                options.wait_for_gdb,
            )
            self._started = True
            self._pump.add(self.qemu.channels["serial"], self._receive, self._end)
            self._pump.add(self.qemu.channels["agent"], self._dom0.feed, self._dom0.close)
            for number in range(options.guests):
                port = _FIRST_PORT + number
                self._pump.add(
                    self.qemu.channels[_channel(port)],
                    functools.partial(self._receive_guest, port),
                    functools.partial(self._end_guest, port),
                )
            self._wait_for_agent()
            self._step.note("")
        self._step = None

    def _xen_line(self) -> str:
        memory, vcpus = self.options.dom0_memory, self.options.dom0_vcpus
        return xen.command_line(
            self.options, f"dom0_mem={memory}M,max:{memory}M", f"dom0_max_vcpus={vcpus}"
        )

    def _files(self) -> Mapping[str, Path | bytes]:
        """The preset's kernel and boot image, if built, and the files that were asked for."""
        default = GuestConfig()
        files: dict[str, Path | bytes] = {}
        for name, file in (
            (DEFAULT_KERNEL, kernel_file(default, self.options.preset)),
            (DEFAULT_BOOT_IMAGE, boot_image_file(default, self.options.preset)),
        ):
            if file is not None and Path(file).exists():
                files[name] = Path(file)
        return files | dict(self.options.files)

    def _wait_for_agent(self) -> None:
        deadline = time.monotonic() + _BOOT_TIMEOUT
        while not self._dom0.ready.wait(0.5):
            if not self.qemu.running or xen.ending(self.xen_console.text):
                break
            if self._dom0.failures:
                break
            if time.monotonic() > deadline:
                raise TimedOut(f"dom0 was not up within {_BOOT_TIMEOUT} s\n{self._tails()}")
        if self._dom0.failures:
            raise RigError(f"in dom0: {', '.join(self._dom0.failures)}\n{self._tails()}")
        if not self._dom0.ready.is_set() or self._dom0.ended:
            raise RigError(f"{self.qemu.complaint() or 'dom0 did not come up'}\n{self._tails()}")

    def _tails(self) -> str:
        return (
            f"Xen's last lines:\n{self.xen_console.tail(12)}\ndom0's:\n{self.dom0_console.tail(12)}"
        )

    # Channels.

    def _send_agent(self, data: bytes) -> None:
        self.qemu.channels["agent"].sendall(data)

    def _look(self) -> str:
        """What is known of a dom0 that does not answer; looked for once."""
        if not self._looked.acquire(blocking=False):
            return ""
        serial = self.qemu.channels["serial"].sendall
        consoles = (self.xen_console, self.dom0_console)
        return silence.report(self.qemu.monitor, serial, consoles, self.options.logs)

    def _note(self, text: str) -> None:
        if self._step:
            self._step.update(text)

    def _receive(self, data: bytes) -> None:
        for owner, piece in self._splitter.feed(data):
            if owner == "xen":
                self.xen_console.feed(self._xen_symbols.feed(piece))
            else:
                self.dom0_console.feed(piece)

    def _end(self) -> None:
        for console in (self.xen_console, self.dom0_console):
            console.close()

    # Guests.

    def create_guest(self, config: GuestConfig = GuestConfig()) -> FullGuest:
        for file in (config.kernel, config.boot_image):
            if isinstance(file, Path):
                raise RigError(f"{file}: in full mode, name a file in dom0 (MachineOptions.files)")
        if config.boot_image is None and DEFAULT_BOOT_IMAGE not in self._present:
            config = replace(config, without_boot_image=True)
        taken = {guest.port for guest in self._guests}
        ports = [_FIRST_PORT + number for number in range(self.options.guests)]
        free = [port for port in ports if port not in taken]
        if not free:
            raise RigError(f"this machine was started for {self.options.guests} guests")
        send = self.qemu.channels[_channel(free[0])].sendall
        guest = FullGuest(
            config, self._dom0, self.options.logs, self.symboliser(config), free[0], send
        )
        self._guests.append(guest)
        try:
            with Step(f"xl create {config.name}", self.options.quiet):
                guest.create()
        except RigError:
            guest.console.close()
            self._guests.remove(guest)  # its port can be another's
            raise
        return guest

    def destroy_guest(self, guest: Guest) -> None:
        """Removes a guest; its console's port can be another's then."""
        assert isinstance(guest, FullGuest)
        guest.destroy()
        self._guests.remove(guest)

    def _receive_guest(self, port: int, data: bytes) -> None:
        for guest in list(self._guests):
            if guest.port == port:
                guest.receive(data)

    def _end_guest(self, port: int) -> None:
        for guest in list(self._guests):
            if guest.port == port:
                guest.console.close()

    def stop(self) -> None:
        if self._started:
            self.qemu.stop()
        self._pump.stop()
        if self._started:
            self.qemu.close()
        self._dom0.close()
        self._transcript.close()
        for console in (self.xen_console, self.dom0_console, *(g.console for g in self._guests)):
            console.close()
