// SPDX-License-Identifier: MIT
#include <lavandin/resource_manager_client.hpp>

namespace lavandin {

using namespace resource_manager_protocol;

Result<Entry> Resource_manager_client::entry(uint64_t number) const {
    Call call{_endpoint, Label::list};
    return TRY(call.word(number).send_again()).object<Entry>();
}

// A server that dies over it has left it done or undone; its successor, asked again, says
// wrong_state for what had been done.
Result<void> Resource_manager_client::ask(Label label, uint64_t number, uint64_t deadline,
                                          Obstacle* obstacle) const {
    Call call{_endpoint, label};
    auto const outcome =
        TRY(call.word(number).word(deadline).send_again()).template object<Outcome>();
    if (obstacle != nullptr)
        *obstacle = outcome.obstacle;
    return static_cast<Error>(outcome.error);
}

Result<void> Resource_manager_client::start(uint64_t number, uint64_t deadline) const {
    return ask(Label::start, number, deadline, nullptr);
}

Result<void> Resource_manager_client::park(uint64_t number, uint64_t deadline,
                                           Obstacle* obstacle) const {
    return ask(Label::park, number, deadline, obstacle);
}

Result<void> Resource_manager_client::unpark(uint64_t number) const {
    return ask(Label::unpark, number, forever, nullptr);
}

Result<void> Resource_manager_client::stop(uint64_t number, uint64_t deadline,
                                           Obstacle* obstacle) const {
    return ask(Label::stop, number, deadline, obstacle);
}

Result<Cooperation_state> Resource_manager_client::cooperation() const {
    Call call{_endpoint, Label::cooperation};
    return TRY(call.send_again()).object<Cooperation_state>();
}

// Not sent again: what a server that died had asked for is void, and may have been granted.
Result<Asked> Resource_manager_client::ask_other(Label label, uint64_t processors,
                                                 uint64_t duration) const {
    Call call{_endpoint, label};
    return TRY(call.word(processors).word(duration).send()).object<Asked>();
}

Result<Asked> Resource_manager_client::request(uint64_t processors, uint64_t duration) const {
    return ask_other(Label::request, processors, duration);
}

Result<Asked> Resource_manager_client::give(uint64_t processors, uint64_t duration) const {
    return ask_other(Label::give, processors, duration);
}

} // namespace lavandin
