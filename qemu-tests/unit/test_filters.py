# SPDX-License-Identifier: MIT
"""Console stream filters: whatever the bytes' boundaries, the result is the same."""

import unittest

from rig.filters import SymbolFilter, XenSplitter


def split(chunks):
    """What each owner gets in all."""
    splitter = XenSplitter()
    got = {"xen": b"", "domain": b""}
    for chunk in chunks:
        for owner, piece in splitter.feed(chunk):
            got[owner] += piece
    for owner, piece in splitter.flush():
        got[owner] += piece
    return got["xen"], got["domain"]


class Splitter(unittest.TestCase):
    STREAM = b"(XEN) one\r\nhello\r\n(XEN) two\r\n(XE not xen\n> "

    def test_any_boundaries(self):
        expected = (b"(XEN) one\r\n(XEN) two\r\n", b"hello\r\n(XE not xen\n> ")
        self.assertEqual(split([self.STREAM]), expected)
        self.assertEqual(split([bytes([byte]) for byte in self.STREAM]), expected)

    def test_a_prompt_passes_at_once(self):
        self.assertEqual(XenSplitter().feed(b"> "), [("domain", b"> ")])

    def test_nothing_is_lost_at_the_end(self):
        self.assertEqual(split([b"(XE"]), (b"", b"(XE"))


class FakeSymboliser:
    def annotation(self, line):
        return b" | here" if b"[<1>]" in line else b""


class Symbols(unittest.TestCase):
    def filtered(self, chunks):
        symbol_filter = SymbolFilter(FakeSymboliser())
        return b"".join(map(symbol_filter.feed, chunks))

    def test_annotates_before_the_line_end(self):
        text = b"at [<1>]\r\nnext\n[<1>]\n"
        expected = b"at [<1>] | here\r\nnext\n[<1>] | here\n"
        self.assertEqual(self.filtered([text]), expected)
        self.assertEqual(self.filtered([bytes([byte]) for byte in text]), expected)

    def test_an_unfinished_line_is_not_held_back(self):
        self.assertEqual(self.filtered([b"prompt> "]), b"prompt> ")


if __name__ == "__main__":
    unittest.main()
