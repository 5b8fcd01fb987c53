# SPDX-License-Identifier: MIT
"""dom0's root file system: made once from the unpacked packages, a run's own files behind it."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

from . import cache, packages, paths
from .cpio import Archive
from .elf import Elf
from .errors import RigError

_ROOT = paths.PACKAGES / "dom0"
_BIN = "usr/lib/xen-4.17/bin"
_SCRIPTS = paths.QEMU_TESTS / "dom0"
_LIBRARIES = "usr/lib/x86_64-linux-gnu"
_LIBRARY_FOLDERS = ("lib/x86_64-linux-gnu", _LIBRARIES)
_XEN_TOOLS = (
    "xl xenstored xenconsoled xenconsole xen-init-dom0 libxl-save-helper xenctx xentop xenpm "
    "xenperf lsevtchn xen-diag xen-hptool xentrace"
).split()
_STORE_TOOLS = "chmod exists list ls read rm watch write".split()
_MODULES = "xen-privcmd xen-evtchn xen-gntdev xen-gntalloc xenfs xen-netback xen-blkback".split()
_DIRECTORIES = (
    "proc sys dev tmp run/xen run/lock run/xenstored var/lib/xen var/lib/xenstored var/lock "
    "var/log/xen/console etc/xen"
).split()
# Loaded at run time, so no program names it: pthread_cancel in xl needs it.
_EXTRA_LIBRARIES = ("libgcc_s.so.1",)


def kernel() -> Path:
    """dom0's Linux."""
    return sorted((paths.PACKAGES / "linux-image" / "boot").glob("vmlinuz-*"))[0]


def _library(name: str) -> Path:
    for folder in _LIBRARY_FOLDERS:
        if (_ROOT / folder / name).exists():
            return _ROOT / folder / name
    raise RigError(f"no package of pins.toml holds the library {name}")


def _closure(programs: list[Path]) -> dict[str, Path]:
    """All shared libraries that the programs need, by name."""
    found: dict[str, Path] = {}
    names = {*_EXTRA_LIBRARIES}
    for program in programs:
        names.update(Elf(program).needed())
    while names:
        name = names.pop()
        if name not in found and not name.startswith("ld-linux"):
            found[name] = _library(name)
            names.update(Elf(found[name]).needed())
    return found


def _module_order() -> list[Path]:
    """The kernel modules, each after those it depends on."""
    files = {file.stem: file for file in (paths.PACKAGES / "linux-image").rglob("*.ko")}
    order: list[Path] = []

    def visit(name: str) -> None:
        file = files[name] if name in files else files[name.replace("_", "-")]
        found = re.search(rb"\0depends=([^\0]*)", file.read_bytes())
        for needed in found.group(1).decode().split(",") if found else []:
            if needed:
                visit(needed)
        if file not in order:
            order.append(file)

    for name in _MODULES:
        visit(name)
    return order


def _busybox_names() -> list[str]:
    listed = subprocess.run(
        [_ROOT / "bin/busybox", "--list"], capture_output=True, text=True, timeout=20, check=True
    )
    return listed.stdout.split()


def _base_archive() -> bytes:
    archive = Archive()
    for name in _DIRECTORIES:
        archive.directory(name)
    for script in sorted(_SCRIPTS.iterdir()):
        if script.name == "init":
            archive.program("init", script.read_bytes())
        elif script.suffix != ".md":
            archive.program(f"rig/{script.name}", script.read_bytes())
    archive.program("bin/busybox", (_ROOT / "bin/busybox").read_bytes())
    for name in _busybox_names():
        if name != "busybox":
            archive.symlink(f"bin/{name}", "busybox")
    tools = [_ROOT / _BIN / name for name in _XEN_TOOLS]
    store = _ROOT / "usr/bin/xenstore"
    for tool in [*tools, store]:
        archive.program(str(tool.relative_to(_ROOT)), tool.read_bytes())
    for name in _STORE_TOOLS:
        archive.symlink(f"usr/bin/xenstore-{name}", "xenstore")
    for name, file in sorted(_closure([*tools, store]).items()):
        archive.program(f"{_LIBRARIES}/{name}", file.read_bytes())
    for folder in ("lib", "lib64"):
        archive.symlink(f"{folder}/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu")
    loader = _library("ld-linux-x86-64.so.2")
    archive.program("lib64/ld-linux-x86-64.so.2", loader.read_bytes())
    modules = _module_order()
    for module in modules:
        archive.file(f"lib/modules/{module.name}", module.read_bytes())
    archive.file("lib/modules/order", "".join(f"/lib/modules/{m.name}\n" for m in modules).encode())
    archive.symlink("var/run", "/run")
    archive.file("etc/xen/xl.conf", b"")
    archive.file("etc/passwd", b"root:x:0:0:root:/:/bin/sh\n")
    archive.file("etc/group", b"root:x:0:\n")
    return archive.bytes()


def base() -> Path:
    """The cached part."""
    pins = [pin for pin in packages.pins() if pin.group == "dom0"]
    sources = [Path(__file__), *_SCRIPTS.iterdir()]
    content = "".join(f"{pin.name} {packages.actual_version(pin)}\n" for pin in pins)
    content += cache.fingerprint(sources)
    return cache.made("dom0.cpio", content, lambda file: file.write_bytes(_base_archive()))


def write(
    target: Path, files: Mapping[str, Path | bytes], programs: Mapping[str, Path]
) -> None:
    """The base and behind it this run's files and programs, given by their paths in dom0."""
    archive = Archive()
    for name, source in files.items():
        archive.file(name, source if isinstance(source, bytes) else source.read_bytes())
    for name, program in programs.items():
        archive.program(name, program.read_bytes())
    for name, library in _closure(list(programs.values())).items():
        archive.program(f"{_LIBRARIES}/{name}", library.read_bytes())
    with target.open("wb") as out:
        out.write(base().read_bytes())
        out.write(archive.bytes())
