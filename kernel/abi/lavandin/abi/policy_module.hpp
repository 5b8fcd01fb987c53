// SPDX-License-Identifier: MIT
// What a scheduling module is: one descriptor of functions that the kernel calls. Modules are built
// apart as ELF objects whose entry is the descriptor (docs/scheduling.md), or into the kernel.
//
// Two kinds: a scheduler orders the ready threads of one class on one processor, a coordinator says
// which of the classes that have ready threads goes next. A module knows threads as entities, by
// number; it never sees a kernel object. Its only data are a state for each processor, whose size
// the descriptor tells, and words of its own in each entity. Calls for one processor never overlap;
// those for different processors do.
//
// What a module answers is checked (kernel/class_queue.hpp, kernel/class_set.hpp). One that answers
// nonsense is retired, and the built-in module of its place goes on with the same threads. Modules
// are kernel code otherwise: nothing stops one that does not return or writes where it should not.
#pragma once

#include <lavandin/abi/scheduling.hpp>

namespace lavandin::abi {

inline constexpr uint64_t policy_magic = 0x7963696c6f506e4c; // "LnPolicy"
inline constexpr uint32_t policy_version = 2;                // of all that stands here

enum class Policy_kind : uint32_t { scheduler = 1, coordinator = 2 };

// Flags of a descriptor.
// add() needs the exact time; else `now` may be as old as the running thread's turn.
inline constexpr uint32_t policy_wants_time = 1 << 0;
// A larger parameter gets a thread more: a thread may give others of its class up to its own.
inline constexpr uint32_t policy_more_is_more = 1 << 1;
// charge() is called; else the entity's `runtime` is all there is. What the running thread used is
// charged also before the first other one is added beside it: without a rival it may have run for
// long.
inline constexpr uint32_t policy_wants_charge = 1 << 2;

// A thread as modules see it. The kernel writes all but `own`, and believes none of it.
struct Policy_entity {
    uint32_t handle; // names it in answers; not 0
    uint32_t reserved;
    uint64_t parameter;   // in fixed_priority_class the priority it runs at, loans included
    uint64_t runtime;     // nanoseconds charged since the module saw it first
    uint64_t ready_since; // when it became ready last
    alignas(8) unsigned char own[64]; // the module's; zero when it sees the entity first
};

static_assert(sizeof(Policy_entity) == 96);

// Why a thread is added.
enum class Policy_reason : uint32_t {
    woken = 0,     // it waited for something, or is new
    preempted = 1, // it ran, and has some of its slice left
    expired = 2,   // it ran to the end of its slice
    yielded = 3,   // it gave way
    moved = 4,     // from another processor or another class
    inherited = 5, // the module takes over the class from another
};

// An entity is the module's to order from add() until pick() answers it or remove() takes it out:
//
//            add              pick
//   waiting -----> ready ------------> running --+--> waits, ends (or is handed over to directly)
//                   ^  |  remove                 |
//                   |  +-------> gone            | charge, then add(preempted, expired, yielded)
//                   +----------------------------+
//
// Threads that call each other are handed the processor without the module; what they used is
// charged when it sees them next.
struct Policy_scheduler {
    // A processor begins to use the module: `state` holds `state_bytes` zeros.
    void (*init)(void* state, uint32_t processor);
    void (*add)(void* state, Policy_entity* entity, Policy_reason reason, uint64_t now);
    void (*remove)(void* state, Policy_entity* entity);
    // The handle of the one that runs next, which leaves the set; only when there is one.
    uint32_t (*pick)(void* state, uint64_t now);
    // It used so many nanoseconds. It is not in the set at that time. Only with the flag for it.
    void (*charge)(void* state, Policy_entity* entity, uint64_t nanoseconds, uint32_t runnable);
    // How long it may run once it is picked: shortest_slice to longest_slice.
    uint64_t (*slice)(void* state, Policy_entity* entity);
    // 1 when `woken`, which was just added, goes before `running`; else 0.
    uint32_t (*preempts)(void* state, Policy_entity* running, Policy_entity* woken);
    // 1 when somebody in the set is to run once the running one's slice ends; else 0.
    uint32_t (*contended)(void* state, Policy_entity* running);
    // The parameter of an entity in the set is another now.
    void (*parameter_changed)(void* state, Policy_entity* entity);
    // How many are in the set.
    uint32_t (*count)(void* state);
};

struct Policy_choice {
    uint64_t scheduling_class;
    uint64_t budget; // nanoseconds until it is asked again: shortest_slice to longest_slice
};

// Asked only while threads of two classes or more are ready or running.
struct Policy_coordinator {
    // `shares`: thousandths for each class, scheduling_classes of them.
    void (*init)(void* state, uint64_t const* shares, uint32_t processor);
    // The class that goes next. Bit c of `ready`: class c has ready threads. Two bits or more, or
    // one when it need not be asked any more.
    Policy_choice (*choose)(void* state, uint32_t ready, uint64_t now);
    // The class had the processor for so many nanoseconds.
    void (*charge)(void* state, uint32_t scheduling_class, uint64_t nanoseconds);
    // 1 when `woken`, whose first thread became ready, goes before `running`; else 0.
    uint32_t (*preempts)(void* state, uint32_t running, uint32_t woken);
};

struct Policy_module {
    uint64_t magic;
    uint32_t version;
    Policy_kind kind;
    char name[16];        // printable, NUL-padded, the last one NUL
    uint32_t state_bytes; // at most largest_policy_state
    uint32_t flags;
    // Of parameters; a thread's own that lies outside is shown as the nearest. Not for
    // coordinators.
    uint64_t least_parameter;
    uint64_t greatest_parameter;
    uint64_t usual_parameter;
    // Nanoseconds, at most the constant of this name; 0 promises nothing. Every thread that is
    // ready gets its turn within that time: one that does not means that the module is broken.
    // Coordinators are held to the constant for each class.
    uint64_t longest_wait;
    // One of the two, as `kind` says; the other is zero.
    Policy_scheduler scheduler;
    Policy_coordinator coordinator;
};

inline constexpr uint64_t largest_policy_state = 3072;
inline constexpr uint64_t shortest_slice = 100'000;        // nanoseconds
inline constexpr uint64_t longest_slice = 1'000'000'000;   // nanoseconds
inline constexpr uint64_t longest_wait = 30'000'000'000;   // nanoseconds
inline constexpr uint64_t largest_policy_file = 64 * 1024; // bytes; in memory, too

} // namespace lavandin::abi
