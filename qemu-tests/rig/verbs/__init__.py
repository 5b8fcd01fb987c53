# SPDX-License-Identifier: MIT
"""One module per verb of ./lavandin, each with HELP, arguments(parser) and run(arguments)."""
