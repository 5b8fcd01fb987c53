// SPDX-License-Identifier: MIT
// Messages between processes: the tag word, the message buffer and its limits.
//
// A message is a tag, four words in registers, up to `maximum_buffer_words` words and
// `maximum_transfers` capabilities in the message buffer. The buffer is one frame per thread that
// the kernel owns and maps for both sides; the kernel copies out of it once and uses the copy.
#pragma once

#include <lavandin/abi/group.hpp>

#include <stddef.h>
#include <stdint.h>

namespace lavandin::abi {

inline constexpr uint64_t register_words = 4;
inline constexpr uint64_t maximum_buffer_words = 256;
inline constexpr uint64_t maximum_transfers = 4;
inline constexpr uint64_t page_size = 4096;

// bits 0..15 buffer words, bits 16..19 capabilities, bit 29 fault, bit 30 deadline, bit 31
// notification, bits 32..63 label.
class Message_tag {
public:
    constexpr Message_tag() = default;
    constexpr explicit Message_tag(uint64_t raw) : _raw{raw} {}
    constexpr Message_tag(uint32_t label, uint64_t buffer_words, uint64_t transfers = 0)
        : _raw{uint64_t{label} << 32 | transfers << 16 | buffer_words} {}

    // The tag of what a receiver gets when a bound notification was signalled; w0 holds the bits.
    static constexpr Message_tag notification() { return Message_tag{uint64_t{1} << 31}; }

    // The same for a call that waits until `deadline` in the caller's message buffer. The bit does
    // not travel.
    constexpr Message_tag with_deadline() const { return Message_tag{_raw | deadline_bit}; }
    constexpr Message_tag without_deadline() const { return Message_tag{_raw & ~deadline_bit}; }
    constexpr bool has_deadline() const { return (_raw & deadline_bit) != 0; }

    // The tag of what a receiver gets when a thread has faulted: w0 holds the exception's vector,
    // w1 its code, w2 the address, w3 the instruction's address; the buffer words are the registers
    // (fault_registers.hpp). Nobody else can send it.
    static constexpr Message_tag fault(uint64_t registers) {
        return Message_tag{fault_bit | registers};
    }
    constexpr bool from_fault() const { return (_raw & fault_bit) != 0; }

    constexpr uint32_t label() const { return static_cast<uint32_t>(_raw >> 32); }
    constexpr uint64_t buffer_words() const { return _raw & 0xffff; }
    constexpr uint64_t transfers() const { return _raw >> 16 & 0xf; }
    constexpr bool from_notification() const { return (_raw >> 31 & 1) != 0; }
    constexpr uint64_t raw() const { return _raw; }

    // What a sender may pass: lengths within limits, the notification bit and reserved bits clear.
    constexpr bool sendable() const {
        return buffer_words() <= maximum_buffer_words && transfers() <= maximum_transfers &&
               (_raw >> 20 & 0xfff) == 0;
    }

private:
    static constexpr uint64_t fault_bit = uint64_t{1} << 29;
    static constexpr uint64_t deadline_bit = uint64_t{1} << 30;

    uint64_t _raw{0};
};

// One capability on its way. Sender: the slot in its table, the permissions to keep and the badge
// to give (0 keeps the badge; only an unbadged capability takes a new one).
// Receiver: the slot it arrived in (0: it did not arrive).
struct Transfer {
    uint32_t index;
    uint32_t permissions;
    uint64_t badge;
};

struct Message_buffer {
    uint64_t words[maximum_buffer_words];
    Transfer sent[maximum_transfers];
    Transfer received[maximum_transfers];
    uint64_t accepted_transfers; // how many capabilities this thread takes from one message
    uint64_t deadline;           // of a call whose tag says so: nanoseconds of the clock
    uint64_t placement;          // Placement (clock_page.hpp), written by the kernel
    uint8_t reserved[page_size - 8 * maximum_buffer_words - 8 * sizeof(Transfer) - 3 * 8 -
                     sizeof(Group_calls)];
    Group_calls group_calls; // at the end, where gates in assembly look for it
};

static_assert(sizeof(Transfer) == 16);
static_assert(sizeof(Message_buffer) == page_size);
static_assert(offsetof(Message_buffer, group_calls) == page_size - sizeof(Group_calls));

} // namespace lavandin::abi
