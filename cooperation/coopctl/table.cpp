// SPDX-License-Identifier: MIT
#include "table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <vector>

namespace lavandin::coopctl {

namespace {

using Json = nlohmann::json;
using Row = std::vector<std::string>;

std::string processors(Json const& parts) {
    return fmt::format("{:.2f}", parts.get<double>() / 1000);
}

// The guest's word; not Xen's.
std::string claim(std::string const& text) { return "~" + text; }

std::string claimed(Json const& claims, char const* key) {
    if (claims.is_null())
        return "-";
    Json const& value = claims.at(key);
    return claim(value.is_string() ? sanitised(value.get<std::string>(), 12) : processors(value));
}

std::string ago(uint64_t now, Json const& message) {
    auto const time = message.at("time").get<uint64_t>();
    double const seconds = static_cast<double>(now - std::min(now, time)) / 1e9;
    return seconds < 100 ? fmt::format("{:.1f}s", seconds) : fmt::format("{:.0f}s", seconds);
}

std::string word(Json const& message, char const* key) {
    return sanitised(message.at(key).get<std::string>());
}

// `3 -> granted 3`, `3 -> partly 2: pressure`.
std::string request(Json const& last, uint64_t now) {
    Json const& asked = last.at("request");
    Json const& answer = last.at("answer");
    if (asked.is_null())
        return "-";
    std::string text = fmt::format("{} wanted", asked.at("wanted").get<unsigned>());
    if (answer.is_null())
        return text;
    text += fmt::format(" -> {} {}", word(answer, "outcome"), answer.at("processors").get<int>());
    if (word(answer, "reason") != "none")
        text += ": " + word(answer, "reason");
    return fmt::format("{} ({})", text, ago(now, answer));
}

unsigned bits(Json const& mask) {
    return static_cast<unsigned>(std::popcount(mask.get<uint64_t>()));
}

// Xen does not see that a VCPU is parked: of who cooperates it is the guest's word.
std::string in_use(Json const& domain) {
    Json const& measured = domain.at("measured");
    Json const& protocol = domain.at("protocol");
    auto const vcpus = measured.at("vcpus").get<unsigned>();
    if (domain.at("cooperating").get<bool>() && !protocol.is_null())
        return claim(fmt::format("{}/{}", bits(protocol.at("in_use")), vcpus));
    return fmt::format("{}/{}", bits(measured.at("online")), vcpus);
}

std::string standing(Json const& domain) {
    std::string text = sanitised(domain.at("connection").get<std::string>());
    if (domain.at("state").get<std::string>() != "running")
        text = sanitised(domain.at("state").get<std::string>());
    else if (text == "none")
        text = "not cooperating";
    if (!domain.at("operator").at("processors").is_null())
        text += ", by hand";
    if (!domain.at("protocol").is_null() && domain.at("protocol").at("standing") == "watched")
        text += ", watched";
    if (domain.at("enforced").get<bool>())
        text += ", enforced";
    return text;
}

Row row(Json const& domain, uint64_t now) {
    Json const& measured = domain.at("measured");
    Json const& claims = domain.at("claims");
    return {fmt::format("{}", domain.at("number").get<unsigned>()),
            sanitised(domain.at("name").get<std::string>()),
            in_use(domain),
            processors(domain.at("entitlement")),
            fmt::format("{}", domain.at("allocation").get<unsigned>()),
            processors(measured.at("use")),
            processors(measured.at("runnable")),
            claimed(claims, "demand"),
            claimed(claims, "load"),
            fmt::format("{}", domain.at("enforcements").get<unsigned>()),
            standing(domain),
            request(domain.at("last"), now)};
}

std::string aligned(std::vector<Row> const& rows) {
    std::vector<size_t> widths(rows.front().size());
    for (Row const& each : rows)
        for (size_t i = 0; i < each.size(); ++i)
            widths[i] = std::max(widths[i], each[i].size());
    std::string text;
    for (Row const& each : rows) {
        std::string line;
        for (size_t i = 0; i < each.size(); ++i)
            line += fmt::format("{:<{}}  ", each[i], widths[i]);
        line.erase(line.find_last_not_of(' ') + 1);
        text += line + "\n";
    }
    return text;
}

} // namespace

std::string sanitised(std::string_view text, size_t most) {
    std::string safe;
    for (char const each : text.substr(0, most))
        safe += each >= ' ' && each <= '~' ? each : '?';
    return text.size() > most ? safe + "..." : safe;
}

std::string table(Json const& status) {
    auto const now = status.at("time").get<uint64_t>();
    std::vector<Row> rows{{"id", "name", "in use", "entitled", "allocated", "use", "runnable",
                           "~demand", "~load", "enforced", "state", "last request"}};
    for (Json const& domain : status.at("domains"))
        rows.push_back(row(domain, now));
    std::string const head = fmt::format(
        "policy {}{}, {} processors, pressure {:.0f} %, at {:.1f} s\n",
        sanitised(status.at("policy").get<std::string>()),
        status.at("dry_run").get<bool>() ? " (dry run)" : "", status.at("processors").get<int>(),
        status.at("pressure").get<double>() / 10, static_cast<double>(now) / 1e9);
    return head + aligned(rows) + "processors; what begins with ~ is the guest's claim\n";
}

} // namespace lavandin::coopctl
