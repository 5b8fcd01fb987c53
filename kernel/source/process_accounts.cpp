// SPDX-License-Identifier: MIT
#include <kernel/process.hpp>
#include <kernel/process_accounts.hpp>

namespace kernel {

namespace {

// The record at `to` is written; its sequence count goes on.
template <typename Record>
void move_record(Record& to, Record const& from) {
    Writing const writing{to.sequence};
    auto* const words = reinterpret_cast<uint64_t*>(&to);
    auto const* const source = reinterpret_cast<uint64_t const*>(&from);
    for (unsigned i = 1; i < sizeof(Record) / sizeof(uint64_t); ++i)
        words[i] = source[i];
}

} // namespace

Thread_accounts::~Thread_accounts() {
    if (_memory)
        _memory->set_writer(nullptr);
}

Result<Ref<Memory>> Thread_accounts::page() {
    if (_memory)
        return Ref<Memory>{*_memory};
    auto const made = TRY(make<Memory>(Ref<Quota>{_process.quota()}));
    _page = static_cast<abi::Process_accounts*>(TRY(made->fill_for_kernel(this)));
    _memory = made.get();
    _own.identifier = _process.identifier();
    move_record(_page->counts, _own);
    _counts = &_page->counts;
    _counts->threads = _counts->unlisted = 0;
    for (Thread* each = _process.threads().front(); each; each = _process.threads().next(*each))
        add(*each);
    return made;
}

bool Thread_accounts::give_place(Thread& thread) {
    for (abi::Thread_account& place : _page->threads) {
        if (place.identifier)
            continue;
        move_record(place, *thread.account);
        thread.account = &place;
        return true;
    }
    return false;
}

void Thread_accounts::take_place(Thread& thread) {
    abi::Thread_account& place = *thread.account;
    move_record(thread.own_account, place);
    thread.account = &thread.own_account;
    move_record(place, abi::Thread_account{});
}

void Thread_accounts::add(Thread& thread) {
    bool const listed = !_page || give_place(thread);
    Writing const writing{_counts->sequence};
    ++_counts->threads;
    _counts->unlisted += !listed;
}

void Thread_accounts::remove(Thread& thread) {
    add_ended(*_counts, *thread.account);
    bool unlisted = _page != nullptr;
    if (thread.account != &thread.own_account) {
        take_place(thread);
        unlisted = false;
        Thread* next = _page && _counts->unlisted ? _process.threads().front() : nullptr;
        while (next && (next == &thread || next->account != &next->own_account))
            next = _process.threads().next(*next);
        if (next)
            unlisted = give_place(*next);
    }
    Writing const writing{_counts->sequence};
    --_counts->threads;
    _counts->unlisted -= unlisted;
}

void Thread_accounts::memory_goes() {
    for (Thread* each = _process.threads().front(); each; each = _process.threads().next(*each))
        if (each->account != &each->own_account)
            take_place(*each);
    move_record(_own, *_counts);
    _counts = &_own;
    _own.unlisted = 0;
    _page = nullptr;
    _memory = nullptr;
}

} // namespace kernel
