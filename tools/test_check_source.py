#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The parts of check_source.py that judge a text, and the whole on a small project."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import check_source  # noqa: E402  (the path above must be set first)

LICENCE = "// SPDX-License-Identifier: MIT\n"


class Texts(unittest.TestCase):
    def test_conditionals_are_found(self) -> None:
        for line in ("#if X", "#ifdef X", "  #  ifndef X", "#elif X", "#if 0"):
            with self.subTest(line):
                self.assertEqual(check_source.conditionals(f"int a;\n{line}\n"), [line.strip()])

    def test_guards_and_headers_shared_with_c_pass(self) -> None:
        guard = "#ifndef A_H\n#define A_H\nint a;\n#endif\n"
        self.assertEqual(check_source.conditionals(guard), [])
        self.assertEqual(check_source.conditionals("#ifdef __cplusplus\n#endif\n"), [])
        self.assertEqual(check_source.conditionals("// #if X\n/* \n#if Y\n */\n"), [])

    def test_a_second_guard_is_none(self) -> None:
        twice = "#ifndef A\n#define A\n#ifndef B\n#define B\n"
        self.assertEqual(check_source.conditionals(twice), ["#ifndef B"])

    def test_objects_say_what_guards_them(self) -> None:
        head = "class A final : public Object {"
        for said, silent in (
            ("", True),
            ("int a; // a lock", True),
            ("Lock _lock; // guards a", False),
            ("// It has no lock.", False),
        ):
            with self.subTest(said):
                self.assertEqual(check_source.unguarded(f"{head}\n{said}\n}};\n"), silent)
        self.assertFalse(check_source.unguarded("class A {};\n"))

    def test_platforms_are_named_with_their_line(self) -> None:
        text = "// Xen\nint a;\nint xen_version;\n"
        found = [(1, "// Xen"), (3, "int xen_version;")]
        self.assertEqual(check_source.platforms(text), found)
        self.assertEqual(check_source.platforms("// describes what it ripens\n"), [])
        for name in ("hypercall(1);", 'asm volatile("nop");', "cr3", "X86_page", "// in RDI"):
            with self.subTest(name):
                self.assertTrue(check_source.platforms(name))


class Project(unittest.TestCase):
    """A project of one bad file per check."""

    def setUp(self) -> None:
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.root = Path(directory.name)
        subprocess.run(["git", "init", "-q", self.root], check=True)
        before = check_source.ROOT
        self.addCleanup(setattr, check_source, "ROOT", before)
        check_source.ROOT = self.root
        self.write(".clang-format", "# SPDX-License-Identifier: MIT\nBasedOnStyle: LLVM\n")
        self.write("README.md", "a project\n")

    def write(self, name: str, text: str) -> None:
        file = self.root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def failing(self) -> list[str]:
        return [name for name, check in check_source.CHECKS if check()]

    def test_a_clean_project_passes(self) -> None:
        self.write("kernel/a.cpp", LICENCE + "int a;\n")
        self.assertEqual(self.failing(), [])

    def test_each_check_finds_what_it_is_for(self) -> None:
        bad = [
            ("a.cpp", LICENCE + "int   a;\n", "C and C++"),
            ("a.cpp", "int a;\n", "licence"),
            ("script", "#!/bin/sh\ntrue\n", "licence"),
            ("a/.gitignore", "/build/\n", "licence"),
            ("a.map", "{ local: *; };\n", "licence"),
            ("a.py", LICENCE + "#" * 101 + "\n", "wider"),
            ("a.py", LICENCE + "a = 1 \n", "blanks"),
            ("a.py", LICENCE + "\ta = 1\n", "blanks"),
            ("a.py", LICENCE + "a = 1", "blanks"),
            ("a.cpp", LICENCE + "#if A\n#endif\n", "conditional"),
            ("kernel/a.cpp", LICENCE + "int xen;\n", "platform"),
            ("kernel/CMakeLists.txt", "# SPDX-License-Identifier: MIT\n# x86\n", "platform"),
            (
                "kernel/include/a.hpp",
                LICENCE + "class A final : public Object {};\n",
                "guards",
            ),
            ("a.md", "[here](b.md#part)\n", "links"),
            ("conformance/a.cpp", LICENCE + "TESTED_ELSEWHERE(busy, null);\n", "elsewhere"),
        ]
        for name, text, expected in bad:
            with self.subTest(expected, text=text):
                self.write(name, text)
                failing = self.failing()
                self.assertEqual(len(failing), 1, failing)
                self.assertIn(expected, failing[0])
                (self.root / name).unlink()

    def test_a_test_elsewhere_is_looked_for(self) -> None:
        self.write("b.cpp", LICENCE + "TEST_F(A, one) {\n    busy(Call::null);\n}\n\nint pinned;\n")
        self.write("c.py", "# SPDX-License-Identifier: MIT\n@system_test(\"it ends\")\n")
        for answer, call, where, good in (
            ("busy", "null", "b.cpp: one", True),
            ("busy", "null", "b.cpp: two", False),
            ("busy", "null", "a.cpp: one", False),
            ("busy", "null", "b.cpp", False),
            ("pinned", "null", "b.cpp: one", False),
            ("busy", "other", "b.cpp: one", False),
            ("none", "null", "b.cpp: one", True),
            ("none", "shutdown", "c.py: it ends", True),
            ("none", "shutdown", "c.py: it goes on", False),
        ):
            with self.subTest(where, answer=answer, call=call):
                fault = check_source.tested_elsewhere.fault(self.root, answer, call, where)
                self.assertEqual(fault is None, good, fault)

    def test_good_links_pass(self) -> None:
        self.write("a.md", "[itself](a.md), [a part](a.md#part), [far](https://xenproject.org/x)\n")
        self.assertEqual(self.failing(), [])

    def test_a_folder_without_readme_is_found(self) -> None:
        self.write("folder/a.py", LICENCE)
        self.assertEqual(self.failing(), [], "a single file needs none")
        self.write("folder/b.py", LICENCE)
        self.assertEqual(self.failing(), ["every folder says what lives there"])


if __name__ == "__main__":
    unittest.main()
