// SPDX-License-Identifier: MIT
#include "fakes/table_judge.hpp"
#include <algorithm>
#include <array>
#include <gtest/gtest.h>
#include <lavandin/abi/process.hpp>
#include <map>
#include <random>
#include <xenpv/page_tables.hpp>

namespace {

using kernel::Error;
using kernel::Pfn;
using kernel::Result;
using xenpv::Entry;
using xenpv::Mfn;
namespace flag = xenpv::entry_flag;

constexpr uint64_t kib = 1024, mib = 1024 * kib, gib = 1024 * mib;
constexpr uint64_t page = 4 * kib;
constexpr uint64_t first_page_frame = 1'000'000; // tables have lower numbers
constexpr uint64_t user_data = flag::present | flag::user | flag::writable | flag::no_execute;

// Tables in memory that only changes when the queue is carried out, one update after the other.
class Platform {
public:
    Result<Pfn> take_table(unsigned level) {
        if (calls_until_failure && --calls_until_failure == 0)
            return Error::out_of_memory;
        Pfn const table{_next++};
        _contents[table.value] = {};
        judge.add(table, level);
        ++in_use;
        return table;
    }

    void give_table(Pfn table, unsigned level) {
        EXPECT_TRUE(_queue.empty()) << "a table is given back before its entry is gone";
        judge.give_back(table, level);
        --in_use;
    }

    Entry const* entries(Pfn table) const { return _contents.at(table.value).data(); }
    Entry read(Pfn table, unsigned index) const { return _contents.at(table.value).at(index); }
    void write(Pfn table, unsigned index, Entry entry) { _queue.push_back({table, index, entry}); }

    void flush() {
        for (auto const& [table, index, entry] : _queue) {
            judge.update(table, index, entry);
            _contents[table.value].at(index) = entry;
        }
        _queue.clear();
    }

    uint64_t& link(Pfn table) { return _links[table.value]; }
    Mfn mfn(Pfn frame) const { return Mfn{frame.value * 2 + 4096}; }
    Pfn pfn(Mfn frame) const { return Pfn{(frame.value - 4096) / 2}; }
    bool queued() const { return !_queue.empty(); }

    uint64_t in_use{0};
    uint64_t calls_until_failure{0}; // take_table; 0: none fails
    fake::Table_judge judge{[this](Pfn table, unsigned index) { return read(table, index); },
                            [this](Mfn frame) { return pfn(frame); }};

private:
    struct Update {
        Pfn table;
        unsigned index;
        Entry entry;
    };

    uint64_t _next{1};
    std::map<uint64_t, std::array<Entry, 512>> _contents;
    std::map<uint64_t, uint64_t> _links;
    std::vector<Update> _queue;
};

// What a processor finds behind an address; no frame when nothing.
Pfn walk(Platform const& platform, Pfn top, uint64_t address) {
    Pfn table = top;
    for (unsigned level = 4;; --level) {
        Entry const entry =
            platform.read(table, static_cast<unsigned>(address >> (12 + 9 * (level - 1)) & 511));
        if (!entry.present())
            return kernel::no_frame;
        table = platform.pfn(entry.mfn());
        if (level == 1)
            return table;
    }
}

class Page_tables : public testing::Test {
protected:
    Page_tables() : _top{platform.take_table(4).value()}, tables{platform, _top} {}

    ~Page_tables() override {
        clear();
        EXPECT_EQ(platform.in_use, 1u) << "tables are lost";
        EXPECT_TRUE(platform.judge.empty(_top));
    }

    static Pfn frame(uint64_t number) { return Pfn{first_page_frame + number}; }

    Result<void> map(uint64_t address, uint64_t count, uint64_t first = 0) {
        auto const mapped = tables.map(address, count, [this, first](uint64_t i) {
            return make_entry(platform.mfn(frame(first + i)), user_data);
        });
        EXPECT_FALSE(platform.queued());
        return mapped;
    }

    // In steps that do not cross a table, as callers must.
    void unmap(uint64_t address, uint64_t count) {
        while (count) {
            uint64_t const step = std::min(count, 512 - address / page % 512);
            uint64_t changed = 0;
            tables.unmap_within_table(address, step, [&](uint64_t, uint64_t pages) {
                EXPECT_FALSE(platform.queued()) << "the tables have not changed yet";
                changed += pages;
            });
            EXPECT_EQ(changed, step);
            address += step * page;
            count -= step;
        }
    }

    // In steps of as many pages.
    void clear(unsigned most_pages = 16) {
        uint64_t at = lavandin::abi::user_begin;
        for (bool more = true; more;) {
            uint64_t const before = platform.judge.updates();
            more = tables.clear_step(at, lavandin::abi::user_end, most_pages);
            EXPECT_FALSE(platform.queued());
            EXPECT_LE(platform.judge.updates() - before, most_pages + 3) << "a step does too much";
        }
    }

    Pfn at(uint64_t address) const { return walk(platform, _top, address); }

    Platform platform;
    Pfn const _top;
    xenpv::Page_tables<Platform> tables;
};

TEST_F(Page_tables, maps_a_page_with_three_tables_and_four_updates) {
    ASSERT_TRUE(map(0x400000, 1).ok());
    EXPECT_EQ(at(0x400000), frame(0));
    EXPECT_EQ(at(0x401000), kernel::no_frame);
    EXPECT_EQ(platform.in_use, 4u);
    EXPECT_EQ(platform.judge.updates(), 4u);
}

TEST_F(Page_tables, a_second_page_beside_it_takes_no_table) {
    ASSERT_TRUE(map(0x400000, 1).ok());
    ASSERT_TRUE(map(0x401000, 1, 7).ok());
    EXPECT_EQ(at(0x401000), frame(7));
    EXPECT_EQ(platform.in_use, 4u);
}

TEST_F(Page_tables, the_rights_asked_for_are_those_entered) {
    uint64_t const flags = flag::present | flag::user;
    auto const wanted = make_entry(platform.mfn(frame(0)), flags);
    ASSERT_TRUE(tables.map(0x400000, 1, [wanted](uint64_t) { return wanted; }).ok());
    uint64_t seen = 0;
    EXPECT_TRUE(tables.all(0x400000, 1, [&seen](Entry entry) {
        seen = entry.raw & (flag::no_execute | 0xfff);
        return true;
    }));
    EXPECT_EQ(seen, flags);
}

struct Range {
    char const* name;
    uint64_t address;
    uint64_t count;
    uint64_t tables; // that it needs, without the top
};

class Page_tables_range : public Page_tables, public testing::WithParamInterface<Range> {};

TEST_P(Page_tables_range, is_mapped_and_unmapped) {
    auto const [name, address, count, needed] = GetParam();
    ASSERT_TRUE(map(address, count).ok());
    EXPECT_EQ(platform.in_use, 1 + needed);
    for (uint64_t i = 0; i < count; ++i)
        ASSERT_EQ(at(address + i * page), frame(i));
    EXPECT_EQ(at(address - page), kernel::no_frame);
    EXPECT_EQ(at(address + count * page), kernel::no_frame);
    unmap(address, count);
    for (uint64_t i = 0; i < count; ++i)
        ASSERT_EQ(at(address + i * page), kernel::no_frame);
}

TEST_P(Page_tables_range, a_shortage_at_any_table_changes_nothing) {
    auto const [name, address, count, needed] = GetParam();
    for (uint64_t n = 1; n <= needed; ++n) {
        uint64_t const updates = platform.judge.updates();
        platform.calls_until_failure = n;
        EXPECT_EQ(map(address, count).error(), Error::out_of_memory) << n;
        EXPECT_EQ(platform.in_use, 1u) << n;
        EXPECT_EQ(platform.judge.updates(), updates) << n;
    }
    platform.calls_until_failure = needed + 1;
    EXPECT_TRUE(map(address, count).ok());
}

TEST_P(Page_tables_range, a_page_that_is_mapped_anywhere_in_it_changes_nothing) {
    auto const [name, address, count, needed] = GetParam();
    for (uint64_t i = 0; i<count; i += count> 64 ? 61 : 1) {
        ASSERT_TRUE(map(address + i * page, 1, 5000).ok());
        uint64_t const updates = platform.judge.updates();
        uint64_t const in_use = platform.in_use;
        EXPECT_EQ(map(address, count).error(), Error::already_mapped) << i;
        EXPECT_EQ(platform.judge.updates(), updates);
        EXPECT_EQ(platform.in_use, in_use);
        EXPECT_EQ(at(address + i * page), frame(5000));
        unmap(address + i * page, 1);
    }
}

TEST_P(Page_tables_range, all_sees_a_hole_anywhere) {
    auto const [name, address, count, needed] = GetParam();
    ASSERT_TRUE(map(address, count).ok());
    auto const yes = [](Entry) { return true; };
    EXPECT_TRUE(tables.all(address, count, yes));
    EXPECT_FALSE(tables.all(address, count + 1, yes));
    for (uint64_t i = 0; i<count; i += count> 64 ? 61 : 1) {
        unmap(address + i * page, 1);
        EXPECT_FALSE(tables.all(address, count, yes)) << i;
        ASSERT_TRUE(map(address + i * page, 1, i).ok());
    }
}

INSTANTIATE_TEST_SUITE_P(
    Ranges, Page_tables_range,
    testing::Values(Range{"one_page", 2 * gib, 1, 3}, Range{"a_whole_table", 2 * mib, 512, 3},
                    Range{"across_2_MiB", 2 * mib - page, 2, 4},
                    Range{"across_1_GiB", gib - 3 * page, 6, 5},
                    Range{"across_512_GiB", 512 * gib - 2 * page, 5, 6},
                    Range{"the_last_pages", 256 * 512 * gib - 3 * page, 2, 3},
                    Range{"16_MiB_off_a_border", gib - 8 * mib + page, 4096, 12}),
    [](auto const& range) { return range.param.name; });

TEST_F(Page_tables, clear_gives_back_every_table_and_takes_out_every_page) {
    ASSERT_TRUE(map(512 * gib - 2 * page, 5).ok());
    ASSERT_TRUE(map(2 * mib - page, 100, 100).ok());
    clear();
    for (uint64_t i = 0; i < 200; ++i)
        EXPECT_EQ(platform.judge.uses(frame(i)), 0u);
    EXPECT_EQ(platform.in_use, 1u);
}

TEST_F(Page_tables, pages_are_rewritten_and_gaps_stay) {
    ASSERT_TRUE(map(2 * mib - 2 * page, 4).ok());
    unmap(2 * mib - page, 1);
    tables.rewrite(2 * mib - 5 * page, 600,
                   [](Entry entry) { return Entry{entry.raw & ~flag::writable}; });
    EXPECT_FALSE(platform.queued());
    for (uint64_t i = 0; i < 4; ++i) {
        uint64_t const address = 2 * mib - 2 * page + i * page;
        EXPECT_EQ(at(address), i == 1 ? kernel::no_frame : frame(i));
    }
    uint64_t const updates = platform.judge.updates();
    tables.rewrite(0, 1024, [](Entry entry) { return entry; });
    EXPECT_EQ(platform.judge.updates(), updates) << "what stays is not written";
    auto const other = make_entry(platform.mfn(frame(50)), user_data);
    tables.rewrite(2 * mib, 1, [other](Entry) { return other; });
    EXPECT_EQ(at(2 * mib), frame(50));
    EXPECT_EQ(platform.judge.uses(frame(2)), 0u);
    unmap(2 * mib - 2 * page, 1);
    unmap(2 * mib, 2);
}

// Many short mappings close to borders, against a map from page to frame.
TEST_F(Page_tables, random_sequences_agree_with_a_map) {
    std::mt19937_64 random{20240607};
    std::map<uint64_t, uint64_t> model; // page number to frame
    uint64_t const centres[]{2 * mib, gib, 512 * gib, 3 * 512 * gib + gib};
    for (unsigned round = 0; round < 4000; ++round) {
        uint64_t const first = centres[random() % 4] / page - 40 + random() % 80;
        uint64_t const count = 1 + random() % 40;
        auto const low = model.lower_bound(first);
        auto const high = model.lower_bound(first + count);
        auto const mapped = static_cast<uint64_t>(std::distance(low, high));
        if (random() % 2) {
            platform.calls_until_failure = random() % 8;
            uint64_t const in_use = platform.in_use;
            auto const result = map(first * page, count, round * 100);
            if (mapped) {
                ASSERT_EQ(result.error(), Error::already_mapped);
            }
            if (!result.ok()) {
                ASSERT_EQ(platform.in_use, in_use);
                continue;
            }
            for (uint64_t i = 0; i < count; ++i)
                model[first + i] = round * 100 + i;
        } else if (mapped == count) {
            unmap(first * page, count);
            model.erase(low, high);
        } else {
            ASSERT_FALSE(tables.all(first * page, count, [](Entry) { return true; }));
        }
        uint64_t const probe = centres[random() % 4] / page - 40 + random() % 120;
        auto const expected = model.find(probe);
        ASSERT_EQ(at(probe * page),
                  expected == model.end() ? kernel::no_frame : frame(expected->second));
    }
    for (auto const& [number, at_frame] : model)
        ASSERT_EQ(at(number * page), frame(at_frame));
}

} // namespace
