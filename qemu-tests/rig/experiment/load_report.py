# SPDX-License-Identifier: MIT
"""What the program `load` printed (programs/load/README.md)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from ..errors import RigError

_PARTS = 8  # buckets in an octave (programs/load/histogram.hpp)


@dataclass
class Moment:
    """One moment in three clocks: the guest's, Xen's (nanoseconds), the processor's counter."""

    clock: int
    platform: int
    counter: int


@dataclass
class Group:
    kind: str
    done: int
    spun: float  # seconds
    wake: dict[int, int] = field(default_factory=dict)
    response: dict[int, int] = field(default_factory=dict)


@dataclass
class Load_report:
    begin: Moment
    end: Moment
    samples: list[tuple[float, float, list[int]]]  # seconds; seconds wanted so far; done so far
    groups: list[Group]
    cooperation: dict[str, int] = field(default_factory=dict)  # counts of the resource manager's


def bucket_end(bucket: int) -> float:
    """Nanoseconds that all in the bucket are below."""
    if bucket < _PARTS:
        return bucket + 1
    return (_PARTS + bucket % _PARTS + 1) << (bucket // _PARTS - 1)


def percentile(counts: dict[int, int], share: float) -> float:
    """Microseconds; of the bucket in which it lies, the end."""
    left = share * sum(counts.values())
    for bucket in sorted(counts):
        left -= counts[bucket]
        if left <= 0:
            return bucket_end(bucket) / 1000
    return 0.0


def loops(text: str) -> int:
    found = re.search(r"^LOAD loops (\d+)$", text, re.M)
    if not found or int(found.group(1)) == 0:
        raise RigError(f"the guest did not say how fast it is; its last lines:\n{text[-1500:]}")
    return int(found.group(1))


def _moment(text: str, word: str) -> Moment:
    found = re.search(rf"^LOAD {word} (\d+) (\d+) (\d+)$", text, re.M)
    if not found:
        raise RigError(f"load printed no line `{word}`; the last lines:\n{text[-1500:]}")
    return Moment(*map(int, found.groups()))


def _counts(words: list[str]) -> dict[int, int]:
    return {int(bucket): int(count) for bucket, count in (word.split(":") for word in words)}


def parse(text: str) -> Load_report:
    report = Load_report(_moment(text, "begin"), _moment(text, "end"), [(0.0, 0.0, [])], [])
    histograms: list[tuple[str, int, dict[int, int]]] = []
    try:
        for _, word, *rest in (line.split() for line in re.findall(r"^LOAD \w+.*$", text, re.M)):
            if word == "sample":
                time, wanted, *done = map(int, rest)
                report.samples.append((time / 1e9, wanted / 1e9, done))
            elif word == "group":
                report.groups.append(Group(rest[0], int(rest[1]), int(rest[2]) / 1e9))
            elif word == "cooperation":
                pairs = (pair.split(":") for pair in rest)
                report.cooperation = {name: int(count) for name, count in pairs}
            elif word in ("wake", "response"):
                histograms.append((word, int(rest[0]), _counts(rest[1:])))
        for word, number, counts in histograms:
            getattr(report.groups[number], word).update(counts)
    except (ValueError, IndexError) as error:
        raise RigError(f"load's output cannot be read: {error}\n{text[-1500:]}") from error
    report.samples[0] = (0.0, 0.0, [0] * len(report.groups))
    if any(len(done) != len(report.groups) for _, _, done in report.samples):
        raise RigError(f"load's samples are not of all groups\n{text[-1500:]}")
    return report
