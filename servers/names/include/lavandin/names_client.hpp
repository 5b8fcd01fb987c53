// SPDX-License-Identifier: MIT
// Names as their clients see them. Errors are those of names_protocol::Label, and those of
// endpoint_call.
#pragma once

#include <lavandin/call.hpp>
#include <lavandin/environment.hpp>
#include <lavandin/names_protocol.hpp>

namespace lavandin {

class Names_client {
public:
    // By default the one this process was given as `names`.
    explicit Names_client(Capability_index endpoint = environment().capability("names"))
        : _endpoint{endpoint} {}

    // Others get the permission to call it and nothing else.
    Result<void> add(std::string_view name, Endpoint const& endpoint) const {
        Call call{_endpoint, names_protocol::Label::add};
        return call.text(name).transfer(endpoint, endpoint_permission::call).send_again().error();
    }

    Result<Endpoint> find(std::string_view name) const {
        Call call{_endpoint, names_protocol::Label::find};
        return TRY(call.text(name).accept(1).send_again()).take<Endpoint>();
    }

    Result<void> remove(std::string_view name) const {
        Call call{_endpoint, names_protocol::Label::remove};
        return call.text(name).send_again().error();
    }

private:
    Capability_index _endpoint;
};

} // namespace lavandin
