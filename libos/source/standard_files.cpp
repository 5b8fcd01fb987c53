// SPDX-License-Identifier: MIT
// Files 0, 1 and 2 of newlib. A program that was given the console reads and writes there; one that
// was only given the log writes lines to it; the first process has the platform's console of last
// resort. Output of any other is dropped.
#include <lavandin/call.hpp>
#include <lavandin/console_protocol.hpp>
#include <lavandin/environment.hpp>
#include <lavandin/log_protocol.hpp>
#include <lavandin/mutex.hpp>

#include <errno.h>
#include <newlib/platform.hpp>

using namespace lavandin;

namespace {

size_t smaller(size_t a, size_t b) { return a < b ? a : b; }

Result<size_t> write_console(Capability_index console, std::string_view text) {
    text = text.substr(0, console_protocol::maximum_bytes);
    uint64_t taken = 0;
    while (taken == 0) // none means: room has come, send again
        taken = TRY(Call(console, console_protocol::Label::write).text(text).word(0).send_again())
                    .word();
    return smaller(taken, text.size());
}

// The log takes lines: what has no end yet is kept. One line of all threads together.
class Log_line {
public:
    Result<size_t> write(Capability_index log, std::string_view text) {
        Lock const lock{_mutex};
        for (char const character : text) {
            if (character != '\n')
                _text[_length++] = character;
            if (character == '\n' || _length == sizeof _text)
                send(log);
        }
        return text.size();
    }

private:
    // A lost line is no reason to fail: whoever wrote it could not say so anywhere else.
    void send(Capability_index log) {
        if (_length != 0)
            static_cast<void>(
                Call(log, log_protocol::Label::write).text({_text, _length}).send_again().error());
        _length = 0;
    }

    Mutex _mutex;
    char _text[log_protocol::maximum_bytes]{};
    size_t _length{0};
};

Log_line log_line;

Result<size_t> write_platform(Capability_index system, std::string_view text) {
    auto& buffer = message_buffer();
    text = text.substr(0, sizeof buffer.words);
    memcpy(buffer.words, text.data(), text.size());
    auto const written = console_write(system, text.size());
    if (!written.ok() && written.error() != Error::not_supported)
        return written.error();
    return text.size();
}

Result<size_t> write_somewhere(std::string_view text) {
    auto const& given = environment();
    if (auto const console = given.capability("console"); console != 0)
        return write_console(console, text);
    if (auto const log = given.capability("log"); log != 0)
        return log_line.write(log, text);
    if (auto const system = given.capability("system"); system != 0)
        return write_platform(system, text);
    return text.size();
}

// Bytes read; an interrupted read ends with EINTR.
long read_console(Capability_index console, std::span<std::byte> bytes) {
    size_t const wanted = smaller(bytes.size(), console_protocol::maximum_bytes);
    auto answer = Call(console, console_protocol::Label::read).word(wanted).send_again();
    if (!answer.ok())
        return -EIO;
    auto const line = answer.value().text();
    auto const outcome = static_cast<console_protocol::Read_outcome>(answer.value().word());
    if (outcome == console_protocol::Read_outcome::interrupted)
        return -EINTR;
    size_t const count = smaller(line.size(), wanted);
    memcpy(bytes.data(), line.data(), count);
    return static_cast<long>(count);
}

} // namespace

long platform_write(int file, void const* bytes, size_t count) {
    if (file != 1 && file != 2)
        return -EBADF;
    std::string_view const text{static_cast<char const*>(bytes), count};
    size_t written = 0;
    while (written < count) {
        auto const part = write_somewhere(text.substr(written));
        if (!part.ok())
            return written != 0 ? static_cast<long>(written) : -EIO;
        written += part.value();
    }
    return static_cast<long>(count);
}

long platform_read(int file, void* bytes, size_t count) {
    if (file != 0)
        return -EBADF;
    auto const console = environment().capability("console");
    if (console == 0 || count == 0)
        return 0;
    return read_console(console, {static_cast<std::byte*>(bytes), count});
}

// Lines are also what the log wants, so that everything counts as a terminal to newlib.
int platform_terminal(int file) { return file >= 0 && file <= 2 ? 1 : 0; }
