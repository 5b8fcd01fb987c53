// SPDX-License-Identifier: MIT
#include "xenstore_server.hpp"

namespace lavandin::xenstore {

using xenstore_protocol::Label;

void Xenstore_server::start() {
    _shutdown.start(_connection);
    notified(0); // answers that came before the interrupt was bound
}

void Xenstore_server::request(Request& request) {
    if (static_cast<Label>(request.label()) != Label::status)
        return request.fail(Error::not_supported);
    request.answer().word(_connection.working());
}

void Xenstore_server::notified(uint64_t) {
    static_cast<void>(_interrupt.acknowledge());
    pump();
    obey(_shutdown.order());
}

void Xenstore_server::pump() {
    auto const arrived = [&](Message const& message) { _shutdown.arrived(_connection, message); };
    // What arrives may lead to new requests: until nothing moves.
    while (_connection.pump(arrived))
        static_cast<void>(_interrupt.raise());
    if (!_connection.working() && !_reported) {
        _reported = true;
        static_cast<void>(_log.write("the store sent what cannot be; it is not used any more"));
    }
}

void Xenstore_server::obey(Order order) {
    if (order == Order::none)
        return;
    bool const reboot = order == Order::reboot;
    static_cast<void>(_log.write(reboot ? "reboot was ordered" : "power off was ordered"));
    auto const way = reboot ? Shutdown::reboot : Shutdown::power_off;
    auto const result = Init_client{}.shut_down(static_cast<uint64_t>(way));
    if (!result.ok())
        static_cast<void>(_log.write("init refused to end the machine"));
}

} // namespace lavandin::xenstore
