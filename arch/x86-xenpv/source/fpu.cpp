// SPDX-License-Identifier: MIT
// FPU state by XSAVE where the processor has it, else FXSAVE (Intel SDM volume 1, chapter 13).
#include <arch/fpu.hpp>
#include <kernel/log.hpp>
#include <xenpv/fpu.hpp>
#include <xenpv/start_info.hpp>

namespace xenpv {

namespace {

constexpr uint64_t x87 = 1 << 0, sse = 1 << 1, avx = 1 << 2;
constexpr uint64_t fxsave_bytes = 512;
constexpr uint64_t largest_state = 1024;
constexpr uint64_t xsave_alignment = 64;
constexpr uint64_t cr4_osxsave = 1 << 18;
constexpr uint32_t leaf1_ecx_xsave = 1 << 26;

bool has_xsave;
uint64_t features;
uint64_t state_bytes = fxsave_bytes;
alignas(xsave_alignment) uint8_t clean[largest_state];

struct Cpuid {
    uint32_t eax, ebx, ecx, edx;
};

// Xen answers for the virtual processor only behind its prefix; bare cpuid shows the host's.
Cpuid cpuid(uint32_t leaf, uint32_t subleaf) {
    Cpuid result;
    asm volatile("ud2a; .ascii \"xen\"; cpuid"
                 : "=a"(result.eax), "=b"(result.ebx), "=c"(result.ecx), "=d"(result.edx)
                 : "0"(leaf), "2"(subleaf));
    return result;
}

// The only privileged instructions that have no hypercall: Xen emulates them when they trap. Not
// inlined, so that tools/check_image.py finds them here and nowhere else.
[[gnu::noinline]] void enable_extended_state(uint64_t mask) {
    uint64_t cr4;
    asm volatile("movq %%cr4, %0" : "=r"(cr4));
    asm volatile("movq %0, %%cr4" ::"r"(cr4 | cr4_osxsave));
    asm volatile("xsetbv" ::"a"(uint32_t(mask)), "d"(uint32_t(mask >> 32)), "c"(0));
}

// Not inlined, for the same reason; nor is load.
[[gnu::noinline]] void save(void* state) {
    if (has_xsave)
        asm volatile("xsave64 (%0)" ::"r"(state), "a"(uint32_t(features)),
                     "d"(uint32_t(features >> 32))
                     : "memory");
    else
        asm volatile("fxsave64 (%0)" ::"r"(state) : "memory");
}

[[gnu::noinline]] void load(void const* state) {
    if (has_xsave)
        asm volatile("xrstor64 (%0)" ::"r"(state), "a"(uint32_t(features)),
                     "d"(uint32_t(features >> 32))
                     : "memory");
    else
        asm volatile("fxrstor64 (%0)" ::"r"(state) : "memory");
}

// The state a processor has after reset, with all exceptions masked.
void make_clean() {
    constexpr unsigned control_word = 0, mxcsr = 24, xstate_bv = 512;
    clean[control_word] = 0x7f;
    clean[control_word + 1] = 0x03;
    clean[mxcsr] = 0x80;
    clean[mxcsr + 1] = 0x1f;
    if (has_xsave)
        clean[xstate_bv] = uint8_t(features);
}

} // namespace

void set_up_fpu() {
    has_xsave = (cpuid(1, 0).ecx & leaf1_ecx_xsave) != 0;
    if (has_xsave) {
        features = cpuid(0xd, 0).eax & (x87 | sse | avx);
        enable_extended_state(features);
        state_bytes = cpuid(0xd, 0).ebx;
    }
    if (state_bytes > largest_state)
        kernel::panic("FPU: a state of {} bytes is more than {}", state_bytes, largest_state);
    make_clean();
    local().loaded_fpu = nullptr;
    load(clean);
}

void switch_fpu(void* state) {
    save_fpu();
    // Who has no state is given cleared registers each time: nothing stops it from using them.
    load(state ? state : clean);
    local().loaded_fpu = state;
    local().saved_fpu = nullptr;
}

void save_fpu() {
    Local& self = local();
    if (self.loaded_fpu) {
        save(self.loaded_fpu);
        self.saved_fpu = self.loaded_fpu;
    }
    self.loaded_fpu = nullptr;
}

void resume_fpu() { local().loaded_fpu = local().saved_fpu; }

// Other processors have saved it, and load another before user mode sees what they have.
void forget_fpu(void* state) {
    for (unsigned number = 0; number < started_processors(); ++number)
        if (local_of(number).loaded_fpu == state)
            local_of(number).loaded_fpu = nullptr;
}

} // namespace xenpv

namespace arch {

uint64_t fpu_state_size() {
    return (xenpv::state_bytes + xenpv::xsave_alignment - 1) / xenpv::xsave_alignment *
           xenpv::xsave_alignment;
}

void fpu_start(void* state) {
    auto* const bytes = static_cast<uint8_t*>(state);
    for (uint64_t i = 0; i < xenpv::state_bytes; ++i)
        bytes[i] = xenpv::clean[i];
}

void fpu_end(void* state) { xenpv::forget_fpu(state); }

} // namespace arch
