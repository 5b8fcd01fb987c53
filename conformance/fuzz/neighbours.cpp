// SPDX-License-Identifier: MIT
#include "fuzz/neighbours.hpp"

#include "framework/layout.hpp"
#include "framework/test.hpp"
#include "fuzz/random.hpp"

#include <lavandin/thread_pointer.hpp>

#include <algorithm>

namespace conformance {

namespace {

constexpr uint64_t records_address = 0x4200'0000;
constexpr uint64_t work_address = 0x4210'0000;
constexpr uint64_t other_address = 0x4220'0000;
constexpr uint64_t work_pages = 4;
constexpr uint64_t pause = 2 * millisecond;
constexpr uint64_t patience = 60 * second; // with many processors on a loaded machine
constexpr char const* names[]{"caller", "painter", "sleeper", "signaller"};

constexpr uint64_t mix(uint64_t sum, uint64_t value) { return fuzz::Random{sum ^ value}.next(); }

// Answers calls with something made of their words, and lets go of capabilities that come along.
void serve(Words const& words) {
    auto const endpoint = static_cast<Capability_index>(words[0]);
    auto const reply = TAKE(Reply::create());
    auto& buffer = message_buffer();
    buffer.accepted_transfers = maximum_transfers;
    while (true) {
        auto const got = endpoint_receive(endpoint, reply.index(), forever);
        if (!got.ok())
            return fail();
        for (uint64_t i = 0; i < got.value().tag.transfers(); ++i)
            static_cast<void>(capability_delete(buffer.received[i].index));
        uint64_t sum = mix(got.value().w0, got.value().w1);
        uint64_t const count = got.value().tag.buffer_words();
        for (uint64_t i = 0; i < count; ++i)
            buffer.words[i] = sum = mix(sum, buffer.words[i]);
        // Who called may have gone meanwhile.
        static_cast<void>(endpoint_reply(reply.index(), Message_tag{0, count}, sum, 0, 0, 0));
    }
}

// The workers. words[0] and words[1]: slots that the kind needs.

uint64_t call_service(Words const& words, uint64_t round) {
    fuzz::Random random{round};
    uint64_t sum = round;
    auto& buffer = message_buffer();
    for (unsigned call = 0; call < 4; ++call) {
        uint64_t const count = random.below(64);
        for (uint64_t i = 0; i < count; ++i)
            buffer.words[i] = random.next();
        auto const answer = endpoint_call(static_cast<Capability_index>(words[0]),
                                          Message_tag{call, count}, sum, random.next(), 0, 0);
        if (!answer.ok())
            return 0;
        sum = mix(sum, answer.value().w0);
        for (uint64_t i = 0; i < count; ++i)
            sum = mix(sum, buffer.words[i]);
    }
    return sum;
}

uint64_t paint(Words const& words, uint64_t round) {
    auto const memory = static_cast<Capability_index>(words[0]);
    constexpr uint64_t bytes = work_pages * page_size;
    fuzz::Random random{round};
    auto* const canvas = reinterpret_cast<uint64_t*>(work_address);
    for (uint64_t i = 0; i < bytes / sizeof *canvas; ++i)
        canvas[i] = random.next();
    static_cast<void>(thread_yield());
    if (!memory_map(self_process, memory, other_address, 0, bytes, memory_permission::read).ok())
        return 0;
    uint64_t sum = round;
    for (uint64_t i = 0; i < bytes / sizeof *canvas; ++i)
        sum = mix(sum, reinterpret_cast<uint64_t const volatile*>(other_address)[i]);
    return memory_unmap(self_process, other_address, bytes).ok() ? sum : 0;
}

// Comes to how often it did not wake too early, and whether its floating point survived.
uint64_t sleep_and_reckon(Words const&, uint64_t round) {
    uint64_t in_time = 0;
    double volatile value = 1.0 + static_cast<double>(round);
    for (unsigned i = 0; i < 4; ++i) {
        double const before = value;
        uint64_t const deadline = after(100 * microsecond);
        static_cast<void>(thread_sleep(deadline));
        in_time += now() >= deadline;
        value = before * 1.25;
    }
    return in_time + static_cast<uint64_t>(static_cast<double>(value) * 1000);
}

// words[0]: what it signals, words[1]: what it waits for.
uint64_t signal_and_wait(Words const& words, uint64_t round) {
    uint64_t sum = round;
    for (unsigned i = 0; i < 4; ++i) {
        static_cast<void>(notification_signal(static_cast<Capability_index>(words[0])));
        auto const bits = notification_wait(static_cast<Capability_index>(words[1]), forever);
        sum = mix(sum, bits.ok() ? bits.value() : 0);
    }
    return sum;
}

// The other of the two.
void wait_and_signal(Words const& words) {
    while (notification_wait(static_cast<Capability_index>(words[0]), forever).ok())
        static_cast<void>(notification_signal(static_cast<Capability_index>(words[1])));
    fail();
}

constexpr uint64_t (*rounds_of[])(Words const&, uint64_t){call_service, paint, sleep_and_reckon,
                                                          signal_and_wait};

// words[2]: its kind, words[3]: a notification to signal now and then.
void work(Words const& words) {
    auto& own = reinterpret_cast<Neighbour_record*>(records_address)[words[2]];
    for (uint64_t round = 0;; ++round) {
        uint64_t const which = round % Neighbour_record::different_rounds;
        uint64_t const result = rounds_of[words[2]](words, which);
        if (round == which) {
            own.results[which] = result;
        } else if (result != own.results[which]) {
            ++own.wrong;
            own.wrong_round = which;
            own.wrong_result = result;
        }
        __atomic_store_n(&own.rounds, round + 1, __ATOMIC_RELEASE);
        static_cast<void>(notification_signal(static_cast<Capability_index>(words[3])));
        sleep_for(pause);
    }
}

Result<void> map_into(Child const& child, Capability_index memory, uint64_t address,
                      uint64_t bytes) {
    return memory_map(child.process().index(), memory, address, 0, bytes,
                      memory_permission::read | memory_permission::write);
}

} // namespace

Result<void> Neighbours::start() {
    _service = TRY(Endpoint::create());
    _bell = TRY(Notification::create());
    _there = TRY(Notification::create());
    _back = TRY(Notification::create());
    auto const records = TRY(Memory::create(page_size));
    uint64_t const address = layout::fresh_addresses(page_size);
    TRY_VOID(memory_map(self_process, records.index(), address, 0, page_size,
                        memory_permission::read | memory_permission::write));
    _records = reinterpret_cast<Neighbour_record*>(address);
    _server = TRY(Child::create(Child::usual_quota, 0, "fuzz's server"));
    auto const receive = TRY(_server.give(_service.index(), endpoint_permission::receive));
    TRY_VOID(_server.start(serve, {receive}));
    _echo = TRY(Child::create(Child::usual_quota, 0, "fuzz's echo"));
    auto const waits = TRY(_echo.give(_there.index(), notification_permission::wait));
    auto const signals = TRY(_echo.give(_back.index(), notification_permission::signal, 0x40));
    TRY_VOID(_echo.start(wait_and_signal, {waits, signals}));
    for (size_t kind = 0; kind < kinds; ++kind)
        TRY_VOID(start(kind, records.index()));
    return _customers.start();
}

Result<void> Neighbours::start(size_t kind, Capability_index records) {
    Child& worker = _workers[kind] = TRY(Child::create(Child::usual_quota, 0, names[kind]));
    TRY_VOID(map_into(worker, records, records_address, page_size));
    auto const canvas = TRY(Memory::create(work_pages * page_size));
    TRY_VOID(map_into(worker, canvas.index(), work_address, work_pages * page_size));
    Capability_index const first[]{
        TRY(worker.give(_service.index(), endpoint_permission::call, 0x5e1f)),
        TRY(worker.give(canvas.index(), memory_permission::read)), 0,
        TRY(worker.give(_there.index(), notification_permission::signal, 0x20))};
    auto const back = TRY(worker.give(_back.index(), notification_permission::wait));
    auto const bell = TRY(worker.give(_bell.index(), notification_permission::signal, 0x100));
    return worker.start(work, {first[kind], back, kind, bell});
}

uint64_t Neighbours::rounds(size_t kind) const {
    return __atomic_load_n(&_records[kind].rounds, __ATOMIC_ACQUIRE);
}

bool Neighbours::wait_for_rounds(uint64_t more) const {
    std::array<uint64_t, kinds> wanted;
    for (size_t kind = 0; kind < kinds; ++kind)
        wanted[kind] = rounds(kind) + more;
    uint64_t const deadline = after(patience);
    for (size_t kind = 0; kind < kinds;) {
        if (rounds(kind) >= wanted[kind]) {
            ++kind;
        } else if (now() >= deadline) {
            note("%s works no more", names[kind]);
            return false;
        } else {
            sleep_for(millisecond);
        }
    }
    return true;
}

uint64_t Neighbours::rounds() const {
    uint64_t sum = 0;
    for (size_t kind = 0; kind < kinds; ++kind)
        sum += rounds(kind);
    return sum;
}

void Neighbours::check() const {
    _customers.check();
    if (!wait_for_rounds(Neighbour_record::different_rounds))
        fail();
    for (size_t kind = 0; kind < kinds; ++kind) {
        Neighbour_record const& record = _records[kind];
        if (record.wrong == 0)
            continue;
        note("%s: %lu of %lu rounds wrong: round %lu came to %#lx, not %#lx", names[kind],
             record.wrong, record.rounds, record.wrong_round, record.wrong_result,
             record.results[record.wrong_round]);
        fail();
    }
}

} // namespace conformance
