// SPDX-License-Identifier: MIT
// Priorities that are lent along calls: who waits for an answer lends its own to the thread that is
// to give it, which may be waiting for an answer itself, and so on.
//
//   caller  ---held by---> Reply  --lends--> the thread that received with it
//   callers --in line at-> Line   --lends--> a thread that receives there (the first that did)
//
// A thread runs at the highest of its own priority and of what it is lent. One of a class without
// priorities lends nothing, and runs in the fixed-priority class as long as it is lent one
// (schedulable.hpp). Each step along a chain
// takes constant time; a change is followed for `longest_chain` threads. Those beyond keep what
// they had until the calls between are answered.
#pragma once

#include <kernel/list.hpp>
#include <kernel/lock.hpp>
#include <kernel/run_queue.hpp>
#include <kernel/schedulable.hpp>

namespace kernel {

class Thread;

struct Lender_tag : List_link {}; // its server's list of lenders
struct Server_tag : List_link {}; // a line's list of servers

inline constexpr unsigned longest_chain = 64;

// What a thread is lent: how often each priority.
class Loans {
public:
    static constexpr int nothing = -1;

    void add(int priority) {
        if (priority == nothing)
            return;
        ++_counts[priority];
        _occupied |= 1U << priority;
    }
    void remove(int priority) {
        if (priority != nothing && --_counts[priority] == 0)
            _occupied &= ~(1U << priority);
    }
    int highest() const { return _occupied ? 31 - __builtin_clz(_occupied) : nothing; }

private:
    uint32_t _occupied{0};
    uint32_t _counts[32]{};
};

// Lends one priority, or nothing, to one thread, or to nobody.
class Lender : public Lender_tag {
public:
    Lender() = default;
    Lender(Lender const&) = delete;
    Lender& operator=(Lender const&) = delete;

    // Lends what it has not lent to anybody yet.
    void lend(Thread& server, unsigned priority);
    void take_back();
    Thread* server() const { return _server; }

    // The same where nobody's priority changes by it, for who has entered shared and holds the lock
    // of the line that `server` serves: what a thread is lent changes under that.
    void lend_quietly(Thread& server, unsigned priority);
    bool may_take_back_quietly() const;
    void take_back_quietly();

private:
    friend class Inheritance;
    Thread* _server{nullptr};
    int _lent{Loans::nothing};
};

// Callers that wait for a receiver, the highest priority first, and the threads that receive.
class Line : public Lender {
public:
    Lock lock; // guards the line, its endpoint's queue, and what the threads that serve it are lent

    Thread* first() { return _callers.front(); }
    void enter(Thread& caller);
    void leave(Thread& caller);

    // The thread receives here and nowhere else from now on.
    void admit(Thread& server);
    // Nobody receives here any more. One step; false when nothing is left.
    bool close_some();

private:
    friend class Inheritance;
    Run_queue<Thread, Queue_tag> _callers;
    List<Thread, Server_tag> _servers;
};

namespace inheritance {

// A thread's own priority changes.
void set_base(Thread& thread, unsigned priority);
// So does its class; `parameter` is its priority where that is the fixed-priority class.
void set_class(Thread& thread, unsigned number, uint64_t parameter);
// The thread serves nobody any more.
void forget(Thread& thread);
// One of those whom it serves; false when there is none. For who has time only for one.
bool forget_one(Thread& thread);

} // namespace inheritance

} // namespace kernel
