// SPDX-License-Identifier: MIT
// The standard way in which whoever runs this machine asks for processors: XenStore's
// cpu/N/availability, written by `xl vcpu-set`. What became of it is written below data/, as cpu/
// is read-only for the guest:
//
//   data/cpu/N/state    the processor's state, in a word; written first
//   data/cpu/N/answer   what was asked, what became of it, and why (wish.hpp)
//
// The store may be slow or silent, so a thread of its own talks to it.
#pragma once

#include "processor_objects.hpp"

#include <lavandin/mutex.hpp>
#include <lavandin/thread.hpp>
#include <lavandin/xenstore_client.hpp>

namespace lavandin::resource_manager {

class Toolstack {
public:
    // `changed` is signalled when there is something new to see.
    explicit Toolstack(Notification&& changed) : _signal{static_cast<Notification&&>(changed)} {}

    // Whether anybody can say anything on this machine.
    static bool there() { return environment().capability("xenstore") != 0; }

    // Reads for the first time, then starts the thread that goes on. Only if there().
    // Errors: those of Notification, Xenstore_client::watch and Thread::start.
    Result<void> start(uint64_t priority);

    Availability availability(uint64_t number);
    // Whether it has said all it had to say; also where nobody says anything.
    bool heard();

    // Has it written, unless it stands there already.
    void tell(uint64_t number, std::string_view state, std::string_view answer);

private:
    static constexpr uint64_t stack_bytes = 16 * 1024;
    static constexpr uint64_t store_bit = 1;
    static constexpr uint64_t news_bit = 2;

    struct Text {
        char characters[120];
        uint8_t length{0};

        std::string_view view() const { return {characters, length}; }
        void set(std::string_view text) {
            length = static_cast<uint8_t>(text.copy(characters, sizeof(characters)));
        }
    };
    struct News {
        Text state;
        Text answer;
        bool unwritten{false};
    };

    static void work(void* self);
    Result<void> watch();
    void forget_events();
    Result<void> read_all();
    Result<Availability> read(uint64_t number);
    bool write_all();
    Result<void> write(uint64_t number, News const& news);
    Result<void> write(uint64_t number, char const* node, std::string_view text);

    Notification const _signal; // the server's
    Notification _wake;         // of our thread
    Notification _store_changed;
    Notification _news;
    Xenstore_client const _store;
    Thread _thread;
    Mutex _mutex; // guards what follows
    std::array<Availability, maximum_processors> _availability{};
    bool _read{false};
    std::array<News, maximum_processors> _all_news{};
};

} // namespace lavandin::resource_manager
