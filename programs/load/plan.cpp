// SPDX-License-Identifier: MIT
#include "plan.hpp"

#include <algorithm>
#include <charconv>

namespace load {

namespace {

constexpr uint64_t microsecond = 1'000;
constexpr uint64_t millisecond = 1'000'000;
constexpr uint64_t longest = 3'600'000'000; // microseconds
constexpr uint64_t most_loops = 1'000'000'000;

constexpr struct {
    Kind kind;
    char const* name;
} kinds[]{{Kind::compute, "compute"},
          {Kind::barrier, "barrier"},
          {Kind::lock, "lock"},
          {Kind::interactive, "interactive"},
          {Kind::idle, "idle"}};

constexpr struct {
    std::string_view name;
    uint64_t Group_plan::*field;
    uint64_t unit;
    uint64_t most;
} keys[]{{"threads", &Group_plan::threads, 1, Plan::most_threads},
         {"from", &Group_plan::from, microsecond, longest},
         {"until", &Group_plan::until, microsecond, longest},
         {"every", &Group_plan::every, microsecond, longest},
         {"for", &Group_plan::on, microsecond, longest},
         {"work", &Group_plan::work, microsecond, longest},
         {"spin", &Group_plan::spin, microsecond, longest},
         {"adaptive", &Group_plan::adaptive, 1, 1},
         {"inside", &Group_plan::inside, microsecond, longest},
         {"think", &Group_plan::think, microsecond, longest},
         {"jitter", &Group_plan::jitter, 1, 100},
         {"pinned", &Group_plan::pinned, 1, 1}};

bool number(std::string_view text, uint64_t most, uint64_t& value) {
    auto const read = std::from_chars(text.data(), text.data() + text.size(), value);
    return read.ec == std::errc{} && read.ptr == text.data() + text.size() && value <= most;
}

std::string_view take(std::string_view& text, char separator) {
    size_t const end = text.find(separator);
    std::string_view const found = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    return found;
}

bool read_kind(std::string_view name, Group_plan& plan) {
    for (auto const& each : kinds) {
        if (name != each.name)
            continue;
        plan = {.kind = each.kind};
        plan.work = plan.bursts() ? 200 * microsecond : millisecond;
        plan.spin = 50 * microsecond;
        plan.inside = 20 * microsecond;
        plan.think = plan.kind == Kind::idle ? 100 * millisecond : 5 * millisecond;
        return true;
    }
    return false;
}

bool read_pair(std::string_view text, Group_plan& plan) {
    std::string_view const name = take(text, '=');
    for (auto const& each : keys) {
        if (name != each.name)
            continue;
        uint64_t value = 0;
        if (!number(text, each.most, value))
            return false;
        plan.*each.field = value * each.unit;
        return true;
    }
    return false;
}

bool sensible(Group_plan const& plan) {
    bool const windows = (plan.every != 0) == (plan.on != 0) && plan.on <= plan.every;
    bool const times = plan.until == 0 || plan.from < plan.until;
    return windows && times && plan.threads != 0 && plan.work != 0;
}

bool read_option(std::string_view name, Plan& plan) {
    bool* const flag = name == "--calibrate" ? &plan.calibrate
                       : name == "--wait"    ? &plan.wait
                       : name == "--ask"     ? &plan.ask
                                             : nullptr;
    if (flag != nullptr)
        *flag = true;
    return flag != nullptr;
}

} // namespace

char const* name_of(Kind kind) {
    for (auto const& each : kinds)
        if (each.kind == kind)
            return each.name;
    return "?";
}

bool read_group(std::string_view text, Group_plan& plan) {
    if (!read_kind(take(text, ','), plan))
        return false;
    while (!text.empty())
        if (!read_pair(take(text, ','), plan))
            return false;
    return sensible(plan);
}

bool Plan::adaptive() const {
    return std::any_of(group, group + groups, [](auto const& each) { return each.adaptive != 0; });
}

bool read_plan(int count, char const* const* arguments, Plan& plan) {
    plan = {};
    int next = 1;
    for (; next < count && arguments[next][0] == '-'; ++next) {
        std::string_view const name = arguments[next];
        if (name != "--loops") {
            if (!read_option(name, plan))
                return false;
        } else if (++next == count || !number(arguments[next], most_loops, plan.loops))
            return false;
    }
    if (plan.calibrate)
        return next == count;
    if (next == count || !number(arguments[next++], longest, plan.duration) || plan.duration == 0)
        return false;
    plan.duration *= microsecond;
    uint64_t threads = 0;
    for (; next < count; ++next) {
        if (plan.groups == Plan::most_groups ||
            !read_group(arguments[next], plan.group[plan.groups]))
            return false;
        threads += plan.group[plan.groups++].threads;
    }
    return threads <= Plan::most_threads;
}

} // namespace load
