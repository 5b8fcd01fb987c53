// SPDX-License-Identifier: MIT
// Nothing here may rely on what a call at random can change: the FS base above all, by which libos
// finds a thread's message buffer.
#include "fuzz/caller.hpp"

#include "framework/layout.hpp"
#include "framework/peer.hpp"

#include <lavandin/enter_kernel.hpp>
#include <lavandin/thread_pointer.hpp>

#include <string.h>

// What threads run that are made at random (x86-64/fuzz_thread.S).
extern "C" [[gnu::visibility("hidden")]] void fuzz_thread();

namespace conformance {

namespace {

constexpr uint64_t free_pages = 0x4400'0000;
constexpr uint64_t clock_interval = 8; // calls between looks at the clock
// With threads that all wait: by the clock for those that sleep, and in rounds of helping for those
// that had no turn meanwhile.
constexpr uint64_t patience = 3 * millisecond;
constexpr unsigned patient_rounds = 10;
// On several processors somebody is on the way almost always.
constexpr uint64_t halt = 100 * microsecond;

fuzz::World world;

struct Caller {
    unsigned number;
    Message_buffer& buffer;
    fuzz::Generator generator;
    uint64_t time{0};
    uint64_t position{0};
    uint64_t mapped{0};    // where it mapped something last, for writing
    uint64_t mapped_at{0}; // by which of its calls
};

// Not now(), which finds the clock page by way of the thread's FS base.
uint64_t time_now() {
    auto const clock = clock_read();
    return clock.ok() ? clock.value().now : 0;
}

Object_type ask(Capability_index slot) {
    auto const known = capability_information(slot);
    return known.ok() ? static_cast<Object_type>(known.value().type) : Object_type::none;
}

void count(fuzz::Drawn_call const& call, Error answer) {
    Fuzz_record& record = fuzz_record();
    auto const code = static_cast<uint64_t>(answer);
    uint64_t const bit = code < static_cast<uint64_t>(Error::end) ? code : 63;
    __atomic_fetch_add(&record.made, 1, __ATOMIC_RELAXED);
    __atomic_fetch_add(&record.good, call.names_slots && call.slots_good ? 1 : 0, __ATOMIC_RELAXED);
    __atomic_fetch_or(&record.answers[call.index], uint64_t{1} << bit, __ATOMIC_RELAXED);
    auto& counter = answer == Error::none ? record.succeeded : record.failed;
    __atomic_fetch_add(&counter[call.index], 1, __ATOMIC_RELAXED);
}

// Text that goes to the console must not be in the way of results.
void make_harmless(fuzz::Drawn_call const& call, Message_buffer& buffer) {
    if (call.number == System_call::console_write)
        memset(buffer.words, '\r', sizeof buffer.words);
}

void touch(uint64_t address) {
    auto* const word = reinterpret_cast<uint64_t volatile*>(address);
    *word = *word + 1;
}

// Memory is written to behind calls that have mapped it or made a copy of something, so that frames
// are shared no more. What is not there any more ends the process: that is seldom so soon.
void use_memory(Caller& caller, fuzz::Drawn_call const& call) {
    constexpr uint64_t soon = 8; // calls
    constexpr uint64_t end = free_pages + 8 * page_size;
    bool const here =
        call.words[0] == self_process && call.words[2] >= free_pages && call.words[2] < end;
    if (call.number == System_call::memory_map && here &&
        (call.words[5] & memory_permission::write) != 0) {
        caller.mapped = call.words[2];
        caller.mapped_at = caller.position;
        touch(caller.mapped);
    } else if (call.number == System_call::memory_copy && caller.mapped != 0 &&
               caller.position - caller.mapped_at < soon) {
        touch(caller.mapped);
    }
}

void make_call(Caller& caller) {
    fuzz::Drawn_call const call = caller.generator.next(caller.time);
    caller.generator.fill(caller.buffer);
    make_harmless(call, caller.buffer);
    auto& last = fuzz_record().last[caller.number];
    last = {++caller.position, static_cast<uint64_t>(call.number), {}, 0};
    lavandin::Registers registers{};
    for (unsigned i = 0; i < call.words.size(); ++i)
        last.words[i] = registers.word[i] = call.words[i];
    Error const answer = enter_kernel(call.number, registers);
    last.done = 1;
    count(call, answer);
    if (answer == Error::none)
        use_memory(caller, call);
    std::array<uint64_t, 6> words;
    memcpy(words.data(), registers.word, sizeof registers.word);
    caller.generator.learn(call, answer, words, ask);
}

void call_until_done(unsigned number, Message_buffer& buffer) {
    Fuzz_record& record = fuzz_record();
    Caller caller{number, buffer,
                  fuzz::Generator{record.seed * Fuzz_record::threads + number, world}};
    for (System_call const excluded : record.excluded)
        if (excluded != System_call::null)
            caller.generator.exclude(excluded);
    while (__atomic_fetch_add(&record.started, 1, __ATOMIC_RELAXED) < record.budget) {
        if (caller.position % clock_interval == 0)
            caller.time = time_now();
        make_call(caller);
    }
    static_cast<void>(process_destroy(self_process, fuzz_done));
}

// Answers one who calls at the endpoint, and wakes one who receives there.
bool rescue_at(Capability_index endpoint, Capability_index reply, Capability_index bell) {
    bool helped = endpoint_receive(endpoint, reply, at_once).ok() &&
                  endpoint_reply(reply, Message_tag{}, 0, 0, 0, 0).ok();
    if (endpoint_bind(endpoint, bell).ok()) {
        helped |= notification_signal(bell).ok();
        static_cast<void>(endpoint_bind(endpoint, 0));
    }
    return helped;
}

// Helps whoever waits behind one of the slots.
void rescue(Capability_index reply, Capability_index bell) {
    for (Capability_index slot = 1; slot < fuzz::World::slots; ++slot) {
        Object_type const type = world.type(slot);
        bool helped = false;
        if (type == Object_type::endpoint)
            helped = rescue_at(slot, reply, bell);
        else if (type == Object_type::reply)
            helped = endpoint_reply(slot, Message_tag{}, 0, 0, 0, 0).ok();
        else if (type == Object_type::notification)
            helped = notification_signal(slot).ok();
        fuzz_record().rescues += helped;
    }
}

uint64_t calls_made() { return __atomic_load_n(&fuzz_record().made, __ATOMIC_RELAXED); }

// Until no thread has made a call for a moment: then all of them wait, perhaps for each other. Who
// is helped on sooner has nobody left to answer.
void wait_for_halt() {
    uint64_t made;
    do {
        made = calls_made();
        static_cast<void>(thread_sleep(time_now() + halt));
    } while (calls_made() != made);
}

// Runs when no other thread does, or on another processor.
void rescue_for_ever() {
    auto const reply = reply_create();
    auto const bell = notification_create();
    uint64_t made = 0;
    unsigned in_vain = 0;
    for (uint64_t deadline = time_now() + patience;
         in_vain < patient_rounds || time_now() < deadline;) {
        wait_for_halt();
        rescue(reply.value(), bell.value());
        uint64_t const made_now = calls_made();
        ++in_vain;
        if (made_now != made) {
            deadline = time_now() + patience;
            in_vain = 0;
        }
        made = made_now;
        static_cast<void>(thread_yield());
    }
    static_cast<void>(process_destroy(self_process, fuzz_stuck));
}

void learn_gifts() {
    world.learn(self_process, Object_type::process, fuzz::World::Worth::slot);
    for (auto const& gift : fuzz_record().gifts)
        world.learn(gift.slot, gift.type, fuzz::World::Worth::slot);
    world.free_pages = free_pages;
    world.used_pages = layout::stack;
    world.code = reinterpret_cast<uint64_t>(&fuzz_thread);
}

} // namespace

void call_at_random(Words const&) {
    static_assert(Fuzz_record::threads == 3);
    learn_gifts();
    auto const run = [](unsigned number) { call_until_done(number, message_buffer()); };
    Peer second{[run] { run(1); }};
    Peer third{[run] { run(2); }};
    Peer rescuer{rescue_for_ever};
    if (!second.start().ok() || !third.start().ok() || !rescuer.start(lowest_priority).ok())
        return;
    // Who cannot be named cannot be destroyed.
    static_cast<void>(capability_delete(rescuer.thread()));
    world.learn(second.thread(), Object_type::thread, fuzz::World::Worth::slot);
    world.learn(third.thread(), Object_type::thread, fuzz::World::Worth::slot);
    run(0);
}

} // namespace conformance
