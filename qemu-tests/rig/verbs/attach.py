# SPDX-License-Identifier: MIT
"""Connects this terminal to the console of a guest that `./lavandin boot` runs in another one.

Guests are counted from 1. What the guest said so far is shown first. Ctrl-] leaves; the guest and
its machine go on. Without a terminal, standard input is passed on and output shown until the guest
ends."""

from __future__ import annotations

import argparse
import contextlib
import os
import select
import sys

from .. import attach, terminal, values
from ..full import MOST_GUESTS, WHY_NO_MORE
from ..progress import BOLD, paint, say

HELP = "connect to a guest's console from another terminal"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "guest",
        type=values.whole_number(1, MOST_GUESTS, WHY_NO_MORE),
        nargs="?",
        default=1,
        help="its number (default: 1)",
    )


def run(options: argparse.Namespace) -> int:
    machine = attach.newest()
    with attach.connect(machine, options.guest) as client:
        name = machine.guests[options.guest - 1]
        say(paint(f"console of {name}; {terminal.ESCAPE_NAME} leaves", BOLD))
        mode = terminal.raw(0) if sys.stdin.isatty() else contextlib.nullcontext()
        inputs = [client, 0]
        with mode:
            while True:
                readable, _, _ = select.select(inputs, [], [])
                if client in readable:
                    data = attach.received(client)
                    if not data:
                        break
                    terminal.write_out(data)
                if 0 in readable:
                    keys = os.read(0, 1024)
                    if terminal.ESCAPE in keys:
                        break
                    if not keys:
                        inputs.remove(0)
                    attach.typed(client, keys)
    say("")
    return 0
