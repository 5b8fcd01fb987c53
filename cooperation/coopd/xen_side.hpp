// SPDX-License-Identifier: MIT
// All that coopd wants of the machine: Xen, its store, and the time. One implementation is real
// (real_xen.hpp), one is made for tests. Calls that can fail because of what a guest did say so in
// their result; Xen_error is for what nobody can go on after (Xen gone, no rights).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace lavandin::coopd {

using Domain_number = uint16_t;
using Time = uint64_t; // nanoseconds of Xen's system time

constexpr Time microsecond = 1000;
constexpr Time millisecond = 1000 * microsecond;
constexpr Time second = 1000 * millisecond;
constexpr Time never = UINT64_MAX;

class Xen_error : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

struct Vcpu_facts {
    uint64_t time{0}; // that it ran, nanoseconds
    bool online{false};
    bool blocked{false};
};

// What Xen counts of a domain. Numbers are used again; `handle` tells whether it is the same
// domain.
struct Domain_facts {
    Domain_number number{0};
    std::array<uint8_t, 16> handle{};
    bool dying{false};
    bool ended{false}; // shut down in whichever way, or suspended
    uint32_t pool{0};
    uint64_t waited{0}; // dom0 only: that its VCPUs were runnable without running, nanoseconds
    std::vector<Vcpu_facts> vcpus;
};

struct Weight {
    uint32_t weight{256};
    uint32_t cap{0}; // percent of a processor; 0 is none
    bool operator==(Weight const&) const = default;
};

// A grant reference or port as a guest named it.
using Grant = uint32_t;
using Port = uint32_t;

struct Watch_event {
    enum class Kind { state, processors, domains };
    Kind kind{Kind::domains};
    Domain_number domain{0};
};

class Xen_side {
public:
    virtual ~Xen_side() = default;

    virtual Time now() = 0;

    // All domains, ascending; `facts` is filled anew and keeps its memory.
    virtual void domains(std::vector<Domain_facts>& facts) = 0;
    // Counts the VCPUs of one of them anew, and looks at nothing else.
    virtual void vcpus(Domain_facts& facts) = 0;
    virtual uint32_t pool_processors() = 0;
    virtual std::optional<Weight> weight(Domain_number domain) = 0;
    virtual bool set_weight(Domain_number domain, Weight weight) = 0;
    // In microseconds, 0: there is none; no value: it cannot be read.
    virtual std::optional<uint32_t> rate_limit() = 0;
    virtual bool set_rate_limit(uint32_t microseconds) = 0;

    // Maps a page that the domain granted; null if that cannot be.
    virtual void* map(Domain_number domain, Grant grant, bool writable) = 0;
    virtual void unmap(void* page) = 0;

    // Binds an unbound port of the domain; the result is a port of ours, which is not masked.
    virtual std::optional<Port> bind(Domain_number domain, Port remote) = 0;
    virtual void unbind(Port port) = 0;
    virtual void notify(Port port) = 0;
    // A port with an edge, which is masked from then on.
    virtual std::optional<Port> pending() = 0;
    virtual void unmask(Port port) = 0;

    // The store, below a domain's home. Values longer than COOP_STORE_VALUE_BYTES count as absent.
    virtual std::optional<std::string> read(Domain_number domain, std::string_view key) = 0;
    // Only while the domain has a home: what is written later would never go.
    virtual bool write(Domain_number domain, std::string_view key, std::string_view value) = 0;
    virtual void remove(Domain_number domain, std::string_view key) = 0;
    // Each has an event when it is set.
    virtual bool watch(Domain_number domain, Watch_event::Kind kind) = 0;
    virtual void unwatch(Domain_number domain, Watch_event::Kind kind) = 0;
    virtual std::optional<Watch_event> watch_event() = 0;
};

} // namespace lavandin::coopd
