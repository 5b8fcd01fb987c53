# SPDX-License-Identifier: MIT
"""Which VCPU was on which processor: Xen's trace of changes of run state, as xentrace writes it
(public/trace.h of Xen; xentrace.c about changes of the processor)."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

MASK = 0x00021000  # TRC_SCHED_MIN: changes of run state, no more
_RUNSTATE_CHANGE = 0x00021001  # old state in bits 8-9, new one in 4-5
_PROCESSOR_CHANGE = 0x0001F003  # whose records follow; put in by xentrace
_STATES = 0x00000330
_RUNNING = 0
_IDLE_DOMAIN = 0x7FFF


@dataclass(frozen=True)
class Stretch:
    """A VCPU on a processor, from one value of the counter to another."""

    processor: int
    domain: int
    vcpu: int
    begin: int
    end: int


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


def stretches(data: bytes) -> list[Stretch]:
    found: list[Stretch] = []
    processor = 0
    running: dict[int, tuple[int, int, int]] = {}  # by processor: domain, VCPU, since
    for event, counter, words in _records(data):
        if event == _PROCESSOR_CHANGE and words:
            processor = words[0]
        if event & ~_STATES != _RUNSTATE_CHANGE or not words:
            continue
        vcpu, domain = words[0] & 0xFFFF, words[0] >> 16
        old, new = event >> 8 & 3, event >> 4 & 3
        if domain == _IDLE_DOMAIN:
            continue
        if new == _RUNNING:
            running[processor] = (domain, vcpu, counter)
        elif old == _RUNNING:
            since = running.pop(processor, None)
            if since and since[:2] == (domain, vcpu):
                found.append(Stretch(processor, domain, vcpu, since[2], counter))
    return found
