# SPDX-License-Identifier: MIT
"""What ctest and GoogleTest say of the host units, above all what must not pass for success."""

import json
import tempfile
import unittest
from pathlib import Path

from rig.testing.host_units import cases

_REPORT = """<testsuite><testcase name="list_test" status="{}"><system-out>{}</system-out>
</testcase></testsuite>"""


def _test(name, result="COMPLETED", status="RUN", **more):
    return {"name": name, "status": status, "result": result, **more}


class Host_units(unittest.TestCase):
    def outcomes(self, tests, status="run", output=""):
        with tempfile.TemporaryDirectory() as folder:
            directory = Path(folder)
            report = directory / "ctest.xml"
            report.write_text(_REPORT.format(status, output))
            if tests is not None:
                (directory / "results").mkdir()
                suites = {"testsuites": [{"name": "List", "testsuite": tests}]}
                (directory / "results" / "list_test.json").write_text(json.dumps(suites))
            return [(c.name, c.outcome, c.detail) for c in cases(report, directory)]

    def test_each_case_counts(self):
        got = self.outcomes([_test("a"), _test("b", "SKIPPED")])
        self.assertEqual(
            [(name, outcome) for name, outcome, _ in got],
            [("list_test.List.a", "passed"), ("list_test.List.b", "skipped")],
        )

    def test_failure_says_why(self):
        got = self.outcomes([_test("a", failures=[{"failure": "1 is not 2"}]), _test("b")], "fail")
        self.assertEqual(got[0], ("list_test.List.a", "failed", "1 is not 2"))
        self.assertEqual(len(got), 2)

    def test_crash_before_results(self):
        got = self.outcomes(None, "fail", "AddressSanitizer: heap-use-after-free")
        self.assertEqual(got, [("list_test", "failed", "AddressSanitizer: heap-use-after-free")])

    def test_failure_after_all_passed(self):
        got = self.outcomes([_test("a")], "fail", "LeakSanitizer: detected memory leaks")
        self.assertEqual(got[-1], ("list_test", "failed", "LeakSanitizer: detected memory leaks"))

    def test_what_did_not_run_failed(self):
        (got,) = self.outcomes([_test("a", "SUPPRESSED", "NOTRUN")])
        self.assertEqual(got[1], "failed")
        self.assertEqual(self.outcomes(None, "notrun")[0][1:], ("failed", "did not run"))
