// SPDX-License-Identifier: MIT
// Groups: processes that share one address space, in which each has a region of its own, and call
// each other without the kernel.
//
//   0                 the group's own: the directory
//   n * 512 GiB       region of member n, 1 to 15
//
// A process that is in no group with others has all of user space and the member number 0.
#pragma once

#include <stdint.h>

namespace lavandin::abi {

inline constexpr uint64_t largest_group = 15; // members at a time
inline constexpr uint64_t region_bytes = uint64_t{1} << 39;

// Who a member is: unique since boot, also when another has its number later. 0 is nobody.
class Member_identity {
public:
    constexpr Member_identity() = default;
    constexpr explicit Member_identity(uint64_t raw) : _raw{raw} {}
    constexpr Member_identity(uint64_t process_identifier, uint64_t number)
        : _raw{process_identifier << 4 | number} {}

    constexpr uint64_t number() const { return _raw & 0xf; }
    constexpr uint64_t raw() const { return _raw; }
    constexpr bool operator==(Member_identity const&) const = default;

private:
    uint64_t _raw{0};
};

// One member as the directory shows it. The kernel writes it when the process joins and clears it
// when the process ends; `entry` is the member's own to write, once it can be called.
struct Directory_entry {
    uint64_t identity; // Member_identity
    uint64_t entry;    // first instruction of its gate; 0: it takes no calls
    char name[16];     // of the process, NUL-padded
};

// One page, writable for all members, who are not protected from each other.
struct Group_directory {
    static constexpr uint64_t address = 0x10000; // user_begin, in every group

    Directory_entry members[largest_group + 1]; // by number; 0 is unused
};

// Where a thread is in calls between members. Lies in its message buffer: written by the gates, and
// read by the kernel, to which nothing in there is more than a claim.
//
// Level 0 is the thread's own process; it executes in the member of level `depth`, which has been
// called by that of the level before. The thread comes back to a level at `instruction` with
// `stack`: by the callee's gate, or by the kernel when the callee is gone. The kernel clears the
// levels of members that have ended, so that nobody returns there.
struct Group_level {
    uint64_t member; // Member_identity; not looked at for level 0
    uint64_t instruction;
    uint64_t stack;
};

struct Group_calls {
    static constexpr uint64_t deepest = 15;

    uint64_t depth;
    Group_level levels[deepest + 1];
};

static_assert(sizeof(Directory_entry) == 32);
static_assert(sizeof(Group_calls) == 392);

} // namespace lavandin::abi
