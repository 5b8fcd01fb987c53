# SPDX-License-Identifier: MIT
"""The KTAP parser, above all what it must not let pass."""

import unittest

from rig.ktap import parse


def outcomes(text, ending=None):
    return [case.outcome for case in parse(text, ending).cases]


class Ktap(unittest.TestCase):
    def test_passes_with_noise_between(self):
        report = parse("booting\n1..9\nKTAP version 1\n1..2\n(XEN) hello\nok 1 - a\nxx\nok 2 - b\n")
        self.assertEqual(
            [(c.name, c.outcome) for c in report.cases], [("a", "passed"), ("b", "passed")]
        )
        self.assertTrue(report.complete)

    def test_carriage_returns(self):
        self.assertEqual(outcomes("KTAP version 1\r\n1..1\r\nok 1 - a\r\n"), ["passed"])

    def test_skip_has_its_reason(self):
        (case,) = parse("KTAP version 1\n1..1\nok 1 - a # SKIP no device\n").cases
        self.assertEqual((case.name, case.outcome, case.detail), ("a", "skipped", "no device"))

    def test_not_ok_skip_is_a_failure(self):
        self.assertEqual(outcomes("KTAP version 1\n1..1\nnot ok 1 - a # SKIP x\n"), ["failed"])

    def test_failure_with_diagnostics(self):
        (case,) = parse("KTAP version 1\n1..1\nnot ok 1 - a\n# why\n# where\n").cases
        self.assertEqual((case.outcome, case.detail), ("failed", "why\nwhere"))

    def test_nothing(self):
        self.assertEqual(outcomes(""), ["failed"])

    def test_no_plan(self):
        self.assertEqual(outcomes("KTAP version 1\nok 1 - a\n"), ["passed", "failed"])

    def test_empty_plan(self):
        self.assertEqual(outcomes("KTAP version 1\n1..0\n"), ["failed"])

    def test_missing_at_end_and_between(self):
        self.assertEqual(outcomes("KTAP version 1\n1..2\nok 1 - a\n"), ["passed", "failed"])
        self.assertEqual(
            outcomes("KTAP version 1\n1..3\nok 1 - a\nok 3 - c\n"), ["passed", "failed", "passed"]
        )

    def test_duplicate_out_of_order_unplanned(self):
        start = "KTAP version 1\n1..2\nok 1 - a\n"
        self.assertEqual(outcomes(start + "ok 1 - a\nok 2 - b\n").count("failed"), 1)
        self.assertIn("failed", outcomes("KTAP version 1\n1..2\nok 2 - b\nok 1 - a\n"))
        self.assertIn("failed", outcomes(start + "ok 2 - b\nok 3 - c\n"))

    def test_second_report_or_plan(self):
        text = "KTAP version 1\n1..1\nok 1 - a\n"
        self.assertIn("failed", outcomes(text + "KTAP version 1\n"))
        self.assertIn("failed", outcomes(text + "1..1\n"))

    def test_other_version(self):
        self.assertIn("failed", outcomes("KTAP version 2\n1..1\nok 1 - a\n"))

    def test_a_crash_is_a_failure_even_after_all_results(self):
        cases = parse("KTAP version 1\n1..1\nok 1 - a\n", "the guest crashed").cases
        self.assertEqual([case.outcome for case in cases], ["passed", "failed"])


if __name__ == "__main__":
    unittest.main()
