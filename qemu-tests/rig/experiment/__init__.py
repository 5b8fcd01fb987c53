# SPDX-License-Identifier: MIT
"""Experiments: a scenario's guests on real Xen, with and without cooperation."""
