# SPDX-License-Identifier: MIT
"""Which instructions a kernel and what it loads may consist of: those known to be harmless in ring
3 under Xen, and a few more in the functions that may use them. Decoded by objdump."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

# Reading or changing the machine's state needs privilege: it traps, or Xen emulates it.
PRIVILEGED = set(
    "cli sti popf popfq pushf pushfq hlt in ins out outs lgdt lidt lldt ltr wrmsr rdmsr invd "
    "wbinvd wbnoinvd invlpg invlpga invpcid swapgs sysret sysretl sysretq sysexit sysenter iret "
    "iretq iretd clts lmsr lmsrw clac stac xsetbv monitor mwait vmcall vmmcall vmrun vmxon rsm "
    "encls wrfsbase wrgsbase rdfsbase rdgsbase wrpkru rdpkru int int1 into icebp".split()
)
# These answer without a trap and show the host instead of the virtual machine.
REVEALING = set(
    "cpuid sgdt sgdtq sidt sidtq sldt str smsw rdpmc rdtsc rdtscp rdpid xgetbv lar lsl verr "
    "verw rdrand rdseed".split()
)
FPU_REGISTER = re.compile(r"%(?:[xyz]mm\d+|mm\d|st\b|k\d\b|bnd\d)")
SEGMENT_REGISTER = re.compile(r"(?<!\w)%[cdefgs]s(?!:)\b")

# The integer instructions that our compilers and assembler files use, without size suffix.
HARMLESS = set(
    "adc add and bsf bsr bswap bt btc btr bts call cbtw cld cltd cltq clc cmc cmp cqto cwtl dec "
    "div idiv imul inc jmp jrcxz lahf lea leave lods mov movabs movs movsb movsbl movsbq movsbw "
    "movslq movswl movswq movsx movzb movzbl movzbw movzwl mul neg nop not or pause pop popcnt "
    "push ret rol ror sahf sar sbb scas shl shld shr shrd stc std stos sub test tzcnt lzcnt ud2 "
    "xadd xchg xlat xor endbr64 cmpxchg cmpxchg16b cmps lfence mfence sfence prefetcht0 movbe "
    "rorx andn".split()
)
CONDITIONAL = re.compile(r"(?:j|set|cmov)(?:n?[abceglopsz]|n?[abgl]e|pe|po)[bwlq]?$")
PREFIX = set("lock rep repz repnz repe repne cs ds es fs gs ss data16 addr32 notrack bnd".split())
REX = re.compile(r"rex(\.\w+)?$")

# Function (demangled, without arguments) to what it may use beyond.
EXTENDED_STATE = {"xsave64", "xrstor64", "fxsave64", "fxrstor64"}
ALLOWED: dict[str, set[str]] = {
    # the only two things that have no hypercall (docs/implementation.md)
    "xenpv::enable_extended_state": {"cr4", "xsetbv"},
    # leaving the kernel is the iret hypercall, made by hand
    "exit_to_user": {"syscall"},
    # Xen's clock is scaled from the time stamp counter
    "arch::now": {"rdtsc"},
    "arch::start_clock": {"rdtsc"},
    "xenpv::platform_time": {"rdtsc"},
    "xenpv::read_tsc": {"rdtsc"},
    # a null selector, then the base by hypercall
    "arch::load_thread_pointer": {"segment"},
    "arch::switch_to": {"segment"},
    "arch::clear_selectors": {"segment"},  # part of it, where it is not inlined
    # whole states, never single registers
    "xenpv::set_up_fpu": EXTENDED_STATE,
    "xenpv::switch_fpu": EXTENDED_STATE,
    "xenpv::forget_fpu": EXTENDED_STATE,
    "arch::fpu_end": EXTENDED_STATE,
    "xenpv::save": EXTENDED_STATE,
    "xenpv::load": EXTENDED_STATE,
}

TIMEOUT = 300  # seconds for objdump

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
        ["objdump", "-d", "-z", "-C", "-w", str(file)],
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=True,
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


def judge(each: Instruction, allowances: dict[str, set[str]]) -> str | None:
    """What is wrong with one instruction, if anything is."""
    allowed = allowances.get(each.function, set())
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


def check_instructions(file: Path, allowances: dict[str, set[str]] = ALLOWED) -> list[str]:
    code = list(disassemble(file))
    if not code:
        return [f"{file}: holds no instruction"]
    code, findings = without_forced_emulation(code)
    for each in code:
        if wrong := judge(each, allowances):
            findings.append(f"{wrong}: {each}")
    return findings


def modules(directory: Path) -> list[Path]:
    """The scheduling modules in a folder, as the kernel loads them: beside each is one with debug
    information."""
    return sorted(file for file in directory.glob("*") if file.suffix != ".debug")


def check_modules(directory: Path) -> list[str]:
    """A module may use what the kernel's functions may that have no allowance of their own, by
    whatever names its own go."""
    found = modules(directory)
    if not found:
        return [f"{directory}: holds no module"]
    return [f"{file.name}: {each}" for file in found for each in check_instructions(file, {})]
