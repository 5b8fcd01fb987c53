#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Draws the results of an experiment (JSON, as cooperation-simulator and the rig write it).

    plot.py RESULTS.json --output PICTURE.png [--setup NAME]... [--seed N] [--side-by-side]

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
NARROW = 6  # of runs beside each other
TIMELINE_HEIGHT = 1.5
LEGEND_HEIGHT = 0.4
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
    axes.fill_between(times, column(run, guest, "used"), color=colour, alpha=0.55, label="used")
    vcpus = column(run, guest, "online")
    axes.step(times, vcpus, color="black", lw=1.4, where="pre", label="VCPUs in use")
    axes.plot(times, column(run, guest, "demand"), color="grey", lw=1, ls=":", label="demand")
    if "throughput" in run["timeline_fields"] and guest["done"]:
        done = column(run, guest, "throughput")
        axes.plot(times, done, color="black", lw=1, ls="-.", label="work done")
    axes.axhline(guest["entitlement"], color=colour, lw=1.2, ls="--", label="entitlement")
    axes.set_xlim(0, run["duration"])
    axes.set_ylim(0, max(run["processors"], *vcpus) + 0.5)
    axes.set_yticks(range(max(run["processors"], *vcpus) + 1))
    axes.grid(alpha=0.25)


def draw_stretches(axes: Any, run: dict[str, Any]) -> None:
    for processor, guest, vcpu, start, end in run["stretches"]:
        colour = COLOURS[guest % len(COLOURS)]
        axes.barh(processor, end - start, left=start, height=0.8, color=colour, lw=0)
        if vcpu % 2:
            axes.barh(processor, end - start, left=start, height=0.3, color="#ffffff80", lw=0)
    axes.set_yticks(range(run["processors"]))
    axes.set_ylabel("on processor")


def title(run: dict[str, Any]) -> str:
    return f"{run['scenario']}: {run['setup']} ({run['processors']} processors)"


def explain(figure: Any, axes: Any) -> None:
    """One legend for all panels, below them: what a guest's panel has, without its colour."""
    handles, labels = axes.get_legend_handles_labels()
    figure.legend(handles, labels, loc="lower center", ncol=len(labels), frameon=False)


def heights_of(runs: list[dict[str, Any]]) -> list[float]:
    """Of a column of panels: one for each guest, one for processors where that was traced."""
    heights = [TIMELINE_HEIGHT] * max(len(run["guests"]) for run in runs)
    if any(run["stretches"] for run in runs):
        heights.append(STRETCHES_HEIGHT * (max(run["processors"] for run in runs) + 1))
    return heights


def draw_column(panels: list[Any], run: dict[str, Any], first: bool) -> None:
    rows = len(run["guests"])
    for number, guest in enumerate(run["guests"]):
        draw_guest(panels[number], run, guest, COLOURS[number % len(COLOURS)])
        if first:
            panels[number].set_ylabel(f"{guest['name']}\nprocessors")
        if number != rows - 1:
            panels[number].tick_params(labelbottom=False)
    panels[rows - 1].set_xlabel("seconds")
    for panel in panels[rows:]:
        panel.set_visible(False)
    if run["stretches"]:
        panels[-1].set_visible(True)
        draw_stretches(panels[-1], run)
        panels[-1].set_xlabel("seconds: VCPUs on processors, odd ones with a light stripe")
        if not first:
            panels[-1].set_ylabel("")
    panels[0].set_title(title(run))


def draw(runs: list[dict[str, Any]], output: Path, side_by_side: bool) -> None:
    try:
        import matplotlib
    except ImportError:
        sys.exit("plot.py: needs python3-matplotlib (`./lavandin setup` installs it)")
    matplotlib.use("Agg")
    from matplotlib import pyplot

    pyplot.rcParams.update({"font.size": 11, "axes.titlesize": 12, "legend.fontsize": 11})
    columns = len(runs) if side_by_side else 1
    heights = heights_of(runs) * (1 if side_by_side else len(runs))
    width, height = max(WIDTH, NARROW * columns), sum(heights) + LEGEND_HEIGHT + 0.3 * len(heights)
    figure, axes = pyplot.subplots(
        len(heights),
        columns,
        figsize=(width, height),
        height_ratios=heights,
        squeeze=False,
        layout="constrained",
    )
    deep = len(heights_of(runs))
    for number, run in enumerate(runs):
        column, row = (number, 0) if side_by_side else (0, number * deep)
        draw_column(list(axes[row : row + deep, column]), run, column == 0)
    explain(figure, axes[0, 0])
    part = LEGEND_HEIGHT / height
    figure.get_layout_engine().set(rect=(0, part, 1, 1 - part))
    figure.savefig(output, dpi=80)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("results", type=Path)
    parser.add_argument("--output", type=Path, required=True, help="PNG, SVG or PDF, by its ending")
    parser.add_argument("--setup", action="append", default=[], help="only this one; repeatable")
    parser.add_argument("--seed", type=int, help="only the runs with this one")
    parser.add_argument(
        "--side-by-side", action="store_true", help="runs beside each other, not one below another"
    )
    options = parser.parse_args()
    runs = read(options.results, options.setup, options.seed)
    draw(runs, options.output, options.side_by_side)
    return 0


if __name__ == "__main__":
    sys.exit(main())
