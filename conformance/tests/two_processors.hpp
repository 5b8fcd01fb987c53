// SPDX-License-Identifier: MIT
// For tests of what happens on several processors at once.
#pragma once

#include "tests/common.hpp"

namespace conformance {

// A processor, as a set of one.
inline uint64_t first_one() { return first_processor(inherited().processors); }
inline uint64_t second_one() {
    return first_processor(inherited().processors & ~first_processor(inherited().processors));
}
inline uint64_t number_of(uint64_t processor) {
    return static_cast<uint64_t>(__builtin_ctzl(processor));
}

// At the begin of a test that one processor cannot show.
#define NEEDS_TWO_PROCESSORS()                                                                     \
    do {                                                                                           \
        if (::conformance::second_one() == 0)                                                      \
            SKIP("there is one processor only");                                                   \
    } while (false)

inline Result<Thread_information> information_of_thread(Capability_index thread) {
    TRY_VOID(thread_information(thread));
    return reinterpret_cast<Thread_information const&>(message_buffer().words);
}

// A number that one thread writes and others look at.
class Counter {
public:
    void count() { __atomic_fetch_add(&_value, 1, __ATOMIC_SEQ_CST); }
    uint64_t value() const { return __atomic_load_n(&_value, __ATOMIC_SEQ_CST); }
    // Whether it goes on. Sleeps meanwhile, so that it can on this processor, too.
    bool moves() const { return reaches(value() + 1); }
    bool reaches(uint64_t wanted) const {
        for (uint64_t const end = soon(); value() < wanted && lavandin::now() < end;)
            static_cast<void>(thread_sleep(after(100 * microsecond)));
        return value() >= wanted;
    }

private:
    uint64_t _value{0};
};

class Flag {
public:
    void raise() { __atomic_store_n(&_raised, true, __ATOMIC_SEQ_CST); }
    bool raised() const { return __atomic_load_n(&_raised, __ATOMIC_SEQ_CST); }
    // Looks again and again, for a long time.
    bool spin() const {
        for (uint64_t const end = soon(); !raised() && lavandin::now() < end;)
            asm volatile("pause");
        return raised();
    }

private:
    bool _raised{false};
};

} // namespace conformance
