# SPDX-License-Identifier: MIT
"""Reaching a running machine from another terminal.

The driver that owns a machine listens on one socket per guest in its private directory and passes
bytes both ways; `./lavandin attach` finds it there. Socket names are relative to the directory,
because a socket's path has room for 107 bytes only."""

from __future__ import annotations

import contextlib
import json
import os
import select
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from . import paths
from .errors import RigError
from .machine import Guest, Machine
from .qemu import GDB_SOCKET

_DESCRIPTION = "machine.json"
_LAST_WORD = 1.0  # seconds without output after which an ended guest's console is complete
_LOOK = 0.5  # seconds between looks at whether the guest ended


class Server:
    """Serves each guest's console until it ends. The threads end with the process."""

    def __init__(self, machine: Machine, guests: list[Guest], preset: str) -> None:
        directory: Path = machine.directory
        description = {
            "mode": machine.mode,
            "preset": preset,
            "guests": [guest.name for guest in guests],
        }
        for number, guest in enumerate(guests, 1):
            listener = socket.socket(socket.AF_UNIX)
            with _short_path(directory) as short:
                listener.bind(f"{short}/console-{number}.sock")
            listener.listen()
            self._thread(_accept, listener, guest)
        # Last, and whole: who finds it connects at once.
        part = directory / f"{_DESCRIPTION}.part"
        part.write_text(json.dumps(description))
        part.replace(directory / _DESCRIPTION)

    @staticmethod
    def _thread(function, *arguments) -> None:
        threading.Thread(target=function, args=arguments, daemon=True).start()


def _accept(listener: socket.socket, guest: Guest) -> None:
    while True:
        client, _ = listener.accept()
        client.settimeout(5)  # a client that does not read is dropped
        threading.Thread(target=_serve, args=(client, guest), daemon=True).start()


def _over(guest: Guest) -> bool:
    """Whether the guest ended and has said its last word, which may come a little later."""
    silent = time.monotonic() - guest.console.last_output
    return guest.console.closed or (guest.ended and silent > _LAST_WORD)


def _serve(client: socket.socket, guest: Guest) -> None:
    console = guest.console

    def forward(data: bytes) -> None:
        try:
            client.sendall(data)
        except OSError:
            client.close()

    forget = console.listen(forward, replay=True)
    try:
        while not _over(guest):
            if not select.select([client], [], [], _LOOK)[0]:
                continue
            data = client.recv(4096)
            if not data:
                break
            console.send(data)
    except (OSError, ValueError):
        pass  # the client is gone; `forward` may have closed it
    finally:
        forget()
        client.close()


@contextlib.contextmanager
def _short_path(directory: Path) -> Iterator[str]:
    """A name for the directory that fits into a socket's address, however long its path is."""
    descriptor = os.open(directory, os.O_PATH | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{descriptor}"
    finally:
        os.close(descriptor)


@dataclass(frozen=True)
class Running:
    """A machine that some driver of this checkout runs."""

    directory: Path
    mode: str
    preset: str
    guests: tuple[str, ...]

    @property
    def gdb_socket(self) -> str:
        return GDB_SOCKET


def running() -> list[Running]:
    """The machines of this checkout, newest last."""
    found = []
    for file in sorted(paths.RUN.glob(f"*/*/{_DESCRIPTION}"), key=lambda f: f.stat().st_mtime):
        if Path("/proc", file.parts[-3]).exists():
            data = json.loads(file.read_text())
            found.append(
                Running(file.parent, data["mode"], data["preset"], tuple(data["guests"]))
            )
    return found


def newest() -> Running:
    machines = running()
    if not machines:
        raise RigError("no machine runs: start one with ./lavandin boot, in another terminal")
    return machines[-1]


def connect(machine: Running, number: int) -> socket.socket:
    """A connection to the console of a guest, counted from 1."""
    if not 1 <= number <= len(machine.guests):
        raise RigError(f"the machine's guests are 1 to {len(machine.guests)}")
    client = socket.socket(socket.AF_UNIX)
    try:
        with _short_path(machine.directory) as short:
            client.connect(f"{short}/console-{number}.sock")
    except OSError:
        client.close()
        raise RigError("the machine has just ended") from None
    return client


def received(client: socket.socket) -> bytes:
    """What the guest said; nothing when it or its machine has ended. A machine that ends leaves
    what was typed last unread, and that resets the connection."""
    try:
        return client.recv(65536)
    except ConnectionError:
        return b""


def typed(client: socket.socket, data: bytes) -> None:
    """Passes input on. Where nobody is there any more, `received` finds that out."""
    with contextlib.suppress(ConnectionError):
        client.sendall(data)
