// SPDX-License-Identifier: MIT
// Reading records of accounts (abi/accounting.hpp) whole. Every look at memory goes through
// `Access`, so that a test can put anything between any two of them:
//
//   uint64_t load(uint64_t const&)   one plain read, not left out and not moved
//   void pause(unsigned tries)       somebody writes and may have been interrupted at it
#pragma once

#include <lavandin/abi/accounting.hpp>
#include <tuple>
#include <utility>

namespace lavandin {

template <typename Access>
class Accounts_reader {
public:
    explicit Accounts_reader(Access& access) : _access{access} {}

    // A record of words of which the first is its sequence count.
    template <typename Record>
    Record read(Record const& record) {
        constexpr unsigned words = sizeof(Record) / sizeof(uint64_t);
        auto const* const source = reinterpret_cast<uint64_t const*>(&record);
        Record copy;
        auto* const to = reinterpret_cast<uint64_t*>(&copy);
        for (unsigned tries = 0;; ++tries) {
            to[0] = _access.load(source[0]);
            if ((to[0] & 1) == 0) {
                for (unsigned i = 1; i < words; ++i)
                    to[i] = _access.load(source[i]);
                if (_access.load(source[0]) == to[0])
                    return copy;
            }
            _access.pause(tries);
        }
    }

    // The platform's, which has a moment in place of a count.
    abi::Run_state read(abi::Run_state const& record) {
        auto const& first = reinterpret_cast<uint64_t const&>(record);
        for (unsigned tries = 0;; ++tries) {
            abi::Run_state copy{};
            copy.since = _access.load(record.since);
            if ((copy.since & abi::Run_state::writing) == 0) {
                copy.state = static_cast<uint32_t>(_access.load(first));
                for (unsigned i = 0; i < abi::Run_state::kinds; ++i)
                    copy.time[i] = _access.load(record.time[i]);
                if (_access.load(record.since) == copy.since)
                    return copy;
            }
            _access.pause(tries);
        }
    }

    // Records and a moment at which they still stood so, which `clock` tells: what goes on by them
    // has gone on until then. Whoever is interrupted between the two looks again. Of records that
    // are written all the time the last look is answered, which may be a little older.
    static constexpr unsigned most_looks = 16;
    template <typename Clock, typename... Records>
    std::pair<uint64_t, std::tuple<Records...>> read_at(Clock clock, Records const&... records) {
        for (unsigned looks = 1;; ++looks) {
            std::tuple<Records...> const copies{read(records)...};
            uint64_t const moment = clock();
            bool const all_stand = std::apply(
                [&](Records const&... copy) { return (stands(records, copy) && ...); }, copies);
            if (all_stand || looks == most_looks)
                return {moment, copies};
        }
    }

private:
    template <typename Record>
    bool stands(Record const& record, Record const& copy) {
        return _access.load(record.sequence) == copy.sequence;
    }
    bool stands(abi::Run_state const& record, abi::Run_state const& copy) {
        return _access.load(record.since) == copy.since;
    }

    Access& _access;
};

// What a record will say at `now` if nothing changes until then. Moments come from different
// processors: one that is a little later than `now` adds nothing.
constexpr uint64_t passed(uint64_t since, uint64_t now) { return now > since ? now - since : 0; }

constexpr abi::Run_state at(abi::Run_state record, uint64_t platform_now) {
    if (record.state < abi::Run_state::kinds)
        record.time[record.state] += passed(record.since, platform_now);
    return record;
}

constexpr abi::Processor_counts at(abi::Processor_counts counts, uint64_t now) {
    if (counts.activity < abi::Processor_counts::activities)
        counts.time[counts.activity] += passed(counts.updated, now);
    return counts;
}

constexpr abi::Thread_account at(abi::Thread_account account, uint64_t now) {
    if (account.phase < abi::thread_phases)
        account.time[account.phase] += passed(account.since, now);
    return account;
}

} // namespace lavandin
