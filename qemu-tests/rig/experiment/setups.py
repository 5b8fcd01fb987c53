# SPDX-License-Identifier: MIT
"""What guests and coopd are started with in each set-up."""

from __future__ import annotations

from ..machine import GuestConfig
from .command import command_line
from .scenario import Guest, Scenario

FIXED, ONLINE, COOPERATION = "fixed", "online", "cooperation"
SETUPS = (FIXED, ONLINE, COOPERATION)
_SAMPLED = 0.1  # seconds between two looks of a coopd that only counts
_PARK, _GIVE_BACK = 60, 120  # milliseconds: coopd's own, for short intervals


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


def settings_file(setup: str) -> str:
    """coopd's, in dom0."""
    return f"/run/experiment-{setup}.toml"


def _interval(scenario: Scenario, setup: str) -> int:
    """Milliseconds. Without cooperation coopd is there for the samples alone, and looks no more
    often than they need: guests of a stock Xen do not pay for it."""
    return max(round((scenario.interval if setup == COOPERATION else _SAMPLED) * 1000), 1)


def coopd_options(scenario: Scenario, setup: str) -> str:
    how = f"--policy {scenario.policy}" if setup == COOPERATION else "--dry-run"
    return f"--config {settings_file(setup)} {how}"


def coopd_settings(scenario: Scenario, setup: str) -> str:
    """Guests are given at least two looks more than they need to follow a reclaim."""
    interval = _interval(scenario, setup)
    park, give_back = max(_PARK, 3 * interval), max(_GIVE_BACK, 4 * interval)
    lines = [f"interval = {interval}", "[tuning]", f"park = {park}", f"give-back = {give_back}"]
    for guest in scenario.guests:
        lines += [f"[domain.{guest.name}]", f"minimum = {guest.minimum}"]
        if not guest.cooperates:
            lines.append("turn-away = true")
    return "\n".join(lines) + "\n"
