// SPDX-License-Identifier: MIT
// Moving a message between two threads. The tag is in the sender's saved registers, out of reach of
// its process; the buffer is not, so each capability descriptor is copied once and judged by the
// copy.
#include <kernel/endpoint.hpp>
#include <kernel/process.hpp>

namespace kernel {

namespace {

constexpr unsigned tag_word = 1;
constexpr unsigned first_word = 2;

Result<void> move_capabilities(Thread& from, Thread& to, uint64_t count) {
    uint64_t const accepted = __atomic_load_n(&to.buffer().accepted_transfers, __ATOMIC_RELAXED);
    if (count > accepted)
        return Error::too_large;
    abi::Transfer arrived[abi::maximum_transfers]{};
    for (uint64_t i = 0; i < count; ++i) {
        abi::Transfer const wanted = from.buffer().sent[i];
        auto const slot =
            from.process().table().copy(wanted.index, to.process().table(),
                                        static_cast<Permissions>(wanted.permissions), wanted.badge);
        if (!slot.ok()) {
            while (i-- > 0)
                (void)to.process().table().remove(arrived[i].index);
            return slot.error();
        }
        arrived[i].index = slot.value();
    }
    for (uint64_t i = 0; i < abi::maximum_transfers; ++i)
        to.buffer().received[i] = arrived[i];
    return {};
}

} // namespace

Result<void> transfer(Thread& from, Thread& to, uint64_t badge) {
    abi::Message_tag const tag{from.registers().word(tag_word)};
    if (from.fault_state() != Fault_state::none) [[unlikely]] {
        report_fault(from, to, badge);
        return {};
    }
    if (to.fault_state() != Fault_state::none) [[unlikely]]
        return answer_fault(from, to, tag);
    if (tag.transfers())
        TRY_VOID(move_capabilities(from, to, tag.transfers()));
    transfer_words(from, to, tag, badge);
    return {};
}

void transfer_words(Thread& from, Thread& to, abi::Message_tag tag, uint64_t badge) {
    if (tag.buffer_words())
        __builtin_memcpy(to.buffer().words, from.buffer().words,
                         tag.buffer_words() * sizeof(uint64_t));
    auto& registers = to.registers();
    registers.set_word(0, badge);
    registers.set_word(tag_word, tag.without_deadline().raw());
    for (unsigned i = first_word; i < first_word + abi::register_words; ++i)
        registers.set_word(i, from.registers().word(i));
}

} // namespace kernel
