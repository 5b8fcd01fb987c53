// SPDX-License-Identifier: MIT
#include <kernel/policy_places.hpp>
#include <kernel/scheduler.hpp>

namespace kernel::policies {

namespace {

struct Place {
    Policy* policy{nullptr}; // with a reference; nullptr: the built-in module
    uint64_t installations{0};
    uint64_t share{0};
};

constinit Lock places_lock; // guards `places`, and where policies say that they are
constinit Place places[abi::policy_places]{
    {nullptr, 0, 900}, {nullptr, 0, 50}, {nullptr, 0, 25}, {nullptr, 0, 25}, {}};

template <typename Visit>
void for_each_processor(Visit visit) {
    for (uint32_t number = 0; number < processors().possible(); ++number)
        visit(*processors().at(number));
}

Algorithm& algorithm_of(uint64_t number) {
    Policy* const policy = places[number].policy;
    return policy ? policy->algorithm() : built_in_algorithm(number);
}

bool shares_fit(uint64_t number, uint64_t share) {
    uint64_t sum = share;
    for (uint64_t i = 0; i < abi::scheduling_classes; ++i)
        sum += i == number ? 0 : places[i].share;
    return share <= abi::whole_share && sum <= abi::whole_share;
}

Result<void> check(uint64_t number, Policy* policy, uint64_t share) {
    if (number >= abi::policy_places)
        return Error::invalid_argument;
    bool const coordinates = number == abi::coordinator_place;
    if (share != 0 && (coordinates || !shares_fit(number, share)))
        return Error::invalid_argument;
    if (!policy)
        return {};
    auto const kind = coordinates ? abi::Policy_kind::coordinator : abi::Policy_kind::scheduler;
    if (policy->algorithm().module().kind != kind)
        return Error::invalid_argument;
    if (policy->algorithm().retired())
        return Error::not_supported;
    if (policy->place != abi::policy_places && policy->place != number)
        return Error::busy;
    return {};
}

void take_over(Processor& processor, uint64_t number, uint32_t installation) {
    Policy* const policy = places[number].policy;
    processor.serve_by(number, policy ? &policy->algorithm() : nullptr,
                       policy ? policy->state(processor.number()) : nullptr, installation);
}

} // namespace

Result<void> install(uint64_t number, Ref<Policy> policy, uint64_t share) {
    // What is replaced may be unloaded before a processor on which it was retired says so.
    for_each_processor([](Processor& processor) { processor.report_retired(); });
    Policy* before = nullptr;
    {
        Lock_guard const guard{places_lock};
        TRY_VOID(check(number, policy.get(), share));
        Place& place = places[number];
        if (place.policy)
            place.policy->place = abi::policy_places;
        before = place.policy;
        place.policy = policy.release();
        ++place.installations;
        if (place.policy) {
            place.policy->place = number;
            ++place.policy->installations;
        }
        place.share = share ? share : place.share;
        uint32_t const installation = next_installation();
        for_each_processor([&](Processor& processor) {
            if (share)
                processor.set_share(number, share);
            take_over(processor, number, installation);
        });
    }
    if (before && before->drop())
        before->last_reference_gone();
    return {};
}

Result<void> describe(uint64_t number, abi::Policy_information& information) {
    if (number >= abi::policy_places)
        return Error::invalid_argument;
    Lock_guard const guard{places_lock};
    Place const& place = places[number];
    information = {};
    // One that was retired gave way to the built-in one everywhere.
    bool const built_in = !place.policy || place.policy->algorithm().retired();
    Algorithm const& used = built_in ? built_in_algorithm(number) : place.policy->algorithm();
    used.describe(information);
    information.built_in = built_in;
    information.place = number;
    information.violation = static_cast<uint64_t>(algorithm_of(number).violation());
    information.installations = place.installations;
    information.share = place.share;
    for_each_processor([&](Processor& processor) { processor.describe(number, information); });
    return {};
}

void describe(Policy& policy, abi::Policy_information& information) {
    Lock_guard const guard{places_lock};
    information = {};
    policy.describe(information);
    if (policy.place == abi::policy_places || policy.algorithm().retired())
        return;
    information.share = places[policy.place].share;
    for_each_processor(
        [&](Processor& processor) { processor.describe(policy.place, information); });
}

abi::Policy_module const& module(uint64_t number) {
    Lock_guard const guard{places_lock};
    return algorithm_of(number).module();
}

} // namespace kernel::policies
