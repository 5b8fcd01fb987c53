# SPDX-License-Identifier: MIT
"""coopd and coopctl, which share processors between domains: built for dom0, and run there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from . import build, packages, paths
from .dom0 import Dom0
from .errors import RigError

LOG = "/var/log/coopd.log"
_PID = "/run/coopd.pid"
_NAMES = ("coopd", "coopctl")
_START_TIMEOUT = 60


def programs() -> dict[str, Path]:
    """What MachineOptions.programs is to have, built if need be."""
    packages.ensure("dom0")  # whose libraries they are linked with
    build.ensure(paths.DOM0_PRESET)
    folder = paths.preset_directory(paths.DOM0_PRESET) / "cooperation"
    return {f"/usr/sbin/{name}": folder / name / name for name in _NAMES}


def start(dom0: Dom0, options: str = "") -> None:
    """Starts coopd, and returns when it answers."""
    script = (
        f"coopd {options} >>{LOG} 2>&1 & echo $! >{_PID}\n"
        f"for i in $(seq {_START_TIMEOUT * 5}); do\n"
        f"coopctl policy >/dev/null 2>&1 && exit 0\n"
        f"kill -0 $(cat {_PID}) 2>/dev/null || break; sleep 0.2; done\n"
        f"tail -n 20 {LOG}; exit 1"
    )
    dom0.run(script, _START_TIMEOUT + 10, title="start coopd")


def stop(dom0: Dom0, signal: str = "TERM") -> None:
    """Ends coopd by a signal, and returns when it is gone."""
    script = (
        f"pid=$(cat {_PID}); kill -{signal} $pid\n"
        f"for i in $(seq 100); do kill -0 $pid 2>/dev/null || exit 0; sleep 0.1; done; exit 1"
    )
    dom0.run(script, 30, title=f"end coopd by SIG{signal}")


def held(dom0: Dom0) -> tuple[int, int]:
    """Guests' pages that coopd has mapped, and channels that it has bound; by Linux's word."""
    script = (
        f"grep -c /dev/xen/gntdev /proc/$(cat {_PID})/maps\n"
        "grep -c evtchn:coopd /proc/interrupts; true"
    )
    pages, channels = dom0.run(script).output.split()
    return int(pages), int(channels)


def status(dom0: Dom0) -> dict[str, Any]:
    """What `coopctl status --json` says."""
    output = dom0.run("coopctl status --json").output
    try:
        return json.loads(output)
    except json.JSONDecodeError as error:
        raise RigError(f"coopctl's JSON cannot be read: {error}\n{output[:2000]}") from None


def domain(dom0: Dom0, name: str) -> dict[str, Any]:
    """Of that, one domain."""
    found = [row for row in status(dom0)["domains"] if row["name"] == name]
    if len(found) != 1:
        raise RigError(f"coopd knows {len(found)} domains called {name}")
    return found[0]
