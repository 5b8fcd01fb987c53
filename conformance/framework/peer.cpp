// SPDX-License-Identifier: MIT
#include "peer.hpp"
#include "layout.hpp"

#include <lavandin/thread_pointer.hpp>

#include <array>

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

namespace {

// A thread of lower priority than all others, on a processor of its own. When all of these have run
// at once and without a break, nobody else has run or was ready to.
class Lull final : public Peer_thread {
public:
    struct Shared {
        uint32_t count;        // of lulls
        uint32_t arrived[2]{}; // at the begin and at the end of what must have no break
        uint32_t broken{0};
    };

    ~Lull() { end(); } // before what it shares goes

    // On the caller's processor.
    Result<void> start(Shared& shared) {
        _shared = &shared;
        return Peer_thread::start([](void* self) { static_cast<Lull*>(self)->run(); }, this,
                                  inherited().priority - 4);
    }

private:
    static uint64_t turns() {
        return thread_information(0).ok()
                   ? reinterpret_cast<Thread_information const&>(message_buffer().words).switches
                   : 0;
    }

    void meet(unsigned where) {
        __atomic_fetch_add(&_shared->arrived[where], 1, __ATOMIC_SEQ_CST);
        while (__atomic_load_n(&_shared->arrived[where], __ATOMIC_SEQ_CST) < _shared->count)
            asm volatile("pause");
    }

    void run() {
        uint64_t const before = turns();
        meet(0);
        meet(1);
        if (turns() != before)
            __atomic_store_n(&_shared->broken, 1, __ATOMIC_SEQ_CST);
    }

    Shared* _shared{nullptr};
};

// False when it was no lull, or none came.
Result<bool> lull(uint64_t processors) {
    constexpr unsigned most = 16;
    Lull::Shared shared{static_cast<uint32_t>(__builtin_popcountl(processors))};
    std::array<Lull, most> all;
    if (shared.count > most)
        return Error::too_large;
    unsigned started = 0;
    for (uint64_t left = processors; left; left &= left - 1) {
        TRY_VOID(thread_set_affinity(0, first_processor(left)));
        TRY_VOID(all[started++].start(shared));
    }
    TRY_VOID(thread_set_affinity(0, processors));
    for (unsigned i = 0; i < started; ++i)
        if (!all[i].wait())
            return Error::timed_out;
    return shared.broken == 0;
}

} // namespace

bool others_wait() {
    if (!thread_information(0).ok())
        return false;
    uint64_t const allowed =
        reinterpret_cast<Thread_information const&>(message_buffer().words).affinity;
    Result<bool> found{false};
    for (uint64_t const deadline = after(Child::usual_patience);
         found.ok() && !found.value() && lavandin::now() < deadline;)
        found = lull(allowed & inherited().processors);
    return thread_set_affinity(0, allowed).ok() && found.ok() && found.value();
}

} // namespace conformance
