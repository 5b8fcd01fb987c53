#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Looks at a built kernel with the eyes of somebody who does not trust it.

    check_image.py KERNEL STRIPPED

KERNEL has symbols, STRIPPED is what boots. Checked are: every instruction (only those that are
known to be harmless in ring 3 under Xen, a few more in the functions that may use them), the size,
Xen's ELF notes, and the rights of sections and segments. Prints each finding; exit status 1 when
there is one. Needs objdump (binutils)."""

from __future__ import annotations

import re
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

LARGEST_STRIPPED = 400 * 1024
MOST_FINDINGS = 40

# Reading or changing the machine's state needs privilege: it traps, or Xen emulates it.
PRIVILEGED = set(
    "cli sti popf popfq pushf pushfq hlt in ins out outs lgdt lidt lldt ltr wrmsr rdmsr invd wbinvd "
    "wbnoinvd invlpg invlpga invpcid swapgs sysret sysretl sysretq sysexit sysenter iret iretq "
    "iretd clts lmsr lmsrw clac stac xsetbv monitor mwait vmcall vmmcall vmrun vmxon rsm encls "
    "wrfsbase wrgsbase rdfsbase rdgsbase wrpkru rdpkru int int1 into icebp".split()
)
# These answer without a trap and show the host instead of the virtual machine.
REVEALING = set(
    "cpuid sgdt sgdtq sidt sidtq sldt str smsw rdpmc rdtsc rdtscp rdpid xgetbv lar lsl verr verw "
    "rdrand rdseed".split()
)
FPU_REGISTER = re.compile(r"%(?:[xyz]mm\d+|mm\d|st\b|k\d\b|bnd\d)")
SEGMENT_REGISTER = re.compile(r"(?<!\w)%[cdefgs]s(?!:)\b")

# The integer instructions that our compilers and assembler files use, without size suffix.
HARMLESS = set(
    "adc add and bsf bsr bswap bt btc btr bts call cbtw cld cltd cltq clc cmc cmp cqto cwtl dec div "
    "idiv imul inc jmp jrcxz lahf lea leave lods mov movabs movs movsb movsbl movsbq movsbw movslq "
    "movswl movswq movsx movzb movzbl movzbw movzwl mul neg nop not or pause pop popcnt push ret rol "
    "ror sahf sar sbb scas shl shld shr shrd stc std stos sub test tzcnt lzcnt ud2 xadd xchg xlat "
    "xor endbr64 cmpxchg cmpxchg16b cmps lfence mfence sfence prefetcht0 movbe rorx andn".split()
)
CONDITIONAL = re.compile(r"(?:j|set|cmov)(?:n?[abceglopsz]|n?[abgl]e|pe|po)[bwlq]?$")
PREFIX = set("lock rep repz repnz repe repne cs ds es fs gs ss data16 addr32 notrack bnd".split())
REX = re.compile(r"rex(\.\w+)?$")

# Function (demangled, without arguments) to what it may use beyond.
EXTENDED_STATE = {"xsave64", "xrstor64", "fxsave64", "fxrstor64"}
ALLOWED: dict[str, set[str]] = {
    # the only two things that have no hypercall (docs: "What has no hypercall")
    "xenpv::enable_extended_state": {"cr4", "xsetbv"},
    # leaving the kernel is the iret hypercall, made by hand
    "exit_to_user": {"syscall"},
    # Xen's clock is scaled from the time stamp counter
    "arch::now": {"rdtsc"},
    "arch::start_clock": {"rdtsc"},
    "arch::platform_time": {"rdtsc"},
    "arch::read_tsc": {"rdtsc"},
    # a null selector, then the base by hypercall
    "arch::load_thread_pointer": {"segment"},
    "arch::switch_to": {"segment"},
    # whole states, never single registers
    "xenpv::set_up_fpu": EXTENDED_STATE,
    "xenpv::switch_fpu": EXTENDED_STATE,
    "xenpv::forget_fpu": EXTENDED_STATE,
    "arch::fpu_end": EXTENDED_STATE,
    "xenpv::save": EXTENDED_STATE,
    "xenpv::load": EXTENDED_STATE,
}

FORCED_EMULATION = ("0f0b", "7865", "6e")  # ud2, "xen", as objdump takes it apart


@dataclass(frozen=True)
class Instruction:
    function: str
    address: int
    bytes: str
    mnemonic: str  # without prefixes
    operands: str

    def __str__(self) -> str:
        return f"{self.address:x} in {self.function}: {self.mnemonic} {self.operands}".rstrip()


_SYMBOL = re.compile(r"^[0-9a-f]+ <(.*)>:$")
_LINE = re.compile(r"^\s*([0-9a-f]+):\t([0-9a-f ]+?)\s*(?:\t(.*))?$")


def _function(symbol: str) -> str:
    """`xenpv::(anonymous namespace)::load(void const*) [clone .cold]` is `xenpv::load`."""
    symbol = re.sub(r" \[clone [^]]*\]", "", symbol).replace("(anonymous namespace)::", "")
    return symbol.split("(")[0]


def _split(text: str) -> tuple[str, str]:
    words = text.split("#")[0].split("<")[0].split(None, 1)
    while words and (words[0] in PREFIX or REX.match(words[0])):
        words = words[1].split(None, 1) if len(words) > 1 else []
    if not words:
        return "(prefix)", ""
    mnemonic = words[0].split(",")[0]  # "jne,pn"
    return mnemonic, words[1].strip() if len(words) > 1 else ""


def disassemble(file: Path) -> Iterator[Instruction]:
    """Every instruction of every executable section."""
    done = subprocess.run(
        ["objdump", "-d", "-z", "-C", "-w", str(file)], capture_output=True, text=True, check=True
    )
    function = "?"
    for line in done.stdout.splitlines():
        if symbol := _SYMBOL.match(line):
            function = _function(symbol.group(1))
        elif found := _LINE.match(line):
            address, data, text = found.groups()
            mnemonic, operands = _split(text or "(bad)")
            yield Instruction(
                function, int(address, 16), data.replace(" ", ""), mnemonic, operands
            )


def without_forced_emulation(code: list[Instruction]) -> tuple[list[Instruction], list[str]]:
    """Takes out `ud2; .ascii "xen"; cpuid`, by which Xen answers for the virtual processor. The
    five bytes decode as ud2, js, outsb, so that what follows is in step. Anything but cpuid behind
    the prefix is a finding."""
    kept: list[Instruction] = []
    findings: list[str] = []
    index = 0
    while index < len(code):
        if tuple(each.bytes for each in code[index : index + 3]) != FORCED_EMULATION:
            kept.append(code[index])
            index += 1
            continue
        emulated = code[index + 3] if index + 3 < len(code) else None
        if emulated is None or emulated.bytes != "0fa2":
            findings.append(f"{code[index]}: Xen's prefix before something else than cpuid")
            index += 3
        else:
            index += 4
    return kept, findings


def _zeros(instruction: Instruction) -> bool:
    """What the hypercall page holds until Xen fills it, and padding."""
    return set(instruction.bytes) == {"0"}


def judge(each: Instruction) -> str | None:
    """What is wrong with one instruction, if anything is."""
    allowed = ALLOWED.get(each.function, set())
    name = each.mnemonic
    stem = name[:-1] if name[-1] in "bwlq" else name
    if name in allowed or _zeros(each):
        return None
    if "%cr" in each.operands or "%db" in each.operands or "%tr" in each.operands:
        return None if "cr4" in allowed and "%cr4" in each.operands else "control register"
    if each.bytes.endswith("0fc7f0") or name in PRIVILEGED or stem in PRIVILEGED:
        return "privileged"
    if name in REVEALING or stem in REVEALING:
        return "shows the host"
    if name in ("syscall", "int3"):
        return "enters Xen other than by the hypercall page"
    if FPU_REGISTER.search(each.operands):
        return "touches the FPU"
    if SEGMENT_REGISTER.search(each.operands):
        return None if "segment" in allowed else "segment register"
    if name in HARMLESS or stem in HARMLESS or CONDITIONAL.match(name):
        return None
    return "not known to be harmless"


def check_instructions(file: Path) -> list[str]:
    code = list(disassemble(file))
    if not code:
        return [f"{file}: holds no instruction"]
    code, findings = without_forced_emulation(code)
    for each in code:
        if wrong := judge(each):
            findings.append(f"{wrong}: {each}")
    return findings


@dataclass(frozen=True)
class Section:
    name: str
    kind: int
    flags: int
    offset: int
    size: int


@dataclass(frozen=True)
class Segment:
    kind: int
    flags: int
    offset: int
    address: int
    file_size: int


@dataclass
class Elf:
    """What the checks need of a little-endian ELF64 file. Raises ValueError for anything else."""

    path: Path
    sections: list[Section] = field(default_factory=list)
    segments: list[Segment] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.data = self.path.read_bytes()
        if self.data[:6] != b"\x7fELF\x02\x01":
            raise ValueError(f"{self.path} is not a 64-bit ELF file")
        header = struct.unpack_from("<HHIQQQIHHHHHH", self.data, 16)
        self.entry, program, section = header[3:6]
        program_count, section_size, section_count, names = header[9:13]
        for index in range(program_count):
            kind, flags, offset, address, _, size = struct.unpack_from(
                "<IIQQQQ", self.data, program + index * 56
            )
            self.segments.append(Segment(kind, flags, offset, address, size))
        rows = [
            struct.unpack_from("<IIQQQQ", self.data, section + index * section_size)
            for index in range(section_count)
        ]
        for name, kind, flags, _, offset, size in rows:
            self.sections.append(Section(self._text(rows[names][4] + name), kind, flags, offset, size))

    def _text(self, offset: int) -> str:
        return self.data[offset : self.data.index(b"\0", offset)].decode(errors="replace")

    def notes(self) -> dict[int, bytes]:
        """Descriptors of the notes that Xen owns, by type."""
        found = {}
        for segment in (each for each in self.segments if each.kind == 4):
            at, end = segment.offset, segment.offset + segment.file_size
            while at + 12 <= end:
                name_size, size, kind = struct.unpack_from("<III", self.data, at)
                name = self.data[at + 12 : at + 12 + name_size]
                at += 12 + (name_size + 3) // 4 * 4
                if name == b"Xen\0":
                    found[kind] = self.data[at : at + size]
                at += (size + 3) // 4 * 4
        return found


# xen/elfnote.h
ENTRY, HYPERCALL_PAGE, VIRT_BASE, PADDR_OFFSET = 1, 2, 3, 4
XEN_VERSION, GUEST_OS, GUEST_VERSION, LOADER, PAE_MODE, INIT_P2M = 5, 6, 7, 8, 9, 15


def check_notes(file: Path) -> list[str]:
    elf = Elf(file)
    notes = elf.notes()
    findings = []
    for kind, text in ((XEN_VERSION, "xen-3.0"), (GUEST_OS, "Lavandin"), (LOADER, "generic"), (PAE_MODE, "yes")):
        if notes.get(kind) != text.encode() + b"\0":
            findings.append(f"note {kind} is {notes.get(kind)!r}, not {text}")
    if not notes.get(GUEST_VERSION, b"").rstrip(b"\0"):
        findings.append("the note of the version is missing")
    number = {
        kind: struct.unpack("<Q", notes[kind])[0] if len(notes.get(kind, b"")) == 8 else None
        for kind in (ENTRY, HYPERCALL_PAGE, VIRT_BASE, PADDR_OFFSET, INIT_P2M)
    }
    findings += [f"note {kind} is missing or no number" for kind, v in number.items() if v is None]
    if findings:
        return findings
    code = [each for each in elf.segments if each.kind == 1 and each.flags & 1]
    base = min(each.address for each in elf.segments if each.kind == 1)
    if number[ENTRY] != elf.entry:
        findings.append(f"note ENTRY {number[ENTRY]:x} is not the entry point {elf.entry:x}")
    for kind in (ENTRY, HYPERCALL_PAGE):
        if not any(s.address <= number[kind] < s.address + s.file_size for s in code):
            findings.append(f"note {kind} ({number[kind]:x}) does not point to code")
    if number[HYPERCALL_PAGE] % 4096:
        findings.append("the hypercall page is not page-aligned")
    if number[VIRT_BASE] != base or number[PADDR_OFFSET] != base:
        findings.append(f"VIRT_BASE and PADDR_OFFSET are not the lowest address {base:x}")
    if number[INIT_P2M] >> 39 == base >> 39:
        findings.append("INIT_P2M lies in the kernel's part of the address space")
    return findings


def check_rights(file: Path) -> list[str]:
    """Nothing is writable and executable, and sections with different rights share no page."""
    elf = Elf(file)
    findings = [
        f"section {each.name} is writable and executable"
        for each in elf.sections
        if each.flags & 1 and each.flags & 4
    ]
    loaded = [each for each in elf.segments if each.kind == 1]
    findings += [
        f"segment at {each.address:x} is writable and executable"
        for each in loaded
        if each.flags & 1 and each.flags & 2
    ]
    findings += [f"segment at {s.address:x} shares a page" for s in loaded if s.address % 4096]
    if not loaded:
        findings.append("there is no segment to load")
    return findings


def check_size(file: Path) -> list[str]:
    size = file.stat().st_size
    return [f"{size} bytes, more than {LARGEST_STRIPPED}"] if size > LARGEST_STRIPPED else []


# Name, check, and whether it looks at the stripped kernel.
CHECKS: list[tuple[str, Callable[[Path], list[str]], bool]] = [
    ("no instruction that is privileged, shows the host or uses the FPU", check_instructions, False),
    ("Xen's ELF notes are there and right", check_notes, True),
    ("nothing is writable and executable", check_rights, True),
    ("the stripped kernel is under 400 KiB", check_size, True),
]


def main(arguments: list[str]) -> int:
    if len(arguments) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    kernel, stripped = map(Path, arguments)
    failed = False
    for name, check, on_stripped in CHECKS:
        findings = check(stripped if on_stripped else kernel)
        failed |= bool(findings)
        print(f"{'FAILED' if findings else 'ok'}: {name}")
        for finding in findings[:MOST_FINDINGS]:
            print(f"    {finding}")
        if len(findings) > MOST_FINDINGS:
            print(f"    (+{len(findings) - MOST_FINDINGS} more)")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
