# SPDX-License-Identifier: MIT
"""How much memory Lavandin boots with, and that it says so when there is too little."""

from __future__ import annotations

from rig.machine import Guest
from rig.testing.system import Context, system_test

from ._shell import expect_answer, wait_for_shell

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
    # 5 MiB is the least that xl can build a domain with, 6 the least for an initial domain.
    for mode, least in (("full", 5), ("direct", 6)):
        first = _need(context, mode, least)
        # Tables that cover all memory are part of the need, so it may grow with it: by a little.
        needed = _need(context, mode, first - 1)
        assert needed - first in (0, 1), f"{first} MiB are needed with {least}, {needed} with more"
        _works(context.guest(mode, memory=needed, name="enough"), needed)
        print(f"    {mode}: {needed} MiB are enough")
