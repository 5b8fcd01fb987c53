// SPDX-License-Identifier: MIT
// Processes that execute anything, beside neighbours that must not notice. Each ends by a fault, or
// harmlessly, and the process that runs next finds nothing of it: in registers, flags, selectors,
// bases, FPU.
#include "fuzz/neighbours.hpp"
#include "tests/common.hpp"
#include "x86-64/avx.hpp"
#include "x86-64/soup.hpp"

#include <algorithm>
#include <string.h>

namespace {

using namespace conformance;

constexpr uint64_t patience = 2 * millisecond; // for what may never end
constexpr uint64_t magic = 0x6769'6d61'6c65'7573;
constexpr uint64_t clean_flags = 0x202;
// Trap, direction, I/O privilege, nested task, alignment check, identification.
constexpr uint64_t odd_flags = 0x247500;
constexpr uint64_t upper_halves = 576;      // in an XSAVE area, of AVX
constexpr uint64_t calls_per_process = 100; // of options.calls

bool zero(void const* bytes, size_t count) {
    auto const* const begin = static_cast<uint8_t const*>(bytes);
    return std::all_of(begin, begin + count, [](uint8_t byte) { return byte == 0; });
}

// What a state must be whoever ran before; false, and a note, when it is not.
bool clean(Bare_state const& state, char const* when) {
    bool good = true;
    auto const expect = [&](bool condition, char const* what, uint64_t value) {
        if (condition)
            return;
        note("%s: %s: %#lx", when, what, value);
        good = false;
    };
    expect(state.ds == 0, "ds", state.ds);
    expect(state.es == 0, "es", state.es);
    expect(state.fs == 0, "fs", state.fs);
    expect(state.gs == 0, "gs", state.gs);
    expect(state.cs == 0xe033, "cs", state.cs);
    expect(state.ss == 0xe02b, "ss", state.ss);
    expect((state.registers.rflags & odd_flags) == 0, "flags", state.registers.rflags);
    expect(state.by_fs == magic, "base of fs, by which is found", state.by_fs);
    expect(state.by_gs == magic, "base of gs, by which is found", state.by_gs);
    expect(state.fpu.control_word == 0x37f, "FPU control word", state.fpu.control_word);
    expect(state.fpu.status_word == 0, "FPU status word", state.fpu.status_word);
    expect(state.fpu.tag_word == 0, "FPU tag word", state.fpu.tag_word);
    expect(state.fpu.mxcsr == 0x1f80, "MXCSR", state.fpu.mxcsr);
    expect(zero(state.fpu.st, sizeof state.fpu.st), "FPU stack", 1);
    expect(zero(state.fpu.xmm, sizeof state.fpu.xmm), "SSE registers", 1);
    expect(zero(state.extended + upper_halves, 256), "AVX registers", 1);
    return good;
}

bool clean_registers(Register_file const& registers) {
    Register_file wanted{};
    wanted.rdi = BARE_STATE;
    wanted.rflags = clean_flags;
    return memcmp(&registers, &wanted, sizeof wanted) == 0;
}

// A process that looks at what it finds.
class Inspector {
public:
    Result<void> start() {
        if (!_made) {
            _process = TRY(Bare_process::make_pages());
            _made = true;
        }
        memset(&_process.state(), 0, 2 * sizeof(Bare_state));
        _process.state().magic = magic;
        _process.state().has_xsave = avx_usable();
        return _process.start(bare_inspect_address(), "inspector");
    }
    // Waits until it has looked; false when what it found is not clean.
    bool finish() {
        auto const ended = _process.end(soon());
        if (!ended.ok() || !ended.value() ||
            static_cast<Process_state>(_process.information().state) != Process_state::exited) {
            note("the inspector did not come to its end: state %lu, vector %lu at %#lx",
                 _process.information().state, _process.information().status,
                 _process.information().fault_instruction);
            return false;
        }
        bool const first = clean(_process.state(), "at the first instruction");
        bool const registers = clean_registers(_process.state().registers);
        if (!registers)
            note("general registers are not clean");
        return clean(_process.state_after(), "after others ran") && first && registers;
    }

private:
    Bare_process _process;
    bool _made{false};
};

TEST(hostile, nothing_there_to_find) {
    Inspector inspector;
    TAKE(inspector.start());
    EXPECT(inspector.finish());
}

// How processes ended.
struct Endings {
    uint64_t faulted[32];
    uint64_t other_faults;
    uint64_t exited;
    uint64_t ran_on;

    void count(Process_information const& end, bool by_itself) {
        if (!by_itself)
            ++ran_on;
        else if (static_cast<Process_state>(end.state) != Process_state::faulted)
            ++exited;
        else
            ++(end.status < std::size(faulted) ? faulted[end.status] : other_faults);
    }
    void print() const {
        note("%lu ended by themselves, %lu had to be ended, %lu by the failsafe callback", exited,
             ran_on, other_faults);
        for (unsigned i = 0; i < std::size(faulted); ++i)
            if (faulted[i])
                note("%lu ended by exception %u", faulted[i], i);
    }
};

TEST(hostile, instructions_at_random, 600) {
    TAKE(keep_to_one_processor()); // for time, and so that everybody has what others leave behind
    auto const& options = inherited().options;
    uint64_t const count = std::max(options.calls / calls_per_process, ingredient_count());
    Neighbours neighbours;
    TAKE(neighbours.start());
    EXPECT(neighbours.wait_for_rounds(Neighbour_record::different_rounds));
    auto hostile = TAKE(Bare_process::make_pages());
    Inspector inspector;
    static Endings endings;
    uint64_t const first = options.part ? options.part : 1;
    uint64_t const last = options.part ? options.part : count;
    for (uint64_t part = first; part <= last; ++part) {
        fuzz::Random random{options.seed ^ part << 40};
        make_soup(random, hostile.soup(), part - 1);
        make_state(random, hostile.state());
        TAKE(hostile.start(bare_enter_address(), "hostile"));
        TAKE(inspector.start());
        bool const good = inspector.finish();
        bool const by_itself = TAKE(hostile.end(after(patience)));
        endings.count(hostile.information(), by_itself);
        if (good)
            continue;
        note("after part %lu, seed %lu", part, options.seed);
        return fail();
    }
    note("%lu processes of instructions at random, seed %lu", last - first + 1, options.seed);
    endings.print();
    neighbours.check();
    note("neighbours did %lu rounds", neighbours.rounds());
}

// What others must not find, kept by a process that goes on: each selector and flag, FPU contents,
// a stack pointer that is none, at a system call, an interrupt or a fault.
TEST(hostile, state_is_nobody_elses, 120) {
    TAKE(keep_to_one_processor()); // where the next one would have it
    auto hostile = TAKE(Bare_process::make_pages());
    Inspector inspector;
    fuzz::Random random{inherited().options.seed};
    uint64_t const targets[]{bare_yield_address(), bare_spin_address(), bare_fault_address()};
    constexpr uint16_t selectors[]{0xe02b, 0xe033, 0xe023, 3};
    constexpr uint64_t flags[]{0x40000, 0x4000, 0x400, 0x200000, 0x244400, 0xcd5};
    constexpr uint64_t stacks[]{BARE_STACK + 0x800,    0,           1, 0x0000'8000'0000'0000,
                                0xffff'8000'0000'0000, ~uint64_t{0}};
    for (uint64_t const target : targets)
        for (unsigned i = 0; i < std::size(stacks); ++i) {
            Bare_state& state = hostile.state();
            make_state(random, state);
            state.ds = state.es = state.fs = state.gs = selectors[i % std::size(selectors)];
            state.registers.rflags = clean_flags | flags[i];
            state.stack_pointer = stacks[i];
            state.target = target;
            TAKE(hostile.start(bare_enter_address(), "hostile"));
            TAKE(inspector.start());
            EXPECT(inspector.finish());
            bool const by_itself = TAKE(hostile.end(after(patience)));
            EXPECT_EQUAL(by_itself, target == bare_fault_address());
        }
}

} // namespace
