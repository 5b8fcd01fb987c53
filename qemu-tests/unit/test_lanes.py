# SPDX-License-Identifier: MIT
"""Jobs side by side: their order, what comes of them, lanes that die, interruptions, sums."""

import contextlib
import io
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from pathlib import Path
from unittest import mock

from rig import paths, process, progress
from rig.errors import Interrupted, RigError
from rig.ktap import Case
from rig.testing import jobs as jobs_module
from rig.testing import lanes, results
from rig.testing.jobs import Done, Job, Queue
from rig.testing.report import Report


def passing(name, **more):
    return Job("group", name, lambda _lane: [Case(name, "passed")], **more)


class Order(unittest.TestCase):
    def begun(self, queue):
        return list(iter(queue.begin, None))

    def test_wide_ones_then_long_ones_then_as_they_stand(self):
        jobs = [passing("a"), passing("b", about=9), passing("c", processors=2), passing("d")]
        queue = Queue(jobs, 2)
        order = []
        while begun := self.begun(queue):
            order.append([jobs[number].name for number in begun])
            for number in begun:
                queue.end(number)
        self.assertEqual(order, [["c"], ["b", "a"], ["d"]])

    def test_no_more_than_there_are_processors(self):
        queue = Queue([passing(str(n)) for n in range(5)], 2)
        self.assertEqual(self.begun(queue), [0, 1])
        queue.end(1)
        self.assertEqual(self.begun(queue), [2])

    def test_a_wide_one_has_its_processors_and_others_the_rest(self):
        queue = Queue([passing("a"), passing("b"), passing("wide", processors=2)], 3)
        self.assertEqual(self.begun(queue), [2, 0])
        queue.end(0)
        self.assertEqual(self.begun(queue), [1])

    def test_one_that_is_wider_than_the_machine_runs_alone(self):
        queue = Queue([passing("a"), passing("wide", processors=64)], 2)
        self.assertEqual(self.begun(queue), [1])
        queue.end(1)
        self.assertEqual(self.begun(queue), [0])


class Needs(unittest.TestCase):
    def test_are_called_once_and_missed_by_who_has_them(self):
        called = []

        def good():
            called.append("good")

        def bad():
            called.append("bad")
            raise RigError("no compiler")

        jobs = [passing("a", needs=(good, bad)), passing("b", needs=(good,)), passing("c")]
        jobs.append(passing("d", needs=(jobs_module.Built("x"), jobs_module.Built("x"))))
        with mock.patch.object(jobs_module.build, "ensure", called.append):
            self.assertEqual(jobs_module.prepare(jobs), {0: "no compiler"})
        self.assertEqual(called, ["good", "bad", "x"])


class Lanes(unittest.TestCase):
    """With processes, as the driver has them."""

    def setUp(self):
        self.directory = self.enterContext(tempfile.TemporaryDirectory())
        self.enterContext(mock.patch.object(paths, "RUN", Path(self.directory, "run")))
        self.enterContext(mock.patch.object(progress, "say"))
        self.done = {}

    def run_jobs(self, jobs, count=2, at_end=lambda: None):
        lanes.run(jobs, count, self.done.__setitem__, at_end)
        return [self.done[number].cases[0] for number in range(len(jobs))]

    def job(self, name, body):
        def run(lane):
            return [Case(name, "passed", str(body(lane) or ""))]

        return Job("group", name, run)

    def test_all_run_and_what_they_say_stays_together(self):
        def talk(name):
            def body(_lane):
                print(f"{name} begins")
                subprocess.run(["echo", f"{name} has a child"], check=True)
                time.sleep(0.05)
                print(f"{name} ends", file=sys.stderr)

            return body

        names = [f"job {number}" for number in range(7)]
        cases = self.run_jobs([self.job(name, talk(name)) for name in names], 3)
        self.assertEqual([case.name for case in cases], names)
        for number, name in enumerate(names):
            said = self.done[number].said.splitlines()
            self.assertEqual(said, [f"{name} begins", f"{name} has a child", f"{name} ends"])

    def test_two_are_beside_each_other_in_lanes_of_their_own(self):
        first, second = (Path(self.directory, name) for name in ("first", "second"))

        def meet(mine, other):
            def body(lane):
                mine.touch()
                deadline = time.monotonic() + 20
                while not other.exists() and time.monotonic() < deadline:
                    time.sleep(0.01)
                return f"{lane} {os.getpid()} {other.exists()}"

            return body

        jobs = [self.job("a", meet(first, second)), self.job("b", meet(second, first))]
        cases = self.run_jobs(jobs)
        (lane, pid, met), (other_lane, other_pid, other_met) = (c.detail.split() for c in cases)
        self.assertEqual((met, other_met), ("True", "True"))
        self.assertEqual({lane, other_lane}, {"1", "2"})
        self.assertEqual(len({pid, other_pid, str(os.getpid())}), 3)

    def test_one_at_a_time_is_here(self):
        ended = []
        jobs = [self.job("a", lambda lane: os.getpid()), self.job("b", lambda lane: lane)]
        cases = self.run_jobs(jobs, 1, lambda: ended.append(True))
        self.assertEqual([case.detail for case in cases], [str(os.getpid()), ""])
        self.assertEqual(ended, [True])

    def test_what_a_job_raises_is_its_failure(self):
        def raising(error):
            def body(_lane):
                raise error

            return body

        jobs = [self.job("a", raising(RigError("no machine"))), self.job("b", raising(OSError(5)))]
        first, second = self.run_jobs(jobs)
        self.assertEqual((first.outcome, first.detail), ("failed", "no machine"))
        self.assertEqual((second.outcome, "Traceback" in second.detail), ("failed", True))

    def test_a_lane_that_dies_fails_its_job_only(self):
        def die(_lane):
            print("a last word", flush=True)
            os.kill(os.getpid(), signal.SIGKILL)

        def leave(_lane):
            os._exit(3)

        names = ["a", "b", "c", "d", "e", "f"]
        bodies = {"b": die, "d": leave}
        jobs = [self.job(name, bodies.get(name, lambda _lane: None)) for name in names]
        cases = self.run_jobs(jobs)
        outcomes = {case.name: case.outcome for case in cases}
        self.assertEqual([n for n in names if outcomes[n] == "failed"], ["b", "d"])
        self.assertRegex(cases[1].detail, "lane . died with it: signal 9")
        self.assertIn("a last word", self.done[1].said)
        self.assertRegex(cases[3].detail, "lane . died with it: status 3")

    def test_each_lane_ends_what_its_jobs_left(self):
        def mark():
            Path(self.directory, f"ended-{os.getpid()}").touch()

        jobs = [self.job(str(n), lambda _lane: time.sleep(0.1) or os.getpid()) for n in range(4)]
        cases = self.run_jobs(jobs, 2, mark)
        pids = {case.detail for case in cases}
        ended = {path.name.removeprefix("ended-") for path in Path(self.directory).glob("ended-*")}
        self.assertEqual(ended, pids)
        self.assertEqual(len(pids), 2)

    def test_an_interruption_leaves_no_process(self):
        marks = Path(self.directory, "marks")
        marks.mkdir()

        def hang(_lane):
            child = process.spawn(["sleep", "1000"])
            (marks / str(os.getpid())).touch()
            (marks / str(child.pid)).touch()
            time.sleep(1000)

        def interrupt(_number, _frame):
            raise Interrupted(signal.SIGINT)

        def watch():
            while len(list(marks.iterdir())) < 4 and not over.wait(0.02):
                pass
            os.kill(os.getpid(), signal.SIGINT)

        over = threading.Event()
        before = signal.signal(signal.SIGINT, interrupt)
        watcher = threading.Thread(target=watch, daemon=True)
        try:
            with self.assertRaises(Interrupted):
                watcher.start()
                self.run_jobs([self.job(name, hang) for name in "abc"])
        finally:
            over.set()
            watcher.join(20)
            signal.signal(signal.SIGINT, before)
        pids = [int(mark.name) for mark in marks.iterdir()]
        self.assertEqual(len(pids), 4)
        self.assertFalse([pid for pid in pids if Path("/proc", str(pid)).exists()])
        self.assertEqual(self.done, {})


class Reports(unittest.TestCase):
    JOBS = [
        Job("model", "model", lambda _lane: []),
        Job("system", "boots", lambda _lane: []),
        Job("system", "ends", lambda _lane: []),
    ]

    def report(self, body, names=("model", "system")):
        """What it prints, and the groups."""
        with contextlib.redirect_stdout(io.StringIO()) as said:
            report = Report(names, self.JOBS)
            body(report)
            groups = report.finish()
            status = results.close(groups)
        return said.getvalue(), groups, status

    def test_order_is_that_of_the_jobs_and_sums_are_exact(self):
        def body(report):
            report.deliver(2, Done([Case("ends", "skipped", "no way")], "", 3))
            both = [Case("a", "passed"), Case("b", "passed")]
            report.deliver(0, Done(both, "it said\nthis", 2, 1))
            report.deliver(1, Done([Case("boots", "passed")], "", 4))

        said, groups, status = self.report(body)
        self.assertEqual([case.name for case in groups[1].cases], ["boots", "ends"])
        self.assertIn("    system: ends: skipped (3.0 s, 0.0 processors)\n", said)
        self.assertIn("    model: 2 passed, 0 failed, 0 skipped (2.0 s, 0.5 processors)\n"
                      "        it said\n        this\n", said)
        self.assertIn("system: 1 passed, 0 failed, 1 skipped (7.0 s)\n", said)
        self.assertEqual(said.splitlines()[-1], "3 passed, 0 failed, 1 skipped")
        self.assertEqual(status, 0)

    def test_a_job_of_which_nothing_came_has_failed(self):
        def body(report):
            report.deliver(0, Done([Case("a", "passed")]))
            report.deliver(1, Done([Case("boots", "passed")]))

        said, _, status = self.report(body)
        self.assertIn("FAILED system: ends: it did not come to its end", said)
        self.assertEqual((said.splitlines()[-1], status), ("2 passed, 1 failed, 0 skipped", 1))

    def test_a_lack_fails_whoever_has_it_and_is_told_once(self):
        def body(report):
            reason = "the build failed\nand this is why"
            self.assertEqual(report.lacks({1: reason, 2: reason}), [0])
            report.deliver(0, Done([Case("a", "passed")]))

        said, _, status = self.report(body)
        self.assertEqual(said.count("and this is why"), 1)
        self.assertEqual((said.splitlines()[-1], status), ("1 passed, 2 failed, 0 skipped", 1))

    def test_a_group_without_a_job_has_failed(self):
        def body(report):
            for number, job in enumerate(self.JOBS):
                report.deliver(number, Done([Case(job.name, "passed")]))

        said, _, status = self.report(body, ("model", "conformance", "system"))
        self.assertEqual((said.splitlines()[-1], status), ("3 passed, 1 failed, 0 skipped", 1))


if __name__ == "__main__":
    unittest.main()
