# SPDX-License-Identifier: MIT
"""Finds processors and threads in the memory of a running kernel by its own description alone
(docs/layout.md): no symbols, no debug information."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from .errors import RigError

MAGIC, VERSION = 0x7765695676614C, 1
_POINTER = 56  # of the per-processor data: where the description is; fixed for all versions

# The description's words, in order (kernel/include/kernel/outside_view.hpp, version 1).
FIELDS = (
    "magic version bytes all_processors all_threads local_view local_processor local_number "
    "processors_all processors_count processor_bytes processor_number processor_lock "
    "processor_classes processor_current processor_accounts lock_next lock_serving classes "
    "classes_queues queue_bytes queue_ready queue_count list_head link_next thread_bytes "
    "thread_queue_link thread_known_link thread_identifier thread_wait thread_processor "
    "thread_priority thread_account thread_registers thread_process process_identifier "
    "process_name"
).split()
_MOST = 10_000  # links of a ring

Read = Callable[[int, int], bytes]  # address, bytes


@dataclass(frozen=True)
class Thread:
    identifier: int
    process: int
    name: str


@dataclass(frozen=True)
class Processor:
    number: int
    current: Thread | None
    ready: dict[int, list[Thread]]  # by priority
    locked: bool  # the queues may be changing
    length: int  # of the queues, as counted
    accounts: int  # address of its accounts


class OutsideView:
    """`read` reads the kernel's memory by virtual address; `local` is the kernel's GS base."""

    def __init__(self, read: Read, local: int) -> None:
        self._read = read
        place = self._word(local + _POINTER)
        words = struct.unpack(f"<{len(FIELDS)}Q", read(place, 8 * len(FIELDS)))
        self._at = dict(zip(FIELDS, words))
        if self._at["magic"] != MAGIC or self._at["version"] != VERSION:
            raise RigError(f"no description of version {VERSION} at {place:#x}: {words[:3]}")
        self.own = self._word(local + self._at["local_processor"])

    def _number(self, address: int, size: int) -> int:
        return int.from_bytes(self._read(address, size), "little")

    def _word(self, address: int) -> int:
        return self._number(address, 8)

    def _field(self, thing: int, name: str, size: int = 8) -> int:
        return self._number(thing + self._at[name], size)

    def _ring(self, head: int, link: str) -> Iterator[int]:
        """Threads whose links form a ring through `head`."""
        at = self._field(head, "link_next")
        for _ in range(_MOST):
            if at == head:
                return
            yield at - self._at[link]
            at = self._field(at, "link_next")
        raise RigError("a list has no end")

    def _thread(self, thread: int) -> Thread:
        process = self._field(thread, "thread_process")
        name = self._read(process + self._at["process_name"], 16).split(b"\0")[0].decode()
        return Thread(
            self._field(thread, "thread_identifier"),
            self._field(process, "process_identifier"),
            name,
        )

    def _processor(self, processor: int) -> Processor:
        lock = processor + self._at["processor_lock"]
        queues = processor + self._at["processor_classes"] + self._at["classes_queues"]
        ready: dict[int, list[Thread]] = {}
        length = 0
        for number in range(self._at["classes"]):
            queue = queues + number * self._at["queue_bytes"]
            length += self._field(queue, "queue_count", 4)
            head = queue + self._at["queue_ready"] + self._at["list_head"]
            for thread in self._ring(head, "thread_queue_link"):
                priority = self._field(thread, "thread_priority", 1)
                ready.setdefault(priority, []).append(self._thread(thread))
        current = self._field(processor, "processor_current")
        return Processor(
            self._field(processor, "processor_number", 4),
            self._thread(current) if current else None,
            ready,
            self._field(lock, "lock_next", 4) != self._field(lock, "lock_serving", 4),
            length,
            self._field(processor, "processor_accounts"),
        )

    def processors(self) -> list[Processor]:
        everything = self._at["all_processors"]
        count = self._field(everything, "processors_count", 4)
        table = everything + self._at["processors_all"]
        return [self._processor(self._word(table + 8 * i)) for i in range(count)]

    def threads(self) -> list[Thread]:
        head = self._at["all_threads"] + self._at["list_head"]
        return [self._thread(t) for t in self._ring(head, "thread_known_link")]
