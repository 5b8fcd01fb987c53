// SPDX-License-Identifier: MIT
// All processors that the kernel knows, by number; and sets of them.
#pragma once

#include <arch/processor.hpp>
#include <stdint.h>

namespace kernel {

class Processor;

// One bit for each processor.
using Processor_set = uint64_t;
inline constexpr Processor_set all_processors = ~Processor_set{0};
static_assert(arch::most_processors <= 64);

constexpr Processor_set set_of(uint32_t number) { return Processor_set{1} << number; }

class Processors {
public:
    // At start.
    void add(Processor& processor);
    // Nullptr when the machine cannot have it.
    Processor* at(uint32_t number) const { return _all[number]; }

    // All that the machine can ever have have numbers below.
    uint32_t possible() const { return _possible; }
    // Those that have run or may run have numbers below. Changes for who is exclusive (gate.hpp).
    uint32_t count() const { return __atomic_load_n(&_count, __ATOMIC_ACQUIRE); }
    void admit(uint32_t count) {
        if (count > _count)
            __atomic_store_n(&_count, count, __ATOMIC_RELEASE);
    }

    // Those that take threads.
    Processor_set accepting() const { return __atomic_load_n(&_accepting, __ATOMIC_ACQUIRE); }
    void accept(uint32_t number) {
        __atomic_fetch_or(&_accepting, set_of(number), __ATOMIC_SEQ_CST);
    }
    void refuse(uint32_t number) {
        __atomic_fetch_and(&_accepting, ~set_of(number), __ATOMIC_SEQ_CST);
    }

    // Those that have nothing to do and take threads.
    Processor_set idle() const { return __atomic_load_n(&_idle, __ATOMIC_ACQUIRE) & accepting(); }
    void begin_idle(uint32_t number) {
        __atomic_fetch_or(&_idle, set_of(number), __ATOMIC_SEQ_CST);
    }
    // False when somebody else has given it something to do already.
    bool end_idle(uint32_t number) {
        return (__atomic_fetch_and(&_idle, ~set_of(number), __ATOMIC_SEQ_CST) & set_of(number)) !=
               0;
    }

private:
    friend struct Outside_access;

    Processor* _all[arch::most_processors]{};
    uint32_t _possible{0};
    uint32_t _count{0};
    Processor_set _accepting{0};
    Processor_set _idle{0};
};

extern Processors known_processors;
inline Processors& processors() { return known_processors; }

} // namespace kernel
