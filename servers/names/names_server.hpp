// SPDX-License-Identifier: MIT
#pragma once

#include "name_table.hpp"

#include <lavandin/client_watch.hpp>
#include <lavandin/service.hpp>

namespace lavandin::names {

class Names_server {
public:
    void request(Request& request);
    // A process has ended: its names go.
    void notified(uint64_t bits);

private:
    void add(Request& request);
    void find(Request& request);
    void remove(Request& request);
    void list(Request& request);

    Name_table _table;
};

} // namespace lavandin::names
