// SPDX-License-Identifier: MIT
#include "tests/policy_files.hpp"

#include <string.h>

extern "C" {
extern std::byte const policy_deadlines_begin[], policy_deadlines_end[];
extern std::byte const policy_share_begin[], policy_share_end[];
extern std::byte const policy_fixed_priority_begin[], policy_fixed_priority_end[];
extern std::byte const policy_by_share_begin[], policy_by_share_end[];
extern std::byte const policy_strict_order_begin[], policy_strict_order_end[];
extern std::byte const policy_liar_begin[], policy_liar_end[];
extern std::byte const policy_lying_coordinator_begin[], policy_lying_coordinator_end[];
}

namespace conformance {

namespace {

// How much of the processor each class has in the beginning.
constexpr uint64_t first_shares[scheduling_classes]{900, 50, 25, 25};

Result<void> fill(Capability_index memory, std::span<std::byte const> bytes, uint64_t size) {
    uint64_t const address = layout::fresh_addresses(size);
    TRY_VOID(memory_map(self_process, memory, address, 0, size, read_write));
    memcpy(reinterpret_cast<void*>(address), bytes.data(), bytes.size());
    return memory_unmap(self_process, address, size);
}

} // namespace

std::span<std::byte const> bytes_of(policy_files file) {
    switch (file) {
    case policy_files::deadlines:
        return {policy_deadlines_begin, policy_deadlines_end};
    case policy_files::share:
        return {policy_share_begin, policy_share_end};
    case policy_files::fixed_priority:
        return {policy_fixed_priority_begin, policy_fixed_priority_end};
    case policy_files::by_share:
        return {policy_by_share_begin, policy_by_share_end};
    case policy_files::strict_order:
        return {policy_strict_order_begin, policy_strict_order_end};
    case policy_files::liar:
        return {policy_liar_begin, policy_liar_end};
    case policy_files::lying_coordinator:
        return {policy_lying_coordinator_begin, policy_lying_coordinator_end};
    }
    return {};
}

Result<Capability_index> memory_of(std::span<std::byte const> bytes) {
    uint64_t const size = (bytes.size() + page_size - 1) / page_size * page_size;
    auto const memory = TRY(memory_create(size));
    TRY_VOID(fill(memory, bytes, size));
    return memory;
}

Result<Capability_index> load_policy(policy_files file) {
    lavandin::Capability const memory{TRY(memory_of(bytes_of(file)))};
    return policy_load(inherited().system, memory.index(), 0, bytes_of(file).size());
}

Result<Policy_information> place_information(uint64_t place) {
    TRY_VOID(policy_place_information(inherited().system, place));
    return reinterpret_cast<Policy_information const&>(message_buffer().words);
}

// Small shares first: together they never are too much.
void give_back_places() {
    for (uint64_t place = 0; place < policy_places; ++place)
        static_cast<void>(
            policy_install(inherited().system, 0, place, place < scheduling_classes ? 1 : 0));
    for (uint64_t place = 0; place < scheduling_classes; ++place)
        static_cast<void>(policy_install(inherited().system, 0, place, first_shares[place]));
}

} // namespace conformance
