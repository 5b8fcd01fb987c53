// SPDX-License-Identifier: MIT
// What clients ask of init (init_protocol.hpp).
#include "init_server.hpp"

#include <algorithm>
#include <lavandin/console_protocol.hpp>

namespace lavandin::init {

using namespace init_protocol;

void Init_server::request(Request& request) {
    switch (static_cast<Label>(request.label())) {
    case Label::spawn:
        return spawn(request);
    case Label::wait:
        return wait(request);
    case Label::kill:
        return kill(request);
    case Label::list:
        return list(request);
    case Label::shut_down:
        return shut_down(request);
    case Label::watch_endings:
        return watch_endings(request);
    case Label::ended:
        return ended(request);
    case Label::programs:
        return programs(request);
    case Label::name:
        return name(request);
    case Label::messages:
        return messages(request);
    case Label::keep:
        return keep(request);
    case Label::kept:
        return kept(request);
    case Label::forget:
        return forget(request);
    case Label::accounts:
        return accounts(request);
    }
    request.fail(Error::not_supported);
}

// Whoever starts a program has it do what it may: end the machine, change the scheduler.
void Init_server::spawn(Request& request) {
    if ((badge_roles(request.badge()) & role_start) == 0)
        return request.fail(Error::permission_denied);
    std::string_view const block = request.text();
    uint64_t const flags = request.word();
    Notification notification; // optional
    if (request.more_capabilities())
        notification = request.take<Notification>();
    bool const whole = request.ok() && !block.empty() && block.back() == '\0' &&
                       block.size() <= maximum_arguments_bytes;
    if (!whole || (flags & ~uint64_t{spawn_in_background}) != 0)
        return request.fail(Error::invalid_argument);
    std::string_view const file{block.data()}; // up to its NUL, which there is
    Section const* const section = _manifest.program(file);
    if (section == nullptr || file.empty() || file.size() > maximum_program_bytes)
        return request.fail(Error::not_mapped);
    uint64_t const roles = (flags & spawn_in_background) != 0 ? console_protocol::role_no_input : 0;
    auto const started =
        start_process(*section, section->name == "*" ? file : section->program,
                      badge_process(request.badge()), section->quota.bytes, block, roles);
    if (!started.ok())
        return request.fail(started.error());
    started.value()->ended = static_cast<Notification&&>(notification);
    request.answer().word(started.value()->number);
}

void Init_server::wait(Request& request) {
    Process_record* const record = _processes.find(static_cast<Process_number>(request.word()));
    if (record == nullptr)
        return request.fail(Error::invalid_argument);
    if (record->parent != badge_process(request.badge()))
        return request.fail(Error::permission_denied);
    if (record->state == Process_record::State::ended) {
        request.answer().object(record->ending);
        return Process_table::remove(*record);
    }
    if (record->waiter.waiting())
        return request.fail(Error::busy);
    auto answer = request.defer();
    if (!answer.ok())
        return request.fail(answer.error());
    record->waiter = static_cast<Deferred_answer&&>(answer.value());
}

bool Init_server::may_end(Request const& request, Process_record const& record) {
    return record.parent == badge_process(request.badge()) ||
           (badge_roles(request.badge()) & role_manage) != 0;
}

void Init_server::kill(Request& request) {
    auto const number = static_cast<Process_number>(request.word());
    if (number == init_number) // in no table, but a process that whoever lists them sees
        return request.fail(Error::permission_denied);
    Process_record* const record = _processes.find(number);
    if (record == nullptr)
        return request.fail(Error::invalid_argument);
    if (!may_end(request, *record))
        return request.fail(Error::permission_denied);
    if (record->state == Process_record::State::alive)
        static_cast<void>(record->process.destroy(0)); // ended by itself meanwhile: as well
    request.finish({});
}

// Init itself, which is in no table, comes first: position 0.
void Init_server::list(Request& request) {
    uint64_t position = request.word();
    if (position == 0)
        return list_init(request);
    Process_record const* const record = _processes.next(--position);
    if (record == nullptr)
        return request.fail(Error::invalid_argument);
    Process_entry entry{record->number, record->parent, {}, {}};
    if (auto const information = record->process.information(); information.ok())
        entry.information = information.value();
    else
        entry.information.state = record->ending.state;
    memcpy(entry.information.name, record->name, sizeof(entry.information.name));
    if (record->section != nullptr)
        record->section->group.copy(entry.group, sizeof(entry.group) - 1);
    request.answer().word(position + 2).object(entry);
}

void Init_server::list_init(Request& request) {
    Process_entry entry{init_number, 0, {}, {}};
    if (auto const information = Process::self().information(); information.ok())
        entry.information = information.value();
    constexpr std::string_view name{"init"};
    std::fill(std::begin(entry.information.name), std::end(entry.information.name), '\0');
    name.copy(entry.information.name, name.size());
    request.answer().word(1).object(entry);
}

void Init_server::shut_down(Request& request) {
    uint64_t const way = request.word();
    if ((badge_roles(request.badge()) & role_shutdown) == 0)
        return request.fail(Error::permission_denied);
    if (way != default_shutdown && way > static_cast<uint64_t>(Shutdown::reboot))
        return request.fail(Error::invalid_argument);
    for (Deferred_answer& ender : _enders)
        if (!ender.waiting())
            if (auto answer = request.defer(); answer.ok()) {
                ender = static_cast<Deferred_answer&&>(answer.value());
                break;
            }
    end_machine(way == default_shutdown ? _command_line.shutdown : static_cast<Shutdown>(way));
}

void Init_server::watch_endings(Request& request) {
    auto notification = request.take<Notification>();
    if ((badge_roles(request.badge()) & role_serve) == 0)
        return request.fail(Error::permission_denied);
    Process_number const server = badge_process(request.badge());
    for (Watcher& watcher : _watchers) {
        if (watcher.server != 0 && watcher.server != server)
            continue;
        watcher = {server, static_cast<Notification&&>(notification)};
        return request.finish({});
    }
    request.fail(Error::table_full);
}

void Init_server::ended(Request& request) {
    uint64_t const count = std::min<uint64_t>(request.word(), maximum_buffer_words);
    uint64_t answers[maximum_buffer_words];
    for (size_t i = 0; i < count; ++i) {
        auto const number = static_cast<Process_number>(request.object<uint64_t>());
        Process_record const* const record = _processes.find(number);
        answers[i] = record == nullptr || record->state == Process_record::State::ended;
    }
    request.answer().bytes(std::as_bytes(std::span{answers, count}));
}

void Init_server::programs(Request& request) {
    uint64_t index = request.word();
    for (Section const& section : _manifest.sections()) {
        if (section.kind != Section_kind::program || section.name == "*" || index-- != 0)
            continue;
        Program_entry entry{};
        section.name.copy(entry.name, sizeof(entry.name) - 1);
        section.about.copy(entry.about, sizeof(entry.about) - 1);
        request.answer().object(entry);
        return;
    }
    request.fail(Error::invalid_argument);
}

void Init_server::name(Request& request) {
    Process_record const* const record =
        _processes.find(static_cast<Process_number>(request.word()));
    if (record == nullptr)
        return request.fail(Error::invalid_argument);
    uint64_t words[2];
    memcpy(words, record->name, sizeof(words));
    request.answer().word(words[0]).word(words[1]);
}

void Init_server::messages(Request& request) {
    if ((badge_roles(request.badge()) & role_serve) == 0)
        return request.fail(Error::permission_denied);
    char text[maximum_buffer_words * sizeof(uint64_t)];
    auto const part = _messages.ring().read(request.word(), text);
    request.answer().word(part.next).text({text, part.bytes});
}

// The section of the server that sent the request; nullptr for others.
Section const* Init_server::server_that_asks(Request const& request) {
    if ((badge_roles(request.badge()) & role_serve) == 0)
        return nullptr;
    Process_record const* const record = _processes.find(badge_process(request.badge()));
    bool const server = record != nullptr && record->section->kind == Section_kind::server;
    return server ? record->section : nullptr;
}

void Init_server::keep(Request& request) {
    std::string_view const text = request.text();
    uint64_t const key = request.word();
    Capability capability; // optional
    if (request.more_capabilities())
        capability = request.take<Capability>();
    Section const* const owner = server_that_asks(request);
    if (owner == nullptr)
        return request.fail(Error::permission_denied);
    if (!request.ok())
        return request.fail(Error::invalid_argument);
    request.finish(_keepsakes.put(*owner, key, text, static_cast<Capability&&>(capability)));
}

void Init_server::kept(Request& request) {
    uint64_t position = request.word();
    Section const* const owner = server_that_asks(request);
    if (owner == nullptr)
        return request.fail(Error::permission_denied);
    Keepsake const* const found = _keepsakes.next(*owner, position);
    if (found == nullptr)
        return request.fail(Error::invalid_argument);
    auto& answer = request.answer().word(position + 1).text(found->text()).word(found->key);
    if (found->capability.valid())
        answer.transfer(found->capability);
}

void Init_server::forget(Request& request) {
    uint64_t const key = request.word();
    Section const* const owner = server_that_asks(request);
    if (owner == nullptr)
        return request.fail(Error::permission_denied);
    request.finish(_keepsakes.remove(*owner, key));
}

void Init_server::accounts(Request& request) {
    auto const number = static_cast<Process_number>(request.word());
    Process_record const* const record = _processes.find(number);
    if (record == nullptr && number != init_number)
        return request.fail(Error::invalid_argument);
    auto const page = process_accounts(record ? record->process.index() : self_process);
    if (!page.ok())
        return request.fail(page.error());
    request.answer().transfer(Memory::own(page.value()));
}

} // namespace lavandin::init
