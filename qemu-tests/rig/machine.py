# SPDX-License-Identifier: MIT
"""The one interface to a running machine: what a boot needs to know, guests, and dom0."""

from __future__ import annotations

import abc
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

from . import paths
from .console import Console
from .errors import RigError
from .qemu import Qemu
from .symbols import Symboliser

SHUTDOWN_REASONS = ("poweroff", "reboot", "suspend", "crash", "watchdog", "soft_reset")


@dataclass(frozen=True)
class MachineOptions:
    """What a machine is started with. Memory in MiB."""

    preset: str = paths.DEFAULT_PRESET
    logs: Path = field(default_factory=lambda: paths.LOGS / "last")
    processors: int = 2
    cpu: str | None = None
    deterministic: bool = False
    counting: bool = False  # counts.log: what the guest does, counted from outside (counter.py)
    xen_verbose: bool = False
    xen_command_line: str = ""
    wait_for_gdb: bool = False
    quiet: bool = False
    # Full mode: room for all guests together, how many consoles, and files and programs for dom0 by
    # path there; programs with the libraries that they need.
    guest_memory: int = 64
    guests: int = 1
    files: Mapping[str, Path | bytes] = field(default_factory=dict)
    programs: Mapping[str, Path] = field(default_factory=dict)
    dom0_memory: int = 320
    dom0_vcpus: int = 1


@dataclass(frozen=True)
class GuestConfig:
    """One guest. Kernel and boot image default to the preset's; memory in MiB. In full mode they
    may also be strings, which name files in dom0. `extra_config` is appended to xl's file."""

    name: str = "lavandin"
    kernel: Path | str | None = None
    boot_image: Path | str | None = None
    without_boot_image: bool = False
    command_line: str = ""
    memory: int = 64
    vcpus: int = 1
    maxvcpus: int | None = None
    tsc_mode: str | None = None
    on_poweroff: str = "preserve"
    on_reboot: str = "preserve"
    on_crash: str = "preserve"
    extra_config: str = ""


class Guest(abc.ABC):
    """A running guest. Its console's output is kept from the first byte."""

    name: str
    console: Console
    symboliser: Symboliser

    @abc.abstractmethod
    def wait_for_shutdown(self, timeout: float) -> str:
        """Waits until the guest ends and returns why, one of SHUTDOWN_REASONS (or "gone").
        Raises TimedOut. After a crash, `crash_report` tells what is known."""

    @property
    @abc.abstractmethod
    def ended(self) -> bool:
        """Whether the guest is known to have ended."""

    @abc.abstractmethod
    def crash_report(self) -> str:
        """Registers and symbolised stack of a crashed guest; empty when there is none."""


class Machine(abc.ABC):
    """A context manager; leaving it ends QEMU and everything that belongs to it."""

    mode: str
    options: MachineOptions
    directory: Path  # where QEMU runs; other terminals find its sockets there
    qemu: Qemu

    @abc.abstractmethod
    def create_guest(self, config: GuestConfig = GuestConfig()) -> Guest:
        """Starts a guest and returns as soon as it runs."""

    def destroy_guest(self, guest: Guest) -> None:
        """Removes a guest from a machine that can have others (full mode)."""
        raise RigError(f"in {self.mode} mode a guest lives as long as its machine")

    @abc.abstractmethod
    def stop(self) -> None:
        """Ends the machine; may be called again."""

    @property
    def dom0(self):  # overridden in full mode; typed there
        raise RigError(f"there is no dom0 to command in {self.mode} mode")

    def symboliser(self, config: GuestConfig) -> Symboliser:
        """For the guest's own kernel if it has one, else for the preset's."""
        kernel: Path | str | bytes | None = config.kernel or paths.kernel(self.options.preset)
        if isinstance(kernel, str):
            kernel = self.options.files.get(kernel)
        programs = paths.preset_directory(self.options.preset) / "programs"
        return Symboliser(kernel if isinstance(kernel, Path) else None, programs)

    def __enter__(self) -> Machine:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


def kernel_file(config: GuestConfig, preset: str) -> Path | str:
    """The kernel to boot: the configured one, or the preset's, stripped where there is one."""
    if config.kernel is not None:
        return config.kernel
    stripped = paths.stripped_kernel(preset)
    return stripped if stripped.exists() else paths.kernel(preset)


def boot_image_file(config: GuestConfig, preset: str) -> Path | str | None:
    """The ramdisk, or None when the guest gets none."""
    if config.without_boot_image:
        return None
    if config.boot_image is not None:
        return config.boot_image
    image = paths.boot_image(preset)
    return image if image.exists() else None
