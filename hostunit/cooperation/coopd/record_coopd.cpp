// SPDX-License-Identifier: MIT
// Prints what coopd records of one domain in a seeded life: record_coopd SEED STEPS. The domain's
// manager and coopd die and come back, requests are made, the operator interferes; neighbours come
// and go. Not a test: the group that replays recordings against the model runs it.
#include "host.hpp"

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <unistd.h>

namespace lavandin::coopd {

namespace {

constexpr Domain_number recorded = 1;

class Life : public Host {
public:
    explicit Life(uint64_t seed) : _random{seed} {
        settings.record =
            (std::filesystem::temp_directory_path() / fmt::format("record-coopd-{}", getpid()))
                .string();
        xen.processors = 4;
        join(recorded, 4).demand = 3000;
        begin();
    }
    ~Life() override { std::filesystem::remove_all(settings.record); }

    void live(uint64_t steps) {
        for (; steps != 0; --steps) {
            step();
            run((1 + _random() % 20) * millisecond);
        }
        end();
    }

private:
    void TestBody() override {}

    void begin() {
        start();
        run(millisecond);
    }
    // The recording of one coopd is one file.
    void end() {
        daemon->leave();
        kill();
        print();
    }
    void print() const {
        std::ifstream file{settings.record + "/protocol.jsonl"};
        std::string const mine = fmt::format("\"domain\":{},", recorded);
        for (std::string line; std::getline(file, line);)
            if (line.find(mine) != std::string::npos)
                std::printf("%s\n", line.c_str());
    }
    void step() {
        Fake_guest& guest = *guests.at(recorded);
        auto const neighbour = static_cast<Domain_number>(2 + _random() % 4);
        switch (_random() % 12) {
        case 0:
            if (guests.contains(neighbour))
                destroy(neighbour);
            else
                join(neighbour, 1 + _random() % 4).demand = 2000;
            break;
        case 1:
        case 2:
            guest.request(static_cast<uint16_t>(1 + _random() % 4));
            break;
        case 3:
            guest.demand = static_cast<uint32_t>(_random() % 4000);
            break;
        case 4:
            guest.refuses = !guest.refuses;
            break;
        case 5:
            daemon->decisions().pin(entry(recorded), 1 + static_cast<uint32_t>(_random() % 4));
            break;
        case 6:
            daemon->decisions().pin(entry(recorded), std::nullopt);
            break;
        case 7:
            if (_random() % 8 == 0)
                guest.begin(); // its manager died
            break;
        case 8:
            if (_random() % 16 == 0) {
                end();
                begin();
            }
            break;
        default:
            break;
        }
    }

    std::mt19937_64 _random;
};

} // namespace

} // namespace lavandin::coopd

int main(int count, char** arguments) {
    if (count != 3) {
        std::fprintf(stderr, "usage: %s SEED STEPS\n", arguments[0]);
        return 2;
    }
    lavandin::coopd::Life{std::strtoull(arguments[1], nullptr, 10)}.live(
        std::strtoull(arguments[2], nullptr, 10));
    return ::testing::Test::HasFailure() ? 1 : 0;
}
