// SPDX-License-Identifier: MIT
// What a thread has of a processor goes with it to another, and what is taken away from it is gone
// on all of them.
#include "tests/two_processors.hpp"
#include "x86-64/avx.hpp"
#include "x86-64/faults.hpp"
#include "x86-64/registers.hpp"

#include <lavandin/abi/clock_page.hpp>
#include <lavandin/clock_reader.hpp>
#include <lavandin/counter.hpp>

#include <string.h>

namespace {

using namespace conformance;

uint64_t own_priority() { return inherited().priority; }

struct Access {
    template <typename T>
    static T load(T const& from) {
        return *const_cast<T const volatile*>(&from);
    }
    static uint64_t counter() { return read_counter(); }
};

// Sends a thread to and fro until it is done.
void send_around(Capability_index thread, bool const& done, unsigned least) {
    for (unsigned i = 0; i < least || !__atomic_load_n(&done, __ATOMIC_SEQ_CST); ++i) {
        auto const sent = thread_set_affinity(thread, i % 2 ? first_one() : second_one());
        if (sent.error() == Error::peer_died)
            return;
        EXPECT(sent.ok());
        static_cast<void>(thread_sleep(after(i % 5 * 100 * microsecond)));
    }
}

// All registers of the FPU that FXSAVE knows, and all general ones.
TEST(migration, registers_go_along) {
    NEEDS_TWO_PROCESSORS();
    bool done = false;
    static Register_file file;
    static Fpu_file fpu;
    memset(&file, 0x5a, sizeof file);
    file.rflags = 0x202;
    fpu = {};
    fpu.control_word = 0x77f;
    fpu.tag_word = 0xff;
    fpu.mxcsr = 0x3f80;
    for (unsigned i = 0; i < 16; ++i)
        memset(fpu.xmm[i], static_cast<int>(0x30 + i), 16);
    for (unsigned i = 0; i < 8; ++i) {
        memset(fpu.st[i], static_cast<int>(0x81 + i), 8);
        fpu.st[i][8] = 0xff;
        fpu.st[i][9] = 0x3f;
    }
    static Register_file const file_before = file;
    static Fpu_file const fpu_before = fpu;
    Peer spinner{[&] {
        registers_rounds = 30'000'000;
        registers_spin(&file, &fpu);
        __atomic_store_n(&done, true, __ATOMIC_SEQ_CST);
    }};
    // Others use the registers meanwhile, on both.
    Flag stop;
    auto const disturb = [&](uint64_t where) {
        static_cast<void>(thread_set_affinity(0, where));
        double volatile value = 1.5;
        while (!stop.raised()) {
            value = value * 1.0000001;
            static_cast<void>(thread_yield());
        }
    };
    Peer first{[&] { disturb(first_one()); }};
    Peer second{[&] { disturb(second_one()); }};
    TAKE(spinner.start(own_priority() - 1));
    TAKE(first.start(own_priority() - 1));
    TAKE(second.start(own_priority() - 1));
    send_around(spinner.thread(), done, 50);
    EXPECT(spinner.wait());
    stop.raise();
    EXPECT(first.wait() && second.wait());
    EXPECT_EQUAL(file.rbx, file_before.rbx);
    EXPECT_EQUAL(file.rcx, file_before.rcx);
    EXPECT_EQUAL(file.r11, file_before.r11);
    EXPECT_EQUAL(file.r15, file_before.r15);
    EXPECT_EQUAL(memcmp(fpu.xmm, fpu_before.xmm, sizeof fpu.xmm), 0);
    EXPECT_EQUAL(memcmp(fpu.st, fpu_before.st, sizeof fpu.st), 0);
    EXPECT_EQUAL(fpu.mxcsr, fpu_before.mxcsr);
    EXPECT_EQUAL(fpu.control_word, fpu_before.control_word);
}

TEST(migration, upper_halves_of_registers_go_along) {
    NEEDS_TWO_PROCESSORS();
    if (!avx_usable())
        SKIP("there is no AVX for this guest");
    bool done = false;
    bool kept = true;
    Peer peer{[&] {
        alignas(32) uint64_t const before[4]{1, 2, 3, 0x1234'5678'9abc'def0};
        alignas(32) uint64_t now[4]{};
        for (int i = 0; i < 200'000 && kept; ++i) {
            asm volatile("vmovdqa %1, %%ymm7\n\t"
                         "movl $200, %%ecx\n"
                         "1: decl %%ecx\n\t"
                         "jnz 1b\n\t"
                         "vmovdqa %%ymm7, %0"
                         : "=m"(now)
                         : "m"(before)
                         : "ecx", "xmm7");
            kept = memcmp(now, before, sizeof now) == 0;
        }
        __atomic_store_n(&done, true, __ATOMIC_SEQ_CST);
    }};
    TAKE(peer.start(own_priority() - 1));
    send_around(peer.thread(), done, 50);
    EXPECT(peer.wait());
    EXPECT(kept);
}

TEST(migration, thread_pointer_goes_along) {
    NEEDS_TWO_PROCESSORS();
    struct Block {
        Block* self;
    } block{&block};
    bool done = false;
    bool kept = true;
    Peer peer{[&] {
        auto const own = number(&current_thread());
        static_cast<void>(thread_set_pointer(number(&block)));
        for (int i = 0; i < 5'000'000 && kept; ++i) {
            Block* seen;
            asm volatile("movq %%fs:0, %0" : "=r"(seen));
            kept = seen == &block;
        }
        static_cast<void>(thread_set_pointer(own));
        __atomic_store_n(&done, true, __ATOMIC_SEQ_CST);
    }};
    TAKE(peer.start(own_priority() - 1));
    send_around(peer.thread(), done, 100);
    EXPECT(peer.wait());
    EXPECT(kept);
}

TEST(migration, clock_never_runs_backwards) {
    NEEDS_TWO_PROCESSORS();
    auto const memory = MUST(clock_page);
    uint64_t const address = layout::fresh_addresses(clock_page_bytes);
    EXPECT_OK(memory_map, self_process, memory, address, 0, clock_page_bytes, read_only);
    auto const& page = *reinterpret_cast<Clock_page const*>(address);
    bool done = false;
    uint64_t backwards = 0;
    uint64_t unread = 0;
    uint64_t astray = 0;
    uint64_t moves = 0;
    Peer peer{[&] {
        Access access;
        uint64_t last = 0;
        uint64_t where = message_buffer().placement;
        for (int i = 0; i < 400'000; ++i) {
            uint64_t time = 0;
            uint64_t const placement =
                *const_cast<uint64_t const volatile*>(&message_buffer().placement);
            moves += placement != where;
            where = placement;
            astray += !(inherited().processors >> abi::Placement{placement}.processor() & 1);
            if (i % 64 == 0) {
                auto const read = clock_read();
                time = read.ok() ? read.value().now : 0;
            } else if (i % 2) {
                time = lavandin::now();
            } else {
                Clock_reading reading{};
                unread += !Clock_reader(page, message_buffer().placement, access).read(reading);
                time = reading.now;
            }
            // Readings by the page alone may differ between processors by what their clocks do.
            backwards += i % 2 == 0 ? 0 : time < last;
            last = i % 2 == 0 ? last : time;
        }
        __atomic_store_n(&done, true, __ATOMIC_SEQ_CST);
    }};
    TAKE(peer.start(own_priority() - 1));
    send_around(peer.thread(), done, 100);
    EXPECT(peer.wait());
    note("the thread saw itself moved %lu times", moves);
    EXPECT_EQUAL(backwards, 0);
    EXPECT_EQUAL(unread, 0);
    EXPECT_EQUAL(astray, 0);
    EXPECT(moves > 0);
}

// What one thread of a process was told, no other is told less later.
TEST(migration, clock_is_one_for_all_threads) {
    NEEDS_TWO_PROCESSORS();
    uint64_t latest = 0;
    uint64_t backwards = 0;
    auto const read = [&](uint64_t where) {
        static_cast<void>(thread_set_affinity(0, where));
        for (int i = 0; i < 100'000; ++i) {
            uint64_t const told = __atomic_load_n(&latest, __ATOMIC_SEQ_CST);
            uint64_t const time = lavandin::now();
            if (time < told)
                __atomic_fetch_add(&backwards, 1, __ATOMIC_SEQ_CST);
            uint64_t seen = told;
            while (seen < time && !__atomic_compare_exchange_n(&latest, &seen, time, false,
                                                               __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
                continue;
        }
    };
    Peer first{[&] { read(first_one()); }};
    Peer second{[&] { read(second_one()); }};
    TAKE(first.start());
    TAKE(second.start());
    EXPECT(first.wait() && second.wait());
    EXPECT_EQUAL(backwards, 0);
}

// A child on the second processor that counts in memory which the test sees, too.
struct Writer {
    Child child;
    Capability_index memory{0};
    uint64_t address{0};

    Counter& counter() const { return *reinterpret_cast<Counter*>(address); }

    Result<void> start(Capability_index mapped) {
        child = TRY(Child::create());
        TRY_VOID(memory_map(child.process().index(), mapped, address, 0, page_size, read_write));
        TRY_VOID(thread_set_affinity(0, second_one()));
        TRY_VOID(child.start(
            [](Words const& words) {
                while (true)
                    reinterpret_cast<Counter*>(words[0])->count();
            },
            {address}));
        return thread_set_affinity(0, first_one());
    }

    Result<void> prepare() {
        memory = TRY(memory_create(page_size));
        address = layout::fresh_addresses(page_size);
        return memory_map(self_process, memory, address, 0, page_size, read_write);
    }

    // It has just lost the page.
    void expect_fault() {
        uint64_t const last = counter().value();
        auto const end = TAKE(child.wait());
        EXPECT_EQUAL(counter().value(), last);
        EXPECT_EQUAL(end.state, Process_state::faulted);
        EXPECT_EQUAL(end.fault_address, address);
    }
};

TEST(shoot_down, unmapped_page_is_gone_elsewhere) {
    NEEDS_TWO_PROCESSORS();
    Writer writer;
    TAKE(writer.prepare());
    for (int round = 0; round < 30; ++round) {
        TAKE(writer.start(writer.memory));
        EXPECT(writer.counter().moves());
        EXPECT_OK(memory_unmap, writer.child.process().index(), writer.address, page_size);
        writer.expect_fault();
    }
}

TEST(shoot_down, revoked_memory_is_gone_elsewhere) {
    NEEDS_TWO_PROCESSORS();
    Writer writer;
    TAKE(writer.prepare());
    for (int round = 0; round < 30; ++round) {
        auto const lent = TAKE(copy(writer.memory, all_permissions));
        TAKE(writer.start(TAKE(copy(lent, all_permissions))));
        EXPECT(writer.counter().moves());
        EXPECT_OK(capability_revoke, lent);
        writer.expect_fault();
        EXPECT_OK(capability_delete, lent);
    }
}

// Many pages at once, which drops translations in another way than few.
TEST(shoot_down, many_pages_are_gone_elsewhere) {
    NEEDS_TWO_PROCESSORS();
    constexpr uint64_t pages = 40;
    auto const memory = MUST(memory_create, pages * page_size);
    uint64_t const address = layout::fresh_addresses(pages * page_size);
    EXPECT_OK(memory_map, self_process, memory, address, 0, pages * page_size, read_write);
    auto const& counter = *reinterpret_cast<Counter*>(address);
    for (int round = 0; round < 10; ++round) {
        auto child = TAKE(Child::create());
        EXPECT_OK(memory_map, child.process().index(), memory, address, 0, pages * page_size,
                  read_write);
        EXPECT_OK(thread_set_affinity, 0, second_one());
        TAKE(child.start(
            [](Words const& words) {
                for (uint64_t i = 0;; ++i)
                    reinterpret_cast<Counter*>(words[0] + i % pages * page_size)->count();
            },
            {address}));
        EXPECT_OK(thread_set_affinity, 0, first_one());
        EXPECT(counter.moves());
        // The child faults while some pages have gone and some are to follow.
        auto const unmapped = memory_unmap(child.process().index(), address, pages * page_size);
        EXPECT(unmapped.ok() || unmapped.error() == Error::peer_died);
        uint64_t const last = counter.value();
        EXPECT_EQUAL(TAKE(child.wait()).state, Process_state::faulted);
        EXPECT_EQUAL(counter.value(), last);
    }
}

// A thread of the same process loses a page of it that another one unmaps.
TEST(shoot_down, within_a_process) {
    NEEDS_TWO_PROCESSORS();
    auto child = TAKE(Child::create());
    TAKE(child.start(
        [](Words const&) {
            uint64_t const address = TAKE(fresh_memory(page_size));
            Peer writer{[&] {
                static_cast<void>(thread_set_affinity(0, second_one()));
                while (true)
                    reinterpret_cast<Counter*>(address)->count();
            }};
            static_cast<void>(thread_set_affinity(0, first_one()));
            TAKE(writer.start());
            EXPECT(reinterpret_cast<Counter*>(address)->moves());
            static_cast<void>(memory_unmap(self_process, address, page_size));
            sleep_for(10 * second); // the writer ends the process
            fail();
        },
        {}, own_priority(), inherited()));
    EXPECT_EQUAL(TAKE(child.wait(15 * second)).state, Process_state::faulted);
}

// Both write to both sides of a copy: whoever comes first gets the page of its own, and no write is
// lost or shows on the other side.
TEST(copy_on_write, two_processors_write_at_once, 90) {
    NEEDS_TWO_PROCESSORS();
    constexpr uint64_t pages = 4;
    constexpr uint64_t bytes = pages * page_size;
    uint64_t number_wrong = 0;
    for (uint64_t round = 1; round <= 12; ++round) {
        auto const from = MUST(memory_create, bytes);
        uint64_t const source = layout::fresh_addresses(bytes);
        uint64_t const target = layout::fresh_addresses(bytes);
        EXPECT_OK(memory_map, self_process, from, source, 0, bytes, read_write);
        for (uint64_t i = 0; i < pages; ++i)
            write_byte(source + i * page_size + 64, 99);
        auto const to = MUST(memory_copy, from, 0, bytes);
        EXPECT_OK(memory_map, self_process, to, target, 0, bytes, read_write);
        Flag go;
        auto const write = [&](uint64_t where, uint64_t place, uint8_t value) {
            static_cast<void>(thread_set_affinity(0, where));
            static_cast<void>(go.spin());
            for (uint64_t i = 0; i < pages; ++i)
                write_byte(place + i * page_size + value, value);
        };
        Peer a{[&] { write(first_one(), source, 1); }};
        Peer b{[&] { write(second_one(), source, 2); }};
        Peer c{[&] { write(second_one(), target, 3); }};
        TAKE(a.start(own_priority() - 1));
        TAKE(b.start(own_priority() - 1));
        TAKE(c.start(own_priority() - 1));
        go.raise();
        EXPECT(a.wait() && b.wait() && c.wait());
        for (uint64_t i = 0; i < pages; ++i) {
            uint64_t const s = source + i * page_size;
            uint64_t const t = target + i * page_size;
            number_wrong += read_byte(s + 1) != 1 || read_byte(s + 2) != 2 ||
                            read_byte(s + 3) != 0 || read_byte(s + 64) != 99;
            number_wrong += read_byte(t + 1) != 0 || read_byte(t + 2) != 0 ||
                            read_byte(t + 3) != 3 || read_byte(t + 64) != 99;
        }
        EXPECT_OK(memory_unmap, self_process, source, bytes);
        EXPECT_OK(memory_unmap, self_process, target, bytes);
        EXPECT_OK(capability_delete, from);
        EXPECT_OK(capability_delete, to);
    }
    EXPECT_EQUAL(number_wrong, 0);
}

} // namespace
