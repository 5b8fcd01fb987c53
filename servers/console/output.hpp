// SPDX-License-Identifier: MIT
// Text on its way to the console: whole messages of many writers, in order, with newlines as
// terminals want them. It waits here while the console takes no more; nothing is lost.
#pragma once

#include <lavandin/console_protocol.hpp>
#include <lavandin/fixed_queue.hpp>
#include <string_view>

namespace lavandin::console {

class Output {
public:
    // In the queue: each byte a newline, and a new line begun before it.
    static constexpr size_t largest_message = 2 * console_protocol::maximum_bytes + 2;
    static constexpr size_t limit = 2 * largest_message;

    using Writer = uint32_t;              // process number of a client
    static constexpr Writer keyboard = 0; // the echo of what is typed

    // Queues all of `text`, or nothing when there is no room (false). '\n' becomes CR LF. When
    // another writer left a line unfinished, this text begins on a new one.
    [[nodiscard]] bool write(Writer writer, std::string_view text);

    bool empty() const { return _queue.empty(); }
    size_t size() const { return _queue.size(); }
    size_t space() const { return _queue.space(); }

    // The oldest text in one piece, and its removal once it has gone out.
    std::string_view next() const;
    void drop(size_t bytes) { _queue.drop(bytes); }

    // Gives up what waits.
    void clear() { _queue.clear(); }

private:
    void append(char byte);

    Fixed_queue<char, limit> _queue;
    Writer _last_writer{keyboard};
    bool _line_begun{false};
};

} // namespace lavandin::console
