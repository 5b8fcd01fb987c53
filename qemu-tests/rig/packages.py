# SPDX-License-Identifier: MIT
"""The pinned packages (pins.toml): download, unpack under build/packages, never install."""

from __future__ import annotations

import functools
import shutil
import tomllib
from dataclasses import dataclass
from pathlib import Path

from . import apt, cache, paths, process
from .errors import RigError
from .progress import YELLOW, Step, paint, say

PINS = Path(__file__).with_name("pins.toml")
GROUPS = ("build", "xen", "dom0", "gdb")


@dataclass(frozen=True)
class Pin:
    key: str  # in pins.toml; the package's name but for packages that carry a version there
    name: str
    version: str
    group: str
    into: str
    only: tuple[str, ...] = ()
    successor: str | None = None

    @property
    def directory(self) -> Path:
        return paths.PACKAGES / self.into

    @property
    def stamp(self) -> Path:
        return paths.PACKAGES / ".stamps" / self.name


@functools.cache
def _table() -> dict:
    with PINS.open("rb") as handle:
        return tomllib.load(handle)


@functools.cache
def pins() -> tuple[Pin, ...]:
    found = []
    for key, row in _table()["package"].items():
        row = dict(row)
        name = row.pop("name", key)
        into = row.pop("into", key)
        found.append(Pin(key=key, name=name, into=into, only=tuple(row.pop("only", ())), **row))
    return tuple(found)


def host_groups() -> list[str]:
    """The purposes that Debian packages are installed for."""
    return list(_table()["host"])


def host_packages(*groups: str) -> list[str]:
    """The Debian packages to be installed for these purposes."""
    return list(dict.fromkeys(name for group in groups for name in _table()["host"][group]))


def ensure_host(*groups: str) -> None:
    apt.install(host_packages(*groups))


def pinned_text(pin: Pin) -> str:
    return f"{pin.name} {pin.version} {' '.join(pin.only)}\n"


def unpacked(pin: Pin) -> bool:
    """Whether the package asked for is there (the stamp's second line says what it really is)."""
    try:
        return pin.stamp.read_text().startswith(pinned_text(pin))
    except OSError:
        return False


def actual_version(pin: Pin) -> str:
    """The version that was unpacked, which is not the pinned one if that was gone."""
    return pin.stamp.read_text().splitlines()[1]


def version_of(name_start: str) -> str:
    """The unpacked version of the first package whose name starts so."""
    return next(actual_version(pin) for pin in pins() if pin.name.startswith(name_start))


def ensure(*groups: str) -> None:
    """Downloads and unpacks what is missing of these groups."""
    wanted = [pin for pin in pins() if pin.group in groups]
    if all(map(unpacked, wanted)):
        return
    with cache.exclusive("packages"):
        missing = [pin for pin in wanted if not unpacked(pin)]
        if not missing:
            return
        apt.ensure_lists()
        resolved = [(pin, *_resolve(pin)) for pin in missing]
        archives = paths.PACKAGES / ".archives"
        shutil.rmtree(archives, ignore_errors=True)
        archives.mkdir(parents=True)
        with Step(f"downloading {len(missing)} packages ({', '.join(groups)})") as step:
            apt.download([(name, version) for _, name, version in resolved], archives, step)
            step.note("")
        with Step(f"unpacking {len(missing)} packages") as step:
            for pin, name, version in resolved:
                step.update(name)
                _unpack(pin, next(archives.glob(f"{name}_*.deb")))
                pin.stamp.write_text(f"{pinned_text(pin)}{version}\n")
            step.note("")
        shutil.rmtree(archives)


def _resolve(pin: Pin) -> tuple[str, str]:
    """The name and version to download: the pinned one, or the newest and a line that says so."""
    if pin.version in apt.versions(pin.name):
        return pin.name, pin.version
    apt.update()
    available = apt.versions(pin.name)
    if pin.version in available:
        return pin.name, pin.version
    name = pin.name
    if not available and pin.successor:
        name = apt.first_dependency(pin.successor) or name
        available = apt.versions(name)
    if not available:
        raise RigError(f"no package {name} to download: check apt's sources (main and security)")
    change = f"{pin.name} {pin.version} is gone: taking {name} {available[0]} instead"
    say(paint(change, YELLOW))
    return name, available[0]


def _unpack(pin: Pin, archive: Path) -> None:
    """Unpacks a package file into the pin's folder, which packages of one root share."""
    pin.stamp.parent.mkdir(parents=True, exist_ok=True)
    pin.stamp.unlink(missing_ok=True)
    if pin.into == pin.key:
        shutil.rmtree(pin.directory, ignore_errors=True)
    pin.directory.mkdir(parents=True, exist_ok=True)
    if not pin.only:
        process.run(["dpkg-deb", "-x", archive, pin.directory], timeout=300)
        return
    part = archive.with_suffix(".tar")
    with part.open("wb") as sink:
        child = process.spawn(["dpkg-deb", "--fsys-tarfile", archive], stdout=sink)
        try:
            if child.wait(300):
                raise RigError(f"cannot read {archive}")
        finally:
            process.stop(child)
    command = ["tar", "-x", "-f", part, "-C", pin.directory, "--wildcards", *pin.only]
    process.run(command, timeout=300)
    part.unlink()
