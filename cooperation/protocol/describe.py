#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The specification's tables, made from the headers.

    describe.py write            rewrites the tables in docs/cooperation-protocol.md
    describe.py check            says which differ; exit status 1 if one does
    describe.py asserts OUTPUT   a C source in which the compiler checks every offset shown

A table stands between `<!-- struct NAME -->` or `<!-- enum NAME -->` and `<!-- end -->`. Headers
are read as they are formatted: a field or value per line, with what it means behind it or above."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
HEADERS = HERE / "include" / "cooperation"
PAGE = HERE.parents[1] / "docs" / "cooperation-protocol.md"
WIRE = ("limits", "types", "reasons", "message", "area", "page", "error")

SIZES = {"uint8_t": 1, "uint16_t": 2, "uint32_t": 4, "uint64_t": 8}
BLOCK = re.compile(r"^(struct|enum) (\w+) \{\n(.*?)^\};", re.M | re.S)
COMMENT = re.compile(r"^( *)// ?(.*)$")
FIELD = re.compile(r"^ {4,8}(?:struct )?(\w+) (\w+)(?:\[(\w+)\])?; *(?:// (.*))?$")
VALUE = re.compile(r"^ {4}(\w+) = ([^,]+), *(?:// (.*))?$")
CONSTANT = re.compile(r"^#define (COOP_\w+) (0x[0-9a-f]+)u\b", re.M)
MARKED = re.compile(r"(<!-- (struct|enum) (\w+) -->\n).*?(<!-- end -->)", re.S)
ARRAY_LENGTHS = {"COOP_PROCESSORS": 64, "COOP_RING_SLOTS": 16}


@dataclass
class Row:
    name: str
    meaning: str
    type: str = ""
    count: int = 1
    offset: int = 0
    size: int = 0
    value: str = ""


@dataclass
class Block:
    kind: str
    name: str
    rows: list[Row] = field(default_factory=list)
    size: int = 0


def _rows(body: str, pattern: re.Pattern[str]) -> list[tuple[re.Match[str], str]]:
    """Each line of a block with its meaning: comments above it, behind it, and below, indented."""
    found: list[tuple[re.Match[str], list[str]]] = []
    above: list[str] = []
    for line in body.splitlines():
        match, comment = pattern.match(line), COMMENT.match(line)
        if match:
            last = match.lastindex and match[match.re.groups]
            found.append((match, [*above, *([last] if last else [])]))
            above = []
        elif comment and len(comment[1]) > 8 and found:
            found[-1][1].append(comment[2])
        elif comment:
            above.append(comment[2])
    return [(match, " ".join(words)) for match, words in found]


def _align(offset: int, to: int) -> int:
    return (offset + to - 1) // to * to


def _struct(name: str, body: str, known: dict[str, Block]) -> Block:
    block = Block("struct", name)
    alignment, offset = 1, 0
    union = None  # where the body of a message begins
    for match, meaning in _rows(body, FIELD):
        kind, label = match[1], match[2]
        count = ARRAY_LENGTHS.get(match[3] or "", 0) or int(match[3] or 1)
        one = SIZES.get(kind) or known[f"struct {kind}"].size
        align = SIZES.get(kind, 8)
        alignment = max(alignment, align)
        if match[0].startswith(" " * 8):  # within the union
            union = offset if union is None else union
            if kind in SIZES:
                continue
            block.rows.append(Row(label, meaning, kind, count, union, one * count))
            offset = max(offset, union + one * count)
            continue
        offset = _align(offset, align)
        block.rows.append(Row(label, meaning, kind, count, offset, one * count))
        offset += one * count
    block.size = _align(offset, alignment)
    return block


def blocks() -> dict[str, Block]:
    known: dict[str, Block] = {}
    for header in WIRE:
        for kind, name, body in BLOCK.findall((HEADERS / f"{header}.h").read_text()):
            if kind == "struct":
                known[f"struct {name}"] = _struct(name, body, known)
                continue
            block = Block("enum", name)
            for match, meaning in _rows(body, VALUE):
                value = eval(match[2], {"__builtins__": {}})  # noqa: S307  (our own header)
                block.rows.append(Row(match[1], meaning, value=str(value)))
            known[f"enum {name}"] = block
    return known


def _type(row: Row) -> str:
    kind = SIZES.get(row.type)
    text = f"u{8 * kind}" if kind else f"`{row.type.removeprefix('coop_')}`"
    return text if row.count == 1 else f"{text} x {row.count}"


def table(block: Block) -> str:
    if block.kind == "enum":
        lines = ["| value | name | meaning |", "| ---: | --- | --- |"]
        for row in block.rows:
            # Ends of an enumeration are no values of it.
            if not row.name.endswith(("S", "CAPABILITIES")) or row.meaning:
                lines.append(f"| {row.value} | `{row.name}` | {row.meaning} |")
        return "\n".join(lines) + "\n"
    lines = [f"{block.size} bytes.", "", "| offset | type | field | meaning |"]
    lines.append("| ---: | --- | --- | --- |")
    for row in block.rows:
        zero = "0" if row.name.startswith("zero") else row.meaning
        lines.append(f"| {row.offset} | {_type(row)} | `{row.name}` | {zero} |")
    return "\n".join(lines) + "\n"


def described(page: str) -> str:
    known = blocks()
    return MARKED.sub(lambda m: m[1] + "\n" + table(known[f"{m[2]} {m[3]}"]) + "\n" + m[4], page)


def asserts() -> str:
    lines = ["// Made by cooperation/protocol/describe.py.", "#include <cooperation/protocol.h>"]
    for block in blocks().values():
        if block.kind != "struct":
            continue
        kind = f"struct {block.name}"
        lines.append(f"COOP_STATIC_ASSERT(sizeof({kind}) == {block.size});")
        for row in block.rows:
            place = f"body.{row.name}" if block.name == "coop_message" and row.offset else row.name
            lines.append(f"COOP_STATIC_ASSERT(offsetof({kind}, {place}) == {row.offset});")
            size = f"sizeof((({kind}*)0)->{place})"
            lines.append(f"COOP_STATIC_ASSERT({size} == {row.size});")
    return "\n".join(lines) + "\n"


def missing(page: str) -> list[str]:
    """What the headers have and the page has no table of."""
    shown = {f"{kind} {name}" for _, kind, name, _ in MARKED.findall(page)}
    return sorted(set(blocks()) - shown)


def check() -> list[str]:
    page = PAGE.read_text()
    findings = [f"{PAGE.name}: no table of {name}" for name in missing(page)]
    ours, theirs = page.splitlines(), described(page).splitlines()
    differ = [line for line in theirs if line not in set(ours)]
    findings += [f"{PAGE.name}: the headers say: {line}" for line in differ]
    for header in WIRE:
        for name, value in CONSTANT.findall((HEADERS / f"{header}.h").read_text()):
            if f"`{name}` is {value}" not in page:
                findings.append(f"{PAGE.name}: the headers say: `{name}` is {value}")
    if ours != theirs and not differ:
        findings.append(f"{PAGE.name}: a table has more, or another order, than the headers")
    return findings


def main(arguments: list[str]) -> int:
    if arguments == ["write"]:
        PAGE.write_text(described(PAGE.read_text()))
        return 0
    if arguments == ["check"]:
        findings = check()
        for finding in findings:
            print(finding)
        return 1 if findings else 0
    if len(arguments) == 2 and arguments[0] == "asserts":
        Path(arguments[1]).write_text(asserts())
        return 0
    print(__doc__)
    return 0 if arguments in (["-h"], ["--help"]) else 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
