// SPDX-License-Identifier: MIT
// Early console: Xen's own console in the initial domain, else the PV console ring
// (xen/io/console.h). The ring is shared with the console server and with a backend that we do not
// trust: indices are read once and checked, and a backend that does not make room is not waited for
// for ever.
#include <arch/console.hpp>
#include <xenpv/hypercall.hpp>
#include <xenpv/start_info.hpp>

namespace xenpv {

namespace {

xencons_interface* ring;

constexpr uint32_t out_bytes = sizeof(xencons_interface::out);
constexpr unsigned patience = 10000; // yields to a backend that is slow

void notify() {
    evtchn_send_t argument{start.console.domU.evtchn};
    (void)hypercall::event_channel_op(EVTCHNOP_send, &argument);
}

// Puts what fits; answers how much that was.
uint64_t put(char const* text, uint64_t bytes) {
    uint32_t const consumed = __atomic_load_n(&ring->out_cons, __ATOMIC_ACQUIRE);
    uint32_t const produced = ring->out_prod;
    uint32_t const filled = produced - consumed;
    uint32_t const room = filled > out_bytes ? 0 : out_bytes - filled;
    uint64_t const count = bytes < room ? bytes : room;
    for (uint64_t i = 0; i < count; ++i)
        ring->out[(produced + i) % out_bytes] = text[i];
    __atomic_store_n(&ring->out_prod, produced + static_cast<uint32_t>(count), __ATOMIC_RELEASE);
    return count;
}

void put_all(char const* text, uint64_t bytes) {
    unsigned tries = 0;
    while (bytes && tries < patience) {
        uint64_t const count = put(text, bytes);
        text += count;
        bytes -= count;
        tries = count ? 0 : tries + 1;
        notify();
        if (bytes)
            (void)hypercall::yield();
    }
}

} // namespace

void early_console(uint64_t ring_address) {
    ring = reinterpret_cast<xencons_interface*>(ring_address);
}

} // namespace xenpv

namespace arch {

using namespace xenpv;

bool has_platform_console() { return initial_domain(); }

// The ring wants carriage returns, Xen's own console adds them itself.
void console_write(char const* text, uint64_t bytes) {
    if (has_platform_console()) {
        (void)hypercall::console_write(text, bytes);
        return;
    }
    if (!ring)
        return;
    uint64_t begin = 0;
    for (uint64_t i = 0; i < bytes; ++i)
        if (text[i] == '\n') {
            put_all(text + begin, i - begin);
            put_all("\r\n", 2);
            begin = i + 1;
        }
    put_all(text + begin, bytes - begin);
}

kernel::Result<uint64_t> platform_console_read(char* text, uint64_t bytes) {
    if (!has_platform_console())
        return kernel::Error::not_supported;
    Status const status = hypercall::console_read(text, bytes);
    return status.ok() ? static_cast<uint64_t>(status.value) : 0;
}

} // namespace arch
