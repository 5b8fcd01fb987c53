# SPDX-License-Identifier: MIT
"""What can go wrong, as types. The driver prints these without a traceback."""


class RigError(Exception):
    """Something outside the rig's own code failed; the message is for the user."""


class TimedOut(RigError):
    """A wait ended without what was waited for."""


class Dom0Silent(TimedOut):
    """dom0 takes no commands any more: says nothing about the guest."""


class GuestGone(RigError):
    """The guest ended while its console was still expected to say something."""


class Interrupted(KeyboardInterrupt):
    """SIGINT, SIGTERM or SIGHUP arrived; `number` says which."""

    def __init__(self, number: int) -> None:
        super().__init__(f"signal {number}")
        self.number = number
