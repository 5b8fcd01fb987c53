// SPDX-License-Identifier: MIT
#include "output.hpp"

#include "words.hpp"

#include <fmt/ostream.h>
#include <nlohmann/json.hpp>

namespace lavandin::simulator {

namespace {

using Json = nlohmann::ordered_json;

Json tally(Tally const& tally) {
    Json answers = Json::object();
    for (auto const& [answer, count] : tally.answers)
        answers[std::string{answer_word(answer)}] = count;
    return {{"requests", tally.requests},
            {"answers", answers},
            {"offers", tally.offers},
            {"reclaims", tally.reclaims},
            {"enforced", tally.enforcements},
            {"weights_set", tally.weights},
            {"changes", tally.changes},
            {"reversals", tally.reversals},
            {"would", tally.would}};
}

Json guest(Guest_result const& result) {
    Json points = Json::array();
    for (Point const& point : result.points)
        points.push_back({point.used, point.demand, point.online, point.allocated, point.weight});
    return {{"name", result.name},
            {"entitlement", result.entitlement},
            {"used", result.used},
            {"online", result.online},
            {"useful", result.useful},
            {"spun", result.spun},
            {"done", result.done},
            {"wakeup_median", result.wakeup_median},
            {"wakeup_p99", result.wakeup_p99},
            {"response_p99", result.response_p99},
            {"cooperation", tally(result.tally)},
            {"timeline", points}};
}

Json run(Result const& result) {
    Json guests = Json::array(), stretches = Json::array();
    for (Guest_result const& each : result.guests)
        guests.push_back(guest(each));
    for (Stretch const& each : result.stretches)
        stretches.push_back({each.cpu, each.domain, each.vcpu, static_cast<double>(each.from) / 1e9,
                             static_cast<double>(each.until) / 1e9});
    return {{"scenario", result.scenario},
            {"setup", result.setup},
            {"seed", result.seed},
            {"duration", result.duration},
            {"processors", result.processors},
            {"sample", static_cast<double>(result.sample) / 1e9},
            {"timeline_fields", {"used", "demand", "online", "allocated", "weight"}},
            {"stretch_fields", {"processor", "guest", "vcpu", "from", "until"}},
            {"guests", guests},
            {"stretches", stretches},
            {"log", result.log}};
}

} // namespace

void write_json(std::ostream& out, std::vector<Result> const& results) {
    Json runs = Json::array();
    for (Result const& result : results)
        runs.push_back(run(result));
    out << Json{{"format", "lavandin-experiment-1"}, {"source", "simulator"}, {"runs", runs}}.dump(
               1)
        << '\n';
}

void write_csv(std::ostream& out, std::vector<Result> const& results) {
    out << "scenario,setup,seed,time,guest,used,demand,online,allocated,weight\n";
    for (Result const& result : results)
        for (Guest_result const& each : result.guests)
            for (size_t i = 0; i < each.points.size(); ++i) {
                Point const& point = each.points[i];
                double const time = static_cast<double>(result.sample * (i + 1)) / 1e9;
                fmt::print(out, "{},{},{},{:.3f},{},{:.4f},{:.3f},{},{},{}\n", result.scenario,
                           result.setup, result.seed, time, each.name, point.used, point.demand,
                           point.online, point.allocated, point.weight);
            }
}

void write_table(std::ostream& out, std::vector<Result> const& results) {
    for (Result const& result : results) {
        fmt::print(out, "{}: {}, {} processors, {} s\n", result.scenario, result.setup,
                   result.processors, result.duration);
        fmt::print(out, "  {:<14}{:>9}{:>9}{:>9}{:>9}{:>9}{:>11}{:>11}{:>11}{:>9}{:>9}\n", "guest",
                   "entitled", "used", "useful", "spun", "VCPUs", "done", "wake p50", "wake p99",
                   "changes", "enforced");
        for (Guest_result const& each : result.guests)
            fmt::print(out,
                       "  {:<14}{:>9.3f}{:>9.3f}{:>9.3f}{:>9.3f}{:>9.2f}{:>11}{:>8.0f} us{:>8.0f} "
                       "us{:>9}{:>9}\n",
                       each.name, each.entitlement, each.used, each.useful / result.duration,
                       each.spun / result.duration, each.online, each.done, each.wakeup_median,
                       each.wakeup_p99, each.tally.changes, each.tally.enforcements);
    }
}

} // namespace lavandin::simulator
