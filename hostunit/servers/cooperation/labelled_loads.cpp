// SPDX-License-Identifier: MIT
#include "labelled_loads.hpp"

namespace lavandin::resource_manager {

using namespace simulator;

namespace {

Load load(Kind kind, unsigned threads, Time work) {
    Load made;
    made.kind = kind;
    made.threads = threads;
    made.work = work;
    return made;
}
Load computing(unsigned threads, Time work = 5 * millisecond) {
    return load(Kind::compute, threads, work);
}
Load bursts(unsigned threads, Time work, Time think, unsigned jitter = 50) {
    Load made = load(Kind::interactive, threads, work);
    made.think = think;
    made.jitter = jitter;
    return made;
}
Load barrier(unsigned threads, Time work, Time spin, unsigned jitter = 20) {
    Load made = load(Kind::barrier, threads, work);
    made.spin = spin;
    made.jitter = jitter;
    return made;
}
Load locks(unsigned threads, Time outside, Time inside, Time spin) {
    Load made = load(Kind::lock, threads, outside);
    made.inside = inside;
    made.spin = spin;
    return made;
}

// One list of parameters is for tuning, another for judging.
struct Parameters {
    std::vector<unsigned> threads;
    std::vector<unsigned> processors;
    std::vector<Time> lengths; // of work between barriers, and outside locks
    std::vector<Time> spins;
    unsigned jitter;
    uint64_t seed;
};

class Maker {
public:
    explicit Maker(Parameters const& parameters) : _parameters{parameters} {}

    std::vector<Labelled_load> make() {
        people_and_devices();
        for (unsigned const processors : _parameters.processors)
            for (unsigned const threads : _parameters.threads) {
                programs(threads, processors);
                together(threads, processors);
            }
        return std::move(_made);
    }

private:
    void add(std::string name, coop_load kind, std::vector<Load> loads, unsigned processors,
             unsigned physical, unsigned neighbours = 0) {
        _made.push_back({std::move(name), kind, std::move(loads), processors, physical, neighbours,
                         _parameters.seed + _made.size()});
    }
    static std::string named(char const* what, unsigned threads, unsigned processors, Time length) {
        return std::string{what} + ", " + std::to_string(threads) + " threads on " +
               std::to_string(processors) + ", " + std::to_string(length / microsecond) + " us";
    }

    void people_and_devices() {
        for (unsigned const processors : _parameters.processors) {
            add("nothing", COOP_LOAD_IDLE, {}, processors, processors);
            for (Time const length : _parameters.lengths) {
                add(named("daemons", 3, processors, length), COOP_LOAD_IDLE,
                    {bursts(3, length / 4 + 20 * microsecond, second)}, processors, processors);
                add(named("keys", 2, processors, length), COOP_LOAD_INTERACTIVE,
                    {bursts(2, 3 * millisecond + length, 40 * millisecond)}, processors,
                    processors);
                add(named("pictures", 1, processors, length), COOP_LOAD_INTERACTIVE,
                    {bursts(1, 5 * millisecond + length, 11 * millisecond)}, processors,
                    processors);
                add(named("packets", 2, processors, length), COOP_LOAD_IO,
                    {bursts(2, 30 * microsecond + length / 20, 400 * microsecond)}, processors,
                    processors);
                add(named("blocks", 6, processors, length), COOP_LOAD_IO,
                    {bursts(6, 50 * microsecond + length / 20, 3 * millisecond)}, processors,
                    processors);
            }
        }
    }
    void programs(unsigned threads, unsigned processors) {
        for (unsigned const neighbours : {0u, processors})
            add(named("computing", threads, processors, neighbours), COOP_LOAD_THROUGHPUT,
                {computing(threads)}, processors, processors, neighbours);
        for (Time const length : _parameters.lengths) {
            for (Time const spin : _parameters.spins)
                add(named("barriers", threads, processors, length), COOP_LOAD_PARALLEL,
                    {barrier(threads, length, spin, _parameters.jitter)}, processors, processors);
            add(named("crowded barriers", threads, processors, length), COOP_LOAD_PARALLEL,
                {barrier(threads, length, _parameters.spins.front(), _parameters.jitter)},
                processors, processors, processors);
            if (processors > 1 && threads > 2)
                add(named("locks", threads, processors, length), COOP_LOAD_LOCKS,
                    {locks(threads, length / 8, length, _parameters.spins.front())}, processors,
                    processors);
        }
    }
    void together(unsigned threads, unsigned processors) {
        for (Time const length : _parameters.lengths)
            add(named("everything", threads, processors, length), COOP_LOAD_SATURATED,
                {computing(2 * processors + threads),
                 barrier(threads, length, _parameters.spins.front(), _parameters.jitter),
                 bursts(3, 2 * millisecond, 15 * millisecond)},
                processors, processors);
    }

    Parameters const& _parameters;
    std::vector<Labelled_load> _made;
};

} // namespace

std::vector<Labelled_load> tuning_loads() {
    Parameters const parameters{
        {2, 4, 8}, {1, 4}, {400 * microsecond, 2 * millisecond}, {0, 50 * microsecond}, 20, 1};
    return Maker{parameters}.make();
}

std::vector<Labelled_load> judging_loads() {
    Parameters const parameters{
        {3, 7, 12}, {1, 3, 6}, {700 * microsecond, 3500 * microsecond}, {0, 30 * microsecond},
        35,         1001};
    return Maker{parameters}.make();
}

} // namespace lavandin::resource_manager
