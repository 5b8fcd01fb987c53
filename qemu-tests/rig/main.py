# SPDX-License-Identifier: MIT
"""The command line of ./lavandin: finds the verb, and cleans up after it whatever happens."""

from __future__ import annotations

import argparse
import errno
import importlib
import sys

from . import paths, process
from .errors import Interrupted, RigError
from .progress import RED, paint, say

VERBS = ("setup", "build", "boot", "test", "bench", "experiment", "attach", "gdb", "clean")
WORKING_VERBS = ("setup", "build", "boot", "test", "bench", "experiment")
# What this machine may run out of.
_SHORTAGES = (errno.ENOSPC, errno.EDQUOT, errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EAGAIN)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="lavandin",
        description="Builds Lavandin, boots it on Xen under QEMU, tests it.",
        epilog="Each verb explains itself: ./lavandin VERB --help",
    )
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", required=True)
    for name in VERBS:
        module = importlib.import_module(f".verbs.{name}", __package__)
        sub = verbs.add_parser(
            name,
            help=module.HELP,
            description=module.__doc__,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        module.arguments(sub)
        sub.set_defaults(run=module.run)
    return parser


def main(words: list[str]) -> int:
    arguments = _parser().parse_args(words)
    try:
        process.guard()
        if arguments.verb in WORKING_VERBS:
            paths.run_directory()  # by which `clean` sees that somebody is at work
        return arguments.run(arguments)
    except Interrupted as interruption:
        say(paint("lavandin: interrupted", RED))
        return 128 + interruption.number
    except RigError as error:
        say(f"{paint('lavandin:', RED)} {error}")
        return 1
    except BrokenPipeError:
        sys.stderr.close()
        return 1
    except OSError as error:
        if error.filename is None and error.errno not in _SHORTAGES:
            raise  # not about a file: the rig's own mistake
        place = f"{error.filename}: " if error.filename else ""
        say(f"{paint('lavandin:', RED)} {place}{error.strerror}")
        return 1
    finally:
        process.ignore_signals()
        process.sweep()
        paths.remove_run_directory()
