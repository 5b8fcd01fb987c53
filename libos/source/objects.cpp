// SPDX-License-Identifier: MIT
#include <lavandin/objects.hpp>
#include <lavandin/thread_pointer.hpp>

#include <string.h>

namespace lavandin {

Packed_name pack_name(std::string_view name) {
    char characters[sizeof(Packed_name)]{};
    memcpy(characters, name.data(),
           name.size() < sizeof characters ? name.size() : sizeof characters);
    Packed_name packed;
    memcpy(&packed, characters, sizeof packed);
    return packed;
}

Result<Process> Process::create(uint64_t quota, std::string_view name, uint64_t flags,
                                Capability_index ended, Capability_index group) {
    auto const [low, high] = pack_name(name);
    return own(TRY(process_create(quota, flags, low, high, ended, group)));
}

Result<Process_information> Process::information() const {
    TRY_VOID(process_information(index()));
    Process_information information;
    memcpy(&information, &message_buffer(), sizeof information);
    return information;
}

Result<System_information> System::information() const {
    TRY_VOID(system_information(index()));
    System_information information;
    memcpy(&information, &message_buffer(), sizeof information);
    return information;
}

} // namespace lavandin
