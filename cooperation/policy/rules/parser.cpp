// SPDX-License-Identifier: MIT
#include "parser.hpp"

#include "expression.hpp"

#include <algorithm>
#include <array>

namespace lavandin::rules {

namespace {

constexpr int64_t one = int64_t{1} << POLICY_RULE_BITS;
constexpr uint64_t second = 1'000'000'000;
constexpr int64_t longest_update = 86'400; // seconds

constexpr std::array predefined{"CPU_MIN", "CPU_MAX", "UPDATE", "HOTPLUG", "HOTUNPLUG", "DRY_RUN"};
constexpr std::array of_memory{"CMM_MIN", "CMM_MAX", "CMM_INC", "CMM_DEC", "MEMPLUG", "MEMUNPLUG"};

std::string upper(std::string_view text) {
    std::string result{text};
    for (char& each : result)
        each = each >= 'a' && each <= 'z' ? static_cast<char>(each - 'a' + 'A') : each;
    return result;
}

std::string_view trimmed(std::string_view text) {
    size_t const first = text.find_first_not_of(" \t\r");
    if (first == std::string_view::npos)
        return {};
    return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

bool one_of(auto const& names, std::string_view name) {
    return std::ranges::find(names, name) != names.end();
}

class Reader {
public:
    Parsed read(std::string_view text) {
        for (unsigned line = 1; !text.empty() && !_parsed.fault; ++line) {
            size_t const end = std::min(text.find('\n'), text.size());
            take_line(text.substr(0, end), line);
            text.remove_prefix(std::min(end + 1, text.size()));
        }
        if (!_parsed.fault)
            compile();
        return std::move(_parsed);
    }

private:
    void fail(unsigned line, size_t column, std::string message) {
        _parsed.fault = Fault{line, static_cast<unsigned>(column), std::move(message)};
    }

    // NAME = "value", or NAME = value; `#` begins a comment.
    void take_line(std::string_view whole, unsigned line) {
        std::string_view const text = trimmed(whole.substr(0, whole.find('#')));
        if (text.empty())
            return;
        size_t const equals = text.find('=');
        size_t const start = static_cast<size_t>(text.data() - whole.data()) + 1;
        if (equals == std::string_view::npos)
            return fail(line, start, "this is not NAME = \"value\"");
        std::string_view const name = trimmed(text.substr(0, equals));
        std::string_view value = trimmed(text.substr(equals + 1));
        if (!valid_name(name))
            return fail(line, start, "'" + std::string{name} + "' is not a name");
        if (value.starts_with('"')) {
            if (value.size() < 2 || !value.ends_with('"'))
                return fail(line, start + equals + 1, "the quotation mark at the end is missing");
            value = value.substr(1, value.size() - 2);
        }
        size_t const column = static_cast<size_t>(value.data() - whole.data()) + 1;
        define(std::string{name},
               {line, value.empty() ? 1 : static_cast<unsigned>(column), std::string{value}});
    }

    static bool valid_name(std::string_view name) {
        return !name.empty() && !(name[0] >= '0' && name[0] <= '9') &&
               std::ranges::all_of(name, [](char each) {
                   return each == '_' || (each >= '0' && each <= '9') ||
                          (each >= 'a' && each <= 'z') || (each >= 'A' && each <= 'Z');
               });
    }

    void define(std::string const& name, Definition definition) {
        std::string const large = upper(name);
        if (one_of(predefined, large)) {
            _settings[large] = std::move(definition); // the last one counts
        } else if (one_of(of_memory, large)) {
            _parsed.warnings.push_back(std::to_string(definition.line) + ": " + large +
                                       " is of memory and does nothing yet");
        } else if (_variables.contains(name)) {
            fail(definition.line, 1, "'" + name + "' is set twice");
        } else {
            _variables.emplace(name, std::move(definition));
        }
    }

    void compile() {
        policy_rules& rules = _parsed.rules;
        rules.history = 1;
        rules.minimum = whole("CPU_MIN", 1, 1, POLICY_MOST_PROCESSORS);
        rules.maximum = whole("CPU_MAX", 0, 0, POLICY_MOST_PROCESSORS);
        rules.dry_run = whole("DRY_RUN", 0, 0, 1);
        update();
        rule("HOTPLUG", rules.plug);
        rule("HOTUNPLUG", rules.unplug);
        if (!_parsed.fault && rules.maximum != 0 && rules.maximum < rules.minimum)
            fail(_settings.find("CPU_MAX")->second.line, 1, "CPU_MAX is below CPU_MIN");
        if (!_settings.contains("HOTPLUG") && !_settings.contains("HOTUNPLUG"))
            _parsed.warnings.emplace_back("0: neither HOTPLUG nor HOTUNPLUG is set");
    }

    // A setting whose value does not depend on samples.
    std::optional<int64_t> constant(char const* name) {
        auto const found = _settings.find(name);
        if (found == _settings.end() || _parsed.fault)
            return std::nullopt;
        policy_rule_program program{};
        Expression expression{_none, program};
        if (!expression.compile(found->second)) {
            _parsed.fault = expression.fault();
            return std::nullopt;
        }
        policy_history const empty{};
        uint64_t work = 0;
        return policy_rule_value(&program, &empty, &work);
    }

    uint32_t whole(char const* name, uint32_t usual, int64_t least, int64_t most) {
        std::optional<int64_t> const value = constant(name);
        if (!value)
            return usual;
        if (*value % one != 0 || *value / one < least || *value / one > most) {
            fail(_settings.find(name)->second.line, 1,
                 std::string{name} + " is a whole number from " + std::to_string(least) + " to " +
                     std::to_string(most));
            return usual;
        }
        return static_cast<uint32_t>(*value / one);
    }

    void update() {
        std::optional<int64_t> const value = constant("UPDATE");
        if (value && (*value <= 0 || *value > longest_update * one))
            fail(_settings.find("UPDATE")->second.line, 1,
                 "UPDATE is in seconds, above 0 and up to a day");
        uint64_t const seconds = value ? static_cast<uint64_t>(*value) : uint64_t{one};
        _parsed.rules.update = seconds * second / uint64_t{one};
    }

    void rule(char const* name, policy_rule_program& program) {
        auto const found = _settings.find(name);
        if (found == _settings.end() || _parsed.fault)
            return;
        Expression expression{_variables, program};
        if (!expression.compile(found->second))
            _parsed.fault = expression.fault();
        _parsed.rules.history = std::max(_parsed.rules.history, expression.history());
    }

    Parsed _parsed;
    Definitions _settings;
    Definitions _variables;
    Definitions const _none{};
};

} // namespace

std::string Fault::text(std::string_view file) const {
    return std::string{file} + ":" + std::to_string(line) + ":" + std::to_string(column) + ": " +
           message;
}

Parsed parse(std::string_view text) { return Reader{}.read(text); }

} // namespace lavandin::rules
