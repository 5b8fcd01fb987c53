// SPDX-License-Identifier: MIT
// The processes that init has started, by number. A process stays here after its end until whoever
// started it has asked how it ended, or has ended itself.
#pragma once

#include "manifest.hpp"

#include <array>
#include <lavandin/init_protocol.hpp>
#include <lavandin/server.hpp>

namespace lavandin::init {

using init_protocol::Ending;
using init_protocol::init_number;
using init_protocol::Process_number;

struct Process_record {
    enum class State : uint8_t { free, alive, ended };

    State state{State::free};
    Process_number number{0};
    Process_number parent{0};
    bool own{false}; // started by init for itself: a server, or the main program
    Section const* section{nullptr};
    char name[17]{};
    Process process;         // invalid once it has ended
    uint64_t stack_begin{0}; // of its first thread
    Notification ended;      // optional: whom the parent wants signalled
    Deferred_answer waiter;  // the parent's call of `wait`
    Ending ending{};
};

class Process_table {
public:
    static constexpr size_t maximum_children = init_protocol::maximum_processes / 2;

    // `own`: how many init starts for itself. Places for those that do not run are kept free, so
    // that they can be started again whatever others have started meanwhile.
    explicit Process_table(size_t own) : _own{own} {}

    // A free record with a new number, alive. Errors: table_full (the table, or this parent's
    // processes).
    Result<Process_record*> add(Process_number parent, std::string_view name);

    // nullptr when there is no such process (any more).
    Process_record* find(Process_number number);

    // The first record at or after place `position` that is in use, and its place; nullptr.
    Process_record* next(uint64_t& position);

    std::span<Process_record> all() { return _records; }

    // Frees the record.
    static void remove(Process_record& record) { record = {}; }

private:
    size_t const _own;
    Process_number _last_number{init_number};
    std::array<Process_record, init_protocol::maximum_processes> _records;
};

} // namespace lavandin::init
