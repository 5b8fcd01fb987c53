// SPDX-License-Identifier: MIT
// Scheduling modules: loading, installing, replacing and describing them.
#include "tests/policy_files.hpp"

#include <array>
#include <string.h>
#include <string_view>

namespace {

using namespace conformance;

Capability_index own_system() { return inherited().system; }

std::string_view name_of(Policy_information const& information) {
    return {information.name, strnlen(information.name, sizeof information.name)};
}

Result<Policy_information> information_on(Capability_index policy) {
    TRY_VOID(policy_information(policy));
    return reinterpret_cast<Policy_information const&>(message_buffer().words);
}

TEST(policies, places_begin_with_what_is_built_in) {
    constexpr std::array<std::string_view, policy_places> names{"fixed-priority", "share", "share",
                                                                "share", "strict-order"};
    for (uint64_t place = 0; place < policy_places; ++place) {
        EXPECT_OK(policy_place_information, own_system(), place);
        auto const information = TAKE(place_information(place));
        EXPECT(name_of(information) == names[place]);
        EXPECT_EQUAL(information.built_in, 1);
        EXPECT_EQUAL(information.place, place);
    }
    EXPECT(TAKE(place_information(fixed_priority_class)).picks > 0);
}

TEST(policies, one_is_loaded_and_serves) {
    Places const places;
    auto const file = bytes_of(policy_files::deadlines);
    auto const memory = TAKE(memory_of(file));
    auto const policy = MUST(policy_load, own_system(), memory, 0, file.size());
    EXPECT_EQUAL(MUST(capability_information, policy).type, Object_type::policy);
    EXPECT_OK(policy_information, policy);
    auto loaded = TAKE(information_on(policy));
    EXPECT(name_of(loaded) == "deadlines");
    EXPECT_EQUAL(loaded.built_in, 0);
    EXPECT_EQUAL(loaded.place, policy_places);
    EXPECT_EQUAL(loaded.kind, Policy_kind::scheduler);
    EXPECT_OK(policy_install, own_system(), policy, free_class, 0);
    EXPECT(name_of(TAKE(place_information(free_class))) == "deadlines");
    loaded = TAKE(information_on(policy));
    EXPECT_EQUAL(loaded.place, free_class);
    EXPECT_EQUAL(loaded.installations, 1);
    EXPECT_OK(policy_install, own_system(), 0, free_class, 0);
    EXPECT(name_of(TAKE(place_information(free_class))) == "share");
    EXPECT_EQUAL(TAKE(information_on(policy)).place, policy_places);
}

TEST(policies, every_module_of_the_build_can_be_loaded) {
    for (auto const file :
         {policy_files::deadlines, policy_files::share, policy_files::fixed_priority,
          policy_files::by_share, policy_files::strict_order, policy_files::liar,
          policy_files::lying_coordinator}) {
        auto const policy = TAKE(load_policy(file));
        EXPECT_OK(capability_delete, policy);
    }
}

TEST(policies, load_refuses) {
    auto const file = bytes_of(policy_files::deadlines);
    auto const memory = TAKE(memory_of(file));
    auto const weak = TAKE(copy(own_system(), system_permission::information));
    auto const blind = TAKE(copy(memory, memory_permission::write));
    EXPECT_ERROR(invalid_capability, policy_load, empty_slot, memory, 0, file.size());
    EXPECT_ERROR(invalid_capability, policy_load, own_system(), empty_slot, 0, file.size());
    EXPECT_ERROR(wrong_type, policy_load, memory, memory, 0, file.size());
    EXPECT_ERROR(wrong_type, policy_load, own_system(), own_system(), 0, file.size());
    EXPECT_ERROR(permission_denied, policy_load, weak, memory, 0, file.size());
    EXPECT_ERROR(permission_denied, policy_load, own_system(), blind, 0, file.size());
    auto const used = TAKE(quota_used());
    EXPECT_ERROR(invalid_argument, policy_load, own_system(), memory, 0, 0);
    EXPECT_ERROR(invalid_argument, policy_load, own_system(), memory, 8, 100);
    EXPECT_ERROR(invalid_argument, policy_load, own_system(), memory, page_size, file.size());
    EXPECT_ERROR(invalid_argument, policy_load, own_system(), memory, 0, ~uint64_t{0});
    EXPECT_ERROR(invalid_argument, policy_load, own_system(), memory, ~uint64_t{0} - 4095,
                 page_size);
    EXPECT_ERROR(invalid_argument, policy_load, own_system(), memory, 0, 1000); // cut off
    auto const large = MUST(memory_create, 32 * page_size);
    EXPECT_ERROR(invalid_argument, policy_load, own_system(), large, 0, largest_policy_file + 1);
    EXPECT_ERROR(invalid_argument, policy_load, own_system(), large, 0, page_size); // zeros
    EXPECT_OK(capability_delete, large);
    EXPECT_EQUAL(TAKE(quota_used()), used);
}

TEST(policies, a_changed_file_is_refused_whole) {
    auto const file = bytes_of(policy_files::share);
    auto const memory = TAKE(memory_of(file));
    uint64_t const address = layout::fresh_addresses(4 * page_size);
    EXPECT_OK(memory_map, self_process, memory, address, 0, 2 * page_size, read_write);
    // Class, type, machine, program headers and entry, one after the other.
    for (uint64_t const at :
         {uint64_t{4}, uint64_t{16}, uint64_t{18}, uint64_t{33}, uint64_t{25}}) {
        uint8_t const before = read_byte(address + at);
        write_byte(address + at, static_cast<uint8_t>(before ^ 0x81));
        EXPECT_ERROR(invalid_argument, policy_load, own_system(), memory, 0, file.size());
        write_byte(address + at, before);
    }
    EXPECT_OK(policy_load, own_system(), memory, 0, file.size());
}

TEST(policies, a_file_is_copied_before_it_is_judged) {
    Places const places;
    auto const file = bytes_of(policy_files::share);
    auto const memory = TAKE(memory_of(file));
    auto const policy = MUST(policy_load, own_system(), memory, 0, file.size());
    uint64_t const address = layout::fresh_addresses(2 * page_size);
    EXPECT_OK(memory_map, self_process, memory, address, 0, 2 * page_size, read_write);
    memset(reinterpret_cast<void*>(address), 0xcc, 2 * page_size); // breakpoints for the kernel
    EXPECT_OK(policy_install, own_system(), policy, free_class, 0);
    EXPECT_OK(thread_set_class, 0, own_system(), free_class, usual_weight);
    sleep_for(millisecond);
    EXPECT_OK(thread_set_class, 0, own_system(), fixed_priority_class, inherited().priority);
}

TEST(policies, the_loader_pays) {
    auto const file = bytes_of(policy_files::deadlines);
    auto const memory = TAKE(memory_of(file));
    auto const used = TAKE(quota_used());
    auto const policy = MUST(policy_load, own_system(), memory, 0, file.size());
    EXPECT(TAKE(quota_used()) >= used + 3 * page_size);
    EXPECT_OK(capability_delete, policy);
    EXPECT_EQUAL(TAKE(quota_used()), used);
    auto child = TAKE(Child::create(48 * 1024));
    auto const system = TAKE(child.give(own_system()));
    auto const its_memory = TAKE(child.give(memory));
    TAKE(child.start(
        [](Words const& words) {
            auto const policies_system = static_cast<Capability_index>(words[0]);
            auto const its_file = static_cast<Capability_index>(words[1]);
            auto loaded = policy_load(policies_system, its_file, 0, words[2]);
            for (int i = 0; i < 20 && loaded.ok(); ++i)
                loaded = policy_load(policies_system, its_file, 0, words[2]);
            EXPECT_ANSWER(quota_exceeded, policy_load, loaded.error());
        },
        {system, its_memory, file.size()}));
    EXPECT_EQUAL(TAKE(child.wait()).state, Process_state::exited);
}

// A file that is padded takes as many addresses as it is long.
TEST(policies, addresses_and_slots_run_out) {
    auto const file = bytes_of(policy_files::deadlines);
    auto const memory = MUST(memory_create, largest_policy_file);
    uint64_t const address = layout::fresh_addresses(largest_policy_file);
    EXPECT_OK(memory_map, self_process, memory, address, 0, largest_policy_file, read_write);
    memcpy(reinterpret_cast<void*>(address), file.data(), file.size());
    auto loaded = policy_load(own_system(), memory, 0, largest_policy_file);
    std::array<Capability_index, 64> policies{};
    size_t count = 0;
    for (; loaded.ok() && count < policies.size();
         loaded = policy_load(own_system(), memory, 0, largest_policy_file))
        policies[count++] = loaded.value();
    EXPECT_ANSWER(out_of_memory, policy_load, loaded.error());
    EXPECT(count >= 16);
    for (size_t i = 0; i < count; ++i)
        EXPECT_OK(capability_delete, policies[i]);
    while (copy(self_process, all_permissions).ok()) {
    }
    EXPECT_ERROR(table_full, policy_load, own_system(), memory, 0, largest_policy_file);
}

TEST(policies, install_refuses) {
    Places const places;
    auto const scheduler = TAKE(load_policy(policy_files::deadlines));
    auto const coordinator = TAKE(load_policy(policy_files::by_share));
    auto const weak = TAKE(copy(own_system(), system_permission::information));
    auto const read = TAKE(copy(scheduler, policy_permission::read));
    EXPECT_ERROR(invalid_capability, policy_install, empty_slot, scheduler, free_class, 0);
    EXPECT_ERROR(invalid_capability, policy_install, own_system(), empty_slot, free_class, 0);
    EXPECT_ERROR(wrong_type, policy_install, scheduler, scheduler, free_class, 0);
    EXPECT_ERROR(wrong_type, policy_install, own_system(), own_system(), free_class, 0);
    EXPECT_ERROR(permission_denied, policy_install, weak, scheduler, free_class, 0);
    EXPECT_ERROR(permission_denied, policy_install, own_system(), read, free_class, 0);
    EXPECT_ERROR(invalid_argument, policy_install, own_system(), scheduler, policy_places, 0);
    EXPECT_ERROR(invalid_argument, policy_install, own_system(), 0, ~uint64_t{0}, 0);
    EXPECT_ERROR(invalid_argument, policy_install, own_system(), scheduler, coordinator_place, 0);
    EXPECT_ERROR(invalid_argument, policy_install, own_system(), coordinator, free_class, 0);
    EXPECT_ERROR(invalid_argument, policy_install, own_system(), 0, free_class, 26);
    EXPECT_ERROR(invalid_argument, policy_install, own_system(), 0, free_class, ~uint64_t{0});
    EXPECT_ERROR(invalid_argument, policy_install, own_system(), 0, coordinator_place, 1);
    EXPECT_OK(policy_install, own_system(), scheduler, free_class, 0);
    EXPECT_ERROR(busy, policy_install, own_system(), scheduler, share_class, 0);
    EXPECT_OK(policy_install, own_system(), scheduler, free_class, 0);
    EXPECT_OK(policy_install, own_system(), coordinator, coordinator_place, 0);
}

TEST(policies, information_refuses) {
    auto const policy = TAKE(load_policy(policy_files::deadlines));
    auto const mute = TAKE(copy(policy, policy_permission::install));
    EXPECT_ERROR(invalid_capability, policy_information, empty_slot);
    EXPECT_ERROR(wrong_type, policy_information, own_system());
    EXPECT_ERROR(permission_denied, policy_information, mute);
    auto const weak = TAKE(copy(own_system(), system_permission::policies));
    EXPECT_ERROR(invalid_capability, policy_place_information, empty_slot, 0);
    EXPECT_ERROR(wrong_type, policy_place_information, policy, 0);
    EXPECT_ERROR(permission_denied, policy_place_information, weak, 0);
    EXPECT_ERROR(invalid_argument, policy_place_information, own_system(), policy_places);
    EXPECT_ERROR(invalid_argument, policy_place_information, own_system(), ~uint64_t{0});
}

TEST(policies, one_in_use_outlives_its_capabilities_and_its_loader) {
    Places const places;
    auto child = TAKE(Child::create());
    auto const system = TAKE(child.give(own_system()));
    auto const file = bytes_of(policy_files::deadlines);
    auto const memory = TAKE(child.give(TAKE(memory_of(file))));
    TAKE(child.start(
        [](Words const& words) {
            auto const policies_system = static_cast<Capability_index>(words[0]);
            auto const policy = MUST(policy_load, policies_system,
                                     static_cast<Capability_index>(words[1]), 0, words[2]);
            EXPECT_OK(policy_install, policies_system, policy, free_class, 0);
            EXPECT_OK(capability_revoke, policy);
        },
        {system, memory, file.size()}));
    EXPECT_EQUAL(TAKE(child.wait()).state, Process_state::exited);
    child.end();
    EXPECT_EQUAL(TAKE(system_counters()).objects[number(Object_type::policy)], 1);
    EXPECT(name_of(TAKE(place_information(free_class))) == "deadlines");
    EXPECT_OK(thread_set_class, 0, own_system(), free_class, 50 * millisecond);
    sleep_for(millisecond);
    EXPECT_OK(policy_install, own_system(), 0, free_class, 0);
    EXPECT_EQUAL(TAKE(system_counters()).objects[number(Object_type::policy)], 0);
    sleep_for(millisecond);
    EXPECT_OK(thread_set_class, 0, own_system(), fixed_priority_class, inherited().priority);
}

// What the class's threads did, each for itself.
struct Work {
    std::array<uint64_t, 6> rounds{};
    bool stop{false};

    bool goes_on() const { return !__atomic_load_n(&stop, __ATOMIC_RELAXED); }
    void did(unsigned who) { __atomic_fetch_add(&rounds[who], 1, __ATOMIC_RELAXED); }
    uint64_t of(unsigned who) const { return __atomic_load_n(&rounds[who], __ATOMIC_RELAXED); }
};

// Some compute, some sleep, some call each other; the class goes from module to module meanwhile.
void replace_a_thousand_times() {
    Places const places;
    Work work;
    auto const endpoint = MUST(endpoint_create);
    auto const reply = MUST(reply_create);
    auto const compute = [&](unsigned who) {
        while (work.goes_on())
            work.did(who);
    };
    auto const doze = [&](unsigned who) {
        while (work.goes_on()) {
            sleep_for(200 * microsecond);
            work.did(who);
        }
    };
    Peer first{[&] { compute(0); }};
    Peer another{[&] { compute(1); }};
    Peer sleeper{[&] { doze(2); }};
    Peer yielder{[&] {
        while (work.goes_on()) {
            static_cast<void>(thread_yield());
            work.did(3);
        }
    }};
    Peer server{[&] {
        uint64_t const both = uint64_t{reply} << 32 | endpoint;
        if (!endpoint_receive(endpoint, reply, forever).ok())
            return;
        while (true) {
            work.did(4);
            auto const next = endpoint_reply_receive(both, Message_tag{}, 0, 0, 0, 0);
            if (!next.ok())
                return;
        }
    }};
    Peer client{[&] {
        while (work.goes_on() && call_with(endpoint, 1).ok())
            work.did(5);
    }};
    Peer_thread* const all[]{&first, &another, &sleeper, &yielder, &server, &client};
    TAKE(first.start(inherited().priority - 1));
    TAKE(another.start(inherited().priority - 1));
    TAKE(sleeper.start(inherited().priority - 1));
    TAKE(yielder.start(inherited().priority - 1));
    TAKE(server.start(inherited().priority - 1));
    TAKE(client.start(inherited().priority - 1));
    for (Peer_thread const* each : all)
        EXPECT_OK(thread_set_class, each->thread(), own_system(), free_class, 1000);
    std::array const policies{TAKE(load_policy(policy_files::deadlines)),
                              TAKE(load_policy(policy_files::share)),
                              TAKE(load_policy(policy_files::fixed_priority)), Capability_index{0}};
    auto const before = TAKE(place_information(free_class));
    std::array<uint64_t, 6> seen{};
    for (int i = 0; i < 1000; ++i) {
        EXPECT_OK(policy_install, own_system(), policies[static_cast<size_t>(i) % 4], free_class,
                  0);
        sleep_for(500 * microsecond);
        if (i % 250 == 249) { // nobody was lost or starved meanwhile
            uint64_t const patience = after(20 * second);
            for (unsigned who = 0; who < 6; ++who) {
                while (work.of(who) == seen[who] && lavandin::now() < patience)
                    sleep_for(millisecond);
                EXPECT(work.of(who) > seen[who]);
                seen[who] = work.of(who);
            }
        }
    }
    auto const now = TAKE(place_information(free_class));
    EXPECT_EQUAL(now.installations, before.installations + 1000);
    EXPECT_EQUAL(now.retirements, before.retirements);
    for (unsigned who = 0; who < 6; ++who)
        note("thread %u of the class: %llu rounds", who,
             static_cast<unsigned long long>(work.of(who)));
    __atomic_store_n(&work.stop, true, __ATOMIC_RELAXED);
    EXPECT(first.wait() && another.wait() && sleeper.wait() && yielder.wait() && client.wait());
}

TEST(policies, a_thousand_replacements_under_load, 120) {
    stay_on_one_processor();
    replace_a_thousand_times();
}

TEST(policies, a_thousand_replacements_on_all_processors, 120) { replace_a_thousand_times(); }

} // namespace
