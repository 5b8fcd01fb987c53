// SPDX-License-Identifier: MIT
// A kernel of the host: enough of the system calls to run libos on, with every object counted and
// a failure wherever a test wants one. Memory is real: it is mapped at the addresses asked for.
#pragma once

#include <lavandin/abi/process.hpp>
#include <lavandin/environment.hpp>
#include <lavandin/system_calls.hpp>

#include <array>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace lavandin::fake {

struct Object {
    explicit Object(Object_type object_type) : type{object_type} { ++live; }
    Object(Object const&) = delete;
    Object& operator=(Object const&) = delete;
    virtual ~Object() { --live; }

    Object_type type;
    inline static int live = 0;
};

struct Slot {
    std::shared_ptr<Object> object;
    Permissions permissions{all_permissions};
    uint64_t badge{0};
};

struct Region : Object { // Memory
    explicit Region(uint64_t size);
    ~Region() override;
    std::vector<std::byte> contents(uint64_t offset, uint64_t count) const;

    int file; // memfd
    uint64_t bytes;
};

struct Stretch { // of an address space
    uint64_t bytes;
    uint64_t offset;
    uint64_t rights;
    std::shared_ptr<Region> region;
};

struct Started_thread {
    uint64_t entry, stack, argument, priority, buffer;
};

struct Space : Object { // Process
    Space() : Object{Object_type::process} {}
    std::string name;
    uint64_t quota{0}, flags{0};
    bool ended{false};
    std::map<Capability_index, Slot> table;
    std::map<uint64_t, Stretch> mappings;
    std::vector<Started_thread> threads;
    Capability_index next{2};
};

struct Bits : Object { // Notification
    Bits() : Object{Object_type::notification} {}
    uint64_t bits{0};
    std::condition_variable changed;
};

class Kernel {
public:
    Kernel();
    ~Kernel();

    Error enter(System_call call, Registers& registers);

    Capability_index add(std::shared_ptr<Object> object, uint64_t badge = 0);
    std::shared_ptr<Object> object(Capability_index index);
    Space& self() { return *_self; }

    // What endpoint calls do: tests put their other side here.
    std::function<Error(System_call, Registers&)> endpoint;

    // The call of this number, counted from 0 and without deletions, fails; -1 for none.
    int fail_at{-1};
    Error failure{Error::quota_exceeded};
    int calls{0};

    // The clock, in nanoseconds: sleeping moves it on.
    uint64_t now{0};
    uint64_t wall_offset{0};
    std::shared_ptr<Region> clock_page; // what the call of this name answers

    // All processes ever made by this kernel.
    std::vector<std::shared_ptr<Space>> processes;

    static Kernel* current;

private:
    Error decide(System_call call, Registers& registers);
    Error make(std::shared_ptr<Object> object, Registers& registers);
    Error map(Registers& registers);
    Error unmap(Registers& registers);
    Error copy(Registers& registers);
    Error describe(Registers& registers);
    Error create_process(Registers& registers);
    Error destroy_process(Registers& registers);
    Error create_thread(Registers& registers);
    Error wait(Registers& registers);
    Error signal(Registers& registers);
    std::shared_ptr<Space> space(uint64_t index);

    std::mutex _lock;
    std::shared_ptr<Space> _self;
};

// The environment that environment() answers.
extern Environment given_environment;

} // namespace lavandin::fake
