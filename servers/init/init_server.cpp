// SPDX-License-Identifier: MIT
#include "init_server.hpp"

#include "memory_need.hpp"

#include <lavandin/clock.hpp>
#include <stdio.h>

namespace lavandin::init {
namespace {

constexpr unsigned maximum_restarts = 5;   // of the main program
constexpr uint64_t quick_failure = second; // a program that fails this soon will do so again
constexpr uint64_t first_pause = 50 * millisecond; // behind the first of them, then twice as long
constexpr uint64_t pause_of_shortage = second;     // before the main program is tried again
constexpr uint64_t ended_bit = 1;
constexpr uint64_t mebibyte = 1 << 20;
// Its own objects and heap, page tables, and the kernel's part of each process.
constexpr uint64_t needed_by_init = mebibyte / 2;

uint64_t quota_left() {
    auto const own = Process::self().information();
    return own.ok() ? own.value().quota_limit - own.value().quota_used : 0;
}

// nullptr when there is none.
Section const* least_program(Manifest const& manifest) {
    Section const* least = nullptr;
    for (Section const& section : manifest.sections())
        if (section.kind == Section_kind::program &&
            (least == nullptr || section.quota.bytes < least->quota.bytes))
            least = &section;
    return least;
}

char const* text_of_policy(Error error) {
    switch (error) {
    case Error::not_mapped:
        return "there is no such module";
    case Error::invalid_argument:
        return "it is no module for this place, or all shares are above 1000";
    default:
        return text_of(error);
    }
}

int size_of(std::string_view text) { return static_cast<int>(text.size()); }

// Of init's own: the servers and the main program.
size_t own_processes(Manifest const& manifest) {
    size_t count = 1;
    for (Section const& section : manifest.sections())
        count += section.kind == Section_kind::server;
    return count;
}

// What others may give back.
bool shortage(Error error) {
    return error == Error::quota_exceeded || error == Error::out_of_memory ||
           error == Error::table_full;
}

} // namespace

Init_server::Init_server(abi::Boot_information const& boot, abi::Boot_image const& image,
                         Manifest const& manifest, Messages& messages)
    : _boot{boot}, _manifest{manifest}, _messages{messages}, _command_line{parse_command_line(
                                                                 boot.command_line)},
      _launcher{boot, image, _services, _groups, messages}, _processes{own_processes(manifest)} {}

void Init_server::end_machine(Shutdown way) {
    announce_messages();
    _machine_end.begin(_boot.system, _services.find("console"), way);
}

Result<void> Init_server::start() {
    if (!_command_line.problem.empty())
        _messages.say("command line: %.*s", size_of(_command_line.problem),
                      _command_line.problem.data());
    TRY_VOID(_services.create(_manifest));
    TRY_VOID(_groups.create(_manifest));
    _ended = TRY(Notification::create());
    TRY_VOID(endpoint().bind(_ended));
    // From here on the kernel leaves the console alone; the log server takes its place later.
    TRY_VOID(log_bind(_boot.system, _ended.index()));
    TRY_VOID(check_memory());
    install_policies();
    for (Section const& section : _manifest.sections())
        if (section.kind == Section_kind::server)
            TRY_VOID(start_server(section));
    return start_main_program();
}

// One that cannot be used is said, and what is built in goes on.
void Init_server::install_policies() const {
    for (Section const& section : _manifest.sections()) {
        if (section.kind != Section_kind::policy)
            continue;
        auto const done = _launcher.install(section);
        if (!done.ok())
            _messages.say("policy %.*s: %.*s: %s", size_of(section.name), section.name.data(),
                          size_of(section.program), section.program.data(),
                          text_of_policy(done.error()));
    }
}

// Servers, the main program, and when that is the shell, one program that is content with little.
Result<void> Init_server::check_memory() const {
    std::array<Demand, 2 * Manifest::maximum_sections + 2> demands; // a server's pool is one
    size_t count = 0;
    auto const add = [&](Section const* section, std::string_view file) {
        if (section != nullptr)
            demands[count++] = {section->quota, _launcher.image_bytes(file)};
    };
    for (Section const& section : _manifest.sections())
        if (section.kind == Section_kind::server && _launcher.has_devices_of(section)) {
            demands[count++] = {section.pool, section.state_bytes};
            add(&section, section.program);
        }
    add(_manifest.program(_command_line.program), _command_line.program);
    if (_command_line.interactive())
        add(least_program(_manifest), _command_line.program); // an image of that size
    uint64_t const need = memory_needed({demands.data(), count}) + needed_by_init;
    uint64_t const left = quota_left();
    auto const system = System::borrow(_boot.system).information();
    if (left >= need || !system.ok())
        return {};
    uint64_t const has = system.value().total_frames * page_size;
    _messages.say("%llu MiB of memory are too little: the system needs %llu MiB",
                  static_cast<unsigned long long>(has >> 20),
                  static_cast<unsigned long long>((has - left + need + mebibyte - 1) >> 20));
    return Error::out_of_memory;
}

Result<void> Init_server::start_server(Section const& section) {
    if (!_launcher.has_devices_of(section)) {
        _services.give_up(section); // its clients are not to wait for it
        return {};
    }
    Supervised& server = supervised(section);
    TRY_VOID(make_lasting(section, server));
    // Which one of its kind it is; the log server is also told what has been shown, by the kernel
    // or by its predecessor, the resource manager how many processors to start.
    char block[100];
    int const length =
        snprintf(block, sizeof(block), "%.*s%c%u%c%llu%c%llu%c%llu", size_of(section.name),
                 section.name.data(), '\0', server.generation + 1, '\0',
                 static_cast<unsigned long long>(kernel_log_end()), '\0',
                 static_cast<unsigned long long>(_announced), '\0',
                 static_cast<unsigned long long>(_command_line.processors));
    // A share of what is left means what was left the first time.
    uint64_t const left = quota_left();
    if (server.quota == 0 || server.quota > left)
        server.quota = section.quota.of(left);
    auto const started = start_process(section, section.program, init_number, server.quota,
                                       {block, static_cast<size_t>(length) + 1}, 0);
    if (!started.ok()) {
        if (server.policy.shortages() == 0) // else it has been said
            _messages.say("server %.*s (file %.*s) could not be started: %s", size_of(section.name),
                          section.name.data(), size_of(section.program), section.program.data(),
                          text_of(started.error()));
        return started.error();
    }
    ++server.generation;
    server.policy.started(now());
    if (section.grants_service("log"))
        _messages.hand_over();
    return {};
}

// What its successors will have, too. Errors: quota_exceeded, out_of_memory, table_full.
Result<void> Init_server::make_lasting(Section const& section, Supervised& server) {
    if (!server.state.valid() && section.state_bytes != 0)
        server.state = TRY(Memory::create(section.state_bytes));
    uint64_t const pool = section.pool.of(quota_left()) / page_size * page_size;
    if (!server.pool.valid() && pool != 0)
        server.pool = TRY(Process::create(pool, "pool"));
    return {};
}

uint64_t Init_server::kernel_log_end() const {
    uint64_t end = 0;
    for (auto part = log_read(_boot.system, end); part.ok() && part.value().size != 0;
         part = log_read(_boot.system, end))
        end = part.value().next;
    return end;
}

Result<void> Init_server::start_main_program() {
    std::string_view const name = _command_line.program;
    Section const* const section = _manifest.program(name);
    char block[init_protocol::maximum_arguments_bytes];
    size_t used = 0;
    auto const put = [&](std::string_view word) {
        if (word.size() + 1 > sizeof(block) - used)
            return;
        used += word.copy(block + used, word.size());
        block[used++] = '\0';
    };
    put(name);
    std::string_view rest{_boot.command_line};
    for (auto word = take_program_argument(rest); !word.empty(); word = take_program_argument(rest))
        put(word);
    Result<Process_record*> const started =
        section == nullptr ? Error::permission_denied
                           : start_process(*section, section->name == "*" ? name : section->program,
                                           init_number, section->quota.bytes, {block, used}, 0);
    if (!started.ok()) {
        _messages.say("program %.*s could not be started: %s", size_of(name), name.data(),
                      text_of(started.error()));
        return started.error();
    }
    _main_program = started.value()->number;
    _main_program_start = now();
    return {};
}

Result<Process_record*> Init_server::start_process(Section const& section, std::string_view file,
                                                   Process_number parent, uint64_t quota,
                                                   std::string_view block, uint64_t console_roles) {
    bool const server = section.kind == Section_kind::server;
    std::string_view const name = server ? section.name : file;
    Process_record* const record = TRY(_processes.add(parent, name));
    auto ended = _ended.copy(notification_permission::signal, ended_bit);
    Supervised const& lasting = supervised(section);
    auto launched =
        ended.ok()
            ? _launcher.launch({section, quota, file, name, block, record->number, console_roles,
                                ended.value().index(), lasting.pool.index(), lasting.state.index()})
            : Result<Launched>{ended.error()};
    if (!launched.ok()) {
        Process_table::remove(*record);
        return launched.error();
    }
    record->section = &section;
    record->process = static_cast<Process&&>(launched.value().process);
    record->stack_begin = launched.value().stack_begin;
    return record;
}

uint64_t Init_server::deadline() const {
    uint64_t next = _restart_at; // of the main program
    for (Supervised const& server : _supervised)
        next = server.restart_at < next ? server.restart_at : next;
    return next;
}

void Init_server::notified(uint64_t) {
    restart_due();
    bool any = false;
    for (Process_record& record : _processes.all()) {
        if (record.state != Process_record::State::alive)
            continue;
        auto const information = record.process.information();
        if (!information.ok() ||
            information.value().state == static_cast<uint64_t>(Process_state::alive))
            continue;
        Process_information const& end = information.value();
        bool const overflow = end.fault_address < record.stack_begin &&
                              end.fault_address >= record.stack_begin - page_size;
        record.ending = {end.state,      end.status, end.fault_address, end.fault_instruction,
                         end.fault_code, overflow};
        process_ended(record);
        any = true;
    }
    if (any)
        signal_watchers();
    if (_restart_at <= now())
        restart_main_program();
    restart_due(); // those that may start at once
    announce_messages();
}

// The kernel object goes, and with it the quota comes back; the record tells how it ended.
void Init_server::process_ended(Process_record& record) {
    Process_number const number = record.number;
    record.state = Process_record::State::ended;
    record.process.reset();
    for (Watcher& watcher : _watchers)
        if (watcher.server == number)
            watcher = {};
    if (record.number == _main_program)
        main_program_ended(record);
    else if (record.section->kind == Section_kind::server)
        server_ended(record);
    else
        tell_parent(record);
    adopt_children(number);
}

void Init_server::tell_parent(Process_record& record) {
    if (record.ended.valid())
        static_cast<void>(record.ended.signal());
    if (record.waiter.waiting()) {
        auto answer = begin_answer();
        answer.object(record.ending);
        static_cast<void>(record.waiter.send(answer));
        Process_table::remove(record);
    } else if (record.parent == init_number) {
        Process_table::remove(record); // nobody will ask
    }
}

// Children of an ended process are init's, which asks for nothing.
void Init_server::adopt_children(Process_number parent) {
    for (Process_record& child : _processes.all()) {
        if (child.state == Process_record::State::free || child.parent != parent)
            continue;
        child.parent = init_number;
        if (child.state == Process_record::State::ended)
            Process_table::remove(child);
    }
}

void Init_server::server_ended(Process_record& record) {
    Section const& section = *record.section;
    Supervised& server = supervised(section);
    // Nobody but init can end a server from outside, and init does so only for role_manage.
    bool const on_purpose = record.ending.state == static_cast<uint64_t>(Process_state::killed);
    say_ending(record);
    Process_table::remove(record);
    server.restart_at = server.policy.ended(now(), on_purpose);
    if (server.restart_at == Restart_policy::never) {
        _messages.say("server %.*s has failed %u times in a row and is not started again",
                      size_of(section.name), section.name.data(), server.policy.failures());
        give_up(section);
    }
}

void Init_server::restart_due() {
    uint64_t const time = now();
    for (Section const& section : _manifest.sections()) {
        Supervised& server = supervised(section);
        if (server.restart_at > time)
            continue;
        server.restart_at = Restart_policy::never;
        auto const started = start_server(section); // which says what went wrong
        if (shortage(started.error()))
            server.restart_at = server.policy.lacked_memory(time);
        else if (!started.ok())
            give_up(section);
    }
}

// Who calls it gets peer_died from now on; who only waits to be told something is told now.
void Init_server::give_up(Section const& section) {
    _services.give_up(section);
    uint64_t position = 0;
    while (Keepsake* const kept = _keepsakes.next(section, position)) {
        if (kept->capability.valid())
            static_cast<void>(notification_signal(kept->capability.index()));
        *kept = {};
    }
}

void Init_server::main_program_ended(Process_record& record) {
    bool const failed = record.ending.state != static_cast<uint64_t>(Process_state::exited) ||
                        record.ending.status != 0;
    if (failed || _command_line.interactive())
        say_ending(record);
    bool const quick = failed && now() - _main_program_start < quick_failure;
    _quick_failures = quick ? _quick_failures + 1 : 0;
    bool const hopeless = _quick_failures > maximum_restarts;
    if (hopeless)
        _messages.say("%s has failed %u times in a row and is not started again", record.name,
                      _quick_failures);
    Process_table::remove(record);
    if (hopeless)
        return give_up();
    if (!_command_line.interactive())
        return end_machine(_command_line.shutdown);
    if (quick)
        _restart_at = after(first_pause << _quick_failures);
    else
        restart_main_program();
}

void Init_server::restart_main_program() {
    _restart_at = forever;
    auto const started = start_main_program();
    if (shortage(started.error()))
        _restart_at = after(pause_of_shortage);
    else if (!started.ok())
        give_up();
}

void Init_server::say_ending(Process_record const& record) {
    Ending const& ending = record.ending;
    auto const value = static_cast<unsigned long long>(ending.status);
    switch (static_cast<Process_state>(ending.state)) {
    case Process_state::faulted:
        return _messages.say("%s: %sexception %llu at %#llx, address %#llx, code %#llx",
                             record.name, ending.stack_overflow ? "stack overflow, " : "", value,
                             static_cast<unsigned long long>(ending.fault_instruction),
                             static_cast<unsigned long long>(ending.fault_address),
                             static_cast<unsigned long long>(ending.fault_code));
    case Process_state::killed:
        return _messages.say("%s was ended", record.name);
    default:
        return _messages.say("%s ended with status %llu", record.name, value);
    }
}

void Init_server::signal_watchers() {
    _announced = _messages.ring().end();
    for (Watcher const& watcher : _watchers)
        if (watcher.server != 0)
            static_cast<void>(watcher.notification.signal());
}

void Init_server::announce_messages() {
    if (_announced != _messages.ring().end())
        signal_watchers();
}

} // namespace lavandin::init
