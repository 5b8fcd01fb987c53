#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Replays recordings of one side against the rules of the model.

    replay.py FILE...

A recording is what coopd writes, and a guest's manager can (docs/cooperation-protocol.md,
Recordings): one JSON object per line. The rules are those that SPIN verifies (rules.pml), run by
SPIN's simulator, so that neither can drift from the other. Prints, for each file, how much was
judged, or the first line that the rules do not allow and why; exit status 1 if there is one."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

MODEL = Path(__file__).resolve().parent
SPIN_TIMEOUT = 600

EVENTS = ("begin", "take", "say", "show", "put", "end", "suspend", "forgive", "notify", "wake",
          "sleep")
TYPES = ("hello", "request", "release", "done", "refused", "welcome", "answer", "offer", "reclaim")
VERDICTS = ("ok", "session", "replay", "gap", "regarding", "outstanding", "state")
# All other errors are seen by looking at contents.
CONTENT = ("type", "service", "zero", "range", "mask", "time", "value", "contradiction", "unagreed",
           "flood")
MOST = 2**31 - 1

REASONS = {
    "WRONG_VERDICT": "the rules judge this message otherwise",
    "WRONG_COUNT": "its sequence number counts, or does not count, against the rules",
    "NOT_ALLOWED": "it may not be said, or happen, now",
    "WRONG_NUMBERS": "session, sequence or regarding are not what they must be",
    "NOT_WELCOMED": "a HELLO was accepted, and WELCOME is not what was said next",
    "WRONG_STATUS": "the status shows another session than there is",
    "WELCOME_BEFORE_STATUS": "WELCOME was put before the status showed its session",
    "OUT_OF_ORDER": "messages are put in another order than they were said, or one is missing",
    "EDGE_FORGOTTEN": "the side sleeps with an edge due",
}


class Refused(Exception):
    """The recording is not one that the rules allow, or none at all."""


class Numbers:
    """Sessions and instances by the order in which they appear: they are only compared."""

    def __init__(self) -> None:
        self._known = {0: 0}

    def __getitem__(self, number: int) -> int:
        return self._known.setdefault(number, len(self._known))


def _number(line: int, event: dict, key: str) -> int:
    value = event.get(key, 0)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**32:
        raise Refused(f"line {line}: {key} is no 32-bit number")
    return value


def _choice(line: int, event: dict, key: str, choices: tuple[str, ...]) -> str:
    value = event.get(key)
    if value not in choices:
        raise Refused(f"line {line}: {key} is not one of {', '.join(choices)}")
    return str(value)


def _small(line: int, event: dict, key: str) -> int:
    value = _number(line, event, key)
    if value > MOST:
        raise Refused(f"line {line}: a {key} beyond what the model counts to")
    return value


def _message(line: int, event: dict, numbers: dict[str, Numbers]) -> list[object]:
    # A message that was not understood may have any type, and is dropped whatever it has.
    unknown = event.get("verdict") in CONTENT and event.get("type") not in TYPES
    kind = "release" if unknown else _choice(line, event, "type", TYPES)
    return [
        kind.upper(),
        numbers["session"][_number(line, event, "session")],
        0 if unknown else _small(line, event, "sequence"),
        0 if unknown else _small(line, event, "regarding"),
        numbers["instance"][_number(line, event, "instance")],
        int(_number(line, event, "version") != 0),
    ]


NO_MESSAGE: list[object] = ["RELEASE", 0, 0, 0, 0, 0]


def _statement(line: int, event: dict, numbers: dict[str, Numbers]) -> str:
    """The event as a statement of the model's language."""
    kind = _choice(line, event, "event", EVENTS)
    vmm = int(_choice(line, event, "side", ("guest", "vmm")) == "vmm")
    with_message = kind in ("take", "say", "put")
    message = _message(line, event, numbers) if with_message else NO_MESSAGE
    table = numbers["instance" if kind == "begin" else "session"]
    count = table[_number(line, event, "number")]
    verdict, counted = "OK", 0
    if kind == "take":
        found = _choice(line, event, "verdict", VERDICTS + CONTENT)
        # A message may answer nothing by its form alone; then it is judged before its sequence.
        by_form = found == "regarding" and event.get("counted") is False
        verdict = found.upper() if found in VERDICTS and not by_form else "CONTENT"
        if not isinstance(event.get("counted"), bool):
            raise Refused(f"line {line}: counted is neither true nor false")
        counted = int(event["counted"])
    values = [line, kind.upper(), vmm, count, *message, verdict, counted]
    return f"    events ! {', '.join(map(str, values))}"


def _events(text: str) -> Iterator[tuple[int, dict]]:
    for line, row in enumerate(text.splitlines(), 1):
        try:
            event = json.loads(row)
        except ValueError as error:
            raise Refused(f"line {line}: no JSON: {error}") from error
        if not isinstance(event, dict):
            raise Refused(f"line {line}: no JSON object")
        yield line, event


def statements(text: str) -> list[str]:
    """All sides of a recording, one after the other, each from its beginning."""
    sides: dict[tuple[object, object], list[str]] = {}
    numbers: dict[tuple[object, object], dict[str, Numbers]] = {}
    for line, event in _events(text):
        side = (event.get("domain"), event.get("side"))
        if side not in sides:
            if event.get("event") != "begin":
                raise Refused(f"line {line}: this side's recording does not begin with `begin`")
            sides[side] = []
            numbers[side] = {"session": Numbers(), "instance": Numbers()}
        sides[side].append(_statement(line, event, numbers[side]))
    if not sides:
        raise Refused("the recording is empty")
    return [statement for side in sides.values() for statement in side]


def judge(text: str) -> int:
    """How many lines were judged; Refused says which line the rules do not allow, and why."""
    recorded = statements(text)
    program = (MODEL / "replay.pml").read_text()
    # The last event only makes sure that the one before it was judged to its end.
    last = _statement(0, {"event": "notify", "side": "vmm"}, {"session": Numbers()})
    program += "init {\n    run Judge();\n" + ";\n".join([*recorded, last])
    program += ';\n    printf("JUDGED\\n")\n}\n'
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory, "recording.pml")
        path.write_text(program.replace('"rules.pml"', f'"{MODEL / "rules.pml"}"'))
        # -T: no indentation of what is printed, which would grow with the process's number
        done = subprocess.run(
            ["spin", "-T", str(path)], cwd=directory, capture_output=True, text=True,
            timeout=SPIN_TIMEOUT,
        )
    refused = re.search(r"REFUSED (\d+) (\w+)", done.stdout)
    if refused:
        row = text.splitlines()[int(refused[1]) - 1]
        raise Refused(f"line {refused[1]}: {REASONS[refused[2]]}\n    {row}")
    # What else stops it is a mistake of the model: it must have come to its end.
    if "JUDGED" not in done.stdout:
        raise RuntimeError(f"spin: {(done.stdout + done.stderr).strip()[-2000:]}")
    return len(recorded)


def main(arguments: list[str]) -> int:
    if not arguments or arguments[0].startswith("-"):
        print(__doc__)
        return 0 if arguments in (["-h"], ["--help"]) else 2
    failed = False
    for name in arguments:
        try:
            print(f"{name}: {judge(Path(name).read_text())} lines, as the rules allow")
        except Refused as reason:
            print(f"{name}: {reason}")
            failed = True
        except OSError as error:
            print(error)
            failed = True
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
