# SPDX-License-Identifier: MIT
"""The project's own tools (tools/), which other people run by themselves, as modules."""

from __future__ import annotations

import importlib
import sys
import unittest
from types import ModuleType

from .. import paths
from .results import Group
from .rig_units import Recorder


def load(name: str) -> ModuleType:
    directory = str(paths.TOOLS)
    if directory not in sys.path:
        sys.path.insert(0, directory)
    return importlib.import_module(name)


def run_units(tool: str, group: Group) -> None:
    """The tool's own units: does it find what it must find?"""
    unittest.TestLoader().loadTestsFromModule(load(f"test_{tool}")).run(Recorder(group))
