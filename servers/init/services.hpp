// SPDX-License-Identifier: MIT
#pragma once

#include "manifest.hpp"

#include <array>
#include <lavandin/objects.hpp>

namespace lavandin::init {

// Whom services are called by: one endpoint per name, made once. It outlives the server behind it,
// so that one that is started again receives what its predecessor's clients send.
class Services {
public:
    // Makes the endpoints of every `service` in the manifest. Errors: those of endpoint_create.
    Result<void> create(Manifest const& manifest);

    // 0 when there is no such service.
    Capability_index find(std::string_view name) const;

    // Nobody will receive there any more: who calls, or waits already, gets peer_died.
    void give_up(Section const& section);

    // init's own.
    Endpoint const& init() const { return _entries[0].endpoint; }

private:
    struct Entry {
        std::string_view name;
        Endpoint endpoint;
    };

    Result<void> add(std::string_view name);

    static constexpr size_t maximum_services = 24;
    std::array<Entry, maximum_services> _entries;
    size_t _count{0};
};

} // namespace lavandin::init
