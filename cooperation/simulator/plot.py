#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Draws the results of an experiment (JSON, as cooperation-simulator and the rig write it).

    plot.py RESULTS.json --output PICTURE.png [--setup NAME]... [--seed N]

For each run: what each guest used and wanted, with the VCPUs it was allowed, and what it got done
where that is known over time; below, where the run was traced, which VCPU was on which processor.
Needs Debian's python3-matplotlib."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

FORMAT = "lavandin-experiment-1"
COLOURS = ("#4e79a7", "#f28e2b", "#59a14f", "#e15759", "#b07aa1", "#76b7b2", "#edc948", "#9c755f")
WIDTH = 12  # inches
TIMELINE_HEIGHT = 1.5
STRETCHES_HEIGHT = 0.45  # for each processor


def read(file: Path, setups: list[str], seed: int | None) -> list[dict[str, Any]]:
    try:
        results = json.loads(file.read_text())
    except (OSError, json.JSONDecodeError) as error:
        sys.exit(f"plot.py: {file}: {error}")
    if results.get("format") != FORMAT:
        sys.exit(f"plot.py: {file}: not of the format {FORMAT}")
    runs = [
        run
        for run in results["runs"]
        if (not setups or run["setup"] in setups) and seed in (None, run["seed"])
    ]
    if not runs:
        known = ", ".join(sorted({f"{run['setup']} {run['seed']}" for run in results["runs"]}))
        sys.exit(f"plot.py: {file}: no such run; there are (set-up and seed): {known}")
    return runs


def column(run: dict[str, Any], guest: dict[str, Any], field: str) -> list[float]:
    at = run["timeline_fields"].index(field)
    return [point[at] for point in guest["timeline"]]


def draw_guest(axes: Any, run: dict[str, Any], guest: dict[str, Any], colour: str) -> None:
    times = [run["sample"] * (i + 1) for i in range(len(guest["timeline"]))]
    axes.fill_between(times, column(run, guest, "used"), color=colour, alpha=0.6, label="used")
    vcpus = column(run, guest, "online")
    axes.step(times, vcpus, color="black", lw=1.2, where="pre", label="VCPUs")
    axes.plot(times, column(run, guest, "demand"), color="grey", lw=0.8, ls=":", label="demand")
    if "throughput" in run["timeline_fields"]:
        done = column(run, guest, "throughput")
        axes.plot(times, done, color="black", lw=0.8, ls="-.", label="work done")
    axes.axhline(guest["entitlement"], color=colour, lw=1, ls="--", label="entitlement")
    axes.set_ylabel(guest["name"])
    axes.set_xlim(0, run["duration"])
    axes.set_ylim(0, max(run["processors"], *vcpus) + 0.5)
    axes.grid(alpha=0.3)


def draw_stretches(axes: Any, run: dict[str, Any]) -> None:
    for processor, guest, vcpu, start, end in run["stretches"]:
        colour = COLOURS[guest % len(COLOURS)]
        axes.barh(processor, end - start, left=start, height=0.8, color=colour, lw=0)
        if vcpu % 2:
            axes.barh(processor, end - start, left=start, height=0.3, color="#ffffff80", lw=0)
    axes.set_yticks(range(run["processors"]))
    axes.set_ylabel("processor")


def panels(runs: list[dict[str, Any]]) -> list[float]:
    heights = []
    for run in runs:
        heights += [TIMELINE_HEIGHT] * len(run["guests"])
        if run["stretches"]:
            heights.append(STRETCHES_HEIGHT * (run["processors"] + 1))
    return heights


def draw(runs: list[dict[str, Any]], output: Path) -> None:
    try:
        import matplotlib
    except ImportError:
        sys.exit("plot.py: needs python3-matplotlib (`./lavandin setup` installs it)")
    matplotlib.use("Agg")
    from matplotlib import pyplot

    heights = panels(runs)
    figure, axes = pyplot.subplots(
        len(heights), 1, figsize=(WIDTH, sum(heights) + 1), height_ratios=heights, squeeze=False
    )
    rest = iter(axes[:, 0])
    for run in runs:
        for number, guest in enumerate(run["guests"]):
            panel = next(rest)
            draw_guest(panel, run, guest, COLOURS[number % len(COLOURS)])
            if number == 0:
                title = f"{run['scenario']}: {run['setup']}"
                panel.set_title(f"{title} ({run['processors']} processors)")
                panel.legend(loc="upper right", ncol=5, fontsize="x-small")
        if run["stretches"]:
            draw_stretches(next(rest), run)
    axes[-1, 0].set_xlabel("seconds")
    figure.tight_layout()
    figure.savefig(output, dpi=80)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("results", type=Path)
    parser.add_argument("--output", type=Path, required=True, help="PNG, SVG or PDF, by its ending")
    parser.add_argument("--setup", action="append", default=[], help="only this one; repeatable")
    parser.add_argument("--seed", type=int, help="only the runs with this one")
    options = parser.parse_args()
    draw(read(options.results, options.setup, options.seed), options.output)
    return 0


if __name__ == "__main__":
    sys.exit(main())
