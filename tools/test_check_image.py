#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Plants what check_image.py must find into small objects, and what it must let pass."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import kernel_file  # noqa: E402  (the path above must be set first)
import kernel_instructions  # noqa: E402

FORBIDDEN = """
cli; sti; hlt; int $0x80; int3; int1; popf; popfq; pushf; iretq; iret; sysretq; sysret; sysexit
sysenter; syscall; in $0x60, %al; in %dx, %eax; out %al, $0x60; out %eax, %dx; insb; insl
rep insb; outsb; rep outsl; lgdt (%rax); lidt (%rax); lldt %ax; ltr %ax; sgdt (%rax)
sidt (%rax); sldt %eax; str %eax; smsw %eax; lmsw %ax; sgdt 8(%rsp); sidt 8(%rsp); sldt (%rax)
str (%rax); smsw (%rax); mov %cr0, %rax; mov %cr2, %rax; mov %cr3, %rax; mov %cr4, %rax
mov %cr8, %rax; mov %rax, %cr0; mov %rax, %cr3; mov %rax, %cr4; mov %rax, %cr8; mov %rax, %dr7
mov %dr6, %rax; wrmsr; rdmsr; rdpmc; rdtsc; rdtscp; cpuid; xgetbv; xsetbv; rdpid %rax
rdrand %eax; rdseed %rax; invlpg (%rax); invpcid (%rax), %rdi; invd; wbinvd; swapgs; clts; clac
stac; monitor; mwait; vmcall; vmmcall; rsm; rdfsbase %rax; rdgsbase %rax; wrfsbase %rax
wrgsbase %eax; rdpkru; wrpkru; lar %ax, %eax; lsl %ax, %eax; verr %ax; verw %ax; mov %eax, %fs
mov %ds, %eax; mov %ss, %ax; push %fs; pop %gs; lss (%rax), %esp; movaps %xmm0, %xmm1
movdqu (%rax), %xmm3; pxor %xmm0, %xmm0; vzeroupper; fld1; fninit; emms; movq %mm0, %rax
ldmxcsr (%rax); stmxcsr (%rax); fxsave64 (%rax); xsave64 (%rax); xrstor64 (%rax)
vaddps %ymm1, %ymm2, %ymm3; finit; .byte 0x0f, 0xff; .byte 0x06; ljmp *(%rax); lcall *(%rax)
lret
"""

HARMLESS = """
mov %rax, %gs:8; mov %fs:0, %rax; incq %gs:24; lock cmpxchg %rcx, (%rax); lock addq $1, (%rax)
rep stosq; rep movsb; setne %al; cmovae %rax, %rcx; jmp *%rax; call *(%rax); movzbl %al, %eax
movsbq (%rax), %rcx; bsr %rax, %rcx; ud2; nopw 8(%rax,%rax,1); xchg %rax, (%rcx)
subq $1, (%rax); bswap %eax; divq %rcx; imul %rcx, %rax; leave; pause; cqto; cltq
cmpb $1, (%rax); cs nopw 0(%rax,%rax,1); shrd $3, %rax, %rcx; bts %rax, (%rcx); sete (%rax)
jne .; jae .; js .
"""

PREFIX = 'ud2a; .ascii "xen"; '


def instructions(text: str) -> list[str]:
    return [each.strip() for each in text.replace("\n", ";").split(";") if each.strip()]


class Check_image(unittest.TestCase):
    def setUp(self) -> None:
        self._directory = tempfile.TemporaryDirectory()
        self.addCleanup(self._directory.cleanup)

    def findings(self, code: str, function: str = "f", before: str = "nop") -> list[str]:
        directory = Path(self._directory.name)
        source, product = directory / "planted.s", directory / "planted.o"
        source.write_text(
            f".text\nfirst: {before}; ret\n.globl {function}\n{function}: {code}\nret\nlast: ret\n"
        )
        subprocess.run(["as", "-W", "-o", product, source], check=True)
        return kernel_instructions.check_instructions(product)

    def test_each_forbidden_instruction_is_found(self) -> None:
        for code in instructions(FORBIDDEN):
            with self.subTest(code):
                self.assertTrue(self.findings(code), f"{code} was not found")

    def test_each_harmless_instruction_passes(self) -> None:
        for code in instructions(HARMLESS):
            with self.subTest(code):
                self.assertEqual(self.findings(code), [])

    def test_the_finding_names_place_and_reason(self) -> None:
        (finding,) = self.findings("cli", "_ZN6kernel4testEv")
        self.assertRegex(finding, r"privileged: [0-9a-f]+ in kernel::test: cli")

    def test_cpuid_passes_behind_xens_prefix_only(self) -> None:
        self.assertEqual(self.findings(PREFIX + "cpuid"), [])
        self.assertEqual(self.findings(PREFIX + "cpuid; " + PREFIX + "cpuid"), [])
        self.assertTrue(self.findings(PREFIX + "cpuid; cpuid"))
        self.assertTrue(self.findings("cpuid; " + PREFIX + "cpuid"))

    def test_nothing_else_passes_behind_xens_prefix(self) -> None:
        for code in ("rdmsr", "hlt", "nop", "xgetbv", "rdtsc", "cli"):
            with self.subTest(code):
                self.assertTrue(self.findings(PREFIX + code))

    def test_what_follows_the_prefix_stays_in_step(self) -> None:
        self.assertTrue(self.findings(PREFIX + "cpuid; cli"))
        self.assertTrue(self.findings("mov $0x6e65780b0f, %rax; cpuid"))

    def test_one_function_may_set_cr4_and_xcr0(self) -> None:
        allowed = "_ZN5xenpv12_GLOBAL__N_121enable_extended_stateEm"
        self.assertEqual(self.findings("mov %cr4, %rax; mov %rax, %cr4; xsetbv", allowed), [])
        for code in ("mov %cr3, %rax", "mov %rax, %cr0", "mov %rax, %dr7", "cli", "wrmsr"):
            with self.subTest(code):
                self.assertTrue(self.findings(code, allowed))

    def test_the_allowance_ends_with_the_function(self) -> None:
        allowed = "_ZN5xenpv12_GLOBAL__N_121enable_extended_stateEm"
        self.assertTrue(self.findings("nop", allowed, before="xsetbv"))
        self.assertTrue(self.findings("xsetbv", "_ZN5xenpv22enable_extended_state2Em"))

    def test_clones_of_a_function_count_as_it(self) -> None:
        self.assertEqual(self.findings("rdtsc", "_ZN4arch3nowEv.part.0"), [])

    def test_a_file_without_code_is_a_finding(self) -> None:
        product = Path(self._directory.name) / "empty.o"
        subprocess.run(["as", "-o", product], input="", text=True, check=True)
        self.assertTrue(kernel_instructions.check_instructions(product))

    def _modules(self, **planted: str) -> Path:
        """A folder of modules by name, made of this code; beside each, one with symbols."""
        folder = Path(self._directory.name, "modules")
        folder.mkdir()
        for name, code in planted.items():
            made = self._linked(f".globl _start; _start: {code}; ret")
            made.rename(folder / f"{name}.debug")
            subprocess.run(
                ["objcopy", "--strip-all", folder / f"{name}.debug", folder / name], check=True
            )
        return folder

    def test_harmless_modules_pass(self) -> None:
        folder = self._modules(one="nop", two="mov %rax, %gs:8")
        self.assertEqual(kernel_instructions.check_modules(folder), [])

    def test_each_module_is_looked_at(self) -> None:
        folder = self._modules(one="nop", three="rdtsc", two="nop; cli; wrmsr")
        findings = kernel_instructions.check_modules(folder)
        reasons = [finding.split(" in ")[0].rsplit(": ", 1)[0] for finding in findings]
        self.assertEqual(
            reasons, ["three: shows the host", "two: privileged", "two: privileged"], findings
        )

    def test_a_module_has_no_allowance_by_a_name(self) -> None:
        file = self._linked(".globl _start; _start: ret; .globl _ZN4arch3nowEv\n"
                            "_ZN4arch3nowEv: rdtsc; ret")
        self.assertEqual(kernel_instructions.check_instructions(file), [])
        folder = Path(self._directory.name, "modules")
        folder.mkdir()
        file.rename(folder / "one")
        self.assertTrue(kernel_instructions.check_modules(folder))

    def test_no_module_is_a_finding(self) -> None:
        self.assertTrue(kernel_instructions.check_modules(self._modules()))

    def _linked(self, source: str, script: str = "") -> Path:
        directory = Path(self._directory.name)
        (directory / "a.s").write_text(source)
        subprocess.run(["as", "-W", "-o", directory / "a.o", directory / "a.s"], check=True)
        command = ["ld", "--no-warn-rwx-segments", "-o", directory / "a.elf", directory / "a.o"]
        if script:
            (directory / "a.ld").write_text(script)
            command += ["-T", directory / "a.ld"]
        subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
        return directory / "a.elf"

    def test_a_writable_and_executable_section_is_found(self) -> None:
        file = self._linked('.section .both, "awx"; .globl _start; _start: nop')
        self.assertTrue(kernel_file.check_rights(file))

    def test_missing_notes_are_found(self) -> None:
        file = self._linked(".globl _start; _start: nop")
        self.assertTrue(kernel_file.check_notes(file))

    def test_a_large_file_is_found(self) -> None:
        file = Path(self._directory.name) / "large"
        file.write_bytes(b"\0" * (kernel_file.LARGEST_STRIPPED + 1))
        self.assertTrue(kernel_file.check_size(file))
        file.write_bytes(b"\0" * kernel_file.LARGEST_STRIPPED)
        self.assertEqual(kernel_file.check_size(file), [])


if __name__ == "__main__":
    unittest.main()
