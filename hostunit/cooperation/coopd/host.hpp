// SPDX-License-Identifier: MIT
// A machine with dom0, guests, and a coopd that can die and start again.
#pragma once

#include "fake_guest.hpp"

#include <daemon.hpp>
#include <log.hpp>

namespace lavandin::coopd {

class Host : public ::testing::Test {
protected:
    Fake_xen xen;
    Settings settings;
    std::map<Domain_number, std::unique_ptr<Fake_guest>> guests;
    std::unique_ptr<Daemon> daemon;

    Host() {
        log_up_to(Level::error);
        xen.create(0, 1);
        block(0);
    }

    void start() { daemon = std::make_unique<Daemon>(xen, settings, 1); }
    // As by SIGKILL: the kernel takes its mappings and ports, nothing else is undone.
    void kill() {
        daemon.reset();
        for (auto const& [number, kind] : std::set{xen.watches})
            xen.unwatch(number, kind);
    }

    Fake_guest& join(Domain_number number, size_t vcpus, Weight weight = {}) {
        xen.create(number, vcpus, weight);
        guests[number] = std::make_unique<Fake_guest>(xen, number);
        return *guests.at(number);
    }
    void destroy(Domain_number number) {
        guests.erase(number);
        xen.destroy(number);
    }
    // All VCPUs of the domain sleep.
    void block(Domain_number number) {
        for (Vcpu_facts& vcpu : xen.machine.at(number).facts.vcpus)
            vcpu.blocked = true;
    }

    // Everybody does what he can, a millisecond at a time.
    void run(Time time) {
        for (Time const end = xen.time + time; xen.time < end;) {
            xen.run(millisecond);
            for (auto& [number, guest] : guests)
                guest->turn();
            if (daemon)
                daemon->turn();
        }
    }

    // To the moment after coopd has looked at all domains: it does so next in 5 ms at the soonest.
    void run_to_a_look() {
        uint64_t const steps = daemon->counts().steps;
        while (daemon->counts().steps == steps)
            run(millisecond);
    }
    // Nothing but coopd's next turn, and the guest's after it.
    void turn(Fake_guest& guest) {
        xen.time += 10 * microsecond;
        daemon->turn();
        guest.turn();
    }

    Domain& entry(Domain_number number) {
        Domain* const found = daemon->ledger().find(number);
        if (found == nullptr)
            throw std::logic_error{"no such domain in the ledger"};
        return *found;
    }
    // Nothing of this domain, or of any, is held.
    void expect_nothing_held() {
        EXPECT_TRUE(xen.mapped.empty());
        EXPECT_TRUE(xen.bound.empty());
    }
};

} // namespace lavandin::coopd
