// SPDX-License-Identifier: MIT
#include "log_server.hpp"

#include <algorithm>
#include <lavandin/clock.hpp>
#include <lavandin/log_line.hpp>
#include <lavandin/thread_pointer.hpp>

namespace lavandin::log {

using namespace log_protocol;

namespace {

// What of `text`, which ends at position `end`, lies behind position `shown`.
std::string_view new_part(std::string_view text, uint64_t end, uint64_t shown) {
    uint64_t const begin = end - text.size();
    text.remove_prefix(shown > begin ? std::min<size_t>(shown - begin, text.size()) : 0);
    return text;
}

} // namespace

void Log_server::request(Request& request) {
    switch (static_cast<Label>(request.label())) {
    case Label::write:
        return write(request);
    case Label::read:
        return read(request);
    }
    request.fail(Error::not_supported);
}

void Log_server::write(Request& request) {
    std::string_view const text = request.text();
    auto const client = badge_process(request.badge());
    if (!request.ok() || text.size() > maximum_bytes)
        return request.fail(Error::invalid_argument);
    if (_limit.allow(client, now())) {
        auto const name = Init_client{}.name(client);
        note(name.ok() ? name.value().text : "?", text);
    }
    request.finish({});
}

void Log_server::read(Request& request) {
    char text[maximum_buffer_words * sizeof(uint64_t)];
    auto const part = _ring.read(request.word(), text);
    request.answer().word(part.next).text({text, part.bytes});
}

void Log_server::note(std::string_view name, std::string_view text) {
    char line[Log_ring::maximum_line];
    _ring.append(format_log_line(line, now(), name, text));
}

void Log_server::notified(uint64_t) {
    take_kernel_log();
    take_init_messages();
}

void Log_server::take_kernel_log() {
    char text[maximum_buffer_words * sizeof(uint64_t)];
    while (true) {
        auto const part = log_read(_system.index(), _kernel_position);
        if (!part.ok() || part.value().size == 0)
            return;
        size_t const bytes = std::min<size_t>(part.value().size, sizeof(text));
        memcpy(text, message_buffer().words, bytes);
        _kernel_position = part.value().next;
        keep({text, bytes}, _kernel_lines);
        show_lines(new_part({text, bytes}, _kernel_position, _kernel_shown));
    }
}

void Log_server::take_init_messages() {
    char text[maximum_buffer_words * sizeof(uint64_t)];
    while (true) {
        auto const bytes = Init_client{}.messages(_init_position, text);
        if (!bytes.ok() || bytes.value() == 0)
            return;
        keep({text, bytes.value()}, _init_lines);
        show(new_part({text, bytes.value()}, _init_position, _init_shown));
    }
}

void Log_server::keep(std::string_view text, Line_collector& collector) {
    collector.add(text, [&](std::string_view line) { _ring.append(line); });
}

// Indented lines are details (registers of a program that faulted): who wants them asks for the
// log.
void Log_server::show_lines(std::string_view text) {
    _shown_lines.add(text, [&](std::string_view line) {
        if (line.empty() || line.front() == ' ')
            return;
        char whole[Line_collector::maximum_line + 1];
        memcpy(whole, line.data(), line.size());
        whole[line.size()] = '\n';
        show({whole, line.size() + 1});
    });
}

// The console may be full for as long as its backend likes: the log does not wait for it.
void Log_server::show(std::string_view text) {
    constexpr std::string_view gap{"(log: the console was full, see dmesg)\n"};
    if (_gap && _console.write_now(gap).ok())
        _gap = false;
    if (!text.empty() && !_console.write_now(text).ok())
        _gap = true;
}

} // namespace lavandin::log
