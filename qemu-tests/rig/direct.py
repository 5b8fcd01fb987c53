# SPDX-License-Identifier: MIT
"""Direct mode: the guest is Xen's initial domain. No Linux, up in about a second.

Guest and Xen share Xen's serial console; lines that begin with `(XEN)` are Xen's."""

from __future__ import annotations

import time
from pathlib import Path

from . import counter, crash, paths, qemu, xen
from .console import Console
from .errors import RigError, TimedOut
from .filters import SymbolFilter, XenSplitter
from .machine import (
    Guest,
    GuestConfig,
    Machine,
    MachineOptions,
    boot_image_file,
    kernel_file,
)
from .pump import Pump
from .symbols import Symboliser

_XEN_MEMORY = 128  # MiB beside the guest's, for Xen itself and QEMU's firmware


class DirectGuest(Guest):
    def __init__(self, machine: DirectMachine, name: str, symboliser: Symboliser) -> None:
        self.name = name
        self.symboliser = symboliser
        self._machine = machine
        logs = machine.options.logs
        self.console = Console(name, logs / f"{name}.log", machine.type_serial)

    def wait_for_shutdown(self, timeout: float) -> str:
        deadline = time.monotonic() + timeout
        xen_console = self._machine.xen_console
        if not xen_console.wait(lambda: xen.ending(xen_console.text) is not None, timeout):
            raise TimedOut(
                f"{self.name} did not shut down within {timeout:.0f} s; its last lines:\n"
                + self.console.tail()
            )
        self._machine.settle(max(deadline - time.monotonic(), 0.2))
        reason = xen.ending(xen_console.text)
        if reason is None:
            raise RigError(self._machine.complaint())
        return "crash" if reason == "panic" else xen.asked_for(reason, self.console.text)

    @property
    def ended(self) -> bool:
        return self.console.closed or xen.ending(self._machine.xen_console.text) is not None

    def crash_report(self) -> str:
        return crash.with_calls(
            xen.crash_dump(self._machine.xen_console.text), self.symboliser
        )


class DirectMachine(Machine):
    mode = "direct"

    def __init__(self, options: MachineOptions) -> None:
        self.options = options
        options.logs.mkdir(parents=True, exist_ok=True)
        self.xen_console = Console("xen", options.logs / "xen.log")
        self._started = False
        self._pump = Pump()
        self._guest: DirectGuest | None = None
        self._splitter = XenSplitter()

    def create_guest(self, config: GuestConfig = GuestConfig()) -> Guest:
        if self._guest:
            raise RigError("direct mode has room for one guest only")
        options = self.options
        self.directory = paths.machine_directory()
        symboliser = self.symboliser(config)
        self._symbols = {"xen": SymbolFilter(symboliser), "domain": SymbolFilter(symboliser)}
        guest = self._guest = DirectGuest(self, config.name, symboliser)
        files = {"xen": xen.image(), "kernel": Path(kernel_file(config, options.preset))}
        module = qemu.escaped(f"kernel {config.command_line}".strip())
        image = boot_image_file(config, options.preset)
        if image is not None:
            files["boot.image"] = Path(image)
            module += ",boot.image"
        xen_line = xen.command_line(
            options,
            f"dom0_mem={config.memory}M,max:{config.memory}M",
            f"dom0_max_vcpus={config.vcpus}",
        )
        machine = qemu.machine_arguments(
            max(config.memory + _XEN_MEMORY, 256),
            options.processors,
            options.cpu,
            options.deterministic,
        )
        boot = ["-serial", "chardev:serial", "-kernel", "xen", "-append", xen_line]
        self.qemu = qemu.Qemu(
            self.directory,
            files,
            ["serial"],
            [*machine, *boot, "-initrd", module, *self._counting()],
            options.logs / "qemu.log",
            options.wait_for_gdb,
        )
        self._started = True
        self._pump.add(self.qemu.channels["serial"], self._receive, self._end)
        return guest

    @property
    def counts_log(self) -> Path:
        return (self.options.logs / "counts.log").resolve()

    def _counting(self) -> list[str]:
        return counter.arguments(self.counts_log) if self.options.counting else []

    def type_serial(self, data: bytes) -> None:
        self.qemu.channels["serial"].sendall(data)

    def _receive(self, data: bytes) -> None:
        assert self._guest
        for owner, piece in self._splitter.feed(data):
            console = self.xen_console if owner == "xen" else self._guest.console
            console.feed(self._symbols[owner].feed(piece))

    def _end(self) -> None:
        assert self._guest
        for _, piece in self._splitter.flush():
            self._guest.console.feed(piece)
        self._guest.console.close()
        self.xen_console.close()

    def settle(self, timeout: float) -> None:
        """Waits a little for the last output, after the guest's end is known."""
        if not self.qemu.wait(min(timeout, 0.2)):
            self.xen_console.wait(lambda: False, 0.1)

    def complaint(self) -> str:
        return self.qemu.complaint() or "QEMU ended without a word from Xen about its guest"

    def stop(self) -> None:
        if self._started:
            self.qemu.stop()
        self._pump.stop()
        if self._started:
            self.qemu.close()
        if self._guest:
            self._guest.console.close()
        self.xen_console.close()
