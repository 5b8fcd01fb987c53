# SPDX-License-Identifier: MIT
"""Experiments: what is read of scenarios, guests and traces, and what becomes of it."""

import os
import struct
import subprocess
import tempfile
import tomllib
import unittest
from pathlib import Path

from rig.errors import RigError
from rig.experiment import (
    dom0_use,
    goals,
    load_report,
    pages,
    results,
    samples,
    scenario,
    setups,
    summary,
    trace,
)
from rig.experiment.command import command_line
from rig.experiment.host import Host_time, Watch, priority
from rig.experiment.runner import SAMPLE, Run, Window
from rig.experiment.samples import Course
from rig.verbs import experiment

TWO = """
name = "two"
duration = "2s"
[host]
processors = 2
[[guest]]
name = "one"
vcpus = 2
[[guest.load]]
kind = "compute"
threads = 2
until = "500ms"
[[guest.load]]
kind = "idle"
[[guest]]
name = "other"
weight = 512
vcpus = 4
behaviour = ["inflates", "refuses"]
[[guest.load]]
kind = "barrier"
threads = 3
work = "100us"
"""

LOAD = """LOAD begin 1000000000 5000000000 700
LOAD sample 500000000 900000000 400 3
LOAD sample 2000000000 1000000000 450 9
LOAD group compute 450 0
LOAD group idle 9 0
LOAD cooperation requests:2 offers:1
LOAD end 3000000000 7000000000 2700
"""


def parsed(text=TWO):
    return scenario.parse(tomllib.loads(text), Path("two.toml"))


class Scenarios(unittest.TestCase):
    def test_all_that_come_with_the_project_can_be_run(self):
        for file in scenario.known().values():
            plan = scenario.read(file)
            for guest in plan.guests:
                self.assertLess(len(command_line(guest, plan.duration, 10**6)), 1000)

    def test_units_and_defaults(self):
        plan = parsed()
        self.assertEqual((plan.duration, plan.processors, plan.policy), (2, 2, "proportional"))
        self.assertEqual(plan.guests[0].loads[0].times, {"until": 0.5})
        self.assertEqual(plan.guests[0].weight, 256)

    def test_work_between_barriers_can_be_another(self):
        plan = scenario.with_work(parsed(), 2e-3)
        self.assertIn("barrier,threads=3,work=2000", command_line(plan.guests[1], 2, 1))
        self.assertEqual(plan.guests[1].loads[0].useful(1), 3 * 2e-3)
        self.assertEqual(plan.guests[0], parsed().guests[0])
        without = parsed(TWO.replace('"barrier"', '"compute"'))
        with self.assertRaisesRegex(RigError, "no barriers"):
            scenario.with_work(without, 1e-3)

    def test_mistakes_are_refused_by_name(self):
        for old, new, said in (
            ("processors = 2", "procesors = 2", "procesors"),
            ('"500ms"', '"500 minutes"', "until"),
            ('"barrier"', '"barriers"', "kind"),
            ("threads = 3", "threads = 0", "threads"),
            ('"inflates"', '"lies"', "lies"),
            ('name = "other"', 'name = "one"', "own name"),
            ("weight = 512", "noise = 5", "noise"),
            ("processors = 2", "processors = 2\ndeterministic = true", "one processor"),
            ("processors = 2", 'deterministic = "yes"', "true or false"),
            ("threads = 3", 'threads = 3\nadaptive = "yes"', "true or false"),
        ):
            with self.assertRaisesRegex(RigError, said):
                parsed(TWO.replace(old, new, 1))

    def test_entitlement_is_rounded_into_what_there_is(self):
        plan = parsed()
        self.assertEqual([plan.entitled_vcpus(guest) for guest in plan.guests], [1, 1])
        plan = parsed(TWO.replace("processors = 2", "processors = 6"))
        self.assertEqual([plan.entitled_vcpus(guest) for guest in plan.guests], [2, 4])

    def test_the_scenarios_dom0_is_no_guest_but_a_weight(self):
        plan = parsed(TWO + '[[guest]]\nname = "dom0"\nweight = 768\ncapabilities = []\n')
        self.assertEqual([guest.name for guest in plan.guests], ["one", "other"])
        self.assertEqual(plan.dom0_weight, 768)
        self.assertAlmostEqual(plan.entitlement(plan.guests[1]), 2 * 512 / 1536)

    def test_set_ups(self):
        plan = parsed()
        vcpus = {
            setup: [setups.guest_config(plan, guest, setup, 9).vcpus for guest in plan.guests]
            for setup in setups.SETUPS
        }
        self.assertEqual(vcpus, {"fixed": [1, 1], "online": [2, 4], "cooperation": [2, 4]})
        self.assertIn("--dry-run", setups.coopd_options(plan, "fixed"))
        self.assertNotIn("--dry-run", setups.coopd_options(plan, "cooperation"))
        self.assertIn("interval = 100\n", setups.coopd_settings(plan, "cooperation"))

    def test_command_lines(self):
        one, other = parsed().guests
        self.assertEqual(
            command_line(one, 2, 77),
            "run=load --wait --loops 77 2000000 compute,threads=2,until=500000 idle,threads=1",
        )
        self.assertEqual(
            command_line(other, 2, 77),
            "run=load --wait --ask --loops 77 2000000 barrier,threads=3,work=100,pinned=1",
        )

    def test_threads_that_look_who_else_waits_are_told_to(self):
        for said, word in (("true", "adaptive=1,"), ("false", "")):
            guest = parsed(TWO + f"adaptive = {said}\n").guests[1]
            wanted = f"barrier,threads=3,work=100,{word}pinned=1"
            self.assertIn(wanted, command_line(guest, 2, 1))

    def test_the_trace_is_around_the_first_change(self):
        window = experiment.default_window(parsed())
        self.assertTrue(0 <= window.begin < 0.5 < window.end < 2, window)


class Reports(unittest.TestCase):
    def test_what_load_printed(self):
        report = load_report.parse("noise\n" + LOAD)
        self.assertEqual(report.begin.platform, 5_000_000_000)
        self.assertEqual(report.samples[0], (0.0, 0.0, [0, 0]))
        self.assertEqual(report.samples[-1], (2.0, 1.0, [450, 9]))
        self.assertEqual([group.done for group in report.groups], [450, 9])
        self.assertEqual(report.cooperation, {"requests": 2, "offers": 1})

    def test_what_is_cut_off_or_damaged_is_refused(self):
        for text in (
            LOAD.replace("LOAD end", "LOAD en"),
            LOAD.replace(" 450 9", " 450"),
            LOAD.replace("LOAD group idle 9 0", "LOAD group idle x 0"),
        ):
            with self.assertRaises(RigError):
                load_report.parse(text)

    def test_buckets_hold_what_the_program_puts_there(self):
        # programs/load/histogram.hpp: bucket b holds times from (8 + b % 8) << (b / 8 - 1) on.
        self.assertEqual([load_report.bucket_end(b) for b in (0, 7, 8, 15, 16)], [1, 8, 9, 16, 18])

    def test_percentiles(self):
        counts = {8: 98, 16: 1, 24: 1}
        self.assertEqual(load_report.percentile(counts, 0.5), 0.009)
        self.assertEqual(load_report.percentile(counts, 0.99), 0.018)
        self.assertEqual(load_report.percentile({}, 0.99), 0)

    def test_courses(self):
        course = Course([0, 1, 3], [0, 10, 30])
        self.assertEqual([course.at(time) for time in (-1, 0.5, 2, 9)], [0, 5, 20, 30])
        self.assertEqual([course.last(time) for time in (-1, 0.5, 2, 9)], [0, 0, 10, 30])
        self.assertEqual(course.rate(0.5, 1.5), 10)


def _record(event, counter, *words):
    head = event | len(words) << 28 | 1 << 31
    return struct.pack(f"<IQ{len(words)}I", head, counter, *words)


class Traces(unittest.TestCase):
    CHANGE = struct.pack("<3I", 0x0001F003 | 2 << 28, 1, 0)  # to processor 1
    RUNNABLE_TO_RUNNING = 0x00021101
    RUNNING_TO_BLOCKED = 0x00021021
    RUNNING_TO_RUNNABLE = 0x00021011
    BLOCKED_TO_RUNNABLE = 0x00021211

    def test_stretches_of_each_processor(self):
        vcpu = 3 << 16 | 2
        data = _record(self.RUNNABLE_TO_RUNNING, 100, vcpu) + self.CHANGE
        data += _record(self.RUNNABLE_TO_RUNNING, 120, 0x7FFF << 16)
        data += _record(self.RUNNING_TO_BLOCKED, 150, 0x7FFF << 16)
        data += _record(self.RUNNABLE_TO_RUNNING, 150, 4 << 16)
        data += _record(self.RUNNING_TO_BLOCKED, 170, 4 << 16)
        data += struct.pack("<3I", 0x0001F003 | 2 << 28, 0, 0)
        data += _record(self.RUNNING_TO_BLOCKED, 190, vcpu)
        wanted = [trace.Stretch(1, 4, 0, 150, 170), trace.Stretch(0, 3, 2, 100, 190)]
        self.assertEqual(trace.stretches(data), wanted)

    def test_who_runs_when_a_trace_begins_or_ends(self):
        data = _record(self.RUNNING_TO_BLOCKED, 100, 3 << 16)
        data += _record(self.RUNNABLE_TO_RUNNING, 110, 4 << 16) + self.CHANGE
        data += _record(self.RUNNING_TO_BLOCKED, 170, 5 << 16)
        wanted = [trace.Stretch(0, 3, 0, 100, 100), trace.Stretch(1, 5, 0, 100, 170),
                  trace.Stretch(0, 4, 0, 110, 170)]
        self.assertEqual(trace.stretches(data), wanted)

    def test_waits_of_who_woke_and_of_nobody_else(self):
        one, other = 3 << 16, 4 << 16 | 1
        data = _record(self.RUNNABLE_TO_RUNNING, 130, one)
        data += _record(self.RUNNING_TO_RUNNABLE, 150, one)
        data += _record(self.RUNNABLE_TO_RUNNING, 190, one) + self.CHANGE  # not woken
        data += _record(self.BLOCKED_TO_RUNNABLE, 100, one)  # of another processor, earlier
        data += _record(self.BLOCKED_TO_RUNNABLE, 200, other)  # and never ran
        self.assertEqual(trace.wake_ups(data), [trace.Wake_up(3, 30)])

    def test_an_end_in_the_middle_of_a_record(self):
        data = _record(self.RUNNABLE_TO_RUNNING, 100, 3 << 16)
        data += _record(self.RUNNING_TO_BLOCKED, 170, 3 << 16)
        self.assertEqual(trace.stretches(data), [trace.Stretch(0, 3, 0, 100, 170)])
        self.assertEqual(trace.stretches(data[:-2]), [trace.Stretch(0, 3, 0, 100, 100)])
        self.assertEqual(trace.stretches(b""), [])


def _status(time, ran, online):
    row = {"number": 5, "entitlement": 1000, "allocation": 2, "demand": 1500, "enforcements": 0}
    names = ("one", "other", "Domain-0")
    measured = {"time": ran, "online": online, "weight": 256}
    domains = [{**row, "number": i, "name": name, "measured": measured}
               for i, name in enumerate(names)]
    return {"time": time, "domains": domains}


def _one(setup, number, done, name="g"):
    keys = ("used", "online", "spun", "wakeup_median", "wakeup_p99", "response_p99",
            "vcpu_wakeup_p99")
    guest = dict.fromkeys(keys, 0) | {"name": name, "done": done}
    return {"scenario": "idle-beside-busy", "setup": setup, "seed": number, "guests": [guest]}


class Samples(unittest.TestCase):
    def test_a_parked_vcpu_is_not_in_use(self):
        row = {"measured": {"online": 0b111}, "claims": None}
        self.assertEqual(samples.in_use(row), 3)
        self.assertEqual(samples.in_use(row | {"claims": {"online": 0b1001}}), 1)

    def test_old_measurements_under_a_new_time_are_left_out(self):
        statuses = [_status(1, 5, 1), _status(2, 5, 1), _status(3, 9, 1)]
        self.assertEqual([each["time"] for each in samples.fresh(statuses)], [1, 3])


class Disturbances(unittest.TestCase):
    def test_threads_that_wait_are_disturbed(self):
        with tempfile.TemporaryDirectory() as name:
            thread = Path(name) / "7" / "task" / "8" / "schedstat"
            thread.parent.mkdir(parents=True)
            thread.write_text("1000000000 500000000 3\n")
            watch = Watch(7, Path(name))
            thread.write_text("4000000000 1500000000 9\n")
            found = watch.read()
        self.assertEqual((found.ran, found.waited), (3, 1))
        self.assertEqual(found.disturbance(), 0.25)
        self.assertEqual(Host_time(1, 0, 0).disturbance(), 0)

    @unittest.skipUnless(os.geteuid() == 0, "only root may give a process a lower niceness")
    def test_a_machine_with_priority_has_its_timers_in_time(self):
        with subprocess.Popen(["sleep", "60"], start_new_session=True) as child:
            try:
                with priority(child.pid, -5):
                    during = os.sched_getscheduler(child.pid) & ~os.SCHED_RESET_ON_FORK
                    niceness = os.getpriority(os.PRIO_PROCESS, child.pid)
                after = os.sched_getscheduler(child.pid)
            finally:
                child.kill()
        self.assertEqual((during, niceness, after), (os.SCHED_RR, -5, os.SCHED_OTHER))

    def _tried(self, *waited):
        runs = [Run("fixed", 1, host=Host_time(1, 1, each)) for each in waited]
        left = iter(runs)
        run, again = experiment.least_disturbed(lambda: next(left), 0.1)
        return runs.index(run), again

    def test_a_disturbed_run_is_done_again(self):
        self.assertEqual(self._tried(0.01), (0, 0))
        self.assertEqual(self._tried(9, 0.01), (1, 1))
        self.assertEqual(self._tried(9, 1, 5), (1, 2))

    def test_what_programs_in_dom0_used(self):
        before = dom0_use.parse("/proc/5/comm:coopd\n/proc/5/schedstat:1000000000 7 2\n")
        after = dom0_use.parse("/proc/5/comm:coopd\n/proc/6/comm:xl\n/proc/7/comm:gone\n"
                               "/proc/5/schedstat:3000000000 7 2\n"
                               "/proc/6/schedstat:500000000 7 2\n")
        self.assertEqual(dom0_use.between(before, after), {"coopd": 2.0, "xl": 0.5})


class Goals(unittest.TestCase):
    def test_a_median_is_to_be_within_bounds(self):
        goal = goals.Goal("", lambda runs: None, least=1.5)
        self.assertTrue(goal.met(summary.Spread(1, 1.5, 2)))
        self.assertFalse(goal.met(summary.Spread(1, 1.4, 2)))
        self.assertFalse(goals.Goal("", goal.measure, most=1).met(summary.Spread(0, 1.4, 2)))

    def test_a_spread_is_to_reach_bounds_where_that_is_said(self):
        goal = goals.Goal("", lambda runs: None, least=1, within_spread=True)
        self.assertTrue(goal.met(summary.Spread(0.8, 0.9, 1)))
        self.assertFalse(goal.met(summary.Spread(0.8, 0.9, 0.99)))

    def test_the_better_of_the_others_is_compared_with(self):
        runs = [_one("fixed", 1, 10), _one("online", 1, 20), _one("cooperation", 1, 30)]
        self.assertEqual(summary.better(runs, "g", "done", ("fixed", "online")).median, 1.5)
        self.assertIsNone(summary.better(runs, "g", "done", ()))

    def test_what_a_scenario_is_to_show_is_judged(self):
        runs = [_one("fixed", 1, 10, "first"), _one("cooperation", 1, 15, "first")]
        found = goals.judged("idle-beside-busy", runs)
        self.assertEqual([goals.cells(each)[2:] for each in found], [["1.50", "yes"]] * 2)

    def test_all_are_of_scenarios_that_there_are(self):
        self.assertEqual(set(goals.GOALS) - set(scenario.known()), set())


class Results(unittest.TestCase):
    def _run(self):
        plan = parsed()
        run = Run("cooperation", 1, traced=Window(0, 1))
        other = LOAD.replace("LOAD group compute 450 0\nLOAD group idle 9 0",
                             "LOAD group barrier 450 7").replace(" 400 3", " 400")
        run.loads = {"one": load_report.parse(LOAD),
                     "other": load_report.parse(other.replace(" 450 9", " 450"))}
        run.statuses = [_status(5_000_000_000, 0, 3), _status(6_000_000_000, 1_500_000_000, 3),
                        _status(7_000_000_000, 2_000_000_000, 1)]
        run.stretches = [trace.Stretch(1, 1, 0, 700, 1700), trace.Stretch(0, 99, 0, 1, 2)]
        return plan, results.of_run(plan, run)

    def test_figures(self):
        _, found = self._run()
        one, other, dom0 = found["guests"]
        self.assertEqual((one["name"], other["name"], dom0["name"]), ("one", "other", "dom0"))
        self.assertAlmostEqual(one["used"], 1.0)
        self.assertEqual(one["done"], 450)  # background does not count
        self.assertAlmostEqual(one["useful"], 0.45)
        self.assertAlmostEqual(other["useful"], 450 * 3 * 100e-6)
        self.assertEqual(len(one["timeline"]), round(2 / SAMPLE))
        first = dict(zip(found["timeline_fields"], one["timeline"][0]))
        self.assertAlmostEqual(first["used"], 1.5)
        self.assertAlmostEqual(first["demand"], 1.8)
        self.assertAlmostEqual(first["throughput"], 0.8)
        self.assertEqual((first["online"], first["allocated"]), (2, 2))
        self.assertEqual(one["timeline"][-1][2], 1)
        self.assertEqual(one["cooperation"]["changes"], 1)

    def test_stretches_are_in_seconds_of_the_run(self):
        _, found = self._run()
        self.assertEqual(found["stretches"], [[1, 1, 0, 0.0, 1.0]])

    def test_loads_that_are_not_the_scenarios_are_refused(self):
        plan = parsed(TWO.replace('"idle"', '"interactive"'))
        run = Run("fixed", 1)
        run.loads = {"one": load_report.parse(LOAD), "other": load_report.parse(LOAD)}
        run.statuses = [_status(5_000_000_000, 0, 3), _status(7_000_000_000, 1, 3)]
        with self.assertRaisesRegex(RigError, "one did not run"):
            results.of_run(plan, run)

    def test_medians_and_ratios(self):
        runs = [_one("fixed", 1, 10), _one("cooperation", 1, 20),
                _one("fixed", 2, 20), _one("cooperation", 2, 30)]
        (row,) = summary.rows(runs)
        self.assertEqual(row["setups"]["fixed"], {"least": 10, "median": 15, "most": 20})
        self.assertEqual(row["ratios"]["fixed"], {"least": 1.5, "median": 1.75, "most": 2.0})
        self.assertIn("1.75 (1.50 to 2.00)", summary.table(runs))


class Pages(unittest.TestCase):
    ENTRY = {"description": "What it is.", "conditions": {"runs": 3, "command": "do it"},
             "setups": ["fixed"], "goals": [], "rows": [], "picture": None}

    def test_the_page_shows_what_is_recorded(self):
        text = pages.PAGE.read_text()
        self.assertEqual(text, pages.page(text, pages.recorded()))

    def test_what_is_written_between_parts_stays(self):
        text = pages.page("Before.\n", {"b": self.ENTRY}) + "Behind.\n"
        self.assertIn("Conditions: runs 3. Repeat:\n\n    do it\n", text)
        again = pages.page(text.replace("do it", "drifted"), {"b": self.ENTRY, "a": self.ENTRY})
        self.assertTrue(again.startswith(text), again)
        self.assertIn("<!-- experiment a -->", again)

    def test_a_part_that_is_not_recorded_is_a_mistake(self):
        with self.assertRaisesRegex(RigError, "shows b"):
            pages.page(pages.page("", {"b": self.ENTRY}), {})
