#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Compares the ELF note that says where the kernel's structures are (kernel/outside_view.hpp) with
what DWARF says of them: two answers of the compiler to the same question. Prints each difference;
exit status 1 when there is one."""

from __future__ import annotations

import argparse
import struct
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # a package, which is there when something is checked: tests are listed without
    from elftools.dwarf.die import DIE
    from elftools.elf.elffile import ELFFile

MAGIC = 0x7765695676614C  # "LavView"
OWNER, TYPE, VERSION = "Lavandin", 1, 1
_STRUCTURES = ("DW_TAG_class_type", "DW_TAG_structure_type")

# Of the note's fields: the structure and the member that each is the offset of; by way of a base,
# when there are three.
MEMBERS = {
    "local_view": ("Local", "outside_view"),
    "local_processor": ("Local", "processor"),
    "local_number": ("Local", "number"),
    "processors_all": ("Processors", "_all"),
    "processors_count": ("Processors", "_count"),
    "processor_number": ("Processor", "_number"),
    "processor_lock": ("Processor", "_lock"),
    "processor_classes": ("Processor", "_classes"),
    "processor_current": ("Processor", "_current"),
    "processor_accounts": ("Processor", "_accounts"),
    "lock_held": ("Lock", "_held"),
    "lock_turns": ("Lock", "_turns"),
    "classes_queues": ("Class_set", "_queues"),
    "queue_ready": ("Class_queue", "_ready"),
    "queue_count": ("Class_queue", "_count"),
    "list_head": ("List<kernel::Schedulable, kernel::Queue_tag>", "_head"),
    "link_next": ("List_link", "next"),
    "thread_identifier": ("Thread", "_identifier"),
    "thread_wait": ("Thread", "wait"),
    "thread_processor": ("Thread", "processor"),
    "thread_priority": ("Thread", "Schedulable", "_priority"),
    "thread_account": ("Thread", "account"),
    "thread_registers": ("Thread", "_registers"),
    "thread_process": ("Thread", "_home"),
    "process_identifier": ("Process", "_identifier"),
    "process_name": ("Process", "_name"),
}
# Those that are offsets of bases, those that are sizes, symbols and values.
BASES = {
    "thread_queue_link": ("Thread", "Schedulable", "Queue_tag"),
    "thread_known_link": ("Thread", "Known_tag"),
}
SIZES = {
    "bytes": "Outside_view",
    "processor_bytes": "Processor",
    "queue_bytes": "Class_queue",
    "thread_bytes": "Thread",
}
SYMBOLS = {"all_processors": "known_processors", "all_threads": "known_threads"}
FIXED = {"magic": MAGIC, "version": VERSION, "classes": 4}


def note_of(elf: ELFFile) -> bytes:
    """Not by pyelftools' own iteration, which takes Xen's notes for those of other owners."""
    for segment in elf.iter_segments("PT_NOTE"):
        data = segment.data()
        name_bytes, size, kind = struct.unpack_from("<III", data)
        begin = 12 + (name_bytes + 3) // 4 * 4
        if data[12 : 12 + name_bytes] == OWNER.encode() + b"\0" and kind == TYPE:
            return data[begin : begin + size]
    raise SystemExit(f"there is no note of {OWNER}")


def _name(die: DIE) -> str:
    attribute = die.attributes.get("DW_AT_name")
    return attribute.value.decode() if attribute else ""


def structures(elf: ELFFile, wanted: set[str]) -> dict[str, DIE]:
    """The first full description of each that is in namespace kernel or xenpv."""
    found: dict[str, DIE] = {}
    for unit in elf.get_dwarf_info().iter_CUs():
        for space in unit.get_top_DIE().iter_children():
            if space.tag != "DW_TAG_namespace" or _name(space) not in ("kernel", "xenpv"):
                continue
            for die in space.iter_children():
                name = _name(die)
                whole = die.tag in _STRUCTURES and "DW_AT_byte_size" in die.attributes
                if whole and name in wanted:
                    found.setdefault(name, die)
        if found.keys() == wanted:
            break
    return found


def _parts(die: DIE, tag: str) -> Iterator[tuple[str, int]]:
    for child in die.iter_children():
        if child.tag != tag or "DW_AT_data_member_location" not in child.attributes:
            continue
        name = _name(child)
        if tag == "DW_TAG_inheritance":
            name = _name(child.get_DIE_from_attribute("DW_AT_type"))
        yield name, child.attributes["DW_AT_data_member_location"].value


def _offset(known: dict[str, DIE], path: tuple[str, ...], tag: str) -> int | None:
    """Of the last one in the first one; those between are bases."""
    offset = 0
    for structure, part in zip(path, path[1:]):
        last = part == path[-1]
        there = dict(_parts(known[structure], tag if last else "DW_TAG_inheritance")).get(part)
        if there is None:
            return None
        offset += there
    return offset


def symbol(elf: ELFFile, name: str) -> int | None:
    """The address of an object in namespace kernel."""
    mangled = f"_ZN6kernel{len(name)}{name}E"
    found = elf.get_section_by_name(".symtab").get_symbol_by_name(mangled)
    return found[0]["st_value"] if found else None


def differences(file: Path) -> list[str]:
    from elftools.elf.elffile import ELFFile

    with file.open("rb") as handle:
        elf = ELFFile(handle)
        note = note_of(elf)
        paths = (*MEMBERS.values(), *BASES.values())
        wanted = {name for path in paths for name in path[:-1]} | set(SIZES.values())
        known = structures(elf, wanted)
        if missing := wanted - known.keys():
            return [f"DWARF does not describe {', '.join(sorted(missing))}"]
        fields = dict(_parts(known["Outside_view"], "DW_TAG_member"))
        said = {name: struct.unpack_from("<Q", note, place)[0] for name, place in fields.items()}
        right: dict[str, int | None] = dict(FIXED)
        for tag, table in (("DW_TAG_member", MEMBERS), ("DW_TAG_inheritance", BASES)):
            for field, path in table.items():
                right[field] = _offset(known, path, tag)
        for field, structure in SIZES.items():
            right[field] = known[structure].attributes["DW_AT_byte_size"].value
        for field, name in SYMBOLS.items():
            right[field] = symbol(elf, name)
    found = [f"{name}: nobody compares it" for name in said.keys() - right.keys()]
    found += [f"{name}: the note does not have it" for name in right.keys() - said.keys()]
    found += [
        f"{name}: the note says {said[name]:#x}, DWARF {right[name]}"
        for name in said.keys() & right.keys()
        if said[name] != right[name]
    ]
    return sorted(found)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kernel", type=Path, help="with debug information")
    found = differences(parser.parse_args().kernel)
    for line in found:
        print(line)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
