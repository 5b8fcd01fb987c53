# SPDX-License-Identifier: MIT
"""What `./lavandin test` is made of: one module per group of tests, and how they are counted."""
