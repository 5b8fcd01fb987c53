# SPDX-License-Identifier: MIT
"""How much memory Lavandin boots with, and that it says so when there is too little."""

from __future__ import annotations

import re

from rig import bench, least_memory, paths
from rig.elf import Elf
from rig.errors import RigError
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


def _need(context: Context, mode: str, memory: int, command_line: str = "") -> int:
    """Boots with too little; returns the MiB that the guest asks for."""
    name = f"mib-{memory}"
    guest = context.guest(mode, memory=memory, name=name, command_line=command_line)
    found = guest.console.expect(_TOO_LITTLE)
    assert int(found.group(1)) == memory, found.group(0)
    context.expect_end(guest, "crash")
    assert "the system cannot be started" in guest.console.text, guest.console.text
    return int(found.group(2))


def _sizes(context: Context) -> tuple[int, int]:
    """Of the kernel, loaded, and of the boot image."""
    begin, end = Elf(paths.stripped_kernel(context.preset)).loaded()
    return end - begin, paths.boot_image(context.preset).stat().st_size


@system_test(
    "too little memory says how much is needed, and that is enough", timeout=240, about=30
)
def too_little(context: Context) -> None:
    for mode in ("full", "direct"):
        least = least_memory.to_build(mode, *_sizes(context))
        first = _need(context, mode, least)
        # Tables that cover all memory are part of the need, so it may grow with it: by a little.
        needed = _need(context, mode, first - 1)
        assert needed - first in (0, 1), f"{first} MiB are needed with {least}, {needed} with more"
        said = least_memory.to_work(mode, *_sizes(context))
        assert said - needed in (0, 1), f"the driver asks for {said} MiB, the guest for {needed}"
        print(f"    {mode}: {needed} MiB are enough")
        _works(context.guest(mode, memory=needed, name="enough"), needed)


@system_test("too little memory for the benchmarks says how much is needed", timeout=180)
def too_little_for_benchmarks(context: Context) -> None:
    built = least_memory.to_build("direct", *_sizes(context))
    needed = _need(context, "direct", built, bench.guest(built).command_line)
    said = least_memory.to_work("direct", *_sizes(context), "bench")
    assert said - needed in (0, 1), f"the driver asks for {said} MiB, the guest for {needed}"


@system_test("with a MiB less than the driver asks for, no domain is built", timeout=180)
def not_built(context: Context) -> None:
    guest = context.guest("direct", memory=least_memory.to_build("direct", *_sizes(context)) - 1)
    context.expect_end(guest, "crash")
    assert not guest.console.text, guest.console.text
    memory = least_memory.to_build("full", *_sizes(context)) - 1
    try:
        context.guest("full", memory=memory, name="small")
    except RigError as error:
        assert "not enough memory for initial mapping" in str(error), error
    else:
        raise AssertionError(f"xl has built a domain of {memory} MiB")
