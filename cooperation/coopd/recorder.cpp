// SPDX-License-Identifier: MIT
#include "recorder.hpp"

#include "log.hpp"
#include "step_record.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <stdexcept>

namespace lavandin::coopd {

void Recorder::File::open(std::string const& name, uint64_t limit) {
    _file.open(name, std::ios::trunc);
    if (!_file)
        throw std::runtime_error{name + ": " + std::strerror(errno)};
    _name = name;
    _left = limit;
}

void Recorder::File::write(std::string_view line) {
    if (!wanted())
        return;
    if (line.size() <= _left &&
        _file.write(line.data(), static_cast<std::streamsize>(line.size()))) {
        _left -= line.size();
        return;
    }
    log(Level::warning, "{}: ends here ({})", _name, _file ? "its limit" : "it cannot be written");
    _file.close();
}

Recorder::Recorder(std::string const& folder, uint64_t limit) {
    if (folder.empty())
        return;
    std::filesystem::create_directories(folder);
    _protocol.open(folder + "/protocol.jsonl", limit);
    _policy.open(folder + "/policy.jsonl", limit);
}

void Recorder::write(coop_record const& record) {
    std::array<char, COOP_RECORD_BYTES> line{};
    if (_protocol.wanted())
        _protocol.write({line.data(), coop_record_line(line.data(), line.size(), &record)});
}

void Recorder::before(policy_state const& state) {
    if (_policy.wanted())
        _line = step_input(state);
}

void Recorder::after(policy_state const& state, std::span<policy_action const> actions) {
    if (_policy.wanted())
        _policy.write(step_line(_line, state, actions));
}

void Recorder::flush() {
    _protocol.flush();
    _policy.flush();
}

} // namespace lavandin::coopd
