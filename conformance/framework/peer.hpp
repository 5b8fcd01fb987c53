// SPDX-License-Identifier: MIT
// Another thread of the test's process.
//
//     Peer peer{[&] { answer = endpoint_call(...); }};
//     TAKE(peer.start());
//     EXPECT(peer.wait());
#pragma once

#include "child.hpp"

#include <lavandin/thread_control_block.hpp>

namespace conformance {

class Peer_thread {
public:
    static constexpr uint64_t stack_bytes = 32 * 1024;

    Peer_thread() = default;
    Peer_thread(Peer_thread const&) = delete;
    Peer_thread& operator=(Peer_thread const&) = delete;
    ~Peer_thread() { end(); }

    Capability_index thread() const { return _thread.index(); }
    Message_buffer& buffer() const { return *_block.message_buffer; }
    bool done() const { return __atomic_load_n(&_done, __ATOMIC_ACQUIRE); }

    // Waits until the function has returned; false when it did not in time.
    bool wait(uint64_t patience = Child::usual_patience);
    // Ends the thread wherever it is.
    void end();

protected:
    Result<void> start(void (*function)(void*), void* argument, uint64_t priority);

private:
    static void run(Peer_thread* self);

    Thread_control_block _block{};
    void (*_function)(void*){nullptr};
    void* _argument{nullptr};
    Notification _returned;
    Kernel_thread _thread;
    bool _done{false};
};

template <typename Function>
class Peer : public Peer_thread {
public:
    explicit Peer(Function function) : _function{function} {}
    ~Peer() { end(); } // before the function goes

    Result<void> start(uint64_t priority = inherited().priority) {
        return Peer_thread::start([](void* self) { static_cast<Peer*>(self)->_function(); }, this,
                                  priority);
    }

private:
    Function _function;
};

// Lets the test's other threads and children run until all of them wait for something, however slow
// the machine, on all processors that the caller may use. False when they still run after
// Child::usual_patience.
bool others_wait();

} // namespace conformance
