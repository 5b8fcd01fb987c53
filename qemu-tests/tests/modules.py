# SPDX-License-Identifier: MIT
"""Scheduling modules from the boot image: loaded by the manifest, and by hand."""

from __future__ import annotations

import re

from rig import paths
from rig.logs import fresh_directory
from rig.machine import GuestConfig
from rig.testing.system import Context, system_test

from ._boot_image import BootImage
from ._shell import answer, expect_answer, wait_for_shell

_SECTIONS = b"""
[policy 0]
share = 800

[policy 2]
module = deadlines
share = 100

[policy 3]
module = nothing

[policy coordinator]
module = by-share

[program in-class-2]
program = everywhere
class = 2, 50000000
quota = 2M
client = console
client = memory

[program in-no-class]
program = everywhere
class = 2, 1
quota = 2M
client = console
client = memory
"""


@system_test("shell: scheduling modules are loaded and replaced while it runs", timeout=180)
def modules(context: Context) -> None:
    guest = context.guest("direct", memory=32, vcpus=2)
    wait_for_shell(guest)
    expect_answer(guest, "policy", "^class 0 +fixed-priority +kernel ", "^class 2 +share +kernel ",
                  "^coordinator +strict-order +kernel ")
    expect_answer(guest, "policy files", "^deadlines$", "^by-share$")
    for line in ("load fixed-priority 0", "load deadlines 2", "load by-share coordinator"):
        expect_answer(guest, f"policy {line}", "^$")
    before = expect_answer(guest, "policy", "^class 0 +fixed-priority +file ",
                           "^class 2 +deadlines +file ", "^coordinator +by-share +file ")
    expect_answer(guest, "everywhere", "^2 processors, 200 rounds$")
    for _ in range(10):  # under the module that serves all threads, the shell's, too
        expect_answer(guest, "policy load fixed-priority 0", "^$")
    after = answer(guest, "policy")
    picks = [int(re.findall(r"^class 0 +\S+ +file +(\d+)", text, re.M)[0])
             for text in (before, after)]
    assert picks[1] > 0, picks
    expect_answer(guest, "policy built-in 2", "^$")
    expect_answer(guest, "policy load by-share 1", "^policy: by-share: it is not for this place")
    expect_answer(guest, "policy load share 2 100", "^policy: share: .* shares are above 1000$")
    expect_answer(guest, "policy load nothing 1", "^policy: nothing: not found$")
    for wrong in ("load share 4", "load share", "built-in", "load share 1 1001", "unload 1"):
        expect_answer(guest, f"policy {wrong}", "^usage: policy ")
    for place in ("0", "coordinator"):
        expect_answer(guest, f"policy built-in {place}", "^$")
    assert " file " not in answer(guest, "policy")


@system_test("a manifest's scheduling modules serve from the start, and programs begin there",
             timeout=180)
def by_manifest(context: Context) -> None:
    image = BootImage.read(paths.boot_image(context.preset))
    row = image.file("manifest")
    manifest = image.contents[row["offset"] : row["offset"] + row["bytes"]]
    image.replace("manifest", manifest + _SECTIONS)
    file = fresh_directory("policies") / "boot.image"
    file.write_bytes(image.data())
    machine = context.machine("direct")
    guest = machine.create_guest(GuestConfig(boot_image=file, memory=32, vcpus=2))
    wait_for_shell(guest)
    expect_answer(guest, "policy", "^class 0 +fixed-priority +kernel .* 800 ",
                  "^class 2 +deadlines +file +0 .* 100 ", "^coordinator +by-share +file ")
    expect_answer(guest, "in-class-2", "^2 processors, 200 rounds$")
    expect_answer(guest, "policy", "^class 2 +deadlines +file +[1-9]")
    guest.console.send("in-no-class\n")  # init's message and the shell's come in any order
    guest.console.expect(r"everywhere: class 2: an argument is not valid\r*\n", 60)
    expect_answer(guest, "dmesg", "everywhere: class 2: an argument is not valid$")
    assert "policy 3: nothing: there is no such module" in guest.console.text
    assert not re.search("in-no-class", answer(guest, "ps"))
