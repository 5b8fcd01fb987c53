# SPDX-License-Identifier: MIT
"""Runs in the format that the simulator writes, too (cooperation/simulator/README.md)."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

from ..errors import RigError
from .load_report import Group, Load_report, percentile
from .runner import SAMPLE, Run
from .samples import Course, Domain_courses
from .scenario import DOM0, Guest, Scenario

FORMAT = "lavandin-experiment-1"
FIELDS = ("used", "demand", "online", "allocated", "weight", "throughput")
STRETCH_FIELDS = ("processor", "guest", "vcpu", "from", "until")
_XENS_DOM0 = "Domain-0"
_LITTLE = 0.001  # of a processor
Json = dict[str, Any]


def of_run(scenario: Scenario, run: Run) -> Json:
    """Time 0 is when the first guest began. dom0 comes last: what it uses is part of the price."""
    first = run.loads[scenario.guests[0].name]
    begin = first.begin.platform
    courses = {
        guest.name: Domain_courses(run.statuses, guest.name, begin) for guest in scenario.guests
    }
    dom0 = Domain_courses(run.statuses, _XENS_DOM0, begin)
    guests = [
        _guest(scenario, guest, courses[guest.name], run.loads[guest.name])
        for guest in scenario.guests
    ]
    numbers = [courses[guest.name].last["number"] for guest in scenario.guests] + [0]
    rows = [*guests, _dom0(scenario, run, dom0)]
    for row, number in zip(rows, numbers):
        # Of others there are few, and they say little.
        row["vcpu_wakeup_p99"] = _vcpu_wakeup(run, first, number) if row["wakeup_p99"] else 0.0
    return {
        "scenario": scenario.name,
        "setup": run.setup,
        "seed": run.number,
        "duration": scenario.duration,
        "processors": scenario.processors,
        "sample": SAMPLE,
        "timeline_fields": FIELDS,
        "stretch_fields": STRETCH_FIELDS,
        "guests": rows,
        "host": {"disturbance": run.host.disturbance(), "ran": run.host.ran},
        "stretches": _stretches(run, first, numbers),
        "log": [],
    }


def _grid(scenario: Scenario) -> list[tuple[float, float]]:
    steps = round(scenario.duration / SAMPLE)
    return [(i * SAMPLE, (i + 1) * SAMPLE) for i in range(steps)]


def _rest(scenario: Scenario, domain: Domain_courses) -> Json:
    """What is known of any domain."""
    end = scenario.duration
    grid = _grid(scenario)
    online = [domain.online.last(until) for _, until in grid]
    return {
        # Not the last sample's: who has ended by then leaves its share to the others.
        "entitlement": domain.entitlement.last(end / 2),
        "used": domain.used.rate(0, end),
        "online": sum(online) / len(online),
        "enforced": domain.last["enforcements"] - domain.first["enforcements"],
        "changes": sum(1 for one, two in zip(online, online[1:]) if one != two),
    }


def _timeline(
    scenario: Scenario, domain: Domain_courses, demand: Course | None, useful: Course | None
) -> list[list[float]]:
    points = []
    for begin, end in _grid(scenario):
        points.append(
            [
                round(domain.used.rate(begin, end), 4),
                round(demand.rate(begin, end) if demand else domain.demand.last(end), 4),
                int(domain.online.last(end)),
                int(domain.allocated.last(end)),
                int(domain.weight.last(end)),
                round(useful.rate(begin, end), 4) if useful else 0,
            ]
        )
    return points


def _dom0(scenario: Scenario, run: Run, domain: Domain_courses) -> Json:
    """`programs`: what each used, in processors."""
    rest = _rest(scenario, domain)
    passed = max(run.host.passed, scenario.duration)
    programs = {name: used / passed for name, used in run.dom0.items() if used > _LITTLE * passed}
    nothing: Json = {"programs": programs}
    nothing |= {"useful": 0, "spun": 0, "done": 0}
    nothing |= {"wakeup_median": 0, "wakeup_p99": 0, "response_p99": 0}
    tally = {"enforced": rest.pop("enforced"), "changes": rest.pop("changes")}
    timeline = _timeline(scenario, domain, None, None)
    return {"name": DOM0, **rest, **nothing, "cooperation": tally, "timeline": timeline}


def _guest(scenario: Scenario, guest: Guest, domain: Domain_courses, load: Load_report) -> Json:
    """What background bursts do is not counted as work done."""
    if [group.kind for group in load.groups] != [each.kind for each in guest.loads]:
        raise RigError(f"{guest.name} did not run the loads of the scenario")
    pairs = list(zip(guest.loads, load.groups))
    working = [group for group in load.groups if group.kind != "idle"]
    times = [time for time, _, _ in load.samples]
    useful = [
        sum(each.useful(count) for each, count in zip(guest.loads, done) if each.kind != "idle")
        for _, _, done in load.samples
    ]
    answering = [group for group in working if group.kind == "interactive"]
    rest = _rest(scenario, domain)
    tally = dict(load.cooperation)
    tally |= {"enforced": rest.pop("enforced"), "changes": rest.pop("changes")}
    demand = Course(times, [wanted for _, wanted, _ in load.samples])
    return {
        "name": guest.name,
        **rest,
        "useful": sum(each.useful(group.done) for each, group in pairs if each.kind != "idle"),
        "spun": sum(group.spun for group in load.groups),
        "done": sum(group.done for group in working),
        "wakeup_median": percentile(_together(answering, "wake"), 0.5),
        "wakeup_p99": percentile(_together(answering, "wake"), 0.99),
        "response_p99": percentile(_together(answering, "response"), 0.99),
        "cooperation": tally,
        "timeline": _timeline(scenario, domain, demand, Course(times, useful)),
    }


def _together(groups: list[Group], name: str) -> dict[int, int]:
    sums: dict[int, int] = {}
    for group in groups:
        for bucket, count in getattr(group, name).items():
            sums[bucket] = sums.get(bucket, 0) + count
    return sums


def _second(clock: Load_report) -> float:
    """How much of one a count of the processor is, by two moments that a guest saw in both."""
    begin, end = clock.begin, clock.end
    if end.counter == begin.counter:
        return 0.0
    return (end.platform - begin.platform) / (end.counter - begin.counter) / 1e9


def _vcpu_wakeup(run: Run, clock: Load_report, number: int) -> float:
    """99th percentile, in microseconds, of those in the traced part of the run."""
    waits = sorted(each.waited for each in run.wake_ups if each.domain == number)
    if not waits:
        return 0.0
    return round(waits[(len(waits) * 99 - 1) // 100] * _second(clock) * 1e6, 1)


def _stretches(run: Run, clock: Load_report, numbers: list[int]) -> list[list[float]]:
    """The counter's values as seconds of the run."""
    begin, rate = clock.begin, _second(clock)
    if not run.traced or rate == 0:
        return []

    def seconds(counter: int) -> float:
        return round((counter - begin.counter) * rate, 6)

    return [
        [each.processor, numbers.index(each.domain), each.vcpu, seconds(each.begin),
         seconds(each.end)]
        for each in run.stretches
        if each.domain in numbers
    ]


def document(runs: list[Json], conditions: Json) -> Json:
    return {"format": FORMAT, "source": "rig", "conditions": conditions, "runs": runs}


def write_json(file: Path, content: Json) -> None:
    file.write_text(json.dumps(content) + "\n")


def write_csv(file: Path, runs: list[Json]) -> None:
    with file.open("w", newline="") as out:
        rows = csv.writer(out, lineterminator="\n")
        rows.writerow(["scenario", "setup", "seed", "time", "guest", *FIELDS])
        for run in runs:
            for guest in run["guests"]:
                for i, point in enumerate(guest["timeline"], 1):
                    time = f"{i * run['sample']:.3f}"
                    head = [run["scenario"], run["setup"], run["seed"], time, guest["name"]]
                    rows.writerow([*head, *point])
