// SPDX-License-Identifier: MIT
// What priorities must be, found from who waits for whom, the slow and simple way.
#pragma once

#include <algorithm>
#include <gtest/gtest.h>
#include <kernel/endpoint.hpp>
#include <vector>

namespace kernel {

// Who is to do something before this thread goes on, or nullptr.
inline Thread* server_of(Thread const& thread) {
    if (thread.wait == Wait::call)
        return static_cast<Endpoint&>(*thread.waiting_at).line().server();
    if (thread.wait == Wait::answer)
        return static_cast<Reply&>(*thread.waiting_at).server();
    return nullptr;
}

// Threads that wait for each other keep what they were lent first.
inline bool waits_for_itself(Thread const& thread, size_t threads) {
    Thread const* at = server_of(thread);
    for (size_t i = 0; at && at != &thread && i < threads; ++i)
        at = server_of(*at);
    return at == &thread;
}

// `threads`: all there are. Only for chains that are not longer than longest_chain.
inline void expect_priorities(std::vector<Ref<Thread>> const& threads) {
    std::vector<unsigned> wanted;
    for (auto const& thread : threads)
        wanted.push_back(thread->base_priority());
    for (size_t round = 0; round < threads.size(); ++round)
        for (size_t i = 0; i < threads.size(); ++i)
            for (size_t j = 0; j < threads.size(); ++j)
                if (server_of(*threads[j]) == threads[i].get())
                    wanted[i] = std::max(wanted[i], wanted[j]);
    for (size_t i = 0; i < threads.size(); ++i) {
        if (threads[i]->ended())
            continue;
        if (waits_for_itself(*threads[i], threads.size()))
            EXPECT_GE(threads[i]->priority(), wanted[i]) << "thread " << i;
        else
            EXPECT_EQ(threads[i]->priority(), wanted[i]) << "thread " << i;
    }
}

} // namespace kernel
