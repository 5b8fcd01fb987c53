# SPDX-License-Identifier: MIT
"""Reading what Xen, benchmarks and crash dumps say."""

import tempfile
import unittest
from dataclasses import replace
from pathlib import Path

from rig import bench_coop, comparison, counter, crash, figures, recorded, xen
from rig.errors import RigError
from rig.symbols import Symboliser

DUMP = """(XEN) Domain 0 (vcpu#0) crashed on cpu#0:
(XEN) RIP:    e033:[<ffffffff8010207f>]
(XEN) Guest stack trace from rsp=ffffffff80106ee8:
(XEN)    0000000000000072 0000000000000000 ffffffff8010207f 000000010000e030
(XEN)    ffffffff801021b1 ffffffff80106ff0
(XEN) Hardware Dom0 crashed: rebooting machine in 5 seconds.
"""


class Endings(unittest.TestCase):
    def test_reasons(self):
        for text, reason in (
            ("(XEN) Hardware Dom0 shutdown: rebooting machine", "reboot"),
            ("(XEN) Hardware Dom0 halted: halting machine", "poweroff"),
            (DUMP, "crash"),
            ("(XEN) Panic on CPU 0:\n(XEN) Hardware Dom0 crashed", "panic"),
            ("(XEN) all is well", None),
        ):
            self.assertEqual(xen.ending(text), reason)

    def test_power_off_that_is_a_restart(self):
        said = "lavandin> poweroff\npower off: Xen would leave the machine halted, so\n"
        self.assertEqual(xen.asked_for("reboot", said), "poweroff")
        self.assertEqual(xen.asked_for("reboot", "lavandin> reboot\n"), "reboot")
        self.assertEqual(xen.asked_for("crash", said), "crash")

    def test_dump_begins_with_the_crash(self):
        self.assertTrue(xen.crash_dump("(XEN) before\n" + DUMP).startswith("(XEN) Domain 0 (vcpu"))
        self.assertEqual(xen.crash_dump("(XEN) nothing"), "")


class Stack(unittest.TestCase):
    def test_words(self):
        self.assertEqual(
            crash.stack_words(DUMP)[2:5], [0xFFFFFFFF8010207F, 0x10000E030, 0xFFFFFFFF801021B1]
        )
        self.assertEqual(len(crash.stack_words(DUMP)), 6)
        self.assertEqual(crash.stack_words("no stack"), [])

    def test_xenctx_form(self):
        self.assertEqual(
            crash.stack_words("Stack:\n 0000000000000001 0000000000000002\n\nx"), [1, 2]
        )

    def test_xenctx_call_trace_is_longer(self):
        dump = "Stack:\n 0000000000000001\n\nCall Trace:\n"
        dump += "     [<ffffffff80000009>] <--\nffffffff80028cd8:   [<ffffffff80034048>] \n"
        self.assertEqual(crash.stack_words(dump), [0xFFFFFFFF80034048])


class Programs(unittest.TestCase):
    def test_the_load_base_is_taken_off(self):
        symboliser = Symboliser(None, Path("/nowhere"))
        asked: list[int] = []
        symboliser._program_image = lambda name: FakeImage(asked)  # type: ignore[method-assign]
        line = b"at [<fault:1000305c>] or [<fault:0x5c>]"
        self.assertEqual(symboliser.annotation(line), b" | here, here")
        self.assertEqual(asked, [0x305C, 0x5C])


class FakeImage:
    def __init__(self, asked):
        self._asked = asked

    def describe(self, address):
        self._asked.append(address)
        return "here"


class Counter(unittest.TestCase):
    COUNT = 'COUNT {"entries": 1, "hypercalls": 2, "table_loads": 3, "longest": 4}\n'
    FIRST = 'FIRST {"instructions": 5}\n'

    def read(self, text):
        with tempfile.TemporaryDirectory() as directory:
            log = Path(directory, "log")
            log.write_text(text)
            return counter.read(log)

    def test_lines_among_others(self):
        found = self.read("noise\n" + self.FIRST + self.COUNT + self.COUNT)
        self.assertEqual(found.to_first_user, 5)
        self.assertEqual(found.stretches, [counter.Stretch(1, 2, 3, 4)] * 2)

    def test_malformed(self):
        for text in (self.COUNT, self.FIRST + "COUNT {", self.FIRST + 'COUNT {"entries": 1}'):
            with self.assertRaises(RigError):
                self.read(text)


class Comparison(unittest.TestCase):
    def figures(self, names, median):
        return [figures.Figure(name, "ticks", 1, median, median, median) for name in names]

    def test_every_pair_and_what_is_left(self):
        ours = self.figures([a for a, _ in comparison.PAIRS], 100)
        linux = self.figures(dict.fromkeys([b for _, b in comparison.PAIRS] + ["other"]), 250)
        pairs = comparison.pairs(ours, linux)
        self.assertEqual({pair.ratio for pair in pairs}, {2.5})
        self.assertEqual([f.name for f in comparison.unpaired(linux)], ["other"])
        text = comparison.table(ours, linux)
        self.assertRegex(text, r"Linux +other +250 +- +- +-\n?$")
        with self.assertRaises(RigError):
            comparison.pairs(ours[1:], linux)


class Recorded(unittest.TestCase):
    def content(self, median=1000, entries=2.0, name="a", compiler="gcc"):
        ours = figures.Figure(name, "ticks", 1, median, median, median, entries, 4, 1, True)
        plain = figures.Figure("start", "ticks", 1, 7, 7, 7)
        linux = figures.Figure("b", "ticks", 1, 50, 50, 50, None, None, None, True, 1, 1, 2)
        names = ("bare system call and iret", "mmuext new_user_baseptr and tlb_flush_local")
        small = ("hypercall xen_version", "set_segment_base")
        floor = [figures.Figure(n, "ticks", 1, 100, 100, 100) for n in (*names, *small)]
        return recorded.content({"compiler": compiler}, floor, [ours, plain], [linux])

    def test_what_is_recorded(self):
        found = self.content()
        self.assertEqual(list(found["lavandin"]), ["a"])
        self.assertEqual(found["lavandin"]["a"]["floor"], 400)
        self.assertEqual(found["linux"]["b"]["table_loads"], 2)
        shown = found["not compared"]["lavandin"]
        self.assertEqual(shown, {"start": {"median": 7, "unit": "ticks"}})

    def test_a_start_is_not_compared(self):
        old, new = self.content(), self.content()
        new["not compared"]["lavandin"]["start"]["median"] = 70
        self.assertEqual(recorded.drift(old, new), [])

    def test_drift(self):
        old = self.content()
        for same in (self.content(), self.content(1019), self.content(entries=2.2)):
            self.assertEqual(recorded.drift(old, same), [])
        for other in (self.content(1021), self.content(979), self.content(entries=3.0)):
            self.assertEqual(len(recorded.drift(old, other)), 1)
        self.assertEqual(len(recorded.drift(old, self.content(name="c"))), 2)

    def test_other_ground(self):
        self.assertEqual(recorded.other_ground(self.content(), self.content(5)), [])
        other = recorded.other_ground(self.content(), self.content(compiler="clang"))
        self.assertEqual(other, ["compiler: recorded with gcc, measured with clang"])


class Figures(unittest.TestCase):
    GOOD = 'BENCH {"name": "a", "unit": "ticks", "iterations": 3, "min": 4, "median": 5, "max": 6}'
    COUNTED = GOOD.replace("5,", "2000,").replace(
        "}", ', "entries": 1, "hypercalls": 3, "table_switches": 1}'
    )

    def test_figures_among_noise(self):
        (figure,) = figures.parse(f"hello\n  {self.GOOD}\r\nBENCH mark\n")
        self.assertEqual((figure.name, figure.median, figure.entries), ("a", 5, None))

    def test_malformed(self):
        no_number = self.GOOD.replace("5", '"5"')
        for text in ("BENCH {", 'BENCH {"name": "a"}', no_number, self.GOOD + "\n" + self.GOOD):
            with self.assertRaises(RigError):
                figures.parse(text)

    def test_floor_and_table(self):
        floor = figures.Floor(entry=800, switch=900, hypercall=300)
        counted, plain = *figures.parse(self.COUNTED), *figures.parse(self.GOOD)
        self.assertEqual(floor.under(counted), 2000)
        self.assertIsNone(floor.under(plain))
        self.assertRegex(figures.table([counted], floor), r"a +2,000 .* 2,000 +1\.00")

    def test_counts_of_stretches(self):
        marked = self.GOOD.replace("}", ', "counted": true}')
        plain, counted = figures.parse(self.GOOD.replace('"a"', '"b"') + "\n" + marked)
        stretch = counter.Stretch(entries=6, hypercalls=9, table_loads=3, longest=4)
        first, second = figures.with_counts([plain, counted], [stretch])
        self.assertEqual(first, plain)
        self.assertEqual(
            (second.counted_entries, second.counted_hypercalls, second.table_loads), (2, 3, 1)
        )
        for stretches in ([], [stretch, stretch]):
            with self.assertRaises(RigError):
                figures.with_counts([plain, counted], stretches)

    def test_a_floor_needs_its_figures(self):
        with self.assertRaises(RigError):
            figures.Floor.of(figures.parse(self.GOOD))


class Cooperation(unittest.TestCase):
    LINE = 'BENCH {{"name": "{}", "unit": "nanoseconds", "iterations": 9, "min": 1, '
    LINE += '"median": {}, "p99": {}, "max": 99}}\n'

    def found(self) -> bench_coop.Cooperation:
        text = "".join(
            self.LINE.format(f"{absence}: {stage}", median, p99)
            for absence, median, p99 in (("parked", 1111, 2222), ("stopped", 3333, 4444))
            for stage in ("offer seen", "all")
        )
        reports = figures.Figure("coopd, a report", "instructions", 50, 5, 6, 7)
        return bench_coop.Cooperation(figures.parse(text), reports, 10.26)

    def test_stages_in_their_order_limits_last(self):
        text = bench_coop.as_text(self.found())
        lines = [line.split("  ")[0] for line in text.split("\n")]
        self.assertEqual(lines[2:5], ["offer seen", "all", "wanted"])
        self.assertRegex(text, r"(?m)^all +1,111 +2,222 +3,333 +4,444$")
        self.assertRegex(text, r"(?m)^wanted +300,000 +1,000,000 +300,000 +1,000,000$")

    def test_what_is_too_late_is_told(self):
        found = self.found()
        self.assertEqual(bench_coop.missed(found), [])
        late = figures.parse(self.LINE.format("parked: all", 300001, 1000001))
        over = bench_coop.missed(replace(found, latency=[*found.latency, *late]))
        self.assertEqual(len(over), 2, over)

    def test_a_report_s_cost(self):
        text = bench_coop.as_text(self.found())
        self.assertIn("every 10.3 ms: 6 instructions", text)
        self.assertIn("(5 to 7, 50 reports)", text)


if __name__ == "__main__":
    unittest.main()
