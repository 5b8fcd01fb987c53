// SPDX-License-Identifier: MIT
// A Xen for coopd, in memory. It records what coopd holds of it, judges each call (what was not
// bound is not unmasked, what was not mapped is not unmapped), and fails on purpose.
#pragma once

#include <cooperation/page.h>
#include <cooperation/store.h>

#include <xen_side.hpp>

#include <algorithm>
#include <deque>
#include <fmt/format.h>
#include <functional>
#include <gtest/gtest.h>
#include <map>
#include <memory>
#include <set>

namespace lavandin::coopd {

// A page of a domain. Whoever maps it keeps it, as Xen does.
struct alignas(4096) Fake_page {
    std::array<unsigned char, 4096> bytes{};
};

struct Fake_domain {
    Domain_facts facts;
    Weight weight;
    std::map<std::string, std::string, std::less<>> store; // below its home
    bool home{true};
    std::map<Grant, std::pair<std::shared_ptr<Fake_page>, bool>> grants; // page; writable
    std::set<Port> ports;                                                // unbound ones, for dom0
    uint64_t notified{0};                                                // edges from coopd
};

class Fake_xen final : public Xen_side {
public:
    Time time{second};
    std::map<Domain_number, Fake_domain> machine;
    uint32_t processors{2};
    uint32_t limit{1000};
    // What coopd holds.
    std::map<void*, std::shared_ptr<Fake_page>> mapped;
    struct Channel {
        Domain_number domain;
        Port remote;
        bool pending{false}, masked{false};
    };
    std::map<Port, Channel> bound;
    std::set<std::pair<Domain_number, Watch_event::Kind>> watches;
    // What is counted, and what is to fail.
    uint64_t looks{0}, reads{0}, edges{0};
    std::map<Domain_number, uint64_t> counted; // by itself
    unsigned fail_maps{0}, fail_binds{0}, fail_weights{0}, fail_writes{0};
    // What happens before or once it, or a domain, is looked at: dom0 need not go on running at
    // once.
    std::function<void()> before_look, after_look, after_count;

    Fake_domain& create(Domain_number number, size_t vcpus, Weight weight = {}) {
        Fake_domain& domain = machine[number];
        domain = {};
        domain.facts.number = number;
        domain.facts.handle = {static_cast<uint8_t>(++_born), static_cast<uint8_t>(_born >> 8U)};
        domain.facts.vcpus.assign(vcpus, {0, true, false});
        domain.weight = weight;
        domain.store["name"] = fmt::format("guest-{}", number);
        return domain;
    }
    // At once: the toolstack removes the home, Xen the domain.
    void destroy(Domain_number number) {
        machine.erase(number);
        for (auto& [port, channel] : bound)
            channel.domain = channel.domain == number ? 0xffff : channel.domain;
        _events.push_back({});
    }
    // A guest writes below its home.
    void store(Domain_number number, std::string const& key, std::string const& value) {
        machine.at(number).store[key] = value;
        if (key == COOP_STORE_STATE && watches.contains({number, Watch_event::Kind::state}))
            _events.push_back({Watch_event::Kind::state, number});
        if (key.starts_with("cpu/") && watches.contains({number, Watch_event::Kind::processors}))
            _events.push_back({Watch_event::Kind::processors, number});
    }
    // A guest sends an edge.
    void edge(Domain_number number, Port remote) {
        for (auto& [port, channel] : bound)
            if (channel.domain == number && channel.remote == remote)
                channel.pending = true;
    }
    size_t waiting_events() const { return _events.size(); }

    // Every online VCPU that is not blocked runs.
    void run(Time passed) {
        time += passed;
        for (auto& [number, domain] : machine)
            for (Vcpu_facts& vcpu : domain.facts.vcpus)
                if (vcpu.online && !vcpu.blocked)
                    vcpu.time += passed;
    }

    // Xen_side.
    Time now() override { return time; }
    void domains(std::vector<Domain_facts>& facts) override {
        ++looks;
        if (before_look)
            before_look();
        facts.clear();
        for (auto const& [number, domain] : machine)
            facts.push_back(domain.facts);
        if (after_look)
            after_look();
    }
    void vcpus(Domain_facts& facts) override {
        ++counted[facts.number];
        if (machine.contains(facts.number))
            facts.vcpus = machine.at(facts.number).facts.vcpus;
        else
            std::ranges::fill(facts.vcpus, Vcpu_facts{});
        if (after_count)
            after_count();
    }
    uint32_t pool_processors() override { return processors; }
    std::optional<Weight> weight(Domain_number number) override {
        auto const found = machine.find(number);
        return found == machine.end() ? std::nullopt : std::optional{found->second.weight};
    }
    bool set_weight(Domain_number number, Weight weight) override {
        if (fails(fail_weights) || !machine.contains(number))
            return false;
        EXPECT_GE(weight.weight, 1u);
        EXPECT_LE(weight.weight, 65535u);
        machine.at(number).weight = weight;
        return true;
    }
    std::optional<uint32_t> rate_limit() override { return limit; }
    bool set_rate_limit(uint32_t microseconds) override {
        limit = microseconds;
        return true;
    }
    void* map(Domain_number number, Grant grant, bool writable) override {
        auto const domain = machine.find(number);
        if (fails(fail_maps) || domain == machine.end())
            return nullptr;
        auto const found = domain->second.grants.find(grant);
        if (found == domain->second.grants.end() || (writable && !found->second.second))
            return nullptr;
        void* const address = found->second.first->bytes.data();
        EXPECT_FALSE(mapped.contains(address)) << "mapped twice";
        mapped[address] = found->second.first;
        return address;
    }
    void unmap(void* page) override { EXPECT_EQ(mapped.erase(page), 1u) << "was not mapped"; }
    std::optional<Port> bind(Domain_number number, Port remote) override {
        auto const domain = machine.find(number);
        if (fails(fail_binds) || domain == machine.end() || !domain->second.ports.contains(remote))
            return std::nullopt;
        domain->second.ports.erase(remote);
        bound[++_port] = {number, remote};
        return _port;
    }
    void unbind(Port port) override {
        auto const found = bound.find(port);
        ASSERT_NE(found, bound.end()) << "was not bound";
        if (machine.contains(found->second.domain)) // Xen makes it unbound again
            machine.at(found->second.domain).ports.insert(found->second.remote);
        bound.erase(found);
    }
    void notify(Port port) override {
        ASSERT_TRUE(bound.contains(port));
        if (machine.contains(bound.at(port).domain))
            ++machine.at(bound.at(port).domain).notified;
    }
    std::optional<Port> pending() override {
        for (auto& [port, channel] : bound) {
            if (!channel.pending || channel.masked)
                continue;
            channel.pending = false;
            channel.masked = true;
            ++edges;
            return port;
        }
        return std::nullopt;
    }
    void unmask(Port port) override {
        ASSERT_TRUE(bound.contains(port));
        bound.at(port).masked = false;
    }
    std::optional<std::string> read(Domain_number number, std::string_view key) override {
        ++reads;
        auto const domain = machine.find(number);
        if (domain == machine.end())
            return std::nullopt;
        auto const found = domain->second.store.find(key);
        if (found == domain->second.store.end() || found->second.size() > COOP_STORE_VALUE_BYTES)
            return std::nullopt;
        return found->second;
    }
    bool write(Domain_number number, std::string_view key, std::string_view value) override {
        if (fails(fail_writes) || !machine.contains(number) || !machine.at(number).home)
            return false;
        machine.at(number).store[std::string{key}] = value;
        return true;
    }
    void remove(Domain_number number, std::string_view key) override {
        if (machine.contains(number))
            machine.at(number).store.erase(std::string{key});
    }
    bool watch(Domain_number number, Watch_event::Kind kind) override {
        EXPECT_TRUE(watches.insert({number, kind}).second) << "watched twice";
        _events.push_back({kind, number});
        return true;
    }
    void unwatch(Domain_number number, Watch_event::Kind kind) override {
        EXPECT_EQ(watches.erase({number, kind}), 1u) << "was not watched";
    }
    std::optional<Watch_event> watch_event() override {
        if (_events.empty())
            return std::nullopt;
        Watch_event const event = _events.front();
        _events.pop_front();
        return event;
    }

private:
    static bool fails(unsigned& left) { return left != 0 && left-- != 0; }

    std::deque<Watch_event> _events;
    Port _port{100};
    unsigned _born{0};
};

} // namespace lavandin::coopd
