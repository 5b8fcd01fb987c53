# SPDX-License-Identifier: MIT
"""Which VCPU was on which processor, and how long those that woke waited for one: Xen's trace of
changes of run state, as xentrace writes it (public/trace.h of Xen; xentrace.c about changes of the
processor)."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

MASK = 0x00021000  # TRC_SCHED_MIN: changes of run state, no more
_RUNSTATE_CHANGE = 0x00021001  # old state in bits 8-9, new one in 4-5
_PROCESSOR_CHANGE = 0x0001F003  # whose records follow; put in by xentrace
_STATES = 0x00000330
_RUNNING, _RUNNABLE, _BLOCKED = 0, 1, 2  # public/vcpu.h, RUNSTATE_*
_IDLE_DOMAIN = 0x7FFF


@dataclass(frozen=True)
class Stretch:
    """A VCPU on a processor, from one value of the counter to another."""

    processor: int
    domain: int
    vcpu: int
    begin: int
    end: int


@dataclass(frozen=True)
class Wake_up:
    """A VCPU that was blocked was made runnable, and ran so many counts later."""

    domain: int
    waited: int


def _records(data: bytes) -> Iterator[tuple[int, int, tuple[int, ...]]]:
    """Event, counter (0 where there is none), further words."""
    at = 0
    while at + 4 <= len(data):
        (head,) = struct.unpack_from("<I", data, at)
        at += 4
        counter = 0
        words = head >> 28 & 7
        if at + words * 4 + (8 if head >> 31 else 0) > len(data):
            return  # cut off
        if head >> 31:
            (counter,) = struct.unpack_from("<Q", data, at)
            at += 8
        yield head & 0x0FFFFFFF, counter, struct.unpack_from(f"<{words}I", data, at)
        at += words * 4


def _changes(data: bytes) -> Iterator[tuple[int, int, int, int, tuple[int, int]]]:
    """Of VCPUs' run states: processor, counter, old and new state, domain and VCPU."""
    processor = 0
    for event, counter, words in _records(data):
        if event == _PROCESSOR_CHANGE and words:
            processor = words[0]
        elif event & ~_STATES == _RUNSTATE_CHANGE and words:
            who = (words[0] >> 16, words[0] & 0xFFFF)
            yield processor, counter, event >> 8 & 3, event >> 4 & 3, who


def stretches(data: bytes) -> list[Stretch]:
    """Who runs already when the trace begins does so from its first moment on; who still runs when
    it ends, until its last."""
    found: list[Stretch] = []
    changes = list(_changes(data))
    counters = [counter for _, counter, *_ in changes]
    running: dict[int, tuple[tuple[int, int], int]] = {}  # by processor: who, and since when
    begun: set[int] = set()  # processors of which something is known
    for processor, counter, old, new, who in changes:
        if new == _RUNNING:
            running[processor] = (who, counter)
        elif old == _RUNNING:
            runner, since = running.pop(processor, (None, 0))
            if runner is None and processor not in begun:
                runner, since = who, min(counters)
            if runner == who:
                found.append(Stretch(processor, *who, since, counter))
        begun.add(processor)
    found += [Stretch(one, *who, since, max(counters)) for one, (who, since) in running.items()]
    return [stretch for stretch in found if stretch.domain != _IDLE_DOMAIN]


def wake_ups(data: bytes) -> list[Wake_up]:
    """In the order in which they ran. A processor's records come in bunches."""
    found: list[Wake_up] = []
    woken: dict[tuple[int, int], int] = {}
    for _, counter, old, new, who in sorted(_changes(data), key=lambda change: change[1]):
        if new == _RUNNABLE and old == _BLOCKED:
            woken[who] = counter
        elif new == _RUNNING and who in woken:
            found.append(Wake_up(who[0], counter - woken.pop(who)))
        elif new == _BLOCKED:
            woken.pop(who, None)
    return found
