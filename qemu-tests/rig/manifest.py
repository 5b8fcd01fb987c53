# SPDX-License-Identifier: MIT
"""Reads servers/manifest, which says what runs in a guest and with what (servers/init/README.md).
That it is well formed is judged by init."""

from __future__ import annotations

import re
from dataclasses import dataclass

from . import paths

FILE = paths.ROOT / "servers" / "manifest"
_UNITS = {"K": 1 << 10, "M": 1 << 20}
_SHELL, _ANY_PROGRAM = "shell", "*"


@dataclass(frozen=True)
class Section:
    kind: str
    name: str
    lines: tuple[tuple[str, str], ...]  # key and value; some keys come often

    def value(self, key: str) -> str:
        """Of a key that comes once; empty when it does not."""
        return dict(self.lines).get(key, "")


def sections(text: str) -> list[Section]:
    """All sections in their order."""
    found = []
    for part in re.split(r"^(?=\[)", text, flags=re.M)[1:]:
        head, *lines = [line for line in part.splitlines() if line and not line.startswith("#")]
        kind, name = head.strip("[]").split()
        pairs = (line.partition("=") for line in lines)
        rows = tuple((key.strip(), value.strip()) for key, _, value in pairs)
        found.append(Section(kind, name, rows))
    return found


def _bytes(value: str) -> int:
    return int(value[:-1]) * _UNITS[value[-1]]


def beside_shell(program: str, text: str) -> int:
    """The bytes that a system with this main program needs more than one with the shell, which
    needs one small program, too. Shares that servers take in percent grow with what is needed, as
    in servers/init/memory_need.cpp."""
    found = sections(text)
    quotas = {each.name: _bytes(each.value("quota")) for each in found if each.kind == "program"}
    if program == _SHELL:
        return 0
    more = quotas.get(program, quotas[_ANY_PROGRAM]) - quotas[_SHELL] - min(quotas.values())
    for each in (section for section in found if section.kind == "server"):
        for share in (each.value("pool"), each.value("quota")):
            if share.endswith("%"):
                more = more * 100 // (100 - int(share[:-1]))
    return more
