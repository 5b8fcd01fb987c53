# SPDX-License-Identifier: MIT
"""One QEMU process and its channels.

Channels are socket pairs whose far ends QEMU inherits: nothing in the file system to collide with
or to clean up, and the first byte cannot be missed. QEMU runs in a private directory, where the
files it boots have short names; so neither spaces nor commas in a path can disturb its command
line."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Mapping
from pathlib import Path

from . import process
from .errors import RigError

BINARY = "qemu-system-x86_64"
DEFAULT_CPU = "qemu64"
GDB_SOCKET = "gdb.sock"
_SEND_TIMEOUT = 30.0


class Qemu:
    """Started by the constructor. `stop` ends it; `close` comes after the channels are read."""

    def __init__(
        self,
        directory: Path,
        files: Mapping[str, Path],
        channels: list[str],
        arguments: list[str],
        log: Path,
        wait_for_gdb: bool = False,
    ) -> None:
        """`files` are linked into the directory under the given names. Each channel becomes the
        chardev of its name."""
        if not shutil.which(BINARY):
            raise RigError(f"{BINARY} is not installed: ./lavandin setup")
        self.directory = directory
        self.log = log
        directory.mkdir(parents=True, exist_ok=True)
        for name, file in files.items():
            (directory / name).symlink_to(file.resolve(strict=True))
        self.channels: dict[str, socket.socket] = {}
        far_ends: list[socket.socket] = []
        command = [BINARY, "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot"]
        for name in [*channels, "qmp"]:
            near, far = socket.socketpair()
            near.settimeout(_SEND_TIMEOUT)
            self.channels[name] = near
            far_ends.append(far)
            command += ["-chardev", f"socket,id={name},fd={far.fileno()}"]
        command += ["-mon", "chardev=qmp,mode=control"]
        command += ["-chardev", f"socket,id=gdb,path={GDB_SOCKET},server=on,wait=off"]
        command += ["-gdb", "chardev:gdb"]
        if wait_for_gdb:
            command += ["-S"]
        with log.open("wb") as sink:
            sink.write((" ".join([*command, *arguments]) + "\n").encode())
            sink.flush()
            self._child: subprocess.Popen[bytes] = process.spawn(
                [*command, *arguments],
                cwd=directory,
                pass_fds=[far.fileno() for far in far_ends],
                stdout=sink,
                stderr=subprocess.STDOUT,
            )
        for far in far_ends:
            far.close()
        self._qmp_buffer = b""
        self._qmp_ready = False
        self._qmp_lock = threading.Lock()

    @property
    def pid(self) -> int:
        return self._child.pid

    @property
    def running(self) -> bool:
        return self._child.poll() is None

    def hold_up(self, seconds: float) -> None:
        """Gives it no processor for so long, as a busy host may. The machine's clock goes on."""
        try:
            os.kill(self.pid, signal.SIGSTOP)
            time.sleep(seconds)
        finally:
            os.kill(self.pid, signal.SIGCONT)

    def wait(self, timeout: float) -> bool:
        """Whether QEMU ended by itself in that time."""
        try:
            self._child.wait(timeout)
        except subprocess.TimeoutExpired:
            return False
        return True

    def complaint(self) -> str | None:
        """What QEMU said when it ended with an error, else None."""
        if self.running or self._child.returncode in (0, -15, -9):
            return None
        said = self.log.read_text(errors="replace").split("\n", 1)[1].strip()
        return f"QEMU ended with status {self._child.returncode}: {said or 'no message'}"

    def stop(self) -> None:
        process.stop(self._child)

    def close(self) -> None:
        for channel in self.channels.values():
            channel.close()
        shutil.rmtree(self.directory, ignore_errors=True)

    def monitor(self, command: str) -> str:
        """The answer of QEMU's human monitor, for looking into a machine that hangs."""
        with self._qmp_lock:
            if not self._qmp_ready:
                self._qmp({"execute": "qmp_capabilities"})
                self._qmp_ready = True
            return self._qmp(
                {"execute": "human-monitor-command", "arguments": {"command-line": command}}
            )

    def _qmp(self, request: dict) -> str:
        channel = self.channels["qmp"]
        channel.sendall(json.dumps(request).encode() + b"\n")
        while True:
            while b"\n" not in self._qmp_buffer:
                data = channel.recv(65536)
                if not data:
                    raise RigError("QEMU's monitor is gone")
                self._qmp_buffer += data
            line, self._qmp_buffer = self._qmp_buffer.split(b"\n", 1)
            answer = json.loads(line)
            if "return" in answer:
                return str(answer["return"])
            if "error" in answer:
                raise RigError(f"QEMU: {answer['error']['desc']}")


def escaped(text: str) -> str:
    """Text as part of a comma-separated QEMU option."""
    return text.replace(",", ",,")


def machine_arguments(
    memory: int, processors: int, cpu: str | None, deterministic: bool
) -> list[str]:
    """Accelerator, processors and memory (MiB). Deterministic: one processor whose virtual time
    is its instruction count."""
    arguments = ["-m", str(memory)]
    if deterministic:
        arguments += ["-accel", "tcg", "-icount", "shift=0,sleep=off", "-rtc", "clock=vm"]
        processors = 1
    else:
        arguments += ["-accel", "tcg,thread=multi"]
    arguments += ["-smp", str(processors)]
    if cpu:
        arguments += ["-cpu", cpu]
    return arguments


def host_processors() -> int:
    return len(os.sched_getaffinity(0))
