# SPDX-License-Identifier: MIT
"""The project's own tools (tools/), which other people run by themselves, as modules."""

from __future__ import annotations

import importlib
import sys
from types import ModuleType

from .. import paths


def load(name: str) -> ModuleType:
    directory = str(paths.TOOLS)
    if directory not in sys.path:
        sys.path.insert(0, directory)
    return importlib.import_module(name)
