#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Does the replay refuse what it must? Good recordings, and each with one thing changed."""

from __future__ import annotations

import json
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import replay  # noqa: E402  (the path above must be set first)

VMM = {"time": 5, "domain": 3, "side": "vmm"}
GUEST = {"time": 5, "domain": 0, "side": "guest"}


def _message(base: dict, event: str, kind: str, sequence: int, regarding: int, **more: object):
    return {
        **base, "event": event, "type": kind, "service": 0, "session": 9, "sequence": sequence,
        "regarding": regarding, **more,
    }


def take(base: dict, kind: str, sequence: int, regarding: int = 0, **more: object) -> dict:
    defaults = {"verdict": "ok", "counted": True}
    return _message(base, "take", kind, sequence, regarding, **{**defaults, **more})


def say(base: dict, kind: str, sequence: int, regarding: int = 0, **more: object) -> dict:
    return _message(base, "say", kind, sequence, regarding, **more)


def put(base: dict, kind: str, sequence: int, regarding: int = 0, **more: object) -> dict:
    return _message(base, "put", kind, sequence, regarding, **more)


def vmm_recording() -> list[dict]:
    """A session with a request and an offer, as the VMM side records it."""
    return [
        {**VMM, "event": "begin", "number": 77},
        {**VMM, "event": "notify"},
        {**VMM, "event": "sleep"},
        {**VMM, "event": "wake"},
        take(VMM, "hello", 1, instance=77),
        say(VMM, "welcome", 1, 1, instance=77, version=1),
        {**VMM, "event": "show", "number": 9},
        put(VMM, "welcome", 1, 1, instance=77, version=1),
        {**VMM, "event": "notify"},
        take(VMM, "request", 2),
        say(VMM, "answer", 2, 2),
        say(VMM, "offer", 3, 2),
        put(VMM, "answer", 2, 2),
        put(VMM, "offer", 3, 2),
        {**VMM, "event": "notify"},
        {**VMM, "event": "sleep"},
        take(VMM, "done", 3, 3),
        take(VMM, "request", 2, verdict="replay", counted=False),
        take(VMM, "release", 4, verdict="mask"),
        {**VMM, "event": "suspend"},
        {**VMM, "event": "forgive"},
        {**VMM, "event": "show", "number": 0},
    ]


def guest_recording() -> list[dict]:
    """The same session, as the guest records it."""
    return [
        {**GUEST, "event": "begin", "number": 0},
        {**GUEST, "event": "notify"},
        say(GUEST, "hello", 1, instance=77),
        put(GUEST, "hello", 1, instance=77),
        {**GUEST, "event": "notify"},
        {**GUEST, "event": "sleep"},
        take(GUEST, "welcome", 1, 1, instance=77, version=1),
        say(GUEST, "request", 2),
        put(GUEST, "request", 2),
        {**GUEST, "event": "notify"},
        take(GUEST, "answer", 2, 2),
        take(GUEST, "offer", 3, 2),
        say(GUEST, "done", 3, 3),
        put(GUEST, "done", 3, 3),
        {**GUEST, "event": "notify"},
        {**GUEST, "event": "end"},
    ]


def text(events: list[dict]) -> str:
    return "\n".join(json.dumps(event) for event in events) + "\n"


def find(events: list[dict], event: str, kind: str | None = None) -> int:
    for place, each in enumerate(events):
        if each["event"] == event and (kind is None or each.get("type") == kind):
            return place
    raise AssertionError(f"no {event} {kind}")


class Replays(unittest.TestCase):
    def refused(self, events: list[dict], reason: str) -> None:
        with self.assertRaises(replay.Refused) as caught:
            replay.judge(text(events))
        self.assertIn(replay.REASONS.get(reason, reason), str(caught.exception))

    def change(self, event: str, kind: str | None, reason: str, **values: object) -> None:
        """Of the VMM side's recording."""
        events = vmm_recording()
        events[find(events, event, kind)].update(values)
        self.refused(events, reason)

    def drop(self, event: str, kind: str | None, reason: str) -> None:
        events = vmm_recording()
        del events[find(events, event, kind)]
        self.refused(events, reason)

    def test_good_ones_pass(self) -> None:
        for events in (vmm_recording(), guest_recording(), vmm_recording() + guest_recording()):
            self.assertEqual(replay.judge(text(events)), len(events))

    def test_two_domains_are_apart(self) -> None:
        first = vmm_recording()
        second = [{**event, "domain": 4} for event in vmm_recording()]
        mixed = [event for both in zip(first, second) for event in both]
        self.assertEqual(replay.judge(text(mixed)), len(mixed))

    def test_an_answer_to_nothing(self) -> None:
        self.drop("take", "request", "NOT_ALLOWED")

    def test_a_second_answer(self) -> None:
        events = vmm_recording()
        place = find(events, "say", "answer")
        events.insert(place + 1, {**events[place], "sequence": 3})
        self.refused(events, "NOT_ALLOWED")

    def test_a_second_reply(self) -> None:
        events = vmm_recording()
        place = find(events, "take", "done")
        events.insert(place + 1, {**events[place], "sequence": 4})
        self.refused(events, "WRONG_VERDICT")

    def test_an_answer_to_another_request(self) -> None:
        self.change("say", "answer", "WRONG_NUMBERS", regarding=3)

    def test_a_number_that_is_skipped_or_used_again(self) -> None:
        self.change("say", "answer", "WRONG_NUMBERS", sequence=4)
        self.change("say", "offer", "WRONG_NUMBERS", sequence=2)

    def test_a_wrong_verdict(self) -> None:
        self.change("take", "request", "WRONG_VERDICT", verdict="session", counted=False)
        self.change("take", "done", "WRONG_VERDICT", verdict="regarding")
        self.change("take", "done", "WRONG_VERDICT", verdict="outstanding")
        self.change("take", "hello", "WRONG_VERDICT", instance=76)

    def test_a_sequence_that_should_not_count(self) -> None:
        self.change("take", "release", "WRONG_VERDICT", sequence=9)
        self.change("take", "request", "WRONG_COUNT", counted=False)

    def test_a_hello_that_nobody_welcomes(self) -> None:
        self.drop("say", "welcome", "NOT_WELCOMED")

    def test_a_status_of_another_session(self) -> None:
        self.change("show", None, "WRONG_STATUS", number=8)

    def test_a_welcome_before_its_status(self) -> None:
        self.drop("show", None, "WELCOME_BEFORE_STATUS")

    def test_messages_put_out_of_order_or_lost(self) -> None:
        self.drop("put", "answer", "OUT_OF_ORDER")
        self.change("put", "answer", "OUT_OF_ORDER", sequence=3)
        self.change("put", "offer", "OUT_OF_ORDER", session=8)

    def test_sleep_with_an_edge_due(self) -> None:
        events = vmm_recording()
        del events[find(events, "put", "offer") + 1]  # its edge
        self.refused(events, "EDGE_FORGOTTEN")

    def test_forgiveness_without_suspension(self) -> None:
        self.drop("suspend", None, "NOT_ALLOWED")

    def test_a_guest_that_uses_a_session_number_again(self) -> None:
        events = guest_recording()
        events.append(events[find(events, "say", "hello")])
        self.refused(events, "NOT_ALLOWED")

    def test_a_guest_that_replies_to_nothing(self) -> None:
        events = guest_recording()
        del events[find(events, "take", "offer")]
        self.refused(events, "NOT_ALLOWED")

    def test_what_is_no_recording(self) -> None:
        for bad, reason in (
            ("", "empty"),
            ("no json\n", "no JSON"),
            ("[]\n", "no JSON object"),
            (text([{**VMM, "event": "notify"}]), "does not begin"),
            (text([{**VMM, "event": "dance"}]), "does not begin"),
            (text([{**VMM, "event": "begin", "number": -1}]), "number is no 32-bit number"),
            (text([{**VMM, "event": "begin", "number": True}]), "number is no 32-bit number"),
            (text([{"domain": 1, "event": "begin"}]), "side is not one of"),
        ):
            with self.subTest(bad), self.assertRaises(replay.Refused) as caught:
                replay.judge(bad)
            self.assertIn(reason, str(caught.exception))

    def test_messages_that_are_none(self) -> None:
        for values, reason in (
            ({"verdict": "fine"}, "verdict is not one of"),
            ({"counted": 1}, "counted is neither"),
            ({"type": "report"}, "type is not one of"),
            ({"sequence": 2**31}, "beyond what the model counts to"),
        ):
            with self.subTest(values):
                self.change("take", "request", reason, **values)


if __name__ == "__main__":
    unittest.main()
