// SPDX-License-Identifier: MIT
#pragma once

#include "shutdown_watch.hpp"

#include <lavandin/init_client.hpp>
#include <lavandin/log_client.hpp>
#include <lavandin/mapping.hpp>
#include <lavandin/service.hpp>
#include <lavandin/xenstore_protocol.hpp>

namespace lavandin::xenstore {

class Xenstore_server {
public:
    Xenstore_server(Mapping&& page, Interrupt&& interrupt)
        : _page{static_cast<Mapping&&>(page)}, _interrupt{static_cast<Interrupt&&>(interrupt)},
          _connection{*_page.as<xenstore_domain_interface>()} {}

    // Registers what is watched from the beginning.
    void start();

    void request(Request& request);
    // The ring's interrupt.
    void notified(uint64_t bits);

private:
    void pump();
    void obey(Order order);

    Mapping _page;
    Interrupt _interrupt;
    Connection _connection;
    Shutdown_watch _shutdown;
    bool _reported{false};
    Log_client const _log;
};

} // namespace lavandin::xenstore
