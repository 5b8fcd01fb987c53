# SPDX-License-Identifier: MIT
"""Every program is started with exactly the capabilities that its section of the manifest lists:
in a boot image where each section runs the program that shows what it has, that is compared with
the manifest, as it is read here."""

from __future__ import annotations

import re

from rig import manifest, paths
from rig.machine import Guest
from rig.testing.system import Context, provide, system_test

from ._boot_image import BootImage
from ._shell import answer, expect_answer, wait_for_shell

Capability = tuple[str, int, int]  # type, permissions, roles in the badge

_SHOWS = "capabilities"
_KEPT = "shell"  # to type into
_NOBODY = "echo"  # its section is left out: it gets what that of `*` lists
_LEAST_SECTIONS = 30
# kernel/abi/lavandin/abi/capability.hpp
_SYSTEM = ("shutdown", "log", "console", "information", "grants", "processors", "policies",
           "schedule")
_CALL, _READ, _WRITE, _CONTROL = 1, 1, 2, 1
_ALL_OF_PROCESS = 7
_NUMBER_BITS = 32  # of the process, below the roles


def _changed(text: str) -> str:
    """The manifest with another program in all sections of programs but one."""
    text = re.sub(rf"^\[program {_NOBODY}\]\n(?:[^\[\n].*\n|\n)*", "", text, flags=re.M)
    text = re.sub(r"^(\[program .*\n(?:[^\[\n].*\n)*?)program = .*\n", r"\1", text, flags=re.M)
    others = rf"^\[program (?!(?:{_KEPT}|\*)\]).*\n"
    return re.sub(others, lambda head: f"{head.group()}program = {_SHOWS}\n", text, flags=re.M)


def _boot_image() -> bytes:
    image = BootImage.read(paths.boot_image(paths.DEFAULT_PRESET))
    image.replace("manifest", _changed(manifest.FILE.read_text()).encode())
    shows = image.file(f"programs/{_SHOWS}")
    nobody = image.file(f"programs/{_NOBODY}")
    nobody["offset"], nobody["bytes"] = shows["offset"], shows["bytes"]
    return image.data()


def _without_role() -> bytes:
    """A boot image whose shell may end processes of others, and start none."""
    roles = rf"^(\[program {_KEPT}\]\n(?:.+\n)*?client = init, roles) 10\n"
    text, changed = re.subn(roles, r"\1 2\n", manifest.FILE.read_text(), flags=re.M)
    assert changed == 1, "the shell's roles are others"
    image = BootImage.read(paths.boot_image(paths.DEFAULT_PRESET))
    image.replace("manifest", text.encode())
    return image.data()


_IMAGE = provide("/guest/authority", _boot_image)
_IMAGE_WITHOUT_ROLE = provide("/guest/no-role", _without_role)


def _expected(section: manifest.Section) -> dict[str, Capability]:
    """What a process of a section has in a domU, by the names that it is given."""
    has = {"self": ("process", _ALL_OF_PROCESS, 0)}
    for key, value in section.lines:
        if key == "client":
            name, _, roles = value.partition(", roles ")
            has[name] = ("endpoint", _CALL, int(roles or 0))
        elif key == "system":
            has["system"] = ("system", sum(1 << _SYSTEM.index(word) for word in value.split()), 0)
        elif (key, value) == ("device", "image"):
            has["boot_image"] = ("memory", _READ, 0)
        elif key == "device":
            has[f"{value}_ring"] = ("memory", _READ | _WRITE, 0)
            has[f"{value}_interrupt"] = ("interrupt", _CONTROL, 0)
    return has


def _held(guest: Guest, program: str) -> dict[str, Capability]:
    row = r"^ *\d+ (\w+) +([0-9a-f]+) +([0-9a-f]+) (\S+)$"
    rows = re.findall(row, answer(guest, program), re.M)
    return {
        name: (kind, int(permissions, 16), int(badge, 16) >> _NUMBER_BITS)
        for kind, permissions, badge, name in rows
    }


@system_test("programs have the capabilities of their manifest sections, and no others",
             timeout=240)
def authority(context: Context) -> None:
    found = manifest.sections(manifest.FILE.read_text())
    sections = {each.name: each for each in found if each.kind == "program"}
    assert len(sections) >= _LEAST_SECTIONS, list(sections)
    guest = context.guest("full", memory=64, boot_image=_IMAGE)
    wait_for_shell(guest)
    wrong = []
    for name in sections.keys() - {_KEPT, "*"}:
        section = sections["*" if name == _NOBODY else name]
        held, expected = _held(guest, name), _expected(section)
        if held != expected:
            wrong.append(f"{name} has {held}, not {expected}")
    assert not wrong, "\n".join(sorted(wrong))
    print(f"    {len(sections) - 1} sections compared")


@system_test("who lacks the role to start programs starts none", timeout=180)
def no_role(context: Context) -> None:
    guest = context.guest("full", memory=32, boot_image=_IMAGE_WITHOUT_ROLE)
    wait_for_shell(guest)
    for program in ("echo", "poweroff", "conformance"):
        expect_answer(guest, program, f"^{program}: permission denied$")
    expect_answer(guest, "help", "^ *echo ")  # it sees them, and the machine goes on
