// SPDX-License-Identifier: MIT
#include <lavandin/accounts.hpp>
#include <lavandin/accounts_reader.hpp>
#include <lavandin/clock.hpp>

namespace lavandin {

namespace {

// A writer needs a moment, unless its processor is taken away in the middle: then looking again and
// again may be what keeps it away.
struct Plain_access {
    static uint64_t load(uint64_t const& from) {
        return *const_cast<uint64_t const volatile*>(&from);
    }
    static void pause(unsigned tries) {
        constexpr unsigned patience = 100;
        if (tries >= patience)
            sleep_for(100 * microsecond);
    }
};

template <typename Record>
Record read(Record const& record) {
    Plain_access access;
    return Accounts_reader{access}.read(record);
}

Result<Mapping> map(Memory const& page) {
    return Mapping::create(page, 0, abi::accounts_bytes, memory_permission::read);
}

} // namespace

Result<Processor_watch> Processor_watch::open(Capability_index processor) {
    auto const page = Memory::own(TRY(processor_accounts(processor)));
    return Processor_watch{TRY(map(page))};
}

Result<unsigned> open_processors(Capability_index system, std::span<Processor_watch> watches) {
    unsigned count = 0;
    for (; count < watches.size(); ++count) {
        Capability const processor{TRY(processor_open(system, count))};
        auto watch = Processor_watch::open(processor.index());
        if (watch.error() == Error::not_supported)
            break;
        if (!watch.ok())
            return watch.error();
        watches[count] = static_cast<Processor_watch&&>(watch.value());
    }
    return count;
}

// The time is taken last: it is not before any moment in the records, as far as processors agree.
Processor_reading Processor_watch::read() const {
    auto const& page = *_page.as<abi::Processor_accounts const>();
    Plain_access access;
    auto const [time, records] = Accounts_reader{access}.read_at(now, page.counts, page.platform);
    auto const& [counts, platform] = records;
    auto const at_now = at(platform, time + page.origin);
    Processor_reading reading{time, page.begun, {}, at(counts, time)};
    for (unsigned i = 0; i < abi::Run_state::kinds; ++i)
        reading.platform[i] = at_now.time[i];
    return reading;
}

Result<Process_watch> Process_watch::open(Capability_index process) {
    return open(Memory::own(TRY(process_accounts(process))));
}

Result<Process_watch> Process_watch::open(Memory const& page) {
    return Process_watch{TRY(map(page))};
}

Process_counts Process_watch::counts() const {
    return read(_page.as<abi::Process_accounts const>()->counts);
}

Thread_account Process_watch::thread(unsigned place) const {
    auto const& record = _page.as<abi::Process_accounts const>()->threads[place];
    if (__atomic_load_n(&record.identifier, __ATOMIC_RELAXED) == 0)
        return {};
    Plain_access access;
    auto const [time, records] = Accounts_reader{access}.read_at(now, record);
    auto const& [account] = records;
    return account.identifier != 0 ? at(account, time) : account;
}

} // namespace lavandin
