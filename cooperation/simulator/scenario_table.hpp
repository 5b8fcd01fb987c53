// SPDX-License-Identifier: MIT
// A table of a TOML file, read with bounds. Whatever is wrong names file, line and column; a key
// that nobody asked for is wrong, too.
#pragma once

#include "scenario.hpp"

#include <toml++/toml.h>

#include <set>

namespace lavandin::simulator {

template <typename Value>
struct Named {
    std::string_view name;
    Value value;
};

std::string_view name_of(auto value, auto const& names) {
    for (auto const& each : names)
        if (each.value == value)
            return each.name;
    return "?";
}

class Table {
public:
    Table(toml::table const& table, std::string file) : _table{&table}, _file{std::move(file)} {}

    bool has(std::string_view key) const {
        _asked.insert(std::string{key});
        return _table->contains(key);
    }

    std::string text(std::string_view key, std::optional<std::string> usual = {}) const;
    uint32_t number(std::string_view key, uint32_t usual, uint32_t least, uint32_t most) const;

    bool flag(std::string_view key, bool usual) const;

    // `"20s"`, `"5ms"`, `"50us"`, `"100ns"`, or a number of seconds.
    Time time(std::string_view key, Time usual, Time least, Time most) const;

    // Empty where there is none.
    Table table(std::string_view key) const;
    std::vector<Table> tables(std::string_view key) const;

    template <typename Value>
    Value choice(std::string_view key, Value usual, auto const& names) const {
        return has(key) ? chosen<Value>(key, text(key), names) : usual;
    }

    template <typename Names>
    auto choices(std::string_view key, Names const& names) const {
        using Value = decltype(names[0].value);
        std::vector<std::remove_const_t<Value>> result;
        if (!has(key))
            return result;
        toml::array const* const array = _table->get_as<toml::array>(key);
        if (array == nullptr)
            fail(key, "is a list of words");
        for (toml::node const& node : *array)
            result.push_back(chosen<std::remove_const_t<Value>>(
                key, std::string{node.value_or(std::string_view{})}, names));
        return result;
    }

    void nothing_else() const;
    [[noreturn]] void fail(std::string_view key, std::string const& message) const;

private:
    template <typename Value>
    Value chosen(std::string_view key, std::string const& word, auto const& names) const {
        std::string known;
        for (auto const& each : names) {
            if (each.name == word)
                return each.value;
            known += (known.empty() ? "" : ", ") + std::string{each.name};
        }
        fail(key, "'" + word + "' is none of: " + known);
    }

    toml::table const* _table;
    std::string _file;
    mutable std::set<std::string> _asked;
};

} // namespace lavandin::simulator
