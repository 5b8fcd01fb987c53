#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Checks the sources: format, licence lines, widths, readmes, links, what the kernel may name, and
that tests are there to which the conformance suite refers.

    check_source.py [--fix]

Looks at every file that git knows or would take. `--fix` lets clang-format rewrite what it would
write otherwise. Prints each finding; exit status 1 when there is one. clang-tidy is apart
(check_tidy.py), as it needs a build."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import tested_elsewhere

ROOT = Path(__file__).resolve().parents[1]
WIDTH = 100
TIMEOUT = 300  # seconds for a program that is asked

C_FAMILY = re.compile(r"\.(c|cpp|h|hpp)$")
CODE = re.compile(
    r"\.(c|cpp|h|hpp|S|ld|py|sh|cmake|toml|map)$|(^|/)CMakeLists\.txt$|(^|/)\.(clang-.*|gitignore)$"
)
# Tables whose rows cannot be broken.
WIDE = re.compile(r"\.toml$")

COMMENT = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"', re.S)
CONDITIONAL = re.compile(r"^[ \t]*#[ \t]*(?:if|ifdef|ifndef|elif)\b.*$", re.M)
GUARD = re.compile(r"^#ifndef (\w+)\n#define \1\n", re.M)
SHARED_WITH_C = "#ifdef __cplusplus"
PLATFORM = re.compile(
    r"xen|x86|hypercall|\basm\b|__asm|\bcr[0234]\b|\bmsr\b|cpuid"
    r"|\br(?:[abcd]x|[sd]i|[sb]p|ip)\b",
    re.I,
)
# Says in which registers arguments are, and what calls cost.
SYSTEM_CALL_TABLE = ("kernel/abi/system_calls.toml", "kernel/abi/generate.py")
GUARDED = re.compile(r"//.*\b(?:guards?|no lock|exclusive)\b")
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
FOLDER_DEPTH = 2  # folders up to here have a README


def files() -> list[str]:
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        timeout=TIMEOUT,
        check=True,
    )
    names = listing.stdout.decode().split("\0")
    return sorted({name for name in names if name and (ROOT / name).is_file()})


def _script(name: str) -> bool:
    if "." in Path(name).name:
        return False
    with (ROOT / name).open("rb") as handle:
        return handle.read(2) == b"#!"


def code() -> Iterator[tuple[str, str]]:
    """Name and text of everything that is code of ours."""
    for name in files():
        if CODE.search(name) or _script(name):
            yield name, (ROOT / name).read_text(errors="replace")


def formatter() -> str | None:
    """Formats differ between versions: the one that CONTRIBUTING.md names comes first."""
    return shutil.which("clang-format-14") or shutil.which("clang-format")


def check_format() -> list[str]:
    program = formatter()
    if program is None:
        return ["clang-format-14 is not installed (`./lavandin setup` does it)"]
    names = [name for name in files() if C_FAMILY.search(name)]
    done = subprocess.run(
        [program, "--dry-run", "-Werror", *names],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
    )
    if done.returncode == 0:
        return []
    bad = re.findall(r"^(\S+?):(\d+):\d+: error", done.stderr, re.M)
    first: dict[str, str] = {}
    for name, line in bad:
        first.setdefault(name, line)
    return [f"{name}:{line}: not as clang-format writes it" for name, line in first.items()] or [
        done.stderr.strip()[-500:]
    ]


def check_licence() -> list[str]:
    findings = []
    for name, text in code():
        head = "\n".join(text.split("\n")[:3])
        if "SPDX-License-Identifier: " not in head:
            findings.append(f"{name}: no SPDX line in its first three")
    return findings


def check_width() -> list[str]:
    return [
        f"{name}:{number}: {len(line)} columns"
        for name, text in code()
        if not WIDE.search(name)
        for number, line in enumerate(text.split("\n"), 1)
        if len(line) > WIDTH
    ]


def check_space() -> list[str]:
    """Tabs, blanks at the end of a line, a last line without its end."""
    findings = []
    for name, text in code():
        for number, line in enumerate(text.split("\n"), 1):
            if line != line.rstrip() or "\t" in line:
                findings.append(f"{name}:{number}: tab, or blanks at the end")
        if text and not text.endswith("\n"):
            findings.append(f"{name}: the last line does not end")
    return findings


def check_readmes() -> list[str]:
    """A folder says what lives in it, unless it holds a single file."""
    children: dict[str, set[str]] = {}
    for name in files():
        parts = Path(name).parts
        for depth in range(1, min(len(parts), FOLDER_DEPTH + 1)):
            children.setdefault("/".join(parts[:depth]), set()).add(parts[depth])
    return [
        f"{folder}: no README.md"
        for folder, names in sorted(children.items())
        if len(names) > 1 and "README.md" not in names and not folder.startswith(".")
    ]


def check_conditionals() -> list[str]:
    """Variants are chosen by include path, not by the preprocessor."""
    return [
        f"{name}: {condition}"
        for name, text in code()
        if C_FAMILY.search(name)
        for condition in conditionals(text)
    ]


def conditionals(text: str) -> list[str]:
    """Those of a file that are neither an include guard nor for a header shared by C and C++."""
    bare = GUARD.sub("", COMMENT.sub("", text), count=1)
    found = [each.group().strip() for each in CONDITIONAL.finditer(bare)]
    return [condition for condition in found if condition != SHARED_WITH_C]


def platforms(text: str) -> list[tuple[int, str]]:
    """Lines, with their numbers, that name a processor or a hypervisor, be it in a comment."""
    lines = enumerate(text.split("\n"), 1)
    return [(number, line.strip()) for number, line in lines if PLATFORM.search(line)]


def check_kernel_is_portable() -> list[str]:
    return [
        f"{name}:{number}: names a platform: {line}"
        for name, text in code()
        if name.startswith("kernel/") and name not in SYSTEM_CALL_TABLE
        for number, line in platforms(text)
    ]


def unguarded(text: str) -> bool:
    """Whether a header has kernel objects and no word of what guards them."""
    return "final : public Object" in text and not GUARDED.search(text)


def check_objects_are_guarded() -> list[str]:
    return [
        f"{name}: no comment says which lock guards what (guards, no lock)"
        for name, text in code()
        if name.startswith("kernel/include/") and unguarded(text)
    ]


def check_links() -> list[str]:
    return [
        f"{name}: {target} is not there"
        for name in files()
        if name.endswith(".md")
        for target in LINK.findall((ROOT / name).read_text())
        if "://" not in target and not (ROOT / name).parent.joinpath(target).exists()
    ]


def check_tested_elsewhere() -> list[str]:
    return [
        f"{name}: {call} answers {answer}: {fault}"
        for name, text in code()
        if name.startswith("conformance/")
        for answer, call, where in tested_elsewhere.declarations(text)
        if (fault := tested_elsewhere.fault(ROOT, answer, call, where))
    ]


CHECKS: list[tuple[str, Callable[[], list[str]]]] = [
    ("C and C++ are as clang-format writes them", check_format),
    ("every source has its licence line", check_licence),
    (f"no line is wider than {WIDTH} columns", check_width),
    ("no tabs, no blanks at line ends", check_space),
    ("every folder says what lives there", check_readmes),
    ("no conditional compilation", check_conditionals),
    ("the kernel names no platform", check_kernel_is_portable),
    ("kernel objects say what guards them", check_objects_are_guarded),
    ("links in documents lead somewhere", check_links),
    ("what is said to be tested elsewhere is", check_tested_elsewhere),
]


def fix() -> None:
    program = formatter()
    if program is None:
        sys.exit("clang-format-14 is not installed (`./lavandin setup` does it)")
    names = [name for name in files() if C_FAMILY.search(name)]
    subprocess.run([program, "-i", *names], cwd=ROOT, timeout=TIMEOUT, check=True)


def main(arguments: list[str]) -> int:
    if arguments == ["--fix"]:
        fix()
    elif arguments:
        print(__doc__, file=sys.stderr)
        return 2
    failed = False
    for name, check in CHECKS:
        findings = check()
        failed |= bool(findings)
        print(f"{'FAILED' if findings else 'ok'}: {name}")
        for finding in findings:
            print(f"    {finding}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
