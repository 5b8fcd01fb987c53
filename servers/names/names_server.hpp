// SPDX-License-Identifier: MIT
#pragma once

#include "name_table.hpp"

#include <lavandin/client_watch.hpp>
#include <lavandin/service.hpp>

namespace lavandin::names {

class Names_server {
public:
    // Takes over what a predecessor knew.
    void restore();

    void request(Request& request);
    // A process has ended: its names go.
    void notified(uint64_t bits);

private:
    void add(Request& request);
    void find(Request& request);
    void remove(Request& request);
    void list(Request& request);

    Result<void> add(Client owner, std::string_view name, Endpoint&& endpoint);
    void drop(Name_table::Entry const& entry) const;

    Name_table _table;
    Init_client const _init;
};

} // namespace lavandin::names
