# SPDX-License-Identifier: MIT
"""Malformed boot images and manifests: each ends the guest with a line that says what is wrong."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable
from pathlib import Path

from rig import paths
from rig.logs import fresh_directory
from rig.machine import Guest, GuestConfig, Machine
from rig.testing.system import Context, system_test

from ._boot_image import PAGE, BootImage

_AT_ONCE = 2
_FIRST_PAUSE = 0.1  # seconds between an end and the next start (servers/init/init_server.cpp)
_END = 90

Change = Callable[[BootImage], None]


def _header(**fields: int) -> Change:
    return lambda image: image.header.update(fields)


def _segment(**fields: int) -> Change:
    return lambda image: image.segments[0].update(fields)


def _file(**fields: object) -> Change:
    return lambda image: image.files[0].update(fields)


def _cut(count: int) -> Change:
    return lambda image: setattr(image, "cut", count)


def _cut_to(left: int) -> Change:
    return lambda image: setattr(image, "cut", len(image.contents) - left)


def _wrong_checksum(image: BootImage) -> None:
    image.header["checksum"] ^= 1
    image.keep_checksum = True


def _swap_files(image: BootImage) -> None:
    image.files[0], image.files[1] = image.files[1], image.files[0]


def _overlap(image: BootImage) -> None:
    image.segments[1]["address"] = image.segments[0]["address"]


_FAR = 1 << 40
_KERNELS = 0xFFFF_8000_0000_0000
_IMAGES: tuple[tuple[str, Change, str], ...] = (
    ("magic", _header(magic=1), "wrong magic number"),
    ("version", _header(version=99), "version that this kernel does not know"),
    ("checksum", _wrong_checksum, "damaged: wrong checksum"),
    ("bytes, too many", _header(bytes=_FAR), "truncated, or its size"),
    ("bytes, odd", _header(bytes=PAGE + 1), "truncated, or its size"),
    ("bytes, none", _header(bytes=0), "truncated, or its size"),
    ("entry", _header(entry=0), "entry is in no executable segment"),
    ("no segments", _header(segments=0), "no segment of the first program"),
    ("many segments", _header(segments=9), "no segment of the first program, or more than 8"),
    ("many files", _header(files=1025), "more than 1024 files"),
    ("truncated by a page", _cut(PAGE), "truncated, or its size"),
    ("truncated in the tables", _cut_to(100), "truncated, or its size"),
    ("truncated in the header", _cut_to(40), "shorter than its header"),
    ("segment offset", _segment(offset=_FAR), "contents lie outside the boot image"),
    (
        "segment address",
        _segment(address=0xFFFF_8000_0000_0000),
        "addresses lie outside user space",
    ),
    ("segment file bytes", _segment(file_bytes=_FAR), "contents lie outside the boot image"),
    ("segment memory bytes", _segment(memory_bytes=PAGE), "sizes do not fit"),
    ("segment rights", _segment(rights=7), "both writable and executable"),
    ("segment overlap", _overlap, "segments of the first program overlap"),
    ("file name", _file(name=b"x" * 48), "name is empty or does not end"),
    ("file order", _swap_files, "files are not sorted by name"),
    ("file offset", _file(offset=_FAR), "a file lies outside the boot image"),
    ("file bytes", _file(bytes=_FAR), "a file lies outside the boot image"),
)

_SHELL = "[program shell]\nquota = 1M\n"
_MANIFESTS: tuple[tuple[str, bytes, str], ...] = (
    ("empty", b"", "line 1: there is no section"),
    (
        "many problems",
        b"[server a]\nquota = 1M\nnonsense\nquotas = 2\n[cat b\n[program c]\nquota = much\n"
        b"client = nobody\n",
        r"line 3: neither .*\n.*line 4: unknown key\n.*line 5: the section's `]` is missing\n"
        r".*line 7: a quota is a number.*\n(.*\n)*.*line 6: nobody before this section serves",
    ),
    ("binary", b"\x00\x01\xff" * 99, "line 1: control characters do not belong here"),
    ("too large", b"#" * (64 * 1024 + 1), "line 1: the manifest is larger than 64 KiB"),
    ("no shell", b"[program cat]\nquota = 1M\n", "program shell could not be started: "),
    ("no such file", b"[server none]\nquota = 1M\n" + _SHELL.encode(), "there is no such program"),
)


def _boot_all(context: Context, name: str, images: list[bytes]) -> list[tuple[str, str]]:
    """Boots each in direct mode, some beside each other; returns how each guest ended and what it
    said."""
    logs = fresh_directory(name)
    running: deque[tuple[Machine, Guest]] = deque()
    results = []

    def finish_first() -> None:
        machine, guest = running.popleft()
        with machine:
            reason = guest.wait_for_shutdown(_END)
        results.append((reason, guest.console.text))

    try:
        for number, data in enumerate(images):
            file = logs / f"{number}.image"
            file.write_bytes(data)
            machine = context.machine("direct", logs=logs / str(number), quiet=True, processors=1)
            config = GuestConfig(boot_image=file, memory=32)
            running.append((machine, machine.create_guest(config)))
            if len(running) == _AT_ONCE:
                finish_first()
        while running:
            finish_first()
    finally:
        for file in logs.glob("*.image"):
            file.unlink()
    return results


def _good_image(context: Context) -> Path:
    return paths.boot_image(context.preset)


@system_test("malformed and truncated boot images are refused with the reason", timeout=240,
             processors=_AT_ONCE, about=20)
def malformed_images(context: Context) -> None:
    images = []
    for _, change, _ in _IMAGES:
        image = BootImage.read(_good_image(context))
        change(image)
        images.append(image.data())
    results = _boot_all(context, "bad-images", images)
    for (what, _, said), (reason, text) in zip(_IMAGES, results):
        assert reason == "crash" and re.search(
            f"start: .*{said}", text
        ), f"{what}: {reason}\n{text}"


@system_test("malformed manifests are refused with line and reason", timeout=180)
def malformed_manifests(context: Context) -> None:
    images = []
    for _, manifest, _ in _MANIFESTS:
        image = BootImage.read(_good_image(context))
        image.replace("manifest", manifest)
        images.append(image.data())
    results = _boot_all(context, "bad-manifests", images)
    for (what, _, said), (reason, text) in zip(_MANIFESTS, results):
        assert reason == "crash" and re.search(said, text), f"{what}: {reason}\n{text}"
        assert "the system cannot be started" in text, f"{what}:\n{text}"


@system_test("a missing boot image is named", timeout=180)
def missing_image(context: Context) -> None:
    for mode in ("direct", "full"):
        guest = context.guest(mode, without_boot_image=True, memory=16)
        context.expect_end(guest, "crash")
        assert "there is no boot image" in guest.console.text, guest.console.text


@system_test("a shell that always fails is not started for ever", timeout=180)
def failing_shell(context: Context) -> None:
    image = BootImage.read(_good_image(context))
    row = image.file("programs/exit-with")
    image.file("programs/shell").update(offset=row["offset"], bytes=row["bytes"])
    ((reason, text),) = _boot_all(context, "failing-shell", [image.data()])
    assert reason == "crash" and "6 times in a row and is not started again" in text, text
    times = [float(t) for t in re.findall(r"^\[ *(\d+\.\d+)\] init: shell ended with", text, re.M)]
    assert len(times) == 6, text
    # By the guest's clock, which no slowness of the machine makes shorter.
    gaps = [later - earlier for earlier, later in zip(times, times[1:])]
    kept = [gap >= _FIRST_PAUSE * 2**number for number, gap in enumerate(gaps)]
    assert all(kept), f"no longer and longer pauses: {gaps}"
