# SPDX-License-Identifier: MIT
"""How much memory Lavandin boots with, and that it says so when there is too little."""

from __future__ import annotations

import re

from rig import paths
from rig.machine import Guest
from rig.testing.system import Context, system_test

from ._shell import answer, expect_answer, wait_for_shell

_MOST_IN_USE = 8 * 1024  # KiB, with all servers and the shell
_TOO_LITTLE = r"(\d+) MiB of memory are too little: the system needs (\d+) MiB"


def _works(guest: Guest, memory: int) -> None:
    wait_for_shell(guest)
    expect_answer(guest, "free", rf"^machine +{memory * 1024} KiB$")


@system_test("boots with 16, 17, 64 and 512 MiB in a domU", timeout=180)
def in_a_domu(context: Context) -> None:
    sizes = (16, 17, 64, 512)
    guests = [context.guest("full", memory=memory, name=f"mib-{memory}") for memory in sizes]
    for guest, memory in zip(guests, sizes):
        _works(guest, memory)


@system_test("boots with 16 and 512 MiB as the initial domain", timeout=180)
def direct(context: Context) -> None:
    for memory in (16, 512):
        guest = context.guest("direct", memory=memory)
        _works(guest, memory)


def _in_use(guest: Guest, memory: int, boot_image: int) -> int:
    """KiB that are in use at the prompt, as `free` says; it must say nothing impossible."""
    said = answer(guest, "free")
    rows = dict(re.findall(r"^ *(\w[\w ,]*?) +(\d+) KiB\r?$", said, re.M))
    in_use = int(rows["in use"])
    assert in_use + int(rows["free"]) == int(rows["machine"]) == memory * 1024, said
    assert in_use > boot_image // 1024 + int(rows["kernel"]) // 2, said
    return in_use


@system_test("at most 8 MiB are in use at the prompt, in a domU of 16 MiB", timeout=180)
def in_use(context: Context) -> None:
    guest = context.guest("full", memory=16, name="small")
    wait_for_shell(guest)
    boot_image = paths.boot_image(context.preset).stat().st_size
    found = _in_use(guest, 16, boot_image)
    print(f"    {found} KiB in use, {boot_image // 1024} KiB of them the boot image")
    assert found <= _MOST_IN_USE, f"{found} KiB are in use; {_MOST_IN_USE} are allowed"


def _need(context: Context, mode: str, memory: int) -> int:
    """Boots with too little; returns the MiB that the guest asks for."""
    guest = context.guest(mode, memory=memory, name=f"mib-{memory}")
    found = guest.console.expect(_TOO_LITTLE)
    assert int(found.group(1)) == memory, found.group(0)
    context.expect_end(guest, "crash")
    assert "the system cannot be started" in guest.console.text, guest.console.text
    return int(found.group(2))


@system_test("too little memory says how much is needed, and that is enough", timeout=180)
def too_little(context: Context) -> None:
    # Kernel and boot image together are more than 4 MiB, and what a domain builder maps at first is
    # a multiple of that: with less than 9 MiB xl builds no domain. Xen builds no initial domain
    # with less than 12, which are enough.
    least = 9
    first = _need(context, "full", least)
    # Tables that cover all memory are part of the need, so it may grow with it: by a little.
    needed = _need(context, "full", first - 1)
    assert needed - first in (0, 1), f"{first} MiB are needed with {least}, {needed} with more"
    print(f"    {needed} MiB are enough")
    for mode in ("full", "direct"):
        _works(context.guest(mode, memory=needed, name="enough"), needed)
