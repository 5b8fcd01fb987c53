// SPDX-License-Identifier: MIT
#include "words.hpp"

namespace lavandin::rules {

namespace {

constexpr Word words[] = {
    // cpuplugd's
    {"loadavg", POLICY_WORD_LOADAVG, false},
    {"onumcpus", POLICY_WORD_ONLINE, false},
    {"runnable_proc", POLICY_WORD_RUNNABLE, false},
    {"user", POLICY_WORD_USER, true},
    {"nice", POLICY_WORD_NONE, true},
    {"system", POLICY_WORD_NONE, true},
    {"idle", POLICY_WORD_IDLE, true},
    {"iowait", POLICY_WORD_IOWAIT, true},
    {"irq", POLICY_WORD_NONE, true},
    {"softirq", POLICY_WORD_NONE, true},
    {"steal", POLICY_WORD_STEAL, true},
    {"guest", POLICY_WORD_NONE, true},
    {"guest_nice", POLICY_WORD_NONE, true},
    {"total_ticks", POLICY_WORD_TOTAL, false},
    {"time", POLICY_WORD_TIME, false},
    // ours
    {"busy", POLICY_WORD_USER, true},
    {"stolen", POLICY_WORD_STEAL, true},
    {"blocked", POLICY_WORD_IOWAIT, true},
    {"allocated", POLICY_WORD_ALLOCATED, false},
    {"demand", POLICY_WORD_DEMAND, false},
    {"confidence", POLICY_WORD_CONFIDENCE, false},
    {"entitlement", POLICY_WORD_ENTITLEMENT, false},
    {"used", POLICY_WORD_USED, false},
    {"waiting", POLICY_WORD_WAITING, false},
    {"load", POLICY_WORD_LOAD, false},
    {"pressure", POLICY_WORD_PRESSURE, false},
};

constexpr std::string_view counters = "cpustat.";

} // namespace

std::optional<Word> find_word(std::string_view name) {
    bool const counter = name.starts_with(counters);
    if (counter)
        name.remove_prefix(counters.size());
    for (Word word : words) {
        if (word.name != name)
            continue;
        word.percent = word.percent && !counter;
        return word;
    }
    return std::nullopt;
}

bool memory_word(std::string_view name) {
    return name.starts_with("meminfo.") || name.starts_with("vmstat.") || name == "apcr" ||
           name == "freemem" || name == "swaprate";
}

} // namespace lavandin::rules
