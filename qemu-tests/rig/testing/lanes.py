# SPDX-License-Identifier: MIT
"""Runs jobs side by side, each in one of several lanes (lane.py). What a job printed appears when
it is done, in one piece. A lane that dies fails its job, and another one takes its place."""

from __future__ import annotations

import itertools
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack

from .. import process, progress
from ..progress import Step
from .jobs import Done, Job, Queue, perform
from .lane import Lane, ready

Deliver = Callable[[int, Done], None]


def run(
    jobs: Sequence[Job], count: int, deliver: Deliver, at_end: Callable[[], None] = lambda: None
) -> None:
    """Runs them all, at most `count` at a time. `deliver` is told each one's number and what came
    of it; `at_end` is called in each lane, to end what jobs have left there for further ones."""
    if min(count, len(jobs)) <= 1:
        _one_by_one(jobs, deliver, at_end)
        return
    numbers = itertools.count(1)
    lanes: list[Lane] = []
    queue = Queue(jobs, count)
    try:
        with Step(f"running {len(jobs)} jobs, up to {count} at a time") as step:
            while _begin(queue, lanes, lambda: Lane(next(numbers), jobs, at_end)):
                busy = (jobs[lane.doing].name for lane in lanes if lane.doing is not None)
                step.update("; ".join(busy))
                for lane in ready(lanes):
                    _finish(lane, lanes, queue, deliver)
            step.note("")
    finally:
        _end(lanes)


def _begin(queue: Queue, lanes: list[Lane], make: Callable[[], Lane]) -> bool:
    """Gives idle lanes, new ones if need be, whatever may begin. False when all is done."""
    while (number := queue.begin()) is not None:
        idle = [lane for lane in lanes if lane.doing is None]
        if not idle:
            idle = [make()]
            lanes += idle
        idle[0].begin(number)
    return any(lane.doing is not None for lane in lanes)


def _finish(lane: Lane, lanes: list[Lane], queue: Queue, deliver: Deliver) -> None:
    number = lane.doing
    assert number is not None
    done = lane.result()
    if done is None:
        done = lane.death()
        lanes.remove(lane)
    queue.end(number)
    progress.clear()
    deliver(number, done)


def _end(lanes: Sequence[Lane]) -> None:
    """Ends all, beside each other. What goes wrong with one keeps no other from its end."""
    with ExitStack() as stack:
        for lane in lanes:
            stack.callback(lane.wait_for_end)
        for lane in lanes:
            lane.ask_to_end()


def _one_by_one(jobs: Sequence[Job], deliver: Deliver, at_end: Callable[[], None]) -> None:
    """In this process, whose output is not held back."""
    try:
        for number, job in enumerate(jobs):
            began, before = time.monotonic(), process.processor_seconds()
            cases = perform(job, 0)
            sys.stdout.flush()
            used = process.processor_seconds() - before
            deliver(number, Done(cases, "", time.monotonic() - began, used))
    finally:
        at_end()
