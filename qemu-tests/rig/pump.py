# SPDX-License-Identifier: MIT
"""One thread that reads all of a machine's channels and hands the bytes on."""

from __future__ import annotations

import selectors
import socket
import threading
import traceback
from collections.abc import Callable

Receiver = Callable[[bytes], None]
Ending = Callable[[], None]


class Pump:
    """add() channels at any time; stop() ends the thread after what is there has been read."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        self._wake_read, self._wake_write = socket.socketpair()
        self._selector.register(self._wake_read, selectors.EVENT_READ, None)
        self._lock = threading.Lock()
        self._new: list[tuple[socket.socket, Receiver, Ending]] = []
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="pump", daemon=True)
        self._thread.start()

    def add(self, channel: socket.socket, receive: Receiver, ended: Ending = lambda: None) -> None:
        """From now on `receive` gets what arrives, on the pump's thread; `ended` is called once."""
        with self._lock:
            self._new.append((channel, receive, ended))
        self._wake()

    def stop(self) -> None:
        """Reads what has already arrived, then ends the thread. Channels are not closed."""
        self._stopping = True
        self._wake()
        self._thread.join(10)

    def _wake(self) -> None:
        try:
            self._wake_write.send(b"w")
        except OSError:
            pass

    def _run(self) -> None:
        while True:
            events = self._selector.select(0 if self._stopping else None)
            busy = False
            for key, _ in events:
                if key.data is None:
                    self._wake_read.recv(4096)
                    self._take_new()
                else:
                    busy = True
                    self._read(key)
            if self._stopping and not busy and len(events) == 0:
                break
        for key in list(self._selector.get_map().values()):
            if key.data is not None:
                key.data[1]()
        self._selector.close()
        self._wake_read.close()
        self._wake_write.close()

    def _take_new(self) -> None:
        with self._lock:
            new, self._new = self._new, []
        for channel, receive, ended in new:
            self._selector.register(channel, selectors.EVENT_READ, (receive, ended))

    def _read(self, key: selectors.SelectorKey) -> None:
        receive, ended = key.data
        try:
            data = key.fileobj.recv(65536)  # type: ignore[union-attr]
        except OSError:
            data = b""
        if data:
            try:
                receive(data)
            except Exception:  # one receiver's mistake must not silence the others
                traceback.print_exc()
        else:
            self._selector.unregister(key.fileobj)
            ended()
