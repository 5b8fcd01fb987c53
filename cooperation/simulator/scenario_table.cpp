// SPDX-License-Identifier: MIT
#include "scenario_table.hpp"

#include <cmath>
#include <sstream>

namespace lavandin::simulator {

namespace {

toml::table const nothing;

struct Unit {
    std::string_view name;
    double nanoseconds;
};

constexpr Unit units[] = {{"ns", 1}, {"us", 1e3}, {"ms", 1e6}, {"s", 1e9}, {"min", 60e9}};

std::optional<double> nanoseconds(std::string const& text) {
    size_t end = 0;
    double value = 0;
    try {
        value = std::stod(text, &end);
    } catch (std::exception const&) {
        return std::nullopt;
    }
    std::string_view const rest = std::string_view{text}.substr(end);
    for (Unit const& unit : units)
        if (rest == unit.name)
            return value * unit.nanoseconds;
    return std::nullopt;
}

std::string shown(Time time) {
    std::ostringstream text;
    text << static_cast<double>(time) / 1e9 << " s";
    return text.str();
}

} // namespace

std::string Table::text(std::string_view key, std::optional<std::string> usual) const {
    if (!has(key) && usual)
        return *usual;
    std::optional<std::string> const value = (*_table)[key].value<std::string>();
    if (!value)
        fail(key, "a text `" + std::string{key} + "` is needed");
    return *value;
}

uint32_t Table::number(std::string_view key, uint32_t usual, uint32_t least, uint32_t most) const {
    if (!has(key))
        return usual;
    std::optional<int64_t> const value = (*_table)[key].value_exact<int64_t>();
    if (!value || *value < int64_t{least} || *value > int64_t{most})
        fail(key, "`" + std::string{key} + "` is a whole number from " + std::to_string(least) +
                      " to " + std::to_string(most));
    return static_cast<uint32_t>(*value);
}

bool Table::flag(std::string_view key, bool usual) const {
    if (!has(key))
        return usual;
    std::optional<bool> const value = (*_table)[key].value_exact<bool>();
    if (!value)
        fail(key, "`" + std::string{key} + "` is true or false");
    return *value;
}

Time Table::time(std::string_view key, Time usual, Time least, Time most) const {
    if (!has(key))
        return usual;
    std::optional<double> value;
    if (auto const text = (*_table)[key].value_exact<std::string>())
        value = nanoseconds(*text);
    else if (auto const seconds = (*_table)[key].value<double>())
        value = *seconds * 1e9;
    if (!value || !std::isfinite(*value) || *value < static_cast<double>(least) ||
        *value > static_cast<double>(most))
        fail(key, "`" + std::string{key} + "` is a time such as \"5ms\", from " + shown(least) +
                      " to " + shown(most));
    return static_cast<Time>(std::llround(*value));
}

Table Table::table(std::string_view key) const {
    if (!has(key))
        return {nothing, _file};
    toml::table const* const found = _table->get_as<toml::table>(key);
    if (found == nullptr)
        fail(key, "`" + std::string{key} + "` is a table");
    return {*found, _file};
}

std::vector<Table> Table::tables(std::string_view key) const {
    std::vector<Table> result;
    if (!has(key))
        return result;
    toml::array const* const array = _table->get_as<toml::array>(key);
    if (array == nullptr)
        fail(key, "`" + std::string{key} + "` is a list of tables: [[" + std::string{key} + "]]");
    for (toml::node const& node : *array) {
        if (node.as_table() == nullptr)
            fail(key, "`" + std::string{key} + "` is a list of tables");
        result.emplace_back(*node.as_table(), _file);
    }
    return result;
}

void Table::nothing_else() const {
    for (auto const& [key, node] : *_table)
        if (!_asked.contains(std::string{key.str()}))
            fail(key.str(), "`" + std::string{key.str()} + "` means nothing here");
}

void Table::fail(std::string_view key, std::string const& message) const {
    toml::node const* const node = _table->get(key);
    toml::source_position const place = (node != nullptr ? node->source() : _table->source()).begin;
    std::ostringstream text;
    text << _file << ":" << place.line << ":" << place.column << ": " << message;
    throw Scenario_error{text.str()};
}

} // namespace lavandin::simulator
