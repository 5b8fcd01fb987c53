# SPDX-License-Identifier: MIT
"""Scenario files (cooperation/simulator/README.md describes them), as the rig runs them."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from .. import paths
from ..errors import RigError

FOLDERS = (
    paths.QEMU_TESTS / "experiments",
    paths.ROOT / "cooperation" / "simulator" / "scenarios",
)
DOM0 = "dom0"
POLICIES = ("static", "proportional", "characteristics")
KINDS = ("compute", "barrier", "lock", "interactive", "idle")
_UNITS = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "min": 60.0}
_ALL_CAPABILITIES = {"reports", "takes", "gives-back"}
_BEHAVIOURS = ("inflates", "refuses", "floods")
_KEYS = {
    "scenario": {"name", "description", "duration", "seed", "host", "cooperation", "guest"},
    "host": {"processors", "switch_cost", "deterministic"},
    "cooperation": {"policy", "interval", "report", "latency", "count"},
    "guest": {"name", "weight", "cap", "vcpus", "minimum", "memory", "capabilities", "behaviour",
              "noise", "rules", "load"},
    "load": {"kind", "threads", "from", "until", "every", "for", "work", "spin", "adaptive",
             "inside", "think", "jitter"},
}
_INTERVAL = 0.1  # coopd's, in seconds, where a file says none: emulated, a look takes 2 ms
_LOAD_TIMES = ("from", "until", "every", "for", "work", "spin", "inside", "think")


@dataclass(frozen=True)
class Load:
    """Threads of one kind. Times in seconds; what the file does not say is the default there."""

    kind: str
    threads: int
    work: float
    inside: float
    times: Mapping[str, float]
    jitter: int | None
    adaptive: bool  # does not spin while another thread waits for its processor

    def useful(self, done: int) -> float:
        """Seconds of work that so many chunks, barriers, sections or bursts are."""
        if self.kind == "barrier":
            return done * self.threads * self.work
        return done * (self.work + (self.inside if self.kind == "lock" else 0))


@dataclass(frozen=True)
class Guest:
    name: str
    weight: int
    cap: int
    vcpus: int
    minimum: int
    memory: int
    cooperates: bool
    behaviour: tuple[str, ...]
    loads: tuple[Load, ...]


@dataclass(frozen=True)
class Scenario:
    file: Path
    name: str
    description: str
    duration: float
    processors: int
    deterministic: bool  # a nanosecond is an instruction, and nothing of the host's is seen
    policy: str
    interval: float
    dom0_weight: int | None  # None: Xen's default
    guests: tuple[Guest, ...]

    def entitlement(self, guest: Guest) -> float:
        weights = sum(each.weight for each in self.guests) + (self.dom0_weight or 0)
        return self.processors * guest.weight / weights

    def entitled_vcpus(self, guest: Guest) -> int:
        """As the simulator rounds it."""
        return min(max(int(self.entitlement(guest) + 0.5), guest.minimum), guest.vcpus)


class _Table:
    """One table of the file; keys that nobody knows are mistakes."""

    def __init__(self, kind: str, values: Mapping[str, Any], where: str) -> None:
        self._values, self._where = values, where
        if unknown := sorted(set(values) - _KEYS[kind]):
            self.fail(unknown[0], "nothing is called so here")

    def fail(self, key: str, what: str) -> None:
        raise RigError(f"{self._where}: {key}: {what}")

    def number(self, key: str, default: int, least: int, most: int) -> int:
        value = self._values.get(key, default)
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            self.fail(key, f"is a whole number from {least} to {most}")
        return value

    def flag(self, key: str) -> bool:
        value = self._values.get(key, False)
        if not isinstance(value, bool):
            self.fail(key, "is true or false")
        return value

    def time(self, key: str, default: float) -> float:
        value = self._values.get(key, default)
        if isinstance(value, str):
            found = re.fullmatch(r"([0-9.]+) ?(us|ms|s|min)", value)
            try:
                return float(found.group(1)) * _UNITS[found.group(2)] if found else self._bad(key)
            except ValueError:
                return self._bad(key)
        if isinstance(value, bool) or not isinstance(value, (int, float)) or value < 0:
            return self._bad(key)
        return float(value)

    def _bad(self, key: str) -> float:
        self.fail(key, 'is a time: "50us", "5ms", "1.5s", "2min", or a number of seconds')
        return 0

    def choice(self, key: str, default: str, choices: tuple[str, ...]) -> str:
        value = self._values.get(key, default)
        if value not in choices:
            self.fail(key, f"is one of {', '.join(choices)}")
        return value

    def text(self, key: str, default: str | None = None) -> str:
        value = self._values.get(key, default)
        if not isinstance(value, str):
            self.fail(key, "is a text, and needed" if default is None else "is a text")
        return value

    def list(self, key: str, default: list[Any]) -> list[Any]:
        value = self._values.get(key, default)
        if not isinstance(value, list):
            self.fail(key, "is a list")
        return value

    def get(self, key: str) -> Any:
        return self._values.get(key)


def _load(values: Mapping[str, Any], where: str) -> Load:
    table = _Table("load", values, where)
    kind = table.choice("kind", "compute", KINDS)
    burst = kind in ("interactive", "idle")
    return Load(
        kind,
        table.number("threads", 1, 1, 24),
        table.time("work", 200e-6 if burst else 1e-3),
        table.time("inside", 20e-6),
        {key: table.time(key, 0) for key in _LOAD_TIMES if key in values},
        table.number("jitter", 20, 0, 100) if "jitter" in values else None,
        table.flag("adaptive"),
    )


def _guest(values: Mapping[str, Any], where: str) -> Guest:
    table = _Table("guest", values, where)
    name = table.text("name")
    where = f"{where}: guest {name}"
    table = _Table("guest", values, where)
    if not re.fullmatch(r"[A-Za-z0-9-]{1,32}", name):
        table.fail("name", "consists of 1 to 32 letters, digits and hyphens")
    if table.get("noise"):
        table.fail("noise", "only the simulator can blur what guests report")
    if table.get("rules"):
        table.fail("rules", "not in the rig yet")
    capabilities = set(table.list("capabilities", sorted(_ALL_CAPABILITIES)))
    if capabilities and not _ALL_CAPABILITIES <= capabilities <= _ALL_CAPABILITIES | {"parks"}:
        table.fail("capabilities", "in the rig a guest has all of them, or none")
    behaviour = tuple(table.list("behaviour", []))
    for word in behaviour:
        if word not in _BEHAVIOURS:
            table.fail("behaviour", f"{word}: the rig knows {', '.join(_BEHAVIOURS)}")
    vcpus = table.number("vcpus", 1, 1, 64)
    return Guest(
        name,
        table.number("weight", 256, 1, 65535),
        table.number("cap", 0, 0, 6400),
        vcpus,
        table.number("minimum", 1, 1, vcpus),
        table.number("memory", 64, 16, 65536),
        bool(capabilities),
        behaviour,
        tuple(_load(load, where) for load in table.list("load", [])),
    )


def with_work(plan: Scenario, work: float) -> Scenario:
    """With so many seconds of work between two barriers, whatever the file says."""

    def changed(load: Load) -> Load:
        if load.kind != "barrier":
            return load
        return replace(load, work=work, times={**load.times, "work": work})

    if not any(load.kind == "barrier" for guest in plan.guests for load in guest.loads):
        raise RigError(f"{plan.name} has no barriers")
    guests = tuple(
        replace(guest, loads=tuple(map(changed, guest.loads))) for guest in plan.guests
    )
    return replace(plan, guests=guests)


def find(name: str) -> Path:
    """A file, or one of those that come with the project."""
    if name.endswith(".toml"):
        return Path(name)
    for folder in FOLDERS:
        if (folder / f"{name}.toml").exists():
            return folder / f"{name}.toml"
    raise RigError(f"no scenario {name!r}; there are: {', '.join(sorted(known()))}")


def known() -> dict[str, Path]:
    """Scenarios by name; those of the rig's own hide the simulator's."""
    return {file.stem: file for folder in reversed(FOLDERS) for file in folder.glob("*.toml")}


def read(file: Path) -> Scenario:
    try:
        values = tomllib.loads(file.read_text())
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise RigError(f"{file}: {error}") from error
    return parse(values, file)


def parse(values: Mapping[str, Any], file: Path) -> Scenario:
    where = file.name
    top = _Table("scenario", values, where)
    host = _Table("host", values.get("host", {}), f"{where}: host")
    cooperation = _Table("cooperation", values.get("cooperation", {}), f"{where}: cooperation")
    guests = [_guest(guest, where) for guest in top.list("guest", [])]
    others = tuple(guest for guest in guests if guest.name != DOM0)
    if not others or len({guest.name for guest in guests}) != len(guests):
        top.fail("guest", "there is one at least, each of its own name")
    weights = [guest.weight for guest in guests if guest.name == DOM0]
    processors = host.number("processors", 1, 1, 255)
    deterministic = host.flag("deterministic")
    if deterministic and processors > 1:
        host.fail("deterministic", "there is one processor in this mode")
    return Scenario(
        file,
        top.text("name"),
        top.text("description", ""),
        top.time("duration", 10),
        processors,
        deterministic,
        cooperation.choice("policy", "proportional", POLICIES),
        cooperation.time("interval", _INTERVAL),
        weights[0] if weights else None,
        others,
    )
