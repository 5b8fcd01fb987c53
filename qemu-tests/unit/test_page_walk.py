# SPDX-License-Identifier: MIT
"""The page-table walker, on tables made by hand: each planted mistake must be found."""

import struct
import unittest

from rig.page_walk import KERNEL_OWNED, Kernel, census, problems, top_level_tables, walk

P, W, U, LARGE, NX = 1, 2, 4, 1 << 7, 1 << 63
TABLE = P | W | U
KERNEL_BASE, WINDOW, USER = 0xFFFF_FFFF_8000_0000, 0xFFFF_8800_0000_0000, 0x1000_0000


class FakeMemory:
    """Frames by number; tables are made as mappings need them."""

    def __init__(self):
        self._frames = {}
        self._next = 1000

    def read(self, frame):
        return struct.pack("<512Q", *self._frames[frame])

    def table(self):
        self._next += 1
        self._frames[self._next] = [0] * 512
        return self._next

    def entries(self, top, address):
        """The four (table, slot) on the way to an address."""
        table, found = top, []
        for level in (4, 3, 2, 1):
            slot = address >> 12 + 9 * (level - 1) & 511
            found.append((self._frames[table], slot))
            if level > 1:
                if not self._frames[table][slot]:
                    self._frames[table][slot] = self.table() << 12 | TABLE
                table = self._frames[table][slot] >> 12 & 0xFF_FFFF_FFFF
        return found

    def map(self, top, address, frame, flags):
        table, slot = self.entries(top, address)[3]
        table[slot] = frame << 12 | flags


class Problems(unittest.TestCase):
    def setUp(self):
        self.memory = FakeMemory()
        self.kernel, self.user = self.memory.table(), self.memory.table()
        self.map(self.kernel, KERNEL_BASE, 1, P | U)  # text
        self.map(self.kernel, KERNEL_BASE + 0x1000, 2, P | U | NX)  # constants
        self.map(self.kernel, KERNEL_BASE + 0x2000, 3, P | U | W | NX)  # data
        self.map(self.kernel, KERNEL_BASE + 0x3000, 4, P | U | NX)  # boot image
        self.map(self.kernel, WINDOW + 0x5000, 5, P | U | W | NX)  # a message buffer
        self.map(self.kernel, KERNEL_BASE + 0x4000, 6, P | U | W | NX)  # a ring
        self.map(self.kernel, KERNEL_BASE + 0x3000, 7, P | U | W | NX)  # the clock page
        self.map(self.kernel, WINDOW + 0x8000, 8, P | U | W | NX)  # accounts
        self.map(self.user, USER, 10, P | U)
        self.map(self.user, USER + 0x1000, 11, P | U | W | NX)
        self.map(self.user, USER + 0x2000, 5, P | U | W | NX | KERNEL_OWNED)
        self.map(self.user, USER + 0x3000, 4, P | U | NX)
        self.map(self.user, USER + 0x4000, 6, P | U | W | NX)
        self.map(self.user, USER + 0x5000, 7, P | U | NX)
        self.map(self.user, USER + 0x6000, 8, P | U | NX)
        self.plant_top(self.user, 261, 77 << 12 | P | W)  # Xen's, not for ring 3

    def map(self, *arguments):
        self.memory.map(*arguments)

    def plant_top(self, top, slot, entry):
        self.memory._frames[top][slot] = entry

    def found(self):
        own = walk(self.memory.read, self.kernel)
        kernel = Kernel(set(range(1, 2000)), {4}, {6}, {7}, {8}, own)
        return problems(kernel, walk(self.memory.read, self.user))

    def assert_one(self, part):
        found = self.found()
        self.assertTrue(found and all(part in line for line in found), found)

    def test_all_is_well(self):
        self.assertEqual(self.found(), [])
        mappings = walk(self.memory.read, self.user).mappings
        self.assertEqual(census(mappings), "3 r--, 1 r-x, 3 rw-")
        self.assertEqual(mappings[0].address, USER)

    def test_upper_addresses_are_canonical(self):
        addresses = [m.address for m in walk(self.memory.read, self.kernel).mappings]
        self.assertEqual(addresses[0], WINDOW + 0x5000)
        self.assertEqual(addresses[-1], KERNEL_BASE + 0x4000)

    def test_planted_writable_and_executable(self):
        for top, address in ((self.kernel, KERNEL_BASE + 0x9000), (self.user, USER + 0x9000)):
            self.map(top, address, 99, P | U | W)
            self.assert_one("is writable and executable")
            self.map(top, address, 0, 0)

    def test_rights_count_on_every_level(self):
        self.map(self.user, USER + 0x9000, 99, P | U | W)
        for level in range(3):
            table, slot = self.memory.entries(self.user, USER)[level]
            table[slot] ^= NX
            self.assertEqual(self.found(), [], level)
            table[slot] ^= NX
            table[slot] ^= W
            self.assertEqual(self.found(), [], level)
            table[slot] ^= W
        self.assert_one("is writable and executable")

    def test_a_large_page(self):
        table, slot = self.memory.entries(self.user, USER + (1 << 30))[2]
        table[slot] = 512 << 12 | P | U | W | LARGE
        self.assert_one("is writable and executable")
        large = [m for m in walk(self.memory.read, self.user).mappings if m.size > 4096]
        self.assertEqual((large[0].frame, large[0].size), (512, 2 << 20))

    def test_writable_here_executable_there(self):
        self.map(self.user, USER + 0x9000, 10, P | U | W | NX)
        self.assert_one("frame 0xa is executable at")

    def test_the_kernels_frames(self):
        for frame in (1, 2, 5, self.kernel, self.user):
            self.map(self.user, USER + 0x9000, frame, P | U | NX)
            self.assert_one("reaches the kernel's frame")

    def test_a_table_is_no_message_buffer(self):
        self.map(self.user, USER + 0x9000, self.user, P | U | W | NX | KERNEL_OWNED)
        self.assert_one("is no message buffer")

    def test_a_writable_boot_image(self):
        self.map(self.user, USER + 0x3000, 4, P | U | W | NX)
        self.assert_one("can write the boot image")

    def test_a_writable_clock_page(self):
        self.map(self.user, USER + 0x5000, 7, P | U | W | NX)
        self.assert_one("can write or execute the clock page")

    def test_writable_accounts(self):
        self.map(self.user, USER + 0x6000, 8, P | U | W | NX)
        self.assert_one("can write or execute accounts")

    def test_the_kernels_half(self):
        self.plant_top(self.user, 300, 0 | P)
        self.assert_one("slots [300]")

    def test_top_level_tables_are_known_by_xens_part(self):
        other = self.memory.table()
        self.plant_top(other, 261, 77 << 12 | P | W)
        candidates = {other, self.kernel, self.user}
        found = top_level_tables(self.memory.read, self.user, candidates)
        self.assertEqual(found, sorted({other, self.user}))

    def test_frames_of_ours_in_xens_part(self):
        self.map(self.user, 0xFFFF_8000_0000_0000, 1500, P | U | NX)
        self.assert_one("in Xen's part")


if __name__ == "__main__":
    unittest.main()
