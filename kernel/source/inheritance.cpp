// SPDX-License-Identifier: MIT
#include <kernel/endpoint.hpp>
#include <kernel/inheritance.hpp>
#include <kernel/scheduler.hpp>

namespace kernel {

namespace {

constexpr unsigned close_step = 64; // servers

Lock inheritance_lock; // guards lines, what lenders lend, and what threads are lent

} // namespace

// Everything here works with the lock held.
class Inheritance {
public:
    static void lend(Lender& lender, Thread* server, int priority) {
        Thread* const before = lender._server;
        if (before) {
            before->loans.remove(lender._lent);
            if (before != server)
                List<Lender, Lender_tag>::remove(lender);
        }
        lender._server = server;
        lender._lent = priority;
        if (server) {
            if (before != server)
                server->lenders.push_back(lender);
            server->loans.add(priority);
            settle(*server);
        }
        if (before && before != server)
            settle(*before);
    }

    static void lend_first(Line& line) {
        int const highest = line._callers.highest();
        if (highest != line._lent)
            lend(line, line._server, highest);
    }

    static void settle(Thread& first) {
        Thread* thread = &first;
        for (unsigned links = 0; thread && links < longest_chain; ++links) {
            int const lent = thread->loans.highest();
            int const own = static_cast<int>(thread->own_priority());
            int const wanted = lent > own ? lent : own;
            if (wanted == static_cast<int>(thread->priority()))
                return;
            thread = set_priority(*thread, static_cast<unsigned>(wanted));
        }
    }

    static void dismiss(Thread& server) {
        Line* const line = server.serves;
        if (!line)
            return;
        server.serves = nullptr;
        line->_servers.remove(server);
        if (line->_server == &server)
            lend(*line, line->_servers.front(), line->_lent);
    }

private:
    // Answers the thread that is lent something else because of it.
    static Thread* set_priority(Thread& thread, unsigned priority) {
        switch (thread.wait) {
        case Wait::call:
            return move_in_line(thread, priority);
        case Wait::answer:
            thread.set_priority(priority);
            return change(static_cast<Reply&>(*thread.waiting_at), static_cast<int>(priority));
        default:
            thread.processor->set_priority(thread, priority);
            return nullptr;
        }
    }

    static Thread* move_in_line(Thread& thread, unsigned priority) {
        Line& line = static_cast<Endpoint&>(*thread.waiting_at).line();
        line._callers.remove(thread, thread.priority());
        thread.set_priority(priority);
        line._callers.push_back(thread, priority);
        return change(line, line._callers.highest());
    }

    static Thread* change(Lender& lender, int priority) {
        Thread* const server = lender._server;
        if (server && priority != lender._lent) {
            server->loans.remove(lender._lent);
            server->loans.add(priority);
        }
        lender._lent = priority;
        return server;
    }
};

// These two are part of every call. A change is followed only when there is one.
void Lender::lend(Thread& server, unsigned priority) {
    Lock_guard const guard{inheritance_lock};
    _server = &server;
    _lent = static_cast<int>(priority);
    server.lenders.push_back(*this);
    server.loans.add(_lent);
    if (priority > server.priority())
        Inheritance::settle(server);
}

void Lender::take_back() {
    Lock_guard const guard{inheritance_lock};
    Thread* const server = _server;
    if (!server)
        return;
    server->loans.remove(_lent);
    List<Lender, Lender_tag>::remove(*this);
    _server = nullptr;
    if (_lent == static_cast<int>(server->priority()) &&
        server->priority() != server->own_priority())
        Inheritance::settle(*server);
}

void Lender::lend_quietly(Thread& server, unsigned priority) {
    _server = &server;
    _lent = static_cast<int>(priority);
    server.lenders.push_back(*this);
    server.loans.add(_lent);
}

bool Lender::may_take_back_quietly() const {
    return _lent < static_cast<int>(_server->priority()) ||
           _server->priority() == _server->base_priority();
}

void Lender::take_back_quietly() {
    _server->loans.remove(_lent);
    List<Lender, Lender_tag>::remove(*this);
    _server = nullptr;
}

void Line::enter(Thread& caller) {
    Lock_guard const guard{inheritance_lock};
    _callers.push_back(caller, caller.priority());
    Inheritance::lend_first(*this);
}

void Line::leave(Thread& caller) {
    Lock_guard const guard{inheritance_lock};
    _callers.remove(caller, caller.priority());
    Inheritance::lend_first(*this);
}

void Line::admit(Thread& server) {
    Lock_guard const guard{inheritance_lock};
    Inheritance::dismiss(server);
    server.serves = this;
    _servers.push_back(server);
    Inheritance::lend(*this, _servers.front(), _callers.highest());
}

bool Line::close_some() {
    Lock_guard const guard{inheritance_lock};
    for (unsigned i = 0; i < close_step && _servers.front(); ++i)
        Inheritance::dismiss(*_servers.front());
    return _servers.front() != nullptr;
}

namespace inheritance {

void set_base(Thread& thread, unsigned priority) {
    Lock_guard const guard{inheritance_lock};
    thread.set_base_priority(priority);
    Inheritance::settle(thread);
}

void set_class(Thread& thread, unsigned number, uint64_t parameter) {
    Lock_guard const guard{inheritance_lock};
    thread.processor->set_class(thread, number, parameter);
    Inheritance::settle(thread);
}

void forget(Thread& thread) {
    Lock_guard const guard{inheritance_lock};
    Inheritance::dismiss(thread);
    while (Lender* const lender = thread.lenders.front())
        Inheritance::lend(*lender, nullptr, Loans::nothing);
}

bool forget_one(Thread& thread) {
    Lock_guard const guard{inheritance_lock};
    Inheritance::dismiss(thread);
    Lender* const lender = thread.lenders.front();
    if (lender)
        Inheritance::lend(*lender, nullptr, Loans::nothing);
    return lender != nullptr;
}

} // namespace inheritance

} // namespace kernel
