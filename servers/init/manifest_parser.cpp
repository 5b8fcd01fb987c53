// SPDX-License-Identifier: MIT
#include "manifest_parser.hpp"

#include "text.hpp"

#include <lavandin/abi/group.hpp>
#include <lavandin/abi/process.hpp>
#include <lavandin/abi/scheduling.hpp>

namespace lavandin::init {
namespace {

constexpr size_t maximum_name = 15; // of a section: what fits into Process_information.name
constexpr size_t maximum_file_name = 47;
constexpr size_t maximum_about = 95;

uint64_t system_permission_named(std::string_view name) {
    namespace permission = abi::system_permission;
    if (name == "shutdown")
        return permission::shutdown;
    if (name == "log")
        return permission::log;
    if (name == "console")
        return permission::console;
    if (name == "grants")
        return permission::grants;
    if (name == "policies")
        return permission::policies;
    if (name == "schedule")
        return permission::schedule;
    if (name == "processors")
        return permission::processors;
    return name == "information" ? permission::information : 0;
}

bool device_name(std::string_view name) { return name == "console" || name == "store"; }

// A class, or `coordinator`.
bool read_place(std::string_view name, uint64_t& place) {
    place = abi::coordinator_place;
    return name == "coordinator" ||
           (take_number(name, place) && name.empty() && place < abi::scheduling_classes);
}

} // namespace

std::span<Manifest_parser::Key const> Manifest_parser::keys() {
    static constexpr Key table[] = {
        {"program", &Manifest_parser::read_program, false},
        {"about", &Manifest_parser::read_about, false},
        {"requires", &Manifest_parser::read_requires, false},
        {"group", &Manifest_parser::read_group, false},
        {"quota", &Manifest_parser::read_quota, false},
        {"priority", &Manifest_parser::read_priority, false},
        {"pool", &Manifest_parser::read_pool, false},
        {"state", &Manifest_parser::read_state, false},
        {"service", &Manifest_parser::read_service, true},
        {"client", &Manifest_parser::read_client, true},
        {"system", &Manifest_parser::read_system, false},
        {"device", &Manifest_parser::read_device, true},
        {"class", &Manifest_parser::read_class, false},
        {"module", &Manifest_parser::read_module, false, true},
        {"share", &Manifest_parser::read_share, false, true},
    };
    return table;
}

void Manifest_parser::parse(std::string_view text) {
    if (text.size() > Manifest::maximum_bytes)
        return note(1, "the manifest is larger than 64 KiB");
    while (!text.empty()) {
        ++_line;
        if (Reason const reason = read_line(trim(take_until(text, '\n'))))
            note(_line, reason);
    }
    if (_manifest._count == 0)
        note(1, "there is no section");
    for (size_t i = 0; i < _manifest._count; ++i)
        check_section(i);
}

Manifest_parser::Reason Manifest_parser::read_line(std::string_view line) {
    for (char const character : line)
        if (static_cast<unsigned char>(character) < ' ' && character != '\t')
            return "control characters do not belong here";
    if (line.empty() || line[0] == '#')
        return nullptr;
    if (line[0] == '[')
        return open_section(line);
    std::string_view value = line;
    std::string_view const name = trim(take_until(value, '='));
    if (name.size() == line.size())
        return "neither `[section]` nor `key = value`";
    return read_setting(name, trim(value));
}

Manifest_parser::Reason Manifest_parser::open_section(std::string_view head) {
    _section = nullptr;
    _head_seen = true;
    if (head.back() != ']')
        return "the section's `]` is missing";
    head = {head.data() + 1, head.size() - 2};
    std::string_view const kind = take_word(head);
    std::string_view const name = trim(head);
    bool const program = kind == "program";
    bool const policy = kind == "policy";
    uint64_t place = 0;
    if (!program && !policy && kind != "server")
        return "a section is `[server NAME]`, `[program NAME]` or `[policy PLACE]`";
    if (policy && !read_place(name, place))
        return "a place is a class, 0 to 3, or `coordinator`";
    if (!valid_name(name, maximum_name) && !(program && name == "*"))
        return "a name is 1 to 15 of a-z 0-9 - .";
    auto const section_kind = program  ? Section_kind::program
                              : policy ? Section_kind::policy
                                       : Section_kind::server;
    for (Section const& other : _manifest.sections())
        if (other.name == name && other.kind == section_kind)
            return "there is a section of this kind and name already";
    if (_manifest._count == Manifest::maximum_sections)
        return "there are more than 64 sections";
    _section = &_manifest._sections[_manifest._count++];
    *_section = {};
    _section->kind = section_kind;
    _section->line = _line;
    _section->name = name;
    _section->program = policy ? std::string_view{} : name;
    _section->place = place;
    _section->priority = abi::default_priority;
    _seen = 0;
    return nullptr;
}

Manifest_parser::Reason Manifest_parser::read_setting(std::string_view name,
                                                      std::string_view value) {
    if (_section == nullptr)
        return _head_seen ? nullptr : "this stands in no section"; // the bad head has been reported
    if (value.empty())
        return "there is no value after `=`";
    for (size_t i = 0; i < keys().size(); ++i) {
        Key const& key = keys()[i];
        if (key.name != name)
            continue;
        if (key.of_policies != (_section->kind == Section_kind::policy))
            return "a policy has `module` and `share`, others have not";
        bool const again = (_seen >> i & 1) != 0;
        _seen |= 1u << i;
        return again && !key.repeatable ? "this key stands here twice" : (this->*key.read)(value);
    }
    return "unknown key";
}

Manifest_parser::Reason Manifest_parser::read_program(std::string_view value) {
    _section->program = value;
    return valid_name(value, maximum_file_name) ? nullptr : "not the name of a file";
}

Manifest_parser::Reason Manifest_parser::read_about(std::string_view value) {
    _section->about = value;
    return value.size() <= maximum_about ? nullptr : "longer than 95 bytes";
}

Manifest_parser::Reason Manifest_parser::read_requires(std::string_view value) {
    _section->requires_device = value;
    return device_name(value) ? nullptr : "a device is `console` or `store`";
}

Manifest_parser::Reason Manifest_parser::read_group(std::string_view value) {
    _section->group = value;
    return valid_name(value, maximum_name) ? nullptr : "a name is 1 to 15 of a-z 0-9 - .";
}

Manifest_parser::Reason Manifest_parser::read_amount(std::string_view value, Quota& quota) {
    uint64_t number = 0;
    if (!take_number(value, number) || number == 0)
        return "a quota is a number with K, M or %";
    if (value == "%") {
        quota.percent = number;
        return number <= 100 ? nullptr : "more than 100 %";
    }
    quota.bytes = number << (value == "K" ? 10 : 20);
    return value == "K" || value == "M" ? nullptr : "a quota is a number with K, M or %";
}

Manifest_parser::Reason Manifest_parser::read_quota(std::string_view value) {
    return read_amount(value, _section->quota);
}

Manifest_parser::Reason Manifest_parser::read_pool(std::string_view value) {
    if (_section->kind != Section_kind::server)
        return "only a server has a pool";
    return read_amount(value, _section->pool);
}

Manifest_parser::Reason Manifest_parser::read_state(std::string_view value) {
    Quota state;
    Reason const reason = read_amount(value, state);
    _section->state_bytes = state.bytes;
    bool const whole = state.bytes != 0 && state.bytes % 4096 == 0 && state.bytes <= 1 << 20;
    if (reason == nullptr && _section->kind == Section_kind::server && whole)
        return nullptr;
    return "only a server has a state: whole pages as K, up to 1M";
}

Manifest_parser::Reason Manifest_parser::read_priority(std::string_view value) {
    bool const number = take_number(value, _section->priority) && value.empty();
    return number && _section->priority <= abi::highest_priority ? nullptr
                                                                 : "a priority is 0 to 31";
}

// N, PARAMETER
Manifest_parser::Reason Manifest_parser::read_class(std::string_view value) {
    std::string_view number = trim(take_until(value, ','));
    value = trim(value);
    bool const both = take_number(number, _section->scheduling_class) && number.empty() &&
                      take_number(value, _section->parameter) && value.empty();
    bool const other = _section->scheduling_class != abi::fixed_priority_class &&
                       _section->scheduling_class < abi::scheduling_classes;
    return both && other ? nullptr : "a class is 1 to 3, a comma, and the parameter there";
}

Manifest_parser::Reason Manifest_parser::read_module(std::string_view value) {
    return read_program(value);
}

Manifest_parser::Reason Manifest_parser::read_share(std::string_view value) {
    bool const number = take_number(value, _section->share) && value.empty();
    bool const possible = number && _section->share != 0 && _section->share <= abi::whole_share &&
                          _section->place != abi::coordinator_place;
    return possible ? nullptr : "a share is 1 to 1000 thousandths, of a class";
}

Manifest_parser::Reason Manifest_parser::read_service(std::string_view value) {
    return valid_name(value, maximum_name) ? add({Grant_kind::service, value, 0})
                                           : "a name is 1 to 15 of a-z 0-9 - .";
}

// NAME or NAME, roles N
Manifest_parser::Reason Manifest_parser::read_client(std::string_view value) {
    Grant grant{Grant_kind::client, trim(take_until(value, ',')), 0};
    if (!valid_name(grant.name, maximum_name))
        return "a name is 1 to 15 of a-z 0-9 - .";
    value = trim(value);
    if (value.empty())
        return add(grant);
    bool const roles = take_word(value) == "roles";
    value = trim(value);
    if (!roles || !take_number(value, grant.value) || !value.empty() || grant.value >> 16 != 0)
        return "after the name only `, roles N` (up to 65535) may stand";
    return add(grant);
}

Manifest_parser::Reason Manifest_parser::read_system(std::string_view value) {
    Grant grant{Grant_kind::system, "system", 0};
    while (!trim(value).empty()) {
        uint64_t const bit = system_permission_named(take_word(value));
        if (bit == 0)
            return "permissions are shutdown, log, console, information, grants, processors, "
                   "policies and schedule";
        grant.value |= bit;
    }
    return add(grant);
}

Manifest_parser::Reason Manifest_parser::read_device(std::string_view value) {
    bool const known = device_name(value) || value == "image";
    return known ? add({Grant_kind::device, value, 0})
                 : "a device is `console`, `store` or `image`";
}

Manifest_parser::Reason Manifest_parser::add(Grant const& grant) {
    for (Grant const& other : _section->grants())
        if (other.kind == grant.kind && other.name == grant.name)
            return "this is given twice";
    if (_section->grant_count == Section::maximum_grants)
        return "more than 12 capabilities";
    _section->grant_storage[_section->grant_count++] = grant;
    return nullptr;
}

void Manifest_parser::check_section(size_t index) {
    Section const& section = _manifest._sections[index];
    if (section.kind == Section_kind::policy) {
        if (section.program.empty() && section.share == 0)
            note(section.line, "the section has neither module nor share");
        return;
    }
    if (section.quota.bytes == 0 && section.quota.percent == 0)
        note(section.line, "the section has no quota");
    if (section.kind == Section_kind::program && section.quota.percent != 0)
        note(section.line, "a program's quota is a number with K or M");
    if (Reason const reason = check_group(index))
        note(section.line, reason);
    for (Grant const& grant : section.grants())
        if (Reason const reason = check_grant(index, grant))
            note(section.line, reason);
}

Manifest_parser::Reason Manifest_parser::check_grant(size_t index, Grant const& grant) const {
    bool const program = _manifest._sections[index].kind == Section_kind::program;
    if (grant.kind == Grant_kind::service && program)
        return "a program cannot have a `service`";
    if (grant.kind == Grant_kind::service &&
        (grant.name == "init" || served_before(index, grant.name)))
        return "this service is taken by somebody else";
    size_t const before = program ? _manifest._count : index;
    if (grant.kind == Grant_kind::client && grant.name != "init" &&
        !served_before(before, grant.name))
        return "nobody before this section serves what it is a client of";
    return nullptr;
}

size_t Manifest_parser::sections_of(std::string_view group) const {
    size_t count = 0;
    for (Section const& section : _manifest.sections())
        count += section.group == group;
    return count;
}

// Each problem once: at the section that is too much, or at a group's first one.
Manifest_parser::Reason Manifest_parser::check_group(size_t index) const {
    auto const sections = _manifest.sections();
    std::string_view const group = sections[index].group;
    if (group.empty())
        return nullptr;
    size_t groups = 0;
    size_t before = 0;
    for (size_t i = 0; i < index; ++i) {
        before += sections[i].group == group;
        bool first = !sections[i].group.empty();
        for (size_t k = 0; k < i; ++k)
            first &= sections[k].group != sections[i].group;
        groups += first;
    }
    if (before == 0 && groups == Manifest::maximum_groups)
        return "there are more than 4 groups";
    if (before == abi::largest_group)
        return "a group has 15 members at most";
    return before == 0 && sections_of(group) == 1 ? "nobody else is in this group" : nullptr;
}

bool Manifest_parser::served_before(size_t index, std::string_view service) const {
    for (Section const& section : _manifest.sections().first(index))
        if (section.grants_service(service))
            return true;
    return false;
}

void Manifest_parser::note(uint32_t line, Reason reason) {
    if (_manifest._problem_count < Manifest::maximum_problems)
        _manifest._problems[_manifest._problem_count++] = {line, reason};
}

} // namespace lavandin::init
