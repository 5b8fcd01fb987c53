#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Runs clang-tidy on our C++ that is built for the target, in parallel.

    check_tidy.py [--deep] BUILD [PATH...]

BUILD is the folder of a clang preset, whose compile_commands.json says how each file is compiled.
PATHs (default: all of the project) select files. The static analyzer follows calls into short
functions only, unless it is to go deep, for which it needs twice the time of all else. A file that
passed is not looked at again until something that it includes, or a .clang-tidy above it, changes.
Prints each finding; exit status 1 when there is one."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# Clang's own choice of what it inlines, how many states it looks at, and more (Analyses.def).
SHALLOW = ("-Xclang", "-analyzer-config", "-Xclang", "mode=shallow")
CONFIGURATION = ".clang-tidy"  # of a folder and those below it
ONE_FILE_TIMEOUT = 300
FINDING = re.compile(r"^(\S+?:\d+):\d+: (?:error|warning): (.*)$", re.M)


@dataclass(frozen=True)
class Unit:
    file: Path
    command: tuple[str, ...]
    directory: Path

    @property
    def name(self) -> str:
        return str(self.file.relative_to(ROOT))


def program() -> str | None:
    return shutil.which("clang-tidy-14") or shutil.which("clang-tidy")


def units(build: Path, paths: list[Path]) -> list[Unit]:
    """Our own C++ files; generated ones and newlib's are not ours to tidy."""
    found = []
    for entry in json.loads((build / "compile_commands.json").read_text()):
        file = Path(entry["directory"], entry["file"]).resolve()
        inside = file.is_relative_to(ROOT) and not file.is_relative_to(ROOT / "build")
        chosen = not paths or any(file.is_relative_to(path) for path in paths)
        if inside and chosen and file.suffix == ".cpp" and not file.is_relative_to(build):
            command = tuple(shlex.split(entry["command"]))
            found.append(Unit(file, command, Path(entry["directory"])))
    return sorted({unit.file: unit for unit in found}.values(), key=lambda unit: unit.file)


def configurations(unit: Unit) -> list[Path]:
    """The files that say how it is looked at."""
    folders = [folder for folder in unit.file.parents if folder.is_relative_to(ROOT)]
    return [folder / CONFIGURATION for folder in folders if (folder / CONFIGURATION).exists()]


def digest(unit: Unit, extra: tuple[str, ...]) -> str | None:
    """Of how a file is looked at and of all that the compiler reads, comments included; None when
    it does not compile."""
    command = list(unit.command)
    for option in ("-o", "-MF", "-MT"):
        while option in command:
            at = command.index(option)
            del command[at : at + 2]
    command = [word for word in command if word not in ("-c", "-MD")]
    done = subprocess.run(
        [*command, "-E", "-C"], cwd=unit.directory, capture_output=True, timeout=ONE_FILE_TIMEOUT
    )
    if done.returncode:
        return None
    content = hashlib.sha256(" ".join([*command, *extra]).encode())
    for file in configurations(unit):
        content.update(file.read_bytes())
    content.update(done.stdout)
    return content.hexdigest()


def tidy(unit: Unit, build: Path, passed: Path, extra: tuple[str, ...]) -> list[str]:
    mark = digest(unit, extra)
    if mark is not None and (passed / mark).exists():
        return []
    assert (tool := program()) is not None
    done = subprocess.run(
        [
            tool,
            "-p",
            str(build),
            "--quiet",
            *(f"--extra-arg={word}" for word in extra),
            str(unit.file),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=ONE_FILE_TIMEOUT,
    )
    findings = [
        f"{place.removeprefix(f'{ROOT}/')}: {text}" for place, text in FINDING.findall(done.stdout)
    ]
    if done.returncode and not findings:
        findings = [f"{unit.name}: clang-tidy failed: {done.stderr.strip()[-500:]}"]
    if not findings and mark is not None:
        (passed / mark).touch()
    return findings


def check(build: Path, paths: list[Path], deep: bool = False) -> list[str]:
    """Findings in the chosen files, each once however many files include the place."""
    if program() is None:
        return ["clang-tidy-14 is not installed (`./lavandin setup` does it)"]
    chosen = units(build, [path.resolve() for path in paths])
    if not chosen:
        return ["no file to look at"]
    passed = ROOT / "build" / "tidy"
    passed.mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        extra = () if deep else SHALLOW
        results = pool.map(lambda unit: tidy(unit, build, passed, extra), chosen)
        return sorted({finding for findings in results for finding in findings})


def main(arguments: list[str]) -> int:
    deep = arguments[:1] == ["--deep"]
    arguments = arguments[deep:]
    if not arguments or not Path(arguments[0], "compile_commands.json").exists():
        print(__doc__, file=sys.stderr)
        return 2
    findings = check(Path(arguments[0]).resolve(), [Path(each) for each in arguments[1:]], deep)
    for finding in findings:
        print(finding)
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
