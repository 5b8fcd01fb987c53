# SPDX-License-Identifier: MIT
"""One domU: its xl configuration, its end, and what is known after a crash."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from pathlib import Path

from . import crash
from .console import Console
from .dom0 import Dom0, Result
from .errors import TimedOut
from .filters import SymbolFilter
from .machine import SHUTDOWN_REASONS, Guest, GuestConfig
from .symbols import Symboliser

DEFAULT_KERNEL = "/guest/kernel"
DEFAULT_BOOT_IMAGE = "/guest/boot.image"
_CREATE_TIMEOUT = 120
_LIFE = 24 * 3600  # seconds after which the rig's own watch on a guest ends


def _console_log(name: str) -> str:
    """xenconsoled's own log of a guest's console."""
    return f"/var/log/xen/console/guest-{name}.log"


class FullGuest(Guest):
    def __init__(
        self,
        config: GuestConfig,
        dom0: Dom0,
        logs: Path,
        symboliser: Symboliser,
        port: int,
        send: Callable[[bytes], None],
    ) -> None:
        self.name = config.name
        self.config = config
        self.console = Console(config.name, logs / f"{config.name}.log", send)
        self._dom0 = dom0
        self._logs = logs
        self.symboliser = symboliser
        self._symbols = SymbolFilter(symboliser)
        self.port = port
        self._port = f"ttyS{port}"
        self._received = 0
        self._end: Future[Result] | None = None

    def receive(self, data: bytes) -> None:
        """From the pump: bytes of the guest's console."""
        self._received += len(data)
        self.console.feed(self._symbols.feed(data))

    def xl_config(self) -> str:
        config = self.config
        kernel = config.kernel if isinstance(config.kernel, str) else DEFAULT_KERNEL
        image = config.boot_image if isinstance(config.boot_image, str) else DEFAULT_BOOT_IMAGE
        lines = [
            f'name="{config.name}"',
            'type="pv"',
            f'kernel="{kernel}"',
            f"memory={config.memory}",
            f"vcpus={config.vcpus}",
            f"maxvcpus={config.maxvcpus or config.vcpus}",
            f'on_poweroff="{config.on_poweroff}"',
            f'on_reboot="{config.on_reboot}"',
            f'on_crash="{config.on_crash}"',
        ]
        if config.command_line:
            lines.append(f'extra="{config.command_line}"')
        if not config.without_boot_image:
            lines.append(f'ramdisk="{image}"')
        if config.tsc_mode:
            lines.append(f'tsc_mode="{config.tsc_mode}"')
        return "\n".join([*lines, config.extra_config]) + "\n"

    def create(self) -> None:
        """`xl create`; raises with xl's own words when it fails."""
        file, opened = f"/run/{self.name}.cfg", f"/run/console-{self._port}.open"
        self._dom0.run(
            f"cat >{file} <<'EOF'\n{self.xl_config()}EOF\n"
            f"rm -f {_console_log(self.name)}\n"
            f"xl create {file} || exit\n"
            f"rm -f {opened}\n"
            f"setsid guest-console {self.name} {self._port} {opened} >/dev/null 2>&1 &\n"
            f"echo $! >/run/console-{self._port}.pid\n"
            f"while [ ! -e {opened} ] && kill -0 $!; do usleep 10000; done\n",
            _CREATE_TIMEOUT,
            title=f"xl create {file}",
        )
        self._end = self._dom0.start(f"guest-wait {self.name} {self.config.on_reboot}", _LIFE)

    def destroy(self) -> None:
        """Removes the domain, if it is still there, and frees its console's port."""
        self._dom0.run(
            f"xl destroy {self.name} 2>/dev/null\n"
            f"kill -9 -$(cat /run/console-{self._port}.pid)\n"
            f"kill $(cat /run/wait-{self.name}.pid)\n",
            check=False,
        )
        self.console.close()

    @property
    def ended(self) -> bool:
        return self._end is not None and self._end.done()

    def wait_for_shutdown(self, timeout: float) -> str:
        assert self._end, "the guest was not created"
        try:
            result = self._end.result(timeout)
        except FutureTimeout:
            self._dom0.run("true", timeout=30)  # if it is dom0 that is silent, this says so
            raise TimedOut(f"{self.name} did not end within {timeout:.0f} s") from None
        self._drain()
        word = result.output.strip().split("\n")[-1]
        if word.isdigit() and int(word) < len(SHUTDOWN_REASONS):
            return SHUTDOWN_REASONS[int(word)]
        return word or "gone"

    def _drain(self, timeout: float = 5) -> None:
        """Waits for the rest of the console's output, which xenconsoled's own log measures."""
        log = _console_log(self.name)
        size = int(self._dom0.run(f"cat {log} 2>/dev/null | wc -c").output.strip() or 0)
        deadline = time.monotonic() + timeout
        while self._received < size and time.monotonic() < deadline and not self.console.closed:
            time.sleep(0.02)

    def crash_report(self) -> str:
        """Registers and stack of each VCPU, from xenctx."""
        parts = []
        for vcpu in range(self.config.vcpus):
            command = f"xenctx --all $(xl domid {self.name}) {vcpu} 2>&1"
            dump = self._dom0.run(command, check=False).output.replace("\n\n", "\n")
            dump = re.sub(r"^rip: ([0-9a-f]+)", r"rip: [<\1>]", dump, flags=re.M)
            text = self.symboliser.text(crash.with_calls(dump, self.symboliser))
            parts.append(f"--- VCPU {vcpu} of {self.name}\n{text}")
        report = "\n".join(parts)
        (self._logs / f"{self.name}-crash.log").write_text(report)
        return report
