// SPDX-License-Identifier: MIT
#include <arch/console.hpp>
#include <arch/machine.hpp>
#include <kernel/lock.hpp>
#include <kernel/log.hpp>

namespace kernel {

namespace {

constexpr uint64_t ring_bytes = 32 * 1024;
constexpr uint64_t line_bytes = 240;

char ring[ring_bytes];
uint64_t written; // bytes since boot
bool direct = true;
bool last_words = false;
void (*listener)();
Lock log_lock; // guards ring and written

// One message on its way. What does not fit is cut off, but the line ends.
class Line {
public:
    void add(char c) {
        if (_size < line_bytes)
            _text[_size++] = c;
    }
    void add(char const* text) {
        while (*text)
            add(*text++);
    }
    void add(uint64_t value, unsigned base) {
        char digits[20];
        unsigned count = 0;
        do
            digits[count++] = "0123456789abcdef"[value % base];
        while (value /= base);
        while (count)
            add(digits[--count]);
    }
    void end() { _text[_size++] = '\n'; }
    char const* text() const { return _text; }
    uint64_t size() const { return _size; }

private:
    char _text[line_bytes + 1];
    uint64_t _size{0};
};

// `format` stands behind the opening brace; answers what follows the closing one.
char const* add_value(Line& line, char const* format, Log_value const& value) {
    unsigned const base = *format == 'x' ? 16 : 10;
    if (value.text())
        line.add(value.text());
    else
        line.add(value.number(), base);
    while (*format && *format != '}')
        ++format;
    return *format ? format + 1 : format;
}

void keep(Line const& line) {
    if (last_words)
        return;
    Lock_guard const guard{log_lock};
    for (uint64_t i = 0; i < line.size(); ++i)
        ring[written++ % ring_bytes] = line.text()[i];
}

} // namespace

void log_format(char const* format, Log_value const* values, unsigned count) {
    Line line;
    unsigned used = 0;
    while (*format) {
        if (*format == '{' && used < count)
            format = add_value(line, format + 1, values[used++]);
        else
            line.add(*format++);
    }
    line.end();
    keep(line);
    if (direct)
        arch::console_write(line.text(), line.size());
    if (listener)
        listener();
}

uint64_t log_copy(uint64_t& position, char* text, uint64_t size) {
    Lock_guard const guard{log_lock};
    if (position > written)
        position = written;
    if (written - position > ring_bytes)
        position = written - ring_bytes;
    uint64_t copied = 0;
    while (copied < size && position < written)
        text[copied++] = ring[position++ % ring_bytes];
    return copied;
}

void log_to_console(bool on) { direct = on; }
void set_log_listener(void (*function)()) { listener = function; }

void begin_last_words() {
    last_words = true; // what failed may hold the lock
    direct = true;
    listener = nullptr;
}

void give_up_format(char const* format, Log_value const* values, unsigned count) {
    begin_last_words();
    log_format(format, values, count);
    arch::shutdown(lavandin::abi::Shutdown::crash);
}

namespace {
void print_address(uint64_t address) { log("  [<{x}>]", address); }
} // namespace

void panic_format(char const* format, Log_value const* values, unsigned count) {
    begin_last_words();
    log("kernel panic");
    log_format(format, values, count);
    arch::backtrace(0, reinterpret_cast<uint64_t>(__builtin_frame_address(0)), print_address);
    arch::shutdown(lavandin::abi::Shutdown::crash);
}

} // namespace kernel
