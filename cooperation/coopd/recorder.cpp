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
    if (!_policy.wanted())
        return;
    _before.state = state;
    _before.domains.assign(state.domains, state.domains + state.domain_count);
}

void Recorder::after(std::span<policy_action const> actions, bool answer) {
    if (!_policy.wanted())
        return;
    _decided.push_back(std::move(_before));
    _decided.back().actions.assign(actions.begin(), actions.end());
    _decided.back().answer = answer;
}

void Recorder::settle() {
    for (Decided& decided : _decided) {
        decided.state.domains = decided.domains.data();
        _policy.write(step_line(decided.state, decided.actions, decided.answer));
    }
    _decided.clear();
}

void Recorder::flush() {
    settle();
    _protocol.flush();
    _policy.flush();
}

} // namespace lavandin::coopd
