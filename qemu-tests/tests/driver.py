# SPDX-License-Identifier: MIT
"""The driver as a user meets it: on a terminal, and by a pipe."""

from __future__ import annotations

import os
import pty
import re
import select
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rig import coop, paths, stub
from rig.testing.system import Context, system_test

_LAVANDIN = paths.ROOT / "lavandin"


@contextmanager
def _on_terminal(*arguments: str) -> Iterator[int]:
    """The driver on a terminal of its own, left by Ctrl-] in the end."""
    child, terminal = pty.fork()
    if child == 0:
        os.execv(_LAVANDIN, [str(_LAVANDIN), *arguments])
    try:
        yield terminal
        os.write(terminal, b"\x1d")
        _read_until(terminal, rb"machine ended")
        _, status = os.waitpid(child, 0)
        assert os.waitstatus_to_exitcode(status) == 0, status
    except BaseException:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        raise
    finally:
        os.close(terminal)


@system_test("boot on a terminal passes keys and leaves by Ctrl-]", timeout=180, needs_build=False)
def on_a_terminal(context: Context) -> None:
    stub.build()
    with _on_terminal("boot", "--direct", "--stub") as terminal:
        _read_until(terminal, rb"stub> ")
        os.write(terminal, b"a key\r")
        _read_until(terminal, rb"heard: a key")
        os.write(terminal, b"\x03")  # goes to the guest, as any other key
        os.write(terminal, b"again\r")
        _read_until(terminal, rb"heard: \x03again")


@system_test("boot --coop ends with two guests that cooperate, and coopctl watch", timeout=300,
             needs=(coop.programs,), about=40)
def cooperating(context: Context) -> None:
    arguments = ("--preset", context.preset, "--guests", "2", "--coop", "--memory", "32")
    with _on_terminal("boot", *arguments) as terminal:
        both = rb"lavandin-1 [^\n]* joined [^\n]*\n\d+ +lavandin-2 [^\n]* joined "
        _read_until(terminal, both, timeout=240)


def _read_until(descriptor: int, pattern: bytes, timeout: float = 20) -> None:
    text, deadline = b"", time.monotonic() + timeout
    while not re.search(pattern, text):
        assert time.monotonic() < deadline, f"no {pattern!r} in {text!r}"
        if select.select([descriptor], [], [], 0.5)[0]:
            text += os.read(descriptor, 4096)


@system_test("boot feeds a pipe line by line", timeout=180, needs_build=False)
def by_a_pipe(context: Context) -> None:
    stub.build()
    done = subprocess.run(
        [_LAVANDIN, "boot", "--direct", "--stub"],
        input=b"first\nquit\n",
        capture_output=True,
        timeout=50,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert b"heard: first" in done.stdout and b"heard: quit" in done.stdout, done.stdout


@system_test("boot needs no standard input", timeout=180, needs_build=False)
def without_input(context: Context) -> None:
    stub.build()
    done = subprocess.run(
        ["sh", "-c", 'exec "$0" boot --direct --stub --idle 1 <&-', _LAVANDIN],
        capture_output=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0 and b"(idle); machine ended" in done.stderr, done.stderr
    assert b"stub> " in done.stdout, done.stdout


@system_test("boot ends when its output cannot be written", timeout=180, needs_build=False)
def without_output(context: Context) -> None:
    stub.build()
    reading, unread = os.pipe()
    os.close(reading)
    full = os.open("/dev/full", os.O_WRONLY)
    for output, said in ((full, b"standard output: No space left"), (unread, b"")):
        done = subprocess.run(
            [_LAVANDIN, "boot", "--direct", "--stub"],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.PIPE,
            timeout=100,
            check=False,
        )
        os.close(output)
        assert done.returncode == 1 and said in done.stderr, (done.returncode, done.stderr)
        assert b"Traceback" not in done.stderr, done.stderr


@system_test("boot fails when the system cannot be started", timeout=240, about=35)
def not_started(context: Context) -> None:
    for mode in (["--direct"], ["--memory", "16"]):
        for idle in ("10", "0"):  # seconds; init takes a moment before it gives up
            done = subprocess.run(
                [_LAVANDIN, "boot", *mode, "--idle", idle, "--command-line", "run=nosuch"],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=120,
                check=False,
            )
            said = done.stdout + done.stderr
            assert done.returncode == 1, (mode, done.returncode, said)
            reason = b"program nosuch could not be started: there is no such"
            for line in (reason, b"ended: crash"):
                assert line in said, (mode, said)


@system_test("boot fails when a guest is silent without a prompt", timeout=180, processors=0,
             about=65)
def silent(context: Context) -> None:
    done = subprocess.run(
        [_LAVANDIN, "boot", "--direct", "--idle", "0", "--command-line", "run=sleep 1000"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=150,
        check=False,
    )
    assert done.returncode == 1 and b"there is no prompt" in done.stderr, done.stderr


@system_test("boot with too little memory says how much is needed", timeout=180)
def too_little_memory(context: Context) -> None:
    for mode in (["--direct"], []):
        for memory in ("1", "6", "8"):
            done = subprocess.run(
                [_LAVANDIN, "boot", *mode, "--memory", memory],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=120,
                check=False,
            )
            said = done.stdout + done.stderr
            assert done.returncode == 1, (mode, memory, done.returncode, said)
            line = rb"%s MiB of memory are too little: \d+ MiB are needed" % memory.encode()
            assert re.search(line, said), (mode, memory, said)
            assert b"xl create" not in said, said


def _without_numbers(text: str) -> list[str]:
    """Its lines; of numbers only that there is one, whatever room it takes."""
    text = re.sub(r"[0-9a-f]*[0-9]", "N", text)
    return [re.sub(r" +", " ", line).strip() for line in text.split("\n")]


@system_test("README's capture is what a user sees", timeout=180)
def capture(context: Context) -> None:
    """What numbers are is judged elsewhere."""
    readme = (paths.ROOT / "README.md").read_text()
    found = re.search(r"^    \$ (\./lavandin boot .*)\n((?:    .*\n|\n)+)", readme, re.M)
    assert found, "README.md has no capture of ./lavandin boot"
    shown = re.sub(r"^    ", "", found.group(2), flags=re.M)
    typed = re.findall(r"^lavandin> (.*)", shown, re.M)
    done = subprocess.run(
        [_LAVANDIN, *found.group(1).split()[1:]],
        input="".join(f"{line}\n" for line in typed).encode(),
        capture_output=True,
        timeout=150,
        check=False,
    )
    said = done.stdout.decode().replace("\r", "")
    guest = shown[shown.index("Lavandin on ") : shown.index("\n\n")]
    assert _without_numbers(said.strip()) == _without_numbers(guest), said
    assert done.returncode == 0 and b"lavandin ended: poweroff" in done.stderr, done.stderr
