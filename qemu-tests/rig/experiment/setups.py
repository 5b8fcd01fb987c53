# SPDX-License-Identifier: MIT
"""What guests and coopd are started with in each set-up."""

from __future__ import annotations

from ..machine import GuestConfig
from .command import command_line
from .scenario import Guest, Scenario

FIXED, ONLINE, COOPERATION = "fixed", "online", "cooperation"
SETUPS = (FIXED, ONLINE, COOPERATION)
_SAMPLED = 0.1  # seconds between two looks of a coopd that only counts
SETTINGS = "/run/experiment.toml"  # coopd's, in dom0


def vcpus(scenario: Scenario, guest: Guest, setup: str) -> int:
    return scenario.entitled_vcpus(guest) if setup == FIXED else guest.vcpus


def guest_config(scenario: Scenario, guest: Guest, setup: str, loops: int) -> GuestConfig:
    """The time-stamp counter is the processor's own: emulated, each look at the clock would be a
    trap into Xen of some thousand instructions."""
    return GuestConfig(
        name=guest.name,
        command_line=command_line(guest, scenario.duration, loops),
        memory=guest.memory,
        vcpus=vcpus(scenario, guest, setup),
        tsc_mode="native",
        extra_config=f"cpu_weight={guest.weight}\ncap={guest.cap}",
    )


def coopd_options(scenario: Scenario, setup: str) -> str:
    """Without cooperation coopd is there for the samples alone, and looks no more often than they
    need: guests of a stock Xen do not pay for it."""
    cooperates = setup == COOPERATION
    interval = scenario.interval if cooperates else _SAMPLED
    words = [f"--config {SETTINGS}", f"--interval {max(round(interval * 1000), 1)}"]
    words.append(f"--policy {scenario.policy}" if cooperates else "--dry-run")
    return " ".join(words)


def coopd_settings(scenario: Scenario) -> str:
    lines = []
    for guest in scenario.guests:
        lines += [f"[domain.{guest.name}]", f"minimum = {guest.minimum}"]
        if not guest.cooperates:
            lines.append("turn-away = true")
    return "\n".join(lines) + "\n"
