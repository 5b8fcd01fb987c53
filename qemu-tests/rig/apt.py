# SPDX-License-Identifier: MIT
"""apt: which packages are installed, which can be had, and getting them."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
from pathlib import Path

from . import process
from .errors import RigError
from .progress import Step, say

_ENVIRONMENT = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C"}
_GRACE = 60  # seconds that apt gets to end, because dpkg must not be cut short
_updated = False


def _query(arguments: list[str]) -> str:
    done = subprocess.run(
        arguments, capture_output=True, text=True, timeout=60, env=_ENVIRONMENT, check=False
    )
    return done.stdout


def _as_root(arguments: list[str], title: str, timeout: float) -> None:
    """Runs apt-get as root. Under sudo it stays in our session, so that a password can be asked."""
    if os.geteuid() == 0:
        with Step(title) as step:
            process.run(arguments, timeout=timeout, step=step, env=_ENVIRONMENT, grace=_GRACE)
        return
    if not shutil.which("sudo"):
        command = " ".join(arguments)
        raise RigError(f"{title}: you are not root, and there is no sudo. As root: {command}")
    say(f"{title} (with sudo)")
    command = ["sudo", "env", "DEBIAN_FRONTEND=noninteractive", *arguments]
    if _status_of(command, timeout):
        raise RigError("failed: " + " ".join(command))


def _status_of(command: list[str], timeout: float) -> int:
    """Runs a command that we may not signal, because it is root's."""
    child = subprocess.Popen(command)
    try:
        return child.wait(timeout)
    except BaseException:
        # The terminal's Ctrl-C reached it, too, but not a signal to us alone; and dpkg finishes
        # what it has begun.
        if child.poll() is None:
            say("waiting for apt to end")
            _end(child)
        raise


def _end(child: subprocess.Popen[bytes]) -> None:
    """Through sudo, which passes the signal on; it does not ask for a password again."""
    with contextlib.suppress(subprocess.TimeoutExpired, PermissionError):  # nor may we end sudo
        subprocess.run(
            ["sudo", "-n", "kill", "-INT", str(child.pid)],
            stdin=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=_GRACE,
            check=False,
        )
    try:
        child.wait(_GRACE)
    except subprocess.TimeoutExpired:
        say(f"process {child.pid} ({child.args[0]}) does not end")  # type: ignore[index]


def installed(names: list[str]) -> set[str]:
    """Those of the named packages that are installed."""
    found = _query(["dpkg-query", "-W", "-f", "${Package} ${db:Status-Status}\n", *names])
    return {line.split()[0] for line in found.splitlines() if line.endswith(" installed")}


def installed_version(name: str) -> str | None:
    found = _query(["dpkg-query", "-W", "-f", "${db:Status-Status} ${Version}\n", name])
    status, _, version = found.strip().partition(" ")
    return version if status == "installed" else None


def update() -> None:
    """Fetches the package lists, once per run."""
    global _updated
    if not _updated:
        _as_root(["apt-get", "-q", "update"], "updating apt's package lists", 600)
        _updated = True


def _have_lists() -> bool:
    return any(Path("/var/lib/apt/lists").glob("*Packages*"))


def ensure_lists() -> None:
    if not _have_lists():
        update()


def install(names: list[str]) -> None:
    """Installs what is missing of the named packages, after a line that says so."""
    missing = [name for name in names if name not in installed(names)]
    if not missing:
        return
    ensure_lists()
    title = f"installing with apt: {' '.join(missing)}"
    command = ["apt-get", "-q", "-y", "--no-install-recommends"]
    command += ["-o", "DPkg::Lock::Timeout=300", "install", *missing]
    try:
        _as_root(command, title, 1800)
    except RigError:
        if _updated:
            raise
        update()  # old lists name versions that are gone
        _as_root(command, title, 1800)


def versions(name: str) -> list[str]:
    """The versions of a package that can be downloaded, newest first."""
    rows = _query(["apt-cache", "madison", name])
    return [row.split("|")[1].strip() for row in rows.splitlines() if row.count("|") == 2]


def first_dependency(name: str) -> str | None:
    """The package that a meta package stands for."""
    found = re.search(r"^\s*Depends: (\S+)", _query(["apt-cache", "depends", name]), re.M)
    return found.group(1) if found else None


def download(wanted: list[tuple[str, str]], directory: Path, step: Step) -> None:
    """Downloads packages, given by name and version, as `name_*.deb` into the directory; apt
    checks their digests."""
    command = ["apt-get", "-q", "download", *(f"{name}={version}" for name, version in wanted)]
    if os.geteuid() == 0:
        command[1:1] = ["-o", "APT::Sandbox::User=root"]

    def fetch() -> None:
        process.run(command, timeout=1800, step=step, cwd=directory, env=_ENVIRONMENT)

    try:
        fetch()
    except RigError:
        if _updated:
            raise
        step.update("updating apt's package lists")
        update()
        fetch()
