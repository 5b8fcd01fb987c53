// SPDX-License-Identifier: MIT
#include "peer.hpp"
#include "layout.hpp"

namespace conformance {

// Entered like a function: the stack is as after a call.
void Peer_thread::run(Peer_thread* self) {
    static_cast<void>(thread_set_pointer(reinterpret_cast<uint64_t>(&self->_block)));
    self->_function(self->_argument);
    __atomic_store_n(&self->_done, true, __ATOMIC_RELEASE);
    static_cast<void>(self->_returned.signal());
    while (true)
        static_cast<void>(thread_destroy(0));
}

Result<void> Peer_thread::start(void (*function)(void*), void* argument, uint64_t priority) {
    uint64_t const stack = layout::fresh_addresses(stack_bytes + page_size);
    uint64_t const buffer = stack + stack_bytes;
    lavandin::Capability const memory{TRY(memory_create(stack_bytes))};
    TRY_VOID(memory_map(self_process, memory.index(), stack, 0, stack_bytes,
                        memory_permission::read | memory_permission::write));
    _block.message_buffer = reinterpret_cast<Message_buffer*>(buffer);
    _block.own.reent = inherited().newlib;
    _function = function;
    _argument = argument;
    _returned = TRY(Notification::create());
    _thread =
        Kernel_thread{TRY(thread_create(self_process, reinterpret_cast<uint64_t>(&run), buffer - 8,
                                        reinterpret_cast<uint64_t>(this), priority, buffer))};
    return {};
}

bool Peer_thread::wait(uint64_t patience) {
    return _returned.valid() && _returned.wait(after(patience)).ok();
}

void Peer_thread::end() {
    if (_thread.valid())
        static_cast<void>(_thread.destroy());
    _thread.reset();
}

// A thread of lower priority than all of them runs when none of them does.
bool others_wait() {
    Peer last{[] {}};
    return last.start(inherited().priority - 4).ok() && last.wait();
}

} // namespace conformance
