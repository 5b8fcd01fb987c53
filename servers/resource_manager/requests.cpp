// SPDX-License-Identifier: MIT
// Cooperation: what clients see of it and ask for by hand, and what it asks of this server.
#include "resource_manager_server.hpp"

#include <lavandin/clock.hpp>

namespace lavandin::resource_manager {

void Resource_manager_server::cooperation_state(Request& request) {
    auto const state = _cooperating.state();
    request.answer().object(state);
}

void Resource_manager_server::ask_other_side(Request& request, bool give) {
    if ((badge_roles(request.badge()) & resource_manager_protocol::role_control) == 0)
        return request.fail(Error::permission_denied);
    uint64_t const number = request.word();
    uint64_t const duration = request.word();
    if (!request.ok() || number == 0 || number > maximum_processors || duration > longest_wish)
        return request.fail(Error::invalid_argument);
    if (_asker.client != 0)
        return request.fail(Error::busy);
    auto const count = static_cast<unsigned>(number);
    auto& engine = _cooperating.engine();
    auto const error = give ? engine.give(count, duration) : engine.ask(count, duration);
    if (error != Error::none)
        return request.fail(error);
    auto waiting = request.defer();
    if (!waiting.ok())
        return request.fail(waiting.error());
    _asker = {badge_process(request.badge()), static_cast<Deferred_answer&&>(waiting.value())};
    answer_asked();
}

void Resource_manager_server::answer_asked() {
    resource_manager_protocol::Asked asked{};
    if (!_cooperating.engine().take_answer(asked) || _asker.client == 0)
        return;
    auto writer = begin_answer();
    writer.object(asked);
    static_cast<void>(_asker.answer.send(writer));
    _asker = {};
}

// Whoever waits for a transition of that processor keeps it.
bool Resource_manager_server::begin(uint64_t number, Processor_action action, uint64_t deadline) {
    if (!_transitions.idle(number))
        return false;
    if (action != Processor_action::unpark) {
        _transitions.submit(number, action, deadline);
        return true;
    }
    settle(number, action, _processors.act(number, action, forever));
    return true;
}

bool Resource_manager_server::available(uint64_t number) {
    return wish(number).asked != Availability::offline;
}

} // namespace lavandin::resource_manager
